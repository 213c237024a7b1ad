#!/bin/sh
# run.sh - runs the test programs given, the checks of the library's
# exports, header and layers, and the command's tests.
#
# A Criterion program counts by its TAP report; a program without one counts as a single test by
# its exit status; tests/cli/run.sh counts by its own last line, "N passed, N failed".
set -u
: "${B:=build}" "${T:=*}"
case $B in /*) AEZ=$B/aez ;; *) AEZ=$PWD/$B/aez ;; esac
export AEZ B T
passed=0 failed=0
log=$(mktemp -d) || exit 3
trap 'rm -rf "$log"' EXIT

# count NAME PASSED FAILED: adds to the totals; shows the output of what failed.
count() {
    passed=$((passed + $2)) failed=$((failed + $3))
    if [ "$3" -eq 0 ]; then
        printf '  ok    %-32s %s\n' "$1" "$2"
    else
        cat "$log/out"
        printf '  FAIL  %-32s %s of %s\n' "$1" "$3" "$(($2 + $3))"
    fi
}

run_program() {
    rm -f "$log/tap"
    "$1" --tap="$log/tap" --short-filename >"$log/out" 2>&1
    status=$?
    good=0 bad=0
    if [ -s "$log/tap" ]; then
        good=$(grep -c '^ok ' "$log/tap")
        bad=$(grep -c '^not ok ' "$log/tap")
    elif [ $status -eq 0 ]; then
        good=1
    fi
    # A failing exit status that the report does not explain is a failure too.
    [ $status -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    count "$(basename "$1")" "$good" "$bad"
}

run_counted() {
    "$@" >"$log/out" 2>&1
    status=$?
    totals=$(tail -n 1 "$log/out")
    good=$(echo "$totals" | sed -n 's/^\([0-9]*\) passed, [0-9]* failed$/\1/p')
    bad=$(echo "$totals" | sed -n 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p')
    [ $status -ne 0 ] && [ "${bad:-0}" -eq 0 ] && bad=1
    count "${2#tests/}" "${good:-0}" "${bad:-1}"
}

for program; do
    run_program "$program"
done
if [ "$T" = '*' ] || [ "$T" = exports ]; then
    run_counted sh tests/support/exports.sh
    run_counted sh tests/support/header.sh
    run_counted sh tests/support/layers.sh
    run_counted sh tests/support/promises.sh
fi
if [ "$T" = '*' ] || [ "$T" = fuzz ]; then
    run_counted sh tests/fuzz/replay.sh
fi
# A name that a program answers to is not also a name of a command-line case.
if [ -f tests/cli/run.sh ] && { [ "$T" = '*' ] || [ $# -eq 0 ]; }; then
    run_counted sh tests/cli/run.sh "$T"
fi

[ $((passed + failed)) -gt 0 ] || {
    echo "no test is named $T" >&2
    exit 2
}
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
