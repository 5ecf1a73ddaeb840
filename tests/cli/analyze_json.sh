# SPDX-License-Identifier: GPL-3.0-or-later
# JSON is valid, complete as documented, exact, and says the same as the text and the CSV.
. "$(dirname "$0")/analyze_lib.bash"
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
cd "$INPUT"

"$ANALYZE" compare --report-only --top 0 --format json skewed.proftext real.proftext >"$SCRATCH/compare.json"
"$ANALYZE" compare --report-only --top 0 --format csv skewed.proftext real.proftext >"$SCRATCH/compare.csv"
"$ANALYZE" compare --report-only --top 0 --format text skewed.proftext real.proftext >"$SCRATCH/compare.txt"
"$ANALYZE" compare --report-only --top 0 --format json stale.proftext real.proftext >"$SCRATCH/stale.json"
"$ANALYZE" compare --report-only --top 0 --format json zero.proftext real.proftext >"$SCRATCH/zero.json"
"$ANALYZE" compare --report-only --top 0 --format json real.proftext zero.proftext >"$SCRATCH/empty.json"
"$ANALYZE" gate --report-only --format json similar.proftext real.proftext stale.proftext >"$SCRATCH/gate.json"
"$ANALYZE" show --counts --format json strange.proftext >"$SCRATCH/show.json"

python3 - "$SCRATCH" "$SOURCE/docs/json.md" <<'PY' || failures=$((failures + 1))
import csv, json, re, sys
scratch, manual = sys.argv[1:]

def no_constant(name):
    raise ValueError("no JSON: " + name)

def load(name):
    with open(f"{scratch}/{name}.json", encoding="utf-8") as f:
        return json.load(f, parse_constant=no_constant)

bad = []
def check(holds, what):
    if not holds:
        bad.append(what)

def near(a, b, tolerance=1e-12):
    return abs(a - b) <= tolerance

compare = load("compare")
for key in ("schema verdict rules overlap_ratio jsd_bits join decision_table missed_mass demoted_mass under_served_mass "
            "misweighted_mass retained_gain functions").split():
    check(key in compare, f"compare lacks {key}")
check(compare["schema"] == "pgo-analyze/compare/1", "schema")
check(compare["verdict"] == "fail", "verdict")
for rule in compare["rules"]:
    check({"name", "value", "threshold", "outcome", "evidence"} <= rule.keys(), f"rule {rule}")
check(set(compare["retained_gain"]) >= {"estimate", "low", "high"}, "retained_gain")
classes = ["hot", "warm", "cold", "never"]
check(list(compare["decision_table"]) == classes, "classes of the decision table")
for row in compare["decision_table"].values():
    check(list(row) == classes, "classes of a row")

# identities between the numbers
for name in ("compare", "stale", "zero"):
    c = load(name)
    table = c["decision_table"]
    check(near(sum(x for row in table.values() for x in row.values()), 1), f"{name}: decision table sums to 1")
    check(near(c["under_served_mass"], 1 - sum(table["hot"].values())), f"{name}: under-served mass")
    check(near(c["demoted_mass"], table["cold"]["hot"] + table["never"]["hot"]), f"{name}: demoted mass")
    check(near(sum(j["test_mass"] for j in c["join"].values()), 1), f"{name}: join masses")
    # a mismatched function has a row for each side
    rows = sum(j["functions"] for j in c["join"].values()) + c["join"]["mismatched"]["functions"]
    check(rows == c["function_total"] == len(c["functions"]), f"{name}: functions")
    check(near(sum(f["jsd_contribution_bits"] for f in c["functions"]), c["jsd_bits"]), f"{name}: JSD contributions")
    check(near(c["jsd_between_bits"] + c["jsd_within_bits"], c["jsd_bits"]), f"{name}: JSD terms")
    check(near(sum(f["test_share"] for f in c["functions"]), 1), f"{name}: test shares")
    check(sum(f["flagged"] for f in c["functions"]) == c["flagged_functions"], f"{name}: flagged")
    order = [(-f["jsd_contribution_bits"], -f["train_share"] - f["test_share"], f["name"]) for f in c["functions"]]
    check(order == sorted(order), f"{name}: order of functions")
# by hand: what real counts in functions that skewed never ran, of 1,000,000
check(near(load("compare")["missed_mass"], (300000 + 200000 + 64000 + 32000 + 83000 + 18000 + 2000) / 1e6), "missed mass")
# overlap by hand: main 100 + 900, parse 10, number 990000 + 9000 of 1,000,010 against 1,000,000
t = 1000010
check(near(compare["overlap_ratio"], 100 / t + 900 / t + 10 / t + 0.09 + 9000 / t), "overlap")

# skewed ran main, parse and number: 1,000, 200,000 and 100,000 of real's 1,000,000
check(near(compare["weight_matching"]["top_10"], 0.301), "weight matching: functions that never ran capture nothing")
check(near(compare["train"]["skew"]["top_functions_share"][0], 999000 / t), "share of the largest function")
check(near(compare["test"]["skew"]["top_functions_share"][1], (300 + 200 + 200 + 100 + 83) / 1000), "share of the five largest")
check(near(compare["test"]["skew"]["top_counters_share"][0], 0.2), "share of the largest counter")

# CSV says the same
with open(f"{scratch}/compare.csv", encoding="utf-8", newline="") as f:
    rows = list(csv.DictReader(f))
check(len(rows) == len(compare["functions"]), "rows of the CSV")
for row, function in zip(rows, compare["functions"]):
    check(row.keys() == function.keys(), f"columns: {row.keys() ^ function.keys()}")
    for key, value in function.items():
        text = row[key]
        same = (text == "" if value is None else text == str(value).lower() if isinstance(value, bool)
                else float(text) == value if isinstance(value, (int, float)) else text == value)
        check(same, f"{function['name']}: {key} is {value!r} in JSON and {text!r} in CSV")

# the text says the same, to its digits
with open(f"{scratch}/compare.txt", encoding="utf-8") as f:
    text = f.read()
def printed(pattern):
    found = re.search(pattern, text, re.M)
    check(found, f"text lacks {pattern}")
    return float(found.group(1)) if found else float("nan")
check(abs(printed(r"^  overlap +([0-9.]+) %") / 100 - compare["overlap_ratio"]) <= 0.0005, "overlap in the text")
check(abs(printed(r"^  divergence \(JSD\) +([0-9.]+)") - compare["jsd_bits"]) <= 5e-5, "JSD in the text")
check(abs(printed(r"([0-9.]+) % is in functions the training profile never ran") / 100 - compare["missed_mass"]) <= 0.0005,
      "missed mass in the text")
check(abs(printed(r"([0-9.]+) % is hot in the test and cold") / 100 - compare["demoted_mass"]) <= 0.0005, "demoted in the text")
cold = sum(sum(compare["decision_table"][c].values()) for c in ("cold", "never"))
check(abs(printed(r"([0-9.]+) % of test's execution is in code that this") / 100 - cold) <= 0.0005, "declared cold in the text")

# missing is null, never a number
zero = load("zero")
check(all(f["log2_ratio"] is None for f in zero["functions"]), "ratios against nothing")
check(zero["jsd_bits"] == 1, "JSD of an all-zero side")
check(load("empty")["retained_gain"]["estimate"] is None, "prediction from nothing")

# 64-bit counts and longer sums are exact
show = load("show")
say = [f for f in show["functions"] if f["name"] == 'say "hi", twice'][0]
check(say["counts"] == [9007199254740993, 9000000000000000001], "64-bit counts")
check(show["total_count"] == str(9007199254740993 + 9000000000000000001 + 18446744073709551000 + 3), "128-bit total")

# every member is in the manual
def members(value, out):
    if isinstance(value, dict):
        for key, inner in value.items():
            out.add(key)
            members(inner, out)
    elif isinstance(value, list):
        for inner in value:
            members(inner, out)
    return out
with open(manual, encoding="utf-8") as f:
    known = set(re.findall(r"`([A-Za-z0-9_]+)`", f.read()))
for name in ("compare", "gate", "show"):
    for key in sorted(members(load(name), set()) - known):
        bad.append(f"docs/json.md does not describe {key} of {name}")
for what in bad:
    print("FAIL:", what)
sys.exit(bool(bad))
PY

# every sample gives valid JSON
cd "$SAMPLES"
mkdir "$SCRATCH/samples"
for file in *.profdata *.proftext; do
	"$ANALYZE" show --all-functions --counts --format json "$file" >"$SCRATCH/samples/$file" || fail "show $file"
done
python3 - "$SCRATCH"/samples/* <<'PY' || failures=$((failures + 1))
import json, sys
bad = 0
for path in sys.argv[1:]:
    try:
        with open(path, encoding="utf-8") as f:
            document = json.load(f)
        listed = len(document["functions"])
        assert listed == document["function_total"] + document["pseudo_functions"], "functions are missing"
    except (ValueError, AssertionError) as what:
        print(f"FAIL: {path.rsplit('/')[-1]}: {what}")
        bad = 1
sys.exit(bad or len(sys.argv) < 30)
PY
finish
