# A size that the type or the shape contradicts names both numbers.
ramp 5 >a
printf x >>a
says 2 aez compress --type f32 a
says 2 aez compress --type u8 --shape 3,4 a
aez compress --type u16 --shape 18446744073709551615,2 a
