#!/bin/sh
# check-data.sh - for every real set: the lossless round trip, the size against zstd -19, and bounds.
#
# With the name of a file: that file alone, one line, exit status 1 when something does not hold.
set -u
. corpus/data.sh

SEGMENT=$((64 << 20))

# check_lossless FILE: the size must be at most that of zstd -19 and 64 bytes a segment.
check_lossless() {
    # shellcheck disable=SC2086 # options are words
    if ! "$AEZ" compress -q -f $options "$1" -o "$dir/z" || ! "$AEZ" decompress -q -f "$dir/z" -o "$dir/back"; then
        fault="$fault lossless:failed"
        return
    fi
    cmp -s "$1" "$dir/back" || fault="$fault lossless:differs"
    size=$(bytes_of "$dir/z")
    zstd=$(zstd -19 -q -c "$1" | wc -c | tr -d ' ')
    segments=$((($(bytes_of "$1") + SEGMENT - 1) / SEGMENT))
    [ "$size" -le $((zstd + 64 * (segments > 0 ? segments : 1))) ] || fault="$fault lossless:larger"
}

# check_bound FILE R: appends "size worst-error-over-bound" to the line.
check_bound() {
    # shellcheck disable=SC2086
    if ! "$AEZ" compress -q -f --rel "$2" $options "$1" -o "$dir/z" || ! "$AEZ" decompress -q -f "$dir/z" -o "$dir/back"; then
        fault="$fault $2:failed"
        return
    fi
    case $1 in *.csv) form=--csv ;; *) form= ;; esac
    # shellcheck disable=SC2086
    worst=$("$COMPARE" $form $options --rel "$2" "$1" "$dir/back") || fault="$fault $2:exceeded($worst)"
    line="$line $(printf '%9s %-7.5s' "$(bytes_of "$dir/z")" "${worst%% *}")"
}

check_file() {
    dir=$(mktemp -d) || exit 3
    trap 'rm -rf "$dir"' EXIT
    fault='' size=- zstd=- line=''
    options=$(raw_options "$1")
    check_lossless "$1"
    for bound in 1e-2 1e-3 1e-4; do
        check_bound "$1" "$bound"
    done
    printf '%-46s %9s %9s %9s %s %s\n' "${1#"$AEZ_DATA"/}" "$(bytes_of "$1")" "$zstd" "$size" \
        "$line" "${fault:-ok}"
    [ -z "$fault" ]
}

need_command check-data
if [ $# -eq 1 ]; then
    check_file "$1"
    exit
fi
need_data check-data
printf '%-46s %9s %9s %9s  %-17s %-17s %-17s\n' set bytes 'zstd -19' aez \
    '1e-2    err/bound' '1e-3    err/bound' '1e-4    err/bound'
report=$(mktemp) || exit 3
trap 'rm -f "$report"' EXIT
export AEZ AEZ_DATA COMPARE B
find "$AEZ_DATA" -mindepth 2 -type f | sort | xargs -P 2 -I '{}' sh "$0" '{}' | tee "$report"
good=$(grep -c ' ok$' "$report")
all=$(wc -l <"$report" | tr -d ' ')
echo "check-data: $good of $all sets hold"
[ "$good" -eq "$all" ]
