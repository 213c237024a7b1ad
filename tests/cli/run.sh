#!/bin/sh
# run.sh - runs the command's tests: AEZ=path/to/aez sh tests/cli/run.sh [NAME]
#
# A case is NAME.sh, run in a scratch folder of its own with lib.sh loaded. What it prints (both
# channels) must be NAME.out, and its exit status the number in NAME.exit. Status 77 with a line
# "skip: why" means that this machine cannot run it. NAME is a shell pattern.
set -u
: "${AEZ:?give the path of the command in AEZ}"
case $AEZ in /*) ;; *) AEZ=$PWD/$AEZ ;; esac
[ -x "$AEZ" ] || { echo "$AEZ: no such command" >&2; exit 2; }
cases=$(cd "$(dirname "$0")" && pwd) || exit 3
wanted=${1:-*}
scratch=$(mktemp -d) || exit 3
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP
export AEZ LC_ALL=C
unset TMPDIR
umask 022
passed=0 failed=0

for script in "$cases"/*.sh; do
    name=$(basename "$script" .sh)
    case $name in run | lib) continue ;; esac
    # shellcheck disable=SC2254 # the pattern is meant to be one
    case $name in $wanted) ;; *) continue ;; esac
    mkdir "$scratch/$name" "$scratch/$name/work" || exit 3
    (cd "$scratch/$name/work" && exec sh -c '. "$1/lib.sh"; . "$1/$2.sh"' sh "$cases" "$name") \
        </dev/null >"$scratch/$name/out" 2>&1
    status=$?
    if [ $status -eq 77 ]; then
        printf 'skip  %-28s %s\n' "$name" "$(sed -n 's/^skip: //p' "$scratch/$name/out" | tail -n 1)"
    elif [ $status -eq "$(cat "$cases/$name.exit")" ] &&
        cmp -s "$scratch/$name/out" "$cases/$name.out"; then
        printf 'ok    %s\n' "$name"
        passed=$((passed + 1))
    else
        printf 'FAIL  %-28s exit %s, expected %s\n' "$name" "$status" "$(cat "$cases/$name.exit")"
        diff -u "$cases/$name.out" "$scratch/$name/out"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
