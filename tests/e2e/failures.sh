#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What goes wrong gets one clear message and the right exit code, and nothing of a failed workload is merged.
. "${SOURCE:?the source tree; ctest sets it}/tests/e2e/lib/common.sh"

# usage
run 2 run
run 2 run corpus two
run 2 run corpus --until dinner
has err "no phase is called 'dinner'"
run 2 run corpus --jobs 0
has err "--jobs takes a number from 1 to 4096, not '0'"
run 2 run corpus --max-missed=lots
has err "--max-missed takes a number, not 'lots'"

# the corpus
run 3 run nowhere
is err "pgo-harness: cannot read corpus 'nowhere': No such file or directory"
mkdir empty && run 3 run empty
has err "'empty' has no corpus.yaml"
manifest corpus/none.yaml
run 3 run corpus/none.yaml
has err 'none.yaml'
manifest corpus/key.yaml '{id: a, args: [words, "10"], colour: red}'
run 3 run corpus/key.yaml
has err "pgo-harness: corpus/key.yaml:17: unknown key 'colour' in 'workloads'"
manifest corpus/stdin.yaml '{id: a, args: [cat], stdin: not-there.txt}'
run 3 run corpus/stdin.yaml
is err "pgo-harness: corpus/stdin.yaml:17: stdin file 'not-there.txt' of workload 'a' does not exist"
[ ! -e pgo-out ] || bad "something was done for a corpus that is wrong"

# builds
manifest corpus/nobinary.yaml "${TRAINING[@]}"
sed -i 's/binary: sample/binary: other/' corpus/nobinary.yaml
run 4 run corpus/nobinary.yaml
has err "pgo-harness: the instrumented build ended well but left no program '$T/pgo-out/sample-nobinary/build/instrumented/src/other'"
manifest corpus/broken.yaml "${TRAINING[@]}"
sed -i 's/sample.c$/sample.c missing.c/' corpus/broken.yaml
run 4 run corpus/broken.yaml
has err 'exited with status 1'
has err 'missing.c'
json pgo-out/sample-broken/run.json '[p["status"] for p in r["phases"]][:3] == ["done", "failed", "pending"]'

# workloads: each of these stops the run, names the workload and says what became of it
GOOD='{id: good, args: [words, "20000"]}'
workload()
{
	manifest "corpus/$1.yaml" "$GOOD" "$2"
	run 4 run "corpus/$1.yaml" -j 1
	has err "workload 'bad'"
	has err "$3"
	[ ! -e "pgo-out/sample-$1/profiles" ] || bad "$1: profiles were merged"
	json "pgo-out/sample-$1/run.json" '[p["status"] for p in r["phases"]][2:4] == ["failed", "pending"]'
}
workload failing '{id: bad, args: [nosuchmode]}' 'exited with status 3'
workload crashing '{id: bad, args: [crash]}' 'killed by signal 6'
workload hanging '{id: bad, args: [hang], timeout_s: 0.5}' 'timed out after 0.5 s'
workload notthere '{id: bad, command: [/no/such/program]}' 'No such file or directory'
workload noexec '{id: bad, command: ["{corpus}/noexec.yaml"]}' 'Permission denied'

# --keep-going: the others are merged, and the report says what is missing
manifest corpus/some.yaml "${TRAINING[@]}" "${HELDOUT[@]}" '{id: bad, args: [nosuchmode]}' \
	'{id: gone, role: heldout, args: [crash]}'
run 0 run corpus/some.yaml --keep-going
has out 'MISSING   bad (train): '
has out 'MISSING   gone (heldout): '
has pgo-out/sample-some/report.md '**missing**'
S=pgo-out/sample-some
json $S/profiles/merge.json '[w["workload"] for w in r["left_out"]] == ["bad", "gone"]'
json $S/profiles/merge.json 'sorted(s["workload"] for s in r["train"]["shares"]) == ["lists", "sort", "words"]'
json $S/report.json 'len(r["measurement"]["workloads"]) == 2'
[ ! -e $S/profiles/workload/bad.profdata ] || bad "a failed workload was merged"

# nothing is left to train on
manifest corpus/allbad.yaml '{id: bad, args: [nosuchmode]}' "${HELDOUT[@]}"
run 4 run corpus/allbad.yaml --keep-going
has err "no training workload of corpus 'sample' can be used"

# a workload that never touches the program leaves no profile
manifest corpus/idle.yaml "$GOOD" '{id: idle, command: ["true"]}'
run 4 run corpus/idle.yaml
has err "workload 'idle'"

# two runs at once
MARK=$((RANDOM + 200000)).5
manifest corpus/busy.yaml "$GOOD"
E2E_SLOW=run E2E_MARK=$MARK "$H" run corpus/busy.yaml -q >/dev/null 2>&1 &
LEFT_OVER=$!
for i in $(seq 200); do
	pgrep -f "sleep $MARK" >/dev/null && break
	sleep 0.05
done
run 4 run corpus/busy.yaml
is err "pgo-harness: run directory '$T/pgo-out/sample-busy' is in use by another pgo-harness (process $LEFT_OVER)" \
	'hint: wait until it is done, or give this run its own directory with --out'
kill -TERM $LEFT_OVER
wait $LEFT_OVER
[ $? = 4 ] || bad "SIGTERM does not end with exit code 4"
LEFT_OVER=
! pgrep -f "sleep $MARK" >/dev/null || bad "a child was left after SIGTERM"
finish
