# A changed byte anywhere is noticed: every byte of the header, and many after it.
ramp 300 >a
aez compress -q --type u16 a
size=$(wc -c <a.aez)
at=0
while [ "$at" -lt "$size" ]; do
    byte=$(od -An -tu1 -j "$at" -N 1 a.aez | tr -d ' ')
    { head -c "$at" a.aez
      # shellcheck disable=SC2059
      printf "$(printf '\\%03o' $((byte ^ 16)))"
      tail -c +$((at + 2)) a.aez; } >bad.aez
    says 1 aez test -q bad.aez 2>/dev/null
    if [ $at -lt 8 ]; then at=$((at + 1)); else at=$((at + 1 + size / 40)); fi
done
