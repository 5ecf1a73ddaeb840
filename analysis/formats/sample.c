/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LLVM sample profiles (AutoFDO, CSSPGO): text (sample_text.c), and two binary encodings, of version 103 (LLVM 3.5 to
 * 22). All numbers but those of the section table are LEB128.
 *
 *	file       = magic "SPROF42" encoding, version, content
 *	plain      = summary, strings, {function}                                       encoding 0xff; sample_body.c
 *	extensible = number of sections (u64), {section (4 u64)}, …                     encoding 4; sample_sections.c
 *
 * Memory: less than 64 bytes for each byte of the file, or of what its sections inflate to; the bounds of that are in
 * sample_sections.c. Functions may be inlined into one another PGO_SAMPLE_DEPTH_MOST deep.
 */
#include "analysis/formats/sample.h"
#include "analysis/base/digits.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define MAGIC UINT64_C(0x5350524f463432) /* "SPROF42" */

int pgo_sample_fail(const struct pgo_sample_reader *r, uint64_t at, const char *format, ...)
{
	char message[400];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return r->inflated ? pgo_error_set(r->err, PGO_EFORMAT,
					   "%s, at offset %" PRIu64 " of what section %" PRIu32 " inflates to", message,
					   at, r->inflated)
			   : pgo_error_at(r->err, PGO_EFORMAT, at, "%s", message);
}

int pgo_sample_no_memory(const struct pgo_sample_reader *r)
{
	return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
}

uint32_t pgo_sample_name(struct pgo_sampled *s, const char *text, size_t length)
{
	uint64_t ref;
	return pgo_digits(text, length, 10, &ref) ? pgo_sampled_md5_name(s, ref) : pgo_sampled_name(s, text, length);
}

static bool read_magic(struct pgo_cursor *c, unsigned *encoding)
{
	uint64_t magic;
	if (!pgo_cursor_uleb(c, &magic) || magic >> 8 != MAGIC)
		return false;
	*encoding = magic & 0xff;
	return true;
}

/** name:NUM:NUM or [context]:NUM:NUM, split at the last two colons. */
static bool is_head(const unsigned char *line, size_t length)
{
	size_t at = length, digits;
	for (int i = 0; i < 2; i++) {
		for (digits = 0; at && line[at - 1] >= '0' && line[at - 1] <= '9'; at--)
			digits++;
		if (digits == 0 || at < 2 || line[at - 1] != ':')
			return false;
		at--;
	}
	return line[0] != ' ';
}

/** A probe looks no further: other formats are told by their first bytes, and their files are large. */
#define LOOKED ((size_t)256 << 10)

/** The first line that is neither empty nor a comment is the head of a function. */
static bool is_text(const unsigned char *bytes, size_t length)
{
	struct pgo_cursor c = pgo_cursor(bytes, length < LOOKED ? length : LOOKED);
	while (pgo_cursor_left(&c)) {
		const unsigned char *line = c.bytes + c.at, *end = memchr(line, '\n', pgo_cursor_left(&c));
		size_t count = end ? (size_t)(end - line) : pgo_cursor_left(&c), blanks = 0;
		pgo_cursor_skip(&c, count + (end ? 1 : 0));
		if (count && line[count - 1] == '\r')
			count--;
		while (blanks < count && line[blanks] == ' ')
			blanks++;
		if (blanks < count && line[blanks] != '#')
			return is_head(line, count);
	}
	return false;
}

enum pgo_bid pgo_sample_probe(const unsigned char *bytes, size_t length)
{
	struct pgo_cursor c = pgo_cursor(bytes, length);
	unsigned encoding;
	if (read_magic(&c, &encoding))
		return PGO_BID_MAGIC;
	return is_text(bytes, length) ? PGO_BID_GRAMMAR : PGO_BID_NO;
}

static int refuse_encoding(unsigned encoding, struct pgo_error *err)
{
	int rc = encoding == PGO_SAMPLE_COMPACT
			 ? pgo_error_set(err, PGO_EUNSUPPORTED,
					 "is a sample profile in the compact encoding, which LLVM 17 dropped")
			 : pgo_error_set(err, PGO_EUNSUPPORTED,
					 "is a sample profile in encoding %u; 4 and 255 are read", encoding);
	pgo_error_hint(err,
		       "convert it with the LLVM that wrote it: llvm-profdata merge --sample --extbinary -o x.prof");
	return rc;
}

/** What the summary says must be there. A plain profile that is cut off between two functions has no other sign. */
static int check_total(struct pgo_sample_reader *r, bool plain)
{
	uint64_t total = 0;
	for (size_t i = 0; i < r->sampled.lines.count; i++)
		if (r->sampled.lines.items[i].key != PGO_KEY_ENTRY)
			total += r->sampled.lines.items[i].count;
	if (!r->has_summary || total == r->summary_total)
		return PGO_OK;
	if (plain && total < r->summary_total) {
		int rc = pgo_error_set(r->err, PGO_EFORMAT,
				       "the functions hold %" PRIu64 " samples, the summary says %" PRIu64, total,
				       r->summary_total);
		pgo_error_hint(r->err, "the file was cut off; write it again");
		return rc;
	}
	return pgo_builder_warn(r->b, "the functions hold %" PRIu64 " samples, the summary says %" PRIu64, total,
				r->summary_total)
		       ? pgo_sample_no_memory(r)
		       : PGO_OK;
}

static int conclude(struct pgo_sample_reader *r, bool plain)
{
	int rc = check_total(r, plain);
	if (rc != PGO_OK)
		return rc;
	r->b->kind = r->probes ? PGO_KIND_PROBES : PGO_KIND_LINES;
	if (r->partial &&
	    pgo_builder_warn(r->b, "is a partial profile: of functions that are not in it nothing is known"))
		return pgo_sample_no_memory(r);
	if (r->unknown_sections && pgo_builder_warn(r->b, "%" PRIu64 " section%s of unknown type left out",
						    r->unknown_sections, r->unknown_sections == 1 ? "" : "s"))
		return pgo_sample_no_memory(r);
	return pgo_sampled_build(&r->sampled, r->b) ? pgo_sample_no_memory(r) : PGO_OK;
}

static int read_binary(struct pgo_builder *b, struct pgo_cursor c, unsigned encoding, struct pgo_error *err)
{
	struct pgo_sample_reader r = {.b = b, .err = err};
	bool plain = encoding == PGO_SAMPLE_PLAIN;
	size_t at = c.at;
	if (!plain && encoding != PGO_SAMPLE_EXTENSIBLE)
		return refuse_encoding(encoding, err);
	if (!pgo_cursor_uleb(&c, &b->version))
		return pgo_error_at(err, PGO_EFORMAT, at, "the header ends before the version");
	if (b->version != PGO_SAMPLE_VERSION)
		return pgo_error_at(err, PGO_EUNSUPPORTED, at,
				    "sample profile version %" PRIu64 " is unknown; %d is read", b->version,
				    PGO_SAMPLE_VERSION);
	int rc;
	if (plain) {
		rc = pgo_sample_summary_read(&r, &c);
		if (rc == PGO_OK)
			rc = pgo_sample_strings_read(&r, &c);
		if (rc == PGO_OK)
			rc = pgo_sample_functions_read(&r, &c);
	} else {
		rc = pgo_sample_sections_read(&r, &c);
	}
	if (rc == PGO_OK)
		rc = conclude(&r, plain);
	pgo_sampled_release(&r.sampled);
	free(r.names.items);
	free(r.contexts.items);
	return rc;
}

int pgo_sample_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	struct pgo_cursor c = pgo_cursor(bytes, length);
	unsigned encoding;
	if (!read_magic(&c, &encoding))
		return pgo_sample_text_read(b, bytes, length, err);
	int rc = read_binary(b, c, encoding, err);
	if (rc == PGO_EFORMAT)
		pgo_error_hint(err, "the file is damaged; write it again: llvm-profdata merge --sample -o x.prof");
	return rc;
}
