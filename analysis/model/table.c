/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model/table.h"

/** Bitmap bytes, each a u64. */
static bool pass_bitmap(struct pgo_cursor *data)
{
	uint64_t count, byte;
	if (!pgo_cursor_u64(data, &count) || count > pgo_cursor_left(data) / 8)
		return false;
	for (uint64_t i = 0; i < count; i++)
		if (!pgo_cursor_u64(data, &byte) || byte > 0xff)
			return false;
	return true;
}

/** A value block: sound in its structure? */
static bool pass_values(struct pgo_cursor *data, uint32_t *sites)
{
	struct pgo_cursor block = *data;
	uint32_t size, kinds, seen = 0;
	if (!pgo_cursor_u32(&block, &size) || !pgo_cursor_u32(&block, &kinds) || size < 8 || size % 8 ||
	    size > pgo_cursor_left(data) || kinds > PGO_VALUE_KINDS)
		return false;
	block.end = data->at + size;
	for (uint32_t k = 0; k < kinds; k++) {
		uint32_t kind, count;
		uint64_t values = 0;
		const unsigned char *counts;
		if (!pgo_cursor_u32(&block, &kind) || !pgo_cursor_u32(&block, &count) || kind >= PGO_VALUE_KINDS ||
		    (seen & 1u << kind) || count == 0 || !pgo_cursor_bytes(&block, &counts, count) ||
		    !pgo_cursor_skip(&block, -(uint64_t)count & 7))
			return false;
		seen |= 1u << kind;
		for (uint32_t s = 0; s < count; s++)
			values += counts[s];
		if (!pgo_cursor_skip(&block, values * 16))
			return false;
		*sites += count;
	}
	if (block.at != block.end)
		return false;
	data->at = block.end;
	return true;
}

bool pgo_table_rest(uint64_t version, struct pgo_cursor *data, uint32_t *sites)
{
	if (version >= 11 && !pass_bitmap(data))
		return false;
	return version < 3 || pass_values(data, sites);
}

bool pgo_table_covered(const struct pgo_profile *p, const struct pgo_table_span *spans, size_t ranges, size_t stride)
{
	uint64_t at = p->table_payload, keys = 0;
	for (size_t i = 0; i < ranges; i++) {
		const struct pgo_table_span *s = (const struct pgo_table_span *)((const char *)spans + i * stride);
		if (s->end && s->start != at)
			return false;
		at = s->end ? s->end : at;
		keys += s->keys;
	}
	return p->table_directory - at < 8 && keys == p->table_keys;
}
