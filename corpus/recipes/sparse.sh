#!/bin/sh
# sparse: the same net plain, with a price on |latent|, and with one on the encoder's Jacobian.
set -u
. corpus/recipes/lib.sh
need images/mnist-train-images.idx3-ubyte images/mnist-t10k-images.idx3-ubyte
trained=$AEZ_DATA/images/mnist-train-images.idx3-ubyte tested=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte

# kind NAME OPTIONS: trains, and tells error and what the latents look like.
kind() {
    name=$1
    shift
    train "$name" "$trained" --scale range --latent 64 --encoder 'dense:64 relu' --decoder 'dense:784 sigmoid' \
        --loss mse --epochs 15 --batch 256 --valid 0.1 --no-stages "$@"
    "$AEZ" latents -q -f "$tested" -m "$dir/$name.aezm" -o "$dir/$name.csv" || exit 1
    awk -F, 'NR == 1 {print "latent"} NR > 1 && NR <= 1001 {for (i = 1; i <= NF; i++) print $i}' \
        "$dir/$name.csv" >"$dir/$name-z.csv"
    figure "$name: test MSE" "$(error "$name" "$tested")"
    figure "$name: share of latents below a hundredth of the largest" "$(awk -F, '
        NR > 1 {for (i = 1; i <= NF; i++) {v = $i < 0 ? -$i : $i; a[++n] = v; if (v > top) top = v}}
        END {for (i = 1; i <= n; i++) c += a[i] < top / 100; printf "%.3f", c / n}' "$dir/$name.csv")"
}

kind plain
kind sparse --l1 1e-4
kind contractive --contractive 1e-4
train pca "$trained" --scale range --latent 64 --linear --no-stages
figure 'PCA, 64 components: test MSE' "$(error pca "$tested")"
"$AEZ" denoise -q -f "$tested" -m "$dir/plain.aezm" -o "$dir/plain.idx" &&
    "$AEZ" denoise -q -f "$tested" -m "$dir/sparse.aezm" -o "$dir/sparse.idx" &&
    "$AEZ" denoise -q -f "$tested" -m "$dir/contractive.aezm" -o "$dir/contractive.idx"

page 'Sparse and contractive' <<'EOF'
text: The same net, 784-64-784, plain, with a price on the magnitude of latents, and with one on the Jacobian of the encoder.
curve: plain=plain.aezm sparse=sparse.aezm contractive=contractive.aezm log=y title="Loss"
sheet: original=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte plain=plain.idx sparse=sparse.idx contractive=contractive.idx n=10
histogram: plain=plain-z.csv:1 sparse=sparse-z.csv:1 contractive=contractive-z.csv:1 log=y title="Latents of 1,000 test images" xlabel="latent in steps"
EOF
