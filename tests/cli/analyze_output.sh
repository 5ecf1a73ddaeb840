# SPDX-License-Identifier: GPL-3.0-or-later
# Where results go: files complete or not at all, full and closed streams noticed, colour and cut names on terminals only.
. "$(dirname "$0")/analyze_lib.bash"
cd "$INPUT"

for what in "help" "--version" "show real.proftext" "compare real.proftext real.proftext --format json" "compare real.proftext real.proftext" \
	"gate real.proftext real.proftext" "compare --help"; do
	code=0
	"$ANALYZE" $what >/dev/full 2>"$SCRATCH/err" || code=$?
	[ $code = 4 ] || fail "$what on a full disk: exit code $code"
	[ "$(cat "$SCRATCH/err")" = "pgo-analyze: cannot write standard output: No space left on device" ] ||
		fail "$what on a full disk: $(cat "$SCRATCH/err")"
	code=0
	"$ANALYZE" $what >&- 2>"$SCRATCH/err" || code=$?
	[ $code = 4 ] || fail "$what on a closed standard output: exit code $code"
	[ "$(cat "$SCRATCH/err")" = "pgo-analyze: cannot write standard output: Bad file descriptor" ] ||
		fail "$what on a closed standard output: $(cat "$SCRATCH/err")"
done

refuses 4 "pgo-analyze: cannot write '/dev/full': No space left on device" show real.proftext -o /dev/full
refuses 4 "pgo-analyze: cannot write 'no/such/place': No such file or directory" show real.proftext -o no/such/place
mkdir "$SCRATCH/d"
run 4 show real.proftext -o "$SCRATCH/d"

# the file gets what standard output gets, and the exit code is the verdict's
run 1 compare skewed.proftext real.proftext
cp "$SCRATCH/out" "$SCRATCH/expected"
run 1 compare skewed.proftext real.proftext -o "$SCRATCH/d/result"
[ ! -s "$SCRATCH/out" ] || fail "-o printed as well"
cmp "$SCRATCH/expected" "$SCRATCH/d/result" || fail "-o wrote something else"
[ "$(ls -A "$SCRATCH/d")" = result ] || fail "left behind: $(ls -A "$SCRATCH/d")"

# a failing run leaves the old result; a link stays a link; permissions stay
echo old >"$SCRATCH/d/result"
chmod 640 "$SCRATCH/d/result"
ln -s result "$SCRATCH/d/link"
run 3 show missing -o "$SCRATCH/d/result"
[ "$(cat "$SCRATCH/d/result")" = old ] || fail "a failing run touched the old result"
run 1 compare skewed.proftext real.proftext -o "$SCRATCH/d/link"
[ -L "$SCRATCH/d/link" ] || fail "the link was replaced"
cmp "$SCRATCH/expected" "$SCRATCH/d/result" || fail "the link's file was not written"
[ "$(stat -c %a "$SCRATCH/d/result")" = 640 ] || fail "permissions changed"
run 1 compare skewed.proftext real.proftext -o -
cmp "$SCRATCH/expected" "$SCRATCH/out" || fail "-o - is not standard output"

# no colour and no cut names unless standard output is a terminal
grep -q $'\033' "$SCRATCH/expected" && fail "colour in a file"
if command -v script >/dev/null && command -v stty >/dev/null; then
	terminal() {
		script -qec "stty cols 80; $1 '$ANALYZE' compare --report-only skewed.proftext real.proftext" /dev/null </dev/null | tr -d '\r'
	}
	terminal "" >"$SCRATCH/tty"
	grep -q $'\033\[1;31mFAIL' "$SCRATCH/tty" || fail "no colour on a terminal"
	grep -q '…$' "$SCRATCH/tty" || fail "names are not cut on a terminal"
	wide=$(sed $'s/\033\\[[0-9;]*m//g' "$SCRATCH/tty" | wc -L)
	[ "$wide" -le 80 ] && [ "$wide" -ge 70 ] || fail "the widest line on a terminal of 80 columns has $wide"
	terminal NO_COLOR=1 | grep -q $'\033' && fail "colour in spite of NO_COLOR"
	terminal TERM=dumb | grep -q $'\033' && fail "colour on a dumb terminal"
fi
finish
