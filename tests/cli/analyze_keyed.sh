# SPDX-License-Identifier: GPL-3.0-or-later
# Profiles whose counters are told apart by key: tables (CSV) and Go's pprof, from the file to the verdict.
. "$(dirname "$0")/analyze_lib.bash"
PPROF=$SOURCE/tests/fixtures/pprof

cd "$INPUT"
golden keyed-csv 0 compare train.csv test.csv
golden keyed-csv-json 0 compare --format json train.csv test.csv
golden keyed-csv-rows 0 compare --format csv train.csv test.csv
golden keyed-table 0 show --table train.csv
golden keyed-kinds 3 compare train.csv "../../fixtures/pprof/orders.pprof"
cd "$PPROF"
golden keyed-pprof 1 compare --top 8 orders.pprof archive.pprof
golden keyed-pprof-same 0 compare --top 3 archive.pprof archive.pprof
golden keyed-pprof-json 0 show --topn 2 --counts --format json archive.pprof
golden keyed-pprof-gate 1 gate orders.pprof orders.pprof archive.pprof
refuses 3 "pgo-analyze: cannot read profile 'go1.19.pprof': no function has a start line: the Go compiler cannot use this profile
hint: build the program with Go 1.20 or newer and profile it again" show go1.19.pprof

# every counter of a profile comes back from the table written of it
cd "$SAMPLES"
round_trip() { # FILE: functions, hashes, counters and counts
	"$ANALYZE" show --table "$1" >"$SCRATCH/table.csv" || fail "show --table $1"
	"$ANALYZE" show --counts --format csv "$1" | cut -d, -f1,3,7- >"$SCRATCH/first"
	"$ANALYZE" show --counts --format csv "$SCRATCH/table.csv" | cut -d, -f1,3,7- >"$SCRATCH/second"
	cmp "$SCRATCH/first" "$SCRATCH/second" || fail "$1 is another one after a trip through a table"
	"$ANALYZE" show --table "$SCRATCH/table.csv" | cmp - "$SCRATCH/table.csv" || fail "the table of $1 is not stable"
	[ "$(wc -l <"$SCRATCH/first")" -gt 3 ] || fail "$1: nothing to compare"
}
round_trip ir-22.profdata
round_trip fe-14.profdata
round_trip "$PPROF/orders.pprof"
# names with commas and quotes are quoted: whole lines are compared
"$ANALYZE" show --table irxx-22.profdata >"$SCRATCH/first"
"$ANALYZE" show --table - <"$SCRATCH/first" | cmp - "$SCRATCH/first" || fail "irxx-22.profdata"

# what a table says is what the profile says
for file in ir-22.profdata irxx-22.profdata; do
	"$ANALYZE" show --table $file >"$SCRATCH/table.csv"
	"$ANALYZE" compare --report-only "$SCRATCH/table.csv" "$SCRATCH/table.csv" | grep -q '^  overlap  *100 %' ||
		fail "$file: its table is not equal to itself"
done
refuses 3 "pgo-analyze: cannot compare 'ir-22.profdata' with '$SCRATCH/table.csv': the two profiles are of different kinds: the training one holds LLVM instrumentation, the test one counter table
hint: compare profiles that the same kind of tool wrote" compare ir-22.profdata "$SCRATCH/table.csv"

# a table that says nothing about a function's hash matches one that does
cut -d, -f1-3 "$SCRATCH/table.csv" >"$SCRATCH/bare.csv"
"$ANALYZE" compare --report-only --format json "$SCRATCH/table.csv" "$SCRATCH/bare.csv" | grep -q '"join_rate": 1.0,' ||
	fail "hashes on one side only"

# damaged tables
printf 'function,counter,count\nf,0,1\nf,1,x\n' >"$SCRATCH/bad.csv"
refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/bad.csv': line 3: column 'count': 'x' is not a number in range
hint: each row has a field for each column of the first line: function, counter, count and perhaps hash" show "$SCRATCH/bad.csv"

# cut off within a number, which nothing but the missing end of the line shows
printf 'function,counter,count\nf,0,1\nf,1,1234' >"$SCRATCH/cut.csv"
run 0 show --format csv "$SCRATCH/cut.csv"
[ "$(cat "$SCRATCH/err")" = "pgo-analyze: warning: '$SCRATCH/cut.csv': the last line has no end: the file may be cut off" ] ||
	fail "a cut table: $(cat "$SCRATCH/err")"
printf 'f\n1\n2\n5\n20000' >"$SCRATCH/cut.proftext"
run 0 show "$SCRATCH/cut.proftext"
grep -q 'warning: .*the last line has no end' "$SCRATCH/out" || fail "a cut text: $(cat "$SCRATCH/out")"
finish
