# Autoencoders: latents alone are reported, threads change nothing, options are checked.
awk 'BEGIN {
    print "m,pt,eta,tag"
    for (i = 0; i < 600; i++) {
        a = sin(i * i * 0.37) * 100
        b = cos(i * 7.1) * 30
        printf "%.2f,%.2f,%.3f,%s\n", a + b, 3 * a - b, a / 7 + b / 3, i % 3 ? "x" : "yy"
    }
}' >t.csv
aez compress --latent-only --latent 2 --hidden 8 --steps 50 -T 1 -o one.aez t.csv 2>said
sed -n 's/.*autoencoder: mean squared error [0-9.e-]*, [0-9.]* bits an item; PCA: [0-9.e-]*, [0-9.]* .*/both are said/p' said
aez compress -q --latent-only --latent 2 --hidden 8 --steps 50 -T 3 -o three.aez t.csv 2>said
cat said
cmp one.aez three.aez
aez decompress -q -o back.csv one.aez
cut -d, -f4 t.csv >a
cut -d, -f4 back.csv >b
cmp a b
[ "$(wc -l <back.csv)" -eq 601 ] || echo lines
says 0 aez test -q one.aez
round_trip t.csv --model autoencoder --latent 2 --hidden 8 --steps 50
round_trip t.csv --model both --latent 2 --steps 50
round_trip t.csv --model stages
says 2 aez compress -q --latent-only --rel 1e-3 -o x.aez t.csv
says 2 aez compress -q --latent-only --model stages -o x.aez t.csv
says 2 aez compress -q --model net -o x.aez t.csv
says 2 aez compress -q --hidden 10,0 -o x.aez t.csv
says 2 aez compress -q --latent 9 --latent-only -o x.aez t.csv
nothing_left
