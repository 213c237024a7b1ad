# --json is JSON, whatever the names are.
command -v python3 >/dev/null || skip "no python3 to read JSON with"
ramp 600 >data
{ npy '>f4' True '(10, 6, 5)'; cat data; } >'a "b\.npy'
printf x >"$(printf 'latin\351')"
: >empty
aez compress -q --abs 0.5 --missing nan --variables 1 'a "b\.npy'
aez compress -q "$(printf 'latin\351')"
aez compress -q empty
aez info --json ./*.aez >list.json
aez info --json <empty.aez >stdin.json
says 3 aez info --json missing >none.json
cat >check.py <<'P'
import json
for name in ('list', 'stdin', 'none'):
    files = json.load(open(name + '.json', encoding='utf-8'))
    for f in files:
        parts = sum(f['bytes'].values())
        print(name, ascii(f['file']), f['raw_bytes'], f['layout']['format'], f['layout']['shape'],
              f['layout']['variables_axis'], f['grid'], len(f['fields']),
              f['fields'][0]['mode'], f['fields'][0]['bound'], f['fields'][0]['missing'],
              parts == f['packed_bytes'] or (parts, f['packed_bytes']))
    print(name, len(files))
P
python3 check.py
