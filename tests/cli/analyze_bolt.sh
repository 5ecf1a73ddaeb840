# SPDX-License-Identifier: GPL-3.0-or-later
# BOLT profiles from the file to the verdict; where llvm-bolt is, every block and entry against what it makes of them.
. "$(dirname "$0")/analyze_lib.bash"

cd "$SOURCE/tests/fixtures/bolt"
golden bolt-fdata 1 compare --top 6 sort.fdata fold.fdata
golden bolt-fdata-alike 0 compare --top 6 sort.fdata more.fdata
golden bolt-yaml 1 compare --top 6 sort.yaml fold.yaml
golden bolt-yaml-table 0 show --table sort.yaml
refuses 3 "pgo-analyze: cannot compare 'sort.yaml' with 'sort.fdata': the two profiles are of different kinds: the training one holds block counts, the test one branches
hint: compare profiles that the same kind of tool wrote" compare sort.yaml sort.fdata
printf '1 main 0 1 main 5 0 3\n1 main 0 1 main 5 0\n' >"$SCRATCH/bad.fdata"
refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/bad.fdata': line 2: a branch has 7 of its 8 fields
hint: a branch is: KIND NAME OFFSET KIND NAME OFFSET MISPREDICTIONS COUNT, with kinds 0 to 2, hexadecimal offsets and decimal counts" show "$SCRATCH/bad.fdata"
head -40 sort.yaml >"$SCRATCH/bad.yaml"
refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/bad.yaml': line 41: the profile does not end with '...': it was cut off
hint: expected is what perf2bolt -w or llvm-bolt -w writes: header with profile-version 1, then functions with their blocks" show "$SCRATCH/bad.yaml"

bolt=$(command -v llvm-bolt-22 || command -v llvm-bolt || true)
merge=$(command -v merge-fdata-22 || command -v merge-fdata || true)
clang=$(command -v clang-22 || command -v clang || true)
if [ -z "$bolt" ] || [ -z "$merge" ] || [ -z "$clang" ]; then
	echo "no llvm-bolt: nothing was compared with it"
	finish
	exit
fi
cp words.c "$SCRATCH"
cd "$SCRATCH"
"$clang" -O2 -Wl,-q words.c -o words 2>build.log &&
	"$bolt" words -instrument --instrumentation-file="$SCRATCH/now.fdata" -o words.inst >>build.log 2>&1 || {
	echo "llvm-bolt cannot instrument here: $(tail -1 build.log)"
	finish
	exit
}
record() { # NAME ARGUMENT...
	./words.inst "${@:2}" >/dev/null && mv now.fdata "$1.fdata" || fail "no profile of words ${*:2}"
	"$bolt" words -o /dev/null -data "$1.fdata" -w "$1.yaml" -print-cfg >"$1.cfg" 2>&1 || fail "llvm-bolt -w: $(tail -1 "$1.cfg")"
}
record sort sort 3000 fib 14
record fold fold 7000 fib 3

# functions and blocks as llvm-bolt prints them: a count each; the number of a block is its place
cat >blocks.pl <<'END'
	my ($name, $n, $inside);
	while (<>) {
		if (/^Binary Function "(.*?)(?:\(\*\d+\))?" after building cfg/) { ($name, $n, $inside) = ($1, -1, 0) }
		elsif (/^  Exec Count  : (\d+)/ && defined $name) { $entries{$name} = $1 }
		elsif (/^\.\w+ \(\d+ instructions/) { $n++; $inside = 1 }
		elsif (/^  Exec Count : (\d+)/ && $inside) { print "block,\"$name\",$n,$1\n" if $1; $inside = 0 }
	}
	print "entry,\"$_\",$entries{$_}\n" for keys %entries;
END
for name in sort fold; do
	perl blocks.pl $name.cfg >theirs
	grep '^block' theirs | sort >blocks
	"$ANALYZE" show --table $name.yaml | tail -n +2 | awk -F, '$3 > 0 { print "block," $1 "," $2 "," $3 }' | sort >ours
	[ "$(wc -l <ours)" -gt 20 ] && cmp -s blocks ours || { fail "blocks of $name.yaml differ from llvm-bolt's"; diff blocks ours | head; }
	grep '^entry' theirs | sort >entries
	"$ANALYZE" show --table $name.fdata | awk -F, '$2 == "18446744069414584320" { print "entry," $1 "," $3 }' | sort >ours
	[ "$(comm -12 entries ours | wc -l)" -ge 10 ] || fail "entries of $name.fdata differ from llvm-bolt's"
	# those of functions that are in no part of the binary (PLT) are not printed
	comm -13 entries ours | grep -v '@PLT"' >more && fail "$name.fdata: llvm-bolt has no such entries: $(head -3 more)"
	comm -23 entries ours | grep -v ',0$' >more && fail "$name.fdata: entries are missing: $(head -3 more)"
done

"$merge" sort.fdata fold.fdata -o both.fdata 2>/dev/null
"$ANALYZE" show --table both.fdata | tail -n +2 | sort >merged
{ "$ANALYZE" show --table sort.fdata && "$ANALYZE" show --table fold.fdata; } | grep -v ^function, |
	awk -F, '{ sum[$1 "," $2] += $3 } END { for (k in sum) printf "%s,%d,\n", k, sum[k] }' | sort | diff - merged >differ ||
	fail "merge-fdata adds up otherwise: $(head -5 differ)"
run 0 compare both.fdata both.fdata
finish
