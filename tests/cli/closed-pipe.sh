# A reader that goes away is an error, not a hang.
head -c 900000 "$AEZ" >a
cat a a a >b
aez compress -q --format bytes b
{ "$AEZ" decompress -q -c b.aez; echo $? >status; } | head -c 10 >/dev/null
cat status
