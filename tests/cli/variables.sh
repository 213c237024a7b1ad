# Every axis can hold the variables; the grid is what is left.
ramp 2400 >a
for k in 0 1 2 3; do
    round_trip a --type u16 --shape 3,10,4,20 --variables $k
    aez info trip.aez | grep 'grid'
done
says 2 aez compress --type u16 --variables 1 a
says 2 aez compress --variables 0 a
says 2 aez compress --type u16 --shape 2400 --variables 64 a
