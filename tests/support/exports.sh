#!/bin/sh
# exports.sh - the shared library exports exactly the functions that aez.h marks AEZ_API, but the
# trainer, which is libaez-train's.
set -u
: "${B:=build}"
dir=$(mktemp -d) || exit 3
trap 'rm -rf "$dir"' EXIT

nm -D --defined-only "$B/libaez.so.0" | awk '$2 ~ /^[TDBRVW]$/ {print $3}' | sort >"$dir/exported"
# A declaration may wrap: join lines up to the semicolon, take the name before the parenthesis.
tr '\n' ' ' <codec/api/aez.h | tr ';' '\n' | sed -n 's/.*AEZ_API [^(]*\(aez_[a-z_0-9]*\)(.*/\1/p' |
    grep -v '^aez_trainer_default$' | sort >"$dir/declared"
if cmp -s "$dir/exported" "$dir/declared"; then
    echo '1 passed, 0 failed'
    exit 0
fi
echo 'exported (<) differs from declared in aez.h (>):'
diff "$dir/exported" "$dir/declared"
echo '0 passed, 1 failed'
exit 1
