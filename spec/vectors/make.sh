#!/bin/sh
# make.sh - makes the files of this folder: AEZ=path/to/aez sh spec/vectors/make.sh
#
# Once a version is released its good- files stay as they are, even if the writer now makes others.
set -eu
: "${AEZ:?give the path of the command in AEZ}"
case $AEZ in /*) ;; *) AEZ=$PWD/$AEZ ;; esac
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
rm -f "$here"/*.aez "$here"/*.aezm "$here"/SHA256SUMS

# values CODE EXPRESSION: 'i' runs; prints the values as little-endian numbers.
values() {
    python3 -c "
import math, struct, sys
nan, inf = math.nan, math.inf
v = [$2]
sys.stdout.buffer.write(struct.pack('<%d$1' % len(v), *v))"
}

# table HEADER EXPRESSION N: a row of text for each i below N, after the header.
table() {
    python3 -c "
import math, struct
noise = lambda i, p: pow(i + 2, p, 65537)
single = lambda x: struct.unpack('f', struct.pack('f', x))[0]
print('$1')
for i in range($3):
    print($2)"
}

# model NAME OPTION... FILE...: makes NAME.aezm.
model() {
    name=$1
    shift
    "$AEZ" train -q -T 1 -o "$here/$name.aezm" "$@"
}

# referred NAME MODEL OPTION...: the same as good, with a model that the file refers to.
referred() {
    name=$1
    model=$2
    shift 2
    "$AEZ" compress -q -T 1 --model "$here/$model.aezm" --model-ref "$@" -o "$here/good-$name.aez" "$name"
    note "$name" --model "$here/$model.aezm"
}

# good NAME OPTION...: makes good-NAME.aez from the file NAME, and notes what it restores.
good() {
    name=$1
    shift
    "$AEZ" compress -q -T 1 "$@" -o "$here/good-$name.aez" "$name"
    note "$name"
}

note() {
    name=$1
    shift
    hash=$("$AEZ" decompress -q "$@" -c "$here/good-$name.aez" | sha256sum)
    echo "${hash%% *}  good-$name.aez" >>"$here/SHA256SUMS"
}

changed() {
    python3 "$here/edit.py" "$3" "$here/good-$1.aez" "$here/$2-$3.aez"
}

values f '1.0, 2.5' >stored
values f '20.5, 20.7, 20.9, 21.0, 21.2, 21.3, 21.5, 21.6' >coded
values B '' >nothing
values h '*(i * i // 4 - 300 for i in range(100))' >integers
values q '*((1 << 63) - 1 - i * i * 12345 if i % 50 < 40 else -(1 << 63) + i * 777 for i in range(150))' >wide-integers
values Q '*((1 << 63) + i * 1000 for i in range(60))' >unsigned
values f '*(math.sin(x / 5) * math.cos(y / 4) for y in range(20) for x in range(20))' >pyramid
cp pyramid images
printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 0, 5), }" >no-values
values d '*(struct.unpack("f", struct.pack("f", math.sin(i / 9)))[0] for i in range(200))' >widened
values f '*(nan if 20 <= i < 60 else inf if i == 90 else math.sin(i / 9) for i in range(200))' >exceptions
values d '*(-99.0 if i % 7 == 0 else math.sin(i / 9) for i in range(200))' >missing
values f '*(math.exp(math.sin(i / 9) * 20) * (-1) ** (i // 50) * (i % 60 > 0) for i in range(200))' >logarithms
values d '*([0.1, 1 / 3, math.e, 1e9][i * i % 7 % 4] for i in range(300))' >table
values i '*(1000 + i * i % 91 for i in range(2500))' >chunks
values h '*(i % 1500 * 3 for i in range(5000))' >boxes
values b '*(([0] * 24 + [9, 9, 9, -5, -5, 40, 3])[pow(i + 1, 3, 65537) % 31] for i in range(9000))' >wide
values d '*(struct.unpack("f", struct.pack("f", i * i * 7919 % 1009 / 10))[0] for i in range(300))' >widened-decimals
values f '*(math.sin(i / 9 + v) for i in range(60) for v in range(3))' >variables
values f '*(([1, 1.5, -0.7][v] * (i * i * 7919 % 1009 + 200 * math.sin(i % 16 / 5)) + i * 31 % 17 / 100)
    for v in range(3) for i in range(256))' >channels
values d '*(math.sin(a + b / 2) * math.cos(c / 3 + d / 4)
    for a in range(3) for b in range(4) for c in range(5) for d in range(6))' >four
values B '*(min(255, max(0, int(600 * math.exp(-((x % 16 - 8) ** 2 + (y % 16 - 8) ** 2) / 10)
    + pow(64 * y + x + 2, 3001, 65537) % 13 - 6))) for y in range(64) for x in range(64))' >middles
values f '*(math.sin(x / 6 + z / 3) * math.cos(y / 9) for z in range(9) for y in range(17) for x in range(20))' >wavelets
values d '*(nan if i == 5 else -9e9 if 700 <= i < 703 else math.sin(i % 20 / 6 + i // 340 / 3) * math.cos(i // 20 % 17 / 9)
    for i in range(3060))' >wavelets-missing
values B '*((lambda m: min(255, max(0, int(300 * math.exp(-((y - 2 - m % 5) ** 2 + (x - 2 - m // 5 % 5) ** 2)
    / (4 + m % 7)) - 30) + pow(64 * n + 8 * y + x + 1001, 3001, 65537) % 3)))(pow(n + 2, 3001, 65537))
    for n in range(120) for y in range(8) for x in range(8))' >mixtures
values f '*(abs(math.sin(x / 3 + z / 5)) * 3 - abs(math.cos(y / 4 - z / 7))
    + (pow(400 * z + 20 * y + x + 2, 3001, 65537) / 65537 - 0.5) * (x / 99) ** 2
    for z in range(16) for y in range(20) for x in range(20))' >nets
values f '*(3 * abs(math.sin(y / 9 + math.sin(x / 7))) + 3 * abs(math.sin(x / 5 + y / 9))
    + (pow(80 * y + x + 2, 3001, 65537) / 65537 - 0.5) / 1000 for y in range(80) for x in range(80))' >nets-pyramid
printf 'a text that is kept as it is, a text that is kept' >bytes
{
    printf '\223NUMPY\001\000\166\000%s' "{'descr': '>i2', 'fortran_order': True, 'shape': (10, 5, 2), }"
    printf '%56s\n' ''
    cat integers
} >npy-head
python3 -c '
import sys
text = "{\x27descr\x27: \x27>i2\x27, \x27fortran_order\x27: True, \x27shape\x27: (10, 5, 2), }" + " " * 20
text += " " * (64 - (11 + len(text)) % 64) + "\n"
sys.stdout.write("NUMPY\x01\x00" + chr(len(text)) + "\x00" + text)' | { printf '\223'; cat - integers; } >npy
printf '\0\0\013\002\0\0\0\012\0\0\0\012' | cat - integers >idx
values f '*(10 * math.sin(pow(i + 2, 3001, 65537) / 9999 + j / 3) + 5 * math.sin(i * i) * math.cos(j / 2) + i % 3 / 99
    for i in range(150) for j in range(12))' >model-hat
cp model-hat model-latents
values d '*(math.sin(i % 16 * (0.1 + j / 40)) * 1e3 * (1 + j * j) for i in range(100) for j in range(8))' >model-steep
table 'a,b,c,tag' '"%.2f,%.3f,%s,%s" % (noise(i, 3001) / 77, noise(i, 3001) / 777 - noise(i, 777) / 99,
    "" if i % 17 == 3 else "%d" % (noise(i, 3001) // 9 + noise(i, 777) // 7), ["x", "yy"][i * i % 7 % 2])' 400 >model-table
cp model-table model-table-latents
# maps N SEED: N maps of 8 x 6, alike but for three numbers each
maps() {
    values f "*(20 * math.sin(j * j) + sum(((pow(i * 3 + k + 2, 3001 + $2, 65537) % 201) - 100) / 25
        * math.sin(j * (k + 2) * (k + 3)) for k in range(3)) + i * j % 7 / 99 + $2 for i in range($1) for j in range(48))"
}
maps 150 0 >maps-0
maps 150 1 >maps-1
maps 70 2 >refer-hat
maps 70 3 >refer-mean
cp refer-hat model-family
values f '*(14 * math.sin(j * j) + i * j % 7 / 50 + 5 * math.cos(i / 9) for i in range(4) for j in range(48))' >refer-taps
# waves N SEED: N rough maps of 20 x 17, alike but for smooth waves
waves() {
    values f "*(20 * math.sin(i * i) + 4 * math.sin(x / 6 + t / 3 + $2) * math.cos(y / 9 - $2) + 3 * math.sin((x + y) / 5 - t / 4)
        for t in range($1) for y in range(20) for x in range(17) for i in [20 * y + x])"
}
waves 30 0 >waves-0
waves 30 1 >waves-1
waves 9 2 >refer-waves
# measured SEED: rows of a table
measured() {
    table 'x,y,z,t' "'%.2f,%.2f,%.1f,%d' % (noise(i, 3001 + $1) / 777, noise(i, 3001 + $1) / 1999 - noise(i, 777) / 9999,
        noise(i, 3001 + $1) / 5555 + $1, 7 * i + $1)" 400
}
measured 2 >table-0
measured 4 >table-1
measured 6 >refer-table
# blobs N SEED: N small pictures
blobs() {
    values B "*((lambda m: min(255, max(0, int(300 * math.exp(-((y - 2 - m % 5) ** 2 + (x - 2 - m // 5 % 5) ** 2)
        / (4 + m % 7)) - 30) + pow(64 * n + 8 * y + x + 1001, 3001, 65537) % 3)))(pow(n + 2, 3001 + $2, 65537))
        for n in range($1) for y in range(8) for x in range(8))"
}
blobs 120 2 >blobs-0
blobs 60 4 >refer-mixtures
table 'id,place,size,note' '"%d,%s,%.2f,%s" % (3 * i + 7, ["Bergen", "Lima", "Osaka"][noise(i, 3001) % 3],
    50 * math.sin(i / 9), "NA" if i % 4 else "%x" % noise(i, 777)**5)' 200 >table-plain
table 'time,day,t' '"2024-%02d-%02dT%02d:%02d:%02d.%03dZ,%d/%d/%d,%s" % (1 + i // 28 % 12, 1 + i % 28, i % 24,
    7 * i % 60, 13 * i % 60, 37 * i % 1000, 1 + i % 12, 1 + i % 28, 1999 + i // 50,
    "%.1f" % math.sin(i / 20) if noise(i, 3) % 9 else "n/a")' 200 >table-stamps
table '\"a\";\"b\"' 'chr(34) + ["", "x", "y;z", "p" + 2 * chr(34) + "q"][noise(i, 3001) % 4] + chr(34), i, sep=";"' 150 | sed 's/$/\r/' >table-quotes
table 'a b c d' '"%8.3f %.9g %e %r" % (math.sin(i / 9), single(math.sin(i / 7)), 1e9 * math.cos(i / 5),
    math.exp(noise(i, 3001) / 3000 - 10))' 200 >table-floats
table 'a,b' '"%.6g,%.7g" % (noise(i, 3001) / 7777 - 4, (noise(i, 777) - 32768) * noise(i, 1235) / 1e6)' 600 >table-fine
table 'a,b,c' '("%d,%d" if i % 40 == 5 else "%d,%.1f,%s") % ((i, i) if i % 40 == 5 else
    (i, math.sin(i), i * i % 7 or ""))' 200 >table-ragged
printf '1,a last row without its end' >>table-ragged
table 'a,b,c' '"%.3f,%.3f,%x" % (math.sin(i / 9), 2 * math.sin(i / 9), noise(i, 3001)**4)' 300 >table-chunks
cp table-chunks table-bounded
table 'a,b,c,d' '"%.3f,%d,%.2f,%s" % tuple(f(noise(i * i, 777) % 70) for f in (lambda r: noise(r, 3001) / 777,
    lambda r: r % 9, lambda r: noise(r, 1235) / 99, lambda r: "" if r == 5 else "%d" % (noise(r, 19) // 7)))' 600 >table-repeats
values d '*(math.sin(i // 250 / 3 + pow(i % 250 + 2, 3001, 65537)) for i in range(2900))' >shape
values f '*(nan if i % 31 == j else [math.sin(i / 9), 30 + 9 * math.cos(i / 7), i * i % 5][j] for i in range(400)
    for j in range(3))' >parts
values H '*(40000 if i == 555 else 7 * pow(3 * (pow(i // 3 + 2, 777, 65537) % 40) + i % 3 + 2, 3001, 65537) % 1000
    for i in range(1500))' >repeats
printf 'only,a,head\n' >table-empty

good stored --type f32
good coded --type f32
good nothing --format bytes
good integers --type i16
good wide-integers --type i64
good unsigned --type u64 --abs 10
good pyramid -1 --type f32 --shape 20,20 --rel 1e-3
good images --type f32 --shape 20,20
good widened --type f64
good exceptions --type f32 --rel 1e-2
good missing --type f64 --missing -99 --abs 0.01
good logarithms --type f32 --pwrel 1e-2
good table --type f64
good chunks --type i32 --chunk 4096
good boxes --type i16 --shape 2,2500 --chunk 4096
good wide --type i8
good widened-decimals --type f64
good no-values
good variables --type f32 --shape 60,3 --variables 1 --abs 0.01
good channels --type f32 --shape 3,16,16 --variables 0 --rel 1e-3
good four --type f64 --shape 3,4,5,6 --rel 1e-3
good middles --type u8 --shape 64,64
good wavelets --type f32 --shape 9,17,20 --rel 1e-3
good wavelets-missing --type f64 --shape 9,17,20 --missing -9e9 --rel 1e-3
good mixtures --type u8 --shape 120,8,8
good nets --type f32 --shape 16,20,20 --rel 1e-5
good nets-pyramid --type f32 --shape 80,80 --rel 1e-4
good bytes --format bytes
good npy --variables 1
good npy-head --variables 1
good idx
good table-empty --format csv --header yes
good table-repeats --format csv
good shape --type f64 --rel 1e-2
good parts --type f32 --shape 400,3 --rel 1e-3
good repeats --type u16 --shape 1500
for name in plain stamps fine ragged; do good table-$name --format csv; done
net='--steps 30 --latent 3 --hidden 6'
# shellcheck disable=SC2086 # several words
good model-hat --type f32 --shape 150,12 --rel 1e-3 --model autoencoder $net
# shellcheck disable=SC2086
good model-latents --type f32 --shape 150,12 --latent-only $net
good model-steep --type f64 --shape 100,8 --latent-only --latent 2 --steps 30 --latent-step 0.001
good model-table --format csv --chunk 4096 --model autoencoder --latent 2 --steps 30
good model-table-latents --format csv --latent-only --latent 2 --steps 30
shape='--type f32 --shape'
# shellcheck disable=SC2086
model family $shape 150,8,6 --linear --latent 3 --rel 1e-2 --rel 1e-3 maps-0 maps-1
# shellcheck disable=SC2086
model mean $shape 150,8,6 --latent 0 --rel 1e-2 maps-0 maps-1
model rows --format csv --linear --latent 2 --rel 1e-3 table-0 table-1
model blobs --type u8 --shape 120,8,8 --latent 0 --lossless blobs-0
# shellcheck disable=SC2086
referred refer-hat family $shape 70,8,6 --rel 1e-2
# shellcheck disable=SC2086
good model-family $shape 70,8,6 --rel 1e-2 --model "$here/family.aezm"
# shellcheck disable=SC2086
referred refer-mean mean $shape 70,8,6 --rel 1e-2
# shellcheck disable=SC2086
referred refer-taps mean $shape 4,8,6 --rel 1e-2
# shellcheck disable=SC2086
model waves $shape 30,20,17 --latent 0 --rel 1e-3 waves-0 waves-1
# shellcheck disable=SC2086
referred refer-waves waves $shape 9,20,17 --rel 1e-3
referred refer-table rows --format csv --rel 1e-3
referred refer-mixtures blobs --type u8 --shape 60,8,8
good table-quotes --format csv --delimiter ';'
good table-floats --format csv --delimiter ' '
good table-chunks --format csv --chunk 4096
good table-bounded --format csv --abs 0.01
for name in optional-section long-varint; do
    changed coded good $name
    note $name
done
for name in model-relu model-chain model-tanh model-sigmoid; do
    changed model-latents good $name
    note $name
done

for name in version feature section envelope-version; do changed coded unsupported $name; done
for name in magic hints header-zero checksum truncated section-zero no-schema n-dims sites type mode \
    digits schema-left-over chunk-kind chunk-left-over side-flags coder scan-mask template-kind \
    template-flags mean-shift field-number tap-ahead predictor-head net-none too-few-residuals \
    too-many-residuals raw-bits cut after-the-end; do
    changed coded bad $name
done
for name in shape-small shape-large shape-axis; do changed shape bad $name; done
changed repeats bad match-log
changed repeats bad match-contexts
for name in no-chunk chunk-twice index file-size; do changed chunks bad $name; done
for name in table-chunk-kind table-rows table-left-over table-side table-crlf table-column; do
    changed table-plain bad $name
done
changed table-chunks bad table-sole
for name in net-number net-taps net-axes net-hidden net-shift net-bias; do changed nets bad $name; done
for name in model-version model-flags decoder activation operation; do changed model-latents unsupported $name; done
for name in model-field model-links model-table model-fields model-no-decoder model-inner model-features model-frac model-integers model-form model-latents \
    model-end model-values model-window model-shape model-factor model-tensor model-work model-parts \
    model-bent model-twice model-coder model-no-model; do
    changed model-latents bad $name
done
changed model-table bad model-late
for name in refer-hash refer-size refer-links refer-left-over refer-map refer-plan refer-other-plan; do
    changed refer-hat bad $name
done
for name in refer-more refer-nobody; do changed refer-mixtures bad $name; done
changed refer-mean bad differences-coder
for name in mixtures-batch mixtures-values mixtures-logistics mixtures-spikes mixtures-end mixtures-stream; do
    changed mixtures bad $name
done
for name in wavelets-head wavelets-none wavelets-levels wavelets-step; do
    changed wavelets bad $name
done
du -cb "$here"/*.aez | tail -n 1
