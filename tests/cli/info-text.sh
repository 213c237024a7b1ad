# What info says about a file without --json.
ramp 600 >a
aez compress -q --type u16 --shape 6,100 --abs 2 --variables 0 a
aez info a.aez | sed -n '/format version/p; /file raw/p; /grid/p; s/^\(  field 5: u16, abs 2\).*/\1/p; s/^  ratio .*/ratio/p'
