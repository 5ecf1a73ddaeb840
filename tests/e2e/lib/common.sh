# SPDX-License-Identifier: GPL-3.0-or-later
# What the end-to-end scripts share: a corpus in a directory of its own, and checks that say what went wrong.

set -u
H=$BUILD/bin/pgo-harness
command -v clang-22 >/dev/null || { echo "skipped: no clang-22"; exit 77; }
[ -x "$H" ] || { echo "skipped: no pgo-harness"; exit 77; }

T=$(mktemp -d)
LEFT_OVER=
cleanup()
{
	[ -z "$LEFT_OVER" ] || kill -KILL $LEFT_OVER 2>/dev/null
	[ -n "${KEEP:-}" ] && echo "kept: $T" || rm -rf "$T"
}
trap cleanup EXIT
cd "$T" || exit 1
failures=0

bad()
{
	echo "FAILED: $*"
	failures=$((failures + 1))
}

finish()
{
	[ "$failures" = 0 ] || { echo "$failures checks failed"; exit 1; }
	echo "all passed"
}

# run EXPECTED-EXIT ARGUMENTS…: stdout in $T/out, stderr in $T/err
run()
{
	local expected=$1 got
	shift
	"$H" "$@" >"$T/out" 2>"$T/err"
	got=$?
	[ "$got" = "$expected" ] && return
	bad "exit $got instead of $expected: pgo-harness $*"
	tail -n 20 "$T/err" "$T/out"
}

# has FILE TEXT: the file holds the text
has()
{
	grep -qF -- "$2" "$1" || { bad "'$2' is not in $1"; tail -n 20 "$1"; }
}

hasnt()
{
	! grep -qF -- "$2" "$1" || bad "'$2' is in $1"
}

# is FILE LINE…: the file's last lines are exactly these
is()
{
	local file=$1
	shift
	diff <(printf '%s\n' "$@") <(tail -n $# "$file") >"$T/diff" || { bad "unexpected end of $file:"; cat "$T/diff"; }
}

# json FILE EXPRESSION: a Python expression over the record r is true
json()
{
	python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
sys.exit(not eval(sys.argv[2]))' "$1" "$2" || bad "not so in $1: $2"
}

# manifest FILE WORKLOAD-LINES…: a manifest of the sample program with these workloads
manifest()
{
	local file=$1
	shift
	cat >"$file" <<'END'
corpus: sample
source: src
build:
  recipe: command
  toolchain: clang-22
  command:
    - sh
    - -c
    - |
      case "$CFLAGS" in *generate*) phase=instrument ;; *use*) phase=optimize ;; *) phase=baseline ;; esac
      [ "${E2E_SLOW:-}" != "$phase" ] || sleep "$E2E_MARK"
      $CC $CFLAGS $LDFLAGS -o sample sample.c
  cflags: -O2
  binary: sample
measure: {runs: 3, warmup: 1, min_effect: 0.02}
END
	[ $# = 0 ] || { echo "workloads:"; printf '  - %s\n' "$@"; } >>"$file"
}

mkdir -p corpus/src
cp "$SOURCE/tests/e2e/lib/sample.c" corpus/src/
TRAINING=('{id: words, args: [words, "60000"]}' '{id: lists, args: [lists, "1500"]}'
	'{id: sort, kind: synthetic, args: [sort, "30000"]}')
HELDOUT=('{id: mixed, role: heldout, args: [mixed, "50000"]}' '{id: lists2, role: heldout, args: [lists, "1200"]}')
