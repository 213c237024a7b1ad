# A full disk is reported as such, and nothing stays behind.
[ -c /dev/full ] || skip "no /dev/full"
ramp 5000 >a
says 3 aez compress -q -c a >/dev/full
aez compress -q --format bytes a
says 3 aez decompress -q -c a.aez >/dev/full
head -c 200000 "$AEZ" >big
aez compress -q big
(ulimit -f 8; says 3 aez decompress -q -o out big.aez)
[ ! -e out ] || echo "an output that is cut off"
nothing_left
aez decompress -q -o /dev/full a.aez
