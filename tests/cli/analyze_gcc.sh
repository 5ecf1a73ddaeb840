# SPDX-License-Identifier: GPL-3.0-or-later
# gcc's profiles as gcc writes them: every function against gcov, block by block, and two workloads compared.
. "$(dirname "$0")/analyze_lib.bash"
command -v gcc >/dev/null && command -v gcov >/dev/null || { echo "gcc and gcov are not here"; exit 77; }

mkdir "$SCRATCH/build"
cd "$SCRATCH/build"
cp "$SAMPLES"/src/[ab].c .
cat >odd.c <<'END'
#include <setjmp.h>
#include <stdlib.h>
static jmp_buf back;
static int total;
static __attribute__((noinline)) int helper(int x) { return x & 1 ? x : -x; }
static void leave(int x) { if (x > 2) longjmp(back, x); }
int first_is_loop(int n) { again: total++; if (n-- > 0) goto again; return total; }
int pick(int x)
{
	switch (x % 5) {
	case 0: return helper(x);
	case 1: total += 2; /* fall through */
	case 2: return total;
	case 3: exit(0);
	default: while (x > 0) if (x % 3) x -= 2; else x--;
	}
	return x;
}
int odd(int n)
{
	volatile int rounds = 0;
	int code = setjmp(back);
	if (code && rounds > 4) return first_is_loop(n) + helper(code);
	rounds++;
	for (int i = 0; i < n; i++) leave(i);
	return first_is_loop(n);
}
END
cat >main.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int odd(int n), pick(int x), b_entry(int x);
static __attribute__((noinline)) int helper(int x) { return x * 2; }
int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0, sum = 0;
	for (int i = 0; i < n; i++) sum += helper(i) + b_entry(i % 60);
	if (argc > 2) sum += odd(atoi(argv[2]));
	printf("%d\n", sum);
	for (int i = 0; argc > 3 && i < 100; i++) if (i % 5 != 3 || i > 90) pick(i);
	return 0;
}
END

# a line for each function: name, calls, blocks, those that ran
functions_by_gcov() {
	gcov --json-format --stdout "$1" | perl -MJSON::PP -0777 -ne 'for my $f (map { @{$_->{functions}} } map { @{$_->{files}} } decode_json($_)) {
		print join("\t", @$f{qw(name execution_count blocks blocks_executed)}), "\n" }'
}
# the count of every block that has a line
blocks_by_gcov() {
	gcov -a --stdout "$1" | sed -n 's/^ *\([0-9]*\|[%$]*\)\*\{0,1\}: *[0-9]*-block .*/\1/p' | tr '%$' 00
}

# against_gcov FLAG...: build, run, and compare every function of every file
checked=0
against_gcov() {
	rm -f ./*.o ./*.gcda ./*.gcno prog
	for source in b odd main; do gcc "$@" -c $source.c || { fail "gcc $*"; return; }; done
	gcc "$@" b.o odd.o main.o -o prog
	./prog 300 6 x >/dev/null
	./prog 20 >/dev/null
	for data in *.gcda; do
		run 0 show --counts --format csv "$data"
		functions_by_gcov "$data" >"$SCRATCH/functions"
		blocks_by_gcov "$data" >"$SCRATCH/printed"
		[ -s "$SCRATCH/functions" ] && [ -s "$SCRATCH/printed" ] || fail "gcov says nothing of $data"
		perl - "$SCRATCH/out" "$SCRATCH/functions" "$SCRATCH/printed" <<'END' >"$SCRATCH/wrong" || fail "$data of gcc $*: $(cat "$SCRATCH/wrong")"
			my ($ours, $functions, $printed) = @ARGV;
			my ($bad, %blocks, %left, %seen) = 0;
			open F, $ours;
			while (<F>) { chomp; $blocks{$1} = [split / /, $2] if /^"([^"]+)",.*,([\d ]+)$/ }
			close F;
			for (values %blocks) { $left{$_}++ for @$_ }
			open F, $functions;
			while (<F>) {
				my ($name, $calls, $blocks, $executed) = split;
				my @ours = @{$blocks{$name} // []};
				# gcov takes the exit for a block and leaves the last one out
				my $ran = grep { $_ } @ours[0 .. $#ours - 1];
				$ran++ if $calls;
				if (@ours != $blocks || $ran != $executed) { print "$name: ", scalar @ours, " blocks, $ran ran; gcov: $blocks, $executed\n"; $bad++ }
				# setjmp counts its returns as calls there; a loop at the very start is the first block
				if ($name !~ /^(odd|first_is_loop)$/ && $ours[0] != $calls) { print "$name: first block $ours[0]; gcov: $calls calls\n"; $bad++ }
				$seen{$name} = 1;
			}
			close F;
			for (keys %blocks) { if (!$seen{$_}) { print "$_: unknown to gcov\n"; $bad++ } }
			open F, $printed;
			while (<F>) {
				chomp;
				if ($left{$_ + 0}-- < 1) { print "no block is left that ran $_ times\n"; $bad++ }
			}
			exit($bad != 0);
END
		checked=$((checked + $(wc -l <"$SCRATCH/functions")))
	done
}
against_gcov -O0 --coverage
against_gcov -O1 -fprofile-generate -ftest-coverage
against_gcov -O2 -fprofile-generate -ftest-coverage
against_gcov -O2 -fprofile-update=atomic --coverage
[ "$checked" -ge 30 ] || fail "only $checked functions were checked"

# the build directory is a profile; local functions of one name are told apart; runs add up
run 0 show --format json .
grep -q '"flags": "gcc blocks"' "$SCRATCH/out" || fail "the kind is not named: $(grep flags "$SCRATCH/out")"
run 0 show --function ';helper$' --format csv .
[ "$(grep -c '^"/.*/\(main\|odd\)\.c;helper",' "$SCRATCH/out")" = 2 ] || fail "helper of two files: $(cat "$SCRATCH/out")"
run 0 show --function '^main$' --format csv .
grep -q ',2,[0-9]*,[0-9]*,2 ' "$SCRATCH/out" || grep -q '^"main","main",[0-9a-f]*,false,false,false,[0-9]*,2,' "$SCRATCH/out" ||
	fail "main ran twice: $(cat "$SCRATCH/out")"

# two workloads into directories of their own, the notes where they were compiled
rm -f ./*.gcda
for n in 1 2 3; do GCOV_PREFIX=$SCRATCH/train ./prog 300 6 x >/dev/null; done
GCOV_PREFIX=$SCRATCH/alike ./prog 3000 6 x >/dev/null
GCOV_PREFIX=$SCRATCH/other ./prog 2 90000 x >/dev/null
cd "$SCRATCH"
run 0 show --function '^main$' train
grep -q '  main$' out && ! grep -q 'without notes' out || fail "names below GCOV_PREFIX: $(cat out)"
run 0 compare --format json train alike
cp out alike.json
run 1 compare --format json train other
overlap() { perl -MJSON::PP -0777 -ne 'print decode_json($_)->{overlap_ratio} // die "no overlap\n"' "$1"; }
perl -e 'exit !($ARGV[0] > 0.9 && $ARGV[1] < 0.3)' "$(overlap alike.json)" "$(overlap out)" ||
	fail "overlap of like runs: $(overlap alike.json), of others: $(overlap out)"

# -fprofile-dir with mangled names, once again with the same notes
cd build
rm -f ./*.o ./*.gcno
for source in b odd main; do gcc -O1 -fprofile-generate="$SCRATCH/mangled" -ftest-coverage -c $source.c; done
gcc -fprofile-generate b.o odd.o main.o -o prog
./prog 300 >/dev/null
run 0 show --all-functions "$SCRATCH/mangled"
grep -q '  main$' "$SCRATCH/out" && ! grep -q 'without notes' "$SCRATCH/out" || fail "mangled names: $(cat "$SCRATCH/out")"

# another compilation: its notes are not taken, nor its counters for those of the code before
cp -r "$SCRATCH/mangled" "$SCRATCH/stale"
rm -f ./*.o
gcc -O1 -fprofile-generate="$SCRATCH/mangled" -ftest-coverage -c -frandom-seed=1 main.c b.c odd.c
run 0 show "$SCRATCH/stale"
grep -q 'of another compilation left out' "$SCRATCH/out" || fail "stale notes: $(cat "$SCRATCH/out" "$SCRATCH/err")"
cp "$SAMPLES/gcov/gcc12-O2-pgo-b.gcda" b.gcda
run 3 show b.gcda
head -1 "$SCRATCH/err" | grep -q "^pgo-analyze: cannot read profile 'b.gcda': the notes (.gcno) \(are of another compilation\|were written by\)" ||
	fail "a stale pair: $(cat "$SCRATCH/err")"

# not two kinds at once
run 3 compare "$SCRATCH/train" "$SAMPLES/ir-22.profdata"
grep -q 'gcc blocks' "$SCRATCH/err" || fail "two kinds: $(cat "$SCRATCH/err")"
finish
