#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files of the run directory that were damaged since: the work is done again, and the verdict is what it was.
. "${SOURCE:?the source tree; ctest sets it}/tests/e2e/lib/common.sh"

manifest corpus/corpus.yaml "${TRAINING[@]}" "${HELDOUT[@]}"
O=$T/pgo-out/sample
run 0 run corpus --until optimize
cp "$O/gate.json" gate.before
sha256sum "$O"/profiles/*.profdata "$O"/profiles/*/*.profdata "$O"/analysis/* >before

# again PHASES…: the same run, in which exactly these phases have something to do
again()
{
	run 0 run corpus --until optimize
	json "$O/run.json" "[p['phase'] for p in r['phases'] if p['status'] == 'done'] == ['doctor'] + '$*'.split() + ['report']"
	cmp -s gate.before "$O/gate.json" || bad "another verdict after: $*"
	sha256sum --quiet -c before || bad "other profiles after: $*"
}
halve()
{
	truncate -s $(($(stat -c %s "$1") / 2)) "$1"
}
again
halve "$O/run.json" && again
halve "$O/doctor.json" && again
halve "$O/build/instrumented/build.json" && again instrument
echo x >>"$O/build/instrumented/src/sample" && again instrument
# raw files hold addresses, so those of another run differ; what is merged of them does not
rm "$O"/replay/words/profile/*.profraw && again replay merge
for raw in "$O"/replay/words/profile/*.profraw; do halve "$raw"; done && again replay merge
halve "$O/replay/lists/replay.json" && again replay merge
halve "$O/profiles/merge.json" && again merge
halve "$O/profiles/workload/words.profdata" && again merge
halve "$O/profiles/train.profdata" && again merge
printf X | dd of="$O/profiles/loo/words.profdata" bs=1 seek=100 conv=notrunc 2>/dev/null && again merge
halve "$O/gate.json" && again gate
halve "$O/analysis/heldout-mixed.json" && again gate
rm "$O/analysis/training-words.json" && again gate
rm "$O/build/optimized/src/sample" && again optimize
echo x >>"$O/build/baseline/src/sample" && again baseline

# a directory in the place of a record
rm "$O/gate.json" && mkdir -p "$O/gate.json/x" && again gate
finish
