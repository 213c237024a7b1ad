#!/bin/sh
# conformance.sh - every vector read by the independent reader and, with the container's Kaitai
# Struct description, by a parser that a compiler made of it.
set -u
: "${B:=build}"
tools=$B/kaitai
failed=0

# Exact versions: a check must not change with what was released yesterday.
[ -d "$tools/node_modules/kaitai-struct-compiler" ] ||
    npm install --silent --no-audit --no-fund --prefix "$tools" kaitai-struct-compiler@0.11.0 kaitai-struct@0.11.0 \
        js-yaml@4.1.0 >/dev/null || {
    echo 'conformance: npm cannot install kaitai-struct-compiler: install nodejs and npm, or see its message' >&2
    exit 3
}
NODE_PATH=$tools/node_modules node tests/conformance/kaitai.js spec/aez.ksy spec/vectors/good-*.aez \
    spec/vectors/*.aezm || failed=1

PATH=$PWD/$B:$PATH sh tests/cli/vectors.sh "$PWD/tests/cli" >"$B/conformance.out" 2>&1
cat "$B/conformance.out"
cmp -s "$B/conformance.out" tests/cli/vectors.out || failed=1

if command -v file >/dev/null; then
    known=0 all=0
    for vector in spec/vectors/good-*.aez spec/vectors/*.aezm; do
        all=$((all + 1))
        case $(file -b -m spec/aez.magic "$vector") in 'aez compressed'*) known=$((known + 1)) ;; esac
    done
    echo "file(1): $known of $all known by spec/aez.magic"
    [ "$known" -eq "$all" ] || failed=1
else
    echo 'file(1) is not installed: its entry was not tried'
fi
exit $failed
