#!/bin/sh
# replay.sh - gives every target its seeds, under whatever compiler built it; counts targets.
set -u
: "${B:=build}"
seeds=$(mktemp -d) || exit 3
trap 'rm -rf "$seeds"' EXIT
"$B/tests/fuzz/seeds" "$seeds" spec/vectors || exit 1
passed=0 failed=0
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    mkdir -p "$seeds/$name"
    if "$B/tests/fuzz/$name" "$seeds/$name"; then
        passed=$((passed + 1))
    else
        echo "$name fails on one of its seeds"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
