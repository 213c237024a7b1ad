# Training goes on where it stopped, from a model or from weights alone; broken weights are refused.
generate=$(dirname "$AEZ")/aez-generate
[ -x "$generate" ] || skip "aez-generate is not built"
"$generate" images 100 >a.idx
how='--hidden 8 --latent 2 --loss mse --batch 50 --schedule constant --no-stages'
# shellcheck disable=SC2086 # options are words
{
    aez train -q a.idx $how --epochs 2 --keep-state -o two.aezm
    aez train -v a.idx $how --epochs 5 --init two.aezm --resume -o five.aezm 2>said
    sed -n 's/^epoch \([0-9]*\) of.*/\1/p' said | head -n 1
    aez train -q a.idx --epochs 1 --loss mse --no-stages --init two.aezm -o from.aezm
    aez info two.aezm | grep coder: >a
    aez info from.aezm | grep coder: | cmp - a
    aez export two.aezm -o w.safetensors 2>/dev/null || echo export
    says 3 aez export two.aezm -o w.safetensors
    says 0 aez train -q a.idx $how --epochs 1 --init w.safetensors -o weights.aezm
    says 2 aez train -q a.idx --hidden 9 --latent 2 --loss mse --epochs 1 --no-stages --init two.aezm -o x.aezm
    says 2 aez train -q a.idx $how --epochs 1 --init w.safetensors --resume -o x.aezm
}
# the weights are those that the model has: one step of no size changes nothing but roundings
command -v python3 >/dev/null || exit 0
cat >check.py <<'P'
import json, struct
raw = open('w.safetensors', 'rb').read()
size, = struct.unpack('<Q', raw[:8])
head = json.loads(raw[8:8 + size])
head.pop('__metadata__')
end = 0
for name, t in head.items():
    n = 1
    for d in t['shape']:
        n *= d
    assert t['dtype'] == 'F32' and t['data_offsets'] == [end, end + 4 * n], name
    end += 4 * n
assert end == len(raw) - 8 - size and size % 8 == 0
def write(name, head, data, size=None):
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    open(name + '.safetensors', 'wb').write(struct.pack('<Q', len(text) if size is None else size) + text + data)
one = {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]}
write('long', {}, b'', 1 << 60)
write('no-object', b'[]', b'')
write('cut', b'{"a"', b'')
write('twice', b'{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', bytes(4))
write('type', {'a': dict(one, dtype='I8')}, bytes(8))
write('shape', {'a': dict(one, shape=[3])}, bytes(8))
write('huge', {'a': dict(one, shape=[1 << 62, 8])}, bytes(8))
write('outside', {'a': dict(one, data_offsets=[4, 12])}, bytes(8))
write('back', {'a': dict(one, data_offsets=[8, 0])}, bytes(8))
write('left-over', {'a': one}, bytes(9))
write('deep', {'a': dict(one, shape=[1, 1, 1, 1, 2])}, bytes(8))
write('fraction', b'{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}', bytes(8))
write('behind', b'{} x', b'')
write('unknown', {'a': one}, bytes(8))
halves = {'a': {'dtype': 'F16', 'shape': [2], 'data_offsets': [0, 4]}, 'b': {'dtype': 'BF16', 'shape': [1], 'data_offsets': [4, 6]}}
write('halves', halves, bytes(6))
P
python3 check.py
for f in long no-object cut twice type shape huge outside back left-over deep fraction behind; do
    # shellcheck disable=SC2086
    says 1 aez train -q a.idx $how --epochs 1 --init $f.safetensors -o x.aezm
done
for f in unknown halves; do
    # shellcheck disable=SC2086
    says 2 aez train -q a.idx $how --epochs 1 --init $f.safetensors -o x.aezm
done
nothing_left
[ ! -e x.aezm ] || echo "x.aezm was written"
