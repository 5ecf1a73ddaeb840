#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Configuration header and inputs for tcc, in the source directory: system headers preprocessed once, so that the inputs
# need none.
set -e
mkdir -p in
printf '#define TCC_VERSION "0.9.27"\n#define CONFIG_TRIPLET "x86_64-linux-gnu"\n' >config.h
# its sources without the system's headers, for the preprocessor alone
mkdir -p in/cpp
for f in *.c *.h *.def; do sed '/^ *# *include *</d' "$f" >"in/cpp/$f"; done
# itself and its large test after the preprocessor, without what only the host compiler knows
flat() {
	"$CC" -E -P -w -nostdinc -isystem include -isystem /usr/include -isystem /usr/include/x86_64-linux-gnu -U__GNUC__ \
		-D__TINYC__=927 -DTCC_TARGET_X86_64 -D'__attribute__(x)=' -D'_Float128=long double' -I. -Itests "$1"
}
flat tcc.c >in/self.c
flat tests/tcctest.c >in/test.c
awk 'BEGIN {
	for (i = 0; i < 1500; i++) {
		printf "double f%d(double x, float y) { double s = %d.5; int i; for (i = 0; i < 10; i++) ", i, i
		printf "{ s += x * %d.25e-3 - y / (s + 1.0); if (s > 1e6) s = (float)s * 0.5; } return s; }\n", i
	}
}' >in/float.c
awk 'BEGIN {
	print "struct r { int a; const char *name; unsigned char b[4]; };"
	for (t = 0; t < 60; t++) {
		printf "static const struct r t%d[] = {\n", t
		for (i = 0; i < 120; i++) printf "\t{%d, \"name %d\", {1, 0x%x, 077, %d}},\n", i * 3, i, i, i % 200
		printf "};\nint get%d(int i) { switch (i) { case 1: return t%d[1].a; case 7: return t%d[7].b[2]; default: return 0; } }\n", t, t, t
	}
}' >in/tables.c
awk 'BEGIN { for (i = 0; i < 40000; i++) print "/* a comment of some length, and nothing else */"; print "int x;" }' >in/comments.c
awk 'BEGIN { print "int f(int a) { return a"; for (i = 0; i < 40000; i++) print "+ a"; print "; }" }' >in/sum.c
