#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The performance gate: what no training workload runs is compiled for size, and a guard or a held-out workload that lives
# on it becomes slower; that fails the run though the profile gate, which judges by real held-out use, accepts.
. "${SOURCE:?the source tree; ctest sets it}/tests/e2e/lib/common.sh"

GUARDED=("${TRAINING[@]}" "${HELDOUT[@]}" '{id: watched, role: guard, args: [sort, "20000"]}')
COLD='args: [crunch, "200000"]'

# a guard
manifest corpus/corpus.guard.yaml "${GUARDED[@]}" "{id: cold, role: guard, $COLD}"
O=$T/pgo-out/sample-guard
run 1 run corpus/corpus.guard.yaml --method cachegrind
has out 'ACCEPTED: '
tr -s ' \n' ' ' <out >flat
grep -qE "Performance gate FAILED: held-out workloads: [^;]*; guard 'cold' \(ratio [0-9.]+\) became slower than the limit 1.02" flat ||
	bad "the guard is not named"
has err 'PERFORMANCE GATE FAILED: '
has out 'do not ship the optimized program'
hasnt out 'ship the optimized program, or'
has "$O/report.md" '**Performance gate FAILED**: '
json "$O/report.json" 'r["verdict"]["outcome"] == "pass" and r["verdict"]["exit_code"] == 1'
json "$O/report.json" 'r["performance_gate"]["outcome"] == "fail" and r["performance_gate"]["heldout"]["outcome"] == "pass"'
json "$O/report.json" '{g["workload"]: g["outcome"] for g in r["performance_gate"]["guards"]} == {"watched": "pass", "cold": "fail"}'
json "$O/report.json" '"performance_gate" not in r["measurement"]'
run 1 run corpus/corpus.guard.yaml --method cachegrind # and it is not forgotten
json "$O/run.json" '[p["status"] for p in r["phases"] if p["phase"] == "measure"] == ["reused"]'
has out 'Performance gate FAILED: '
run 0 report "$O"
has out 'Performance gate FAILED: '

# the same by time: seven pairs are enough for two guards, three for none
run 1 run corpus/corpus.guard.yaml --method time --runs 7
json "$O/report.json" '[g["p_holm"] <= 0.05 for g in r["performance_gate"]["guards"] if g["workload"] == "cold"] == [True]'
run 0 run corpus/corpus.guard.yaml --method time --runs 3
has out 'Performance gate INCONCLUSIVE: '

# held-out workloads
manifest corpus/corpus.heldout.yaml "${TRAINING[@]}" '{id: mixed, role: heldout, args: [mixed, "50000"]}' \
	"{id: cold, kind: synthetic, role: heldout, $COLD}"
run 1 run corpus/corpus.heldout.yaml --method cachegrind
has out 'Performance gate FAILED: held-out workloads became slower: '
json pgo-out/sample-heldout/report.json 'r["performance_gate"]["heldout"]["change"] == "slower" and not r["performance_gate"]["guards"]'

# nothing slower
manifest corpus/corpus.yaml "${GUARDED[@]}"
run 0 run corpus --method cachegrind
has out 'Performance gate PASSED: '
json pgo-out/sample/report.json 'r["performance_gate"]["outcome"] == "pass" and len(r["performance_gate"]["guards"]) == 1'

# samples that are not those of the record are measured again
echo >>pgo-out/sample/measure/optimized.json
run 0 run corpus --method cachegrind
json pgo-out/sample/run.json '[p["status"] for p in r["phases"] if p["phase"] == "measure"] == ["done"]'
finish
