# The test vectors of the format: good files restore what they must, by the command and by the
# reader that was written from the text; all others are refused for the reason that is written down.
vectors=$1/../../spec/vectors
reader=$1/../../spec/reader/aez_read.py
python=
if command -v python3 >/dev/null && command -v zstd >/dev/null; then python=python3; fi

models=
for model in "$vectors"/*.aezm; do models="$models -m $model"; done

hash_of() { sha256sum | cut -d ' ' -f 1; }

n=0
while read -r hash file; do
    [ "$(aez decompress -q $models -c "$vectors/$file" | hash_of)" = "$hash" ] || echo "wrong: $file"
    [ -z "$python" ] || [ "$($python -B "$reader" $models "$vectors/$file" | hash_of)" = "$hash" ] ||
        echo "wrong in Python: $file"
    grep -q "^| $file |" "$vectors/README.md" || echo "not explained: $file"
    n=$((n + 1))
done <"$vectors/SHA256SUMS"
echo "good: $n"

n=0
for path in "$vectors"/bad-*.aez "$vectors"/unsupported-*.aez; do
    file=${path##*/}
    errors=$(sed -n "s/^| $file | \([^|]*\) |.*/\1/p" "$vectors/README.md")
    [ -n "$errors" ] || echo "not explained: $file"
    aez test -q $models "$path" 2>/dev/null
    got=$?
    [ $got -eq 1 ] || echo "exit $got: $file"
    if [ -n "$python" ]; then
        error=$($python -B "$reader" $models "$path" 2>&1 >/dev/null | sed -n 's/.*\.aez: \([A-Z]*\):.*/\1/p')
        case " $errors " in
        *[,\ ]"$error"[,\ ]*) ;;
        *) echo "$file: $error instead of $errors" ;;
        esac
    fi
    n=$((n + 1))
done
echo "refused: $n"
