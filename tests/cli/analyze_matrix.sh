# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze matrix and stability: all pairs of several profiles, their clusters, and whether one profile serves them.
. "$(dirname "$0")/analyze_lib.bash"
cd "$SOURCE/tests/fixtures/dataset"
all="MICRO.profdata REALEQ.profdata SKEW_99.profdata m_loop.profdata r_dpkgsum.profdata r_wordfreq.profdata"

# shellcheck disable=SC2086
golden matrix 0 matrix $all
# shellcheck disable=SC2086
golden matrix-under-served 0 matrix --distance under-served $all
# shellcheck disable=SC2086
golden matrix-csv 0 matrix --format csv --distance tv $all
golden matrix-json 0 matrix --format json --distance jsd REALEQ.profdata SKEW_99.profdata r_wordfreq.profdata

# "overlap" is another word for total variation; many profiles make a map without numbers
# shellcheck disable=SC2086
run 0 matrix --format csv --distance overlap $all
same "$GOLDEN/matrix-csv.out" "$SCRATCH/out" "--distance overlap is not --distance tv"
mkdir "$SCRATCH/many"
for i in $(seq 10 39); do
	printf 'function,counter,count,hash\nf,0,%d,1\ng,0,%d,2\n' $((i < 25 ? 100 : i)) $((i < 25 ? i : 900)) >"$SCRATCH/many/$i.csv"
done
(cd "$SCRATCH/many" && golden matrix-many 0 matrix ./*.csv)

# a cell is what comparing the two says
for pair in "MICRO REALEQ" "r_dpkgsum r_wordfreq"; do
	set -- $pair
	run 0 matrix --format csv --distance tv "$1.profdata" "$2.profdata"
	cell=$(sed -n '2s/.*,//p' "$SCRATCH/out")
	"$ANALYZE" compare --report-only --format json "$1.profdata" "$2.profdata" >"$SCRATCH/compare"
	python3 - "$cell" "$SCRATCH/compare" <<-'PY' || fail "$pair: matrix says $cell, compare something else"
		import json, sys
		sys.exit(abs(float(sys.argv[1]) - json.load(open(sys.argv[2]))["total_variation"]) > 1e-12)
	PY
done

# one processor or several: the same bytes
if command -v taskset >/dev/null; then
	for measure in hellinger jsd under-served; do
		# shellcheck disable=SC2086
		"$ANALYZE" matrix --format json --distance $measure $all >"$SCRATCH/several"
		# shellcheck disable=SC2086
		taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')" "$ANALYZE" matrix --format json --distance $measure $all >"$SCRATCH/one"
		cmp "$SCRATCH/several" "$SCRATCH/one" || fail "$measure depends on the number of processors"
	done
fi

# shellcheck disable=SC2086
golden stability 0 stability $all
golden stability-repeats 5 stability w=r_wordfreq.profdata w=r_wordfreq.profdata d=r_dpkgsum.profdata
# shellcheck disable=SC2086
golden stability-csv 1 stability --format csv --max-under-served 0.02 $all
golden stability-json 0 stability --format json --max-under-served 0.05 r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata
run 1 stability --max-under-served 0.01 r_dpkgsum.profdata r_wordfreq.profdata m_loop.profdata
grep -q "no single profile serves all of these 3 workloads" "$SCRATCH/out" || fail "the verdict does not say what is wrong"

refuses 2 "pgo-analyze: --distance takes hellinger, jsd, tv, under-served or missed, not 'cosine'
hint: 'pgo-analyze matrix --help' lists the options" matrix --distance cosine MICRO.profdata REALEQ.profdata
refuses 2 "pgo-analyze: matrix needs two profiles or more; 1 given
hint: 'pgo-analyze matrix --help' shows examples" matrix MICRO.profdata
refuses 3 "pgo-analyze: 'REALEQ.profdata' and '$SAMPLES/fe-22.profdata' are of different kinds: ir and fe
hint: give profiles that the same kind of build or tool wrote" \
	matrix REALEQ.profdata "$SAMPLES/fe-22.profdata"
finish
