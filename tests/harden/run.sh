#!/bin/sh
# run.sh - make harden: what may be done to files, to memory and to the system, counted.
#
# HARDEN=N damaged containers for each way of decoding (150000), under the address and
# undefined-behaviour sanitizers; J jobs at once (all processors). What crashes lies in B/harden.
set -u
: "${B:=build}" "${CC:=cc}" "${MAKE:=make}" "${HARDEN:=150000}" "${J:=$(nproc 2>/dev/null || echo 1)}"
: "${SEED:=1}" "${MOST:=100}" "${STRIDE:=16}"
dir=$B/harden
bin=$dir/tests/harden
start=$(date +%s)
"$MAKE" -s -j"$J" --no-print-directory B="$dir" CC="$CC" LDFLAGS='-fsanitize=address,undefined' \
    CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all' \
    "$dir/aez" "$bin/mutate" "$bin/alloc" || exit 1
mkdir -p "$dir/log"
bad=0

# files PATTERN [BUT]: the good vectors whose names match, but for those that match the other.
files() {
    for f in spec/vectors/good-*.aez; do
        echo "$f" | grep -qE "good-($1)" && ! echo "$f" | grep -qE "good-(${2:-=})" && echo "$f"
    done
}
stored='stored|bytes|idx|npy|no-values|nothing|optional-section'
learnt='model|refer|mixtures|wavelets|table-'
models=$(find spec/vectors -name '*.aezm')

# A line `NAME MODE` for each program to run; the longest stand first.
jobs() {
    echo "mixtures random"
    echo "numbers numbers"
    for path in arrays tables autoencoder wavelets stored; do
        echo "$path random"
    done
}
of_path() {
    case $1 in
    arrays) files '' "$stored|$learnt" ;;
    tables) files 'table-' ;;
    autoencoder) files 'model|refer' ;;
    mixtures) files mixtures ;;
    wavelets) files wavelets ;;
    stored) files "$stored" ;;
    numbers) files '' ;;
    esac
}
run_job() {
    rm -f "$dir/$1.aez"
    if [ "$2" = random ]; then set -- "$1" random "$HARDEN" "$SEED"; else set -- "$1" numbers "$STRIDE"; fi
    name=$1 mode=$2
    shift 2
    # shellcheck disable=SC2046,SC2086 # one word per file
    if "$bin/mutate" "$mode" "$name" "$dir/$name.aez" "$@" $models \
        $(of_path "$name") >"$dir/log/$name" 2>&1; then
        cat "$dir/log/$name"
    else
        echo "$name: FAILS, see $dir/log/$name: $(grep -m 1 -E 'ERROR|not true|runtime error|too long|no good' "$dir/log/$name")"
        return 1
    fi
}

echo "== damaged containers, checksums made to fit: $HARDEN a path; every number at every place"
# Two at a time or more: each job is one process.
jobs | {
    running=0 bad=0
    while read -r name mode; do
        run_job "$name" "$mode" &
        pids="${pids:-} $!"
        running=$((running + 1))
        if [ $running -ge "$J" ]; then
            for p in $pids; do wait "$p" || bad=1; done
            running=0 pids=
        fi
    done
    for p in ${pids:-}; do wait "$p" || bad=1; done
    exit $bad
} || bad=1

echo "== requests for memory, each failing once (of a way of coding at most $MOST, evenly apart)"
# shellcheck disable=SC2086 # the models, one by one
"$bin/alloc" "$MOST" $models spec/vectors/good-*.aez || bad=1

echo "== faults of the system, with the command built with the sanitizers"
for name in killed read-only vanished full-disk full-tmpfs unwritable signals links attributes \
    overwrite bad-inputs closed-pipe truncated garbage flipped; do
    AEZ=$PWD/$dir/aez sh tests/cli/run.sh "$name" >"$dir/log/cli-$name" 2>&1 || bad=1
    grep -E '^(ok|FAIL|skip)' "$dir/log/cli-$name"
done
echo "== $(($(date +%s) - start)) s"
[ $bad -eq 0 ] && echo "all is well" || echo "something FAILED"
exit $bad
