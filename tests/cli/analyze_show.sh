# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze show: exact output, and the totals of every sample.
. "$(dirname "$0")/analyze_lib.bash"
cd "$SAMPLES"

golden show 0 show ir-22.profdata
golden show-text-input 0 show ir-22.proftext
golden show-detailed 0 show --detailed-summary irxx-22.profdata
golden show-topn 0 show --topn 4 --counts irxx-22.profdata
golden show-all 0 show --all-functions rust3-22.profdata
golden show-function 0 show --function '^main$|D1::go' irxx-22.profdata
golden show-cs 0 show --cs --topn 3 csir-22.profdata
golden show-hot 0 show --hot 4 --counts irxx-22.profdata
golden show-sites 0 show --hot 3 --value-sites ir-22.profdata
golden show-sites-json 0 show --function '^(indirect|cpy)$' --value-sites --format json ir-22.profdata
golden show-vtables 0 show --function '^main$' --value-sites vtabkeep-22.profdata
golden show-traces 0 show --traces temporal-22.profdata
golden show-traces-json 0 show --traces --format json temporal-22.profdata
golden show-keyed 0 show --counts sample.prof.txt
golden show-pseudo-topn 0 show --topn 9 ps.profdata
refuses 2 "pgo-analyze: --hot and --topn are two orders; take one of them
hint: 'pgo-analyze show --help' lists the options" show --hot 3 --topn 3 ir-22.profdata
golden show-covered 0 show --covered ir-22.profdata
golden show-cutoff 0 show --value-cutoff 1000 --topn 3 ir-22.profdata
golden show-csir 0 show csironly-22.profdata
for extra in --value-sites --traces --detailed-summary; do
	refuses 2 "pgo-analyze: CSV is a table of functions or counters, without $extra; text and json have it
hint: 'pgo-analyze show --help' lists the options" show $extra --format csv ir-22.profdata
done
refuses 2 "pgo-analyze: --table is CSV; it has no --format json
hint: 'pgo-analyze show --help' lists the options" show --table --format json ir-22.profdata
golden show-json 0 show --topn 3 --counts --format json irxx-22.profdata
golden show-csv 0 show --counts --format csv ir-14.profdata
cd "$INPUT"
golden show-strange-text 0 show --counts strange.proftext
golden show-strange-json 0 show --counts --format json strange.proftext
golden show-strange-csv 0 show --counts --format csv strange.proftext
golden show-zero 0 show zero.proftext

# a profile from standard input reads as the file does
cd "$SAMPLES"
"$ANALYZE" show --format csv - <ir-22.profdata >"$SCRATCH/a"
"$ANALYZE" show --format csv ir-22.profdata >"$SCRATCH/b"
cmp "$SCRATCH/a" "$SCRATCH/b" || fail "standard input"

# lines of a real program, in all formats; another build is a warning
if command -v gcc >/dev/null; then
	cp src/a.c src/b.c "$SCRATCH"
	(cd "$SCRATCH" && gcc -g -Wl,--build-id=0x1d2857d767d136084f68d3f535297f28db235cc4 -o same a.c b.c 2>log &&
		gcc -g -Wl,--build-id=0x01020304 -o other a.c b.c 2>log) || fail "gcc: $(cat "$SCRATCH/log")"
	run 0 show --hot 9 --binary "$SCRATCH/same" ir-22.profdata
	for line in "main  .*/a.c:15" "branchy  .*/a.c:5" "branchy  .*/b.c:1" "b_entry  .*/b.c:2"; do
		grep -q " $line\$" "$SCRATCH/out" || fail "no line '$line': $(cat "$SCRATCH/out")"
	done
	! grep -q warning: "$SCRATCH/out" || fail "a warning although the build id is the profile's"
	run 0 show --hot 2 --format csv --binary "$SCRATCH/same" ir-22.profdata
	grep -q '^"a.c;branchy","branchy",".*/a.c",5,' "$SCRATCH/out" || fail "csv has no line: $(cat "$SCRATCH/out")"
	head -1 "$SCRATCH/out" | grep -q '^name,demangled,file,line,cfg_hash,' || fail "csv header"
	run 0 show --hot 1 --format json --binary "$SCRATCH/other" ir-22.profdata
	python3 - "$SCRATCH/out" <<-'PY' || fail "json has no line, or no warning"
		import json, sys
		d = json.load(open(sys.argv[1]))
		assert d["functions"][0]["source"]["file"].endswith("/a.c") and d["functions"][0]["source"]["line"] == 5
		assert "another build" in d["binary_warning"]
	PY
fi

# totals of every indexed and text sample, as the tools that wrote them count (both kinds of records)
checked=0
while IFS=$'\t' read -r file format version flags records counters total nonzero rest; do
	case $format in indexed | text) ;; *) continue ;; esac
	"$ANALYZE" show --format csv "$file" >"$SCRATCH/normal" || fail "show $file"
	"$ANALYZE" show --format csv --cs "$file" >"$SCRATCH/cs" || fail "show --cs $file"
	# the last four fields are numbers: counters, first, max, total; totals may need more than 64 bits: two halves
	got=$(awk -F, 'FNR > 1 { n++; c += $(NF-3); if ($NF != "0") z++
			cut = length($NF) - 12; low += substr($NF, cut > 0 ? cut + 1 : 1); if (cut > 0) high += substr($NF, 1, cut) }
		END { high += int(low / 1e12); low %= 1e12
			printf "%d %d %s %d", n, c, high ? sprintf("%.0f%012.0f", high, low) : sprintf("%.0f", low), z }' \
		"$SCRATCH/normal" "$SCRATCH/cs")
	[ "$got" = "$records $counters $total $nonzero" ] || fail "$file: $got, not $records $counters $total $nonzero"
	checked=$((checked + 1))
done < <(grep -v '^#' EXPECTED.tsv)
[ "$checked" -ge 30 ] || fail "only $checked samples were checked"
finish
