# data.sh - read by the scripts of this folder: where the data is, and what a raw file holds.
: "${B:=build}" "${AEZ_DATA:=}"
: "${AEZ:=$B/aez}" "${COMPARE:=$B/aez-compare}" "${GENERATE:=$B/aez-generate}" "${MEASURE:=$B/aez-measure}"

# need_data: ends the script, saying so, where there is no real data.
need_data() {
    if [ -z "$AEZ_DATA" ] || [ ! -d "$AEZ_DATA" ]; then
        echo "$1: skipped: AEZ_DATA names no folder (real data is not part of this project)"
        exit 0
    fi
}

need_command() {
    [ -x "$AEZ" ] || {
        echo "$1: the command is not built: $AEZ" >&2
        exit 2
    }
}

# describe FILE: "type shape" of a raw file, such as "f32 41,128,128", from the folder's own list
# (MANIFEST.md: | file | 41×128×128 | float32le |) or from ours; nothing for self-describing files.
describe() {
    case $1 in *.f32 | *.f64) ;; *) return 0 ;; esac
    list=$AEZ_DATA/MANIFEST.md
    [ -f "$list" ] || list=corpus/manifest
    sed 's/×/x/g' "$list" | awk -F'|' -v file="${1#"$AEZ_DATA"/}" '
        { gsub(/ *\| */, "|"); gsub(/^\||\|$/, ""); sub(/^ +/, "") }
        $1 == file {
            gsub(/x/, ",", $2)
            print ($3 ~ /64/ ? "f64" : "f32"), $2
            exit
        }'
}

# raw_options FILE: the options that tell aez and aez-compare what a raw file holds.
raw_options() {
    # shellcheck disable=SC2046 # two words are wanted
    set -- $(describe "$1")
    [ $# -eq 2 ] && echo "--type $1 --shape $2"
    return 0
}

bytes_of() {
    wc -c <"$1" | tr -d ' '
}
