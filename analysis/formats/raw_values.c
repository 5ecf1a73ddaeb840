/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Value data of a raw profile: the addresses the program saw become the names that belong to them. Addresses of nothing
 * that was instrumented become 0.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "analysis/formats/raw.h"

static int compare_addresses(const void *pa, const void *pb)
{
	const struct pgo_raw_address *a = pa, *b = pb;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->ref < b->ref ? -1 : a->ref > b->ref;
}

/** Addresses of the functions; a function whose address is never taken has none. */
static int load_functions(struct pgo_raw *r)
{
	uint64_t count = r->header[PGO_RAW_DATA];
	if (pgo_vec_reserve(&r->functions, (size_t)count))
		return -1;
	for (uint64_t i = 0; i < count; i++) {
		struct pgo_raw_record record = pgo_raw_decode(r, i);
		if (record.function)
			r->functions.items[r->functions.count++] =
				(struct pgo_raw_address){.start = record.function, .ref = record.name_ref};
	}
	if (r->functions.count)
		qsort(r->functions.items, r->functions.count, sizeof *r->functions.items, compare_addresses);
	return 0;
}

static int load_vtables(struct pgo_raw *r)
{
	struct pgo_cursor c = r->vtables;
	uint64_t count = r->version >= 10 ? r->header[PGO_RAW_VTABLES] : 0;
	if (pgo_vec_reserve(&r->tables, (size_t)count))
		return -1;
	for (uint64_t i = 0; i < count; i++) {
		struct pgo_raw_address table = {0};
		uint32_t narrow = 0, size = 0;
		c.at = r->vtables.at + (size_t)i * (r->wide ? 24 : 16);
		pgo_cursor_u64(&c, &table.ref);
		if (r->wide)
			pgo_cursor_u64(&c, &table.start);
		else if (pgo_cursor_u32(&c, &narrow))
			table.start = narrow;
		pgo_cursor_u32(&c, &size);
		table.end = table.start > UINT64_MAX - size ? UINT64_MAX : table.start + size;
		if (table.start)
			r->tables.items[r->tables.count++] = table;
	}
	if (r->tables.count)
		qsort(r->tables.items, r->tables.count, sizeof *r->tables.items, compare_addresses);
	return 0;
}

static int load_addresses(struct pgo_raw *r)
{
	if (r->addresses_known)
		return PGO_OK;
	r->addresses_known = true;
	if (load_functions(r) || load_vtables(r))
		return pgo_raw_out_of_memory(r);
	return PGO_OK;
}

/** The last entry that starts at or before `address`; NULL: there is none. */
static const struct pgo_raw_address *find_address(const struct pgo_raw_address *items, size_t count, uint64_t address)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (items[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &items[low - 1] : NULL;
}

static uint64_t name_of_address(const struct pgo_raw *r, uint32_t kind, uint64_t address)
{
	const struct pgo_raw_address *found;
	if (kind == PGO_VALUE_CALL_TARGET) {
		found = find_address(r->functions.items, r->functions.count, address);
		return found && found->start == address ? found->ref : 0;
	}
	found = find_address(r->tables.items, r->tables.count, address);
	return found && address < found->end ? found->ref : 0;
}

/** The profile ends, or the next one starts, where the value data should. */
static bool at_end(const struct pgo_raw *r)
{
	const struct pgo_cursor *c = &r->file;
	return pgo_cursor_left(c) == 0 || (pgo_cursor_left(c) >= 8 && memcmp(c->bytes + c->at, c->bytes, 8) == 0);
}

bool pgo_raw_skip_values(struct pgo_raw *r)
{
	struct pgo_cursor *c = &r->file;
	struct pgo_cursor head = *c;
	uint32_t size;
	if (r->no_values || (r->value_blocks == 0 && at_end(r)))
		return true;
	if (!pgo_cursor_u32(&head, &size) || size < 8 || size % 8 || !pgo_cursor_skip(c, size))
		return false;
	r->value_blocks++;
	return true;
}

int pgo_raw_read_values(struct pgo_raw *r, const struct pgo_raw_record *record)
{
	struct pgo_builder *b = r->b;
	size_t first = b->sites.count, start = r->file.at;
	if (r->no_values || (r->value_blocks == 0 && at_end(r))) {
		r->no_values = true;
		r->without_values++;
		return PGO_OK;
	}
	int rc = load_addresses(r);
	if (rc == PGO_OK)
		rc = pgo_value_data_read(b, &r->file, r->err);
	if (rc != PGO_OK)
		return rc;
	r->value_blocks++;
	uint32_t found[PGO_VALUE_KINDS] = {0};
	for (size_t s = first; s < b->sites.count; s++) {
		const struct pgo_value_site *site = &b->sites.items[s];
		found[site->kind]++;
		for (uint32_t v = 0; v < site->count && site->kind != PGO_VALUE_MEMOP_SIZE; v++) {
			struct pgo_value *value = &b->values.items[site->first + v];
			value->value = name_of_address(r, site->kind, value->value);
		}
	}
	for (uint32_t k = 0; k < PGO_VALUE_KINDS; k++)
		if (found[k] != record->sites[k])
			return pgo_error_at(r->err, PGO_EFORMAT, start,
					    "function '%.*s': value data has %" PRIu32 " sites of kind %" PRIu32
					    ", its record %u",
					    PGO_RAW_NAME_SHOWN(r, record), found[k], k, record->sites[k]);
	return PGO_OK;
}
