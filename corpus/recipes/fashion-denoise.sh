#!/bin/sh
# fashion-denoise: noise is added to inputs in training, the target is clean; judged on noisy images
# that training never saw. Fashion-MNIST (few images) and MNIST.
set -u
. corpus/recipes/lib.sh
need images/fashion-mnist-train-first2000.idx3-ubyte images/fashion-mnist-mix1900.idx3-ubyte \
    images/fashion-mnist-test-first1000.idx3-ubyte images/mnist-train-images.idx3-ubyte \
    images/mnist-t10k-images.idx3-ubyte
images=$AEZ_DATA/images noise=0.3

# denoise NAME TEST EPOCHS TRAIN...
denoise() {
    name=$1 clean=$2 epochs=$3
    shift 3
    train "$name" "$@" --scale range --latent 64 --encoder 'dense:512 relu latent' \
        --decoder 'dense:512 relu dense:784 sigmoid' --loss mse --noise "$noise" \
        --epochs "$epochs" --batch 256 --valid 0.1 --no-stages
    train "$name-pca" "$@" --scale range --latent 64 --linear --no-stages
    "$SHEET" noise "$clean" "$noise" "$dir/$name-noisy.idx" || exit 1
    for m in "$name" "$name-pca"; do
        "$AEZ" denoise -q -f "$dir/$name-noisy.idx" -m "$dir/$m.aezm" -o "$dir/$m.idx" || exit 1
    done
    before=$("$SHEET" mse "$clean" "$dir/$name-noisy.idx")
    figure "$name: MSE of the noisy images (deviation $noise, clamped)" "$before"
    figure "$name: MSE after PCA of 64 components" "$("$SHEET" mse "$clean" "$dir/$name-pca.idx")"
    figure "$name: MSE after the denoising autoencoder" "$("$SHEET" mse "$clean" "$dir/$name.idx")" \
        "$("$SHEET" mse "$clean" "$dir/$name-pca.idx")" at-most
}

denoise fashion "$images/fashion-mnist-test-first1000.idx3-ubyte" 60 \
    "$images/fashion-mnist-train-first2000.idx3-ubyte" "$images/fashion-mnist-mix1900.idx3-ubyte"
denoise mnist "$images/mnist-t10k-images.idx3-ubyte" 12 "$images/mnist-train-images.idx3-ubyte"

page 'Denoising' <<'EOF'
text: Gaussian noise (deviation 0.3 of the range) is added in training, the target is clean. The fashion net has seen 3,900 images, the digits net 60,000; none of those below.
curve: fashion=fashion.aezm digits=mnist.aezm log=y title="Loss (MSE)"
sheet: noisy=fashion-noisy.idx denoised=fashion.idx PCA=fashion-pca.idx clean=$AEZ_DATA/images/fashion-mnist-test-first1000.idx3-ubyte n=20 title="Fashion"
sheet: noisy=mnist-noisy.idx denoised=mnist.idx PCA=mnist-pca.idx clean=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte n=20 title="Digits"
EOF
