#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The numbers of merge and gate against what llvm-profdata's own text says, computed here a second time.
. "${SOURCE:?the source tree; ctest sets it}/tests/e2e/lib/common.sh"

manifest corpus/corpus.yaml '{id: words, weight: 2.5, args: [words, "60000"]}' '{id: lists, args: [lists, "300"]}' \
	'{id: sort, kind: synthetic, weight: 0.01, args: [sort, "90000"]}' "${HELDOUT[@]}"
"$H" run corpus --until gate >out 2>err
[ -s pgo-out/sample/gate.json ] || { bad "no verdict"; cat err; finish; }
cd pgo-out/sample/profiles
for file in train.profdata workload/*.profdata; do
	file=${file%.profdata}
	llvm-profdata-22 merge --text -o "$file.txt" "$file.profdata" || bad "llvm-profdata"
done
python3 - <<'END' || bad "the numbers differ"
import json, re, subprocess

def read(path):
    """{(name, hash): [counters]} of a text profile without value data beyond its counters"""
    out, lines = {}, [l.strip() for l in open(path)]
    lines = [l for l in lines if l and not l.startswith(('#', ':'))]
    i = 0
    while i < len(lines):
        name, digest, n = lines[i], lines[i + 1], int(lines[i + 2])
        out[name, digest] = [int(c) for c in lines[i + 3:i + 3 + n]]
        i += 3 + n
        if i < len(lines) and re.fullmatch(r'\d+', lines[i]):       # value kinds follow
            kinds = int(lines[i]); i += 1
            for _ in range(kinds):
                sites = int(lines[i + 1]); i += 2
                for _ in range(sites):
                    i += 1 + int(lines[i])
    return out

def threshold(profile, cutoff):
    counters = sorted((c for f in profile.values() for c in f), reverse=True)
    want, total = sum(counters) * cutoff // 1000000, 0
    for c in counters:
        total += c
        if total >= want:
            return c

def close(a, b, tolerance=1e-9):
    assert abs(a - b) <= tolerance, (a, b)

merge, gate = json.load(open('merge.json')), json.load(open('../gate.json'))
train = read('train.txt')
own = {w['workload']: read('workload/%s.txt' % w['workload']) for w in merge['workloads']}
weights = {s['workload']: s['integer_weight'] for s in merge['train']['shares']}
mass = {w: sum(c for f in p.values() for c in f) for w, p in own.items()}

# every merged counter is the weighted sum
for key, counters in train.items():
    for i, c in enumerate(counters):
        assert c == sum(weights[w] * own[w][key][i] for w in weights if key in own[w]), (key, i)
# shares, as wanted
total = sum(c for f in train.values() for c in f)
wanted = {'words': 2.5 / 3.51, 'lists': 1 / 3.51, 'sort': 0.01 / 3.51}
for s in merge['train']['shares']:
    share = weights[s['workload']] * mass[s['workload']] / total
    close(s['effective_share'], share)
    assert abs(share / wanted[s['workload']] - 1) < 0.001, s
    assert s['mass'] == mass[s['workload']], s
# what a workload calls hot and the merge still does
hot = threshold(train, 990000)
for w in gate['workloads']:
    p = own[w['workload']]
    limit = threshold(p, 990000)
    counters = [(c, train[k][i]) for k, f in p.items() for i, c in enumerate(f) if c >= limit]
    close(w['hot_survival'], sum(c for c, a in counters if a >= hot) / sum(c for c, a in counters))
    print(w['workload'], w['hot_survival'])
assert min(w['hot_survival'] for w in gate['workloads']) < 0.5, 'the drowned workload is not seen'
# overlap with the held-out workloads, to the precision llvm-profdata prints
for c in gate['comparisons']:
    if c['kind'] != 'heldout':
        continue
    text = subprocess.run(['llvm-profdata-22', 'overlap', 'train.profdata', 'workload/%s.profdata' % c['workload']],
                          capture_output=True, text=True).stdout
    printed = float(re.search(r'Edge profile overlap: ([0-9.]+)%', text).group(1))
    close(100 * c['overlap_ratio'], printed, 0.00051)
END
cd "$T"
finish
