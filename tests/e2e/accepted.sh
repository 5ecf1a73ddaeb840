#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A good corpus: accepted, built, measured, reported; a second run does nothing again.
. "${SOURCE:?the source tree; ctest sets it}/tests/e2e/lib/common.sh"

manifest corpus/corpus.yaml "${TRAINING[@]}" "${HELDOUT[@]}" '{id: odd, kind: synthetic, role: heldout, args: [sort, "9000"]}' \
	'{id: watched, role: guard, args: [sort, "20000"]}'
O=$T/pgo-out/sample

run 0 run corpus
has out 'ACCEPTED: '
has out 'clang 22.'
has out 'outputs of both builds are equal'
has out 'Performance gate '
hasnt out FORCED
for file in run.json doctor.json report.json report.md report.txt gate.json measured.json profiles/train.profdata \
	profiles/merge.json profiles/loo/words.profdata profiles/loo/lists.profdata analysis/heldout-mixed.json \
	analysis/training-words.json analysis/leave_one_out-words.json analysis/heldout-odd.json analysis/guard-watched.json; do
	[ -s "$O/$file" ] || bad "no $file"
done
[ ! -e "$O/profiles/loo/sort.profdata" ] || bad "a synthetic workload was left out of a merge"
cmp -s out "$O/report.txt" || bad "what was printed is not report.txt"
json "$O/run.json" 'r["schema"] == "pgo-harness/run/1" and [p["status"] for p in r["phases"]] == ["done"] * 9'
json "$O/gate.json" 'r["schema"] == "pgo-harness/gate/1" and r["verdict"] == "pass" and r["real_workloads"] == 4'
json "$O/gate.json" '{c["workload"]: c["judged"] for c in r["comparisons"] if c["kind"] == "heldout"} == {"mixed": True, "lists2": True, "odd": False}'
json "$O/gate.json" '[c["judged"] for c in r["comparisons"] if c["kind"] == "guard"] == [False]'
json "$O/gate.json" 'all(abs(w["share"] - 1 / 3) < 0.0005 for w in r["workloads"])'
json "$O/report.json" 'r["schema"] == "pgo-harness/report/1" and r["verdict"]["exit_code"] == 0'
json "$O/report.json" 'sorted(w["workload"] for w in r["measurement"]["workloads"]) == ["lists2", "mixed", "odd", "watched"]'
json "$O/report.json" 'all(w["outputs_equal"] and 0.1 < w["ratio"] < 10 for w in r["measurement"]["workloads"])'
json "$O/report.json" 'set(r["builds"]) == {"instrumented", "baseline", "optimized"} and len({b["digest"] for b in r["builds"].values()}) == 3'
json "$O/report.json" 'r["profile_warnings"]["mismatched_functions"] == 0'
json "$O/analysis/heldout-mixed.json" 'r["schema"] == "pgo-analyze/compare/1" and r["verdict"] in ("pass", "inconclusive")'
llvm-profdata-22 show "$O/profiles/train.profdata" >/dev/null || bad "llvm-profdata does not read the merge"

# again: nothing is built, run, merged or measured
find "$O" -type f ! -name 'run.json' ! -name 'report.*' ! -name lock ! -name doctor.json -printf '%P %T@\n' | sort >before
run 0 run corpus
find "$O" -type f ! -name 'run.json' ! -name 'report.*' ! -name lock ! -name doctor.json -printf '%P %T@\n' | sort >after
diff before after || bad "files changed in a run with nothing to do"
json "$O/run.json" '[p["phase"] for p in r["phases"] if p["status"] == "reused"] == ["instrument", "replay", "merge", "gate", "baseline", "optimize", "measure"]'

# a threshold concerns the gate alone
run 1 run corpus --max-under-served=0.00001
has out 'limit 1e-05 (given)'
json "$O/run.json" '[p["status"] for p in r["phases"]] == ["done", "reused", "reused", "reused", "done", "skipped", "skipped", "skipped", "done"]'

# a weight concerns the merge and what follows
sed -i 's/{id: words, /{id: words, weight: 3, /' corpus/corpus.yaml
run 0 run corpus --until gate
json "$O/run.json" '[p["status"] for p in r["phases"]] == ["done", "reused", "reused", "done", "done", "skipped", "skipped", "skipped", "done"]'
json "$O/gate.json" '[round(w["share"], 3) for w in r["workloads"]] == [0.6, 0.2, 0.2]'
has out "stopped after phase 'gate' as asked"

# the source concerns everything
echo '/* changed */' >>corpus/src/sample.c
run 0 run corpus --until instrument
json "$O/run.json" '[p["status"] for p in r["phases"]] == ["done", "done"] + ["skipped"] * 7'
# … and a report of what was before would speak of another program
for file in report.json report.md report.txt; do
	[ ! -e "$O/$file" ] || bad "$file of the last run is still there"
done
run 0 run corpus --until gate

# an explicit directory, cachegrind, and reports side by side
run 0 run corpus --out other -q --method cachegrind
[ ! -s err ] || { bad "--quiet is not quiet"; cat err; }
has out 'cachegrind: estimated cycles'
run 0 report other
has out 'ACCEPTED: '
run 0 report other "$O"
has out 'Beside '
run 0 report other --format markdown
has out '## PGO of sample: ACCEPTED'
run 0 report other --format json -o copy.json
json copy.json 'r == __import__("json").load(open("other/report.json"))'
run 0 list corpus
is out 'workload kind      role    weight  command' \
	'words    real      train        3  {binary} words 60000' \
	'lists    real      train        1  {binary} lists 1500' \
	'sort     synthetic train        1  {binary} sort 30000' \
	'mixed    real      heldout      1  {binary} mixed 50000' \
	'lists2   real      heldout      1  {binary} lists 1200' \
	'odd      synthetic heldout      1  {binary} sort 9000' \
	'watched  real      guard        1  {binary} sort 20000'
finish
