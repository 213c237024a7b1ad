# A model file goes into the output or is referred to; a missing one is named with its hash.
generate=$(dirname "$AEZ")/aez-generate
[ -x "$generate" ] || skip "aez-generate is not built"
"$generate" family 400 >all.f32
head -c 691200 all.f32 >f.f32
tail -c 230400 all.f32 >g.f32
"$generate" table 500 >t.csv
maps='-1 --type f32 --rel 1e-2'
same_make() { "$(dirname "$AEZ")/aez-compare" --type f32 --shape "$1" --rel 1e-2 "$2" "$3" >/dev/null || echo "beyond the bound: $3"; }
# shellcheck disable=SC2086 # options are words
{
    aez train -q --type f32 --shape 300,24,24 f.f32 --latent 12 --linear --rel 1e-2 -1 -o f.aezm
    aez train -q --type f32 --shape 300,24,24 f.f32 --latent 2 --linear --no-stages -o two.aezm
    aez train -q t.csv --latent 2 --linear --no-stages -o t.aezm
    aez compress -q $maps --shape 100,24,24 g.f32 -o own.aez
    aez compress -q $maps --shape 100,24,24 g.f32 --model f.aezm -o in.aez
    aez compress $maps --shape 100,24,24 g.f32 -m f.aezm --model-ref -o ref.aez 2>&1 | sed 's/[0-9][0-9.]*/N/g'
    aez compress -f -v $maps --shape 100,24,24 g.f32 -m f.aezm --model-ref -o ref.aez 2>&1 | sed -n 's/without the model [0-9]* bytes: it pays from [0-9]* file/pays/p'
    says 2 aez compress -q $maps --shape 100,24,24 g.f32 -m t.aezm -o x.aez
    says 2 aez compress -q t.csv -m f.aezm -o x.aez 2>&1 | cut -d: -f1-3
    says 2 aez compress -q $maps --shape 100,24,24 g.f32 -m f.aezm -m two.aezm -o x.aez
    says 2 aez compress -q $maps --shape 100,24,24 g.f32 -m f.aezm --latent 3 -o x.aez
    says 2 aez compress -q $maps --shape 100,24,24 g.f32 --model-ref -o x.aez
    says 3 aez compress -q $maps --shape 100,24,24 g.f32 -m none.aezm -o x.aez
    says 1 aez compress -q $maps --shape 100,24,24 g.f32 -m ./t.csv -o x.aez
}
size() { wc -c <"$1" | tr -d ' '; }
[ "$(size ref.aez)" -lt "$(size in.aez)" ] || echo "a reference is no smaller than the model"
[ "$(size in.aez)" -lt "$(size own.aez)" ] || echo "the model does not pay here"

# the model lies beside the file
aez decompress -q ref.aez -o back && same_make 100,24,24 g.f32 back
aez decompress -q in.aez -o back.in && cmp back back.in
says 0 aez test -q ref.aez
aez info ref.aez | grep -c 'that it refers to'
# it does not
mkdir apart
cp ref.aez apart
hash=$(aez info --json f.aezm | sed -n 's/.*"hash": "\([0-9a-f]*\)".*/\1/p')
says 1 aez test apart/ref.aez 2>&1 | sed "s/$hash/HASH/"
says 1 aez decompress apart/ref.aez -o apart/x 2>&1 | sed "s/$hash/HASH/"
says 1 aez test -q apart/ref.aez -m two.aezm 2>&1 | sed "s/$hash/HASH/"
says 0 aez test -q apart/ref.aez -m two.aezm -m f.aezm
aez decompress -q -c -m f.aezm <apart/ref.aez | cmp - back
says 1 aez test -q <apart/ref.aez 2>&1 | sed "s/$hash/HASH/"
# another one has its name
cp two.aezm apart/f.aezm
says 1 aez test -q apart/ref.aez 2>&1 | sed "s/$hash/HASH/"
says 0 aez test -q apart/ref.aez -m f.aezm
cp f.aezm apart
aez decompress -q -c apart/ref.aez | cmp - back
# models and files are told apart
says 1 aez test f.aezm 2>&1 | sed 's/at byte [0-9]*/at byte N/'
says 1 aez latents g.f32 -m in.aez --type f32 --shape 100,24,24 2>&1 | sed 's/(offset [0-9]*)/(offset N)/'
# latents alone, by a model
# shellcheck disable=SC2086
aez compress -q -1 --latent-only --type f32 --shape 100,24,24 g.f32 -m two.aezm --model-ref -o latents.aez
aez decompress -q latents.aez -m two.aezm -o latents.back
aez denoise -q --rounded --type f32 --shape 100,24,24 g.f32 -m two.aezm -o denoised.f32
"$(dirname "$AEZ")/aez-compare" --type f32 --shape 100,24,24 --rel 1e-4 denoised.f32 latents.back >/dev/null || echo latents
# broken models
for n in 0 7 8 9 20 100 1000; do
    head -c $n f.aezm >cut.aezm
    says 1 aez info cut.aezm >/dev/null 2>&1
done
printf x >>two.aezm
says 1 aez info two.aezm 2>&1 | sed 's/(offset [0-9]*)/(offset N)/'
nothing_left
ls apart
