# Anything at all comes back.
printf 'hello' >text
: >nothing
head -c 100000 "$AEZ" >program
printf '\223NUMPY' >cut-npy
printf '\000\000\010\001' >cut-idx
for f in text nothing program cut-npy cut-idx; do round_trip $f; done
round_trip text --format bytes
nothing_left
