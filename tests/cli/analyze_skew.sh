# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze skew: one profile among reference runs, and the workloads of one merge.
. "$(dirname "$0")/analyze_lib.bash"
DATASET=$SOURCE/tests/fixtures/dataset
cd "$DATASET"

golden help-skew 0 skew --help
golden skew-micro 5 skew m_loop.profdata
golden skew-real 0 skew r_dpkgsum.profdata
golden skew-references 5 skew m_loop.profdata -r r_dpkgsum.profdata -r r_wordfreq.profdata --reference REALEQ.profdata
golden skew-references-json 5 skew --format json m_loop.profdata -r r_dpkgsum.profdata -r r_wordfreq.profdata
golden skew-references-csv 5 skew --format csv m_loop.profdata -r r_dpkgsum.profdata -r r_wordfreq.profdata
run 1 skew --inconclusive-as fail m_loop.profdata
# two references reach 1/3
run 1 skew --alpha 0.34 m_loop.profdata -r r_dpkgsum.profdata -r r_wordfreq.profdata
grep -q "more concentrated than real runs are (p = 0.33 among 2)" "$SCRATCH/out" || fail "alpha 0.34: $(head -5 "$SCRATCH/out")"
run 1 skew "$INPUT/zero.proftext"

# 90 % of the mass from a micro-benchmark is named and does no harm; 99 % drowns the others
golden skew-merged-90 0 skew --merged --shares 1,1,18 r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata
golden skew-merged-99 1 skew --merged --shares 1,1,198 r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata
golden skew-merged-json 1 skew --merged --shares 1,198 --format json r_wordfreq.profdata m_loop.profdata
golden skew-merged-csv 0 skew --merged --format csv r_dpkgsum.profdata r_wordfreq.profdata
run 0 skew --merged --min-survival 0.01 --shares 1,1,198 r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata

hint="
hint: 'pgo-analyze skew --help' shows examples"
refuses 2 "pgo-analyze: skew needs one profile; 2 given$hint" skew a b
refuses 2 "pgo-analyze: skew needs two workloads or more with --merged; 1 given$hint" skew --merged a
refuses 2 "pgo-analyze: --shares goes with --merged$hint" skew --shares 1 a
refuses 2 "pgo-analyze: --min-survival goes with --merged$hint" skew --min-survival 1 a
refuses 2 "pgo-analyze: --reference does not go with --merged$hint" skew --merged a b -r c
refuses 2 "pgo-analyze: --shares needs one share for each profile: 2 for 3$hint" skew --merged --shares 1,2 a b c
refuses 2 "pgo-analyze: --shares takes a number, not ''$hint" skew --merged --shares 1, a b
refuses 2 "pgo-analyze: --alpha must lie above 0 and below 1, not 1
hint: 'pgo-analyze skew --help' lists the options" skew --alpha 1 a
refuses 3 "pgo-analyze: no workload has any share of the mass" skew --merged --shares 0,0 r_dpkgsum.profdata r_wordfreq.profdata
refuses 3 "pgo-analyze: profile '$INPUT/zero.proftext' has no counts: it says nothing about a workload
hint: leave it out, or record it again" \
	skew --merged --shares 1,1 "$INPUT/real.proftext" "$INPUT/zero.proftext"
refuses 3 "pgo-analyze: cannot read profile 'missing': cannot open: No such file or directory" skew r_dpkgsum.profdata -r missing
refuses 3 "pgo-analyze: '$INPUT/real.proftext' and '$INPUT/front-end.proftext' are of different kinds: ir and fe
hint: give profiles that the same kind of build or tool wrote" skew "$INPUT/real.proftext" -r "$INPUT/front-end.proftext"
finish
