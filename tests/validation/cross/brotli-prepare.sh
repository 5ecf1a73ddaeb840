#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Inputs for brotli, in the source directory. The compressed one is made by a build without PGO.
set -e
mkdir -p in
cat c/enc/*.c c/dec/*.c | head -c 500000 >in/source
cat docs/* README.md c/tools/brotli.md | head -c 120000 >in/docs
awk 'BEGIN {
	for (i = 0; i < 16000; i++)
		printf "{\"id\": %d, \"name\": \"user%d\", \"score\": %d.%d}\n", i, (i * 7919) % 5000, i % 97, i % 7
}' >in/records
head -c 4000000 /dev/zero >in/zeros
awk 'BEGIN { x = 1; for (i = 0; i < 500000; i++) { x = (x * 16807) % 2147483647; printf "%c", 33 + x % 94 } }' >in/noise
"$CC" -O2 -w -Ic/include -DOS_LINUX c/common/*.c c/enc/*.c c/dec/*.c c/tools/*.c -lm -o in/brotli
cat in/docs in/docs in/source >in/both
in/brotli -c -9 in/both >in/docs.br
