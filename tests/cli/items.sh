# latents, reconstruct, score, denoise, sample: what they write agrees with each other.
generate=$(dirname "$AEZ")/aez-generate
[ -x "$generate" ] || skip "aez-generate is not built"
"$generate" images 90 >a.idx
"$generate" table 300 >t.csv
aez train -q a.idx --hidden 16 --latent 4 --loss mse --epochs 3 --no-stages -o a.aezm
aez train -q t.csv --latent 2 --linear --no-stages -o t.aezm
aez train -q a.idx --latent 0 --no-stages -o mean.aezm

# arrays
aez latents -q a.idx -m a.aezm --rounded -o z.npy
aez latents -q a.idx -m a.aezm --rounded -o z.csv
aez latents a.idx -m a.aezm --rounded 2>/dev/null | cmp - z.csv
aez reconstruct -q z.npy -m a.aezm -o one.npy
aez reconstruct -q z.csv -m a.aezm -o two.npy
cmp one.npy two.npy
aez denoise -q --rounded a.idx -m a.aezm -o three.npy
cmp one.npy three.npy
aez denoise -q --rounded a.idx -m a.aezm -o d.idx
head -c 16 d.idx | cmp - d.idx 2>/dev/null
head -c 16 a.idx >head.a
head -c 16 d.idx | cmp - head.a
aez reconstruct -q z.npy -m a.aezm -o two.idx
cmp two.idx d.idx
aez reconstruct -q z.npy -m a.aezm --float --output-type f32 -o floats.npy
head -c 64 floats.npy | tail -c +11 | cut -c 1-40
aez latents -q a.idx -m a.aezm --rows 10:12 --rounded -o some.csv
{ head -n 1 z.csv; sed -n 12,13p z.csv; } | cmp - some.csv

# tables: other columns stay, rows are chosen, columns come in any order
aez latents -q t.csv -m t.aezm --rounded -o tz.csv
aez reconstruct -q tz.csv -m t.aezm -o tr.csv
aez denoise -q --rounded t.csv -m t.aezm -o td.csv
cut -d, -f1 td.csv >a
cut -d, -f1 tr.csv | cmp - a
grep -o '[A-Z][a-z]*,' t.csv >a
grep -o '[A-Z][a-z]*,' td.csv | cmp - a
[ "$(wc -l <td.csv)" -eq "$(wc -l <t.csv)" ] || echo lines
aez denoise -q --rounded t.csv -m t.aezm --rows 297: -o last.csv
{ head -n 1 td.csv; tail -n 3 td.csv; } | cmp - last.csv
awk -F, -v OFS=, 'BEGIN {print "price,extra,score,rooms,area,id"} !/"/ && NR > 1 {print $6, "x", $7, $4, $5, $1}' t.csv >mixed.csv
aez score -q mixed.csv -m t.aezm -o s.npy >/dev/null || echo mixed
{ grep -v '"' t.csv; } >plain.csv
aez score -q plain.csv -m t.aezm -o s2.npy >/dev/null
cmp s.npy s2.npy

# scores
aez score a.idx -m a.aezm --threshold 0.9 -o s.csv | sed 's/[0-9][0-9.e-]*/N/g'
[ "$(wc -l <s.csv)" -eq 91 ] || echo "lines of s.csv"
aez score -q a.idx -m a.aezm --per-feature --rows 0:5 -o wide.csv >/dev/null
awk -F, 'NR > 1 {for (i = 2; i <= NF; i++) s += $i * $i; d = s / (NF - 1) - $1; if (d * d > 1e-18) print "row", NR, d; s = 0}
    END {print NF - 1, "features"}' wide.csv
aez score a.idx -m mean.aezm | grep -c 'error of standardised features 1 '

# samples: by the seed
aez sample -q -n 7 -m a.aezm --from a.idx --seed 5 -o one.npy -f
aez sample -q -n 7 -m a.aezm --from a.idx --seed 5 -T 1 -o two.npy -f
cmp one.npy two.npy
aez sample -q -n 7 -m a.aezm --from a.idx --seed 6 -o two.npy -f
cmp -s one.npy two.npy && echo "another seed, the same items"
aez sample -q -n 3 -m t.aezm --from t.csv -o - | awk -F, 'NR == 1 {print} END {print NR - 1, "rows"}'

# what does not fit
says 2 aez latents a.idx
says 2 aez latents -m a.aezm </dev/null
says 1 aez latents a.idx -m mean.aezm
says 1 aez latents a.idx -m t.aezm
says 1 aez latents t.csv -m a.aezm
says 1 aez latents tz.csv -m t.aezm
says 1 aez reconstruct tz.csv -m a.aezm -o x.npy
says 2 aez reconstruct z.npy -m a.aezm
says 3 aez reconstruct z.npy -m a.aezm -o one.npy
says 2 aez reconstruct z.npy -m a.aezm --output-type u64 -o x.idx
says 2 aez sample -m a.aezm --from a.idx -o x.npy
says 2 aez sample -n 2 -m a.aezm -o x.npy
says 1 aez sample -n 2 -m a.aezm --from a.idx --rows 3:4 -o x.npy
says 2 aez score a.idx -m a.aezm --threshold 2
says 2 aez score a.idx t.csv -m a.aezm
says 2 aez score a.idx -m stages
says 3 aez score none.idx -m a.aezm
says 2 aez denoise a.aezm -m a.aezm -o x
says 1 aez export mean.aezm -o x.safetensors
nothing_left
