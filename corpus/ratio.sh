#!/bin/sh
# ratio.sh - bytes beside those of the best peer for every real set, means per class, and the floors.
#
# LEVEL  the level of compression; 5 and 9 have floors (5)
# ONLY   open or aside: that part of the sets (see corpus/peers); both when empty
# T      a regular expression on "name mode", such as '^fields/.* 1e-2$'
# J      how many sets at a time; speeds mean something only with one (1)
#
# A size counts only when what was restored has been compared with the input: byte for byte without a
# bound, every value within it else. Exit status 0 when no floor, limit or comparison is missed.
set -u
. corpus/data.sh
: "${LEVEL:=5}" "${ONLY:=}" "${T:=}" "${J:=1}" "${PEERS:=corpus/peers}" "${MANIFEST:=corpus/manifest}"
case $LEVEL in [1-9]) ;; *) echo "ratio: LEVEL is 1 to 9" >&2 && exit 2 ;; esac
case $ONLY in '' | open | aside) ;; *) echo "ratio: ONLY is open or aside" >&2 && exit 2 ;; esac
case $J in '' | 0* | *[!0-9]*) echo "ratio: J is a number of sets" >&2 && exit 2 ;; esac

# selected: "name mode class use bytes peer" of every row wanted; a class is one line of the goals.
selected() {
    [ "$T" = '*' ] && T=
    awk -F' *[|] *' -v only="$ONLY" -v wanted="$T" '
        /^#/ || NF < 3 { next }
        FNR == NR {
            type[$1] = $3
            next
        }
        $5 == "out" || (only != "" && $5 != only) || ($1 " " $2) !~ wanted { next }
        !($1 in type) {
            print "ratio: not in the manifest: " $1 > "/dev/stderr"
            exit 2
        }
        {
            class = ""
            if ($2 == "lossless")
                class = $1 ~ /[.]csv$/ ? "csv" : $1 ~ /^images/ ? "image" : \
                    type[$1] ~ /float/ ? "float" : "integer"
            else if ($1 ~ /^fields/)
                class = "field_" $2
            else if ($2 == "1e-3") # the only bound at which tables and series are judged
                class = "table_" $2
            if (class != "")
                print $1, $2, class, $5, $4, $3
        }' "$MANIFEST" "$PEERS"
}

# measure FILE MODE: sets size, model, packing and restoring (seconds), or fault.
measure() {
    size=0 model=- packing=0 restoring=0 fault=
    if [ ! -f "$1" ]; then
        fault=absent
        return
    fi
    case $2 in lossless) bound= ;; *) bound="--rel $2" ;; esac
    case $1 in *.csv) form=--csv ;; *) form= ;; esac
    raw=$(raw_options "$1")
    # shellcheck disable=SC2086 # options are words
    if ! packing=$("$MEASURE" "$AEZ" compress -q -f "-$LEVEL" $raw $bound "$1" -o "$dir/z"); then
        fault='compress failed'
    elif ! restoring=$("$MEASURE" "$AEZ" decompress -q -f "$dir/z" -o "$dir/back"); then
        fault='decompress failed'
    elif [ -z "$bound" ]; then
        cmp -s "$1" "$dir/back" || fault='restored differs'
    else
        worst=$("$COMPARE" $form $raw $bound "$1" "$dir/back") || fault="bound exceeded ($worst)"
    fi
    [ -z "$fault" ] || return
    size=$(bytes_of "$dir/z")
    model=$("$AEZ" info --json "$dir/z" | sed -n 's/.*"bytes": {.*"model": \([0-9]*\).*/\1/p')
}

# row NAME MODE CLASS USE BYTES PEER...: measures one row, prints it, and keeps it for the means.
row() {
    name=$1 mode=$2 class=$(echo "$3" | tr _ ' ') use=$4 peer=$5
    shift 5
    dir=$(mktemp -d) || exit 3
    trap 'rm -rf "$dir"' EXIT
    trap 'exit 130' INT TERM HUP
    measure "$AEZ_DATA/$name" "$mode"
    length=0
    [ "$fault" = absent ] || length=$(bytes_of "$AEZ_DATA/$name")
    line="$name|$mode|$class|$use|$length|$size|$peer|$*|${model:--}|${packing%% *}|"
    line="$line${restoring%% *}|$fault"
    echo "$line" >>"$ROWS"
    echo "$line" | awk -v level="$LEVEL" -f corpus/ratio.awk
}

need_command ratio
if [ $# -gt 0 ]; then
    row "$@"
    exit
fi
need_data ratio
ROWS=$(mktemp) || exit 3
trap 'rm -f "$ROWS" "$ROWS.list"' EXIT
trap 'exit 130' INT TERM HUP
export AEZ AEZ_DATA COMPARE MEASURE LEVEL ROWS B
selected >"$ROWS.list" || exit 2
if [ ! -s "$ROWS.list" ]; then
    echo "ratio: nothing is selected" >&2
    exit 2
fi
awk -v heading=1 -f corpus/ratio.awk </dev/null
xargs -P "$J" -L 1 sh "$0" <"$ROWS.list"
wanted=$(wc -l <"$ROWS.list" | tr -d ' ')
measured=$(wc -l <"$ROWS" | tr -d ' ')
status=0
awk -v level="$LEVEL" -v summary=1 -f corpus/ratio.awk "$ROWS" || status=1
if [ "$measured" -ne "$wanted" ]; then
    echo "ratio: $((wanted - measured)) of $wanted rows were not measured"
    status=1
fi
exit $status
