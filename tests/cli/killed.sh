# A command that is killed in the middle of writing leaves the old file as it was.
head -c 300000 "$AEZ" >a
aez compress -q a
echo old >out
cp a.aez old.aez
for target in out old.aez; do
    cp $target before
    mkfifo pipe
    if [ $target = out ]; then
        "$AEZ" decompress -q -f -o out - <pipe 2>/dev/null &
    else
        "$AEZ" compress -q -f --format bytes -o old.aez - <pipe 2>/dev/null &
    fi
    pid=$!
    exec 3>pipe
    head -c 40000 a.aez >&3
    sleep 0.3
    kill -KILL $pid
    wait $pid 2>/dev/null
    echo "$?"
    exec 3>&-
    rm pipe
    cmp $target before
done
# what a killed command leaves is hidden, and in nobody's way
says 0 aez decompress -q -f -o out a.aez
cmp a out
