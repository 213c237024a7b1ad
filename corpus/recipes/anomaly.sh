#!/bin/sh
# anomaly: reconstruction error as a score. Fashion images among digits, one digit held out, and
# hadrons among gamma-ray showers (MAGIC); PCA with as many numbers beside each.
set -u
. corpus/recipes/lib.sh
need images/mnist-train-images.idx3-ubyte images/mnist-train-labels.idx1-ubyte images/mnist-t10k-images.idx3-ubyte \
    images/mnist-t10k-labels.idx1-ubyte images/fashion-mnist-test-first1000.idx3-ubyte hep/magic04_train.csv
images=$AEZ_DATA/images

# judge NAME KNOWN ODD: scores of both sets by the models NAME and NAME-pca, and their AUC.
judge() {
    for m in "$1" "$1-pca"; do
        "$AEZ" score -q -f "$2" -m "$dir/$m.aezm" -o "$dir/known.csv" >/dev/null || exit 1
        "$AEZ" score -q -f "$3" -m "$dir/$m.aezm" -o "$dir/odd.csv" >/dev/null || exit 1
        awk -F, 'FNR > 1 {print (FILENAME ~ /known.csv$/ ? 0 : 1) "," $1}' "$dir/known.csv" "$dir/odd.csv" >"$dir/both"
        { echo label,score && cat "$dir/both"; } >"$dir/$m-scores.csv"
        # the share of pairs in the right order (Mann and Whitney), ties counting half
        auc=$(sort -t, -k2,2g "$dir/both" | awk -F, '
            function settle() {auc += odd * (below + known / 2); below += known; n += odd; known = odd = 0}
            $2 != last {settle()}
            {last = $2; if ($1) odd++; else known++}
            END {settle(); if (n * below) printf "%.4f", auc / n / below}')
        [ "$m" = "$1" ] && ours=$auc
    done
    # a threshold that one known item in a hundred is above
    threshold=$(awk -F, 'NR > 1 && $1 == 0 {print $2}' "$dir/$1-scores.csv" | sort -g | awk '{v[NR] = $1} END {print v[int(NR * 0.99)]}')
    caught=$(awk -F, -v t="$threshold" 'NR > 1 && $1 == 1 {n++; c += $2 > t} END {printf "%.3f", c / n}' "$dir/$1-scores.csv")
    figure "$1: AUC, autoencoder" "$ours"
    figure "$1: AUC, PCA" "$auc"
    figure "$1: share of odd items above the 99 % quantile of known ones" "$caught"
}

dense() {
    name=$1
    shift
    train "$name" "$@" --scale range --latent 32 --encoder 'dense:128 relu latent' \
        --decoder 'dense:128 relu dense:784 sigmoid' --loss bce --epochs 15 --batch 256 --valid 0.1 --no-stages
    train "$name-pca" "$@" --scale range --latent 32 --linear --no-stages
}

dense fashion "$images/mnist-train-images.idx3-ubyte"
judge fashion "$images/mnist-t10k-images.idx3-ubyte" "$images/fashion-mnist-test-first1000.idx3-ubyte"

held=4
"$SHEET" pick "$images/mnist-train-images.idx3-ubyte" "$images/mnist-train-labels.idx1-ubyte" 012356789 "$dir/nine.idx" &&
    "$SHEET" pick "$images/mnist-t10k-images.idx3-ubyte" "$images/mnist-t10k-labels.idx1-ubyte" 012356789 "$dir/known.idx" &&
    "$SHEET" pick "$images/mnist-t10k-images.idx3-ubyte" "$images/mnist-t10k-labels.idx1-ubyte" "$held" "$dir/odd.idx" || exit 1
dense digit "$dir/nine.idx"
judge digit "$dir/known.idx" "$dir/odd.idx"
rm -f "$dir"/nine.idx

# gamma rays (class g) train; every fifth of them, and all hadrons (class h), judge
table=$AEZ_DATA/hep/magic04_train.csv
awk -F, 'NR == 1 || ($NF ~ /g/ && ++n % 5)' OFS=, "$table" | sed 's/,[^,]*$//' >"$dir/gamma.csv"
awk -F, 'NR == 1 || ($NF ~ /g/ && ++n % 5 == 0)' "$table" | sed 's/,[^,]*$//' >"$dir/gamma-test.csv"
awk -F, 'NR == 1 || $NF ~ /h/' "$table" | sed 's/,[^,]*$//' >"$dir/hadron.csv"
train showers "$dir/gamma.csv" --scale each --latent 4 --encoder 'dense:64 leaky dense:32 leaky latent' \
    --decoder 'dense:32 leaky dense:64 leaky dense:10' --loss mse --epochs 120 --batch 256 --valid 0.1 --no-stages
train showers-pca "$dir/gamma.csv" --scale each --latent 4 --linear --no-stages
judge showers "$dir/gamma-test.csv" "$dir/hadron.csv"

page 'Anomalies' <<'EOF'
text: The score of an item is the mean squared error of its reconstruction. A model of digits meets fashion images; a model of nine digits meets the tenth, a four; a model of gamma-ray showers meets hadrons.
roc: labels=fashion-scores.csv:label autoencoder=fashion-scores.csv:score PCA=fashion-pca-scores.csv:score title="Fashion among digits"
roc: labels=digit-scores.csv:label autoencoder=digit-scores.csv:score PCA=digit-pca-scores.csv:score title="A digit held out"
roc: labels=showers-scores.csv:label autoencoder=showers-scores.csv:score PCA=showers-pca-scores.csv:score title="Hadrons among gamma rays"
histogram: score=fashion-scores.csv:score by=fashion-scores.csv:label log=y xlabel="mean squared error" title="Digits (0) and fashion (1)"
histogram: score=showers-scores.csv:score by=showers-scores.csv:label log=y xlabel="mean squared error" title="Gamma rays (0) and hadrons (1)"
EOF
