#!/bin/sh
# layers.sh - each third-party header has one home, and lower layers include no higher ones.
set -u
passed=0 failed=0

# only HEADER HOME WHERE: no file under WHERE but those that match HOME may include HEADER.
only() {
    if strays=$(grep -lE "#include [<\"]([^>\"]*/)?$1[>\"]" -r codec format cli --include='*.[ch]' | grep -vE "$2"); then
        echo "$1 is included by: $strays"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}

# never FOLDER PATTERN: no file of FOLDER includes a path that matches PATTERN.
never() {
    if strays=$(grep -lE "#include \"[^\"]*$2" -r "$1" --include='*.[ch]'); then
        echo "$1 must not include $2: $strays"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}

only 'zstd(_errors)?\.h' '^codec/entropy/'
only 'xx(hash|h3)\.h' '^format/'
only 'cblas[^>"]*\.h' '^codec/train/'
only 'csv\.h' '^cli/'
only 'png\.h' '^cli/report_sheet\.c'
never format 'codec/(api/[^a]|chunk|entropy|lattice|plan|residual|search|table|train)'
for folder in base kernel net plan residual entropy lattice table autoencoder wavelet; do
    never "codec/$folder" '(search|chunk|train|format)/'
done
never codec/search '(chunk|train|format)/'
never codec/chunk '(train|format)/'
never codec/train '(chunk|search|format)/'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
