#!/bin/sh
# pca: the linear autoencoder in closed form, by the number of components, on jets and on digits.
set -u
. corpus/recipes/lib.sh
need hep/jets_test.csv images/mnist-train-images.idx3-ubyte images/mnist-t10k-images.idx3-ubyte
echo 'data,components,test MSE' >"$dir/curve.csv"
for k in 1 2 3 4; do
    train "jets-$k" "$AEZ_DATA/hep/jets_test.csv" --rows 0:22356 --scale each --latent "$k" --linear --no-stages
    mse=$(error "jets-$k" "$AEZ_DATA/hep/jets_test.csv" --rows 22356:)
    echo "jets,$k,$mse" >>"$dir/curve.csv"
    figure "jets, $k of 4: test MSE, standardised" "$mse"
done
for k in 2 8 16 32 49 64 128; do
    train "mnist-$k" "$AEZ_DATA/images/mnist-train-images.idx3-ubyte" --scale range --latent "$k" --linear --no-stages
    mse=$(error "mnist-$k" "$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte")
    echo "digits,$k,$mse" >>"$dir/curve.csv"
    figure "digits, $k of 784: test MSE, pixels 0 .. 1" "$mse"
done

page 'Principal components' <<'EOF'
text: The linear autoencoder in closed form: what every other one is compared with.
plot: curve.csv x=components y="test MSE" by=data log=xy title="Error by the number of components" xlabel="components" ylabel="test MSE"
EOF
