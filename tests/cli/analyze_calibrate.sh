# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze calibrate, and gate with the policy it wrote.
. "$(dirname "$0")/analyze_lib.bash"
cp "$INPUT"/*.proftext "$SCRATCH"
cd "$SCRATCH"
sed 's/0000$/1000/' real.proftext >fourth.proftext

golden help-calibrate 0 calibrate --help
golden calibrate 0 calibrate real.proftext similar.proftext skewed.proftext fourth.proftext
golden calibrate-json 0 calibrate --format json --alpha 0.25 --labels a,a,b,c real.proftext similar.proftext \
	skewed.proftext fourth.proftext
golden calibrate-csv 0 calibrate --format csv --alpha 0.25 real.proftext similar.proftext skewed.proftext

# what it writes is what gate reads
policy=$SCRATCH/policy.yaml
run 0 calibrate --write-policy "$policy" real.proftext similar.proftext skewed.proftext
sed -n '/^Policy file/,$p' "$SCRATCH/out" | sed 1d | diff -u - "$policy" >"$SCRATCH/diff" || fail "text and file differ: $(cat "$SCRATCH/diff")"
run 0 gate --policy "$policy" real.proftext similar.proftext
grep -q "under_served .*, at most 0.018 (policy)" "$SCRATCH/out" || fail "a rule by a policy: $(grep under_served "$SCRATCH/out")"
grep -q "max_under_served  *0.018  policy" "$SCRATCH/out" || fail "gate --policy: $(grep max_under "$SCRATCH/out")"
grep -q "max_saturated  *0  default" "$SCRATCH/out" || fail "what the policy does not name is no default"
# a flag goes before the file, wherever it stands
for order in "--max-under-served 0.5 --policy $policy" "--policy $policy --max-under-served 0.5"; do
	run 0 gate $order real.proftext similar.proftext
	grep -q "max_under_served  *0.5  yours" "$SCRATCH/out" || fail "$order: $(grep max_under "$SCRATCH/out")"
done
# the gate: section of a manifest is a policy
printf 'corpus: x\nbuild: {recipe: make}\ngate:\n  max_missed: 0.25\n' >"$SCRATCH/corpus.yaml"
run 0 compare --policy "$SCRATCH/corpus.yaml" real.proftext similar.proftext
grep -q "max_missed  *0.25  policy" "$SCRATCH/out" || fail "manifest: $(grep max_missed "$SCRATCH/out")"

printf 'gate:\n  max_misses: 1\n' >"$SCRATCH/bad.yaml"
run 3 gate --policy "$SCRATCH/bad.yaml" real.proftext similar.proftext
grep -qF "pgo-analyze: cannot read policy '$SCRATCH/bad.yaml': line 2: gate: no gate threshold is called 'max_misses'" \
	"$SCRATCH/err" || fail "bad policy: $(cat "$SCRATCH/err")"
refuses 3 "pgo-analyze: cannot read policy 'missing': No such file or directory
hint: 'pgo-analyze gate --help' lists the options" gate --policy missing real.proftext similar.proftext

# a profile of another program would make every threshold let everything pass; the same run twice is noted in the file
rm "$policy"
refuses 3 "pgo-analyze: cannot calibrate with a profile of another program or build: too little is in functions that the \
others have by name and hash: 'other.proftext' (0.0 %)
hint: leave it out: thresholds that accept it accept anything" \
	calibrate --write-policy "$policy" real.proftext similar.proftext skewed.proftext other.proftext
[ ! -e "$policy" ] || fail "a policy was written all the same"
cp real.proftext again.proftext
run 0 calibrate --write-policy "$policy" real.proftext similar.proftext again.proftext
twins="'real.proftext' and 'again.proftext' are the same but for a factor"
grep -qF "pgo-analyze: warning: $twins" err || fail "no warning of one run given as two: $(cat err)"
grep -qF "# note: $twins" "$policy" || fail "the policy does not note one run given as two: $(cat "$policy")"
grep -q "^# note: 3 workloads cannot promise" "$policy" || fail "the policy does not note that the workloads are few"
run 0 gate --policy "$policy" real.proftext similar.proftext
# repeats of one workload may be alike
run 0 calibrate --labels a,b,a real.proftext similar.proftext again.proftext
[ ! -s err ] || fail "a warning of repeats: $(cat err)"

hint="
hint: 'pgo-analyze calibrate --help' shows examples"
refuses 2 "pgo-analyze: calibrate needs one profile for each of two workloads or more; 1 given$hint" calibrate a
refuses 2 "pgo-analyze: --labels needs one name for each profile: 1 for 2$hint" calibrate --labels x a b
refuses 2 "pgo-analyze: all profiles are repeats of 'x': at least two workloads are needed$hint" calibrate --labels x,x a b
refuses 3 "pgo-analyze: profile 'zero.proftext' has no counts: it says nothing about a workload
hint: leave it out, or record it again" calibrate real.proftext zero.proftext
refuses 4 "pgo-analyze: cannot write '$SCRATCH/none/p': No such file or directory" \
	calibrate --write-policy "$SCRATCH/none/p" real.proftext similar.proftext
finish
