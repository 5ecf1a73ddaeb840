/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Names of the functions of a raw profile, by the MD5 reference the records have. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/base/digest.h"
#include "analysis/formats/raw.h"

static struct pgo_raw_name *slot_of(struct pgo_raw_name *slots, size_t capacity, uint64_t ref)
{
	size_t at = (size_t)ref & (capacity - 1);
	while (slots[at].used && slots[at].ref != ref)
		at = (at + 1) & (capacity - 1);
	return &slots[at];
}

/** Room for `more` references. */
static int reserve(struct pgo_raw_names *names, size_t more)
{
	size_t capacity = names->capacity ? names->capacity : 64;
	while (capacity / 2 < names->count + more)
		capacity *= 2;
	if (capacity == names->capacity)
		return 0;
	struct pgo_raw_name *slots = calloc(capacity, sizeof *slots);
	if (!slots)
		return -1;
	for (size_t i = 0; i < names->capacity; i++)
		if (names->slots[i].used)
			*slot_of(slots, capacity, names->slots[i].ref) = names->slots[i];
	free(names->slots);
	names->slots = slots;
	names->capacity = capacity;
	return 0;
}

static struct pgo_raw_name *enter(struct pgo_raw_names *names, uint64_t ref)
{
	if (reserve(names, 1))
		return NULL;
	struct pgo_raw_name *slot = slot_of(names->slots, names->capacity, ref);
	if (!slot->used) {
		*slot = (struct pgo_raw_name){.ref = ref, .used = true};
		names->count++;
	}
	return slot;
}

/** Give a reference its text, which is kept once. */
static int set_name(struct pgo_raw *r, struct pgo_raw_name *slot, const char *text, size_t length)
{
	struct pgo_builder *b = r->b;
	if (length > PGO_NAME_BYTES_MOST - b->names.count)
		return pgo_error_at(r->err, PGO_EFORMAT, r->name_block.at,
				    "names of all profiles in the file take more than %zu bytes", PGO_NAME_BYTES_MOST);
	if (pgo_vec_reserve(&b->names, length))
		return pgo_raw_out_of_memory(r);
	slot->at = b->names.count;
	slot->length = (uint32_t)length;
	slot->named = true;
	memcpy(b->names.items + b->names.count, text, length);
	b->names.count += length;
	return PGO_OK;
}

/** Profiles of one program have the same names: true when the section is the one read last. Remembers it if not. */
static bool seen(const unsigned char **last, size_t *last_length, const struct pgo_cursor *block)
{
	const unsigned char *start = block->bytes + block->at;
	size_t length = pgo_cursor_left(block);
	if (*last && length == *last_length && memcmp(start, *last, length) == 0)
		return true;
	*last = start;
	*last_length = length;
	return false;
}

static int load_vtable_names(struct pgo_raw *r)
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
	if (reserve(&r->names, (size_t)count))
		return -1;
	for (uint64_t i = 0; i < count; i++) {
		c.at = r->data.at + (size_t)i * r->layout.size;
		pgo_cursor_u64(&c, &ref);
		if (!enter(&r->names, ref))
			return -1;
	}
	return 0;
}

static int load_function_names(struct pgo_raw *r)
{
	struct pgo_raw_names *names = &r->names;
	struct pgo_cursor block = r->name_block;
	size_t known = names->count;
	if (enter_references(r))
		return pgo_raw_out_of_memory(r);
	if (seen(&names->block, &names->block_length, &block) && names->count == known)
		return PGO_OK;
	names->inflated.count = 0;
	int rc = pgo_name_block_append(&names->inflated, &block, r->err);
	if (rc != PGO_OK || names->inflated.count == 0 || names->count == 0)
		return rc;
	const char *at = names->inflated.items, *end = at + names->inflated.count;
	while (rc == PGO_OK && at < end) {
		const char *separator = memchr(at, '\1', (size_t)(end - at));
		const char *stop = separator ? separator : end;
		struct pgo_raw_name *slot =
			slot_of(names->slots, names->capacity, pgo_name_ref(at, (size_t)(stop - at)));
		if (slot->used && !slot->named && stop > at)
			rc = set_name(r, slot, at, (size_t)(stop - at));
		at = separator ? separator + 1 : end;
	}
	return rc;
}

int pgo_raw_names_load(struct pgo_raw *r)
{
	int rc = load_function_names(r);
	if (rc == PGO_OK)
		rc = load_vtable_names(r);
	return rc;
}

int pgo_raw_names_find(struct pgo_raw *r, uint64_t ref, struct pgo_raw_name **out)
{
	struct pgo_raw_name *slot = *out = enter(&r->names, ref);
	if (!slot)
		return pgo_raw_out_of_memory(r);
	if (slot->named)
		return PGO_OK;
	char text[24];
	int length = snprintf(text, sizeof text, "0x%016" PRIx64, ref);
	r->nameless++;
	return set_name(r, slot, text, (size_t)length);
}
