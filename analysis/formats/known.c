/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Formats this version recognises and refuses, each with the command that makes a readable profile of it. */
#include "analysis/formats/format.h"

static bool starts_with(const unsigned char *bytes, size_t length, const char *magic, size_t magic_length)
{
	return length >= magic_length && memcmp(bytes, magic, magic_length) == 0;
}

#define STARTS_WITH(magic) starts_with(bytes, length, magic, sizeof(magic) - 1)

enum pgo_bid pgo_memprof_probe(const unsigned char *bytes, size_t length)
{
	return STARTS_WITH("\x81rforpm\xff") || STARTS_WITH("\xffmprofr\x81") ? PGO_BID_MAGIC : PGO_BID_NO;
}

int pgo_memprof_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	(void)b, (void)bytes, (void)length;
	int rc = pgo_error_set(err, PGO_EUNSUPPORTED, "is a raw memory profile: it holds no execution counts");
	pgo_error_hint(err, "compare the profile that clang -fprofile-generate writes");
	return rc;
}
