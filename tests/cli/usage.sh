# Wrong usage names the option and what to do.
printf x >a
says 2 aez
says 2 aez frobnicate a
says 2 aez compress --nonsense a
says 2 aez compress -Z a
says 2 aez compress -o
says 2 aez compress --abs
says 2 aez compress --abs 0 a
says 2 aez compress --abs -1 a
says 2 aez compress --abs nan a
says 2 aez compress --abs 1x a
says 2 aez compress --abs 1 --rel 1 a
says 2 aez compress --abs 1 a
says 2 aez compress --chunk 1 a
says 2 aez compress --chunk 2G a
says 2 aez compress --chunk 99999999999G a
says 2 aez compress --memory 12Q a
says 2 aez compress --type f16 a
says 2 aez compress --type bytes a
says 2 aez compress --shape 1 a
says 2 aez compress --type u8 --shape 1, a
says 2 aez compress --type u8 --shape 1,-1 a
says 2 aez compress --type u8 --format npy a
says 2 aez compress --format raw a
says 2 aez compress --format tar a
says 2 aez compress --seed -1 a
says 2 aez compress --threads 1025 a
says 2 aez compress --level 10 a
says 2 aez compress -0 a
says 2 aez compress --entropy best a
says 2 aez compress --missing none a
says 2 aez compress --variables first a
says 2 aez compress --force=yes a
says 2 aez compress -c -o x a
says 2 aez decompress --abs 1 a
says 2 aez test -o x a
says 2 aez help nonsense
ls
aez compress --json a
