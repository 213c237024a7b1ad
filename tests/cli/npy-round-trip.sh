# .npy of every type, order and some shapes.
ramp 480 >data
for descr in '|u1' '|i1' '|b1' '<u2' '>i2' '<i4' '>u4' '<i8' '>u8' '<f4' '>f4' '<f8' '>f8'; do
    for order in True False; do
        { npy "$descr" $order '(4, 3, 2)'; head -c $((24 * ${descr#??})) data; } >a.npy
        round_trip a.npy
        for axis in 0 1 2; do round_trip a.npy --variables $axis; done
    done
done
{ npy '<f4' False '()'; head -c 4 data; } >scalar.npy
npy '<f4' False '(0,)' >empty.npy
npy '<f4' True '(3, 0, 5)' >empty2.npy
{ npy '<i2' False '(1, 2, 1, 2, 1, 2, 1, 2, 3, 1)'; head -c 96 data; } >ten.npy
{ npy '<f2' False '(4, 3)'; head -c 24 data; } >half.npy
{ npy '<c8' False '(3,)'; head -c 24 data; } >complex.npy
for f in scalar empty empty2 ten half complex; do round_trip $f.npy; done
round_trip ten.npy --variables 8
aez compress -v half.npy 2>&1 | grep -o 'npy, but its values.*'
aez compress -v ten.npy 2>&1 | grep -o 'npy, i16, 1 x 2.*'
