#!/bin/sh
# demo.sh - generates data, compresses, restores, compares, and prints one table against zstd -19.
set -u
. corpus/data.sh
need_command demo
dir=$(mktemp -d) || exit 3
trap 'rm -rf "$dir"' EXIT
failures=0

# row NAME FILE FORM OPTIONS BOUND [MODEL]: FORM is --csv or empty, BOUND "--rel R" or --exact.
row() {
    zstd=$(zstd -19 -q -c "$2" | wc -c | tr -d ' ')
    result=failed size=-
    case $5 in --exact) bound= ;; *) bound=$5 ;; esac
    # shellcheck disable=SC2086 # options are words
    if "$AEZ" compress -q -f $4 $bound ${6:-} "$2" -o "$dir/z" && "$AEZ" decompress -q -f "$dir/z" -o "$dir/back"; then
        size=$(bytes_of "$dir/z")
        if worst=$("$COMPARE" $3 $4 $5 "$2" "$dir/back"); then
            case $5 in
            --exact) result=identical ;;
            *) result="error ${worst%% *} of the bound" ;;
            esac
        else
            result="WRONG: $worst"
        fi
    fi
    case $result in failed | WRONG*) failures=$((failures + 1)) ;; esac
    n=$(bytes_of "$2")
    ratio=$(awk -v n="$n" -v s="$size" 'BEGIN {if (s > 0) printf "%.2f", n / s; else printf "-"}')
    printf '%-34s %-11s %9s %9s %9s %8s  %s\n' "$1" "${bound:-lossless}" "$n" "$zstd" "$size" \
        "$ratio" "$result"
}

# both NAME FILE FORM OPTIONS
both() {
    row "$@" --exact
    row "$@" '--rel 1e-3'
}

printf '%-34s %-11s %9s %9s %9s %8s  %s\n' data mode bytes 'zstd -19' aez ratio restored
"$GENERATE" field 24,96,96 >"$dir/field.f32"
both 'field, 24 x 96 x 96 float32' "$dir/field.f32" '' '--type f32 --shape 24,96,96'
"$GENERATE" field64 200,200 >"$dir/plane.f64"
both 'field, 200 x 200 float64' "$dir/plane.f64" '' '--type f64 --shape 200,200'
"$GENERATE" table 5000 >"$dir/table.csv"
both 'table, 5000 rows' "$dir/table.csv" --csv ''
"$GENERATE" series 5000 >"$dir/series.csv"
both 'series, 5000 rows' "$dir/series.csv" --csv ''
"$GENERATE" family 2000 >"$dir/family.f32" # 1200 maps to learn from, 800 to compress
head -c 2764800 "$dir/family.f32" >"$dir/known.f32"
tail -c 1843200 "$dir/family.f32" >"$dir/new.f32"
maps="--type f32 --shape 800,24,24"
row 'family, 800 maps, stages alone' "$dir/new.f32" '' "$maps" '--rel 1e-2'
if "$AEZ" train -q --type f32 --shape 1200,24,24 "$dir/known.f32" --latent 12 --linear --rel 1e-2 -o "$dir/maps.aezm"; then
    row 'the same, model of 1200 others' "$dir/new.f32" '' "$maps" '--rel 1e-2' "--model $dir/maps.aezm"
    row 'the same, model referred to' "$dir/new.f32" '' "$maps" '--rel 1e-2' "--model $dir/maps.aezm --model-ref"
else
    failures=$((failures + 1))
fi
"$GENERATE" images 300 >"$dir/images.idx"
row 'images, 300 of 28 x 28' "$dir/images.idx" '' '' --exact
if [ -n "$AEZ_DATA" ] && [ -d "$AEZ_DATA" ]; then
    for set in fields/pde_ks.f64 fields/hsurf_regional.f32 timeseries/exchange_rate.csv; do
        [ -f "$AEZ_DATA/$set" ] || continue
        case $set in *.csv) form=--csv ;; *) form= ;; esac
        row "$set" "$AEZ_DATA/$set" "$form" "$(raw_options "$AEZ_DATA/$set")" '--rel 1e-3'
    done
fi
if [ -f "$dir/maps.aezm" ]; then
    echo "The model that was referred to has $("$AEZ" info --json "$dir/maps.aezm" | sed -n 's/.*"body_bytes": \([0-9]*\).*/\1/p') bytes," \
        "which all files that share it pay together."
fi
[ "$failures" -eq 0 ]
