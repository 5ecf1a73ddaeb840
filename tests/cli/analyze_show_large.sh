# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-analyze show of a file so large that its functions stay unread: the same result, and the same message when it is
# damaged, as when they are read because functions are asked for ('^$' matches none).
. "$(dirname "$0")/analyze_lib.bash"
cd "$SCRATCH"
"$BUILD/tests/bench_make_profile" 6000 1 large.profdata

run 0 show --format json large.profdata
settle out >unread.json
run 0 show --format json --function '^$' large.profdata
settle out >read.json
cmp unread.json read.json || fail "the summary depends on whether functions are asked for"
grep -q '"function_total": 6000,' unread.json || fail "not 6000 functions: $(head -c 600 unread.json)"

# the length of the data of the first function, at the start of the payload: header 72, summary 16 + 48 + 16 * 24, items 2
cp large.profdata damaged.profdata
printf '\377\377\377\377' | dd of=damaged.profdata bs=1 seek=$((72 + 16 + 48 + 16 * 24 + 2 + 16)) conv=notrunc status=none
run 3 show damaged.profdata
cp err unread.err
run 3 show --function '^$' damaged.profdata
cmp err unread.err || fail "the message depends on whether functions are asked for"
grep -q "^pgo-analyze: cannot read profile 'damaged.profdata': .*4294967295" unread.err || fail "message: $(cat unread.err)"

finish
