# lib.sh - read by every recipe: where its results go, and how figures are kept.
. corpus/data.sh
: "${HAT:=--linear --latent 60 --latent-step 5}" "${SHEET:=$B/aez-sheet}" "${OUT:=$B/recipes}" "${SEED:=1}"
recipe=$(basename "$0" .sh)
dir=$OUT/$recipe
mkdir -p "$dir" || exit 3
: >"$dir/figures.tsv"
: >"$dir/seconds.tsv"

# need FILE...: real sets under AEZ_DATA; the recipe is skipped, saying so, where one is missing.
need() {
    for set in "$@"; do
        [ -n "$AEZ_DATA" ] && [ -f "$AEZ_DATA/$set" ] && continue
        echo "$recipe: skipped: ${AEZ_DATA:-AEZ_DATA}/$set is missing (real data is not part of this project)"
        rm -rf "$dir"
        exit 0
    done
}

# figure WHAT VALUE [LIMIT at-most|at-least]: one line of the table; a limit makes it a verdict.
figure() {
    held=$(awk -v v="$2" -v l="${3:-}" -v way="${4:-}" 'BEGIN {
        if (l == "") print ""
        else print (v != "" && v != "-" && (way == "at-most" ? v + 0 <= l + 0 : v + 0 >= l + 0)) ? "ok" : "MISS"}')
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$recipe" "$1" "${2:--}" "${3:-}" "${4:-}" "$held" >>"$dir/figures.tsv"
    printf '  %-66s %12s %-9s %10s %s\n' "$1" "${2:--}" "${4:-}" "${3:-}" "$held"
}

# train NAME DATA... OPTIONS: a model in the recipe's folder, and the seconds that it took.
train() {
    made=$1
    shift
    began=$(date +%s)
    "$AEZ" train -q -f --seed "$SEED" "$@" -o "$dir/$made.aezm" || exit 1
    seconds=$(($(date +%s) - began))
    printf '%s\t%s\n' "$made" "$seconds" >>"$dir/seconds.tsv"
}

# error MODEL DATA OPTIONS...: mean over items of the squared error of standardised features.
error() {
    model=$1
    shift
    "$AEZ" score -q -f "$@" -m "$dir/$model.aezm" -o "$dir/score.csv" >/dev/null &&
        awk -F, 'NR > 1 {s += $1; n++} END {if (n) printf "%.6f", s / n}' "$dir/score.csv"
}

# packed FILE RAW-OPTIONS... : bytes of FILE compressed with these options, restored and compared.
packed() {
    file=$1
    shift
    "$AEZ" compress -q -f "$@" "$file" -o "$dir/packed.aez" && bytes_of "$dir/packed.aez"
}

# json KEY MODEL: a number of `aez info --json`.
json() {
    "$AEZ" info --json "$dir/$2.aezm" | tr ',{}' '\n\n\n' | sed -n "s/^ *\"$1\": *//p" | head -1
}

ratio_of() {
    awk -v a="$1" -v b="$2" 'BEGIN {if (b > 0) printf "%.3f", a / b; else print "-"}'
}

# page TITLE: what the report shows of the recipe, from standard input (spec/report.md), after its
# figures.
page() {
    awk -F'\t' 'BEGIN {print "what,value,limit,held"} {
        gsub(/"/, "\"\"", $2)
        printf "\"%s\",%s,%s,%s\n", $2, $3, $4 == "" ? "" : ($5 == "at-most" ? "at most " : "at least ") $4, $6
    }' "$dir/figures.tsv" >"$dir/figures.csv"
    {
        echo "title: $1"
        cat
        echo 'table: figures.csv left=what,limit,held caption="Figures of this run"'
        echo 'table: seconds.csv left=model caption="Seconds of training on this machine, stages included"'
    } >"$dir/page"
    { echo model,seconds && tr '\t' , <"$dir/seconds.tsv"; } >"$dir/seconds.csv"
}
