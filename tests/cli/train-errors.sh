# What cannot be trained is refused with a reason, and leaves nothing behind.
generate=$(dirname "$AEZ")/aez-generate
[ -x "$generate" ] || skip "aez-generate is not built"
"$generate" images 40 >a.idx
"$generate" table 60 >t.csv
"$generate" field 12,8,8 >f.f32
"$generate" field 12,8,9 >g.f32
printf 'a,b\n1,2\n3,x\n4,5\n' >other.csv
printf 'text\nonly\n' >text.csv
says 2 aez train a.idx
says 2 aez train -o x.aezm </dev/null
says 2 aez train a.idx t.csv -o x.aezm
says 2 aez train t.csv other.csv --no-stages -o x.aezm
says 2 aez train f.f32 -o x.aezm
says 2 aez train --type f32 --shape 12,8,8 f.f32 g.f32 -o x.aezm
says 2 aez train a.idx --latent 5000 -o x.aezm
says 2 aez train t.csv --latent 6 --no-stages -o x.aezm
says 2 aez train a.idx --encoder 'dense:8 latent' -o x.aezm
says 2 aez train a.idx --encoder 'dens:8 latent' --decoder dense:784 --latent 2 --no-stages -o x.aezm
says 2 aez train a.idx --encoder 'dense:8 latent' --decoder dense:783 --latent 2 --no-stages -o x.aezm
says 2 aez train a.idx --encoder 'dense:8 latent' --decoder dense:784 --hidden 8 -o x.aezm
says 2 aez train a.idx --linear --hidden 8 -o x.aezm
says 2 aez train a.idx --latent 0 --hidden 8 -o x.aezm
says 2 aez train a.idx --activation swish -o x.aezm
says 2 aez train a.idx --loss l2 -o x.aezm
says 2 aez train a.idx --optimizer best -o x.aezm
says 2 aez train a.idx --schedule step -o x.aezm
says 2 aez train a.idx --scale all -o x.aezm
says 2 aez train a.idx --valid 1 -o x.aezm
says 2 aez train a.idx --noise -1 -o x.aezm
says 2 aez train a.idx --epochs 0 -o x.aezm
says 2 aez train a.idx --time 0 -o x.aezm
says 2 aez train a.idx --no-stages --rel 1e-2 -o x.aezm
says 2 aez train t.csv --rel price=1e-2 -o x.aezm
says 2 aez train a.idx --columns price -o x.aezm
says 2 aez train t.csv --columns price,none -o x.aezm
says 2 aez train t.csv --columns price,price -o x.aezm
says 2 aez train t.csv --rows 60: -o x.aezm
says 2 aez train a.idx --rows 40:50 -o x.aezm
says 2 aez train a.idx --rows 5:5 -o x.aezm
says 2 aez train text.csv --no-stages -o x.aezm
says 2 aez train a.idx --resume -o x.aezm
says 3 aez train a.idx --init none.aezm -o x.aezm
says 1 aez train a.idx --init t.csv -o x.aezm
aez train -q a.idx --hidden 8 --latent 2 --loss mse --epochs 1 --no-stages -o m.aezm
says 2 aez train -q a.idx --init m.aezm --resume --loss mse --epochs 2 --no-stages -o x.aezm
aez train -q a.idx --latent 0 --no-stages -o mean.aezm
says 3 aez train -q a.idx -o .
nothing_left
ls
