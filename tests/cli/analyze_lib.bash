# SPDX-License-Identifier: GPL-3.0-or-later
# What the analyze_*.sh tests share. Needs BUILD and SOURCE; tests/cli/update_golden sets UPDATE_GOLDEN.

set -eu
: "${BUILD:?the build directory}" "${SOURCE:?the source directory}"
ANALYZE=$BUILD/bin/pgo-analyze
GOLDEN=$SOURCE/tests/golden/analyze
SAMPLES=$SOURCE/tests/fixtures/samples
INPUT=$SOURCE/tests/golden/input
VERSION=$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' "$SOURCE/CMakeLists.txt")
[ -x "$ANALYZE" ] || { echo "$ANALYZE is not built"; exit 1; }
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
failures=0
export LC_ALL=C.UTF-8 TERM=xterm
unset NO_COLOR COLUMNS ARGP_HELP_FMT

fail() {
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# The last digits of a double depend on libm and on what the compiler makes of a sum: nine are compared, and nothing below
# 1e-12. The program's version is no part of what is tested.
settle() {
	perl -pe 'sub nine { my $x = sprintf "%.9g", abs $_[0] < 1e-12 ? 0 : $_[0]; $x =~ /[.e]/ ? $x : "$x.0" }
		s/(?<![\w.])(-?\d+\.\d{9,}(?:e[-+]\d+)?|-?\d+(?:\.\d+)?e-\d+)(?![\w.])/nine($1)/ge;
		s/"version": "\Q'"$VERSION"'\E"/"version": "VERSION"/; s/^pgo-analyze \Q'"$VERSION"'\E$/pgo-analyze VERSION/' "$1"
}

# run CODE ARGUMENT...: leaves out and err in SCRATCH
run() {
	local expected=$1 code=0
	shift
	"$ANALYZE" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || code=$?
	[ "$code" = "$expected" ] || fail "pgo-analyze $*: exit code $code, not $expected: $(head -c 300 "$SCRATCH/err")"
}

same() {
	if [ -n "${UPDATE_GOLDEN-}" ]; then
		if [ -s "$2" ]; then settle "$2" >"$1"; else rm -f "$1"; fi
	elif [ ! -e "$1" ] && [ -s "$2" ]; then
		fail "$3: there should be no output, but there is: $(head -c 300 "$2")"
	elif [ -e "$1" ] && ! settle "$2" | diff -u "$1" - >"$SCRATCH/diff"; then
		fail "$3"
		head -40 "$SCRATCH/diff"
	fi
}

# golden NAME CODE ARGUMENT...: exit code, and both streams as in golden/analyze/NAME.{out,err}; no file: nothing printed
golden() {
	local name=$1 code=$2
	shift 2
	run "$code" "$@"
	same "$GOLDEN/$name.out" "$SCRATCH/out" "pgo-analyze $*: standard output is not $name.out"
	same "$GOLDEN/$name.err" "$SCRATCH/err" "pgo-analyze $*: standard error is not $name.err"
}

# refuses CODE STDERR ARGUMENT...: exact standard error (its lines joined by newline), nothing on standard output
refuses() {
	local code=$1 message=$2
	shift 2
	run "$code" "$@"
	[ "$(cat "$SCRATCH/err")" = "$message" ] || fail "pgo-analyze $*: said
$(cat "$SCRATCH/err")
instead of
$message"
	[ ! -s "$SCRATCH/out" ] || fail "pgo-analyze $*: printed a result and failed"
}

finish() {
	[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
}
