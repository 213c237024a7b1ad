#!/bin/sh
# header.sh - aez.h compiles alone, as C99, C11 and C++, without a warning.
set -u
: "${CC:=cc}"
passed=0 failed=0

# compile NAME COMMAND...: one test.
compile() {
    name=$1
    shift
    if printf '#include "aez.h"\nint main(void) { return (int) aez_version_number(); }\n' |
        "$@" -Wall -Wextra -Wpedantic -Werror -Icodec/api -fsyntax-only -; then
        passed=$((passed + 1))
    else
        echo "aez.h does not compile as $name"
        failed=$((failed + 1))
    fi
}

compile C99 "$CC" -std=c99 -x c
compile C11 "$CC" -std=c11 -x c
if command -v c++ >/dev/null 2>&1; then
    compile C++ c++ -std=c++11 -x c++
else
    echo 'no C++ compiler: C++ is skipped'
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
