/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Header and sections of a raw profile. The grammar stands in raw.c. */
#include <inttypes.h>

#include "analysis/formats/llvm.h"
#include "analysis/formats/raw.h"

#define MAX_VERSION 10

/** Words 2 and on of the header, by version; ended by PGO_RAW_FIELDS. */
static const unsigned char fields_5[] = {PGO_RAW_DATA,	      PGO_RAW_PAD_BEFORE, PGO_RAW_COUNTERS,
					 PGO_RAW_PAD_AFTER,   PGO_RAW_NAMES,	  PGO_RAW_COUNTERS_DELTA,
					 PGO_RAW_NAMES_DELTA, PGO_RAW_LAST_KIND,  PGO_RAW_FIELDS};
static const unsigned char fields_7[] = {PGO_RAW_BINARY_IDS, PGO_RAW_DATA,  PGO_RAW_PAD_BEFORE,	    PGO_RAW_COUNTERS,
					 PGO_RAW_PAD_AFTER,  PGO_RAW_NAMES, PGO_RAW_COUNTERS_DELTA, PGO_RAW_NAMES_DELTA,
					 PGO_RAW_LAST_KIND,  PGO_RAW_FIELDS};
static const unsigned char fields_9[] = {
	PGO_RAW_BINARY_IDS,  PGO_RAW_DATA,	 PGO_RAW_PAD_BEFORE, PGO_RAW_COUNTERS,	     PGO_RAW_PAD_AFTER,
	PGO_RAW_BITMAP,	     PGO_RAW_PAD_BITMAP, PGO_RAW_NAMES,	     PGO_RAW_COUNTERS_DELTA, PGO_RAW_BITMAP_DELTA,
	PGO_RAW_NAMES_DELTA, PGO_RAW_LAST_KIND,	 PGO_RAW_FIELDS};
static const unsigned char fields_10[] = {
	PGO_RAW_BINARY_IDS,  PGO_RAW_DATA,	 PGO_RAW_PAD_BEFORE,   PGO_RAW_COUNTERS,       PGO_RAW_PAD_AFTER,
	PGO_RAW_BITMAP,	     PGO_RAW_PAD_BITMAP, PGO_RAW_NAMES,	       PGO_RAW_COUNTERS_DELTA, PGO_RAW_BITMAP_DELTA,
	PGO_RAW_NAMES_DELTA, PGO_RAW_VTABLES,	 PGO_RAW_VTABLE_NAMES, PGO_RAW_LAST_KIND,      PGO_RAW_FIELDS};

static const unsigned char *fields_of(uint32_t version)
{
	switch (version) {
	case 5:
		return fields_5;
	case 7:
	case 8:
		return fields_7;
	case 9:
		return fields_9;
	case MAX_VERSION:
		return fields_10;
	default:
		return NULL;
	}
}

/** A C structure of these members, aligned to 8 as a whole. */
static struct pgo_raw_layout layout_of(uint32_t version, unsigned pointer)
{
	struct pgo_raw_layout l = {.kinds = version >= 10 ? 3 : 2};
	unsigned at = 16;
	l.counters = at;
	at += pointer;
	if (version >= 9) {
		l.bitmap = at;
		at += pointer;
	}
	l.function = at;
	at += 2 * pointer; /* behind it: where the program keeps its values */
	l.counter_count = at;
	l.sites = at + 4;
	at = l.sites + 2 * l.kinds;
	if (version >= 9) {
		l.bitmap_bytes = (at + 3) & ~3u;
		at = l.bitmap_bytes + 4;
	}
	l.size = (at + 7) & ~7u;
	return l;
}

static int refuse_version(struct pgo_raw *r)
{
	const char *why = r->version > MAX_VERSION ? "newer than known"
			  : r->version == 6	   ? "of no released LLVM"
						   : "older than known";
	int rc = pgo_error_at(r->err, PGO_EUNSUPPORTED, r->start + 8,
			      "raw profile version %" PRIu32 " is %s; versions 5 and 7 to %d are read", r->version, why,
			      MAX_VERSION);
	pgo_error_hint(r->err, "merge it with the LLVM whose compiler built the program: llvm-profdata merge -o "
			       "x.profdata x.profraw");
	return rc;
}

/** All profiles of a file are of one kind: counters of two kinds do not add up. */
static int take_flags(struct pgo_raw *r, uint64_t word)
{
	uint64_t unknown;
	uint32_t flags = pgo_llvm_flags(word, &unknown);
	if (r->start == 0) {
		r->b->flags = flags;
		r->b->version = r->version;
		if (unknown && pgo_builder_warn(r->b, "unknown flags 0x%" PRIx64 " in the version word are ignored",
						unknown >> 32))
			return pgo_raw_out_of_memory(r);
	} else if (flags != r->b->flags) {
		char first[128], here[128];
		pgo_profile_flags_text(r->b->flags, first, sizeof first);
		pgo_profile_flags_text(flags, here, sizeof here);
		int rc = pgo_error_at(r->err, PGO_EMISMATCH, r->start + 8,
				      "holds profiles that cannot be added up: the first is %s, this one %s", first,
				      here);
		pgo_error_hint(r->err, "keep the profiles of differently built programs in files of their own");
		return rc;
	}
	r->bytes = flags & PGO_PROFILE_BYTE_COVERAGE;
	r->timed = flags & PGO_PROFILE_TEMPORAL;
	return PGO_OK;
}

static int cut_off_header(struct pgo_raw *r)
{
	int rc =
		pgo_error_at(r->err, PGO_EFORMAT, r->file.end,
			     "header is cut off: it starts at offset %zu, the file ends at %zu", r->start, r->file.end);
	pgo_error_hint(r->err, PGO_RAW_CUT_OFF_HINT);
	return rc;
}

static int read_header(struct pgo_raw *r)
{
	struct pgo_cursor *c = &r->file;
	uint64_t magic, word;
	r->start = c->at;
	memset(r->header, 0, sizeof r->header);
	memset(r->field_at, 0, sizeof r->field_at);
	if (!pgo_cursor_u64(c, &magic) || !pgo_cursor_u64(c, &word))
		return cut_off_header(r);
	r->wide = (magic >> 8 & 0xff) == 'r';
	r->version = (uint32_t)word;
	const unsigned char *fields = fields_of(r->version);
	if (!fields)
		return refuse_version(r);
	for (; *fields != PGO_RAW_FIELDS; fields++) {
		r->field_at[*fields] = c->at;
		if (!pgo_cursor_u64(c, &r->header[*fields]))
			return cut_off_header(r);
	}
	r->layout = layout_of(r->version, r->wide ? 8 : 4);
	return take_flags(r, word);
}

/** The next `count` items of `size` bytes as a cursor of their own. A field that no file can hold names itself. */
static int take_section(struct pgo_raw *r, struct pgo_cursor *out, enum pgo_raw_field field, const char *what,
			uint64_t size)
{
	struct pgo_cursor *c = &r->file;
	uint64_t count = r->header[field];
	*out = *c;
	if (count <= pgo_cursor_left(c) / size) {
		pgo_cursor_skip(c, count * size);
		out->end = c->at;
		return PGO_OK;
	}
	bool impossible = count > c->end / size;
	pgo_u128 need = (pgo_u128)count * size;
	char text[40];
	int rc = pgo_error_at(r->err, PGO_EFORMAT, impossible ? r->field_at[field] : c->at,
			      "%s needs %s bytes at offset %zu, the file ends at %zu", what, pgo_u128_text(need, text),
			      c->at, c->end);
	if (impossible)
		pgo_error_hint(r->err, PGO_RAW_DAMAGED_HINT);
	else
		pgo_error_hint(r->err, PGO_RAW_CUT_OFF_HINT);
	return rc;
}

/** Zero bytes that bring a section of `size` bytes to a multiple of 8. */
static int skip_padding(struct pgo_raw *r, size_t size, const char *what)
{
	if (pgo_cursor_skip(&r->file, -size & 7))
		return PGO_OK;
	int rc = pgo_error_at(r->err, PGO_EFORMAT, r->file.at, "padding behind the %s is cut off: the file ends at %zu",
			      what, r->file.end);
	pgo_error_hint(r->err, PGO_RAW_CUT_OFF_HINT);
	return rc;
}

static size_t size_of(const struct pgo_cursor *section)
{
	return section->end - section->at;
}

/** Several profiles of one program are in one file. */
static bool is_known(const struct pgo_builder *b, const struct pgo_build_id *id)
{
	for (size_t i = 0; i < b->build_ids.count; i++)
		if (b->build_ids.items[i].length == id->length &&
		    memcmp(b->build_ids.items[i].bytes, id->bytes, id->length) == 0)
			return true;
	return false;
}

/** Items of u64 length, bytes, and since version 8 zero padding to 8. */
static int read_binary_ids(struct pgo_raw *r, struct pgo_cursor c)
{
	bool padded = r->version >= 8;
	if (padded && size_of(&c) % 8)
		return pgo_error_at(r->err, PGO_EFORMAT, r->field_at[PGO_RAW_BINARY_IDS],
				    "size %zu of the binary ids is not a multiple of 8", size_of(&c));
	while (pgo_cursor_left(&c)) {
		struct pgo_build_id id = {0};
		const unsigned char *bytes;
		uint64_t length = 0;
		size_t at = c.at;
		if (!pgo_cursor_u64(&c, &length) || length == 0 || !pgo_cursor_bytes(&c, &bytes, length) ||
		    (padded && !pgo_cursor_skip(&c, -length & 7)))
			return pgo_error_at(r->err, PGO_EFORMAT, at,
					    "binary id of %" PRIu64
					    " bytes does not fit into its section, which ends at %zu",
					    length, c.end);
		id.length = length > sizeof id.bytes ? (uint32_t)sizeof id.bytes : (uint32_t)length;
		memcpy(id.bytes, bytes, id.length);
		if (!is_known(r->b, &id) && pgo_vec_push(&r->b->build_ids, id))
			return pgo_raw_out_of_memory(r);
	}
	return PGO_OK;
}

int pgo_raw_read_sections(struct pgo_raw *r)
{
	struct pgo_cursor ids, padding;
	int rc = read_header(r);
	if (rc == PGO_OK)
		rc = take_section(r, &ids, PGO_RAW_BINARY_IDS, "binary id section", 1);
	if (rc == PGO_OK)
		rc = read_binary_ids(r, ids);
	if (rc == PGO_OK)
		rc = take_section(r, &r->data, PGO_RAW_DATA, "data section", r->layout.size);
	if (rc == PGO_OK)
		rc = take_section(r, &padding, PGO_RAW_PAD_BEFORE, "padding before the counters", 1);
	if (rc == PGO_OK)
		rc = take_section(r, &r->counters, PGO_RAW_COUNTERS, "counter section", r->bytes ? 1 : 8);
	if (rc == PGO_OK)
		rc = take_section(r, &padding, PGO_RAW_PAD_AFTER, "padding after the counters", 1);
	if (rc == PGO_OK)
		rc = take_section(r, &r->bitmap, PGO_RAW_BITMAP, "bitmap section", 1);
	if (rc == PGO_OK)
		rc = take_section(r, &padding, PGO_RAW_PAD_BITMAP, "padding after the bitmap", 1);
	if (rc == PGO_OK)
		rc = take_section(r, &r->name_block, PGO_RAW_NAMES, "name section", 1);
	if (rc == PGO_OK)
		rc = skip_padding(r, size_of(&r->name_block), "names");
	if (rc == PGO_OK && r->version >= 10)
		rc = take_section(r, &r->vtables, PGO_RAW_VTABLES, "vtable section", r->wide ? 24 : 16);
	if (rc == PGO_OK && r->version >= 10)
		rc = take_section(r, &r->vtable_names, PGO_RAW_VTABLE_NAMES, "vtable name section", 1);
	if (rc == PGO_OK && r->version >= 10)
		rc = skip_padding(r, size_of(&r->vtable_names), "vtable names");
	return rc;
}
