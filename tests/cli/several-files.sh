# Several files in one command; a stream holds one .aez file.
for f in a b c; do ramp 50 >$f; echo $f >>$f; done
says 0 aez compress -q a b c
cat a b c >all
rm a b c
says 0 aez decompress -q a.aez b.aez c.aez
cat a b c | cmp - all
aez decompress -q -c a.aez b.aez c.aez | cmp - all
says 2 aez compress -q -o x a b
says 2 aez compress -q -c a b
cat a.aez b.aez >two.aez
says 1 aez test -q two.aez 2>/dev/null
says 1 aez decompress -q two.aez 2>/dev/null
[ ! -e two ] || echo "an output of what is not one file"
nothing_left
