/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The hash table of an indexed profile: buckets, keys, records. The grammar stands in indexed.c. */
#include <inttypes.h>

#include "analysis/base/digest.h"
#include "analysis/formats/indexed.h"

/** Longest part of a name that goes into a message. */
#define NAME_SHOWN 160

static int out_of_memory(struct pgo_indexed *r)
{
	return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
}

static int name_shown(uint32_t length)
{
	return length > NAME_SHOWN ? NAME_SHOWN : (int)length;
}

static int damaged(struct pgo_indexed *r, const struct pgo_function *f, uint64_t offset, const char *field,
		   uint64_t value, size_t left)
{
	return pgo_error_at(r->err, PGO_EFORMAT, offset,
			    "function '%.*s': %" PRIu64 " %s do not fit into the %zu bytes left",
			    name_shown(f->name_length), f->name, value, field, left);
}

static int read_bitmap(struct pgo_indexed *r, struct pgo_cursor *data, const struct pgo_function *f)
{
	struct pgo_builder *b = r->b;
	size_t start = data->at;
	uint64_t count;
	if (!pgo_cursor_u64(data, &count))
		return pgo_error_at(r->err, PGO_EFORMAT, start, "function '%.*s': number of bitmap bytes is cut off",
				    name_shown(f->name_length), f->name);
	if (count == 0)
		return PGO_OK;
	/* each byte is stored as a u64 */
	if (count > pgo_cursor_left(data) / 8)
		return damaged(r, f, start, "bitmap bytes", count, pgo_cursor_left(data));
	if (pgo_vec_reserve(&b->bitmap, (size_t)count))
		return out_of_memory(r);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t byte = 0;
		size_t at = data->at;
		pgo_cursor_u64(data, &byte);
		if (byte > 0xff)
			return pgo_error_at(r->err, PGO_EFORMAT, at, "bitmap byte %" PRIu64 " is larger than 255",
					    byte);
		b->bitmap.items[b->bitmap.count++] = (uint8_t)byte;
	}
	return PGO_OK;
}

/** Value data, nearly always the empty block 08 00 00 00 00 00 00 00. */
static int read_values(struct pgo_indexed *r, struct pgo_cursor *data)
{
	static const unsigned char empty[8] = {8};
	if (pgo_cursor_left(data) >= 8 && memcmp(data->bytes + data->at, empty, 8) == 0) {
		data->at += 8;
		return PGO_OK;
	}
	return pgo_value_data_read(r->b, data, r->err);
}

/** Version 1 has no number of counters: its records, one a key, are copied. */
static int copy_record(struct pgo_indexed *r, const struct pgo_function *f)
{
	struct pgo_builder *b = r->b;
	if (!pgo_builder_function(b, f->name, f->name_length, f->name_ref, f->cfg_hash) ||
	    pgo_vec_reserve(&b->counters, f->counter_count))
		return -1;
	for (uint32_t i = 0; i < f->counter_count; i++)
		b->counters.items[b->counters.count++] = f->counters[i];
	return pgo_builder_seal(b);
}

/** One record of the key in `f`; `data` ends where the data of the key ends. Names and counters stay in place. */
static int read_record(struct pgo_indexed *r, struct pgo_cursor *data, size_t key, struct pgo_function f)
{
	struct pgo_builder *b = r->b;
	uint64_t sites = b->sites.count, bitmap = b->bitmap.count;
	size_t start = data->at;
	uint64_t count = 0;
	bool complete = pgo_cursor_u64(data, &f.cfg_hash);
	if (r->version == 1)
		count = pgo_cursor_left(data) / 8;
	else
		complete = complete && pgo_cursor_u64(data, &count);
	if (!complete)
		return pgo_error_at(r->err, PGO_EFORMAT, start, "function '%.*s': record is cut off",
				    name_shown(f.name_length), f.name);
	const unsigned char *counters;
	if (count > pgo_cursor_left(data) / 8 || count > UINT32_MAX || !pgo_cursor_bytes(data, &counters, count * 8))
		return damaged(r, &f, start + 8, "counters", count, pgo_cursor_left(data));
	f.counters = (const pgo_count *)counters;
	f.counter_count = (uint32_t)count;
	if (!b->in_place) {
		r->empty_records += count == 0;
		return copy_record(r, &f) ? out_of_memory(r) : PGO_OK;
	}
	if (!pgo_place_fits(key, start))
		return pgo_error_at(r->err, PGO_EUNSUPPORTED, start,
				    "function '%.*s': its records take more than %u bytes, or lie beyond 1 TiB",
				    name_shown(f.name_length), f.name, PGO_PLACE_MOST);
	pgo_add_up(&f);
	f.flags = pgo_context_flag(b->flags, f.cfg_hash) | pgo_limit_flags(b->pseudo_counts, f.max, f.counters);
	int rc = PGO_OK;
	if (r->version >= 11)
		rc = read_bitmap(r, data, &f);
	if (rc == PGO_OK && r->version >= 3)
		rc = read_values(r, data);
	if (rc == PGO_OK && (b->sites.count != sites || b->bitmap.count != bitmap) &&
	    pgo_builder_extra(b, sites, bitmap))
		rc = out_of_memory(r);
	if (rc == PGO_OK && pgo_builder_in_place(b, &f, key, start))
		rc = out_of_memory(r);
	r->empty_records += rc == PGO_OK && count == 0;
	return rc;
}

/** The frame of one key: the cursor is left at its data, which `data` holds. */
static int read_key(struct pgo_indexed *r, struct pgo_cursor *c, struct pgo_function *f, struct pgo_cursor *data)
{
	size_t start = c->at;
	uint64_t hash, key_length, data_length;
	if (!pgo_cursor_u64(c, &hash) || !pgo_cursor_u64(c, &key_length) || !pgo_cursor_u64(c, &data_length))
		return pgo_error_at(r->err, PGO_EFORMAT, start, "hash table item is cut off by the end of the table");
	if (key_length > pgo_cursor_left(c) || key_length > UINT32_MAX)
		return pgo_error_at(r->err, PGO_EFORMAT, start + 8,
				    "function name of %" PRIu64
				    " bytes does not fit into the %zu bytes left in the hash table",
				    key_length, pgo_cursor_left(c));
	const unsigned char *key = NULL; /* there is that much left */
	pgo_cursor_bytes(c, &key, key_length);
	*f = (struct pgo_function){.name = (const char *)key, .name_length = (uint32_t)key_length, .name_ref = hash};
	if (data_length > pgo_cursor_left(c))
		return pgo_error_at(r->err, PGO_EFORMAT, start + 16,
				    "function '%.*s': data of %" PRIu64
				    " bytes does not fit into the %zu bytes left in the hash table",
				    name_shown(f->name_length), f->name, data_length, pgo_cursor_left(c));
	if (data_length % 8 || data_length == 0)
		return pgo_error_at(r->err, PGO_EFORMAT, start + 16,
				    "function '%.*s': data of %" PRIu64 " bytes is not a whole number of 8-byte words",
				    name_shown(f->name_length), f->name, data_length);
	*data = *c;
	data->end = c->at + (size_t)data_length;
	return PGO_OK;
}

/** The records of a key. Where one is damaged, where the next starts is not known: what is left of the key is lost. */
static int read_data(struct pgo_indexed *r, struct pgo_cursor *data, size_t key, const struct pgo_function *f)
{
	while (data->at < data->end) {
		const struct pgo_builder_mark mark = pgo_builder_mark(r->b);
		int rc = read_record(r, data, key, *f);
		if (rc == PGO_EFORMAT &&
		    (rc = pgo_builder_quarantine(r->b, &mark, f->name, f->name_length, r->err)) == PGO_OK)
			data->at = data->end;
		if (rc != PGO_OK)
			return rc;
	}
	return PGO_OK;
}

/**
 * One key of bucket `bucket` with all its records.
 * @param[out] framed  it is known where the key ends: the cursor stands there
 */
static int read_item(struct pgo_indexed *r, struct pgo_cursor *c, uint64_t bucket, bool *framed)
{
	size_t start = c->at, first = pgo_builder_count(r->b);
	struct pgo_function f;
	struct pgo_cursor data;
	int rc = read_key(r, c, &f, &data);
	*framed = rc == PGO_OK;
	if (rc == PGO_OK)
		rc = read_data(r, &data, start, &f);
	if (rc != PGO_OK)
		return rc;
	c->at = data.end;
	bool misplaced =
		(f.name_ref & (r->bucket_count - 1)) != bucket ||
		(r->key_count <= PGO_INDEXED_CHECKED_KEYS && pgo_name_ref(f.name, f.name_length) != f.name_ref);
	if (misplaced && pgo_builder_count(r->b) > first && r->misplaced_keys++ == 0)
		r->first_misplaced = first;
	return PGO_OK;
}

static int compare_records(const void *pa, const void *pb)
{
	const struct pgo_function *a = pa, *b = pb;
	if (a->cfg_hash != b->cfg_hash)
		return a->cfg_hash < b->cfg_hash ? -1 : 1;
	return pgo_function_compare_names(a, b);
}

static int refuse_duplicate(struct pgo_indexed *r, const struct pgo_function *f, uint64_t offset)
{
	return pgo_error_at(r->err, PGO_EFORMAT, offset, "function '%.*s' with hash 0x%" PRIx64 " is stored twice",
			    name_shown(f->name_length), f->name, f->cfg_hash);
}

/** No two of the records from `first` on may share name and hash. A bucket has one or two: no heap for so few. */
static int check_duplicates(struct pgo_indexed *r, size_t first, uint64_t offset)
{
	enum { FEW = 8 };
	struct pgo_function few[FEW], *sorted = few;
	size_t count = pgo_builder_count(r->b) - first;
	if (count > FEW && !(sorted = malloc(count * sizeof *sorted)))
		return out_of_memory(r);
	for (size_t i = 0; i < count; i++)
		sorted[i] = pgo_builder_head(r->b, first + i);
	int rc = PGO_OK;
	if (count > FEW)
		qsort(sorted, count, sizeof *sorted, compare_records);
	for (size_t i = 1; i < count && rc == PGO_OK; i++)
		for (size_t j = count > FEW ? i - 1 : 0; j < i && rc == PGO_OK; j++)
			if (sorted[i].name_ref == sorted[j].name_ref && compare_records(&sorted[i], &sorted[j]) == 0)
				rc = refuse_duplicate(r, &sorted[i], offset);
	if (sorted != few)
		free(sorted);
	return rc;
}

/**
 * It is not known where a key ends, nor where the next ones of its bucket are: they are lost, as many as there may be.
 * @param room  bytes from the key on
 */
static int lose_bucket(struct pgo_indexed *r, unsigned items, size_t room)
{
	uint64_t most = room / 24 + 1;
	int rc = pgo_builder_quarantine(r->b, NULL, NULL, 0, r->err);
	if (rc == PGO_OK)
		pgo_builder_quarantine_more(r->b, (items < most ? items : most) - 1);
	return rc;
}

/** One bucket. *used grows by its bytes, which all buckets together may not take more of than the payload has. */
static int read_bucket(struct pgo_indexed *r, uint64_t bucket, uint64_t offset, uint64_t *keys, uint64_t *used)
{
	struct pgo_cursor c = r->file;
	c.end = (size_t)r->directory;
	uint16_t items;
	uint64_t slot = r->directory + 16 + bucket * 8;
	if (offset < r->payload || !pgo_cursor_seek(&c, offset) || !pgo_cursor_u16(&c, &items))
		return pgo_error_at(r->err, PGO_EFORMAT, slot,
				    "offset %" PRIu64 " of hash bucket %" PRIu64
				    " lies outside the table from %zu to %" PRIu64,
				    offset, bucket, r->payload, r->directory);
	if (items == 0)
		return pgo_error_at(r->err, PGO_EFORMAT, offset, "hash bucket %" PRIu64 " has no items", bucket);
	size_t first = pgo_builder_count(r->b);
	for (unsigned i = 0; i < items; i++) {
		bool framed;
		size_t room = pgo_cursor_left(&c);
		int rc = read_item(r, &c, bucket, &framed);
		/* each bucket has a place of its own: the next one is read whatever is in this */
		if (rc == PGO_EFORMAT && !framed && (rc = lose_bucket(r, items - i, room)) == PGO_OK)
			break;
		if (rc != PGO_OK)
			return rc;
	}
	*keys += items;
	*used += c.at - offset;
	if (*used > r->directory - r->payload)
		return pgo_error_at(r->err, PGO_EFORMAT, slot, "hash bucket %" PRIu64 " overlaps another one", bucket);
	return pgo_builder_count(r->b) - first > 1 ? check_duplicates(r, first, offset) : PGO_OK;
}

static int finish_table(struct pgo_indexed *r)
{
	struct pgo_builder *b = r->b;
	int failed = 0;
	if (r->misplaced_keys) {
		struct pgo_function f = pgo_builder_head(b, r->first_misplaced);
		failed |= pgo_builder_warn(
			b, "%" PRIu64 " function%s stored under a wrong hash, so compilers will not find %s: '%.*s'%s",
			r->misplaced_keys, r->misplaced_keys == 1 ? " is" : "s are",
			r->misplaced_keys == 1 ? "it" : "them", name_shown(f.name_length), f.name,
			r->misplaced_keys == 1 ? "" : " first");
		int rc = check_duplicates(r, 0, r->payload);
		if (rc != PGO_OK)
			return rc;
	}
	if (r->empty_records)
		failed |= pgo_builder_warn(b, "%" PRIu64 " record%s no counters", r->empty_records,
					   r->empty_records == 1 ? " has" : "s have");
	return failed ? out_of_memory(r) : PGO_OK;
}

int pgo_indexed_read_table(struct pgo_indexed *r)
{
	if (r->version > 1 && pgo_builder_start_in_place(r->b, r->file.bytes, (size_t)r->key_count))
		return out_of_memory(r);
	uint64_t keys = 0, used = 0;
	for (uint64_t i = 0; i < r->bucket_count; i++) {
		uint64_t offset = 0;
		pgo_cursor_u64(&r->file, &offset);
		int rc = offset ? read_bucket(r, i, offset, &keys, &used) : PGO_OK;
		if (rc != PGO_OK)
			return rc;
	}
	r->b->hash_mask = r->misplaced_keys ? 0 : r->bucket_count - 1;
	if (keys != r->key_count)
		return pgo_error_at(r->err, PGO_EFORMAT, r->directory + 8,
				    "hash table says it holds %" PRIu64 " functions, its buckets hold %" PRIu64,
				    r->key_count, keys);
	return finish_table(r);
}

int pgo_indexed_read_keys(struct pgo_builder *b, const struct pgo_merge_part *part, const unsigned char *copies,
			  size_t length, struct pgo_error *err)
{
	const struct pgo_profile *p = part->profile;
	struct pgo_indexed r = {.file = pgo_cursor(copies, length),
				.b = b,
				.err = err,
				.version = (uint32_t)p->version,
				.bucket_count = p->hash_mask + 1,
				.key_count = p->table_keys};
	b->flags = p->flags;
	b->version = p->version;
	b->kind = p->kind;
	b->pseudo_counts = p->pseudo_counts;
	if (pgo_builder_start_in_place(b, copies, 0))
		return out_of_memory(&r);
	for (size_t i = 0; i < PGO_MERGE_RANGES; i++)
		for (size_t k = 0; k < part->ranges[i].left.count; k++) {
			size_t first = pgo_builder_count(b), start = r.file.at;
			bool framed;
			int rc = read_item(&r, &r.file, part->ranges[i].left.items[k], &framed);
			if (rc == PGO_OK && pgo_builder_count(b) - first > 1)
				rc = check_duplicates(&r, first, start);
			if (rc != PGO_OK)
				return rc;
		}
	return PGO_OK;
}
