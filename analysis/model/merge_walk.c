/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model/merge_walk.h"

#include "analysis/base/threads.h"

/* What a range is gone through with. */
struct looking {
	struct pgo_merge_range *range;
	const struct pgo_merge *sum;
	const struct pgo_profile *profile;
	struct pgo_table table;
	uint32_t next;			/**< record of the sum that probably comes next */
	uint64_t seen[PGO_BUCKET_MOST]; /**< names of the bucket */
	unsigned seen_count;
};

/** The record `f` adds to: programs have theirs in one order, so try the one behind the last. */
static inline const struct pgo_sum_record *pair_of(struct looking *l, const struct pgo_function *f)
{
	const struct pgo_sum_record *records = l->sum->records.items, *r = NULL;
	if (l->next < l->sum->records.count && pgo_merge_same(l->sum, &records[l->next], f))
		r = &records[l->next];
	else
		r = pgo_merge_find(l->sum, f);
	if (r)
		l->next = (uint32_t)(r - records) + 1;
	return r;
}

/** True when a name has not come before in its bucket. */
static inline bool is_new(struct looking *l, uint64_t name_ref)
{
	for (unsigned i = 0; i < l->seen_count; i++)
		if (l->seen[i] == name_ref)
			return false;
	if (l->seen_count == PGO_BUCKET_MOST)
		return false;
	l->seen[l->seen_count++] = name_ref;
	return true;
}

/** A key with its records. False: not plainly in order. */
static inline bool look_at_key(struct looking *l, uint64_t bucket, struct pgo_cursor *c)
{
	struct pgo_table_record records[PGO_BUCKET_MOST];
	struct pgo_merge_range *range = l->range;
	uint64_t start = c->at;
	unsigned count = pgo_table_items(&l->table, bucket, c, 1, records);
	if (count == PGO_BUCKET_BAD || !is_new(l, records[0].f.name_ref))
		return false;
	for (unsigned i = 0; i < count; i++) {
		const struct pgo_function *f = &records[i].f;
		if (l->profile->pseudo_counts && f->counters[0] >= PGO_COUNTER_PSEUDO)
			return false;
		range->counters += f->counter_count;
		for (uint32_t k = 0; k < f->counter_count; k++)
			range->total += f->counters[k];
	}
	const struct pgo_function *f = &records[0].f;
	/* one record, and behind its counters only what is there without values and bitmap */
	bool plain = count == 1 && c->at - start == 24 + (uint64_t)f->name_length + 16 +
							    8 * (uint64_t)f->counter_count + l->table.rest;
	const struct pgo_sum_record *r = plain ? pair_of(l, f) : NULL;
	if (!r) {
		range->failed |= pgo_vec_push(&range->left, ((struct pgo_merge_left){bucket, start})) != 0;
		return !range->failed;
	}
	struct pgo_merge_pair pair = {.counters = (const unsigned char *)f->counters,
				      .record = (uint32_t)(r - l->sum->records.items),
				      .count = f->counter_count};
	range->failed |= pgo_vec_push(&range->pairs, pair) != 0;
	return !range->failed;
}

static bool look_at_bucket(struct looking *l, uint64_t bucket, uint64_t offset)
{
	struct pgo_table_span *span = &l->range->span;
	struct pgo_cursor c = {.bytes = l->table.payload.bytes, .end = l->table.payload.end};
	uint16_t items;
	if (span->end == 0)
		span->start = span->end = offset;
	/* buckets lie one behind the other */
	if (span->end != offset || !pgo_cursor_seek(&c, offset) || !pgo_cursor_u16(&c, &items) || items == 0)
		return false;
	span->keys += items;
	l->seen_count = 0;
	for (unsigned i = 0; i < items; i++)
		if (!look_at_key(l, bucket, &c))
			return false;
	span->end = c.at;
	return true;
}

static void look_at_range(void *context, size_t index)
{
	struct pgo_merge_walk *walk = context;
	struct looking l = {.range = &walk->ranges[index],
			    .sum = walk->sum,
			    .profile = walk->profile,
			    .table = pgo_table_of(walk->profile)};
	struct pgo_merge_range *range = l.range;
	uint64_t first, last;
	pgo_table_range(&l.table, index, &first, &last);
	range->pairs.count = range->left.count = 0;
	range->span = (struct pgo_table_span){0};
	range->counters = range->total = 0;
	range->bad = range->failed = false;
	for (uint64_t b = first; b < last && !range->bad; b++) {
		uint64_t offset = pgo_table_slot(&l.table, b);
		range->bad = offset != 0 && !look_at_bucket(&l, b, offset);
	}
}

/** All of the payload, and as much as the file says? */
static bool in_order(const struct pgo_merge_walk *walk)
{
	const struct pgo_profile *p = walk->profile;
	uint64_t counters = 0, total = 0;
	for (size_t i = 0; i < PGO_TABLE_RANGES; i++) {
		if (walk->ranges[i].bad)
			return false;
		counters += walk->ranges[i].counters;
		total += walk->ranges[i].total;
	}
	if (!pgo_table_covered(p, &walk->ranges[0].span, sizeof walk->ranges[0]))
		return false;
	return !p->stored || !(p->flags & PGO_PROFILE_IR) ||
	       (p->stored->counter_count == counters && (uint64_t)p->stored->total == total);
}

int pgo_merge_walk_look(struct pgo_merge_walk *walk, const struct pgo_merge *sum, const struct pgo_profile *p)
{
	if (!p->settle || !p->hash_mask || !p->input || (p->flags & PGO_PROFILE_CSIR) || !pgo_merge_walkable(sum, p))
		return PGO_EOF;
	walk->sum = sum;
	walk->profile = p;
	pgo_parallel(look_at_range, walk, PGO_TABLE_RANGES, pgo_processors());
	for (size_t i = 0; i < PGO_TABLE_RANGES; i++)
		if (walk->ranges[i].failed)
			return PGO_ENOMEM;
	return in_order(walk) ? PGO_OK : PGO_EOF;
}

struct adding {
	const struct pgo_merge_walk *walk;
	struct pgo_merge *sum;
	const struct pgo_merge_weight *weight;
};

/* Each record is in one pair: no two ranges have a name in common. */
static void add_range(void *context, size_t index)
{
	const struct adding *a = context;
	const struct pgo_merge_range *range = &a->walk->ranges[index];
	for (size_t i = 0; i < range->pairs.count; i++) {
		const struct pgo_merge_pair *p = &range->pairs.items[i];
		struct pgo_sum_record *r = &a->sum->records.items[p->record];
		pgo_sum_add_counters(a->sum->counters.items + r->first_counter, (const pgo_count *)p->counters,
				     p->count, a->weight);
		r->seen += r->seen < UINT32_MAX;
	}
}

void pgo_merge_walk_add(struct pgo_merge_walk *walk, struct pgo_merge *sum, const struct pgo_merge_weight *weight)
{
	static const struct pgo_merge_weight once = {.times = 1};
	struct adding a = {.walk = walk, .sum = sum, .weight = weight ? weight : &once};
	pgo_parallel(add_range, &a, PGO_TABLE_RANGES, pgo_processors());
}

void pgo_merge_walk_release(struct pgo_merge_walk *walk)
{
	for (size_t i = 0; i < PGO_TABLE_RANGES; i++) {
		pgo_vec_release(&walk->ranges[i].pairs);
		pgo_vec_release(&walk->ranges[i].left);
	}
}
