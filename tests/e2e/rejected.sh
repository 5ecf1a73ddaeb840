#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A bad training set is rejected and named; --force builds all the same and says so; without real use nothing passes.
. "${SOURCE:?the source tree; ctest sets it}/tests/e2e/lib/common.sh"

manifest corpus/corpus.yaml "${TRAINING[@]}" "${HELDOUT[@]}"
manifest corpus/corpus.skewed.yaml '{id: spin, kind: micro, args: [crunch, "30000"]}' "${HELDOUT[@]}"
O=$T/pgo-out/sample-skewed

# what it is put beside must be there, before anything is built
run 2 run corpus/corpus.skewed.yaml --beside pgo-out/sample
is err "pgo-harness: no report in 'pgo-out/sample'" \
	'hint: name the run directory of a finished run: pgo-harness run CORPUS --out pgo-out/sample'
[ ! -e "$O" ] || bad "something was done before the mistake was told"

run 0 run corpus
run 1 run corpus/corpus.skewed.yaml
has out 'REJECTED: '
has out "'spin'"          # the workload to blame
has out "'sift'"          # functions it does not serve
has out 'Measured    nothing: there is no optimized build'
hasnt out FORCED
[ ! -e "$O/build/optimized" ] || bad "a rejected profile was built with"
json "$O/run.json" '[p["status"] for p in r["phases"]] == ["done"] * 5 + ["skipped"] * 3 + ["done"]'
json "$O/gate.json" 'r["verdict"] == "fail" and r["rules"][0]["outcome"] == "fail"'
json "$O/gate.json" 'any(f["demangled"] == "read_number" for c in r["comparisons"] if c["workload"] == "lists2" for f in c["under_served_functions"])'
json "$O/report.json" 'r["measurement"] is None and r["verdict"]["forced"] is False and r["verdict"]["exit_code"] == 1'

run 1 run corpus/corpus.skewed.yaml --force --beside pgo-out/sample
F='FORCED: THE GATE REJECTED THIS PROFILE; IT WAS BUILT AND MEASURED ONLY BECAUSE OF --FORCE'
[ "$(grep -nF "$F" out | cut -d: -f1)" -le 8 ] || bad "not said near the top of the report"
has "$O/report.md" "**$F**"
json "$O/report.json" 'r["verdict"]["forced"] is True and r["verdict"]["exit_code"] == 1'
has err 'THE GATE REJECTED THIS PROFILE; building with it because of --force'
has out "Beside      $T/pgo-out/sample (ACCEPTED, corpus.yaml)"
has out 'baseline programs are identical'
has out "what the gate saved: this profile's build costs "
has "$O/report.md" '| workload | there | here |'
json "$O/report.json" 'len(r["beside"]) == 1 and len(r["beside"][0]["measurement"]["workloads"]) == 2'
[ -x "$O/build/optimized/src/sample" ] || bad "--force built nothing"

# a report without --force afterwards is not a forced one, and shows no measurement of a build that was not wanted
run 1 run corpus/corpus.skewed.yaml
hasnt out FORCED
json "$O/report.json" 'r["measurement"] is None'

# one run directory, two manifests
run 2 run corpus/corpus.skewed.yaml --out pgo-out/sample
is err "pgo-harness: run directory '$T/pgo-out/sample' belongs to '$T/corpus/corpus.yaml'" \
	'hint: give this run its own directory with --out, or empty that one with --fresh'

# no real workload: inconclusive, whatever the numbers
manifest corpus/corpus.unreal.yaml "${TRAINING[@]/\{id:/{kind: synthetic, id:}" '{id: mixed, kind: synthetic, role: heldout, args: [mixed, "50000"]}'
sed -i 's/kind: synthetic, id: sort, kind: synthetic/kind: synthetic, id: sort/' corpus/corpus.unreal.yaml
run 5 run corpus/corpus.unreal.yaml
has out 'INCONCLUSIVE: '
[ ! -e pgo-out/sample-unreal/build/optimized ] || bad "an inconclusive profile was built with"
json pgo-out/sample-unreal/gate.json 'r["real_workloads"] == 0 and r["verdict"] == "inconclusive"'
run 0 run corpus/corpus.unreal.yaml --accept-inconclusive
has out 'taken as accepted because of --accept-inconclusive'
hasnt out FORCED
[ -x pgo-out/sample-unreal/build/optimized/src/sample ] || bad "--accept-inconclusive built nothing"
run 5 run corpus/corpus.unreal.yaml --force
has out 'FORCED: THE GATE COULD NOT ACCEPT THIS PROFILE; IT WAS BUILT AND MEASURED ONLY BECAUSE OF --FORCE'

# builds that do not write the same are no gain
manifest corpus/corpus.where.yaml "${TRAINING[@]}" '{id: where, role: heldout, args: [where, "30000"]}'
run 1 run corpus/corpus.where.yaml
has out 'ACCEPTED: '
has out 'OUTPUTS DIFFER: the optimized program did not write what the baseline wrote; do not ship it'
hasnt out 'ship the optimized program, or'
run 1 run corpus/corpus.where.yaml # and it is not forgotten
has out 'OUTPUTS DIFFER: '
finish
