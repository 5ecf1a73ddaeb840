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
