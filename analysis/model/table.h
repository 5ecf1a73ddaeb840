/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_TABLE_H
#define PGO_MODEL_TABLE_H

#include "analysis/base/cursor.h"
#include "analysis/model/in_place.h"

/*
 * The hash table of an indexed profile (grammar: analysis/formats/indexed.c), bucket by bucket: its size, for who
 * writes one, and its records, for who walks one or two side by side. Takes only what is plainly in order and says no
 * to all else: the reader then looks at it again, with a message for each thing that can be wrong.
 */

/** Records of one bucket this can hold. Tables are at most three quarters full: 16 keys in one bucket are one in 10^13.
 */
#define PGO_BUCKET_MOST 16

/** Buckets of a table of so many names. Source: LLVM's OnDiskChainedHashTableGenerator::Emit. */
static inline uint64_t pgo_table_buckets(uint64_t names)
{
	uint64_t buckets = 1;
	while (names > 2 && buckets < names * 4 / 3 + 1)
		buckets *= 2;
	return buckets;
}

/** A table is measured in so many ranges of buckets, independent of one another; fixed, since sums are added up in their
 * order. */
#define PGO_TABLE_RANGES 24

/** What a range went through of the payload. */
struct pgo_table_span {
	uint64_t keys;
	uint64_t start, end; /**< offsets; 0: nothing */
};

struct pgo_table_record {
	struct pgo_function f; /**< without sum and maximum */
	uint64_t place;	       /**< as in in_place.h */
	uint32_t sites;	       /**< value sites of all kinds */
};

struct pgo_table {
	const unsigned char *slots; /**< of the directory: mask + 1 u64 offsets, all within the input */
	struct pgo_cursor payload;  /**< ends where the directory starts */
	uint64_t mask;		    /**< buckets - 1 */
	uint64_t version;
	unsigned rest;	  /**< bytes of a record behind its counters when it has neither bitmap nor values */
	uint32_t context; /**< 1: bit 60 of a hash marks a context-sensitive record */
};

static inline struct pgo_table pgo_table_of(const struct pgo_profile *p)
{
	return (struct pgo_table){.slots = (const unsigned char *)p->input + p->table_directory + 16,
				  .payload = pgo_cursor(p->input, p->table_directory),
				  .mask = p->hash_mask,
				  .version = p->version,
				  .rest = p->version >= 11  ? 16
					  : p->version >= 3 ? 8
							    : 0,
				  .context = (p->flags & PGO_PROFILE_IR) != 0};
}

/** Offset of a bucket, 0: empty. */
static inline uint64_t pgo_table_slot(const struct pgo_table *t, uint64_t bucket)
{
	return pgo_load64(t->slots + (bucket & t->mask) * 8);
}

/** The buckets of range `index` of `ranges`: from *first on, before *last. */
static inline void pgo_table_range(const struct pgo_table *t, size_t index, size_t ranges, uint64_t *first,
				   uint64_t *last)
{
	uint64_t buckets = t->mask + 1, each = buckets / ranges;
	*first = each * index;
	*last = index + 1 == ranges ? buckets : *first + each;
}

/**
 * Are all ranges in order, one right behind the other from the first byte of the payload to its end? Then no bucket
 * overlaps another.
 * @param spans  the first of `ranges`, `stride` bytes apart
 */
bool pgo_table_covered(const struct pgo_profile *p, const struct pgo_table_span *spans, size_t ranges, size_t stride);

/** What follows the counters, where it is not plainly empty. */
bool pgo_table_rest(uint64_t version, struct pgo_cursor *data, uint32_t *sites);

/** No bitmap bytes (version 11), then the empty value block: size 8, no kinds. */
static inline bool pgo_table_no_rest(const struct pgo_table *t, struct pgo_cursor *data)
{
	const unsigned char *rest;
	struct pgo_cursor c = {.bytes = data->bytes, .at = data->at, .end = data->end};
	if (!pgo_cursor_bytes(&c, &rest, t->rest) || (t->rest == 16 && pgo_load64(rest) != 0) ||
	    (t->rest && pgo_load64(rest + t->rest - 8) != 8))
		return false;
	data->at = c.at;
	return true;
}

static inline bool pgo_table_record(const struct pgo_table *t, struct pgo_cursor *data, uint64_t key,
				    struct pgo_table_record *out)
{
	uint64_t record = data->at;
	const unsigned char *head, *counters;
	if (!pgo_cursor_bytes(data, &head, 16))
		return false;
	uint64_t hash = pgo_load64(head), count = pgo_load64(head + 8);
	if (count - 1 >= pgo_cursor_left(data) / 8 || !pgo_cursor_bytes(data, &counters, count * 8))
		return false;
	out->f.cfg_hash = hash;
	out->f.counters = (const pgo_count *)counters;
	out->f.counter_count = (uint32_t)count;
	out->f.flags = 0;
	out->place = key << PGO_PLACE_BITS | (record - key);
	out->sites = 0;
	if ((hash >> 60 & t->context) || key > PGO_PLACE_KEY_MOST || record - key + count > PGO_PLACE_MOST)
		return false;
	return pgo_table_no_rest(t, data) || pgo_table_rest(t->version, data, &out->sites);
}

/** An item that both tables have at their place, alike but for its counters: one record without bitmap and values. */
struct pgo_table_pair {
	uint64_t name_ref;
	const unsigned char *counters[2];
	uint32_t count;
	uint64_t place[2];
};

/**
 * The items at two places of two tables, which are moved behind them when these are alike. Key, name, CFG hash and
 * number of counters are compared as they lie there, at once.
 */
static inline bool pgo_table_alike(const struct pgo_table tables[2], uint64_t bucket, size_t *at_a, size_t *at_b,
				   struct pgo_table_pair *out)
{
	const struct pgo_cursor *a = &tables[0].payload, *b = &tables[1].payload;
	const unsigned char *head_a = a->bytes + *at_a, *head_b = b->bytes + *at_b;
	size_t left = a->end - *at_a, left_b = b->end - *at_b, fixed = 16 + tables[0].rest;
	left = left < left_b ? left : left_b;
	if (left < 24)
		return false;
	uint64_t hash = pgo_load64(head_a), key_length = pgo_load64(head_a + 8), data_length = pgo_load64(head_a + 16);
	if (data_length <= fixed || data_length % 8 || (key_length | data_length) > PGO_PLACE_MOST / 2 ||
	    left - 24 < key_length + data_length || memcmp(head_a, head_b, 24 + key_length + 16) != 0)
		return false;
	size_t head = 24 + key_length, size = data_length - fixed, whole = head + data_length;
	const unsigned char *record = head_a + head, *end_a = head_a + whole, *end_b = head_b + whole;
	if ((hash & tables[0].mask) != bucket || pgo_load64(record + 8) != size / 8 ||
	    (pgo_load64(record) >> 60 & tables[0].context) || (*at_a | *at_b) > PGO_PLACE_KEY_MOST)
		return false;
	/* no bitmap bytes (version 11), then the empty value block: size 8, no kinds */
	if (fixed > 16 && ((pgo_load64(end_a - 8) ^ 8) | (pgo_load64(end_b - 8) ^ 8)))
		return false;
	if (fixed == 32 && (pgo_load64(end_a - 16) | pgo_load64(end_b - 16)))
		return false;
	out->name_ref = hash;
	out->count = (uint32_t)(size / 8);
	out->counters[0] = record + 16;
	out->counters[1] = head_b + head + 16;
	out->place[0] = (uint64_t)*at_a << PGO_PLACE_BITS | head;
	out->place[1] = (uint64_t)*at_b << PGO_PLACE_BITS | head;
	*at_a += whole;
	*at_b += whole;
	return true;
}

#define PGO_BUCKET_BAD (~0u)

/**
 * All records of the next `items` items of a bucket, no two of one name and hash; the cursor is left behind them.
 * @return how many, or PGO_BUCKET_BAD when not all is plainly in order.
 */
static inline unsigned pgo_table_items(const struct pgo_table *t, uint64_t bucket, struct pgo_cursor *at,
				       unsigned items, struct pgo_table_record out[PGO_BUCKET_MOST])
{
	struct pgo_cursor c = {.bytes = at->bytes, .at = at->at, .end = at->end};
	unsigned count = 0;
	for (; items > 0; items--) {
		uint64_t key = c.at;
		const unsigned char *head, *name;
		if (!pgo_cursor_bytes(&c, &head, 24))
			return PGO_BUCKET_BAD;
		uint64_t hash = pgo_load64(head), key_length = pgo_load64(head + 8);
		uint64_t data_length = pgo_load64(head + 16);
		if (!pgo_cursor_bytes(&c, &name, key_length) || data_length == 0 || data_length % 8 ||
		    !pgo_cursor_has(&c, data_length) || (hash & t->mask) != bucket)
			return PGO_BUCKET_BAD;
		struct pgo_cursor data = {.bytes = c.bytes, .at = c.at, .end = c.at + (size_t)data_length};
		c.at = data.end;
		do {
			if (count == PGO_BUCKET_MOST)
				return PGO_BUCKET_BAD;
			struct pgo_table_record *r = &out[count];
			r->f.name = (const char *)name;
			r->f.name_length = (uint32_t)key_length; /* fits: its place does */
			r->f.name_ref = hash;
			if (!pgo_table_record(t, &data, key, r))
				return PGO_BUCKET_BAD;
			for (unsigned k = 0; k < count; k++)
				if (out[k].f.name_ref == hash && out[k].f.cfg_hash == r->f.cfg_hash)
					return PGO_BUCKET_BAD;
			count++;
		} while (data.at < data.end);
	}
	at->at = c.at;
	return count;
}

#endif
