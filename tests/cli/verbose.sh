# -v names the type and why, the fields, and where the bytes went.
ramp 600 >data
{ npy '<i2' False '(6, 100)'; cat data; } >a.npy
aez compress -v a.npy 2>err
head -n 1 err
sed -n 2p err | sed 's/-> .*/-> .../'
grep -c 'field 0: ' err
for part in header model latents residual text stored index chunks ratio; do
    grep -q "^  $part " err || echo "no $part"
done
aez compress -q -v -f a.npy
