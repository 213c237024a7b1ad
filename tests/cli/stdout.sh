# -c, -o - and pipes give the bytes of the file; a file and a pipe are the same.
ramp 2000 >a
aez compress -q --type u16 a
aez compress -q --type u16 -c a | cmp - a.aez
aez compress -q --type u16 -o - a | cmp - a.aez
cat a | aez compress --type u16 2>/dev/null | cmp - a.aez
cat a | aez compress --type u16 - 2>/dev/null | cmp - a.aez
aez compress -q --type u16 <a | cmp - a.aez
(head -c 100 >head; aez compress -q --type u16 | aez decompress -q | cat head - | cmp - a) <a
cat a.aez | aez decompress -q | cmp - a
cat a.aez | aez decompress -q -o b -
cmp a b
aez test -q <a.aez
cat a | aez compress -q --rel 0.01 --type u16 >piped.aez
aez compress -q --rel 0.01 --type u16 -o filed.aez a
cmp piped.aez filed.aez
: | aez compress -q | aez decompress -q | wc -c | tr -d ' '
