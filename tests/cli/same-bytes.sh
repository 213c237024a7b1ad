# Threads change nothing.
ramp 20000 >a
aez compress -q --type u16 --chunk 8K -T 1 -o one.aez a
aez compress -q --type u16 --chunk 8K -T 3 -o three.aez a
aez compress -q --type u16 --chunk 8K -T 0 -o all.aez a
cmp one.aez three.aez
cmp one.aez all.aez
aez decompress -q -T 3 -c one.aez | cmp - a
