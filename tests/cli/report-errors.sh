# aez report: errors name the page, the line, the file, and what to do; nothing is written.
command -v gnuplot >/dev/null || skip "gnuplot is not installed"
printf 'a,b\n1,2\n3,4\n' >t.csv
printf '\0\0\10\1\0\0\0\2\0\0' >zeros.idx
printf 'x' >some.bin
printf '\217AEZ' >bad.aezm

# line TEXT...: what a page with this second line makes of it.
line() {
    printf 'title: x\n%s\n' "$*" >page
    says 1 aez report page -o out.html 2>&1
}
line 'plot: gone.csv x=a y=b'
line 'plot: t.csv x=a y=c'
line 'plot: t.csv x=a'
line 'plot: t.csv x=a y=b color=red'
line 'plot: some.bin x=1 y=2'
line 'curve: t.csv'
line 'curve: bad.aezm' | sed 's/model: .*/model: .../'
line 'histogram: t.csv'
line 'histogram: t.csv:9'
line 'histogram: t.csv:a bins=0'
line 'roc: labels=zeros.idx s=t.csv:a'
line 'roc: labels=t.csv:a s=zeros.idx'
line 'overlay: t.csv feature=a'
line 'sheet: zeros.idx'
line 'scatter: t.csv labels=gone.idx'
line 'table: some.bin'
line 'figure: t.csv'
line "table: 't.csv"
line 'nothing'
says 3 aez report gone -o out.html 2>&1
printf 'table: t.csv\n' >page
mkdir empty
says 0 aez report page -o table.html
printf 'plot: t.csv x=a y=b\n' >page
says 3 env PATH="$PWD/empty" "$AEZ" report page -o out.html 2>&1

echo "-- usage"
says 2 aez report page 2>&1
says 2 aez report -o out.html 2>&1
says 2 aez report page -o out.html --colour 2>&1
says 2 aez report page -o out.html --level 3 2>&1
says 2 aez report page --corpus sets -o out.html 2>&1
says 2 aez report --corpus sets -o out.html --methods lz4 2>&1
says 2 aez report --corpus sets -o 2>&1
says 2 aez -q report page 2>&1
aez help report | head -n 2
aez report -h | head -n 1
[ ! -e out.html ] || echo "out.html was written"
nothing_left
