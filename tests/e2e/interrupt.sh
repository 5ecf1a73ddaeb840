#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C in each phase: children gone, finished phases kept, the next run goes on from there.
. "${SOURCE:?the source tree; ctest sets it}/tests/e2e/lib/common.sh"
set -m # background jobs get SIGINT, as on a terminal

manifest corpus/corpus.yaml "${TRAINING[@]}" "${HELDOUT[@]}"
O=$T/pgo-out/sample
MARK=$((RANDOM + 100000)).25

status()
{
	python3 - "$O/run.json" "$1" 2>/dev/null <<'END'
import json, sys
print({p["phase"]: p["status"] for p in json.load(open(sys.argv[1]))["phases"]}.get(sys.argv[2]))
END
}

# Wait until a command succeeds.
until_true()
{
	for _ in $(seq 600); do
		"$@" && return 0
		sleep 0.02
	done
	bad "never: $*"
	return 1
}

sleeping()
{
	pgrep -f "sleep $MARK" >/dev/null
}

running()
{
	[ "$(status "$1")" = running ]
}

# interrupt PHASE SLOW TEST…: start, wait for TEST, send INT, then see what is left
interrupt()
{
	local phase=$1 slow=$2 pid code
	shift 2
	E2E_SLOW=$slow E2E_MARK=$MARK "$H" run corpus >out 2>err &
	pid=$!
	LEFT_OVER=$pid
	until_true "$@"
	kill -INT $pid
	[ -z "$UNBLOCK" ] || echo >"$UNBLOCK" # the reader of the pipe goes on, and finds the signal
	wait $pid
	code=$?
	LEFT_OVER=
	[ $code = 4 ] || { bad "$phase: exit $code"; tail err; }
	is err "pgo-harness: interrupted by SIGINT in phase '$phase'" \
		"hint: finished phases are kept; to go on from here: pgo-harness run corpus --out $O"
	! sleeping || bad "$phase: a child was left"
	[ "$(status $phase)" = interrupted ] || bad "$phase: run.json says '$(status $phase)'"
	[ ! -s out ] || bad "$phase: a report was printed"
}

UNBLOCK=
mkdir bin
cat >bin/clang-22 <<END
#!/bin/sh
[ "\$E2E_SLOW" != doctor ] || sleep "\$E2E_MARK"
exec $(command -v clang-22) "\$@"
END
chmod +x bin/clang-22
OLD_PATH=$PATH
PATH=$T/bin:$PATH
interrupt doctor doctor sleeping
PATH=$OLD_PATH
interrupt instrument instrument sleeping
interrupt replay run sleeping
[ "$(status instrument)" = done ] || bad "replay: the build was not kept"

# The merge and the gate are too quick to be hit; a pipe in place of the record they read first holds them.
mkdir -p "$O/profiles"
mkfifo "$O/profiles/merge.json"
UNBLOCK=$O/profiles/merge.json
interrupt merge none running merge
[ "$(status instrument) $(status replay)" = "reused done" ] || bad "merge: what was finished was not kept"
rm -f "$O/profiles/merge.json"

mkfifo "$O/gate.json"
UNBLOCK=$O/gate.json
interrupt gate none running gate
[ "$(status replay) $(status merge)" = "reused done" ] || bad "gate: what was finished was not kept"
rm -f "$O/gate.json"
UNBLOCK=

interrupt baseline baseline sleeping
[ "$(status merge) $(status gate)" = "reused done" ] || bad "baseline: what was finished was not kept"
interrupt optimize optimize sleeping
[ "$(status gate) $(status baseline)" = "reused done" ] || bad "optimize: what was finished was not kept"
run 0 run corpus --until optimize
interrupt measure run sleeping
[ "$(status baseline) $(status optimize)" = "reused reused" ] || bad "measure: what was finished was not kept"

run 0 run corpus
has out 'ACCEPTED: '
json "$O/run.json" '[p["phase"] for p in r["phases"] if p["status"] == "done"] == ["doctor", "measure", "report"]'

# a second Ctrl-C does not wait for a child that will not go
manifest corpus/corpus.stubborn.yaml '{id: stubborn, command: [sh, -c, "trap \"\" TERM INT; sleep '"$MARK"'; sleep '"$MARK"'"], stop: {grace_s: 60}}'
"$H" run corpus/corpus.stubborn.yaml >out 2>err &
LEFT_OVER=$!
until_true sleeping
kill -INT $LEFT_OVER
sleep 0.3
kill -INT $LEFT_OVER
SECONDS=0
wait $LEFT_OVER
[ $? = 4 ] || bad "stubborn: exit code"
LEFT_OVER=
[ $SECONDS -lt 20 ] || bad "the second Ctrl-C changed nothing"
! sleeping || bad "stubborn: a child was left"
finish
