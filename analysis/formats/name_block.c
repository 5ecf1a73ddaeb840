/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <zlib.h>

#include "analysis/formats/format.h"

/** Inflate never yields more than this per byte of input (zlib's documented limit is 1032 : 1). */
#define MAX_RATIO 1040

static int inflate_chunk(char *out, uint64_t size, const unsigned char *bytes, uint64_t compressed, size_t at,
			 struct pgo_error *err)
{
	uLongf written = (uLongf)size;
	int rc = uncompress((Bytef *)out, &written, bytes, (uLong)compressed);
	if (rc == Z_MEM_ERROR)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (rc != Z_OK || written != size)
		return pgo_error_at(err, PGO_EFORMAT, at, "names do not inflate to their stated %" PRIu64 " bytes",
				    size);
	return PGO_OK;
}

static int read_chunk(struct pgo_name_bytes *names, struct pgo_cursor *block, struct pgo_error *err)
{
	size_t start = block->at;
	uint64_t size, compressed;
	const unsigned char *payload;
	if (!pgo_cursor_uleb(block, &size) || !pgo_cursor_uleb(block, &compressed))
		return pgo_error_at(err, PGO_EFORMAT, start, "name chunk header is cut off");
	uint64_t stored = compressed ? compressed : size;
	size_t at = block->at;
	if (!pgo_cursor_bytes(block, &payload, stored))
		return pgo_error_at(err, PGO_EFORMAT, start,
				    "name chunk of %" PRIu64 " bytes does not fit into the %zu left", stored,
				    block->end - at);
	if (size / MAX_RATIO > stored || size > PGO_NAME_BYTES_MOST || names->count > PGO_NAME_BYTES_MOST - size)
		return pgo_error_at(err, PGO_EFORMAT, start,
				    "names cannot inflate from %" PRIu64 " to %" PRIu64 " bytes", stored, size);
	if (pgo_vec_reserve(names, (size_t)size + 1))
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (names->count > 0)
		names->items[names->count++] = '\1';
	char *out = names->items + names->count;
	if (compressed) {
		int rc = inflate_chunk(out, size, payload, compressed, at, err);
		if (rc != PGO_OK)
			return rc;
	} else if (size) {
		memcpy(out, payload, (size_t)size);
	}
	names->count += (size_t)size;
	return PGO_OK;
}

int pgo_name_block_append(struct pgo_name_bytes *out, struct pgo_cursor *block, struct pgo_error *err)
{
	while (pgo_cursor_left(block)) {
		if (block->bytes[block->at] == 0) {
			block->at++;
			continue;
		}
		int rc = read_chunk(out, block, err);
		if (rc != PGO_OK)
			return rc;
	}
	return PGO_OK;
}

int pgo_name_block_read(struct pgo_builder *b, struct pgo_cursor *block, struct pgo_error *err)
{
	struct pgo_name_bytes names = {b->vtable_names.items, b->vtable_names.count, b->vtable_names.capacity};
	int rc = pgo_name_block_append(&names, block, err);
	b->vtable_names.items = names.items;
	b->vtable_names.count = names.count;
	b->vtable_names.capacity = names.capacity;
	return rc;
}
