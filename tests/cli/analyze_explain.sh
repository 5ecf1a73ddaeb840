# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze explain: one function through two profiles.
. "$(dirname "$0")/analyze_lib.bash"

golden help-explain 0 explain --help
cd "$SOURCE/tests/fixtures/dataset"
golden explain 0 explain --top 6 REtest SKEW_99.profdata REALEQ.profdata
golden explain-static 0 explain --top 4 execute m_loop.profdata r_dpkgsum.profdata
cd "$SAMPLES"
golden explain-values 0 explain indirect ir-14.profdata ir-22.profdata
golden explain-values-json 0 explain --format json indirect ir-14.profdata ir-22.profdata
golden explain-several 0 explain '^f[0-9]$' ir-22.profdata ir-22.profraw
golden explain-entry 0 explain branchy entry-22.profdata entry-22.profdata
golden explain-never 0 explain never ir-22.profdata ir-22.profdata
golden explain-stale 0 explain main fe-13.profdata fe-22.profdata
golden explain-stale-json 0 explain --format json main fe-13.profdata fe-22.profdata
golden explain-missing 0 explain never ir-22.sparse.profdata ir-22.profdata
golden explain-keyed 0 explain main sample.prof.txt sample.prof.txt
golden explain-csv 0 explain --format csv branchy ir-22.profdata ir-22.profdata
golden explain-stale-csv 0 explain --format csv main fe-13.profdata fe-22.profdata

# counters are those show prints
"$ANALYZE" show --format json --counts --function '^main$' ir-22.profdata >"$SCRATCH/show"
"$ANALYZE" explain --format json main ir-22.profdata ir-22.profdata >"$SCRATCH/explain"
python3 - "$SCRATCH/show" "$SCRATCH/explain" <<-'PY' || fail "explain and show differ in counters"
	import json, sys
	show, explain = (json.load(open(f)) for f in sys.argv[1:])
	counts = show["functions"][0]["counts"]
	assert counts == [c["train"]["count"] for c in explain["counters"]] == [c["test"]["count"] for c in explain["counters"]]
	total = int(show["total_count"])
	assert all(abs(c["train"]["share"] - n / total) < 1e-12 for c, n in zip(explain["counters"], counts))
PY

refuses 2 "pgo-analyze: no function of 'ir-14.profdata' or 'ir-22.profdata' matches 'nosuch'
hint: 'pgo-analyze show --all-functions ir-14.profdata' lists the 10 functions' names" explain nosuch ir-14.profdata ir-22.profdata
refuses 2 "pgo-analyze: no function is called 'f(', and it is no regular expression: Unmatched ( or \\(" \
	explain 'f(' ir-14.profdata ir-22.profdata
refuses 2 "pgo-analyze: explain needs a function and two profiles, A and B; 2 given
hint: 'pgo-analyze explain --help' shows examples" explain main ir-22.profdata
refuses 3 "pgo-analyze: cannot read binary 'nosuch': cannot open it: No such file or directory" \
	explain --binary nosuch main ir-22.profdata ir-22.profdata
refuses 3 "pgo-analyze: cannot read binary 'ir-22.proftext': it is no ELF file
hint: name the program the profile was made with, as the linker wrote it" \
	explain --binary ir-22.proftext main ir-22.profdata ir-22.profdata

# lines of a real program; another build is a warning
if command -v gcc >/dev/null; then
	cp src/a.c src/b.c "$SCRATCH"
	(cd "$SCRATCH" && gcc -g -Wl,--build-id=0x1d2857d767d136084f68d3f535297f28db235cc4 -o same a.c b.c 2>log &&
		gcc -g -Wl,--build-id=0x01020304 -o other a.c b.c 2>log && gcc -s -o stripped a.c b.c 2>log) || fail "gcc: $(cat "$SCRATCH/log")"
	for name in branchy:a.c:5 main:a.c:15 b_entry:b.c:2; do
		run 0 explain --binary "$SCRATCH/same" "${name%%:*}" ir-22.profdata ir-22.profdata
		grep -q "^source .*/${name#*:}" "$SCRATCH/out" || fail "$name: $(grep ^source "$SCRATCH/out")"
		! grep -q warning "$SCRATCH/out" || fail "a warning although the build id is the profile's"
	done
	run 0 explain --binary "$SCRATCH/other" main ir-22.profdata ir-22.profdata
	tr -s '\n ' ' ' <"$SCRATCH/out" | grep -q "other' is another build than the one 'ir-22.profdata' was measured on (the build ids differ): lines may be off" ||
		fail "another build is no warning"
	run 0 explain --binary "$SCRATCH/stripped" main ir-14.profdata ir-14.profdata
	tr -s '\n ' ' ' <"$SCRATCH/out" | grep -q "stripped' tells no lines: compile with -g, and do not strip it" || fail "stripped"
fi
finish
