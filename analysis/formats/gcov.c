/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/formats/gcov.h"

static bool has_magic(const unsigned char *bytes, size_t length, const char *magic)
{
	if (length < 4)
		return false;
	unsigned char reversed[4] = {(unsigned char)magic[3], (unsigned char)magic[2], (unsigned char)magic[1],
				     (unsigned char)magic[0]};
	return memcmp(bytes, magic, 4) == 0 || memcmp(bytes, reversed, 4) == 0;
}

enum pgo_bid pgo_gcda_probe(const unsigned char *bytes, size_t length)
{
	return has_magic(bytes, length, "gcda") ? PGO_BID_MAGIC : PGO_BID_NO;
}

enum pgo_bid pgo_gcno_probe(const unsigned char *bytes, size_t length)
{
	return has_magic(bytes, length, "gcno") ? PGO_BID_MAGIC : PGO_BID_NO;
}

int pgo_gcno_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	(void)b, (void)bytes, (void)length;
	int rc = pgo_error_set(err, PGO_EUNSUPPORTED, "is a coverage notes file (.gcno): it holds no counts");
	pgo_error_hint(err, "the counts are in the .gcda file the program writes when it ends");
	return rc;
}

/** Ten times the version: "B22*" is 122, "A93*" 93, "408*" 48. 0 for what is no version. */
static uint32_t release_of(uint32_t word)
{
	unsigned major = word >> 24, tens = (word >> 16 & 0xff) - '0', minor = (word >> 8 & 0xff) - '0';
	if (tens > 9 || minor > 9)
		return 0;
	if (major >= 'A' && major <= 'Z')
		return (major - 'A') * 100 + tens * 10 + minor;
	return major >= '0' && major <= '9' ? (major - '0') * 10 + minor : 0;
}

static int refuse_version(uint32_t word, uint32_t release, struct pgo_error *err)
{
	int rc;
	if (word >= 1 && word <= 3) {
		rc = pgo_error_set(err, PGO_EUNSUPPORTED, "is a GCC AutoFDO profile (.afdo), which is not read");
		pgo_error_hint(err, "AutoFDO's create_llvm_prof makes a sample profile of the same perf.data");
	} else if (!release) {
		rc = pgo_error_at(err, PGO_EFORMAT, 4, "version word 0x%08x is not a version of gcc", word);
	} else if (release < PGO_GCOV_OLDEST) {
		rc = pgo_error_at(err, PGO_EUNSUPPORTED, 4,
				  "written by gcc " PGO_GCOV_RELEASE ", which is older than known; 4.7 to 15 are read",
				  PGO_GCOV_RELEASE_ARGS(release));
	} else {
		rc = pgo_error_at(err, PGO_EUNSUPPORTED, 4,
				  "written by gcc " PGO_GCOV_RELEASE ", which is newer than known; 4.7 to 15 are read",
				  PGO_GCOV_RELEASE_ARGS(release));
	}
	return rc;
}

int pgo_gcov_header_read(struct pgo_gcov_header *out, struct pgo_cursor *c, const char *magic, struct pgo_error *err)
{
	uint32_t word, stamp, checksum;
	if (!has_magic(c->bytes, c->end, magic))
		return pgo_error_at(err, PGO_EFORMAT, 0, "does not start with the magic word '%s'", magic);
	c->big_endian = c->bytes[0] == (unsigned char)magic[0];
	c->at = 4;
	if (!pgo_cursor_u32(c, &word))
		return pgo_error_at(err, PGO_EFORMAT, 4, "header is cut off: the file ends after %zu bytes", c->end);
	uint32_t release = release_of(word);
	if (release < PGO_GCOV_OLDEST || release > PGO_GCOV_NEWEST)
		return refuse_version(word, release, err);
	if (!pgo_cursor_u32(c, &stamp) || (release >= 120 && !pgo_cursor_u32(c, &checksum)))
		return pgo_error_at(err, PGO_EFORMAT, c->at, "header is cut off: the file ends after %zu bytes",
				    c->end);
	*out = (struct pgo_gcov_header){.release = release, .stamp = stamp};
	return PGO_OK;
}

/** Behind the end mark there is nothing, or padding. */
static int check_rest(const struct pgo_cursor *c, struct pgo_error *err)
{
	for (size_t at = c->at; at < c->end; at++)
		if (c->bytes[at])
			return pgo_error_at(err, PGO_EFORMAT, at, "%zu bytes follow the end mark", c->end - c->at);
	return PGO_EOF;
}

int pgo_gcov_record_next(struct pgo_gcov_record *out, struct pgo_cursor *c, uint32_t release, struct pgo_error *err)
{
	uint32_t tag, length;
	size_t at = c->at, unit = release >= 120 ? 1 : 4;
	*out = (struct pgo_gcov_record){.tag = UINT32_MAX, .at = at};
	if (pgo_cursor_left(c) == 0)
		return PGO_EOF;
	if (!pgo_cursor_u32(c, &tag))
		return pgo_error_at(err, PGO_EFORMAT, at, "record is cut off: the file ends after %zu bytes", c->end);
	out->tag = tag;
	if (tag == 0)
		return check_rest(c, err);
	if (!pgo_cursor_u32(c, &length))
		return pgo_error_at(err, PGO_EFORMAT, c->at, "record 0x%08x is cut off: the file ends after %zu bytes",
				    tag, c->end);
	*out = (struct pgo_gcov_record){.tag = tag, .at = at, .payload = *c};
	/* a negative length: counters that are all zero */
	if (length >> 31 && tag >= PGO_GCOV_COUNTERS && tag < 0x02000000u) {
		uint64_t bytes = (uint64_t)(uint32_t)(0u - length) * unit;
		if (bytes % 8)
			return pgo_error_at(err, PGO_EFORMAT, at + 4,
					    "%llu bytes of zeros are not a whole number of counters",
					    (unsigned long long)bytes);
		out->zeros = bytes / 8;
		length = 0;
	}
	if ((uint64_t)length * unit > pgo_cursor_left(c))
		return pgo_error_at(err, PGO_EFORMAT, at,
				    "record 0x%08x of %llu bytes does not fit into the %zu bytes left", tag,
				    (unsigned long long)length * unit, pgo_cursor_left(c));
	c->at += (size_t)length * unit;
	out->payload.end = c->at;
	return PGO_OK;
}

int pgo_gcda_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	struct pgo_gcov_reading r = {.builder = b};
	int rc = pgo_gcov_add(&r, "", bytes, length, NULL, err);
	if (rc == PGO_OK)
		return pgo_gcov_finish(&r, err);
	pgo_gcov_release(&r);
	return rc;
}
