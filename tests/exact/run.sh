#!/bin/sh
# run.sh - make exact: one set of files restored by every build that can be had here; one hash.
#
# Compilers and levels, each kernel by its name, valgrind, 32 bits, other machines under qemu-user.
# ONLY=pattern picks builds by name. What this machine lacks is said, and does not count as a failure;
# Debian: clang valgrind gcc-12-multilib gcc-s390x-linux-gnu libc6-dev-s390x-cross
# gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static.
set -u
: "${B:=build}" "${MAKE:=make}" "${ONLY:=*}" "${J:=$(nproc 2>/dev/null || echo 1)}"
dir=$B/exact
golden=$dir/golden
hash='' bad=0

# ---- the set: the good vectors, and what today's writer makes of generated data ----
"$MAKE" -s -j"$J" --no-print-directory "$B/aez" "$B/aez-generate" || exit 1
mkdir -p "$golden" "$dir/log"
rm -f "$golden"/*.aez
make_file() {
    name=$1
    shift
    "$B/aez" compress -q -f -T 1 "$@" -o "$golden/$name.aez" "$dir/data" || bad=1
}
"$B/aez-generate" field 12,20,30 >"$dir/data"
make_file field-abs -9 --type f32 --shape 12,20,30 --abs 0.01
make_file field-rel -5 --type f32 --shape 12,20,30 --rel 1e-4
make_file field-pwrel -3 --type f32 --shape 12,20,30 --pwrel 1e-3
make_file field-psnr -5 --type f32 --shape 12,20,30 --psnr 60
make_file field-lossless -5 --type f32 --shape 12,20,30
"$B/aez-generate" field64 40,50 >"$dir/data"
make_file field64 -5 --type f64 --shape 40,50 --rel 1e-6
"$B/aez-generate" family 60 >"$dir/data"
make_file family -6 --type f32 --shape 60,24,24 --abs 0.1 --model autoencoder --steps 100
make_file latents -6 --type f32 --shape 60,24,24 --latent-only --steps 100
"$B/aez-generate" images 60 >"$dir/data"
make_file images -5
"$B/aez-generate" table 800 >"$dir/data"
make_file table -5
make_file table-abs -5 --abs 0.01
"$B/aez-generate" series 800 >"$dir/data"
make_file series -7
files="$(echo spec/vectors/*.aezm) spec/vectors/good-*.aez $golden/*.aez"

# ---- a build ----

# compare NAME COMMAND...: runs it on the set; its hash must be that of all others.
compare() {
    label=$1
    shift
    # shellcheck disable=SC2086 # the files, one by one
    if ! got=$("$@" $files 2>"$dir/log/run"); then
        printf '%-28s FAILS: %s\n' "$label" "$(tail -n 1 "$dir/log/run")"
        bad=1
        return
    fi
    [ "$hash" ] || hash=$got
    if [ "$got" = "$hash" ]; then
        printf '%-28s %s\n' "$label" "${got%% *}"
    else
        printf '%-28s %s DIFFERS\n' "$label" "${got%% *}"
        bad=1
    fi
}

skip() { printf '%-28s not run: %s\n' "$1" "$2"; }

# build NAME CC CFLAGS [CPPFLAGS [LDFLAGS [LIBS]]]
build() {
    "$MAKE" -s -j"$J" --no-print-directory B="$dir/$1" CC="$2" CFLAGS="$3" CPPFLAGS="${4:-}" \
        LDFLAGS="${5:-}" LIB_LIBS="${6:--lzstd -lxxhash -lm}" "$dir/$1/tests/exact/exact" \
        >"$dir/log/$1" 2>&1 && return
    skip "$1" "it does not build: $(grep -m 1 -iE 'error|cannot find' "$dir/log/$1")"
    return 1
}

# shellcheck disable=SC2254 # the pattern is meant to be one
wanted() { case $1 in $ONLY) return 0 ;; *) return 1 ;; esac; }

for cc in gcc clang; do
    for level in O0 O1 O2 O3; do
        name=$cc-$level
        wanted "$name" || continue
        command -v $cc >/dev/null || { skip "$name" "there is no $cc"; continue; }
        build "$name" $cc "-$level" || { bad=1; continue; }
        for kernel in $("$dir/$name/tests/exact/exact" -); do
            compare "$name, $kernel" "$dir/$name/tests/exact/exact" "$kernel"
        done
    done
done
if wanted valgrind; then
    if command -v valgrind >/dev/null && build gcc-O1 gcc -O1; then
        compare "gcc-O1, ref, valgrind" \
            valgrind -q --error-exitcode=9 --leak-check=full "$dir/gcc-O1/tests/exact/exact" ref
    else
        skip valgrind "there is no valgrind"
    fi
fi

# foreign NAME CC ARCHITECTURE TRIPLET RUNNER: static, with that architecture's own libraries.
foreign() {
    wanted "$1" || return
    command -v "${2%% *}" >/dev/null || { skip "$1" "there is no ${2%% *}"; return; }
    [ -z "$5" ] || command -v "$5" >/dev/null || { skip "$1" "there is no $5"; return; }
    sh tests/exact/sysroot.sh "$3" "$dir/sysroot-$3" >"$dir/log/sysroot-$3" 2>&1 || {
        skip "$1" "apt has no libzstd and libxxhash of $3"
        return
    }
    root=$dir/sysroot-$3/root/usr
    build "$1" "$2" -O2 "-I$root/include" -static "-L$root/lib/$4 -lzstd -lxxhash -lm" || return
    compare "$1, ref${5:+, $5}" $5 "$dir/$1/tests/exact/exact" ref
}
# 32-bit x86 needs SSE: x87 does not round doubles to doubles, and floatbits.h refuses it.
foreign gcc-m32 'gcc -m32 -msse2 -mfpmath=sse' i386 i386-linux-gnu ''
foreign s390x-big-endian s390x-linux-gnu-gcc s390x s390x-linux-gnu qemu-s390x-static
foreign arm64 aarch64-linux-gnu-gcc arm64 aarch64-linux-gnu qemu-aarch64-static

echo "one hash: $hash"
[ $bad -eq 0 ] || echo "something FAILED"
exit $bad
