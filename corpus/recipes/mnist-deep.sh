#!/bin/sh
# mnist-deep: 784-128-64-32-64-128-784, relu and sigmoid, binary cross-entropy.
set -u
. corpus/recipes/lib.sh
need images/mnist-train-images.idx3-ubyte images/mnist-t10k-images.idx3-ubyte
trained=$AEZ_DATA/images/mnist-train-images.idx3-ubyte tested=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte
train deep "$trained" --scale range --latent 32 --encoder 'dense:128 relu dense:64 relu latent' \
    --decoder 'dense:64 relu dense:128 relu dense:784 sigmoid' \
    --loss bce --optimizer adam --epochs 50 --batch 256 --valid 0.1 --latent-step 0.3 --no-stages
train pca "$trained" --scale range --latent 32 --linear --no-stages
figure 'test MSE, float latents, 784-128-64-32' "$(error deep "$tested")"
figure 'test MSE, rounded latents, integer decoder' "$(error deep "$tested" --rounded)"
figure 'PCA, 32 components' "$(error pca "$tested")"
for m in deep pca; do
    "$AEZ" denoise -q -f "$tested" -m "$dir/$m.aezm" -o "$dir/$m.idx" || exit 1
done
"$AEZ" latents -q -f "$tested" -m "$dir/deep.aezm" -o "$dir/z.npy" || exit 1

page 'Digits: 784-128-64-32' <<'EOF'
text: A deeper stack of dense layers of the same number of latents.
curve: deep.aezm title="Loss (binary cross-entropy)"
sheet: original=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte 784-128-64-32=deep.idx "PCA 32"=pca.idx n=20 title="Test images, restored from 32 rounded latents"
scatter: z.npy labels=$AEZ_DATA/images/mnist-t10k-labels.idx1-ubyte title="Latents of the test images by digit"
EOF
