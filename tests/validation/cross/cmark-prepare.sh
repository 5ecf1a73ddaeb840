#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Configuration headers and inputs for cmark, in the source directory.
set -e
mkdir -p gen in
printf '#include <stdbool.h>\n#define HAVE___BUILTIN_EXPECT\n#define CMARK_ATTRIBUTE(list) __attribute__(list)\n#define CMARK_INLINE inline\n' >gen/config.h
printf '#define CMARK_VERSION 0x001e02\n#define CMARK_VERSION_STRING "0.30.2"\n' >gen/cmark_version.h
printf '#define CMARK_EXPORT\n#define CMARK_NO_EXPORT\n' >gen/cmark_export.h
cat changelog.txt changelog.txt changelog.txt >in/changes.md
cat test/spec.txt >in/spec.md
for i in 1 2 3 4 5 6 7 8 9 10; do cat README.md why-cmark-and-not-x.md benchmarks.md; done >in/readme.md
awk 'BEGIN {
	for (i = 0; i < 900; i++) {
		printf "## Page %d: *notes* on `item_%d`\n\nSee [the index](http://example.org/p/%d \"title\") and ![a](b%d.png).\n\n", i, i, i, i
		printf "- one **bold** claim\n- two, with `code`\n  1. nested\n  2. again\n\n> quoted &amp; cited\n\n"
	}
}' >in/wiki.md
awk 'BEGIN { for (i = 0; i < 60000; i++) print "just plain words without any markup" }' >in/plain.md
awk 'BEGIN { for (i = 0; i < 4000; i++) printf "[a](b)*c* **d** "; print "" }' >in/nested.md
