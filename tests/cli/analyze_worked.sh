# SPDX-License-Identifier: GPL-3.0-or-later
# The worked example of docs/method.md: the tool prints what was computed on paper, and what a script makes of the definitions.
. "$(dirname "$0")/analyze_lib.bash"
cd "$SCRATCH"

printf ':ir\nf\n1\n2\n9900\n60\n\ng\n2\n2\n39\n1\n\nh\n3\n1\n0\n\n' >train.proftext
printf ':ir\nf\n1\n2\n1000\n6000\n\ng\n2\n2\n2000\n980\n\nh\n3\n1\n20\n\n' >test.proftext

run 1 compare train.proftext test.proftext
settle "$SCRATCH/out" >text
while IFS= read -r line; do
	grep -qxF -e "$line" text || fail "not printed: $line"
done <<'LINES'
  FAIL          functions_ran    2, at least 3
  FAIL          retained         -0.236, at least 0.5
  FAIL          under_served     0.9, at most 0.6
  PASS          mass             10,000, at least 10,000
  PASS          saturated        0, at most 0
  PASS          join             1, at least 0.9
  PASS          demoted          0.298, at most 0.5
  PASS          missed           0.002, at most 0.1
  total count                                   10,000                  10,000
  hot from (99 % cutoff)                         9,900                     980
    at the 99.9 % cutoff                            39                      20
  cold up to (99.9999 %)                            39                      20
  overlap                       11.0 %  sum of min(p, q), llvm-profdata's
  divergence (JSD)              0.7202  bits, 0 equal to 1 disjoint
    between functions           0.1554  bits: which functions run
    within functions            0.5648  bits: how they run inside
  Hellinger distance            0.7709  0 to 1
  total variation                 0.89  0 to 1
  mean shape distance           0.6883  inside functions, 0 to 1
  hot sets shared, 99 %           0.25  Jaccard, 0 to 1
  hot sets shared, 99.9 %          0.6  Jaccard, 0 to 1
  train's hot functions hold       0.7  of test's mass
  train hot          10.0 %        0 %        0 %        0 %     10.0 %
  train warm         60.0 %        0 %        0 %        0 %     60.0 %
  train cold         29.8 %        0 %        0 %        0 %     29.8 %
  train never           0 %        0 %     0.20 %        0 %     0.20 %
  sum                99.8 %        0 %     0.20 %        0 %      100 %
    30.0 % of test's execution is in code that this profile declares cold
    0.20 % is in functions the training profile never ran (missed)
    29.8 % is hot in the test and cold in the training profile (demoted)
    90.0 % is in code the training profile does not call hot (under-served)
    10.0 % the same with the hot cutoff at 99.9 %
    30.0 % is in functions in which it calls nothing hot
    70.0 % is in code at least eight times heavier in its function than trained (misweighted)
    70.0 % is in functions whose largest counter is another one (flipped)
       0 % of the training profile's mass is hot there and cold in the test (wasted heat)
  -0.24, 90 % interval -0.77 to 0.25
  !   99.6 %   70.0 %   ÷1.42  0.58269  0.85    hot→hot    f
  !   0.40 %   29.8 %   ×74.5  0.13651  0.30   cold→hot    g
  !      0 %   0.20 %     new  0.00100     -  never→cold   h
LINES

run 1 compare --format json train.proftext test.proftext
python3 "$SOURCE/tests/validation/worked_example.py" >computed || fail "worked_example.py"
python3 - "$SCRATCH/out" computed <<'PY' || fail "the tool and the definitions differ"
import json
import sys

result = json.load(open(sys.argv[1]))
functions = {f["name"]: f for f in result["functions"]}
checked = 0
for line in open(sys.argv[2]):
    words = line.split()
    if words[0] == "thresholds":
        key = {"990000": "hot_threshold", "999000": "hot999_threshold", "999999": "cold_threshold"}[words[1]]
        assert [result["train"][key], result["test"][key]] == list(map(int, words[2:])), line
        checked += 1
        continue
    if words[0] == "table":
        found = result["decision_table"][words[1]][words[2]]
    elif words[0] == "estimate":
        found = result["retained_gain"]["estimate"]
    elif words[0] == "dominant_share":
        found = result["test"]["skew"]["dominant_share"]
    elif len(words) > 2:
        found = functions[words[1]][words[0]]
    else:
        found = result[words[0]]
    expected = float(words[-1])
    if abs(found - expected) > 1e-8 * max(abs(expected), 1e-300) + (0 if words[0] == "p_value" else 1e-12):
        sys.exit("%s: the tool says %r" % (line.strip(), found))
    checked += 1
assert checked == 31, checked
PY
finish
