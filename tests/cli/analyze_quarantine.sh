# SPDX-License-Identifier: GPL-3.0-or-later
# Damage one record of a profile of each kind: refused as it stands, set aside where --max-lost allows it, and all other
# records read as from the undamaged file.
. "$(dirname "$0")/analyze_lib.bash"
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
python3 "$SOURCE/tests/cli/quarantine.py" "$ANALYZE" "$SOURCE/tests/fixtures" "$SCRATCH" || failures=$((failures + 1))

# 1 of 10 records is lost: more than 5 % is refused, and what is allowed is said
refuses 3 "pgo-analyze: cannot read profile '$SCRATCH/text.proftext': line 9: counter '85x0' is not a number in range
hint: 10 % of its records are damaged; allowed are 5 % (--max-lost)" show --max-lost 0.05 "$SCRATCH/text.proftext"

# each command on profiles takes it, and says what was set aside
warning="'$SCRATCH/text.proftext': 1 damaged record was set aside, 10 % of all: 'a.c:branchy', line 9: counter '85x0' is not a number in range"
for command in "skew" "sufficiency $SCRATCH/good.proftext" "matrix $SCRATCH/good.proftext" "stability $SCRATCH/good.proftext" \
	"weights $SCRATCH/good.proftext" "continuity $SCRATCH/good.proftext" "calibrate $SCRATCH/good.proftext" \
	"skew --merged $SCRATCH/good.proftext" "explain b_entry $SCRATCH/good.proftext" \
	"compare --train $SCRATCH/good.proftext --train $SCRATCH/good.proftext --test"; do
	for format in text json; do
		code=0
		# shellcheck disable=SC2086
		"$ANALYZE" $command "$SCRATCH/text.proftext" --max-lost 0.2 --format $format >"$SCRATCH/out" 2>"$SCRATCH/err" || code=$?
		case $code in 0 | 1 | 5) ;; *) fail "$command: exit code $code: $(head -3 "$SCRATCH/err")" ;; esac
		grep -qF "pgo-analyze: warning: $warning" "$SCRATCH/err" || fail "$command: no warning: $(head -3 "$SCRATCH/err")"
		[ $format = text ] || [ "${command%% *}" = explain ] || grep -q '"quarantine"' "$SCRATCH/out" || fail "$command: no quarantine in JSON"
	done
done
finish
