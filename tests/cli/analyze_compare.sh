# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze compare: exact output and exit codes.
. "$(dirname "$0")/analyze_lib.bash"
cd "$INPUT"

golden compare-similar 0 compare similar.proftext real.proftext
golden compare-skewed 1 compare skewed.proftext real.proftext
golden compare-stale 1 compare --top 3 stale.proftext real.proftext
golden compare-zero-train 1 compare --top 3 zero.proftext real.proftext
golden compare-zero-test 5 compare --top 3 real.proftext zero.proftext
golden compare-disjoint 1 compare --top 3 other.proftext real.proftext
golden compare-json 1 compare --format json skewed.proftext real.proftext
golden compare-zero-json 5 compare --format json real.proftext zero.proftext
golden compare-csv 1 compare --format csv --top 0 skewed.proftext real.proftext
golden compare-function 1 compare --format csv --function '^json::|^main$' --top 2 skewed.proftext real.proftext
golden compare-user 1 compare --top 1 --min-join 0.95 --max-missed 1 --alpha 0.01 --n-eff 100 skewed.proftext real.proftext
golden compare-strange 1 compare --format csv strange.proftext real.proftext
golden compare-strange-json 1 compare --format json strange.proftext real.proftext
cd "$SAMPLES"
golden compare-cpp 0 compare --min-mass 1000 irxx-22.profdata irxx-22.profdata
golden compare-cs 0 compare --cs --top 2 csir-22.profdata csironly-22.profdata
golden compare-formats 0 compare --top 2 ir-13.profdata ir-22.proftext

# the verdict's exit code, and the options that change it
cd "$INPUT"
run 0 compare --report-only skewed.proftext real.proftext
run 0 compare --inconclusive-as pass real.proftext zero.proftext
run 1 compare --inconclusive-as fail real.proftext zero.proftext
run 1 compare --inconclusive-as pass skewed.proftext real.proftext
run 0 compare --min-functions 0 --max-missed 1 --max-demoted 1 --max-under-served 1 --min-retained -2 \
	skewed.proftext real.proftext
run 0 compare --function '^nobody$' similar.proftext real.proftext
[ "$(cat "$SCRATCH/err")" = "pgo-analyze: warning: no function of the two matches '^nobody$'" ] ||
	fail "no match: $(cat "$SCRATCH/err")"
run 0 compare --function . similar.proftext real.proftext
[ ! -s "$SCRATCH/err" ] || fail "a warning of a pattern that matches: $(cat "$SCRATCH/err")"
run 1 compare --max-under-served 0.001 similar.proftext real.proftext

# an expression meets names as stored and as shown; all matches are counted, --top of them are listed
rows() { "$ANALYZE" compare --report-only --format csv "$@" skewed.proftext real.proftext | tail -n +2 | wc -l; }
[ "$(rows)" = 11 ] || fail "rows"
[ "$(rows --top 4)" = 4 ] || fail "rows --top 4"
[ "$(rows --function '_ZN4json')" = 3 ] || fail "rows by stored name"
[ "$(rows --function 'json::Parser')" = 3 ] || fail "rows by shown name"
[ "$(rows --function 'json::Parser' --top 1)" = 1 ] || fail "rows by name, cut"
[ "$(rows --function 'no such function')" = 0 ] || fail "rows by no name"

# same input, same bytes
for format in text json csv; do
	"$ANALYZE" compare --report-only --format $format --top 0 skewed.proftext real.proftext >"$SCRATCH/first"
	"$ANALYZE" compare --report-only --format $format --top 0 skewed.proftext real.proftext >"$SCRATCH/second"
	cmp "$SCRATCH/first" "$SCRATCH/second" || fail "$format differs from run to run"
done

# overlap as llvm-profdata prints it
tool=$(command -v llvm-profdata-22 || command -v llvm-profdata-19 || true)
if [ -n "$tool" ]; then
	for pair in "similar real" "skewed real" "stale real" "real similar"; do
		set -- $pair
		theirs=$("$tool" overlap "$1.proftext" "$2.proftext" | sed -n 's/.*Edge profile overlap: \([0-9.]*\)%/\1/p')
		ours=$("$ANALYZE" compare --report-only --format json "$1.proftext" "$2.proftext" | sed -n 's/^  "overlap_ratio": \(.*\),/\1/p')
		ours=$(awk -v x="$ours" 'BEGIN { printf "%.3f", 100 * x }')
		[ -n "$theirs" ] && [ "$ours" = "$theirs" ] || fail "overlap of $pair: $ours, $tool says $theirs"
	done
fi
finish
