# SPDX-License-Identifier: GPL-3.0-or-later
# Bad input: one clear error, exit code 3, no result. The readers' own messages are tested in tests/malformed.
. "$(dirname "$0")/analyze_lib.bash"
cd "$SAMPLES"

bad() { golden "bad-$1" 3 show "$2"; }
bad empty /dev/null
bad missing no-such-file
bad directory malformed
bad truncated-header malformed/idx_trunc_24
bad truncated malformed/idx_trunc_1000
bad version-14 malformed/idx_ver14
bad version-0 malformed/idx_ver0
bad counter malformed/t_neg
bad text-cut malformed/t_trunc
bad raw corrb-22.profraw
bad gcno gcov/clang22-a.gcno
golden bad-input-format 2 show --input-format no-such-format ir-22.profdata
golden bad-both 3 compare no-such-file malformed/idx_ver14

# profiles that do not go together
golden bad-kinds 3 compare fe-22.profdata ir-22.profdata
golden bad-entry 3 compare entry-22.profdata ir-22.profdata
golden bad-coverage 3 compare bytecov-22.profdata ir-22.profdata

# names in damaged files may hold anything: a message is one line, without what a terminal would obey
printf 'function,counter,count\n"a\033[31m\nb",0,x\n' >"$SCRATCH/escape.csv"
cp "$SCRATCH/escape.csv" "$SCRATCH/new
line.csv"
for file in "$SCRATCH/escape.csv" "$SCRATCH/new
line.csv"; do
	code=0
	"$ANALYZE" show "$file" >/dev/null 2>"$SCRATCH/err" || code=$?
	[ $code = 3 ] && [ "$(grep -vc '^hint: ' "$SCRATCH/err")" = 1 ] && ! tr -d '\n' <"$SCRATCH/err" | grep -q '[[:cntrl:]]' ||
		fail "control characters: exit code $code, $(cat -A "$SCRATCH/err")"
done

# what follows a profile is not dropped in silence
cat ir-22.profraw ir32-22.profraw >"$SCRATCH/widths.profraw"
refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/widths.profraw': the profile that follows is of another pointer width or byte order (at offset 1312)
hint: such profiles are of different programs: keep them in files of their own" show "$SCRATCH/widths.profraw"
cat sample.extbinary.prof sample.extbinary.prof >"$SCRATCH/two.prof"
run 0 show "$SCRATCH/two.prof"
grep -q "warning: .*$(stat -c %s sample.extbinary.prof) bytes follow the last section and were not" "$SCRATCH/out" ||
	fail "two sample profiles in one file: $(cat "$SCRATCH/out")"
run 0 show gcov
grep -q 'warning: gcov: its data files are of several compilers' "$SCRATCH/out" || fail "gcov of several compilers"

# a link to a profile that is gone is not left out of a directory
mkdir "$SCRATCH/runs"
cp ir-22.profraw "$SCRATCH/runs"
ln -s gone "$SCRATCH/runs/other.profraw"
refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/runs/other.profraw': cannot open: No such file or directory" show "$SCRATCH/runs"

# what has no end is not read to it
code=0
(ulimit -v 1000000 && timeout 20 "$ANALYZE" show - </dev/zero) >"$SCRATCH/out" 2>"$SCRATCH/err" || code=$?
[ $code = 3 ] && grep -q 'not a profile of any known format' "$SCRATCH/err" || fail "/dev/zero: $code, $(cat "$SCRATCH/err")"

# a file that may not be read (root may read everything)
if [ "$(id -u)" != 0 ]; then
	cp ir-22.profdata "$SCRATCH/secret"
	chmod 0 "$SCRATCH/secret"
	refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/secret': cannot open: Permission denied" show "$SCRATCH/secret"
fi

# every prefix of a profile is refused with a message, whatever was cut
size=$(stat -c %s ir-22.profdata)
for ((n = 0; n < size; n += 37)); do
	head -c $n ir-22.profdata >"$SCRATCH/prefix"
	code=0
	"$ANALYZE" show "$SCRATCH/prefix" >"$SCRATCH/out" 2>"$SCRATCH/err" || code=$?
	[ $code = 3 ] && [ ! -s "$SCRATCH/out" ] && head -1 "$SCRATCH/err" | grep -q "^pgo-analyze: cannot read profile '.*': ." ||
		fail "the first $n bytes: exit code $code, $(cat "$SCRATCH/err")"
done

# nothing in malformed/ ends in a crash or without a message
for file in malformed/*; do
	code=0
	"$ANALYZE" show "$file" >/dev/null 2>"$SCRATCH/err" || code=$?
	case $code in
	0) ;;
	3) [ -s "$SCRATCH/err" ] || fail "$file: refused without a word" ;;
	*) fail "$file: exit code $code: $(cat "$SCRATCH/err")" ;;
	esac
done
finish
