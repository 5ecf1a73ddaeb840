/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What follows the hash table of an indexed profile. Memory profiles are skipped: nothing else depends on them. */
#include <inttypes.h>

#include "analysis/formats/indexed.h"

static int out_of_memory(struct pgo_indexed *r)
{
	return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
}

/** Stand at a section, whose offset is in the header at `field`. Sections lie between the directory and the end. */
static int seek_section(struct pgo_indexed *r, size_t directory_end, uint64_t offset, size_t field, const char *what)
{
	if (offset < directory_end || !pgo_cursor_seek(&r->file, offset))
		return pgo_error_at(r->err, PGO_EFORMAT, field, "offset %" PRIu64 " of the %s lies outside %zu to %zu",
				    offset, what, directory_end, r->file.end);
	return PGO_OK;
}

/** u64 bytes; items of u64 length, bytes, zero padding to 8. */
static int read_binary_ids(struct pgo_indexed *r)
{
	size_t start = r->file.at;
	uint64_t size, length = 0;
	if (!pgo_cursor_u64(&r->file, &size) || size > pgo_cursor_left(&r->file))
		return pgo_error_at(r->err, PGO_EFORMAT, start, "binary ids are cut off: the file ends after %zu bytes",
				    r->file.end);
	if (size % 8)
		return pgo_error_at(r->err, PGO_EFORMAT, start,
				    "size %" PRIu64 " of the binary ids is not a multiple of 8", size);
	struct pgo_cursor c = r->file;
	c.end = c.at + (size_t)size;
	while (pgo_cursor_left(&c)) {
		struct pgo_build_id id = {0};
		const unsigned char *bytes;
		size_t at = c.at;
		pgo_cursor_u64(&c, &length);
		if (length == 0 || !pgo_cursor_bytes(&c, &bytes, length) || !pgo_cursor_skip(&c, -length & 7))
			return pgo_error_at(r->err, PGO_EFORMAT, at,
					    "binary id of %" PRIu64
					    " bytes does not fit into the %zu bytes left in its section",
					    length, c.end - at - 8);
		id.length = length > sizeof id.bytes ? (uint32_t)sizeof id.bytes : (uint32_t)length;
		memcpy(id.bytes, bytes, id.length);
		if (pgo_vec_push(&r->b->build_ids, id))
			return out_of_memory(r);
	}
	r->file.at = c.end;
	return PGO_OK;
}

/** u64 bytes, a name block of that size, zero padding to 8. */
static int read_vtable_names(struct pgo_indexed *r)
{
	size_t start = r->file.at;
	uint64_t size;
	if (!pgo_cursor_u64(&r->file, &size) || size > pgo_cursor_left(&r->file))
		return pgo_error_at(r->err, PGO_EFORMAT, start,
				    "vtable names are cut off: the file ends after %zu bytes", r->file.end);
	struct pgo_cursor block = r->file;
	block.end = block.at + (size_t)size;
	int rc = pgo_name_block_read(r->b, &block, r->err);
	if (rc != PGO_OK)
		return rc;
	r->file.at = block.end;
	if (!pgo_cursor_skip(&r->file, -size & 7))
		return pgo_error_at(r->err, PGO_EFORMAT, r->file.at, "padding of the vtable names is cut off");
	return PGO_OK;
}

/** u64 traces, u64 traces seen in all; per trace u64 weight, u64 functions, their name references. */
static int read_traces(struct pgo_indexed *r)
{
	struct pgo_builder *b = r->b;
	struct pgo_cursor *c = &r->file;
	size_t start = c->at;
	uint64_t count, seen;
	if (!pgo_cursor_u64(c, &count) || !pgo_cursor_u64(c, &seen) || count > pgo_cursor_left(c) / 16)
		return pgo_error_at(r->err, PGO_EFORMAT, start,
				    "temporal traces are cut off: the file ends after %zu bytes", c->end);
	for (uint64_t i = 0; i < count; i++) {
		struct pgo_trace trace = {.first = b->trace_refs.count};
		size_t at = c->at;
		if (!pgo_cursor_u64(c, &trace.weight) || !pgo_cursor_u64(c, &trace.count) ||
		    trace.count > pgo_cursor_left(c) / 8)
			return pgo_error_at(r->err, PGO_EFORMAT, at,
					    "temporal trace %" PRIu64 " of %" PRIu64
					    " is cut off: the file ends after %zu bytes",
					    i + 1, count, c->end);
		if (pgo_vec_reserve(&b->trace_refs, (size_t)trace.count) || pgo_vec_push(&b->traces, trace))
			return out_of_memory(r);
		if (trace.count)
			pgo_cursor_u64s(c, b->trace_refs.items + b->trace_refs.count, trace.count);
		b->trace_refs.count += (size_t)trace.count;
	}
	return PGO_OK;
}

int pgo_indexed_read_sections(struct pgo_indexed *r)
{
	size_t directory_end = r->file.at, last = directory_end;
	bool memprof = r->b->flags & PGO_PROFILE_MEMPROF;
	int rc = PGO_OK;
	if (r->version >= 8 && memprof)
		rc = seek_section(r, directory_end, r->memprof, 40, "memory profile");
	if (rc == PGO_OK && r->version >= 9) {
		rc = seek_section(r, directory_end, r->binary_ids, 48, "binary ids");
		if (rc == PGO_OK)
			rc = read_binary_ids(r);
		last = r->file.at > last ? r->file.at : last;
	}
	if (rc == PGO_OK && r->version >= 12) {
		rc = seek_section(r, directory_end, r->vtable_names, 64, "vtable names");
		if (rc == PGO_OK)
			rc = read_vtable_names(r);
		last = r->file.at > last ? r->file.at : last;
	}
	if (rc == PGO_OK && r->version >= 10 && (r->b->flags & PGO_PROFILE_TEMPORAL)) {
		rc = seek_section(r, directory_end, r->traces, 56, "temporal traces");
		if (rc == PGO_OK)
			rc = read_traces(r);
		last = r->file.at > last ? r->file.at : last;
	}
	/* version 8 ends with the memory profile, whose size only its own reader knows */
	if (rc == PGO_OK && last < r->file.end && !(memprof && r->version < 9) &&
	    pgo_builder_warn(r->b, "%zu bytes follow the last section and were not read", r->file.end - last))
		return out_of_memory(r);
	return rc;
}
