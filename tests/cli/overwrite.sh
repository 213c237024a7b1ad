# Never over an existing file without -f.
ramp 100 >a
says 0 aez compress -q --type u16 a
echo precious >b
says 3 aez compress -q --type u16 -o b a
cat b
says 3 aez decompress -q a.aez
says 0 aez decompress -q -f a.aez
says 0 aez compress -q -f -o b a
says 3 aez compress -f -o a a
ln a hard
says 3 aez compress -f -o hard a
mkdir folder
says 3 aez compress -f -o folder a
says 0 aez compress -q -o /dev/null a
[ -c /dev/null ] || echo "/dev/null is gone"
nothing_left
ls
