# The input stays unless --rm says otherwise, and then goes only after the output is there.
ramp 100 >a
cp a b
says 0 aez compress -q a
ls
says 0 aez compress -q --rm b
ls
says 0 aez decompress -q --rm b.aez
cmp a b
ls
says 2 aez compress --rm -c a
says 2 aez compress --rm -o - a
says 2 aez compress --rm -o /dev/null a
says 3 aez compress -q --rm -o no/such/folder a
says 0 aez compress -q --rm -k -f a
ls
