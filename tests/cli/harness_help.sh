#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-harness: help, versions and usage errors, to the letter.
set -u
H=${BUILD:?the build tree; ctest sets it}/bin/pgo-harness
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
cd "$T" || exit 1
failures=0

# says EXIT STREAM ARGUMENTS… <<EXPECTED: exact text on one stream, nothing on the other
says()
{
	local code=$1 stream=$2 other=out got
	shift 2
	[ "$stream" = out ] && other=err
	cat >expected
	"$H" "$@" >out 2>err
	got=$?
	if [ $got != "$code" ] || ! diff expected "$stream" || [ -s $other ]; then
		echo "FAILED (exit $got, not $code?): pgo-harness $*"
		failures=$((failures + 1))
	fi
}

# holds EXIT TEXT ARGUMENTS…
holds()
{
	local code=$1 text=$2 got
	shift 2
	"$H" "$@" >out 2>&1
	got=$?
	if [ $got != "$code" ] || ! grep -qF -- "$text" out; then
		echo "FAILED (exit $got, not $code? '$text' missing?): pgo-harness $*"
		cat out
		failures=$((failures + 1))
	fi
}

overview='Usage: pgo-harness COMMAND [OPTION...] [ARGUMENT...]
Train a program with profile-guided optimization, and prove that the profile can be trusted.

  run      train, judge, build and measure a corpus
  doctor   check the toolchain, and say how to install what is missing
  list     the workloads of a corpus, as they will be run
  report   print the report of a finished run, or of several side by side
  help     this overview, or the help of one command

  pgo-harness COMMAND --help   what it does, its options, examples, exit codes
  pgo-harness --version        version of this program

Start with: pgo-harness doctor, then pgo-harness run workloads/lua'
says 0 out --help <<<"$overview"
says 0 out help <<<"$overview"
says 0 out help help <<<"$overview"
says 2 err <<'END'
pgo-harness: a command is missing
hint: 'pgo-harness help' lists the commands
END
says 2 err frun <<'END'
pgo-harness: there is no command 'frun'
hint: did you mean 'pgo-harness run'? 'pgo-harness help' lists all commands
END
says 2 err banana <<'END'
pgo-harness: there is no command 'banana'
hint: 'pgo-harness help' lists all commands
END
says 2 err help frun <<'END'
pgo-harness: there is no command 'frun'
hint: did you mean 'pgo-harness run'? 'pgo-harness help' lists all commands
END
"$H" --version >out && grep -qE '^pgo-harness [0-9]+\.[0-9]+\.[0-9]+$' out || { echo "FAILED: --version"; failures=$((failures + 1)); }
for command in run doctor list report; do
	"$H" --version >version
	says 0 out "$command" --version <version
	holds 0 "Usage: pgo-harness $command [OPTION...]" "$command" --help
	holds 0 "Usage: pgo-harness $command [OPTION...]" help "$command"
	holds 0 'Exit codes:' "$command" --help
	holds 0 "pgo-harness $command" "$command" --help
	says 2 err "$command" --nonsense <<END
pgo-harness: there is no option '--nonsense'
hint: 'pgo-harness $command --help' lists the options
END
	for line in $("$H" "$command" --help | awk 'length > 100 {print NR}'); do
		echo "FAILED: line $line of the help of $command is too long"
		failures=$((failures + 1))
	done
done
# every threshold of the gate is an option
for name in min-join min-functions min-mass max-missed max-demoted max-under-served min-retained max-saturated; do
	holds 0 "--$name=X" run --help
done
holds 2 'pgo-harness: which corpus? for example: pgo-harness run workloads/lua' run
holds 2 'pgo-harness: which corpus? for example: pgo-harness list workloads/lua' list
holds 2 'pgo-harness: which run directory? for example: pgo-harness report pgo-out/lua' report
holds 2 "--format takes text or json, not 'xml'" list . --format xml
holds 2 "--format takes text, markdown or json, not 'xml'" report . --format xml
holds 2 "--method takes time, user or cachegrind, not 'magic'" run . --method magic
# the option that was meant, and what is wrong with one that is known
option()
{
	local message=$1 hint=$2
	shift 2
	says 2 err "$@" < <(printf 'pgo-harness: %s\nhint: %s\n' "$message" "$hint")
}
LIST="'pgo-harness run --help' lists the options"
option "there is no option '--forse'" "did you mean '--force'? $LIST" run . --forse
option "there is no option '--max-mised'" "did you mean '--max-missed'? $LIST" run --max-mised=0.5 .
option "there is no option '-x'" "$LIST" run -qx .
option "option '--max' is ambiguous" "$LIST" run --max 3 .
option "option '--force' takes no value" "$LIST" run --force=yes .
option "option '--out' needs a value" "$LIST" run . --out
option "option '-o' needs a value" "$LIST" run . -fo
option "which corpus? for example: pgo-harness run workloads/lua" "'pgo-harness run --help' lists options and examples" run
option "--jobs takes a number from 1 to 4096, not 'many'" "'pgo-harness run --help' lists options and examples" run . -jmany
holds 3 "cannot read corpus '--nonsense'" run -- --nonsense
holds 3 "cannot read corpus 'nowhere'" run --out --force nowhere
says 2 err report nowhere <<'END'
pgo-harness: no report in 'nowhere'
hint: name the run directory of a finished run: pgo-harness run CORPUS --out nowhere
END
echo '{"schema": "pgo-harness/report/1", ' >report.json
holds 3 './report.json: ' report .
echo '{"schema": "pgo-harness/report/7"}' >report.json
says 3 err report . <<'END'
pgo-harness: report of '.' has schema 'pgo-harness/report/7', not 'pgo-harness/report/1'
END
# a full disk is an error, not a short answer
if [ -c /dev/full ]; then
	"$H" --help >/dev/full 2>err
	[ $? = 4 ] && grep -qx 'pgo-harness: cannot write to standard output: No space left on device' err ||
		{ echo "FAILED: /dev/full"; cat err; failures=$((failures + 1)); }
fi
[ $failures = 0 ] || exit 1
echo "all passed"
