# An input that is cut short, grows, changes or goes while it is read: nothing half is left as if whole.
head -c 400000 "$AEZ" >a
aez compress -q -o whole.aez a
# gone: the command has it open, and what it had is what it compresses
cp a b
mkfifo gate
{ cat gate >/dev/null; rm b; } &
(exec 3<b; : >gate; wait; sleep 0.2; exec "$AEZ" compress -q -c - <&3) >gone.aez
aez decompress -q -c gone.aez | cmp - a
says 3 aez compress -q b
# cut short between two passes over a table
{ echo x,y; seq -f '%g,1.5' 1 60000; } >t.csv
cp t.csv u.csv
(sleep 0.02; : >u.csv) &
aez compress -q -o u.aez u.csv 2>/dev/null
status=$?
wait
case $status in
0) aez decompress -q -c u.aez | cmp -s - t.csv || [ "$(aez decompress -q -c u.aez | wc -c)" -eq 0 ] || echo "half a table" ;;
1 | 3) [ ! -e u.aez ] || echo "an output of half a table" ;;
*) echo "exit $status" ;;
esac
nothing_left
