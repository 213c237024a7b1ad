# A model is trained, described, the same for any number of threads, and never over a file.
generate=$(dirname "$AEZ")/aez-generate
[ -x "$generate" ] || skip "aez-generate is not built"
"$generate" images 120 >a.idx
"$generate" images 60 2 >b.idx
"$generate" table 400 >t.csv
"$generate" family 60 >f.f32

aez train a.idx b.idx --hidden 16 --latent 4 --loss mse --epochs 4 --valid 0.1 --no-stages -v -T 1 -o m.aezm 2>said
sed 's/[0-9][0-9.e-]*/N/g' said
aez train -q a.idx b.idx --hidden 16 --latent 4 --loss mse --epochs 4 --valid 0.1 --no-stages -T 3 -o three.aezm
cmp m.aezm three.aezm
says 3 aez train -q a.idx --linear --latent 4 --no-stages -o m.aezm
says 0 aez train -q -f a.idx --linear --latent 4 --no-stages -o m.aezm

# every way to tell the layers, every kind of input
says 0 aez train -q a.idx --conv 4,8 --hidden 16 --latent 4 --loss bce --epochs 1 --batch 60 --no-stages -o conv.aezm
aez info conv.aezm | sed -n 's/^  \(encoder: .*\|decoder: .*\)/\1/p'
says 0 aez train -q a.idx --encoder 'dense:16 tanh latent' --decoder 'dense:784' --latent 4 --optimizer sgd --momentum 0.5 \
    --schedule cosine --learning-rate 0.01 --clip 1 --noise 0.1 --l1 1e-4 --contractive 1e-4 --epochs 2 --batch 50 \
    --patience 1 --valid 0.2 --no-stages --seed 7 -o words.aezm
says 0 aez train -q a.idx --hidden 8 --latent 2 --loss rate --lambda 3 --steps 20 --time 60 --no-stages -o timed.aezm
says 0 aez train -q --type f32 --shape 60,24,24 f.f32 --latent 4 --linear --rel 1e-2 -1 -o f.aezm
says 0 aez train -q --rows 0:300 --columns price,area t.csv --latent 1 --linear --rel 1e-2 --lossless -1 -o t.aezm
aez train -q t.csv --latent 0 --no-stages -o - >piped.aezm
aez info piped.aezm | grep -c ' 0 latents'
aez info t.aezm | sed -n 's/^  columns: //p; s/^ *file: //p; s/^ *stages for/stages for/p'
command -v python3 >/dev/null || exit 0
aez info --json --curve curve.csv m.aezm >m.json
says 2 aez info --json --curve words.csv words.aezm t.aezm
aez info --json --curve words.csv words.aezm >words.json
cat >check.py <<'P'
import json
m, = json.load(open('m.json'))
w, = json.load(open('words.json'))
assert m['features'] == 784 and m['latents'] == 4 and m['height'] == 28
assert sum(l['parameters'] for l in w['encoder_layers']) == 784 * 16 + 16 + 16 * 4 + 4
assert m['file_bytes'] > m['body_bytes'] >= m['decoder_bytes'] + m['plan_bytes']
assert len(open('words.csv').read().splitlines()) == len(w['curve']) + 1 > 1
assert m['curve'] == [] and len(open('curve.csv').read().splitlines()) == 1
assert len(m['hash']) == 32 and 'seed: 7\n' in w['provenance']
P
python3 check.py
nothing_left
