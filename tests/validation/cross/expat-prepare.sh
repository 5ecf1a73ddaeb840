#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Configuration header and inputs for expat's xmlwf, in the source directory. The cut documents end in an error: exit 2.
set -e
mkdir -p gen in out
cat >gen/expat_config.h <<'END'
#define BYTEORDER 1234
#define HAVE_GETRANDOM
#define HAVE_UNISTD_H
#define HAVE_FCNTL_H
#define HAVE_SYS_STAT_H
#define STDC_HEADERS
#define XML_CONTEXT_BYTES 1024
#define XML_DTD
#define XML_NS
#define XML_DEV_URANDOM
#define PACKAGE_STRING "expat 2.5.0"
END
head -c 900000 testdata/largefiles/nes96.xml >in/nes96.xml
head -c 900000 testdata/largefiles/recset.xml >in/recset.xml
head -c 1200000 testdata/largefiles/wordnet_glossary-20010201.rdf >in/wordnet.rdf
awk 'BEGIN {
	print "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss xmlns:dc=\"urn:dc\" version=\"2.0\"><channel>"
	for (i = 0; i < 4000; i++)
		printf "<item><title>Entry %d &amp; more</title><dc:date>2024-01-%02d</dc:date><link>http://example.org/%d</link><!-- note --><description><![CDATA[<b>text</b>]]></description></item>\n", i, i % 28 + 1, i
	print "</channel></rss>"
}' >in/feed.xml
awk 'BEGIN {
	print "<?xml version=\"1.0\" encoding=\"utf-16\"?><t>"
	for (i = 0; i < 6000; i++) printf "<row id=\"%d\">caf\303\251 %d</row>\n", i, i * 7
	print "</t>"
}' | iconv -f utf-8 -t utf-16 >in/utf16.xml
awk 'BEGIN { print "<t>"; for (i = 0; i < 40000; i++) print "nothing but characters and line ends here"; print "</t>" }' >in/text.xml
awk 'BEGIN { print "<t>"; for (i = 0; i < 60000; i++) printf "<a/>"; print "</t>" }' >in/empty.xml
