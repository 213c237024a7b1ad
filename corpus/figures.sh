#!/bin/sh
# figures.sh - the sizes, speeds and memory that must hold, each beside its limit.
set -u
. corpus/data.sh
need_command figures
dir=$(mktemp -d) || exit 3
trap 'rm -rf "$dir"' EXIT
misses=0

# verdict NAME VALUE LIMIT at-most|at-least: one line of the table.
verdict() {
    held=$(awk -v v="$2" -v l="$3" -v way="$4" \
        'BEGIN {print (v != "-" && (way == "at-most" ? v + 0 <= l + 0 : v + 0 >= l + 0)) ? "ok" : "MISS"}')
    [ "$held" = ok ] || misses=$((misses + 1))
    printf '%-52s %10s  %10s  %s\n' "$1" "$2" "$3" "$held"
}

# size FILE LIMIT [OPTION...]: compresses, restores, checks the bound, and compares the size.
size() {
    file=$AEZ_DATA/$1 limit=$2 name="$1${3:+ $3 $4}"
    shift 2
    if [ ! -f "$file" ]; then
        printf '%-52s %10s  %10s  %s\n' "$name" - "$limit" 'skipped: no such file'
        return
    fi
    raw=$(raw_options "$file")
    value=-
    # shellcheck disable=SC2086 # options are words
    if "$AEZ" compress -q -f $raw "$@" "$file" -o "$dir/z" && "$AEZ" decompress -q -f "$dir/z" -o "$dir/back"; then
        case $file in *.csv) form=--csv ;; *) form= ;; esac
        [ $# -gt 0 ] || set -- --exact
        # shellcheck disable=SC2086
        "$COMPARE" $form $raw "$@" "$file" "$dir/back" >"$dir/worst" && value=$(bytes_of "$dir/z") ||
            echo "bound exceeded: $(cat "$dir/worst")"
    fi
    verdict "$name" "$value" "$limit" at-most
}

sizes() {
    size fields/sperr_vorticity_128_128_41.f32 303000 --rel 1e-3
    size fields/sperr_wmag91.f32 412000 --rel 1e-3
    size fields/pde_ks.f64 3700 --rel 1e-3
    size fields/eraint_u_month1.f32 7328 --rel 1e-2
    size fields/hsurf_regional.f32 17206 --rel 1e-2
    size fields/no_burgers_train16.f64 36000 --rel 1e-2
    size hep/jets_test.csv 104000 --rel 1e-3
    size timeseries/ETTh1.csv 150000
    size tables/california_housing.csv 270000
    size hep/jets_test.csv 400000
}

# latents FILE OPTION...: latents alone; their error has to be at most that of principal components
# of the same number, quantised with the same step.
latents() {
    file=$AEZ_DATA/$1
    shift
    if [ ! -f "$file" ]; then
        printf '%-52s %10s  %10s  %s\n' "$file" - - 'skipped: no such file'
        return
    fi
    if ! "$AEZ" compress -f --latent-only "$@" "$file" -o "$dir/z" 2>"$dir/said" ||
        ! "$AEZ" test -q "$dir/z"; then
        cat "$dir/said"
        verdict "${file##*/}, latents alone" - - at-most
        return
    fi
    # shellcheck disable=SC2046 # four words
    set -- $(sed -n 's/.*squared error \([0-9.e+-]*\), \([0-9.]*\) bits an item; PCA: \([0-9.e+-]*\), \([0-9.]*\).*/\1 \2 \3 \4/p' "$dir/said")
    verdict "${file##*/}, latents: mse (PCA's)" "${1:--}" "${3:--}" at-most
    printf '%-52s %10s  %10s\n' "${file##*/}, bits an item (PCA's)" "${2:--}" "${4:--}"
}

learnt() {
    latents hep/jets_test.csv --hidden 200,100,50 --latent 3
    latents images/mnist-t10k-images.idx3-ubyte --hidden 384,128 --latent 32 --steps 1500
}

# timed NAME COMMAND...: speed over the raw bytes, and peak memory.
timed() {
    name=$1
    shift
    if figures=$("$MEASURE" "$@"); then
        rate=$(echo "$figures" | awk -v n="$(bytes_of "$dir/raw")" '{printf "%.1f", n / 1e6 / $1}')
        memory=$(echo "$figures" | awk '{printf "%.1f", $2 / 1024}')
    else
        rate=- memory=-
    fi
    verdict "$name, MB/s (at least)" "$rate" 60 at-least
    verdict "$name, peak MiB" "$memory" 128 at-most
}

speed() {
    "$GENERATE" field 64,512,512 >"$dir/raw" || exit 3
    timed 'compress -1 --rel 1e-3 -T1' \
        "$AEZ" compress -q -f -1 --rel 1e-3 -T1 --type f32 --shape 64,512,512 "$dir/raw" -o "$dir/z"
    timed 'decompress -T1' "$AEZ" decompress -q -f -T1 "$dir/z" -o "$dir/back"
    "$COMPARE" --type f32 --rel 1e-3 "$dir/raw" "$dir/back" >"$dir/worst" || {
        echo "bound exceeded: $(cat "$dir/worst")"
        misses=$((misses + 1))
    }
}

printf '%-52s %10s  %10s\n' figure bytes limit
if [ -n "$AEZ_DATA" ] && [ -d "$AEZ_DATA" ]; then
    sizes
    learnt
else
    echo 'sizes on real data: skipped: AEZ_DATA names no folder'
fi
speed
echo "figures: $misses missed"
[ "$misses" -eq 0 ]
