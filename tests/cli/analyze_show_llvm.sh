# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze show against llvm-profdata-22 show: order and maxima of --topn, --detailed-summary, counters, value sites,
# traces, build ids. What the tool said is stored in golden/llvm-show, for machines without it; where it is there, that
# is compared too.
. "$(dirname "$0")/analyze_lib.bash"
STORED=$SOURCE/tests/golden/llvm-show
mkdir -p "$SCRATCH/llvm"
cd "$SAMPLES"

# Both sides as lines "what: …"; equal counts come in any order, so names are sorted within one.
llvm() { # FILE [--showcs]
	for list in "--topn=3" "--topn=100000" "--detailed-summary" "--counts --all-functions" \
		"--ic-targets --memop-sizes --all-functions" "--temporal-profile-traces" "--binary-ids"; do
		# shellcheck disable=SC2086
		llvm-profdata-22 show $list "$@" | sed "s/^/$(echo "$list" | tr -d ' ')|/"
	done
}
normal_llvm() {
	python3 -c '
import re, sys
name, fe, out, top = None, False, [], {}
for line in sys.stdin:
    what, _, text = line.rstrip("\n").partition("|")
    m = re.match(r"  (\S.*), max count = (\d+)$", text)
    if m: top.setdefault(what, []).append((-int(m[2]), m[1])); continue
    m = re.match(r"(\d+) blocks \(.*\) with count >= (\d+) account for (\S+)% of the total", text)
    if m: out.append(f"cutoff {float(m[3]) / 100:g}: {m[1]} counters from {m[2]}"); continue
    if what == "--counts--all-functions":
        m = re.match(r"  (\S.*):$", text)
        if m: name, first = m[1], None
        m = re.match(r"    Hash: (\S+)", text)
        if m: digest = m[1][2:]
        m = re.match(r"    Function count: (\d+)", text)
        if m: first = m[1]
        m = re.match(r"    Block counts: \[(.*)\]", text)
        if m:
            counts = ([first] if first else []) + [c for c in m[1].split(", ") if c]
            out.append(f"counts {name} {digest}: " + " ".join(counts))
    if what == "--ic-targets--memop-sizes--all-functions":
        m = re.match(r"  (\S.*):$", text)
        if m: name = m[1]
        if "Indirect Target Results" in text: kind = "call target"
        if "Memory Intrinsic Size Results" in text: kind = "memory operation size"
        m = re.match(r"\t\[ *(\d+), *(.*), *(\d+) \]", text)
        if m: out.append(f"value {name} {kind} {m[1]}: {m[2].strip()} {m[3]}")
    if what == "--temporal-profile-traces":
        m = re.match(r"    (\S.*)$", text)
        if m: out.append("trace: " + m[1])
    if what == "--binary-ids" and re.match(r"[0-9a-f]{8,}$", text): out.append("build id " + text)
for what, rows in top.items():
    if what.endswith("=3"): out.append("top 3: " + " ".join(str(-n) for n, _ in sorted(rows)))
    else: out += [f"max {-n} {name}" for n, name in sorted(rows)]
print("\n".join(sorted(out)))'
}
ours() { # FILE [--cs]
	"$ANALYZE" show --format json --counts --value-sites --traces "$@" >"$SCRATCH/all" &&
		"$ANALYZE" show --format json --topn 3 "$@" >"$SCRATCH/top" || fail "show $*"
	python3 - "$SCRATCH/all" "$SCRATCH/top" <<-'PY'
		import json, sys
		d, top = (json.load(open(f)) for f in sys.argv[1:])
		out = []
		for c in d["detailed_summary"]:
		    out.append(f"cutoff {c['cutoff']:g}: {c['counters']} counters from {c['min_count']}")
		stored = {}
		for f in d["functions"]:
		    if f["pseudo"]: continue
		    out.append(f"max {f['max_count']} {f['name']}")
		    out.append(f"counts {f['name']} {f['cfg_hash']}: " + " ".join(map(str, f["counts"])))
		    for s in f["value_sites"]:
		        for v in s["values"]:
		            if s["kind"] == "vtable": continue
		            name = v["value"] if s["kind"] == "memory operation size" else v["name"]
		            out.append(f"value {f['name']} {s['kind']} {s['number']}: {name} {v['count']}")
		out += ["trace: " + n for t in d["traces"] for n in t["functions"]]
		out += ["build id " + b for b in d["build_ids"]]
		out.append("top 3: " + " ".join(str(f["max_count"]) for f in top["functions"]))
		print("\n".join(sorted(out)))
	PY
}

for sample in ir-22 fe-22 entry-22 csir-22 temporal-22 weighted-22 ir-14 fe-13 fnentry-22 ir400-22 loopent-22 mcdc-22 csir-22--showcs; do
	file=${sample%--showcs}.profdata
	cs=""
	[ "$sample" = "${sample%--showcs}" ] || cs=--showcs
	# shellcheck disable=SC2086
	ours $file ${cs:+--cs} >"$SCRATCH/ours"
	if command -v llvm-profdata-22 >/dev/null; then
		# shellcheck disable=SC2086
		llvm $file $cs | normal_llvm >"$SCRATCH/llvm/$sample"
		if [ -n "${UPDATE_GOLDEN-}" ]; then
			mkdir -p "$STORED"
			cp "$SCRATCH/llvm/$sample" "$STORED/$sample"
		fi
		diff -u "$STORED/$sample" "$SCRATCH/llvm/$sample" >"$SCRATCH/diff" || { fail "$sample: llvm-profdata-22 says other things than stored"; head -20 "$SCRATCH/diff"; }
	fi
	diff -u "$STORED/$sample" "$SCRATCH/ours" >"$SCRATCH/diff" || { fail "$sample: show differs from llvm-profdata's"; head -40 "$SCRATCH/diff"; }
	[ "$(grep -c '^counts' "$SCRATCH/ours")" -ge 2 ] || fail "$sample: hardly anything was compared"
done
finish
