# Model files: the reader that was written from the text takes them, archives are told apart from them
# in both directions, and damage is found.
reader=$1/../../spec/reader/aez_read.py
python=
if command -v python3 >/dev/null && command -v zstd >/dev/null; then python=python3; fi

awk 'BEGIN { print "a,b"; for (i = 0; i < 300; i++) print i * 3 % 101 "," i % 7 + 2 * (i * 3 % 101) }' >t.csv
aez train -q t.csv --latent 1 --linear --no-stages -o t.aezm
aez compress -q -1 t.csv

# The name of the error that a file as a model, or as an archive, is refused with.
refused() { sed -n 's/^aez_read.py: [^ ]*: \([A-Z]*\):.*/\1/p'; }
as_model() {
    if [ -z "$python" ]; then
        echo "$2"
    else
        $python -B "$reader" -m "$1" t.csv.aez 2>&1 >out.csv | refused
    fi
}

echo "a model file: $(as_model t.aezm)"
[ -z "$python" ] || cmp out.csv t.csv
echo "an archive: $(as_model t.csv.aez MAGIC)"
head -c 200 t.aezm >cut.aezm
echo "one cut short: $(as_model cut.aezm TRUNCATED)"
{ head -c 100 t.aezm; printf '\377'; tail -c +102 t.aezm; } >bad.aezm
cmp -s bad.aezm t.aezm && echo "the byte was there before"
echo "a changed byte: $(as_model bad.aezm CORRUPT)"
{ cat t.aezm; echo; } >long.aezm
echo "bytes after the end: $(as_model long.aezm CORRUPT)"

for model in t.csv.aez cut.aezm bad.aezm long.aezm; do
    aez compress -q -f -1 --model $model t.csv -o t.aez 2>err
    echo "$model: exit $?"
    sed 's/ (offset [0-9]*)//' err
done
aez test -q t.aezm
echo "exit $?"
