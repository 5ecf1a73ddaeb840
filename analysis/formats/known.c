/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Formats this version recognises and refuses, each with the command that makes a readable profile of it. */
#include "analysis/formats/format.h"

static bool starts_with(const unsigned char *bytes, size_t length, const char *magic, size_t magic_length)
{
	return length >= magic_length && memcmp(bytes, magic, magic_length) == 0;
}

#define STARTS_WITH(magic) starts_with(bytes, length, magic, sizeof(magic) - 1)

/** The first line, without its end. */
static size_t first_line(const unsigned char *bytes, size_t length)
{
	const unsigned char *end = memchr(bytes, '\n', length);
	return end ? (size_t)(end - bytes) : length;
}

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

/** `no_lbr …`, `boltedcollection`, or `[0-5] name hex …`. */
static bool is_fdata_line(const unsigned char *bytes, size_t line)
{
	if (line == 16 && memcmp(bytes, "boltedcollection", 16) == 0)
		return true;
	if (line >= 6 && memcmp(bytes, "no_lbr", 6) == 0 && (line == 6 || bytes[6] == ' '))
		return true;
	if (line < 5 || bytes[0] < '0' || bytes[0] > '5' || bytes[1] != ' ' || bytes[2] == ' ')
		return false;
	size_t at = 2, digits = 0;
	while (at < line && bytes[at] != ' ')
		at += bytes[at] == '\\' ? 2 : 1;
	for (at++; at < line && memchr("0123456789abcdefABCDEF", bytes[at], 22); at++)
		digits++;
	return digits && at < line && bytes[at] == ' ';
}

enum pgo_bid pgo_fdata_probe(const unsigned char *bytes, size_t length)
{
	return is_fdata_line(bytes, first_line(bytes, length)) ? PGO_BID_GRAMMAR : PGO_BID_NO;
}

int pgo_fdata_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	(void)b, (void)bytes, (void)length;
	int rc = pgo_error_set(err, PGO_EUNSUPPORTED,
			       "is a BOLT profile (.fdata); only LLVM's instrumentation profiles are read");
	pgo_error_hint(err, "compare the .profdata the binary was built with");
	return rc;
}

enum pgo_bid pgo_bolt_yaml_probe(const unsigned char *bytes, size_t length)
{
	size_t looked = length < 4096 ? length : 4096;
	return STARTS_WITH("---") && memmem(bytes, looked, "profile-version", 15) ? PGO_BID_GRAMMAR : PGO_BID_NO;
}

int pgo_bolt_yaml_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	(void)b, (void)bytes, (void)length;
	int rc = pgo_error_set(err, PGO_EUNSUPPORTED,
			       "is a BOLT profile (YAML); only LLVM's instrumentation profiles are read");
	pgo_error_hint(err, "compare the .profdata the binary was built with");
	return rc;
}
