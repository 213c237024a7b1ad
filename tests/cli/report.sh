# aez report: a page with every kind of item is well-formed, needs nothing else, and its numbers are right.
command -v gnuplot >/dev/null || skip "gnuplot is not installed"

# data: six rows, four images of 2 x 3, latents, scores with ties
printf 'm,pt\n1,10\n2,20\n3,30\n4,40\n5,50\n0,60\n' >jets.csv
printf 'm,pt\n1.1,10\n2.2,20\n3.3,30\n4.4,40\n5.5,50\n0.5,66\n' >back.csv
printf '\0\0\10\3\0\0\0\4\0\0\0\2\0\0\0\3' >images.idx
printf '\0\101\102\103\104\105\106\107\110\111\112\113\114\115\116\117\120\121\122\123\124\125\126\127' >>images.idx
{ head -c 16 images.idx && printf '\164' && tail -c +18 images.idx; } >again.idx
printf '\0\0\10\1\0\0\0\4\0\1\0\1' >labels.idx
printf 'a,b,kind\n1,2,cat\n3,4,dog\n5,6,cat\n7,9,dog\n' >z.csv
printf 'score,truth\n3,1\n1,0\n2,1\n2,0\n2,1\n0,1\n' >s.csv
printf 'epoch,train_loss,valid_loss\n1,0.5,0.6\n2,0.25,0.4\n3,0.125,0.35\n' >curve.csv
printf 'jets\t0.5\tok\nmnist\t0.25\tMISS\n' >figures.tsv
mkdir sub
cat >sub/page <<'END'
# a comment
title: Every <kind> & "all"
text: A paragraph with `code` in it,
  which goes on here.
heading: Tables
table: ../figures.tsv names=recipe,MSE,held caption="Two <rows>"
table: ../jets.csv columns=pt,m rows=3
heading: Plots
curve: ../curve.csv log=y title="Loss"
curve: one=../curve.csv two=../curve.csv
plot: ../curve.csv x=epoch y=train_loss,valid_loss labels=train,valid log=xy xunit=passes
plot: ../z.csv x=a y=b by=kind kind=points
histogram: ../jets.csv:pt bins=5 range=0,50 threshold=25 unit=GeV
histogram: ../s.csv:score by=../s.csv:truth bins=3 log=y
overlay: ../jets.csv restored=../back.csv feature=m,pt unit=GeV bins=5 range=0,60
roc: labels=../s.csv:truth "the <score>"=../s.csv:score
scatter: ../z.csv labels=kind
scatter: ../jets.csv title="Without labels" points=3
sheet: ../images.idx ../again.idx n=3 per=2
sheet: original=../images.idx restored=../again.idx items=3,0 range=0,100 note="Chosen"
END
says 0 aez report sub/page -o out.html --json out.json --csv out.csv
ls -- *.html

# well-formed, nothing from elsewhere, no script
if command -v python3 >/dev/null; then
    python3 - out.html out.json <<'END'
import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
ids = [e.get("id") for e in root.iter() if e.get("id")]
assert len(ids) == len(set(ids)), "an id twice"
for e in root.iter():
    for key in ("href", "src"):
        v = e.get(key, "#")
        assert v.startswith("#") or v.startswith("data:image/png;base64,"), (e.tag, v[:40])
    assert e.tag.split("}")[-1] not in ("script", "link", "iframe", "object"), e.tag
facts = json.load(open(sys.argv[2]))
assert facts and all(set(f) == {"page", "line", "kind", "series", "measure", "at", "value"} for f in facts)
END
fi
grep -c 'https*:' out.html
grep -o '<svg' out.html | wc -l | tr -d ' '
grep -o '<img' out.html | wc -l | tr -d ' '
grep -o '<h1>.*</h1>' out.html
grep -o '<caption>.*</caption>' out.html
grep '<td>mnist' out.html
grep -o '<p>A paragraph.*' out.html

# numbers: areas, counts, residuals
fact() { awk -F, -v kind="$1" -v what="$2" '$3 == kind && $5 == what {print $4, $6, $7}' out.csv; }
fact roc auc
fact histogram count
fact overlay residual_spread | awk '{printf "%s %s %.6f\n", $1, $2, $3}'
fact overlay rms_difference | awk '{printf "%s %s %.6f\n", $1, $2, $3}'
fact overlay count | sed -n '1,10p'
fact curve value | head -n 3
fact sheet mse_shown
fact scatter points_drawn

# an existing page stays, and comes again the same
says 3 aez report sub/page -o out.html 2>/dev/null
says 0 aez report sub/page -f -o again.html
cmp out.html again.html
says 0 aez report sub/page -o - >piped.html
cmp out.html piped.html
nothing_left
