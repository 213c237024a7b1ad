# IDX of every type, and one with a byte too many.
ramp 100 >data
for t in 010:1 011:1 013:2 014:4 015:4 016:8; do
    { printf '\000\000'"\\${t%:*}"'\002\000\000\000\003\000\000\000\004'
      head -c $((12 * ${t#*:})) data; } >a.idx
    round_trip a.idx
    round_trip a.idx --variables 0
    round_trip a.idx --variables 1
done
printf x >>a.idx
round_trip a.idx
aez compress -v -f a.idx 2>&1 | grep -o 'idx, f64.*'
