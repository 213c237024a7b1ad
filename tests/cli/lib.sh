# lib.sh - what the cases share: small arrays, headers, and checks that speak only when they fail.

aez() { "$AEZ" "$@"; }

# ramp N: N smooth u16 values, little-endian.
ramp() {
    # shellcheck disable=SC2059 # the octal escapes are the data
    printf "$(awk -v n="$1" 'BEGIN {
        for (i = 0; i < n; i++) {
            v = (i * 37 + int(i * i / 50)) % 65536
            printf "\\%03o\\%03o", v % 256, int(v / 256)
        }
    }')"
}

# npy DESCR FORTRAN SHAPE: the header that NumPy writes, for a SHAPE such as "(3, 4)"; no data.
npy() {
    text="{'descr': '$1', 'fortran_order': $2, 'shape': $3, }"
    pad=$((64 - (10 + ${#text} + 1) % 64))
    size=$((${#text} + pad + 1))
    # shellcheck disable=SC2059
    printf "\\223NUMPY\\001\\000$(printf '\\%03o\\%03o' $((size % 256)) $((size / 256)))"
    printf "%s%${pad}s\n" "$text" ''
}

# round_trip FILE OPTION...: compress, decompress, compare; quiet when all is well.
round_trip() {
    trip=$1
    shift
    aez compress -q "$@" -o trip.aez -f -- "$trip" || echo "compress $* $trip: $?"
    aez test -q trip.aez || echo "test $* $trip: $?"
    aez decompress -q -f -o trip.back trip.aez || echo "decompress $* $trip: $?"
    cmp -- "$trip" trip.back || echo "differs: $* $trip"
    aez decompress -q -c trip.aez | cmp - "$trip" || echo "differs through a pipe: $* $trip"
}

# says STATUS COMMAND...: runs it, and shows its status when it is another one.
says() {
    expected=$1
    shift
    "$@"
    got=$?
    [ $got -eq "$expected" ] || echo "exit $got, expected $expected: $*"
}

# nothing_left: no file of the command's own making may stay behind.
nothing_left() {
    for left in .*.tmp; do
        [ ! -e "$left" ] || echo "left behind: $left"
    done
}

skip() {
    echo "skip: $*"
    exit 77
}
