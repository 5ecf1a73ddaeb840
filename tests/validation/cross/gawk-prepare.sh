#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Configuration header and inputs for gawk, in the source directory.
set -e
./configure --disable-nls --disable-mpfr --disable-extensions --without-readline --disable-pma >configure.log 2>&1
mkdir -p in
head -c 150000 ChangeLog.1 >in/news
head -c 400000 ChangeLog.0 >in/changes
awk '{ print $1, $2 }' ChangeLog.0 | head -n 16000 >in/lines
cat >in/log.awk <<'END'
/^[A-Z][a-z][a-z] / || /^[0-9]/ { author = $NF; entries[author]++; next }
match($0, /\* [a-z_A-Z.]+/) { file = substr($0, RSTART + 2, RLENGTH - 2); files[file]++; width += length($0) }
/\(.*\)/ { gsub(/[()]/, ""); split($0, parts, /[,:]/); names[parts[1]]++ }
END { for (f in files) n++; for (a in entries) m += entries[a]; printf "%d %d %d %s\n", n, m, length(names), toupper(file) }
END
cat >in/sums.awk <<'END'
NR > 1 { total[$2] += $3 * $4; count[$2]++; if ($4 > max[$2]) max[$2] = $4 }
END { for (k in total) printf "%s %.2f %d %.2f\n", k, total[k], count[k], max[k] }
END
cat >in/rewrite.awk <<'END'
{ gsub(/,/, ";"); sub(/item-/, "item "); line = sprintf("%05d|%-40s|%s", NR, $0, substr($0, 3, 9)); print tolower(line) }
END
awk 'BEGIN {
	print "id,item,amount,price"
	for (i = 0; i < 9000; i++) printf "%d,item-%d,%d,%d.%02d\n", i, (i * 7919) % 300, i % 17 + 1, (i * 31) % 900, i % 100
}' >in/orders.csv
