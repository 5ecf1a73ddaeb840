/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One function of a raw profile. The grammar stands in raw.c. */
#include <inttypes.h>

#include "analysis/formats/raw.h"

/** LLVM warns of counters beyond it, too: nothing executes that often. */
#define LARGEST_LIKELY ((uint64_t)1 << 56)

/** Records may share what they count in, but hardly ever do: all together may claim this many times the section. */
#define MAX_SHARING 4

/** The fields as the program laid them out, pointers in the order counters, bitmap, function. */
static void decode_fields(const struct pgo_raw *r, struct pgo_raw_record *record, uint64_t pointers[3])
{
	const struct pgo_raw_layout *l = &r->layout;
	const unsigned where[3] = {l->counters, l->bitmap, l->function};
	struct pgo_cursor c = r->data;
	c.at = record->at;
	pgo_cursor_u64(&c, &record->name_ref);
	pgo_cursor_u64(&c, &record->cfg_hash);
	for (int i = 0; i < 3; i++) {
		uint32_t narrow = 0;
		c.at = record->at + where[i];
		if (!where[i])
			continue;
		if (r->wide)
			pgo_cursor_u64(&c, &pointers[i]);
		else if (pgo_cursor_u32(&c, &narrow))
			pointers[i] = narrow;
	}
	c.at = record->at + l->counter_count;
	pgo_cursor_u32(&c, &record->counter_count);
	for (unsigned k = 0; k < l->kinds; k++)
		pgo_cursor_u16(&c, &record->sites[k]);
	if (l->bitmap) {
		c.at = record->at + l->bitmap_bytes;
		pgo_cursor_u32(&c, &record->bitmap_bytes);
	}
}

/** The same for the byte order and pointers of this machine, which nearly all files have: a third of the time. */
static void load_fields(const struct pgo_raw *r, struct pgo_raw_record *record, uint64_t pointers[3])
{
	const struct pgo_raw_layout *l = &r->layout;
	const unsigned char *at = r->data.bytes + record->at;
	memcpy(&record->name_ref, at, 8);
	memcpy(&record->cfg_hash, at + 8, 8);
	memcpy(&pointers[0], at + l->counters, 8);
	memcpy(&pointers[2], at + l->function, 8);
	memcpy(&record->counter_count, at + l->counter_count, 4);
	memcpy(record->sites, at + l->sites, sizeof record->sites[0] * l->kinds);
	if (l->bitmap) {
		memcpy(&pointers[1], at + l->bitmap, 8);
		memcpy(&record->bitmap_bytes, at + l->bitmap_bytes, 4);
	}
}

struct pgo_raw_record pgo_raw_decode(const struct pgo_raw *r, uint64_t index)
{
	const struct pgo_raw_layout *l = &r->layout;
	struct pgo_raw_record record = {.at = r->data.at + (size_t)index * l->size};
	uint64_t pointers[3] = {0};
	if (r->wide && !r->data.big_endian && record.at + l->size <= r->data.end)
		load_fields(r, &record, pointers);
	else
		decode_fields(r, &record, pointers);
	uint64_t mask = r->wide ? UINT64_MAX : UINT32_MAX;
	/* pointers are relative to the record since version 8 */
	uint64_t moved = r->version >= 8 ? index * l->size : 0;
	record.counters_at = (pointers[0] - r->header[PGO_RAW_COUNTERS_DELTA] + moved) & mask;
	record.bitmap_at = (pointers[1] - r->header[PGO_RAW_BITMAP_DELTA] + moved) & mask;
	record.function = pointers[2];
	return record;
}

/** An offset as a person sees it: a small one before the start, not an enormous one. */
static int64_t signed_offset(const struct pgo_raw *r, uint64_t offset)
{
	return r->wide ? (int64_t)offset : (int64_t)(int32_t)(uint32_t)offset;
}

static int check_counters(struct pgo_raw *r, const struct pgo_raw_record *record)
{
	uint64_t size = r->bytes ? 1 : 8, section = r->counters.end - r->counters.at;
	if (record->counter_count == 0)
		return pgo_error_at(r->err, PGO_EFORMAT, record->at + r->layout.counter_count,
				    "function '%.*s' has no counters", PGO_RAW_NAME_SHOWN(r, record));
	if (record->counters_at > section || record->counter_count > (section - record->counters_at) / size)
		return pgo_error_at(r->err, PGO_EFORMAT, record->at + r->layout.counters,
				    "function '%.*s': counters at %" PRId64 " (%" PRIu32
				    " of them) lie outside the counter section of %" PRIu64 " bytes",
				    PGO_RAW_NAME_SHOWN(r, record), signed_offset(r, record->counters_at),
				    record->counter_count, section);
	if (record->counters_at % size)
		return pgo_error_at(r->err, PGO_EFORMAT, record->at + r->layout.counters,
				    "function '%.*s': counters at %" PRIu64 " are not at a multiple of 8",
				    PGO_RAW_NAME_SHOWN(r, record), record->counters_at);
	r->claimed_counters += record->counter_count;
	if (r->claimed_counters / MAX_SHARING > section / size)
		return pgo_error_at(r->err, PGO_EFORMAT, record->at + r->layout.counter_count,
				    "function '%.*s': the functions up to it claim %" PRIu64
				    " counters, the counter section has %" PRIu64,
				    PGO_RAW_NAME_SHOWN(r, record), r->claimed_counters, section / size);
	return PGO_OK;
}

static int check_bitmap(struct pgo_raw *r, const struct pgo_raw_record *record)
{
	uint64_t section = r->bitmap.end - r->bitmap.at;
	if (record->bitmap_bytes == 0)
		return PGO_OK;
	if (record->bitmap_at > section || record->bitmap_bytes > section - record->bitmap_at)
		return pgo_error_at(r->err, PGO_EFORMAT, record->at + r->layout.bitmap,
				    "function '%.*s': bitmap bytes at %" PRId64 " (%" PRIu32
				    " of them) lie outside the bitmap section of %" PRIu64 " bytes",
				    PGO_RAW_NAME_SHOWN(r, record), signed_offset(r, record->bitmap_at),
				    record->bitmap_bytes, section);
	r->claimed_bitmap += record->bitmap_bytes;
	if (r->claimed_bitmap / MAX_SHARING > section)
		return pgo_error_at(r->err, PGO_EFORMAT, record->at + r->layout.bitmap_bytes,
				    "function '%.*s': the functions up to it claim %" PRIu64
				    " bitmap bytes, the bitmap section has %" PRIu64,
				    PGO_RAW_NAME_SHOWN(r, record), r->claimed_bitmap, section);
	return PGO_OK;
}

/**
 * The time a function first ran. @return how many counters it takes; more than there are in files of a combination of
 * flags that compilers get wrong: then the bytes read are another function's, as in LLVM
 */
static int take_time(struct pgo_raw *r, const struct pgo_raw_record *record, uint32_t *taken)
{
	struct pgo_cursor c = r->counters;
	struct pgo_raw_timestamp t = {.ref = record->name_ref};
	c.at += (size_t)record->counters_at;
	c.end = r->name_block.at;
	*taken = r->bytes ? 8 : 1;
	if (*taken > record->counter_count) {
		*taken = record->counter_count;
		r->untimed++;
	}
	if (!pgo_cursor_u64(&c, &t.time) || t.time == 0 || t.time == UINT64_MAX)
		return PGO_OK;
	return pgo_vec_push(&r->timestamps, t) ? pgo_raw_out_of_memory(r) : PGO_OK;
}

/** The counters behind the last of the builder, not counted in yet. NULL: out of memory. */
static uint64_t *copy_counters(struct pgo_raw *r, const struct pgo_raw_record *record, uint32_t skipped, uint32_t count)
{
	struct pgo_builder *b = r->b;
	if (pgo_vec_reserve(&b->counters, (size_t)count + 1))
		return NULL;
	struct pgo_cursor c = r->counters;
	uint64_t *out = b->counters.items + b->counters.count;
	c.at += (size_t)(record->counters_at + (uint64_t)skipped * (r->bytes ? 1 : 8));
	if (r->bytes)
		for (uint32_t i = 0; i < count; i++)
			out[i] = c.bytes[c.at + i] == 0;
	else
		pgo_cursor_u64s(&c, out, count);
	return out;
}

static int copy_bitmap(struct pgo_raw *r, const struct pgo_raw_record *record)
{
	struct pgo_builder *b = r->b;
	const unsigned char *bytes;
	struct pgo_cursor c = r->bitmap;
	if (pgo_vec_reserve(&b->bitmap, record->bitmap_bytes))
		return pgo_raw_out_of_memory(r);
	c.at += (size_t)record->bitmap_at;
	if (pgo_cursor_bytes(&c, &bytes, record->bitmap_bytes))
		memcpy(b->bitmap.items + b->bitmap.count, bytes, record->bitmap_bytes);
	b->bitmap.count += record->bitmap_bytes;
	return PGO_OK;
}

/** True when a record that has counters only adds to a function of an earlier profile that is like it. */
static bool adds_up(const struct pgo_raw *r, const struct pgo_raw_name *name, const struct pgo_raw_record *record,
		    uint32_t count)
{
	if (!name->plain || name->merges != r->merges)
		return false;
	const struct pgo_function *f = &r->b->functions.items[name->function];
	return f->cfg_hash == record->cfg_hash && f->counter_count == count;
}

static int add_record(struct pgo_raw *r, const struct pgo_raw_record *record, uint32_t count)
{
	struct pgo_builder *b = r->b;
	int rc = PGO_OK;
	if (!pgo_builder_function_named(b, record->name_at, record->name_length, record->name_ref, record->cfg_hash))
		return pgo_raw_out_of_memory(r);
	b->counters.count += count;
	if (record->bitmap_bytes)
		rc = copy_bitmap(r, record);
	if (rc == PGO_OK && (record->sites[0] | record->sites[1] | record->sites[2]))
		rc = pgo_raw_read_values(r, record);
	if (rc == PGO_OK && pgo_builder_seal(b))
		rc = pgo_raw_out_of_memory(r);
	if (rc == PGO_OK)
		r->large += pgo_builder_last(b)->max > LARGEST_LIKELY;
	return rc;
}

static int read_record(struct pgo_raw *r, struct pgo_raw_record *record, struct pgo_raw_name *name)
{
	uint32_t taken = 0;
	int rc = check_counters(r, record);
	if (rc == PGO_OK)
		rc = check_bitmap(r, record);
	if (rc == PGO_OK && r->timed)
		rc = take_time(r, record, &taken);
	if (rc != PGO_OK)
		return rc;
	bool plain = !(record->bitmap_bytes | record->sites[0] | record->sites[1] | record->sites[2]);
	uint32_t count = record->counter_count - taken;
	uint64_t *counters = copy_counters(r, record, taken, count);
	if (!counters)
		return pgo_raw_out_of_memory(r);
	if (plain && adds_up(r, name, record, count)) {
		pgo_builder_add_counters(r->b, name->function, (const pgo_count *)counters);
		return PGO_OK;
	}
	r->duplicates |= name->referred;
	name->referred = true;
	name->plain = plain;
	name->merges = r->merges;
	name->function = r->b->functions.count;
	return add_record(r, record, count);
}

/**
 * Set a damaged record aside, where it is known how to go on: the next record follows, and its value data, if it has
 * any, tell their size.
 */
static int lose_record(struct pgo_raw *r, const struct pgo_raw_record *record, const struct pgo_builder_mark *mark,
		       size_t values)
{
	const char *name = r->b->names.items ? r->b->names.items + record->name_at : NULL;
	if (!r->b->may_quarantine)
		return PGO_EFORMAT;
	r->file.at = values;
	if ((record->sites[0] | record->sites[1] | record->sites[2]) && !pgo_raw_skip_values(r))
		return PGO_EFORMAT;
	return pgo_builder_quarantine(r->b, mark, name, record->name_length, r->err);
}

int pgo_raw_read_record(struct pgo_raw *r, uint64_t index)
{
	struct pgo_raw_record record = pgo_raw_decode(r, index);
	struct pgo_raw_name *name;
	int rc = pgo_raw_names_find(r, record.name_ref, &name);
	if (rc != PGO_OK)
		return rc;
	record.name_at = name->at;
	record.name_length = name->length;
	const struct pgo_builder_mark mark = pgo_builder_mark(r->b);
	const struct pgo_raw_name before = *name;
	size_t values = r->file.at, timestamps = r->timestamps.count;
	bool duplicates = r->duplicates;
	rc = read_record(r, &record, name);
	if (rc != PGO_EFORMAT || (rc = lose_record(r, &record, &mark, values)) != PGO_OK)
		return rc;
	*name = before;
	r->duplicates = duplicates;
	r->timestamps.count = timestamps;
	return PGO_OK;
}

/** The record at `at` if it only adds to the function its name was last read for, and where its counters are. */
static bool is_plain(const struct pgo_raw *r, const unsigned char *at, const struct pgo_raw_name *name,
		     uint64_t counters_at)
{
	const struct pgo_raw_layout *l = &r->layout;
	const struct pgo_function *f = &r->b->functions.items[name->function];
	uint16_t sites[PGO_VALUE_KINDS] = {0};
	uint32_t count, bitmap_bytes = 0;
	uint64_t section = r->counters.end - r->counters.at;
	memcpy(&count, at + l->counter_count, sizeof count);
	memcpy(sites, at + l->sites, sizeof sites[0] * l->kinds);
	if (l->bitmap)
		memcpy(&bitmap_bytes, at + l->bitmap_bytes, sizeof bitmap_bytes);
	return pgo_load64(at + 8) == f->cfg_hash && count == f->counter_count && count > 0 &&
	       !(sites[0] | sites[1] | sites[2] | bitmap_bytes) && counters_at % 8 == 0 && counters_at <= section &&
	       count <= (section - counters_at) / 8;
}

uint64_t pgo_raw_add_plain(struct pgo_raw *r, uint64_t first)
{
	struct pgo_raw_names *names = &r->names;
	const unsigned char *data = r->data.bytes + r->data.at;
	uint64_t i = first, count = r->header[PGO_RAW_DATA], size = r->layout.size;
	uint64_t section = (r->counters.end - r->counters.at) / 8;
	if (!r->wide || r->data.big_endian || r->bytes || r->timed || count > (r->data.end - r->data.at) / size)
		return i;
	names->next = (size_t)i;
	for (; i < count && names->next < names->names.count; i++, names->next++) {
		const unsigned char *at = data + i * size;
		const struct pgo_raw_name *name = &names->names.items[names->next];
		if (pgo_load64(at) != name->ref || !name->plain || name->merges != r->merges)
			break;
		uint64_t counters_at = pgo_load64(at + r->layout.counters) - r->header[PGO_RAW_COUNTERS_DELTA] +
				       (r->version >= 8 ? i * size : 0);
		if (!is_plain(r, at, name, counters_at))
			break;
		uint32_t added = r->b->functions.items[name->function].counter_count;
		if ((r->claimed_counters + added) / MAX_SHARING > section)
			break;
		r->claimed_counters += added;
		pgo_builder_add_counters(r->b, name->function,
					 (const pgo_count *)(r->counters.bytes + r->counters.at + counters_at));
	}
	return i;
}
