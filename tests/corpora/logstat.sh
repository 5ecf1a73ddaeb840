# SPDX-License-Identifier: GPL-3.0-or-later
# logstat: its own tests, its exit codes and messages, numbers counted another way, and every workload of its corpus on a
# plain build.
. "$(dirname "$0")/lib.bash"

command -v cargo >/dev/null || skip "cargo is not installed"
export CARGO_TARGET_DIR=$BUILD/tests/logstat CARGO_NET_OFFLINE=true
cd "$CORPORA/logstat"
cargo test --quiet --locked >"$SCRATCH/cargo" 2>&1 || fail "cargo test: $(tail -n 20 "$SCRATCH/cargo")"
cargo build --quiet --release --locked >"$SCRATCH/cargo" 2>&1 || fail "cargo build: $(tail -n 20 "$SCRATCH/cargo")"
[ ! -s "$SCRATCH/cargo" ] || fail "the compiler warns: $(cat "$SCRATCH/cargo")"
logstat=$CARGO_TARGET_DIR/release/logstat

# want STATUS MESSAGE ARGUMENT...: the first line of standard error
want() {
	local status=$1 message=$2 code=0
	shift 2
	"$logstat" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || code=$?
	[ "$code" = "$status" ] || fail "'$*' ends with $code, not $status"
	[ "$(head -n 1 "$SCRATCH/err")" = "$message" ] || fail "'$*' says '$(head -n 1 "$SCRATCH/err")', not '$message'"
}
want 0 "" --help
want 0 "" --version
want 2 "logstat: no command"
want 2 "logstat: unknown command 'acess'" acess
want 2 "logstat: unknown option '--tpo'" access --tpo 3
want 2 "logstat: access logs have no field 'code'" access --where "code = 1" data/nginx.log
want 2 "logstat: 'json' needs --by FIELD" json data/nginx.jsonl
want 2 "logstat: expression 'status >': a value is needed after 'status' and its operator" grep "status >" data/nginx.log
want 3 "logstat: cannot read 'none.log': No such file or directory (os error 2)" access none.log
want 3 "logstat: no line of 'Cargo.toml' could be read; is it another format?" access Cargo.toml
want 3 "logstat: cannot read 'Cargo.toml': line 1: not a line of an access log" access --strict Cargo.toml
want 3 "logstat: cannot read 'Cargo.toml': line 1: column 2: a value is needed" json --strict --by x Cargo.toml
want 1 "" grep "status = 999" data/nginx.log
code=0
"$logstat" access data/nginx.log >/dev/full 2>"$SCRATCH/err" || code=$?
[ "$code" = 4 ] && grep -qx "logstat: cannot write the result: No space left on device (os error 28)" "$SCRATCH/err" ||
	fail "a full disk ends with $code: $(cat "$SCRATCH/err")"
set +o pipefail
"$logstat" grep "status" --repeat 100 data/nginx.log 2>"$SCRATCH/err" | head -n 1 >/dev/null
set -o pipefail
[ ! -s "$SCRATCH/err" ] || fail "a reader that has enough is complained about: $(cat "$SCRATCH/err")"

# the same numbers, counted another way
[ "$("$logstat" grep "status = 404" data/nginx.log | wc -l)" = "$(awk '$9 == 404' data/nginx.log | wc -l)" ] || fail "404s differ"
"$logstat" access --top 99 data/web-2009.log | awk '/^by status/ { on = 1; next } /^by/ { on = 0 } on { print $1, $NF }' |
	sort >"$SCRATCH/ours"
awk '{ n[$9]++ } END { for (s in n) print n[s], s }' data/web-2009.log | sort >"$SCRATCH/theirs"
cmp "$SCRATCH/ours" "$SCRATCH/theirs" || fail "status counts differ"
for kind in access json csv; do
	cmp <("$logstat" gen $kind --lines 50 --seed 3) <("$logstat" gen $kind --lines 50 --seed 3) || fail "gen $kind differs from itself"
done
cmp <("$logstat" gen access --lines 1000 --seed 11) data/invented.log || fail "data/invented.log is not what gen makes"
cmp <("$logstat" gen json --lines 1000 --seed 12) data/invented.jsonl || fail "data/invented.jsonl is not what gen makes"
cmp <("$logstat" gen csv --lines 1500 --seed 13) data/invented.csv || fail "data/invented.csv is not what gen makes"

run_twice "$CORPORA/logstat/corpus.yaml" "$logstat"
run_twice "$CORPORA/logstat/corpus.skewed.yaml" "$logstat"
