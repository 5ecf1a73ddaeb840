# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze merge: what it writes (tests/differential/merge.py compares that with LLVM), what it says, and to whom.
. "$(dirname "$0")/analyze_lib.bash"
cd "$SAMPLES"
out=$SCRATCH/out.profdata

merge() { # CODE ARGUMENT...: quiet on both streams
	local code=$1
	shift
	run "$code" merge "$@"
	[ ! -s "$SCRATCH/out" ] && [ ! -s "$SCRATCH/err" ] || fail "merge $*: said $(cat "$SCRATCH/out" "$SCRATCH/err")"
}

same_bytes() {
	cmp -s "$1" "$2" || fail "$3"
}

golden help-merge 0 merge --help

# the same files, the same bytes: in any order, by any way of naming them, split into merges of merges
merge 0 -o "$out" ir-22.profraw irxx-22.profraw pool-22.profraw
for order in "irxx-22.profraw pool-22.profraw ir-22.profraw" "pool-22.profraw ir-22.profraw irxx-22.profraw"; do
	# shellcheck disable=SC2086
	merge 0 -o "$SCRATCH/again" $order
	same_bytes "$out" "$SCRATCH/again" "order $order gives other bytes"
done
mkdir -p "$SCRATCH/runs/deep"
cp ir-22.profraw pool-22.profraw "$SCRATCH/runs"
cp irxx-22.profraw "$SCRATCH/runs/deep"
echo "no profile" >"$SCRATCH/runs/README"
printf '# all\n\nruns/ir-22.profraw\nruns/pool*\nruns/deep\n' >"$SCRATCH/list"
for inputs in "$SCRATCH/runs" "@$SCRATCH/list" "$SCRATCH/runs/*.profraw $SCRATCH/runs/deep/irxx-22.profraw"; do
	# quoted patterns are ours to expand
	set -f
	# shellcheck disable=SC2086
	merge 0 -o "$SCRATCH/again" $inputs
	set +f
	same_bytes "$out" "$SCRATCH/again" "$inputs gives other bytes"
done
merge 0 -o "$SCRATCH/half" ir-22.profraw pool-22.profraw
merge 0 -o "$SCRATCH/again" "$SCRATCH/half" irxx-22.profraw
same_bytes "$out" "$SCRATCH/again" "a merge of a merge gives other bytes"
merge 0 -o "$SCRATCH/again" "$out"
same_bytes "$out" "$SCRATCH/again" "merging a merge alone changes it"
"$ANALYZE" merge -o - - <"$out" >"$SCRATCH/again" || fail "from standard input to standard output"
same_bytes "$out" "$SCRATCH/again" "standard input and output give other bytes"

# the other commands take what means many files, as their sum
"$ANALYZE" show --counts --format csv "$out" >"$SCRATCH/a"
"$ANALYZE" show --counts --format csv "$SCRATCH/runs" >"$SCRATCH/b"
same_bytes "$SCRATCH/a" "$SCRATCH/b" "show of a directory is not show of its sum"
run 0 compare --report-only "$SCRATCH/runs" "@$SCRATCH/list"
grep -q 'overlap .*1\.000\|overlap *100' "$SCRATCH/out" || "$ANALYZE" compare --report-only --format json "$SCRATCH/runs" \
	"@$SCRATCH/list" | grep -q '"overlap_ratio": 1\.0' || fail "compare of a sum with itself"
run 0 gate --report-only "$SCRATCH/runs" "$out"

# weights
merge 0 -o "$SCRATCH/a.profdata" -w 4,ir-22.profdata
merge 0 -o "$SCRATCH/b.profdata" ir-22.profdata ir-22.profdata ir-22.profdata ir-22.profdata
same_bytes "$SCRATCH/a.profdata" "$SCRATCH/b.profdata" "four times is not weight 4"
total() { "$ANALYZE" show --format json "$1" | sed -n 's/^ *"total_count": "\{0,1\}\([0-9]*\).*/\1/p'; }
[ "$(total "$SCRATCH/a.profdata")" = 120392 ] || fail "weight 4: total $(total "$SCRATCH/a.profdata")"

# shares of the mass, however long the runs: the two have no function in common but main (hashes differ)
merge 0 --shares -w 3,ir-22.profdata -w 1,ir400-22.profdata -o "$SCRATCH/shares.profdata"
awk -v t="$(total "$SCRATCH/shares.profdata")" 'BEGIN { exit !(t > 1.1529215e18 * 0.999999 && t < 1.1529215e18 * 1.000001) }' ||
	fail "shares: total $(total "$SCRATCH/shares.profdata"), not 2^60"
merge 0 --shares -w 0.75,rust0-22.profdata -w 0.25,irxx-22.profdata -o "$SCRATCH/shares.profdata"
"$ANALYZE" show --counts --format csv irxx-22.profdata | tail -n +2 | cut -d, -f1 | sort -u >"$SCRATCH/names"
"$ANALYZE" show --all-functions --format csv "$SCRATCH/shares.profdata" |
	awk -F, 'NR == FNR { mine[$1] = 1; next } FNR > 1 { total += $NF; if ($1 in mine && $1 != "main") part += $NF }
		END { printf "%.4f\n", part / total }' "$SCRATCH/names" - >"$SCRATCH/part"
awk '{ exit !($1 > 0.15 && $1 <= 0.2501) }' "$SCRATCH/part" || fail "shares: a quarter is $(cat "$SCRATCH/part")"

# versions for compilers
version() { od -An -tu4 -j8 -N4 "$1" | tr -d ' '; }
for pair in clang-14:7 clang-15:8 clang-16:9 clang-18:11 clang-19:12 clang-22:13 clang-40:13 4:4 11:11; do
	run 0 merge --for "${pair%:*}" -o "$SCRATCH/v" fe-13.profdata
	[ "$(version "$SCRATCH/v")" = "${pair#*:}" ] || fail "--for ${pair%:*}: version $(version "$SCRATCH/v")"
done
mkdir "$SCRATCH/bin"
printf '#!/bin/sh\necho "rustc 1.60.0"\necho "LLVM version: 14.0.0"\n' >"$SCRATCH/bin/rustc"
chmod +x "$SCRATCH/bin/rustc"
PATH=$SCRATCH/bin run 0 merge --for rustc -o "$SCRATCH/v" fe-13.profdata
[ "$(version "$SCRATCH/v")" = 7 ] || fail "--for rustc with LLVM 14: version $(version "$SCRATCH/v")"
PATH=$SCRATCH run 0 merge --for rustc -o "$SCRATCH/v" fe-13.profdata
[ "$(version "$SCRATCH/v")" = 13 ] || fail "--for rustc without rustc: version $(version "$SCRATCH/v")"
run 0 merge --for clang-14 -o "$SCRATCH/v" ir-22.profdata
[ "$(cat "$SCRATCH/err")" = "pgo-analyze: warning: build ids are left out: version 7 has none" ] || fail "warning: $(cat "$SCRATCH/err")"
refuses 3 "pgo-analyze: counters of loop entries cannot be written in version 12 of the indexed format, LLVM has them since 13" \
	merge --for clang-19 -o "$SCRATCH/no" loopent-22.profdata

# a table of counters, also of what LLVM has no format for
run 0 merge --format csv -o "$SCRATCH/t.csv" gcov/clang22-a.gcda gcov/clang22-a.gcda
"$ANALYZE" show --format csv gcov/clang22-a.gcda | awk -F, 'NR > 1 { t += $NF } END { print 2 * t }' >"$SCRATCH/a"
awk -F, 'NR > 1 { t += $(NF-1) } END { print t }' "$SCRATCH/t.csv" >"$SCRATCH/b"
same_bytes "$SCRATCH/a" "$SCRATCH/b" "table: $(cat "$SCRATCH/b"), not $(cat "$SCRATCH/a")"
refuses 3 "pgo-analyze: profiles of this kind (gcc blocks) cannot be written in LLVM's formats
hint: write a table of counters, which reads back: --format csv" merge -o "$SCRATCH/no" gcov/clang22-a.gcda

# provenance
cp ir-22.profdata "$SCRATCH"
cd "$SCRATCH"
golden merge-provenance 0 merge --provenance - --sparse -w 2,ir-22.profdata -o p.profdata 'runs/*.profraw'
cd "$SAMPLES"

# what does not go together, what is not there, what cannot be written
refuses 3 "pgo-analyze: cannot merge 'entry-22.profdata': it counts other things (ir+entry_first) than 'ir-22.profdata' (ir)
hint: merge profiles of one way of building only; pgo-analyze show says what one is" \
	merge -o "$SCRATCH/no" ir-22.profdata entry-22.profdata
refuses 3 "pgo-analyze: cannot merge 'fe-22.profdata': it counts other things (fe) than 'ir-22.profdata' (ir)
hint: merge profiles of one way of building only; pgo-analyze show says what one is" \
	merge -o "$SCRATCH/no" ir-22.profdata fe-22.profdata
refuses 3 "pgo-analyze: cannot merge 'gcov/clang22-a.gcda': it is a profile of another kind (gcc blocks) than 'ir-22.profdata' (LLVM instrumentation)" \
	merge -o "$SCRATCH/no" ir-22.profdata gcov/clang22-a.gcda
refuses 3 "pgo-analyze: cannot read profile 'no-such-file': cannot open: No such file or directory" \
	merge -o "$SCRATCH/no" ir-22.profdata no-such-file
refuses 3 "pgo-analyze: cannot read profile 'no-*': no file matches the pattern" merge -o "$SCRATCH/no" "no-*"
mkdir "$SCRATCH/empty"
refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/empty': is a directory without any profile
hint: profiles are told by their first bytes, text ones by the name *.proftext" merge -o "$SCRATCH/no" "$SCRATCH/empty"
refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/no-list': cannot open: No such file or directory" \
	merge -o "$SCRATCH/no" "@$SCRATCH/no-list"
printf ':ir\nf\n1\n1\n0\n' >"$SCRATCH/zero.proftext"
refuses 3 "pgo-analyze: '$SCRATCH/zero.proftext' has no counts, so it cannot have a share of the result" \
	merge --shares -o "$SCRATCH/no" ir-22.profdata "$SCRATCH/zero.proftext"
refuses 4 "pgo-analyze: cannot write '/dev/full': No space left on device" merge -o /dev/full ir-22.profdata
refuses 4 "pgo-analyze: cannot write '$SCRATCH/no/x': No such file or directory" merge -o "$SCRATCH/no/x" ir-22.profdata
[ ! -e "$SCRATCH/no" ] || fail "a merge that failed left a file"

# compilers up to LLVM 17 call a local function a.c:branchy, newer ones a.c;branchy: what is written for one has its names
names() { "$ANALYZE" show --counts --format csv "$1" | cut -d, -f1 | grep -o 'a\.c[:;]branchy' | sort -u | tr '\n' ' '; }
for target in clang-14:a.c:branchy clang-17:a.c:branchy 'clang-18:a.c;branchy'; do
	"$ANALYZE" merge --for "${target%%:*}" -o "$SCRATCH/for.profdata" ir-22.profraw 2>/dev/null
	[ "$(names "$SCRATCH/for.profdata")" = "${target#*:} " ] || fail "$target: $(names "$SCRATCH/for.profdata")"
done
"$ANALYZE" merge -o "$SCRATCH/both.profdata" ir-14.profraw ir-22.profraw 2>"$SCRATCH/err"
grep -q 'warning: 2 functions are there twice, as file:function (LLVM up to 17) and file;function' "$SCRATCH/err" ||
	fail "two names of one function: $(cat "$SCRATCH/err")"
"$ANALYZE" merge --for clang-14 -o "$SCRATCH/one.profdata" ir-14.profraw ir-22.profraw 2>"$SCRATCH/err"
! grep -q 'there twice' "$SCRATCH/err" || fail "--for clang-14 warns of what it united: $(cat "$SCRATCH/err")"
"$ANALYZE" merge --for clang-14 -o "$SCRATCH/other.profdata" "$SCRATCH/both.profdata" 2>/dev/null
same_bytes "$SCRATCH/one.profdata" "$SCRATCH/other.profdata" "names united before and after adding up differ"

# weights in any notation of a number
merge 0 -o "$SCRATCH/c.profdata" -w 4e0,ir-22.profdata
same_bytes "$SCRATCH/a.profdata" "$SCRATCH/c.profdata" "weight 4e0 is not weight 4"

# usage
usage() {
	local message=$1
	shift
	refuses 2 "pgo-analyze: $message
hint: 'pgo-analyze merge --help' shows examples" merge "$@"
}
usage "merge needs at least one profile" -o x
usage "merge needs a file to write: -o FILE ('-': standard output)" ir-22.profdata
usage "standard input ('-') can be read only once" -o x - -
usage "standard input ('-') can be read only once, and --shares reads profiles twice" --shares -o x - ir-22.profdata
usage "weight 1.5 of 'ir-22.profdata' is no whole number; shares of the result may be any (--shares)" -o x -w 1.5,ir-22.profdata
usage "weight 1e+20 of 'ir-22.profdata' is larger than any counter can be" -o x -w 100000000000000000000,ir-22.profdata
usage "--provenance and -o name the same file, 'x'" -o x --provenance x ir-22.profdata
ln -s x "$SCRATCH/link" && touch "$SCRATCH/x"
usage "--provenance and -o name the same file, '$SCRATCH/link'" -o "$SCRATCH/x" --provenance "$SCRATCH/link" ir-22.profdata
usage "--for names a version of the indexed format, --format is text" --format text --for clang-14 -o x ir-22.profdata
refuses 2 "pgo-analyze: --for: 'gcc-12' is no compiler that is known
hint: known are clang-12 and later, rustc, and versions 4 to 13 of the format" merge --for gcc-12 -o x ir-22.profdata
for bad in ir-22.profdata 0,ir-22.profdata -1,x 3, 3 0x10,x; do
	refuses 2 "pgo-analyze: --weight takes a number above 0, a comma and a profile, not '$bad'
hint: 'pgo-analyze merge --help' lists the options" merge "--weight=$bad" -o x ir-22.profdata
done
refuses 2 "pgo-analyze: there is no format 'xml'
hint: formats are indexed, text, csv" merge --format xml -o x ir-22.profdata
refuses 2 "pgo-analyze: --max-lost takes a share from 0 to 1, not '2'
hint: 'pgo-analyze merge --help' lists the options" merge --max-lost 2 -o x ir-22.profdata
finish
