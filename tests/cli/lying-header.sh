# Trailing bytes and missing bytes come back; a format that the user insists on is an error then.
ramp 100 >data
{ npy '<u2' False '(10, 5)'; head -c 100 data; printf 'tail'; } >long.npy
{ npy '<u2' False '(10, 5)'; head -c 99 data; } >short.npy
{ npy '<u2' False '(99999999999, 99999999999)'; cat data; } >huge.npy
for f in long short huge; do round_trip $f.npy; done
aez compress -v -c long.npy 2>&1 >/dev/null | grep -o 'npy, u16.*'
aez compress -v -c huge.npy 2>&1 >/dev/null | grep -o 'bytes, bytes.*'
says 1 aez compress --format npy short.npy
says 1 aez compress --format idx data
