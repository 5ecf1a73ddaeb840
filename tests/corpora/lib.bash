# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the tests of the corpora under workloads/: what `pgo-harness list` says is what is run, without the harness.
set -euo pipefail
HARNESS=$BUILD/bin/pgo-harness
CORPORA=$SOURCE/workloads
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

[ -x "$HARNESS" ] || skip "pgo-harness is not built"

# One line a workload: id, kind, role and the words of its command, separated by tabs. Words hold no tab, and of JSON's
# escapes only \/ and \".
workloads() {
	"$HARNESS" list --format json "$1" | awk '
		function text(s) {
			sub(/^ *("[a-z]+": )?"/, "", s)
			sub(/",?$/, "", s)
			gsub(/\\\//, "/", s)
			gsub(/\\"/, "\"", s)
			return s
		}
		/^ *"workload": / { id = text($0) }
		/^ *"kind": / { kind = text($0) }
		/^ *"role": / { role = text($0) }
		/^ *"command": *\[/ { inside = 1; words = ""; next }
		inside && /^ *\],?$/ { inside = 0; print id "\t" kind "\t" role words; next }
		inside { words = words "\t" text($0) }
	'
}

# Every workload of a manifest ends with status 0 and prints the same twice, and something at all.
run_twice() {
	local manifest=$1 binary=$2 id kind role n=0
	local -a words
	while IFS=$'\t' read -r -a words; do
		id=${words[0]} kind=${words[1]} role=${words[2]}
		words=("${words[@]:3}")
		words=("${words[@]//\{binary\}/$binary}")
		for time in 1 2; do
			rm -rf "$SCRATCH/cwd"
			mkdir "$SCRATCH/cwd"
			(cd "$SCRATCH/cwd" && "${words[@]//\{scratch\}/$SCRATCH/cwd}" >"$SCRATCH/out.$time" 2>"$SCRATCH/err" </dev/null) ||
				fail "$manifest: $id ($kind, $role) ends with status $?: $(head -n 3 "$SCRATCH/err")"
		done
		[ -s "$SCRATCH/out.1" ] || fail "$manifest: $id prints nothing"
		cmp "$SCRATCH/out.1" "$SCRATCH/out.2" || fail "$manifest: $id prints something else the second time"
		n=$((n + 1))
	done < <(workloads "$manifest")
	[ "$n" -gt 0 ] || fail "$manifest: no workload was run"
	echo "$manifest: $n workloads, each the same twice"
}
