#!/bin/sh
# mnist-conv: a convolutional autoencoder of 49 latents beside a dense one and PCA. By default a
# narrower net than the published one (FULL=1), which takes hours on two cores.
set -u
. corpus/recipes/lib.sh
need images/mnist-train-images.idx3-ubyte images/mnist-t10k-images.idx3-ubyte images/mnist-t10k-labels.idx1-ubyte
trained=$AEZ_DATA/images/mnist-train-images.idx3-ubyte tested=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte
if [ "${FULL:-}" ]; then
    encoder='conv:64 norm relu pool:2 conv:256 norm relu pool:2 conv:1 flatten dropout:0.05 dense:49 latent'
    decoder='dense:49 dense:784 relu shape:1x28x28 conv:64 relu conv:1'
else
    encoder='conv:8 norm relu pool:2 conv:16 norm relu pool:2 conv:8 flatten dropout:0.05 latent'
    decoder='dense:784 relu shape:1x28x28 conv:16 relu conv:1 sigmoid'
fi
train conv "$trained" --scale range --latent 49 --encoder "$encoder" --decoder "$decoder" --loss rmse \
    --optimizer adam --epochs 25 --batch 256 --valid 0.1 --no-stages
train dense "$trained" --scale range --latent 49 --encoder 'dense:49 relu' --decoder 'dense:784 sigmoid' \
    --loss bce --optimizer adam --epochs 25 --batch 256 --valid 0.1 --no-stages
train pca "$trained" --scale range --latent 49 --linear --no-stages
conv=$(error conv "$tested") dense=$(error dense "$tested") pca=$(error pca "$tested")
figure 'test MSE, convolutional, 49 latents' "$conv"
figure 'test MSE, dense 784-49-784' "$dense"
figure 'test MSE, PCA, 49 components' "$pca"
figure 'convolutional over dense' "$(ratio_of "$conv" "$dense")" 0.9 at-most
figure 'convolutional over PCA' "$(ratio_of "$conv" "$pca")" 0.7 at-most
for m in conv dense pca; do
    "$AEZ" denoise -q -f "$tested" -m "$dir/$m.aezm" -o "$dir/$m.idx" || exit 1
done
"$AEZ" latents -q -f "$tested" -m "$dir/conv.aezm" -o "$dir/z.npy" || exit 1

page 'Digits: a convolutional autoencoder' <<'EOF'
text: 49 latents of a convolutional net, of a dense one (784-49-784) and of principal components.
curve: convolutional=conv.aezm log=y title="Loss (root of the mean squared error)"
sheet: original=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte convolutional=conv.idx dense=dense.idx "PCA 49"=pca.idx n=20 title="Test images, restored from 49 rounded latents"
scatter: z.npy labels=$AEZ_DATA/images/mnist-t10k-labels.idx1-ubyte title="Latents of the convolutional net by digit"
EOF
