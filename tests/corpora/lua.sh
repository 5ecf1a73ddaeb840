# SPDX-License-Identifier: GPL-3.0-or-later
# The lua corpus on Debian's own interpreter: every script ends well and prints the same twice. And fetch-source refuses
# what it cannot do with one message.
. "$(dirname "$0")/lib.bash"

fetch=$CORPORA/lua/fetch-source
refuses() {
	local want=$1 code=0
	shift
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/err" || code=$?
	[ "$code" != 0 ] || fail "'$*' should fail"
	head -n 1 "$SCRATCH/err" | grep -qF "$want" || fail "'$*' says '$(head -n 1 "$SCRATCH/err")', not '$want'"
}
refuses "fetch-source: one argument is needed: the directory to fill" "$fetch"
mkdir "$SCRATCH/full"
touch "$SCRATCH/full/file"
refuses "fetch-source: '$SCRATCH/full' is not empty" "$fetch" "$SCRATCH/full"
refuses "fetch-source: '$SCRATCH/full/file' is not a directory" "$fetch" "$SCRATCH/full/file"
if command -v apt-get >/dev/null && command -v dpkg-source >/dev/null; then
	refuses "fetch-source: lua5.4 from http://127.0.0.1:9 (bookworm)" \
		env FETCH_MIRROR=http://127.0.0.1:9/ "$fetch" "$SCRATCH/none"
	grep -qF "fetch-source: cannot read the source index of 'http://127.0.0.1:9'" "$SCRATCH/err" || fail "$(cat "$SCRATCH/err")"
	[ ! -e "$SCRATCH/none" ] || fail "a failed fetch leaves '$SCRATCH/none'"
fi

lua=$(command -v lua5.4) || skip "lua5.4 is not installed"
export LUA_INIT= LC_ALL=C
run_twice "$CORPORA/lua/corpus.yaml" "$lua"
run_twice "$CORPORA/lua/corpus.skewed.yaml" "$lua"

# numbers that are known from elsewhere
[ "$("$lua" "$CORPORA/lua/heldout/lisp.lua" "$CORPORA/lua/data/programs.lisp" | grep -cxE 'primes 239|queens 4')" = 2 ] ||
	fail "lisp.lua: there are 239 primes below 1500 and 4 ways to place six queens"
"$lua" "$CORPORA/lua/real/textdiff.lua" lines "$CORPORA/lua/data/GPL-2.txt" "$CORPORA/lua/data/GPL-3.txt" >"$SCRATCH/diff"
# diff ends with 1 where files differ
removed=$({ diff -d "$CORPORA/lua/data/GPL-2.txt" "$CORPORA/lua/data/GPL-3.txt" || true; } | grep -c '^<')
grep -qE ": $removed removed, " "$SCRATCH/diff" || fail "textdiff.lua: diff removes $removed lines, not $(head -n 1 "$SCRATCH/diff")"
