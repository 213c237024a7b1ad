#!/bin/sh
# promises.sh - every test that spec/promises.md names exists, and every sentence of a list names one.
set -u
page=spec/promises.md
passed=0 failed=0
names=$(grep -o '`[a-z_]*/[a-z0-9_-]*`' "$page" | tr -d '`' | sort -u)
for name in $names; do
    unit=${name%%/*} test=${name#*/}
    if [ "$unit" = cli ] && [ -f "tests/cli/$test.sh" ]; then
        passed=$((passed + 1))
    elif grep -qE "^Test\($unit, $test[,)]" tests/unit/*.c; then
        passed=$((passed + 1))
    else
        echo "$page names $name, which is no test"
        failed=$((failed + 1))
    fi
done
# An item runs from its dash to the next one, or to a blank line.
nameless=$(awk '/^- / { if (item != "" && item !~ /`[a-z_]+\/[a-z0-9_-]+`/) print item; item = $0; next }
                /^  / { if (item != "") item = item $0; next }
                { if (item != "" && item !~ /`[a-z_]+\/[a-z0-9_-]+`/) print item; item = "" }' "$page")
if [ "$nameless" ]; then
    echo "$nameless"
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
