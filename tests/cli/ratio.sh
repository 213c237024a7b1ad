# make ratio: sizes, means, floors and the exit status, with a made-up command whose sizes are known;
# and the file of peers keeps to its own rule about which sets are put aside.
root=$(cd "$1/../.." && pwd)
tools=$(dirname "$AEZ")
for tool in compare measure; do
    [ -x "$tools/aez-$tool" ] || skip "not built: aez-$tool"
done

# The command: packs FILE to as many bytes as "sizes" says for its name and bound; a file called
# liar comes back with another last byte, one called dead does not pack.
cat >stub <<'END'
#!/bin/sh
verb=$1 mode=lossless
shift
while [ $# -gt 0 ]; do
    case $1 in
    --rel) mode=$2 && shift ;;
    --type | --shape) shift ;;
    -o) to=$2 && shift ;;
    -*) ;;
    *) from=$1 ;;
    esac
    shift
done
case $verb in
compress)
    case $from in *dead*) exit 1 ;; esac
    size=$(awk -v name="${from##*/}" -v mode="$mode" '$1 == name && $2 == mode {print $3}' "$SIZES")
    head -c "$size" /dev/zero >"$to"
    cp "$from" "$to.is"
    case $from in *liar*) { head -c 7 "$from" && printf A; } >"$to.is" ;; esac
    ;;
decompress) cat "$from.is" >"$to" ;;
info) echo '    "bytes": {"header": 72, "model": 7, "latents": 0},' ;;
esac
END
chmod +x stub

# The made-up data; gone is on the list only.
mkdir -p data/fields data/hep data/images
for name in half twice edge past liar gone; do
    [ $name = gone ] || printf '\0\0\0\0\0\0\200\077' >data/fields/$name.f32
    echo "| fields/$name.f32 | 2 | float32le |" >>data/MANIFEST.md
    echo "fields/$name.f32 | 2 | float32le |" >>manifest
done
for name in hep/a.csv hep/b.csv hep/dead.csv images/i.idx1-ubyte hep/n.npy; do
    echo 1,2 >data/$name
    echo "$name | 1 | uint8 |" >>manifest
done
cat >sizes <<'END'
half.f32 1e-2 20000
half.f32 lossless 5
twice.f32 1e-2 5000
edge.f32 1e-2 4282
past.f32 1e-2 4124
liar.f32 1e-2 1
liar.f32 lossless 1
a.csv 1e-3 98
a.csv lossless 100
b.csv 1e-3 80
b.csv lossless 101
i.idx1-ubyte lossless 99
n.npy lossless 50
END
cat >peers <<'END'
# name | mode | peer | bytes | use
fields/half.f32 | 1e-2 | SZ3 | 10000 | open
fields/half.f32 | 1e-3 | - | - | out
fields/half.f32 | lossless | two words | 6 | aside
fields/twice.f32 | 1e-2 | SZ3 | 10000 | open
fields/edge.f32 | 1e-2 | SZ3 | 3999 | aside
fields/past.f32 | 1e-2 | SZ3 | 4000 | aside
fields/liar.f32 | 1e-2 | SZ3 | 100 | open
fields/liar.f32 | lossless | xz | 100 | open
fields/gone.f32 | 1e-2 | SZ3 | 100 | open
hep/a.csv | 1e-2 | SZ3 columns | 100 | open
hep/a.csv | 1e-3 | SZ3 columns | 113 | open
hep/a.csv | lossless | bzip3 | 120 | open
hep/b.csv | 1e-3 | SZ3 columns | 78 | aside
hep/b.csv | lossless | OpenZL csv trained (3 s) | 100 | aside
hep/dead.csv | lossless | xz | 100 | aside
hep/n.npy | lossless | xz | 100 | open
images/i.idx1-ubyte | lossless | xz | 99 | open
END

# ratio [NAME=VALUE...]: the report without its times, and the exit status.
ratio() {
    (cd "$root" && env AEZ="$here/stub" COMPARE="$tools/aez-compare" MEASURE="$tools/aez-measure" \
        SIZES="$here/sizes" PEERS="$here/peers" MANIFEST="$here/manifest" AEZ_DATA="$here/data" T= \
        ONLY= LEVEL=5 J=1 B=build "$@" sh corpus/ratio.sh)
    echo "exit $?"
}
timeless() {
    sed '1,/^$/s/ *[0-9.]* *[0-9.-]* *[0-9.]* *[0-9.-]*  \(holds\|over by [0-9]*\|-\)  */  \1  /'
}
here=$PWD

echo "-- all of it"
ratio 2>/dev/null | timeless
echo "-- all holds"
ratio ONLY=open T='^hep/' J=2 | sed -n '/geometric/,$p'
echo "-- level 9"
ratio LEVEL=9 T='hep/a|images' | sed -n '/geometric/,$p'
echo "-- other levels promise nothing"
ratio LEVEL=3 T='half.* 1e-2' | sed -n '/geometric/,$p'
echo "-- refusals"
ratio ONLY=half 2>&1
ratio LEVEL=10 2>&1
ratio J=0 2>&1
ratio T='no such set' 2>&1
ratio AEZ_DATA=/nowhere
echo 'fields/stranger.f32 | 1e-2 | SZ3 | 9 | open' >>peers
ratio 2>&1

# limits LEVEL: what single sets may take, from rows as they are measured; the last of each pair fails.
limits() {
    echo "-- limits of level $1"
    while read -r name class peer size; do
        echo "$name|m|$class|open|9|$size|$peer|p|-|1|1|" | tr _ ' '
    done | awk -v level="$1" -v summary=1 -f "$root/corpus/ratio.awk" | sed -n '/^single/,$p'
}
limits 5 <<'END'
fields/x field_1e-4 4000 4123
fields/x field_1e-4 4000 4124
fields/x field_1e-4 3999 4282
fields/x field_1e-4 3999 4283
tables/x table_1e-3 980 1000
tables/x table_1e-3 980 1001
tables/x csv 5 5
tables/x csv 5 6
images/mnist-t10k-images.idx3-ubyte image 5 1225000
images/mnist-t10k-images.idx3-ubyte image 5 1225001
images/mnist-train-images.idx3-ubyte image 5 9999999
images/other image 5 7
fields/x float 5 50
fields/x integer 5 50
END
limits 9 <<'END'
images/mnist-t10k-images.idx3-ubyte image 5 1137000
images/mnist-t10k-images.idx3-ubyte image 5 1137001
images/mnist-train-images.idx3-ubyte image 5 6644000
images/mnist-train-images.idx3-ubyte image 5 6644001
images/fashion-mnist-train-images image 5 4
images/fashion-mnist-train-images image 5 5
END

echo "-- the floors"
for level in 5 9; do
    for class in 'field 1e-2' 'field 1e-3' 'field 1e-4' 'table 1e-3' csv float integer; do
        echo "x|m|$class|open|9|1000|1000|p|-|1|1|"
    done | awk -v level=$level -v summary=1 -f "$root/corpus/ratio.awk" | cut -c 1-48 |
        sed -n '/^class/,/^single/p'
done

echo "-- the real peers"
list=$root/corpus/peers
sed -n 's/^# never aside: //p' "$list" | tr ' ' '\n' >never
awk -F' [|] ' '!/^#/ {print $1}' "$list" | sort -u >names
awk -F' [|] ' 'FNR == NR {known[$1] = 1; next} !($1 in known) {print "not in the manifest: " $1}' \
    "$root/corpus/manifest" names
awk -F' [|] ' '
    /^#/ { next }
    NF != 5 || seen[$1, $2]++ || $2 !~ /^(1e-[234]|lossless)$/ { print "malformed or twice: " $0 }
    $5 == "out" && $4 == "-" { next }
    $5 !~ /^(open|aside)$/ || $4 !~ /^[1-9][0-9]*$/ { print "malformed: " $0 }' "$list"
sed 's|^\([a-z]*\)/\([^-_.]*\).*|\1 \1/\2|' names | sort | uniq -c |
    while read -r count folder family; do
        hash=$(printf %s "$family" | sha256sum)
        echo "${hash%% *} $folder $family $count"
    done | sort >families
awk 'FILENAME == "never" { never[$1]; next }
    FNR == 1 { pass++ }
    pass == 1 { total[$2] += $4; next }
    {
        word = $3
        sub(/.*\//, "", word)
        if (!(word in never) && taken[$2] + $4 <= int(total[$2] / 3 + 0.5)) {
            taken[$2] += $4
            print $3
        }
    }' never pass=0 families families >aside
awk -F' [|] ' 'FNR == NR { aside[$1]; next }
    /^#/ || $5 == "out" { next }
    {
        family = $1
        match(family, /^[a-z]*\/[^-_.]*/)
        wanted = substr(family, 1, RLENGTH) in aside ? "aside" : "open"
        rows++
        if ($5 != wanted) print "not by the rule: " $0
    }
    END { print (rows > 0 ? "by the rule" : "no rows") }' aside "$list"
