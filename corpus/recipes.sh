#!/bin/sh
# recipes.sh - trains and measures every system of the autoencoder tutorials, and writes a page.
# T='mnist-*' picks recipes; FULL=1 takes the published widths where a narrower net is the default.
set -u
. corpus/data.sh
need_command recipes
need_data recipes
AEZ_DATA=$(cd "$AEZ_DATA" && pwd) # pages name data by it, from folders of their own
: "${T:=*}" "${OUT:=$B/recipes}"
export B OUT AEZ COMPARE GENERATE AEZ_DATA
began=$(date +%s) failed=0
mkdir -p "$OUT" || exit 3
for script in corpus/recipes/*.sh; do
    name=$(basename "$script" .sh)
    # shellcheck disable=SC2254 # T is a pattern
    case $name in lib) continue ;; $T) ;; *) continue ;; esac
    started=$(date +%s)
    echo "$name"
    sh "$script" || {
        echo "$name: FAILED" >&2
        failed=$((failed + 1))
    }
    echo "  ($(($(date +%s) - started)) s)"
done
cat "$OUT"/*/figures.tsv >"$OUT/figures.tsv" 2>/dev/null
missed=$(grep -c 'MISS$' "$OUT/figures.tsv")
pages=
for page in "$OUT"/*/page; do
    [ -f "$page" ] && pages="$pages $page"
done
# shellcheck disable=SC2086 # one word per page
[ -z "$pages" ] || "$AEZ" report -f $pages -o "$OUT/recipes.html" || failed=$((failed + 1))
echo "recipes: $(wc -l <"$OUT/figures.tsv" | tr -d ' ') figures, $missed missed, $failed failed," \
    "$(($(date +%s) - began)) s; see $OUT/recipes.html"
[ "$missed" -eq 0 ] && [ "$failed" -eq 0 ]
