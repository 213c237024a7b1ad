#!/bin/sh
# deps.sh - installs what building and testing need, by apt, and only what is missing.
set -u
: "${CC:=cc}"

# library HEADER LIBRARY: succeeds when a program using both compiles and links.
library() {
    printf '#include <stddef.h>\n#include <stdio.h>\n#include <%s>\nint main(void){return 0;}\n' "$1" |
        $CC -x c - -o "$probe" "-l$2" >/dev/null 2>&1
}

# parallel_blas: succeeds when OpenBLAS runs in several threads at once, as the serial kind does
# not; where it was chosen by hand beside another, training is right, if slower.
parallel_blas() {
    printf '#include <cblas.h>\nint main(void){return openblas_get_parallel() == 0;}\n' |
        $CC -x c - -o "$probe" -lopenblas -lgomp >/dev/null 2>&1 &&
        { "$probe" || [ -n "$(find /usr/lib -path '*/openblas-openmp/libopenblas.so' 2>/dev/null)" ]; }
}

missing_packages() {
    command -v make >/dev/null || printf ' make'
    command -v zstd >/dev/null || printf ' zstd'
    command -v pkg-config >/dev/null || printf ' pkg-config'
    command -v "${CC%% *}" >/dev/null || printf ' gcc libc6-dev'
    library zstd.h zstd || printf ' libzstd-dev'
    library xxhash.h xxhash || printf ' libxxhash-dev'
    library csv.h csv || printf ' libcsv-dev'
    library png.h png || printf ' libpng-dev'
    command -v gnuplot >/dev/null || printf ' gnuplot-nox'
    library criterion/criterion.h criterion || printf ' libcriterion-dev'
    parallel_blas || printf ' libopenblas-openmp-dev'
}

probe=$(mktemp) || exit 3
trap 'rm -f "$probe"' EXIT
missing=$(missing_packages)
[ -z "$missing" ] && exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
fi
if ! command -v apt-get >/dev/null || { [ "$as_root" ] && ! command -v sudo >/dev/null; }; then
    echo "aez needs these packages (Debian names):$missing" >&2
    echo "They cannot be installed from here (no apt-get, or neither root nor sudo): install them" >&2
    echo "and run make again." >&2
    exit 3
fi
echo "installing:$missing"
# shellcheck disable=SC2086 # one word per package
install_missing() {
    $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y -qq \
            --no-install-recommends $missing >/dev/null
}
install_missing || {
    echo "apt could not install:$missing" >&2
    exit 3
}
missing=$(missing_packages)
[ -z "$missing" ] || {
    echo "still missing after installation:$missing" >&2
    exit 3
}
