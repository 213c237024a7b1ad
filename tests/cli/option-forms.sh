# Options and files in any order, values in every form.
ramp 100 >a
aez compress -q --type u16 -5 -T 2 -o 1.aez a
aez -q compress a --type=u16 -o2.aez -T2 --level=5
aez compress a -qo3.aez --type u16 -5
aez --type u16 -q compress -o 4.aez -- a
for i in 2 3 4; do cmp 1.aez $i.aez; done
aez compress -h | head -n 1
aez -h compress | head -n 1
aez help compress | head -n 1
aez compress a b --help | head -n 1
aez -V | sed 's/[0-9][0-9.]*/N/g'
aez --version | sed 's/[0-9][0-9.]*/N/g'
aez version | sed 's/[0-9][0-9.]*/N/g'
aez help | head -n 1
for c in compress decompress test info; do aez help $c | grep -c -e --threads; done
