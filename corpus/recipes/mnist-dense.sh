#!/bin/sh
# mnist-dense: 784-32-784, relu and sigmoid, binary cross-entropy, Adam, 50 epochs of batches of 256.
set -u
. corpus/recipes/lib.sh
need images/mnist-train-images.idx3-ubyte images/mnist-t10k-images.idx3-ubyte
trained=$AEZ_DATA/images/mnist-train-images.idx3-ubyte tested=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte
train dense "$trained" --scale range --latent 32 --encoder 'dense:32 relu' --decoder 'dense:784 sigmoid' \
    --loss bce --optimizer adam --epochs 50 --batch 256 --valid 0.1 --latent-step 0.3 --no-stages
train pca "$trained" --scale range --latent 32 --linear --no-stages
figure 'test MSE, float latents, 784-32-784' "$(error dense "$tested")" 0.0105 at-most
figure 'test MSE, rounded latents, integer decoder' "$(error dense "$tested" --rounded)" 0.0115 at-most
size=$(packed "$tested" --latent-only --model "$dir/dense.aezm" --model-ref)
figure 'bits an image, rounded latents' "$(awk -v s="$size" 'BEGIN {printf "%.1f", s * 8 / 10000}')" 128 at-most
figure 'PCA, 32 components' "$(error pca "$tested")"
for m in dense pca; do
    "$AEZ" denoise -q -f "$tested" -m "$dir/$m.aezm" -o "$dir/$m.idx" || exit 1
done

page 'Digits: 784-32-784' <<'EOF'
text: MNIST, one dense layer each way, rectifier and sigmoid, binary cross-entropy, Adam, 50 epochs of batches of 256; judged on the 10,000 test images.
curve: dense.aezm title="Loss (binary cross-entropy)"
sheet: original=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte 784-32-784=dense.idx "PCA 32"=pca.idx n=20 title="Test images, restored from 32 rounded latents"
EOF
