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
# a sum of shares that misses 1 by rounding is 1
dataset=$SOURCE/tests/fixtures/dataset
for reference in r_dpkgsum r_wordfreq m_loop; do
	run 0 gate --report-only --min-join 1 "$dataset/REALEQ.profdata" "$dataset/$reference.profdata"
	grep -q '^  PASS  *join  *1, at least 1 ' "$SCRATCH/out" || fail "$reference: $(grep ' join ' "$SCRATCH/out")"
done

# thresholds lie in their range, on the command line and in files; a percentage is told what share it is
share="
hint: it is a share:"
options="
hint: 'pgo-analyze gate --help' lists the options"
refuses 2 "pgo-analyze: --max-under-served must lie between 0 and 1, not 60$share 60 % is 0.6" gate --max-under-served 60 a b
refuses 2 "pgo-analyze: --min-join must lie between 0 and 1, not 95$share 95 % is 0.95" gate --min-join 95 a b
refuses 2 "pgo-analyze: --min-retained must lie between -2 and 1, not -9$options" gate --min-retained -9 a b
refuses 2 "pgo-analyze: --min-functions must be a whole number of 0 or more, not 2.5$options" gate --min-functions 2.5 a b
refuses 2 "pgo-analyze: --max-saturated must be a whole number of 0 or more, not -1$options" gate --max-saturated=-1 a b
printf 'gate:\n  max_missed: 10\n' >"$SCRATCH/percent.yaml"
refuses 3 "pgo-analyze: cannot read policy '$SCRATCH/percent.yaml': line 2: gate: max_missed must lie between 0 and 1, not 10\
$share 10 % is 0.1" gate --policy "$SCRATCH/percent.yaml" a b
finish
