# An output that is a link goes where the link points; the link stays.
ramp 100 >a
mkdir there
: >there/real
ln -s there/real link
ln -s nowhere dangling
says 3 aez compress -q -o link a
says 0 aez compress -q -f -o link a
[ -h link ] && [ -s there/real ] || echo "the link was replaced"
says 3 aez compress -q -f -o dangling a
ln -s a in
says 0 aez compress -q in
aez decompress -q -c in.aez | cmp - a
ls
