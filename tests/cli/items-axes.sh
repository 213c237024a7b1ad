# Variables on any axis, any format and byte order: with as many latents as features items come back.
# shellcheck disable=SC2059 # the octal escapes are the data
printf "$(awk 'BEGIN {
    s = 7
    for (i = 0; i < 720; i++) {
        s = (s * 1103515245 + 12345) % 2147483648
        printf "\\%03o", int(s / 65536) % 256
    }
}')" >values
{ npy '|u1' False '(60, 2, 2, 3)'; cat values; } >a.npy
{ npy '<u2' False '(60, 3, 2)'; cat values; } >b.npy
{ npy '|u1' False '(3, 60, 4)'; cat values; } >c.npy
{ printf '\000\000\010\003\000\000\000\170\000\000\000\002\000\000\000\003'; cat values; } >d.idx
{ npy '|u1' False '(2, 2, 3, 60)'; cat values; } >f.npy
printf 'a;b\n' >t.csv
awk 'BEGIN {for (i = 0; i < 60; i++) printf "%d;%d\n", i * i % 17, i * 7 % 23}' >>t.csv
cp values e.raw

# back FILE LATENTS OPTIONS: a linear model of all there is, and what it makes of the items
back() {
    # shellcheck disable=SC2086 # options are words
    {
        aez train -q -f --linear --latent "$2" --no-stages -o m.aezm "$1" $3 || echo "train $1 $3"
        aez denoise -q -f "$1" -m m.aezm -o "back.${1##*.}" $3 || echo "denoise $1 $3"
        tail -c 720 "back.${1##*.}" | cmp - values || echo "differs: $*"
        aez latents -q -f "$1" -m m.aezm -o z.npy --output-type f64 $3 || echo "latents $1 $3"
        aez reconstruct -q -f --float z.npy -m m.aezm -o r.npy || echo "reconstruct $1 $3"
    }
}
back a.npy 12 ''
tail -c 720 r.npy | cmp - values
back a.npy 12 '--variables 1'
tail -c 720 r.npy | cmp - values
back a.npy 12 '--variables 2'
back a.npy 12 '--variables 3'
back c.npy 12 '--variables 0'
back d.idx 6 ''
tail -c 720 r.npy | cmp - values
back e.raw 12 '--type u8 --shape 60,2,2,3 --variables 2'
back e.raw 6 '--type u8 --shape 120,2,3'
aez train -q -f --linear --latent 6 --no-stages -o m.aezm b.npy
aez denoise -q -f b.npy -m m.aezm -o big.npy --output-type i32
aez denoise -q -f b.npy -m m.aezm -o big.idx --output-type i32
[ "$(wc -c <big.npy)" -eq 1568 ] && [ "$(wc -c <big.idx)" -eq 1456 ] || echo "sizes of 32-bit values"
aez train -q -f --linear --latent 2 --scale each --no-stages -o m.aezm t.csv
aez denoise -q t.csv -m m.aezm -o - | awk -F';' 'NR == 1 {print} NR > 1 {printf "%d;%d\n", $1 + 0.5, $2 + 0.5}' | cmp - t.csv

# rows of an array with variables before them: those of each variable
aez train -q -f --linear --latent 12 --no-stages --variables 0 --rows 10:50 -o m.aezm c.npy
aez info m.aezm | sed -n 's/^ *\(items\|file\): //p'
aez denoise -q -f --variables 0 --rows 20:23 c.npy -m m.aezm -o some.npy
for v in 0 1 2; do tail -c 720 c.npy | tail -c +$((v * 240 + 81)) | head -c 12; done >want
tail -c 36 some.npy | cmp - want
# a pipe cannot be written out of order, and axes are counted
says 2 aez denoise -q --variables 0 c.npy -m m.aezm -o -
says 2 aez train -q -f --linear --no-stages --variables 4 -o m.aezm a.npy
nothing_left
