# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze sufficiency: what would the next workload miss?
. "$(dirname "$0")/analyze_lib.bash"
cd "$SCRATCH"

# five workloads: all run `core`, each has something of its own, two share `pair`
make_run() { # NAME OWN-MASS [pair]
	printf ':ir\ncore\n1\n1\n%s\n\nown_%s\n1\n1\n%s\n' $((1000 - $2)) "$1" "$2" >"$1.proftext"
	[ -z "${3-}" ] || printf '\npair\n1\n1\n100\n' >>"$1.proftext"
}
make_run a 10
make_run b 20 pair
make_run c 30 pair
make_run d 40
make_run e 50
runs="a.proftext b.proftext c.proftext d.proftext e.proftext"

golden help-sufficiency 0 sufficiency --help
golden sufficiency-pass 0 sufficiency $runs
golden sufficiency-fail 1 sufficiency --max-missed 0.01 $runs
golden sufficiency-json 0 sufficiency --format json --orders 50 --seed 7 $runs
golden sufficiency-csv 0 sufficiency --format csv $runs
golden sufficiency-few 5 sufficiency a.proftext b.proftext
golden sufficiency-one 5 sufficiency a.proftext
run 5 sufficiency a.proftext b.proftext c.proftext
grep -q "more workloads needed  *at least 2$" out || fail "three of five: $(grep 'more workloads' out)"
# between the two estimates nothing can be told
run 5 sufficiency --max-missed 0.027 $runs
grep -q "too close to the bound to tell" out || fail "close to the bound: $(head -4 out)"
# one seed, one result
run 0 sufficiency --seed 3 $runs
cp out first
run 0 sufficiency --seed 3 $runs
cmp -s first out || fail "two runs with one seed differ"

options="
hint: 'pgo-analyze sufficiency --help' lists the options"
refuses 2 "pgo-analyze: sufficiency needs one profile for each workload; 0 given
hint: 'pgo-analyze sufficiency --help' shows examples" sufficiency
refuses 2 "pgo-analyze: --max-missed must lie between 0 and 1, not 2
hint: it is a share: 2 % is 0.02" sufficiency --max-missed 2 a
refuses 2 "pgo-analyze: --min-workloads must be at least 2, not 1$options" sufficiency --min-workloads 1 a
refuses 2 "pgo-analyze: --orders must lie between 1 and 1000000, not 0$options" sufficiency --orders 0 a
refuses 2 "pgo-analyze: --seed takes a whole number, not '-1'$options" sufficiency --seed -1 a
finish
