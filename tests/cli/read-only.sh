# A folder on a file system that cannot be written to: told, whoever asks; the files stay as they were.
mkdir locked
mount -t tmpfs -o size=1m none locked 2>/dev/null || skip "cannot mount a tmpfs here"
trap 'umount locked' EXIT
ramp 500 >locked/a
aez compress -q --type u16 -o locked/a.aez locked/a
mount -o remount,ro locked
says 3 aez compress -q locked/a
says 3 aez compress -q -f locked/a
says 3 aez decompress -q -f locked/a.aez
says 3 aez compress -q --rm -f -o out locked/a
says 0 aez decompress -q -c locked/a.aez | cmp - locked/a
ls -A locked
