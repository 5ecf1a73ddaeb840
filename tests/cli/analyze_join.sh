# SPDX-License-Identifier: GPL-3.0-or-later
# Commands on several profiles: are they of one program, are they several runs, and did they run at all?
. "$(dirname "$0")/analyze_lib.bash"
cd "$SCRATCH"
DATASET=$SOURCE/tests/fixtures/dataset
for name in REALEQ m_loop r_dpkgsum r_wordfreq; do
	ln -s "$DATASET/$name.profdata" "$name.profdata"
done
real="r_dpkgsum.profdata r_wordfreq.profdata REALEQ.profdata"
ln -s "$SAMPLES/ir-22.profdata" foreign.profdata
cp "$INPUT/zero.proftext" "$INPUT/real.proftext" "$INPUT/similar.proftext" "$INPUT/skewed.proftext" .

# a profile of another program: no verdict on all of them can pass, and nothing else is judged
for command in "weights" "weights --match REALEQ.profdata" "skew --merged" stability sufficiency; do
	run 1 $command $real foreign.profdata
	grep -qF "'foreign.profdata' (0.0 %)" out || fail "$command does not name the foreign profile: $(head -5 out)"
	grep -q '^  FAIL  *join  *[0-9.e-]*, at least 0.5$' out || fail "$command has no failed rule 'join': $(grep join out)"
	[ "$(grep -c '^  FAIL' out)" = 1 ] || fail "$command judges more than the join: $(grep '^  FAIL' out)"
	grep -q 'not judged: join too low' out || fail "$command judges what cannot be judged"
	run 1 $command --inconclusive-as pass r_dpkgsum.profdata foreign.profdata
	# without it all are joined
	code=0
	"$ANALYZE" $command $real >out 2>err || code=$?
	[ "$code" != 1 ] || fail "$command fails profiles of one program"
	grep -q '^  PASS  *join  *1, at least 0.5$' out || fail "$command: $(grep join out)"
done
# the reference of --match too
run 1 weights --match foreign.profdata $real
grep -qF "'foreign.profdata' (0.0 %)" out || fail "weights does not name the foreign reference: $(head -5 out)"
# half and half: none is of the same program as most of the others
run 1 stability r_dpkgsum.profdata r_wordfreq.profdata foreign.profdata "$SAMPLES/ir-19.profdata"
grep -q "^rejected: profiles are of another program or build" out || fail "half and half: $(head -5 out)"
# matrix has no verdict: it warns
run 0 matrix $real foreign.profdata
[ "$(cat err)" = "pgo-analyze: warning: a profile is of another program or build: so little is in functions that the others \
have by name and hash: 'foreign.profdata' (0.0 %)" ] || fail "matrix: $(cat err)"
run 0 matrix $real
[ ! -s err ] || fail "matrix warns of profiles of one program: $(cat err)"
run 1 stability --format json $real foreign.profdata
grep -c '"join_share"' out | grep -qx 4 || fail "no join shares in JSON"

# profiles that list only what ran: functions that are not listed are no sign of another program
for run in a b c; do
	printf 'function,counter,count,hash\n' >$run.csv
	for f in 1 2 3 4; do printf 'common%d,0,10,%d\n' $f $f; done >>$run.csv
	for f in 1 2 3 4 5 6; do printf '%s%d,0,9000,7\n' $run $f; done >>$run.csv
done
run 1 sufficiency --min-workloads 3 a.csv b.csv c.csv
grep -q '^  PASS  *join  *1, at least 0.5$' out || fail "lists of what ran: $(grep join out)"
sed 's/common/other/' c.csv >d.csv
run 1 sufficiency --min-workloads 3 a.csv b.csv d.csv
grep -qF "'d.csv' (0.0 %)" out || fail "a list of another program: $(head -5 out)"

# a profile without counts is no workload
for command in stability sufficiency weights calibrate; do
	refuses 3 "pgo-analyze: profile 'zero.proftext' has no counts: it says nothing about a workload
hint: leave it out, or record it again" $command real.proftext zero.proftext similar.proftext
done

# a pattern, a directory or a list is added up: that is said, for it may not be what was meant
mkdir runs
cp real.proftext similar.proftext runs
printf 'runs/real.proftext\nruns/similar.proftext\n' >both
for argument in 'runs/*.proftext' runs @both; do
	note="pgo-analyze: note: '$argument' is 2 files, added up to one workload; give them one by one to have each as a workload"
	for command in weights matrix stability sufficiency "skew --merged" calibrate; do
		"$ANALYZE" $command "$argument" skewed.proftext >out 2>err || true
		[ "$(cat err)" = "$note" ] || fail "$command $argument: $(cat err)"
	done
	"$ANALYZE" weights "$argument" skewed.proftext >out 2>err || true
	grep -qF "none: '$argument' is no single file" out || fail "weights $argument: $(grep -A2 ^Command out)"
	if grep -q "llvm-profdata merge" out; then fail "weights prints a command with '$argument'"; fi
	for command in "skew skewed.proftext -r" "gate skewed.proftext"; do
		"$ANALYZE" $command "$argument" >out 2>err || true
		[ "$(cat err)" = "$(echo "$note" | sed 's/workload/reference/g')" ] || fail "$command $argument: $(cat err)"
	done
	for command in matrix calibrate; do
		run 2 $command "$argument"
		grep -qxF "hint: '$argument' is 2 files, added up to one profile; give them one by one, a pattern without quotes" err ||
			fail "$command $argument alone: $(cat err)"
	done
done
# compare adds up what is meant to be added up; one file behind a pattern is no sum, but has no name for a command either
"$ANALYZE" compare runs real.proftext >out 2>err || true
[ ! -s err ] || fail "compare notes a sum: $(cat err)"
"$ANALYZE" weights 'runs/r*.proftext' skewed.proftext >out 2>err || true
[ ! -s err ] || fail "a note on one file: $(cat err)"
if grep -q "llvm-profdata merge" out; then fail "weights prints a command with a pattern"; fi
"$ANALYZE" weights - skewed.proftext <real.proftext >out 2>err || true
grep -q "none: '-', standard input, is no file" out || fail "weights -: $(grep -A2 ^Command out)"

# one run given as several workloads, as it is or with other weights
printf ':ir\nf\n1\n2\n700\n300\n\ng\n2\n1\n0\n' >once.proftext
printf ':ir\nf\n1\n2\n2100\n900\n' >thrice.proftext
printf ':ir\nf\n1\n2\n700\n301\n' >differs.proftext
warning="pgo-analyze: warning: 'once.proftext' and 'thrice.proftext' are the same but for a factor: one run given as two \
says nothing about how workloads differ"
for command in stability sufficiency weights matrix; do
	"$ANALYZE" $command once.proftext differs.proftext thrice.proftext >out 2>err || true
	[ "$(cat err)" = "$warning" ] || fail "$command: $(cat err)"
done
"$ANALYZE" stability a=once.proftext b=differs.proftext a=thrice.proftext >out 2>err || true
[ ! -s err ] || fail "a warning of repeats: $(cat err)"
finish
