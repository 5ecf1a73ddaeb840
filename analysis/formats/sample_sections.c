/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Extensible binary sample profiles: a table of sections, which are read in its order, not that of the file.
 *
 *	table     = number of sections (u64), {type, flags, offset, size} (u64 each, little-endian)
 *	section   = [size when inflated, compressed size (LEB128)] content, compressed with zlib where the flags say so
 *	1         summary; its flags: partial, contexts, vtables
 *	2         names: strings; or MD5 references: number {LEB128}, or number (LEB128) {u64}
 *	3, 4      list of symbols, table of offsets: not needed
 *	5         metadata = {function, about}; about = [checksum] [attributes] [calls {location, name, about}]
 *	6         contexts = number {frames {name, line offset, discriminator}}, outermost frame first
 *	32        functions
 *
 * A section that inflates to more than 4 MiB and to more than 100 times its size, or to more than 1 GiB, is refused;
 * real ones have ratios of 2 to 5.
 */
#include <inttypes.h>
#include <zlib.h>

#include "analysis/formats/sample.h"

#define INFLATED_LEAST ((uint64_t)4 << 20)
#define INFLATED_RATIO 100
#define INFLATED_MOST ((uint64_t)1 << 30)

enum section_type { SUMMARY = 1, NAMES = 2, SYMBOLS = 3, OFFSETS = 4, METADATA = 5, CONTEXTS = 6, FUNCTIONS = 32 };

#define FLAG_COMPRESSED UINT64_C(1)
#define NAMES_MD5 (UINT64_C(1) << 32)
#define NAMES_FIXED (UINT64_C(1) << 33)
#define SUMMARY_PARTIAL (UINT64_C(1) << 32)
#define SUMMARY_CONTEXTS (UINT64_C(1) << 33)
#define SUMMARY_VTABLES (UINT64_C(1) << 37)
#define METADATA_PROBES (UINT64_C(1) << 32)
#define METADATA_ATTRIBUTES (UINT64_C(1) << 33)

struct section {
	uint64_t type, flags, offset, size;
};

static int read_md5_names(struct pgo_sample_reader *r, struct pgo_cursor *c, bool fixed)
{
	uint64_t count, ref = 0;
	int rc = pgo_sample_number(r, c, "the number of names", &count);
	if (rc == PGO_OK && fixed && count > pgo_cursor_left(c) / 8)
		return pgo_sample_fail(r, c->at, "%" PRIu64 " names of 8 bytes do not fit into the %zu bytes left",
				       count, pgo_cursor_left(c));
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		if (fixed)
			pgo_cursor_u64(c, &ref);
		else
			rc = pgo_sample_number(r, c, "the MD5 of a name", &ref);
		uint32_t name = rc == PGO_OK ? pgo_sampled_md5_name(&r->sampled, ref) : 0;
		if (name == PGO_SAMPLED_NONE || (rc == PGO_OK && pgo_vec_push(&r->names, name)))
			return pgo_sample_no_memory(r);
	}
	return rc;
}

static int read_contexts(struct pgo_sample_reader *r, struct pgo_cursor *c)
{
	uint64_t count, frames, key;
	int rc = pgo_sample_number(r, c, "the number of contexts", &count);
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		size_t at = c->at;
		uint32_t name = 0;
		rc = pgo_sample_number(r, c, "the number of frames of a context", &frames);
		if (rc == PGO_OK && frames == 0)
			return pgo_sample_fail(r, at, "context %" PRIu64 " has no frame", i);
		for (uint64_t k = 0; k < frames && rc == PGO_OK; k++) {
			rc = pgo_sample_name_index(r, c, &name);
			if (rc == PGO_OK)
				rc = pgo_sample_location(r, c, &key);
		}
		if (rc == PGO_OK && pgo_vec_push(&r->contexts, name))
			return pgo_sample_no_memory(r);
	}
	return rc;
}

/** What is known about a body (PGO_SAMPLED_NONE: one without samples) and, without contexts, about what is inlined. */
static int read_about(struct pgo_sample_reader *r, struct pgo_cursor *c, uint64_t flags, uint32_t body, unsigned depth)
{
	uint64_t checksum, attributes, calls = 0, key;
	uint32_t name;
	int rc = PGO_OK;
	if (depth > PGO_SAMPLE_DEPTH_MOST)
		return pgo_sample_fail(r, c->at, "more than %d functions are inlined into one another",
				       PGO_SAMPLE_DEPTH_MOST);
	if (flags & METADATA_PROBES) {
		rc = pgo_sample_number(r, c, "the checksum of a function", &checksum);
		if (rc == PGO_OK && body != PGO_SAMPLED_NONE)
			r->sampled.bodies.items[body].cfg_hash = checksum;
	}
	if (rc == PGO_OK && flags & METADATA_ATTRIBUTES)
		rc = pgo_sample_number(r, c, "the attributes of a function", &attributes);
	if (rc == PGO_OK && !r->has_contexts)
		rc = pgo_sample_number(r, c, "the number of inlined calls of a function", &calls);
	for (uint64_t i = 0; i < calls && rc == PGO_OK; i++) {
		rc = pgo_sample_location(r, c, &key);
		if (rc == PGO_OK)
			rc = pgo_sample_name_index(r, c, &name);
		if (rc == PGO_OK)
			rc = read_about(r, c, flags,
					body == PGO_SAMPLED_NONE ? body
								 : pgo_sampled_find(&r->sampled, body, key, name),
					depth + 1);
	}
	return rc;
}

static int read_metadata(struct pgo_sample_reader *r, struct pgo_cursor *c, uint64_t flags)
{
	int rc = PGO_OK;
	r->probes |= (flags & METADATA_PROBES) != 0;
	while (rc == PGO_OK && pgo_cursor_left(c)) {
		uint32_t name;
		uint64_t place;
		rc = pgo_sample_function_index(r, c, &name, &place);
		if (rc == PGO_OK)
			rc = read_about(r, c, flags, pgo_sampled_find(&r->sampled, PGO_SAMPLED_NONE, place, name), 1);
	}
	return rc;
}

static int read_summary(struct pgo_sample_reader *r, struct pgo_cursor *c, uint64_t flags)
{
	r->partial = (flags & SUMMARY_PARTIAL) != 0;
	r->has_contexts = (flags & SUMMARY_CONTEXTS) != 0;
	r->has_vtables = (flags & SUMMARY_VTABLES) != 0;
	return pgo_sample_summary_read(r, c);
}

/** @return PGO_EOF: the content is not needed, or not known */
static int read_content(struct pgo_sample_reader *r, const struct section *s, struct pgo_cursor *c)
{
	switch (s->type) {
	case SUMMARY:
		return read_summary(r, c, s->flags);
	case NAMES:
		r->names.count = 0;
		return s->flags & (NAMES_MD5 | NAMES_FIXED) ? read_md5_names(r, c, (s->flags & NAMES_FIXED) != 0)
							    : pgo_sample_strings_read(r, c);
	case METADATA:
		return read_metadata(r, c, s->flags);
	case CONTEXTS:
		r->contexts.count = 0;
		return read_contexts(r, c);
	case FUNCTIONS:
		return pgo_sample_functions_read(r, c);
	case SYMBOLS:
	case OFFSETS:
		return PGO_EOF;
	default:
		r->unknown_sections++;
		return PGO_EOF;
	}
}

/** Inflate a section; `out` is a cursor over heap memory, which the caller frees. */
static int inflate_section(struct pgo_sample_reader *r, struct pgo_cursor *c, uint32_t number, struct pgo_cursor *out)
{
	uint64_t size, compressed;
	size_t at = c->at;
	int rc = pgo_sample_number(r, c, "the inflated size of a section", &size);
	if (rc == PGO_OK)
		rc = pgo_sample_number(r, c, "the compressed size of a section", &compressed);
	if (rc != PGO_OK)
		return rc;
	if (compressed > pgo_cursor_left(c))
		return pgo_sample_fail(
			r, at, "section %" PRIu32 " has %" PRIu64 " compressed bytes in the %zu it has room for",
			number, compressed, pgo_cursor_left(c));
	uint64_t most = compressed < INFLATED_MOST / INFLATED_RATIO ? compressed * INFLATED_RATIO : INFLATED_MOST;
	most = most < INFLATED_LEAST ? INFLATED_LEAST : most;
	if (size > most)
		return pgo_sample_fail(r, at,
				       "section %" PRIu32 " inflates to %" PRIu64 " bytes; at most %" PRIu64
				       " are read of %" PRIu64,
				       number, size, most, compressed);
	unsigned char *bytes = malloc(size + 1);
	uLongf inflated = (uLongf)size;
	if (!bytes)
		return pgo_sample_no_memory(r);
	int code = uncompress(bytes, &inflated, c->bytes + c->at, (uLong)compressed);
	if (code != Z_OK || inflated != size) {
		free(bytes);
		if (code == Z_MEM_ERROR)
			return pgo_sample_no_memory(r);
		return pgo_sample_fail(r, c->at, "section %" PRIu32 " does not inflate to %" PRIu64 " bytes", number,
				       size);
	}
	*out = pgo_cursor(bytes, size);
	return PGO_OK;
}

/** True when the content is read: the others are not even inflated. */
static bool is_read(uint64_t type)
{
	return type == SUMMARY || type == NAMES || type == METADATA || type == CONTEXTS || type == FUNCTIONS;
}

static int read_section(struct pgo_sample_reader *r, struct pgo_cursor file, const struct section *s, uint32_t number)
{
	struct pgo_cursor c = file, inflated = {0};
	int rc = PGO_OK;
	pgo_cursor_seek(&c, s->offset);
	c.end = (size_t)(s->offset + s->size);
	bool compressed = s->flags & FLAG_COMPRESSED && is_read(s->type);
	if (compressed) {
		rc = inflate_section(r, &c, number, &inflated);
		r->inflated = rc == PGO_OK ? number : 0;
		c = inflated;
	}
	if (rc == PGO_OK)
		rc = read_content(r, s, &c);
	if (rc == PGO_OK && pgo_cursor_left(&c))
		rc = pgo_sample_fail(r, c.at, "section %" PRIu32 " has %zu bytes behind its content", number,
				     pgo_cursor_left(&c));
	if (compressed)
		free((void *)inflated.bytes);
	r->inflated = 0;
	return rc == PGO_EOF ? PGO_OK : rc;
}

int pgo_sample_sections_read(struct pgo_sample_reader *r, struct pgo_cursor *c)
{
	size_t at = c->at;
	uint64_t count;
	bool functions = false;
	if (!pgo_cursor_u64(c, &count))
		return pgo_sample_fail(r, at, "the header ends before the number of sections");
	if (count > pgo_cursor_left(c) / sizeof(struct section))
		return pgo_sample_fail(r, at, "the table of %" PRIu64 " sections does not fit into the %zu bytes left",
				       count, pgo_cursor_left(c));
	struct pgo_cursor file = *c;
	uint64_t end = c->at + count * sizeof(struct section);
	for (uint64_t i = 0; i < count; i++) {
		struct section s = {0};
		at = c->at;
		pgo_cursor_u64(c, &s.type);
		pgo_cursor_u64(c, &s.flags);
		pgo_cursor_u64(c, &s.offset);
		pgo_cursor_u64(c, &s.size);
		if (s.offset > file.end || s.size > file.end - s.offset)
			return pgo_sample_fail(r, at,
					       "section %" PRIu64 " of %" PRIu64 " bytes at %" PRIu64
					       " does not fit into the file of %zu",
					       i + 1, s.size, s.offset, file.end);
		functions |= s.type == FUNCTIONS;
		end = s.offset + s.size > end ? s.offset + s.size : end;
		int rc = s.size ? read_section(r, file, &s, (uint32_t)(i + 1)) : PGO_OK;
		if (rc != PGO_OK)
			return rc;
	}
	if (end < file.end &&
	    pgo_builder_warn(r->b, "%zu bytes follow the last section and were not read", file.end - (size_t)end))
		return pgo_sample_no_memory(r);
	return functions ? PGO_OK : pgo_sample_fail(r, at, "there is no section of functions");
}
