# SPDX-License-Identifier: GPL-3.0-or-later
# Sample profiles from the file to the verdict; every counter against what llvm-profdata makes of the same file.
. "$(dirname "$0")/analyze_lib.bash"
OWN=$SOURCE/tests/fixtures/sample

cd "$OWN"
golden sample-show 0 show --counts nested.txt
golden sample-table 0 show --table nested.extbinary
refuses 3 "pgo-analyze: cannot compare 'nested.txt' with '$SAMPLES/sample.prof.txt': the two profiles are of different kinds: the training one holds sampled probes, the test one sampled lines
hint: compare profiles that the same kind of tool wrote" compare nested.txt "$SAMPLES/sample.prof.txt"
cd "$SCRATCH"
for scale in 100 700; do # the same functions, another balance of the two under `outer`
	perl -pe 's/: (\d+)/": " . $1 * '$scale'/e if !/!/ && !/inner|middle|gone:60/' "$OWN/nested.txt" |
		perl -pe '$f = $1 if /^ +[\d.]+: ([a-z]+):/; s/: (\d+)/": " . $1 * 9/e if $f eq "inner" && '$scale' == 700 && !/!/' >x$scale.txt
done
golden sample-compare 0 compare --top 6 x100.txt x700.txt
printf 'main:10:1\n 1: 9\n 2 8\n' >"$SCRATCH/bad.txt"
refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/bad.txt': line 3: '2 8' is no line of a function
hint: within a function are, with a blank for each level: LINE[.DISCRIMINATOR]: SAMPLES[ TARGET:COUNT]…, LINE[.DISCRIMINATOR]: INLINED:SAMPLES, and at its end !CFGChecksum: NUMBER" show "$SCRATCH/bad.txt"

profdata=$(command -v llvm-profdata-22 || true)
if [ -z "$profdata" ]; then
	echo "no llvm-profdata-22: nothing was compared with it"
	finish
	exit
fi

# The table of a sample profile in text, by a second reading of it: lines of inlined bodies go to their own functions.
cat >"$SCRATCH/flatten.pl" <<'END'
	my (@stack, %sum, %hash, @bodies);
	sub name { my $n = shift; $n =~ /^\d+$/ ? sprintf('md5:%016x', $n) : $n }
	sub body { push @bodies, {name => name($_[0]), lines => []}; $bodies[-1] }
	while (<>) {
		chomp;
		next if /^\s*(#|$)/;
		my ($blanks, $rest) = /^( *)(.*)/;
		my $depth = length $blanks;
		if ($depth == 0) {
			my ($name, $head) = $rest =~ /^(.*):\d+:(\d+)$/ or die "head: $_";
			$name =~ s/^\[(?:.* @ )?(.*)\]$/$1/;
			@stack = (body($name));
			push @{$stack[0]{lines}}, [0xffffffff << 32, $head];
			next;
		}
		splice @stack, $depth if @stack > $depth;
		if ($rest =~ /^!CFGChecksum: (\d+)/) { $stack[-1]{hash} = $1 }
		elsif ($rest =~ /^!/ || $rest =~ /: vtables /) { }
		elsif ($rest =~ /^(\d+)(?:\.(\d+))?: (\d+)(?: |$)/) { push @{$stack[-1]{lines}}, [$1 << 32 | ($2 // 0), $3] }
		elsif ($rest =~ /: (.*):\d+$/) { push @stack, body($1) }
		else { die "line: $_" }
	}
	for (@bodies) { $hash{$_->{name}} //= $_->{hash} if $_->{hash} }
	for my $b (@bodies) {
		my $h = $b->{hash} // $hash{$b->{name}};
		my $tail = $h ? sprintf('0x%016x', $h) : '';
		$sum{"\"$b->{name}\",$_->[0]"}{$tail} += $_->[1] for @{$b->{lines}};
	}
	for my $key (keys %sum) { print "$key,$sum{$key}{$_},$_\n" for keys %{$sum{$key}} }
END
checked=0
against_llvm() { # FILE
	"$profdata" merge --sample --text "$1" -o "$SCRATCH/text" || { fail "llvm-profdata does not read $1"; return; }
	perl "$SCRATCH/flatten.pl" "$SCRATCH/text" | sort >"$SCRATCH/theirs"
	"$ANALYZE" show --table "$1" | tail -n +2 | sort >"$SCRATCH/ours" || fail "show --table $1"
	diff "$SCRATCH/theirs" "$SCRATCH/ours" >"$SCRATCH/diff" || { fail "$1 differs from llvm-profdata's"; head -20 "$SCRATCH/diff"; }
	# the totals of its summary: without the heads
	total=$(awk -F, '$2 != "18446744069414584320" { t += $3 } END { printf "%d\n", t }' "$SCRATCH/ours")
	"$profdata" show --sample --detailed-summary "$1" | grep -q "^Total count: $total$" || fail "$1: total is not $total"
	checked=$((checked + $(wc -l <"$SCRATCH/ours")))
}
for file in "$SAMPLES"/sample*.prof "$SAMPLES"/sample*.txt "$OWN"/*; do against_llvm "$file"; done

# a larger one, with all encodings of it
cat >"$SCRATCH/make.pl" <<'END'
	srand 7;
	my @names = map { "_Z" . length("fn$_") . "fn${_}v" } 1 .. 150;
	sub lines {
		my ($depth, $text) = (@_, '');
		my %at;
		for (1 .. 1 + rand 8) {
			my $at = int(rand 200) . (rand() < .3 ? '.' . (1 + int rand 60) : '');
			next if $at{$at}++;
			$text .= ' ' x $depth . "$at: " . int(10 ** rand 6);
			$text .= " $names[rand @names]:" . (1 + int rand 500) for 1 .. (rand() < .3 ? 1 + rand 3 : 0);
			$text .= "\n";
		}
		for (1 .. ($depth < 5 ? rand 3 : 0)) {
			my $at = 200 + int rand 200;
			$text .= ' ' x $depth . "$at: $names[rand @names]:1\n" . lines($depth + 1) unless $at{$at}++;
		}
		$text
	}
	for (@names) { next if rand() < .2; print "$_:1:", int rand 1000, "\n", lines(1) }
END
perl "$SCRATCH/make.pl" >"$SCRATCH/made.txt"
cd "$SCRATCH"
"$profdata" merge --sample --binary made.txt -o made.binary
"$profdata" merge --sample --extbinary made.txt -o made.extbinary
"$profdata" merge --sample --extbinary --compress-all-sections --split-layout made.txt -o made.split
"$profdata" merge --sample --extbinary --use-md5 --compress-all-sections made.txt -o made.md5
for file in made.txt made.binary made.extbinary made.split made.md5; do against_llvm $file; done
[ "$checked" -gt 5000 ] || fail "only $checked counters were compared"
"$ANALYZE" show --table made.txt >table
for file in made.binary made.extbinary made.split; do
	"$ANALYZE" show --table $file | cmp - table || fail "$file is not as the text"
done

# LLVM's own flat layout adds to the line of an inlined call how often it was entered; all other lines are as here
"$profdata" merge --sample --text --convert-sample-profile-layout=flat made.txt -o flat
perl flatten.pl flat | awk -F, '$2 != "18446744069414584320"' | sort >theirs
tail -n +2 table | awk -F, '$2 != "18446744069414584320"' | sort >ours
other=$(comm -13 theirs ours | awk -F, '{ split($2, k, "."); print int($2 / 4294967296) }' | awk '$1 < 200' | wc -l)
[ "$other" = 0 ] && [ "$(comm -12 theirs ours | wc -l)" -gt 1000 ] || fail "$other lines are not as in LLVM's flat layout"

# weights change no share; other functions do
perl -pe 's/^( +[\d.]+: )(\d+)/$1 . $2 * 3/e; s/:(\d+):(\d+)$/":" . $1 . ":" . $2 * 3/e; s/(\S+v):(\d+)(?=[ \n])/"$1:" . $2 * 3/ge' made.txt >three.txt
"$profdata" merge --sample --extbinary --weighted-input=3,made.txt -o three.extbinary
run 0 compare --format json made.extbinary three.extbinary
grep -q '"overlap_ratio": \(1.0\|0.99999\)' out || fail "three times the same: $(grep overlap_ratio out)"
"$ANALYZE" show --table three.extbinary | perl -F, -lane 'print join ",", $F[0], $F[1], $. > 1 ? $F[2] / 3 : $F[2], $F[3] // ""' |
	cmp - table || fail "three times the same is not three times as much"
perl -e 'print "$_:1:1\n 1: 1000000\n" for map { "_Z5fn_ne" . $_ . "v" } 1 .. 20' >new.txt
"$profdata" merge --sample --extbinary --weighted-input=1,made.txt --weighted-input=9,new.txt -o mixed.extbinary
run 1 compare --format json made.extbinary mixed.extbinary
grep -q '"missed"' out || fail "what the other profile has beside is not missed"
# names known by their MD5 only join those that are known in full, on either side, and are called as these
for pair in "sample.extbinary.prof sample.extbinary-md5.prof" "sample.extbinary-md5.prof sample.prof.txt"; do
	# shellcheck disable=SC2086
	(cd "$SAMPLES" && run 0 compare --report-only --format csv $pair && cut -d, -f1,3 "$SCRATCH/out") >"$SCRATCH/names"
	[ "$(tr '\n' ' ' <"$SCRATCH/names")" = 'name,join "main",matched "foo",matched "_Z3fooi",matched "baz",matched ' ] ||
		fail "$pair: $(cat "$SCRATCH/names")"
done
(cd "$SAMPLES" && run 0 matrix --format json sample.extbinary-md5.prof sample.extbinary.prof sample.prof.txt &&
	tr -d ' \n' <"$SCRATCH/out" | grep -q '"matrix":\[\[0.0,0.0,0.0\],\[0.0,0.0,0.0\],\[0.0,0.0,0.0\]\]') ||
	fail "matrix with MD5 names: $(cat "$SCRATCH/out")"
# the name that has the MD5 goes before one that has it normalised
md5() { python3 -c 'import hashlib, sys; print(int.from_bytes(hashlib.md5(sys.argv[1].encode()).digest()[:8], "little"))' "$1"; }
printf 'foo.llvm.111:1000:100\n 1: 1000\nfoo.llvm.222:50:5\n 1: 50\nmain:10:1\n 1: 10\n' >two.txt
printf '%s:50:5\n 1: 50\nmain:10:1\n 1: 10\n' "$(md5 foo.llvm.222)" >one.txt
run 0 compare --report-only --format csv two.txt one.txt
[ "$(cut -d, -f1,3 "$SCRATCH/out" | sort | tr '\n' ' ')" = '"foo.llvm.111",only_train "foo.llvm.222",matched "main",matched name,join ' ] ||
	fail "the stored name does not go first: $(cat "$SCRATCH/out")"
printf '%s:50:5\n 1: 50\nmain:10:1\n 1: 10\n' "$(md5 foo)" >one.txt
run 0 compare --report-only --format csv two.txt one.txt
grep -q '^"foo.llvm.111",.*,matched,' "$SCRATCH/out" || fail "the normalised name is not found: $(cat "$SCRATCH/out")"
# a stale function is stale by either name
{ printf 'foo:300:10\n 1: 300\n !CFGChecksum: 5\nbar:300:10\n 1: 300\n !CFGChecksum: 9\n' && printf 'qux:300:10\n 1: 300\n !CFGChecksum: 3\n'; } >old.txt
sed 's/Checksum: 5/Checksum: 6/' old.txt >new.txt
sed "s/^foo:/$(md5 foo):/; s/^bar:/$(md5 bar):/; s/^qux:/$(md5 qux):/" new.txt >md5.txt
for new in new md5; do
	run 0 compare --report-only --format csv old.txt $new.txt
	cut -d, -f1,3 "$SCRATCH/out" | sort >$new.joined
	"$ANALYZE" continuity --format csv old.txt $new.txt >$new.continuity || true
done
cmp new.joined md5.joined || fail "stale: $(cat md5.joined)"
cmp new.continuity md5.continuity || fail "continuity: $(diff new.continuity md5.continuity)"
# two that have the MD5 only
(cd "$SAMPLES" && run 0 compare --report-only --format csv sample.extbinary-md5.prof sample.extbinary-md5.prof &&
	grep -c '^"md5:[0-9a-f]*","md5:[0-9a-f]*",matched,' "$SCRATCH/out" >"$SCRATCH/count")
[ "$(cat "$SCRATCH/count")" = 4 ] || fail "MD5 names of both sides: $(cat "$SCRATCH/out")"

finish
