# X becomes X.aez, and X.aez becomes X.
printf x >a
says 0 aez compress -q a
cp a.aez odd.name
cp a.aez .aez
says 2 aez decompress odd.name
says 2 aez decompress .aez
says 0 aez decompress -q -o back odd.name
cmp a back
says 0 aez compress -q a.aez
ls
