# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze weights: shares, and the integers llvm-profdata takes.
. "$(dirname "$0")/analyze_lib.bash"
DATASET=$SOURCE/tests/fixtures/dataset
cd "$DATASET"

golden help-weights 0 weights --help
golden weights-equal 0 weights r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata
golden weights-match 0 weights --match REALEQ.profdata r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata
golden weights-survive 0 weights --policy survive r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata
golden weights-given-json 0 weights --shares 6,4,0 --format json r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata
golden weights-given-csv 1 weights --shares 1,1,198 --format csv r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata

# the command can be pasted: names are quoted for a shell, and the tool makes a profile with those shares
cp r_dpkgsum.profdata "$SCRATCH/it's one.profdata"
cp r_wordfreq.profdata "$SCRATCH/two.profdata"
cd "$SCRATCH"
run 0 weights --shares 3,1 "it's one.profdata" two.profdata
profdata=$(command -v llvm-profdata-22 || command -v llvm-profdata || true)
if [ -n "$profdata" ]; then
	sed -n '/^Command/,/^$/p' out | sed '1d;/^$/d' >command
	sed -i "s|llvm-profdata|$profdata|" command
	bash -e command || fail "the command cannot be pasted: $(cat command)"
	# its share of the merge by the totals: 3 to 1
	total() { "$ANALYZE" show --format json "$1" | sed -n 's/.*"total_count": "\([0-9]*\)".*/\1/p'; }
	weight=$(sed -n 's/.*--weighted-input=\([0-9]*\),two.*/\1/p' command)
	perl -e 'my ($all, $two, $w) = @ARGV; my $share = $two * $w / $all; exit(abs($share - 0.25) < 0.001 * 0.25 ? 0 : 1)' \
		"$(total merged.profdata)" "$(total two.profdata)" "$weight" || fail "the merge does not have the shares"
fi

hint="
hint: 'pgo-analyze weights --help' shows examples"
options="
hint: 'pgo-analyze weights --help' lists the options"
refuses 2 "pgo-analyze: weights needs one profile for each workload; 0 given$hint" weights
refuses 2 "pgo-analyze: policy 'match' needs a profile to match: --match REF$hint" weights --policy match a
refuses 2 "pgo-analyze: --shares needs one share for each profile: 0 for 1$hint" weights --policy given a
refuses 2 "pgo-analyze: --shares takes a number, not 'x'$hint" weights --shares 1,x a b
refuses 2 "pgo-analyze: --shares must be at least 0, not -1$hint" weights --shares 1,-1 a b
refuses 2 "pgo-analyze: policies 'match' and 'given' exclude each other$options" weights --match r --shares 1 a
refuses 2 "pgo-analyze: --policy takes equal, given, match or survive, not 'best'$options" weights --policy best a
refuses 3 "pgo-analyze: profile '$INPUT/zero.proftext' has no counts: it says nothing about a workload
hint: leave it out, or record it again" weights "$INPUT/real.proftext" "$INPUT/zero.proftext"
refuses 3 "pgo-analyze: '$INPUT/real.proftext' and '$INPUT/front-end.proftext' are of different kinds: ir and fe
hint: give profiles that the same kind of build or tool wrote" weights "$INPUT/real.proftext" "$INPUT/front-end.proftext"
finish
