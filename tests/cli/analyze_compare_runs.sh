# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze compare with several profiles on a side: means, permutation tests, ranks, noise floor.
. "$(dirname "$0")/analyze_lib.bash"

# The profiles of tests/validation/runs_oracle.py, as tables: four training runs, five test runs.
mkdir "$SCRATCH/tables"
python3 - "$SCRATCH/tables" <<'PY'
import sys
state = 12345
for run in range(9):
    test = run >= 4
    with open("%s/%s%d.csv" % (sys.argv[1], "test" if test else "train", run), "w") as out:
        out.write("function,counter,count,hash\n")
        for f, width in enumerate([3, 2, 1, 4]):
            for c in range(width):
                state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
                count = 100 + (state >> 48) % 900
                if f == 1 and test:
                    count *= 20
                if f == 3 and (c == 0) == test:
                    count *= 50
                if f == 2 and run in (1, 6) or f == 0 and run == 8:
                    count = 0
                out.write("%s,%d,%d,%d\n" % ("abcd"[f], c, count, f + 1))
PY
cd "$SCRATCH/tables"
golden compare-runs 0 compare --train train*.csv --test test*.csv
golden compare-runs-json 0 compare --format json --score tv --train train*.csv --test test*.csv
golden compare-runs-csv 0 compare --format csv --train train*.csv --test test*.csv

# what numpy says (tests/validation/runs_oracle.py), from end to end
python3 - "$GOLDEN/compare-runs-json.out" <<'PY' || fail "runs_oracle.py says something else"
import json, sys
document = json.load(open(sys.argv[1]))
runs = document["runs"]
near = lambda a, b: abs(a - b) < 1e-8
functions = {f["name"]: f for f in runs["functions"]["listed"]}
ok = (near(runs["energy"]["distance"], 1.1893602027234507) and near(runs["energy"]["p_value"], 1 / 126)
      and runs["energy"]["permutations"] == 126 and runs["energy"]["exact"] and runs["energy"]["seed"] is None
      and near(functions["a"]["share_p_value"], 27 / 126) and near(functions["a"]["shape_p_value"], 4 / 70)
      and near(functions["d"]["shape_q_value"], 0.018518518518518517) and functions["d"]["shape_flagged"]
      and functions["c"]["shape_p_value"] is None and not functions["b"]["shape_flagged"]
      and near(runs["conformal"]["tests"][0]["value"], 0.83360095458594707)
      and near(document["total_variation"], 0.89679848656056227))
sys.exit(not ok)
PY

# the order of words and of options does not matter
"$ANALYZE" compare --train train*.csv --test test*.csv >"$SCRATCH/first" || true
"$ANALYZE" compare --test test*.csv --report-only --train=train0.csv --train train1.csv --train train2.csv train3.csv >"$SCRATCH/second"
cmp "$SCRATCH/first" "$SCRATCH/second" || fail "another way to name the sides, another report"

# random labellings: the seed decides, and is told
run 0 compare --format json --permutations 125 --seed 7 --train train*.csv --test test*.csv
grep -q '"seed": 7' "$SCRATCH/out" || fail "the seed is not told"
cp "$SCRATCH/out" "$SCRATCH/first"
run 0 compare --format json --permutations 125 --seed 7 --train train*.csv --test test*.csv
cmp "$SCRATCH/first" "$SCRATCH/out" || fail "the same seed, another result"

# one processor or several: the same bytes
if command -v taskset >/dev/null; then
	taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')" "$ANALYZE" compare --report-only --format json --permutations 125 --seed 7 \
		--train train*.csv --test test*.csv >"$SCRATCH/second"
	cmp "$SCRATCH/first" "$SCRATCH/second" || fail "the result depends on the number of processors"
fi

# one on each side is the plain comparison
"$ANALYZE" compare --report-only --format json train0.csv test4.csv >"$SCRATCH/first"
"$ANALYZE" compare --report-only --format json --train train0.csv --test label=test4.csv >"$SCRATCH/second"
cmp "$SCRATCH/first" "$SCRATCH/second" || fail "--train A --test B is not A B"
! grep -q '"runs"' "$SCRATCH/first" || fail "a plain comparison has no member 'runs'"

# real profiles: too few, and repeats of one workload
cd "$SOURCE/tests/fixtures/dataset"
golden compare-runs-few 5 compare --top 3 --train REALEQ.profdata r_wordfreq.profdata r_dpkgsum.profdata --test MICRO.profdata m_loop.profdata
golden compare-runs-repeats 5 compare --top 3 --train w=r_wordfreq.profdata w=r_wordfreq.profdata d=r_dpkgsum.profdata --test REALEQ.profdata

refuses 2 "pgo-analyze: 'c' belongs to neither side
hint: name those of one side behind --train, those of the other behind --test" compare --train a --test b --top 3 c
refuses 2 "pgo-analyze: compare needs profiles on both sides; there is no --test
hint: name those of one side behind --train, those of the other behind --test" compare --train a b
refuses 2 "pgo-analyze: option '--test' needs a value
hint: 'pgo-analyze compare --help' lists the options" compare --train a b --test
refuses 2 "pgo-analyze: --score takes retained, under-served, missed, hellinger, jsd or tv, not 'cosine'
hint: 'pgo-analyze compare --help' lists the options" compare --score cosine --train a b --test c
refuses 2 "pgo-analyze: --permutations must be at least 1
hint: 'pgo-analyze compare --help' lists the options" compare --permutations 0 --train a b --test c
refuses 2 "pgo-analyze: standard input ('-') can be read only once
hint: 'pgo-analyze compare --help' shows examples" compare --train - a --test -
refuses 3 "pgo-analyze: 'REALEQ.profdata' and '$SAMPLES/fe-22.profdata' are of different kinds: ir and fe
hint: give profiles that the same kind of build or tool wrote" \
	compare --train REALEQ.profdata MICRO.profdata --test "$SAMPLES/fe-22.profdata"
cd "$INPUT"
refuses 3 "pgo-analyze: profile 'zero.proftext' has no counts: it says nothing about a workload
hint: leave it out, or record it again" compare --train similar.proftext zero.proftext --test real.proftext
finish
