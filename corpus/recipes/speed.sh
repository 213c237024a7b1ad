#!/bin/sh
# speed: seconds an epoch of training, beside PyTorch on the same machine in the same run.
set -u
. corpus/recipes/lib.sh
need images/mnist-train-images.idx3-ubyte
images=$AEZ_DATA/images/mnist-train-images.idx3-ubyte
/usr/bin/python3 corpus/torch_epoch.py "$images" >"$dir/torch.tsv" || {
    echo 'speed: skipped: PyTorch is not installed (Debian: python3-torch)'
    exit 0
}

# lasts EPOCHS OPTIONS...: seconds that training takes, files and export included.
lasts() {
    epochs=$1
    shift
    began=$(date +%s.%N)
    "$AEZ" train -q -f "$images" --scale range --optimizer adam --batch 256 --no-stages --epochs "$epochs" "$@" \
        -o "$dir/net.aezm" || exit 1
    awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN {print b - a}'
}

# compare NAME OPTIONS...: what an epoch adds, so that reading and export do not count.
compare() {
    name=$1
    shift
    one=$(lasts 1 "$@") four=$(lasts 4 "$@")
    ours=$(awk -v a="$one" -v b="$four" 'BEGIN {printf "%.3f", (b - a) / 3}')
    theirs=$(awk -F'\t' -v n="$name" '$1 == n {printf "%.3f", $2}' "$dir/torch.tsv")
    figure "$name: seconds an epoch" "$ours"
    figure "$name: seconds an epoch in PyTorch" "$theirs"
    figure "$name: ratio" "$(ratio_of "$ours" "$theirs")" "$limit" at-most
}

limit=1.5
compare mnist-dense --latent 32 --encoder 'dense:32 relu' --decoder 'dense:784 sigmoid' --loss bce
compare mnist-conv --latent 49 --loss rmse \
    --encoder 'conv:8 norm relu pool:2 conv:16 norm relu pool:2 conv:8 flatten dropout:0.05 latent' \
    --decoder 'dense:784 relu shape:1x28x28 conv:16 relu conv:1 sigmoid'
page 'Speed of training' <<'EOF'
text: Seconds an epoch over 60,000 images, batches of 256, on all cores, in one run.
EOF
