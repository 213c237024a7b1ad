#!/bin/sh
# run.sh - make fuzz: runs every target for T seconds (60) and prints what it did; ONLY=name is one.
#
# What is found lies in B/fuzz/found, named after its target. The corpus of each target is kept in
# B/fuzz/corpus and grows from run to run; make clean forgets it.
set -u
: "${B:=build}" "${T:=60}" "${ONLY:=*}" "${FUZZ_CC:=clang}" "${MAKE:=make}"
[ "$T" = '*' ] && T=60
dir=$B/fuzz
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d && n > 9; }' |
    "$FUZZ_CC" -fsanitize=fuzzer,address,undefined -x c - -o /dev/null 2>/dev/null || {
    echo "make fuzz needs clang and its runtime: apt-get install clang libclang-rt-14-dev" >&2
    exit 3
}
checks=-fsanitize=fuzzer-no-link,address,undefined
targets=$(for s in tests/fuzz/fuzz_$ONLY.c; do basename "$s" .c; done)
"$MAKE" -s --no-print-directory "$B/tests/fuzz/seeds" || exit 1
# shellcheck disable=SC2046 # one word per target
"$MAKE" -s --no-print-directory B="$dir/build" CC="$FUZZ_CC" FUZZ_MAIN= \
    CFLAGS="-O1 -g -fno-omit-frame-pointer -DAEZ_LIBFUZZER -fno-sanitize-recover=all $checks" \
    LDFLAGS='-fsanitize=fuzzer,address,undefined' \
    $(for t in $targets; do echo "$dir/build/tests/fuzz/$t"; done) || exit 1
mkdir -p "$dir/found" "$dir/log"
"$B/tests/fuzz/seeds" "$dir/seeds" spec/vectors || exit 1

bad=0
printf '%-16s %12s %8s %8s  %s\n' target executions edges inputs findings
for t in $targets; do
    mkdir -p "$dir/corpus/$t" "$dir/seeds/$t"
    dict=tests/fuzz/${t#fuzz_}.dict
    "$dir/build/tests/fuzz/$t" -max_total_time="$T" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
        -print_final_stats=1 -artifact_prefix="$dir/found/$t-" \
        $([ -f "$dict" ] && echo "-dict=$dict") "$dir/corpus/$t" "$dir/seeds/$t" >"$dir/log/$t" 2>&1
    status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/log/$t")
    edges=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$dir/log/$t" | tail -n 1)
    inputs=$(find "$dir/corpus/$t" -type f | wc -l)
    finding=none
    if [ $status -ne 0 ]; then
        bad=1
        finding="exit $status, see $dir/log/$t: $(grep -m 1 -E 'ERROR|not true|runtime error' "$dir/log/$t")"
    fi
    printf '%-16s %12s %8s %8s  %s\n' "$t" "${runs:-?}" "${edges:-?}" "$inputs" "$finding"
done
exit $bad
