#!/bin/sh
# sample: new digits, drawn from the distribution of the latents and decoded.
set -u
. corpus/recipes/lib.sh
need images/mnist-train-images.idx3-ubyte
trained=$AEZ_DATA/images/mnist-train-images.idx3-ubyte
train net "$trained" --scale range --latent 12 --encoder 'dense:384 leaky dense:128 leaky latent' \
    --decoder 'dense:128 leaky dense:384 leaky dense:784 sigmoid' --loss bce --epochs 20 --batch 256 --valid 0.1 --no-stages
train pca "$trained" --scale range --latent 12 --linear --no-stages
for m in net pca; do
    "$AEZ" sample -q -f -n 64 --seed "$SEED" --from "$trained" -m "$dir/$m.aezm" -o "$dir/$m.npy" || exit 1
done
figure 'samples drawn' 64
figure 'bytes of the model file' "$(bytes_of "$dir/net.aezm")"

page 'Samples' <<'EOF'
text: Items drawn from a Gaussian with the covariance of the training images' latents, and decoded.
curve: net.aezm title="Loss (binary cross-entropy)"
sheet: autoencoder=net.npy PCA=pca.npy n=32 per=16 size=28x28 range=0,255 title="New digits"
EOF
