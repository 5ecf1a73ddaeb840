/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The innermost loop of the walk, compiled once for each instruction set: KERNEL(name) names it. No include guard. */
#include "analysis/metrics/lanes.h"
#include "analysis/metrics/walk_read.h"

#define AHEAD 1024 /* bytes: some records, whose memory is asked for before it is read */

bool KERNEL(pgo_walk_slots)(struct pgo_walk_reading *r, uint64_t first, unsigned count);

/* A pair of records that are alike but for their counters. */
static inline bool measure_alike(struct pgo_walk_reading *r, const struct pgo_table_pair *pair)
{
	const struct pgo_measure *m = &r->walk->w->measure;
	struct pgo_batch *batch = r->batch;
	struct pgo_waiting *w = batch->waiting;
	if (!pgo_waiting_room(batch, m, pair->count))
		return false;
	const pgo_count *counters[2] = {(const pgo_count *)pair->counters[0], (const pgo_count *)pair->counters[1]};
	for (unsigned s = 0; s < 2; s++) {
		__builtin_prefetch((const char *)counters[s] + AHEAD);
		__builtin_prefetch((const char *)counters[s] + AHEAD + 64);
	}
	uint32_t here = w->counters;
	struct pgo_kernel_pair sums =
		pair_of(counters[0], counters[1], pair->count, w->x + here, w->y + here, w->of + here, w->rows);
	uint32_t index = r->alike++;
	r->alike_counters += pair->count;
	if (sums.used == 0 && pgo_idle_row(batch, PGO_JOIN_MATCHED))
		return true;
	for (unsigned s = 0; s < 2; s++)
		if (!pgo_table_tally_note(&r->range->tally[s], counters[s], pair->count, sums.sum[s], sums.max[s]))
			return false;
	if (!sums.max[0] || !sums.max[1]) {
		pgo_walk_odd(r, pair, &sums, index);
		return true;
	}
	struct pgo_waiting_row *row = &w->row[w->rows];
	for (unsigned s = 0; s < 2; s++) {
		row->ref[s] = pair->place[s];
		row->index[s] = batch->records[s] + index;
		row->counters[s] = counters[s];
	}
	row->order = batch->order++;
	row->count = pair->count;
	row->join = PGO_JOIN_MATCHED;
	row->sites_differ = false;
	pgo_waiting_enter(w, &sums, (double)sums.sum[0], (double)sums.sum[1]);
	return true;
}

/* Number of items of a side's part of a bucket, and where the first of them is. False: not where it should be. */
static inline bool start_side(struct pgo_walk_reading *r, unsigned s, uint64_t offset, size_t *at, uint16_t *items)
{
	const struct pgo_cursor *payload = &r->walk->table[s].payload;
	struct pgo_cursor c = {.bytes = payload->bytes, .end = payload->end};
	*at = *items = 0;
	if (offset == 0)
		return true;
	if (r->at[s] == 0)
		r->at[s] = r->range->span[s].start = offset;
	if (r->at[s] != offset || !pgo_cursor_seek(&c, offset) || !pgo_cursor_u16(&c, items) || *items == 0)
		return false;
	r->range->span[s].keys += *items;
	*at = c.at;
	return true;
}

/* One bucket of both sides: pairs as long as they are alike, then what is left. False: not plainly in order. */
static inline bool read_bucket(struct pgo_walk_reading *r, const struct pgo_table tables[2], uint64_t bucket)
{
	uint16_t items_a, items_b;
	size_t a, b;
	if (!start_side(r, 0, pgo_table_slot(&tables[0], bucket), &a, &items_a) ||
	    !start_side(r, 1, pgo_table_slot(&tables[1], bucket), &b, &items_b))
		return false;
	r->seen_count = 0;
	for (struct pgo_table_pair pair; items_a && items_b && pgo_table_alike(tables, bucket, &a, &b, &pair);) {
		if (pgo_walk_seen(r, pair.name_ref) || r->seen_count == PGO_BUCKET_MOST || !measure_alike(r, &pair))
			return false;
		r->seen[r->seen_count++] = pair.name_ref;
		items_a--;
		items_b--;
	}
	if (items_a | items_b) {
		size_t at[2] = {a, b};
		if (!pgo_walk_rest(r, bucket, at, (const uint16_t[2]){items_a, items_b}))
			return false;
		a = at[0];
		b = at[1];
	}
	r->at[0] = a ? a : r->at[0];
	r->at[1] = b ? b : r->at[1];
	return true;
}

/* Buckets from `first` on. Whether one is empty cannot be predicted, so these are weeded out without a branch. */
bool KERNEL(pgo_walk_slots)(struct pgo_walk_reading *r, uint64_t first, unsigned count)
{
	const struct pgo_table *tables = r->walk->table;
	const unsigned char *slots[2] = {tables[0].slots + first * 8, tables[1].slots + first * 8};
	/* numbers of the lanes whose bit is set, the lowest first, a byte each */
	static const uint32_t lanes[16] = {0,	   0,	  1,	 0x100,	  2,	 0x200,	  0x201,   0x20100,
					   3,	   0x300, 0x301, 0x30100, 0x302, 0x30200, 0x30201, 0x3020100};
	unsigned char bucket[PGO_WALK_SLOTS + PGO_LANES];
	unsigned filled = 0;
	for (unsigned i = 0; i < count; i += PGO_LANES) {
		v4u a, b;
		LOAD_SOME(a, slots[0] + i * 8, (int64_t)count - i);
		LOAD_SOME(b, slots[1] + i * 8, (int64_t)count - i);
		unsigned bits = BITS((v4i)((a | b) != 0));
		uint32_t found = lanes[bits] + i * 0x1010101;
		memcpy(bucket + filled, &found, sizeof found);
		filled += (unsigned)__builtin_popcount(bits);
	}
	for (unsigned i = 0; i < filled; i++)
		if (!read_bucket(r, tables, first + bucket[i]))
			return false;
	return true;
}
