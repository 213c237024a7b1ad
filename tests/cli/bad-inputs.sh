# What cannot be read is named; the other files are done all the same.
printf x >a
printf y >b
mkdir folder
mkfifo pipe
says 3 aez compress -q a missing folder pipe b
ls
aez decompress missing.aez
