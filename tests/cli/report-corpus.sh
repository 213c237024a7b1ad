# aez report --corpus: every result is right, missing sets and peers are named, sizes are those of the files.
command -v gnuplot >/dev/null || skip "gnuplot is not installed"
mkdir data peers
awk 'BEGIN {for (i = 0; i < 400; i++) printf "%.2f,%d,%s\n", 10 * sin(i / 20), i * i % 97, i % 3 ? "x" : "yy"}' |
    sed '1i a,b,c' >data/t.csv
{ npy '<u2' False '(300,)' && ramp 300; } >data/ramp.npy
ramp 200 >data/ramp.u16
cat >sets <<'END'
# name | shape | type | bounds | methods
t.csv | - | - | lossless,1e-2,1e-3 | -
ramp.npy | - | - | - | aez
ramp.u16 | 20x10 | uint16le | lossless | aez,bzip2
gone.f32 | 3 | float32 | - | -
END
# a peer whose size is known, and one that loses a byte
cat >peers/bzip2 <<'END'
#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = -d ] && d=1; shift; done
if [ "${d:-}" ]; then tail -c +11 "$1"; else printf 0123456789; cat "$1"; fi
END
cat >peers/xz <<'END'
#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = -d ] && d=1; shift; done
if [ "${d:-}" ]; then sed 's/yy/zz/' "$1"; else cat "$1"; fi
END
cat >peers/brotli <<'END'
#!/bin/sh
echo "out of tune" >&2
exit 9
END
# zfp: exact at its first two tolerances, not at its third; what it is called with is kept
cat >peers/zfp <<'END'
#!/bin/sh
echo "$*" >>zfp-calls
n=$(cat zfp-count 2>/dev/null)
case "$*" in
*-i*) cat "$9" >"${11}" && echo $((n + 1)) >zfp-count ;;
*) if [ "$(cat zfp-count)" = 3 ]; then { printf '\0\0\0\100' && tail -c +5 "$3"; } >"$5"; else cat "$3" >"$5"; fi ;;
esac
END
printf '\0\0\200\77\0\0\0\100\0\0\100\100\0\0\200\100' >data/four.f32
printf '# name | shape | type | bounds | methods\nfour.f32 | 2x1x2 | f32 | 1e-2 | zfp\n' >floats
chmod +x peers/*
ln -s "$(command -v gnuplot)" peers/gnuplot
for tool in sh sed cat tail; do ln -s "$(command -v $tool)" peers/$tool; done
says 0 env PATH="$PWD/peers" AEZ_DATA="$PWD/data" "$AEZ" report --corpus sets -o out.html --csv out.csv --json out.json 2>said
sed 's/aez: [0-9]* bytes, ratio [0-9.]*/aez: N bytes/' said
echo "-- facts"
awk -F, 'NR == 1 {print; next} {
    held = ($10 == "") ? "-" : ($10 <= 1) ? "held" : "EXCEEDED"
    size = ($3 == "aez") ? (($5 > 0 && $5 < $4) ? "smaller" : $5) : $5
    quality = ($11 == "inf") ? "exact" : ($11 > 20) ? "psnr" : $11
    print $1, $2, $3, $4, size, held, quality, $16
}' out.csv
if command -v python3 >/dev/null; then
    python3 - out.html out.json <<'END'
import json, sys, xml.etree.ElementTree as tree
tree.parse(sys.argv[1])
facts = json.load(open(sys.argv[2]))
assert len(facts) == 11, len(facts)
for f in facts:
    if f["bytes"] is not None:
        assert abs(f["ratio"] - f["raw_bytes"] / f["bytes"]) < 1e-12
END
fi
aez compress -q --rel 1e-2 data/t.csv -o direct.aez
echo "size of the command's own file: $(($(wc -c <direct.aez) - $(awk -F, '$1 == "t.csv" && $2 == "1e-2" {print $5}' out.csv)))"
grep -o 'Not installed[^<]*' out.html
grep -o 'Sets without[^<]*' out.html
echo "-- zfp: the tolerance is doubled while the bound holds"
says 0 env PATH="$PWD/peers" AEZ_DATA="$PWD/data" "$AEZ" report --corpus floats -q -f -o out.html --csv out.csv
sed 's| [^ ]*/| |g' zfp-calls
cut -d, -f1-8,10-11 out.csv
echo 2 >zfp-count
says 0 env PATH="$PWD/peers" AEZ_DATA="$PWD/data" "$AEZ" report --corpus floats -q -f -o out.html --csv out.csv
cut -d, -f10-11 out.csv
grep -c 'class="n bad">33.333<' out.html
echo "-- bounds and methods from the command line"
says 0 env PATH="$PWD/peers" AEZ_DATA="$PWD/data" "$AEZ" report --corpus sets -q -1 --bounds 1e-1 --methods aez -f -o out.html --csv out.csv
cut -d, -f1-3 out.csv
says 1 env AEZ_DATA="$PWD/peers" "$AEZ" report --corpus sets -q -f -o out.html 2>&1
says 1 env AEZ_DATA="$PWD/data" "$AEZ" report --corpus sets -q --bounds 1e-2,x -f -o out.html 2>&1
ls -d "${TMPDIR:-/tmp}"/aez-report.* 2>/dev/null
nothing_left
