#!/bin/sh
# rate: autoencoders trained for lambda * error + bits on mnist-train, latents alone of the test
# images; PCA with the same entropy stage, and picture codecs on the tiled sheet, beside them.
set -u
. corpus/recipes/lib.sh
need images/mnist-train-images.idx3-ubyte images/mnist-t10k-images.idx3-ubyte
: "${LAMBDAS:=0.15 0.35 0.8 2 6}" "${PRICES:=0.15 0.35 0.8 2 6}"
trained=$AEZ_DATA/images/mnist-train-images.idx3-ubyte tested=$AEZ_DATA/images/mnist-t10k-images.idx3-ubyte

# point METHOD NAME BITS MSE MODEL-BYTES: a row of the curves.
point() {
    printf '%s,%s,%s,%s,%s\n' "$@" >>"$dir/curve.csv"
}

bits_of() {
    awk -v s="$(bytes_of "$1")" 'BEGIN {printf "%.1f", s * 8 / 10000}'
}

# measure METHOD NAME: latents alone of the test images by the model of that name.
measure() {
    packed "$tested" --latent-only --model "$dir/$2.aezm" --model-ref >/dev/null || exit 1
    "$AEZ" decompress -q -f "$dir/packed.aez" --model "$dir/$2.aezm" -o "$dir/back.idx" || exit 1
    point "$1" "$2" "$(bits_of "$dir/packed.aez")" "$("$SHEET" mse "$tested" "$dir/back.idx")" \
        "$(json body_bytes "$2")"
}

echo 'method,setting,bits an image,MSE,model bytes' >"$dir/curve.csv"
for lambda in $LAMBDAS; do
    train "rate-$lambda" "$trained" --scale common --latent 32 --hidden 384,128 \
        --loss rate --lambda "$lambda" --epochs 12 --batch 256 --no-stages
    measure autoencoder "rate-$lambda"
done
for price in $PRICES; do
    train "pca-$price" "$trained" --scale common --latent 64 --linear --lambda "$price" --no-stages
    measure PCA "pca-$price"
done

# codec METHOD SETTING FILE: the sheet packed as FILE and unpacked as sheet-back.pgm.
codec() {
    "$SHEET" cut "$dir/sheet-back.pgm" "$tested" "$dir/back.idx" &&
        point "$1" "$2" "$(bits_of "$3")" "$("$SHEET" mse "$tested" "$dir/back.idx")" 0
}

"$SHEET" tile "$tested" "$dir/sheet.pgm" || exit 1
if command -v cjxl >/dev/null && command -v djxl >/dev/null; then
    for d in 12 18 25; do
        cjxl "$dir/sheet.pgm" "$dir/sheet.jxl" -d "$d" --quiet 2>/dev/null &&
            djxl "$dir/sheet.jxl" "$dir/sheet-back.pgm" --quiet 2>/dev/null && codec 'JPEG XL' "-d $d" "$dir/sheet.jxl"
    done
else
    echo '  JPEG XL is not installed (libjxl-tools): left out'
fi
if command -v opj_compress >/dev/null; then
    for r in 300 150 75 40 30; do
        opj_compress -i "$dir/sheet.pgm" -o "$dir/sheet.jp2" -r "$r" >/dev/null 2>&1 &&
            opj_decompress -i "$dir/sheet.jp2" -o "$dir/sheet-back.pgm" >/dev/null 2>&1 &&
            codec 'JPEG 2000' "-r $r" "$dir/sheet.jp2"
    done
else
    echo '  JPEG 2000 is not installed (libopenjp2-tools): left out'
fi
if command -v cwebp >/dev/null && command -v dwebp >/dev/null; then
    for q in 0 1 3; do
        cwebp -quiet -q "$q" -m 6 "$dir/sheet.pgm" -o "$dir/sheet.webp" &&
            dwebp -quiet "$dir/sheet.webp" -ppm -o "$dir/sheet-back.pgm" &&
            codec WebP "-q $q" "$dir/sheet.webp"
    done
else
    echo '  WebP is not installed (webp): left out'
fi

figure 'least MSE of latents alone at 61 bits an image or less' "$(awk -F, '
    $1 == "autoencoder" && $3 <= 61 && (least == "" || $4 < least) {least = $4} END {print least}' "$dir/curve.csv")" \
    0.0125 at-most
for other in PCA 'JPEG XL' 'JPEG 2000' WebP; do
    grep -q "^$other," "$dir/curve.csv" || continue
    # a point is beaten when one of the autoencoder's has neither more bits nor a larger error
    figure "points of $other, 20 to 200 bits, that are not beaten" "$(awk -F, -v other="$other" '
        $1 == "autoencoder" {bits[++n] = $3; mse[n] = $4}
        $1 == other && $3 >= 20 && $3 <= 200 {
            beaten = 0
            for (i = 1; i <= n; i++) beaten = beaten || (bits[i] <= $3 && mse[i] <= $4)
            left += !beaten
        }
        END {print left + 0}' "$dir/curve.csv")" 0 at-most
done

page 'Rate and distortion of digits' <<'EOF'
text: Latents alone of 10,000 test images, by nets trained for lambda times error plus bits on the training images; the model is referred to, its bytes are in the table. The picture codecs see all images as one sheet.
plot: curve.csv x="bits an image" y=MSE by=method log=xy title="Test images: bits an image against mean squared error (pixels 0 to 1)" xlabel="bits an image" ylabel="mean squared error"
table: curve.csv left=method,setting caption="Points of the plot; model bytes are not in the bits"
EOF
