# A file cut anywhere is refused and leaves nothing.
ramp 500 >a
aez compress -q --type u16 a
size=$(wc -c <a.aez)
for n in 0 1 4 10 $((size / 2)) $((size - 5)) $((size - 1)); do
    head -c "$n" a.aez >cut.aez
    says 1 aez decompress -q -o out cut.aez 2>/dev/null
    says 1 aez test -q cut.aez 2>/dev/null
    [ ! -e out ] || echo "an output after $n bytes"
    cat cut.aez | says 1 aez test -q 2>/dev/null
done
nothing_left
aez test -q cut.aez 2>/dev/null
