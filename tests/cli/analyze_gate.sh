# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze gate: one verdict over several references.
. "$(dirname "$0")/analyze_lib.bash"
cd "$INPUT"

golden gate-pass 0 gate real.proftext similar.proftext real.proftext
golden gate-fail 1 gate similar.proftext real.proftext skewed.proftext stale.proftext
golden gate-fail-json 1 gate --format json similar.proftext real.proftext stale.proftext
golden gate-fail-csv 1 gate --format csv similar.proftext real.proftext stale.proftext
golden gate-inconclusive 5 gate real.proftext similar.proftext zero.proftext
run 0 gate --inconclusive-as pass real.proftext similar.proftext zero.proftext
run 0 gate --report-only similar.proftext stale.proftext

# one reference is judged as compare judges it
for train in similar skewed stale zero; do
	gate=0 compare=0
	"$ANALYZE" gate $train.proftext real.proftext >/dev/null || gate=$?
	"$ANALYZE" compare $train.proftext real.proftext >/dev/null || compare=$?
	[ $gate = $compare ] || fail "$train: gate ends with $gate, compare with $compare"
done

refuses 3 "pgo-analyze: cannot read profile 'missing': cannot open: No such file or directory" \
	gate real.proftext similar.proftext missing
run 3 gate real.proftext similar.proftext front-end.proftext
grep -q "^pgo-analyze: cannot compare 'real.proftext' with 'front-end.proftext': the two profiles are of different kinds" \
	"$SCRATCH/err" || fail "kinds: $(cat "$SCRATCH/err")"
[ ! -s "$SCRATCH/out" ] || fail "a result in spite of a profile of another kind"
finish
