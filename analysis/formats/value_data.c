/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "analysis/formats/format.h"

/** One kind: its site counts, padding, and the pairs of all its sites. `block` ends where the block ends. */
static int read_kind(struct pgo_builder *b, struct pgo_cursor *block, uint32_t *seen, struct pgo_error *err)
{
	size_t start = block->at;
	uint32_t kind, sites;
	if (!pgo_cursor_u32(block, &kind) || !pgo_cursor_u32(block, &sites))
		return pgo_error_at(err, PGO_EFORMAT, start, "value kind is cut off by the end of its block");
	if (kind >= PGO_VALUE_KINDS)
		return pgo_error_at(err, PGO_EFORMAT, start, "value kind %" PRIu32 " is unknown; known are 0 to %d",
				    kind, PGO_VALUE_KINDS - 1);
	if (*seen & 1u << kind)
		return pgo_error_at(err, PGO_EFORMAT, start, "value kind %" PRIu32 " appears twice in one record",
				    kind);
	*seen |= 1u << kind;
	if (sites == 0)
		return pgo_error_at(err, PGO_EFORMAT, start + 4, "value kind %" PRIu32 " has no sites", kind);
	const unsigned char *counts;
	if (!pgo_cursor_bytes(block, &counts, sites) || !pgo_cursor_skip(block, -(uint64_t)sites & 7))
		return pgo_error_at(err, PGO_EFORMAT, start + 4, "%" PRIu32 " value sites do not fit into their block",
				    sites);
	for (uint32_t s = 0; s < sites; s++) {
		size_t at = block->at;
		if (counts[s] > pgo_cursor_left(block) / 16)
			return pgo_error_at(err, PGO_EFORMAT, at,
					    "values of site %" PRIu32 " do not fit into their block", s);
		struct pgo_value *v = pgo_builder_site(b, kind, counts[s]);
		if (!v)
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
		for (unsigned i = 0; i < counts[s]; i++)
			if (!pgo_cursor_u64(block, &v[i].value) || !pgo_cursor_u64(block, &v[i].count))
				return pgo_error_at(err, PGO_EFORMAT, at, "values are cut off");
	}
	return PGO_OK;
}

int pgo_value_data_read(struct pgo_builder *b, struct pgo_cursor *data, struct pgo_error *err)
{
	struct pgo_cursor block = *data;
	uint32_t size, kinds, seen = 0;
	if (!pgo_cursor_u32(&block, &size) || !pgo_cursor_u32(&block, &kinds))
		return pgo_error_at(err, PGO_EFORMAT, data->at, "value data header is cut off");
	if (size < 8 || size % 8)
		return pgo_error_at(err, PGO_EFORMAT, data->at, "value data size %" PRIu32 " is not a multiple of 8",
				    size);
	if (size > pgo_cursor_left(data))
		return pgo_error_at(err, PGO_EFORMAT, data->at,
				    "value data of %" PRIu32 " bytes does not fit into the %zu bytes left", size,
				    pgo_cursor_left(data));
	if (kinds > PGO_VALUE_KINDS)
		return pgo_error_at(err, PGO_EFORMAT, data->at + 4, "value data has %" PRIu32 " kinds; known are %d",
				    kinds, PGO_VALUE_KINDS);
	block.end = data->at + size;
	for (uint32_t k = 0; k < kinds; k++) {
		int rc = read_kind(b, &block, &seen, err);
		if (rc != PGO_OK)
			return rc;
	}
	if (block.at != block.end)
		return pgo_error_at(err, PGO_EFORMAT, block.at, "value data ends %zu bytes before its stated size",
				    block.end - block.at);
	data->at = block.end;
	return PGO_OK;
}
