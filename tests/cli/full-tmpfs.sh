# The same on a file system of its own.
mkdir small
mount -t tmpfs -o size=64k none small 2>/dev/null || skip "cannot mount a tmpfs here"
trap 'umount small' EXIT
head -c 300000 /dev/urandom >big
aez compress -q big
says 3 aez decompress -q -o small/out big.aez
says 3 aez compress -q -o small/out big
ls -A small
TMPDIR=small "$AEZ" compress -q -o x - <<X
$(head -c 100000 /dev/urandom | od -An -tx1)
X
