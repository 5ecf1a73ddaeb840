# SPDX-License-Identifier: GPL-3.0-or-later
# Help, version and usage errors.
. "$(dirname "$0")/analyze_lib.bash"

golden help 0 help
golden help 0 --help
golden help 0 -h
golden help 0 help help
golden help-show 0 show --help
golden help-show 0 help show
golden help-compare 0 compare --help
golden help-compare 0 compare -h --nonsense
golden help-gate 0 gate --help
golden version 0 --version
golden version 0 -V
golden version 0 compare --version
golden version 0 gate -V
golden version 0 show --version

refuses 2 "pgo-analyze: a command is missing
hint: 'pgo-analyze help' lists the commands"
refuses 2 "pgo-analyze: there is no command 'cmpare'
hint: did you mean 'pgo-analyze compare'? 'pgo-analyze help' lists all commands" cmpare a b
refuses 2 "pgo-analyze: there is no command 'sho'
hint: did you mean 'pgo-analyze show'? 'pgo-analyze help' lists all commands" help sho
refuses 2 "pgo-analyze: there is no command 'xyzzy'
hint: 'pgo-analyze help' lists all commands" xyzzy
refuses 2 "pgo-analyze: there is no command ''
hint: 'pgo-analyze help' lists all commands" ""

refuses 2 "pgo-analyze: there is no option '--formt'
hint: did you mean '--format'? 'pgo-analyze compare --help' lists the options" compare --formt=json a b
refuses 2 "pgo-analyze: there is no option '--mni-join'
hint: did you mean '--min-join'? 'pgo-analyze gate --help' lists the options" gate a b --mni-join 0.5
refuses 2 "pgo-analyze: there is no option '-z'
hint: 'pgo-analyze show --help' lists the options" show -z a
refuses 2 "pgo-analyze: option '--min' is ambiguous
hint: 'pgo-analyze compare --help' lists the options" compare --min=1 a b
refuses 2 "pgo-analyze: option '--cs' takes no value
hint: 'pgo-analyze show --help' lists the options" show --cs=yes a
refuses 2 "pgo-analyze: option '--top' needs a value
hint: 'pgo-analyze compare --help' lists the options" compare a b --top
refuses 2 "pgo-analyze: option '-o' needs a value
hint: 'pgo-analyze compare --help' lists the options" compare a b -o
refuses 2 "pgo-analyze: option '-r' needs a value
hint: 'pgo-analyze skew --help' lists the options" skew p -r
refuses 2 "pgo-analyze: option '-d' needs a value
hint: 'pgo-analyze matrix --help' lists the options" matrix a b -d
refuses 2 "pgo-analyze: option '-b' needs a value
hint: 'pgo-analyze explain --help' lists the options" explain f a b -b
refuses 2 "pgo-analyze: there is no option '-zr'
hint: 'pgo-analyze skew --help' lists the options" skew p -zr
refuses 2 "pgo-analyze: there is no format 'xml'
hint: formats are text, json, csv" compare --format xml a b
refuses 2 "pgo-analyze: --top takes a whole number, not '-1'
hint: 'pgo-analyze compare --help' lists the options" compare --top -1 a b
refuses 2 "pgo-analyze: --topn takes a whole number, not '99999999999999999999'
hint: 'pgo-analyze show --help' lists the options" show --topn 99999999999999999999 a
refuses 2 "pgo-analyze: --min-join takes a number, not '0.9x'
hint: 'pgo-analyze compare --help' lists the options" compare --min-join 0.9x a b
refuses 2 "pgo-analyze: --max-missed takes a number, not 'nan'
hint: 'pgo-analyze gate --help' lists the options" gate --max-missed nan a b
refuses 2 "pgo-analyze: --alpha must lie between 0 and 1, not 1.5
hint: it is a share: 1.5 % is 0.015" compare --alpha 1.5 a b
refuses 2 "pgo-analyze: --n-eff must be at least 1, not 0
hint: 'pgo-analyze compare --help' lists the options" compare --n-eff 0 a b
refuses 2 "pgo-analyze: --inconclusive-as takes pass or fail, not 'maybe'
hint: 'pgo-analyze compare --help' lists the options" compare --inconclusive-as maybe a b
refuses 2 "pgo-analyze: compare needs two profiles, TRAIN and TEST; 1 given
hint: 'pgo-analyze compare --help' shows examples" compare a
refuses 2 "pgo-analyze: compare needs two profiles, TRAIN and TEST; 3 given
hint: 'pgo-analyze compare --help' shows examples" compare a b c
refuses 2 "pgo-analyze: gate needs a training profile and at least one TEST; 1 given
hint: 'pgo-analyze gate --help' shows examples" gate a
refuses 2 "pgo-analyze: show needs one profile; 0 given
hint: 'pgo-analyze show --help' shows examples" show
refuses 2 "pgo-analyze: standard input ('-') can be read only once
hint: 'pgo-analyze compare --help' shows examples" compare - -
run 2 compare --function '[' a b
grep -qF "pgo-analyze: --function: '[' is no regular expression: " "$SCRATCH/err" || fail "bad expression: $(cat "$SCRATCH/err")"
# an example is one line, and can be copied: behind "Examples:" each starts with the program; so is an exit code
for command in show compare explain gate skew sufficiency weights continuity matrix stability calibrate merge; do
	run 0 $command --help
	sed -n '/^Examples:/,/^$/p' "$SCRATCH/out" | sed '1d;$d' >"$SCRATCH/examples"
	[ -s "$SCRATCH/examples" ] || fail "$command --help has no examples"
	if grep -nv '^  pgo-analyze ' "$SCRATCH/examples"; then fail "$command --help breaks an example"; fi
	sed -n '/^Exit codes:/,/^$/p' "$SCRATCH/out" | sed '1d;/^$/d' >"$SCRATCH/codes"
	if grep -nv '^  [ 0-9][0-9]  \|^      ' "$SCRATCH/codes"; then fail "$command --help breaks an exit code"; fi
	[ "$(awk '{ if (length($0) > most) most = length($0) } END { print (most > 100) }' "$SCRATCH/out")" = 0 ] ||
		fail "$command --help is wider than 100 columns"
done
# what the user has set stays
ARGP_HELP_FMT=rmargin=60 "$ANALYZE" gate --help >"$SCRATCH/out"
[ "$(awk 'length($0) > 60 && !/^  / { n++ } END { print n + 0 }' "$SCRATCH/out")" = 0 ] || fail "the user's margin is not kept"
finish
