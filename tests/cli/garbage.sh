# What aez did not make is refused.
head -c 5000 "$AEZ" >a.aez
says 1 aez test -q a.aez 2>/dev/null
says 1 aez decompress -q a.aez 2>/dev/null
says 1 aez info a.aez 2>/dev/null
ls -A
: >empty.aez
aez decompress -q empty.aez 2>/dev/null
