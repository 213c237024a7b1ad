# The reader of spec/reader, written from the text alone, restores what the command restores.
reader=$1/../../spec/reader/aez_read.py
command -v python3 >/dev/null || skip "no python3"
command -v zstd >/dev/null || python3 -c 'import zstandard' 2>/dev/null || skip "no zstd for Python"

python3 - <<'END'
import math, random, struct

random.seed(1)
N = 400

def put(name, code, values):
    with open(name, "wb") as f:
        f.write(struct.pack("<%d%s" % (len(values), code), *values))

def wave(i):
    return 10 * math.sin(i / 20) + math.cos(i / 7)

def narrow(x):
    return struct.unpack("f", struct.pack("f", x))[0]

put("u8", "B", [int(128 + 100 * math.sin(i / 9) + 5 * random.random()) for i in range(N)])
put("i8", "b", [random.choice([-100, -3, 0, 7, 90]) for _ in range(N)])
put("i16", "h", [int(900 * wave(i) + random.gauss(0, 30)) for i in range(N)])
put("u32", "I", [i * 2654435761 % 2**32 for i in range(N)])
put("i64", "q", [int(1e14 * wave(i)) + random.randrange(-9, 9) for i in range(N)])
put("u64", "Q", [2**63 + i * i * 1000003 * (-1)**i for i in range(N)])
put("f32", "f", [wave(i) for i in range(N)])
put("f64", "d", [1e4 * wave(i) + random.random() for i in range(N)])
put("zero", "f", [0.0, -0.0] * 200)
put("one", "d", [math.pi])
put("decimal", "d", [round(wave(i), 2) for i in range(N)])
put("decimal32", "f", [round(wave(i), 1) for i in range(N)])
put("few", "d", [random.choice([0.1, 1 / 3, math.e, 1e9]) for i in range(N)])
put("widened", "d", [narrow(wave(i)) for i in range(N)])
put("log", "f", [math.exp(random.gauss(0, 8)) * random.choice([1, -1]) * (i % 50 > 0)
                 for i in range(N)])
odd = [wave(i) for i in range(N)]
odd[40:80] = [math.nan] * 40
odd[200:203] = [math.inf, -math.inf, -0.0]
put("odd", "f", odd)
put("missing", "d", [-9999.0 if 100 <= i < 140 or i == 7 else wave(i) for i in range(N)])
put("volume", "f", [3 * math.sin(x / 6) * math.cos(y / 5) + z / 10
                    for z in range(5) for y in range(9) for x in range(11)])
put("four", "d", [100 * math.sin(a + b / 2) * math.cos(c / 3 + d / 4)
                  for a in range(3) for b in range(4) for c in range(5) for d in range(6)])
put("long", "f", [wave(i) + random.random() / 50 for i in range(3000)])
put("ramp", "i", [1000 + 7 * i for i in range(N)])
site = [50 * math.sin(i % 16 / 5) * math.cos(i / 90) + random.gauss(0, 10) for i in range(256)]
put("related", "f", [a * x + random.gauss(0, 0.05) for a in (1, 1.5, -0.7) for x in site])
put("several", "f", [wave(i + v) + v for i in range(200) for v in range(3)])
put("spots", "B", [min(255, max(0, int(600 * math.exp(-((x % 16 - 8)**2 + (y % 16 - 8)**2) / 10) +
                                       random.gauss(0, 3)))) for y in range(64) for x in range(64)])

def table(name, row, n=N, end="\n"):
    with open(name, "w", newline="") as f:
        for i in range(-1, n):
            f.write(row(i) + end)

items = [(random.gauss(0, 1), random.gauss(0, 1)) for _ in range(200)]
rows = [[10 * math.sin(a + j / 3) + 5 * b * math.cos(j / 2) + random.gauss(0, 0.05)
         for j in range(12)] for a, b in items]
put("items", "f", sum(rows, []))
put("pictures", "B", [min(255, max(0, int(128 + 8 * v))) for row in rows for v in row])
put("sensors", "d", [1e4 * row[f * 4 + j] for row in rows for j in range(4) for f in range(3)])
put("steep", "d", [math.sin(i % 16 * (0.1 + j / 40)) * 1e3 * (1 + j * j) + random.gauss(0, 1)
                   for i in range(300) for j in range(16)])
odd = sum(rows, [])
odd[100:140] = [math.nan] * 40
odd[7] = math.inf
put("odd-items", "f", odd)
table("items.csv", lambda i: "a,b,c,d,tag" if i < 0 else "%.2f,%.3f,%s,%d,%s" % (
    rows[i][0], rows[i][3], "%.2f" % rows[i][5] if i % 17 else "", rows[i][7] * 10,
    random.choice(["x", "yy"])), 200)

places = ["Bergen", "Osaka, north", 'a "quay"', "Lima", ""]
table("plain.csv", lambda i: "id,place,size,value,note" if i < 0 else "%d,%s,%.2f,%r,%s" % (
    i * 3 + 7, random.choice(places[:1] + places[3:]), wave(i), math.exp(random.gauss(0, 5)),
    random.choice(["", "", "seen", "%x" % random.getrandbits(60)])))
table("quotes.csv", lambda i: '"id";"place";"code"' if i < 0 else '"%d";"%s";%s' % (
    i, random.choice(places).replace('"', '""'), random.choice(["NA", '"x"', '"y"', ""])), end="\r\n")
table("stamps.csv", lambda i: "time,day,t,odd" if i < 0 else "2024-%02d-%02d %02d:%02d:%02d.%03d,%d/%d/%d,%s,%s" % (
    1 + i // 200, 1 + i % 28, i % 24, i * 7 % 60, i * 13 % 60, i * 37 % 1000,
    1 + i % 12, 1 + i % 28, 1999 + i // 50, "%.1f" % wave(i) if i % 9 else "NA",
    random.choice(["3", "4", "5", "n/a", "?"])))
table("floats.csv", lambda i: "a b c d e" if i < 0 else "%.9g %r %e %.3E %8.3f" % (
    narrow(wave(i) / 3e4), random.random() * 10**random.randrange(-9, 9), wave(i) * 1e9,
    random.gauss(0, 1e-30), wave(i)))
table("printed.csv", lambda i: "f32,f32s,f64,places" if i < 0 else "%s,%s,%r,%.14g" % (
    "%.8g" % narrow(wave(i)), repr(narrow(round(wave(i), 3))), wave(i) * 1e-7, round(wave(i), 2) * 1.1))
table("ragged.csv", lambda i: "a,b,c" if i < 0 else ("%d,%d" if i % 40 == 5 else "%d,%d,%d,,") % (
    (i, i + 1) if i % 40 == 5 else (i, i, i)) if i % 13 == 5 else "%d,%.1f,%d" % (i, wave(i), i * i % 7))
table("twice.csv", lambda i: "a,b,c,d,e" if i < 0 else "%s,%s,%d,9,%s" % (
    ("%.3f" % wave(i), "%.3f" % wave(i), i % 5, "%.3f" % (2 * wave(i))) if i % 11 else ("", "", 0, "")))
table("fine.csv", lambda i: "a,b,c" if i < 0 else "%.6g,%.8g,%.7g" % (
    random.gauss(0, 3), random.gauss(0, 1000), random.gauss(0, 1) / random.random()), 600)
table("texts.csv", lambda i: "a,b,c" if i < 0 else '%d,"%x\n\n%d",%x' % (
    i, random.getrandbits(40), i, random.getrandbits(90)))
table("head.csv", lambda i: "only,a,head", 0)
table("one.csv", lambda i: "x,y" if i < 0 else "1,2.5", 1)
with open("cut.csv", "w") as f:
    f.write(open("plain.csv").read()[:-3])
with open("opaque", "wb") as f:
    f.write(bytes(random.choice(b"abcdefg\0") for _ in range(999)))
END
: >empty
{ npy '<i2' False '(4, 100)'; cat i16; } >a.npy
{ npy '>f4' True '(4, 5, 20)'; cat f32; } >b.npy
printf '\0\0\010\003\0\0\0\004\0\0\0\012\0\0\0\012' | cat - u8 >c.idx

# same FILE OPTION...: both readers give the same bytes.
same() {
    file=$1
    shift
    aez compress -q -f "$@" -o same.aez "$file" || echo "compress $* $file: $?"
    aez decompress -q -f -o same.aez.back same.aez || echo "decompress $* $file: $?"
    python3 -B "$reader" same.aez same.py.back || echo "reader $* $file: $?"
    cmp same.aez.back same.py.back || echo "differs: $* $file"
}

for type in u8 i8 i16 u32 i64 u64 f32 f64; do
    same $type --type $type
    same $type --type $type --rel 1e-3
    same $type --type $type --abs 3 --entropy zstd
done
same f32 --type f32 --psnr 60 -1
for type in f32 f64; do same $type --type $type --pwrel 1e-3; done
same zero --type f32
same zero --type f32 --abs 1
same one --type f64
same decimal --type f64
same decimal --type f64 --abs 0.05
same decimal32 --type f32
same few --type f64
same ramp --type i32
same widened --type f64
same log --type f32
same log --type f32 --pwrel 1e-2
for options in '' '--rel 1e-3' '--pwrel 1e-2'; do
    # shellcheck disable=SC2086 # several words
    same odd --type f32 $options
    # shellcheck disable=SC2086
    same missing --type f64 --missing -9999 $options
done
for level in 1 9; do
    same volume --type f32 --shape 5,9,11 -$level
    same volume --type f32 --shape 5,9,11 --rel 1e-3 -$level
    same volume --type f32 --shape 45,11 --rel 1e-2 -$level
done
same volume --type f32 --shape 5,9,11 --variables 0 --rel 1e-2
same four --type f64 --shape 3,4,5,6 --rel 1e-3
same four --type f64 --shape 3,4,5,6 --variables 1
same long --type f32 --chunk 4096
same long --type f32 --chunk 4096 --rel 1e-3
same long --type f32 --shape 30,100 --chunk 4096 --rel 1e-4 -1
same several --type f32 --shape 200,3 --variables 1
same several --type f32 --shape 200,3 --variables 1 --abs 0.01
same related --type f32 --shape 3,16,16 --variables 0
same related --type f32 --shape 3,16,16 --variables 0 --rel 1e-3
same spots --type u8 --shape 64,64
same opaque --format bytes
same empty --format bytes
same a.npy
same a.npy --variables 0
same b.npy --rel 1e-3
same b.npy --variables 1
same c.idx
for name in plain quotes stamps floats printed ragged twice fine texts head one cut; do
    delimiter=,
    case $name in quotes) delimiter=';' ;; floats) delimiter=' ' ;; esac
    same $name.csv --format csv --delimiter "$delimiter"
    cmp $name.csv same.py.back || echo "not as it was: $name.csv"
    same $name.csv --format csv --delimiter "$delimiter" --chunk 4096
    cmp $name.csv same.py.back || echo "not as it was: $name.csv in chunks"
    case $name in
    quotes | head | one) ;;
    *) same $name.csv --format csv --delimiter "$delimiter" --rel 1e-3
       same $name.csv --format csv --delimiter "$delimiter" --abs 0.05 -9 ;;
    esac
done
net='--steps 30 --latent 3'
same head.csv --format csv --header yes
for form in '--type f32 --shape 200,12 --rel 1e-3 items' '--type u8 --shape 200,3,4 pictures' \
    '--type f64 --shape 200,4,3 --variables 2 --abs 10 sensors' '--format csv items.csv' \
    '--type f32 --shape 200,12 --rel 1e-2 odd-items' '--format csv --rel 1e-3 items.csv' \
    '--type f32 --shape 200,12 --rel 1e-2 --chunk 4096 items' \
    '--format csv --chunk 4096 --abs 0.05 items.csv'; do
    # shellcheck disable=SC2086 # several words
    same ${form##* } --model autoencoder $net ${form% *}
done
for form in '--type f32 --shape 200,12 items' '--type u8 --shape 200,3,4 --hidden 7,5 pictures' \
    '--type f64 --shape 200,4,3 --variables 2 sensors' '--type f32 --shape 200,12 odd-items' \
    '--type f32 --shape 200,12 --chunk 4096 items' '--format csv items.csv' \
    '--type f64 --shape 300,16 --hidden 40,40 --latent-step 0.01 steep'; do
    # shellcheck disable=SC2086
    same ${form##* } --latent-only $net ${form% *}
done
for file in u8 i16; do aez compress -q -c $file; done >both.aez
cat u8 i16 >both
python3 -B "$reader" both.aez | cmp - both
head -c 100 both.aez >short.aez
says 1 python3 -B "$reader" short.aez 2>/dev/null >/dev/null
