# A folder that cannot be written to.
printf x >a
says 3 aez compress -q -o no/such/folder/x a
[ "$(id -u)" -eq 0 ] || {
    mkdir locked
    chmod 555 locked
    "$AEZ" compress -q -o locked/x a 2>/dev/null && echo "wrote to a locked folder"
}
cat a | TMPDIR=/no/such/folder "$AEZ" compress -q -o x -
