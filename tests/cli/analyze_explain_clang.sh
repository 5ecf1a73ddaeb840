# SPDX-License-Identifier: GPL-3.0-or-later
# What explain says the compiler would do, held against what clang-22 does: attributes of the functions it compiles with
# the same profile. The functions are noinline, so all of them are there to be seen.
. "$(dirname "$0")/analyze_lib.bash"
command -v clang-22 >/dev/null && command -v llvm-profdata-22 >/dev/null || { echo "no clang-22"; exit 77; }
cp "$SAMPLES"/src/[ab].c "$SCRATCH"
cd "$SCRATCH"

attributes() { # FILE.ll: "name attributes" of each function defined
	awk '/^define/ { match($0, /@[A-Za-z_0-9]+/); name = substr($0, RSTART + 1, RLENGTH - 1)
			for (i = 1; i <= NF; i++) if ($i ~ /^#[0-9]+$/) group[name] = $i }
		/^attributes/ { text[$2] = $0 }
		END { for (name in group) print name, text[group[name]] ~ /[ {]inlinehint/ ? "inlinehint" : "-", text[group[name]] ~ /[ {]cold / ? "cold" : "-" }' "$1"
}

for flags in "-mllvm -pgo-instrument-entry" ""; do
	# shellcheck disable=SC2086
	clang-22 -O2 -fprofile-generate $flags a.c b.c -o program 2>log && LLVM_PROFILE_FILE=p.profraw ./program >/dev/null &&
		llvm-profdata-22 merge -o p.profdata p.profraw || fail "no profile: $(cat log)"
	seen=0
	for unit in a b; do
		clang-22 -O2 -fprofile-use=p.profdata -S -emit-llvm $unit.c -o $unit.ll 2>log || fail "clang: $(cat log)"
		while read -r name hint cold; do
			stored=$name
			[ "$name" != branchy ] || stored="$unit.c;branchy"
			said=$("$ANALYZE" explain --format json "$stored" p.profdata p.profdata |
				python3 -c 'import json, sys; print(json.load(sys.stdin)["train"]["treatment"])')
			case $said:$hint:$cold in
			inline_hint:inlinehint:- | never:-:cold | cold:-:cold | warm:-:-) ;;
			hot:-:-) ;;
			hot:inlinehint:-) [ -z "$flags" ] || fail "$stored: the entry count is known, but no inlinehint is foretold" ;;
			*) fail "$stored ($flags): explain says $said, clang-22 says $hint $cold" ;;
			esac
			seen=$((seen + 1))
		done < <(attributes $unit.ll)
	done
	[ "$seen" -ge 9 ] || fail "only $seen functions were looked at"
done
finish
