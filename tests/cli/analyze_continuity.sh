# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze continuity: a new profile beside the last accepted one.
. "$(dirname "$0")/analyze_lib.bash"
cd "$SCRATCH"

# A browser and its child processes: 35.0 and 183.6 thousand million counts. The files of the children are skipped.
{
	printf ':ir\n'
	for f in $(seq 1 6); do printf 'browser_%s\n1\n2\n%s\n%s\n\n' "$f" $((14285714286 / f)) 777; done
} >thin.proftext
{
	cat thin.proftext
	for f in $(seq 1 20); do printf 'renderer_%s\n1\n2\n%s\n0\n\n' "$f" 9180000000; done
} >whole.proftext
{
	cat thin.proftext
	for f in $(seq 1 20); do printf 'renderer_%s\n1\n2\n0\n0\n\n' "$f"; done
} >silent.proftext

golden help-continuity 0 continuity --help
golden continuity-pass 0 continuity whole.proftext whole.proftext
golden continuity-children 1 continuity whole.proftext silent.proftext
golden continuity-gone 1 continuity whole.proftext thin.proftext
golden continuity-json 1 continuity --format json whole.proftext silent.proftext
golden continuity-csv 1 continuity --format csv whole.proftext silent.proftext
golden continuity-grown 1 continuity silent.proftext whole.proftext
cp "$INPUT/zero.proftext" "$INPUT/real.proftext" .
golden continuity-from-zero 5 continuity zero.proftext real.proftext
run 1 continuity "$INPUT/real.proftext" "$INPUT/zero.proftext"
# bands can be opened
run 0 continuity --max-lost-hot 1 --min-mass-ratio 0 --min-functions-ratio 0 whole.proftext silent.proftext
grep -q "lost  *0.8[34].*, at most 1 (yours)" out || fail "open bands: $(grep lost out)"
run 0 continuity --report-only whole.proftext silent.proftext

refuses 2 "pgo-analyze: continuity needs two profiles, OLD and NEW; 1 given
hint: 'pgo-analyze continuity --help' shows examples" continuity a
refuses 2 "pgo-analyze: --max-lost-hot must lie between 0 and 1, not -1
hint: 'pgo-analyze continuity --help' lists the options" continuity --max-lost-hot -1 a b
refuses 2 "pgo-analyze: --max-lost-hot must lie between 0 and 1, not 5
hint: it is a share: 5 % is 0.05" continuity --max-lost-hot 5 a b
refuses 3 "pgo-analyze: '$INPUT/real.proftext' and '$INPUT/front-end.proftext' are of different kinds: ir and fe
hint: give profiles that the same kind of build or tool wrote" \
	continuity "$INPUT/real.proftext" "$INPUT/front-end.proftext"
finish
