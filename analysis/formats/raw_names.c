/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Names of the functions of a raw profile, by the MD5 reference the records have. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/base/digest.h"
#include "analysis/formats/raw.h"

/** Where the index has a reference, or where it would have it. Entries are numbers of names plus 1; 0: none. */
static uint32_t *place_of(const struct pgo_raw_names *names, uint64_t ref)
{
	size_t at = (size_t)ref & (names->index_size - 1);
	while (names->index[at] && names->names.items[names->index[at] - 1].ref != ref)
		at = (at + 1) & (names->index_size - 1);
	return &names->index[at];
}

/** Room for `more` references; the index is at most half full. */
static int reserve(struct pgo_raw_names *names, size_t more)
{
	size_t size = names->index_size ? names->index_size : 64;
	if (more > UINT32_MAX / 4 - names->names.count || pgo_vec_reserve(&names->names, more))
		return -1;
	while (size / 2 < names->names.count + more)
		size *= 2;
	if (size == names->index_size)
		return 0;
	uint32_t *index = calloc(size, sizeof *index);
	if (!index)
		return -1;
	free(names->index);
	names->index = index;
	names->index_size = size;
	for (size_t i = 0; i < names->names.count; i++)
		*place_of(names, names->names.items[i].ref) = (uint32_t)i + 1;
	return 0;
}

/** The entry of a reference, made when there is none. Profiles of one program have theirs in one order: try that first.
 */
static struct pgo_raw_name *enter(struct pgo_raw_names *names, uint64_t ref)
{
	if (names->next < names->names.count && names->names.items[names->next].ref == ref)
		return &names->names.items[names->next++];
	if (reserve(names, 1))
		return NULL;
	uint32_t *place = place_of(names, ref);
	if (*place == 0) {
		names->names.items[names->names.count++] = (struct pgo_raw_name){.ref = ref};
		*place = (uint32_t)names->names.count;
	}
	names->next = *place;
	return &names->names.items[*place - 1];
}

/** Give a reference its text, which is kept once. */
static int set_name(struct pgo_raw *r, struct pgo_raw_name *name, const char *text, size_t length)
{
	struct pgo_builder *b = r->b;
	if (length > PGO_NAME_BYTES_MOST - b->names.count)
		return pgo_error_at(r->err, PGO_EFORMAT, r->name_block.at,
				    "names of all profiles in the file take more than %zu bytes", PGO_NAME_BYTES_MOST);
	if (pgo_vec_reserve(&b->names, length))
		return pgo_raw_out_of_memory(r);
	name->at = b->names.count;
	name->length = (uint32_t)length;
	name->named = true;
	memcpy(b->names.items + b->names.count, text, length);
	b->names.count += length;
	return PGO_OK;
}

static bool same_block(const unsigned char *last, size_t last_length, const struct pgo_cursor *block)
{
	size_t length = pgo_cursor_left(block);
	return last && length == last_length && memcmp(block->bytes + block->at, last, length) == 0;
}

/** Profiles of one program have the same names: true when the section is the one read last. Remembers it if not. */
static bool seen(const unsigned char **last, size_t *last_length, const struct pgo_cursor *block)
{
	if (same_block(*last, *last_length, block))
		return true;
	*last = block->bytes + block->at;
	*last_length = pgo_cursor_left(block);
	return false;
}

bool pgo_raw_names_known(const struct pgo_raw *r)
{
	return same_block(r->names.block, r->names.block_length, &r->name_block);
}

int pgo_raw_vtable_names_load(struct pgo_raw *r)
{
	struct pgo_cursor block = r->vtable_names;
	if (r->version < 10 || seen(&r->names.vtable_block, &r->names.vtable_block_length, &block))
		return PGO_OK;
	return pgo_name_block_read(r->b, &block, r->err);
}

/** The references of the records: only their names are kept, so names nothing refers to cost no memory. */
static int enter_references(struct pgo_raw *r)
{
	struct pgo_cursor c = r->data;
	uint64_t count = r->header[PGO_RAW_DATA], ref = 0;
	r->names.next = 0;
	if (reserve(&r->names, (size_t)count))
		return -1;
	for (uint64_t i = 0; i < count; i++) {
		c.at = r->data.at + (size_t)i * r->layout.size;
		pgo_cursor_u64(&c, &ref);
		if (!enter(&r->names, ref))
			return -1;
	}
	r->names.next = 0;
	return 0;
}

static int load_function_names(struct pgo_raw *r)
{
	struct pgo_raw_names *names = &r->names;
	struct pgo_cursor block = r->name_block;
	size_t known = names->names.count;
	if (enter_references(r))
		return pgo_raw_out_of_memory(r);
	if (seen(&names->block, &names->block_length, &block) && names->names.count == known)
		return PGO_OK;
	names->inflated.count = 0;
	int rc = pgo_name_block_append(&names->inflated, &block, r->err);
	if (rc != PGO_OK || names->inflated.count == 0 || names->names.count == 0)
		return rc;
	const char *at = names->inflated.items, *end = at + names->inflated.count;
	while (rc == PGO_OK && at < end) {
		const char *separator = memchr(at, '\1', (size_t)(end - at));
		const char *stop = separator ? separator : end;
		uint32_t found = *place_of(names, pgo_name_ref(at, (size_t)(stop - at)));
		struct pgo_raw_name *name = found ? &names->names.items[found - 1] : NULL;
		if (name && !name->named && stop > at)
			rc = set_name(r, name, at, (size_t)(stop - at));
		at = separator ? separator + 1 : end;
	}
	return rc;
}

int pgo_raw_names_load(struct pgo_raw *r)
{
	int rc = load_function_names(r);
	if (rc == PGO_OK)
		rc = pgo_raw_vtable_names_load(r);
	return rc;
}

int pgo_raw_names_find(struct pgo_raw *r, uint64_t ref, struct pgo_raw_name **out)
{
	struct pgo_raw_name *name = *out = enter(&r->names, ref);
	if (!name)
		return pgo_raw_out_of_memory(r);
	if (name->named)
		return PGO_OK;
	char text[24];
	int length = snprintf(text, sizeof text, "0x%016" PRIx64, ref);
	r->nameless++;
	return set_name(r, name, text, (size_t)length);
}
