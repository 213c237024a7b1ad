#!/bin/sh
# sysroot.sh ARCHITECTURE FOLDER - libzstd and libxxhash of another architecture, as Debian has them,
# unpacked into a folder; this system's own packages and their list are left alone.
set -eu
arch=$1
[ -f "$2/done" ] && exit 0
mkdir -p "$2/state/lists/partial" "$2/cache/archives/partial" "$2/root"
dir=$(cd "$2" && pwd)
: >"$dir/status"
apt() {
    apt-get -qq -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Dir::State="$dir/state" \
        -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root "$@"
}
apt update >/dev/null 2>&1 || : # a source without this architecture is no matter
cd "$dir/cache"
apt download libzstd-dev libxxhash-dev
for package in ./*.deb; do dpkg-deb -x "$package" "$dir/root"; done
: >"$dir/done"
