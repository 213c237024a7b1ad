# Names with blanks, a leading dash, line ends and bytes that are no text.
printf x >'a b'
printf x >-dash
printf x >"$(printf 'new\nline')"
printf x >"$(printf 'latin\351')"
long=$(printf '%0251d' 0)
printf x >"$long"
says 0 aez compress 'a b' 2>&1 | cut -d: -f1
says 0 aez compress -q -- -dash
says 0 aez compress -q ./-dash -f
says 0 aez compress "$(printf 'new\nline')" 2>&1 | cut -d: -f1
says 0 aez compress -q "$(printf 'latin\351')"
says 0 aez compress -q "$long"
says 0 aez decompress -q -f "$long.aez"
says 2 aez compress -dash
rm -f "$long" "$long.aez"
ls | wc -l | tr -d ' '
