# One line a file unless -q, never progress into a file.
ramp 100 >a
aez compress a 2>&1 | sed 's/-> .*, model/-> ..., model/'
aez decompress -f a.aez 2>&1 | sed 's/: [0-9]* ->/: ... ->/'
aez test a.aez 2>&1 | sed 's/[0-9]* ->/... ->/'
aez compress -q -f a
aez decompress -q -f a.aez
aez test -q a.aez
