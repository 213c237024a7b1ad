#!/bin/sh
# jets-4-3: a deep stacked autoencoder of particle-physics jets (m, pt, phi, eta), four numbers to
# three; four fifths of the rows train it, the others judge it.
set -u
. corpus/recipes/lib.sh
need hep/jets_test.csv hep/darkmachines_jets.csv

# jets NAME FILE ROWS: trains and judges on the file's rows.
jets() {
    data=$AEZ_DATA/$2
    cut=$(($3 * 4 / 5))
    train "$1" "$data" --rows "0:$cut" --scale each --latent 3 --loss mse --epochs 350 --valid 0.05 --no-stages \
        --encoder 'dense:200 leaky dense:100 leaky dense:50 leaky latent' \
        --decoder 'dense:50 leaky dense:100 leaky dense:200 leaky dense:4'
    train "$1-pca" "$data" --rows "0:$cut" --scale each --latent 3 --linear --no-stages
    ae=$(error "$1" "$data" --rows "$cut:")
    rounded=$(error "$1" "$data" --rows "$cut:" --rounded)
    pca=$(error "$1-pca" "$data" --rows "$cut:")
}

jets jets hep/jets_test.csv 27945
figure 'jets: test MSE, standardised, 4 -> 3' "$ae" 0.01147 at-most
figure 'jets: the same, latents rounded, integer decoder' "$rounded"
figure 'jets: PCA 4 -> 3' "$pca"
"$AEZ" denoise -q -f "$data" --rows "$cut:" -m "$dir/jets.aezm" -o "$dir/restored.csv" || exit 1
"$AEZ" denoise -q -f "$data" --rows "$cut:" -m "$dir/jets-pca.aezm" -o "$dir/restored-pca.csv" || exit 1
awk -v cut="$cut" 'NR == 1 || NR > cut + 1' "$data" >"$dir/original.csv"
jets other hep/darkmachines_jets.csv 22661
figure 'other jets: test MSE, standardised, 4 -> 3' "$ae" "$pca" at-most
figure 'other jets: PCA 4 -> 3' "$pca"

page 'Jets: four numbers through three' <<'EOF'
text: Particle-physics jets (m, pt, phi, eta) of 27,945 rows; four fifths train a stack 4-200-100-50-3-50-100-200-4 of leaky rectifiers, the others are shown.
curve: "4-200-100-50-3"=jets.aezm "other jets"=other.aezm log=y title="Reconstruction loss (MSE, standardised)"
overlay: test=original.csv autoencoder=restored.csv PCA=restored-pca.csv feature=m,pt,phi,eta unit=MeV,MeV,rad,
EOF
