# Raw arrays of every type, with and without a shape.
ramp 3000 >a
for t in u8 i8 u16 i16 u32 i32 u64 i64 f32 f64; do round_trip a --type $t; done
round_trip a --type u16 --shape 10,20,15
round_trip a --type u16 --shape 1,3000,1
: >nothing
round_trip nothing --type f64
round_trip nothing --type f64 --shape 0,7
for level in 1 9; do round_trip a --type u16 -$level; done
round_trip a --type u16 --entropy zstd --seed 7 --chunk 4K -T 2
