#!/bin/sh
# family: one model, trained on some members and used on another: climate runs, a sensor's first
# half, images. Sizes alone, with the model in the file, and with the file naming it by its hash.
set -u
. corpus/recipes/lib.sh
need fields/cam_trefht_b06_57.f32 fields/cam_trefht_b06_59.f32 fields/cam_trefht_b06_60.f32 timeseries/ETTh1.csv \
    images/mnist-train-images.idx3-ubyte images/mnist-t10k-images.idx3-ubyte
maps='--type f32 --shape 110,64,128'

# sizes WHAT FILE MODEL OPTIONS...: the three sizes, each restored and compared by `aez test`.
sizes() {
    what=$1 file=$2 model=$dir/$3.aezm body=$(json body_bytes "$3")
    shift 3
    alone=$(packed "$file" "$@")
    embedded=$(packed "$file" "$@" --model "$model")
    referred=$(packed "$file" "$@" --model "$model" --model-ref)
    "$AEZ" decompress -q -f "$dir/packed.aez" --model "$model" -o "$dir/back" || exit 1
    figure "$what: bytes, model of its own" "$alone"
    figure "$what: bytes, shared model in the file" "$embedded"
    figure "$what: bytes, shared model referred to" "$referred" "${limit:-}" "${limit:+at-most}"
    figure "$what: bytes of the shared model" "$body" "${model_limit:-}" "${model_limit:+at-most}"
    figure "$what: files at which it has paid for itself" \
        "$(awk -v b="$body" -v s="$((alone - referred))" 'BEGIN {if (s > 0) print int(b / s) + 1; else print "never"}')"
}

# Two models of the maps: with latents, and the mean of each site alone (what the hat is judged by).
fields=$AEZ_DATA/fields
# shellcheck disable=SC2086 # options are words
for kind in hat mean; do
    case $kind in hat) latent="$HAT" ;; mean) latent='--latent 0' ;; esac
    train "maps-$kind" "$fields/cam_trefht_b06_57.f32" "$fields/cam_trefht_b06_59.f32" $maps --scale sites $latent \
        --rel 1e-2 --rel 1e-3
done
# shellcheck disable=SC2086
for bound in 1e-2:16000 1e-3:175000; do
    limit=${bound#*:} model_limit=307200
    sizes "maps at ${bound%:*}" "$fields/cam_trefht_b06_60.f32" maps-hat $maps --rel "${bound%:*}"
    limit='' model_limit=''
    with=$referred
    mean=$(packed "$fields/cam_trefht_b06_60.f32" $maps --rel "${bound%:*}" --model "$dir/maps-mean.aezm" --model-ref)
    figure "maps at ${bound%:*}: bytes, stages with the mean of each site alone" "$mean"
    [ "${bound%:*}" != 1e-2 ] ||
        figure 'maps at 1e-2: hat over the mean alone (15 % less)' "$(ratio_of "$with" "$mean")" 0.85 at-most
    "$COMPARE" $maps --rel "${bound%:*}" "$fields/cam_trefht_b06_60.f32" "$dir/back" >/dev/null || exit 1
done

series=$AEZ_DATA/timeseries/ETTh1.csv
half=$(($(wc -l <"$series") / 2))
awk -v h="$half" 'NR <= h' "$series" >"$dir/first.csv"
awk -v h="$half" 'NR == 1 || NR > h' "$series" >"$dir/second.csv"
train series "$dir/first.csv" --latent 3 --hidden 32 --loss mse --epochs 60 --rel 1e-3 --lossless
sizes 'series at 1e-3' "$dir/second.csv" series --rel 1e-3
"$COMPARE" --csv --rel 1e-3 "$dir/second.csv" "$dir/back" >/dev/null || exit 1
sizes 'series, lossless' "$dir/second.csv" series
cmp "$dir/second.csv" "$dir/back" || exit 1

images=$AEZ_DATA/images
train images "$images/mnist-train-images.idx3-ubyte" --latent 0 --scale common --lossless -9
limit=1090000
sizes 'digits at -9, lossless' "$images/mnist-t10k-images.idx3-ubyte" images -9
cmp "$images/mnist-t10k-images.idx3-ubyte" "$dir/back" || exit 1
rm -f "$dir/back" "$dir/packed.aez"

page 'Families: one model, many files' <<'EOF'
text: A model of some members of a family (means of sites, an autoencoder, plans of stages with their nets), used on a member that it never saw. A model that is referred to is not in the bytes of the file; its size, and the number of files that pay for it, are beside them.
EOF
