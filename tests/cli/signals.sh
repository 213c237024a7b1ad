# A signal ends the command as signals do, and takes the unfinished file along.
head -c 200000 "$AEZ" >a
aez compress -q a
for s in INT TERM HUP; do
    { head -c 100 a.aez; sleep 0.8; } |
        timeout --preserve-status -s $s 0.3 "$AEZ" decompress -q -o out -
    echo "$s $?"
    nothing_left
    [ ! -e out ] || echo "an unfinished output"
done
# nohup: a signal that is ignored stays ignored
mkfifo pipe
(trap '' HUP; exec "$AEZ" decompress -q -o out - <pipe) &
pid=$!
exec 3>pipe
head -c 100 a.aez >&3
sleep 0.3
kill -HUP $pid
tail -c +101 a.aez >&3
exec 3>&-
wait $pid
cmp a out
