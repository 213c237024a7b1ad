# Permissions and times come from the input; umask is respected.
printf x >a
touch -d '2001-02-03 04:05:06' a
chmod 640 a
aez compress -q a
chmod 666 a
umask 077
aez decompress -q -f a.aez
aez compress -q -o b.aez a
for f in a a.aez b.aez; do stat -c '%n %a %Y' $f | sed "s/$(stat -c %Y a)/T/"; done
[ "$(stat -c %Y a)" = "$(date -d '2001-02-03 04:05:06' +%s)" ] || echo "another time"
