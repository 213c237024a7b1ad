# Compressed data neither comes from a terminal nor goes to one.
command -v script >/dev/null || skip "no script(1) to make a terminal"
printf x >a
aez compress -q a
on_terminal() { script -qec "$1" /dev/null </dev/null 2>&1 | tr -d '\r'; }
on_terminal "$AEZ compress -c a; echo \$?"
on_terminal "$AEZ decompress; echo \$?"
on_terminal "$AEZ decompress -; echo \$?"
on_terminal "$AEZ test -; echo \$?"
on_terminal "$AEZ compress; echo \$?"
on_terminal "$AEZ compress -q -f -c a >/dev/null; echo \$?"
