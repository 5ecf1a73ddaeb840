/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/walk_read.h"

/*
 * Two large indexed files list their functions in the order of the same low bits of the name's MD5. So both tables are
 * read side by side, bucket by bucket, once: each record is checked, tallied for the summary, joined within its bucket
 * and measured while it is in the cache. Ranges of buckets are independent of one another.
 *
 * To measure, one has to know the total and the thresholds, which are known for certain only at the end. The file says
 * what they are; where that turns out to be wrong, the walk is done again with the right ones. Where anything in a
 * table is not plainly in order, the walk gives up, and the profiles are read the long way, which can say what it is.
 */

static void cut(struct pgo_walk_reading *r, unsigned s)
{
	for (unsigned i = r->waiting[s]; i % PGO_LANES; i++)
		r->counters[s][i] = 0;
	pgo_kernel_cut(&r->range->tally[s].cuts, r->counters[s], r->waiting[s], UINT64_MAX);
	r->waiting[s] = 0;
}

/* Counters of a record that is not measured together with one of the other side. */
static void cut_alone(struct pgo_walk_reading *r, unsigned s, const struct pgo_function *f)
{
	for (uint32_t i = 0; f->sum && i < f->counter_count; i++) {
		if (r->waiting[s] == PGO_CUT_COUNTERS)
			cut(r, s);
		r->counters[s][r->waiting[s]++] = f->counters[i];
	}
}

/* Sum and maximum of a record, and its share of the summary. */
static bool add_up(struct pgo_table_tally *t, struct pgo_function *f)
{
	f->sum = f->max = 0;
	for (uint32_t i = 0; i < f->counter_count; i++) {
		uint64_t c = f->counters[i];
		f->sum += c;
		f->max = c > f->max ? c : f->max;
	}
	t->found.counter_count += f->counter_count;
	return pgo_table_tally_note(t, f->counters, f->counter_count, f->sum, f->max);
}

static void measure_pair(struct pgo_walk_reading *r, const struct pgo_function *a, const struct pgo_function *b,
			 const uint64_t place[2], const uint32_t sites[2], const uint32_t index[2])
{
	struct pgo_meeting met = {.f = {a, b},
				  .ref = {place[0], place[1]},
				  .index = {r->batch->records[0] + index[0], r->batch->records[1] + index[1]},
				  .sites = {sites[0], sites[1]},
				  .join = PGO_JOIN_MATCHED};
	if (!a->sum || !b->sum)
		cut_alone(r, a->sum == 0, a->sum ? a : b);
	pgo_measure_row(r->batch, &r->walk->w->measure, &met);
}

void pgo_walk_odd(struct pgo_walk_reading *r, const struct pgo_table_pair *pair, const struct pgo_kernel_pair *sums,
			uint32_t index)
{
	struct pgo_function f[2];
	for (unsigned s = 0; s < 2; s++)
		f[s] = (struct pgo_function){.counters = (const pgo_count *)pair->counters[s],
					     .counter_count = pair->count,
					     .sum = sums->sum[s],
					     .max = sums->max[s]};
	measure_pair(r, &f[0], &f[1], pair->place, (const uint32_t[2]){0}, (const uint32_t[2]){index, index});
}

/* The rest of a side's part of a bucket. */
static bool read_side(struct pgo_walk_reading *r, unsigned s, uint64_t bucket, size_t *at, unsigned items)
{
	struct pgo_cursor c = r->walk->table[s].payload;
	c.at = *at;
	unsigned n = pgo_table_items(&r->walk->table[s], bucket, &c, items, r->records[s]);
	if (n == PGO_BUCKET_BAD)
		return false;
	*at = c.at;
	r->count[s] = n;
	r->range->tally[s].found.function_count += n;
	for (unsigned i = 0; i < n; i++) {
		struct pgo_function *f = &r->records[s][i].f;
		if (pgo_walk_seen(r, f->name_ref) || !add_up(&r->range->tally[s], f))
			return false;
	}
	return true;
}

/* They are measured when all leftovers are known: by then the record itself has left the cache. */
static int copy_counters(struct pgo_walk_range *range, unsigned s, const struct pgo_function *f)
{
	if (f->sum == 0)
		return 0;
	if (pgo_vec_reserve(&range->copies[s], f->counter_count))
		return -1;
	memcpy(range->copies[s].items + range->copies[s].count, f->counters, (size_t)f->counter_count * 8);
	range->copies[s].count += f->counter_count;
	return 0;
}

/* Records the other side does not have in its bucket. */
static void leave_over(struct pgo_walk_reading *r, unsigned s)
{
	for (unsigned i = 0; i < r->count[s]; i++) {
		if (r->matched[s] >> i & 1)
			continue;
		cut_alone(r, s, &r->records[s][i].f);
		const struct pgo_table_record *record = &r->records[s][i];
		struct pgo_leftover *note = pgo_leftover_add(&r->range->left[s], &record->f, record->place,
							     r->batch->records[s] + i, r->named[s] >> i & 1);
		if (!note || copy_counters(r->range, s, &record->f)) {
			r->batch->failed = true;
			return;
		}
		note->sites = record->sites;
	}
}

static void match(struct pgo_walk_reading *r, unsigned i, unsigned t)
{
	const struct pgo_table_record *a = &r->records[0][i], *b = &r->records[1][t];
	r->matched[0] |= 1u << i;
	r->matched[1] |= 1u << t;
	if (!(a->f.sum | b->f.sum) && pgo_idle_row(r->batch, PGO_JOIN_MATCHED))
		return;
	measure_pair(r, &a->f, &b->f, (const uint64_t[2]){a->place, b->place}, (const uint32_t[2]){a->sites, b->sites},
		     (const uint32_t[2]){i, t});
}

static inline void join_bucket(struct pgo_walk_reading *r)
{
	for (unsigned t = 0; t < r->count[1]; t++)
		for (unsigned i = 0; i < r->count[0]; i++) {
			const struct pgo_function *f = &r->records[0][i].f, *g = &r->records[1][t].f;
			if (f->name_ref != g->name_ref || !pgo_same_name(f, g))
				continue;
			r->named[0] |= 1u << i;
			r->named[1] |= 1u << t;
			if (!(r->matched[0] >> i & 1) && !(r->matched[1] >> t & 1) && pgo_same_record(f, g))
				match(r, i, t);
		}
	for (unsigned s = 0; s < 2; s++) {
		if (r->matched[s] + 1 != 1u << r->count[s])
			leave_over(r, s);
		r->batch->records[s] += r->count[s];
	}
}

bool pgo_walk_rest(struct pgo_walk_reading *r, uint64_t bucket, size_t at[2], const uint16_t items[2])
{
	for (unsigned s = 0; s < 2; s++) {
		r->count[s] = r->named[s] = r->matched[s] = 0;
		r->batch->records[s] += r->alike;
		r->range->tally[s].found.function_count += r->alike;
	}
	r->alike = 0;
	for (unsigned s = 0; s < 2; s++)
		if (!read_side(r, s, bucket, &at[s], items[s]))
			return false;
	join_bucket(r);
	return true;
}

/* Room for what a range keeps, most likely: threads that grow their arrays step by step wait for one another. */
static bool make_room(struct pgo_walk_reading *r)
{
	const struct pgo_comparing *w = r->walk->w;
	size_t each = (size_t)(w->measure.side[0].profile->table_keys / PGO_TABLE_RANGES),
	       listed = 2 * w->options->max_functions;
	struct pgo_batch *b = r->batch;
	return !(pgo_vec_reserve(&b->heavy, each) || pgo_vec_reserve(&b->light, 2 * PGO_LIGHT) ||
		 pgo_vec_reserve(&b->tested, each / 16 + 64) || pgo_vec_reserve(&b->first, listed ? listed : each) ||
		 pgo_vec_reserve(&r->range->left[0], each / 8 + 64) ||
		 pgo_vec_reserve(&r->range->left[1], each / 8 + 64));
}

static void walk_range(void *context, size_t index)
{
	struct pgo_walk *walk = context;
	struct pgo_walk_reading r = {.walk = walk, .range = &walk->ranges[index], .batch = &walk->batches[index]};
	uint64_t first, last;
	pgo_table_range(&walk->table[0], index, PGO_TABLE_RANGES, &first, &last);
	struct pgo_waiting waiting;
	pgo_batch_start(r.batch, &waiting);
	r.batch->failed = !make_room(&r);
	for (unsigned s = 0; s < 2; s++)
		waiting.cuts[s] = &r.range->tally[s].cuts;
	for (uint64_t b = first; b < last && !r.range->bad; b += PGO_WALK_SLOTS)
		r.range->bad = !pgo_walk_slots(&r, b, last - b < PGO_WALK_SLOTS ? (unsigned)(last - b) : PGO_WALK_SLOTS);
	for (unsigned s = 0; s < 2; s++) {
		r.range->span[s].end = r.at[s];
		r.batch->records[s] += r.alike;
		r.range->tally[s].found.function_count += r.alike;
		r.range->tally[s].found.counter_count += r.alike_counters;
		cut(&r, s);
	}
	pgo_batch_end(r.batch, &walk->w->measure);
}

static bool in_order(const struct pgo_walk *walk)
{
	for (size_t i = 0; i < PGO_TABLE_RANGES; i++)
		if (walk->ranges[i].bad)
			return false;
	for (unsigned s = 0; s < 2; s++)
		if (!pgo_table_covered(walk->w->measure.side[s].profile, &walk->ranges[0].span[s], PGO_TABLE_RANGES,
				       sizeof walk->ranges[0]))
			return false;
	return true;
}

static bool failed(const struct pgo_walk *walk)
{
	for (size_t i = 0; i < PGO_TABLE_RANGES; i++)
		if (walk->batches[i].failed)
			return true;
	return false;
}

static int settle_side(struct pgo_leftovers *all, struct pgo_walk_range *range, unsigned s, uint32_t base)
{
	uint64_t *copies = range->copies[s].items;
	if (pgo_vec_push(&all->blocks, copies))
		return PGO_ENOMEM;
	range->copies[s].items = NULL; /* handed over */
	for (size_t i = 0; i < range->left[s].count; i++) {
		struct pgo_leftover *l = &range->left[s].items[i];
		l->index += base;
		l->counters = l->idle ? NULL : copies;
		copies += l->idle ? 0 : l->counter_count;
	}
	return pgo_leftovers_take(all, s, &range->left[s]);
}

/* Index of each range's first record, added to what it kept. */
static int settle_indices(struct pgo_walk *walk)
{
	uint32_t base[2] = {0};
	for (size_t i = 0; i < PGO_TABLE_RANGES; i++) {
		struct pgo_batch *b = &walk->batches[i];
		pgo_rows *kept[2] = {&b->tested, &b->first};
		for (unsigned k = 0; k < 2; k++)
			for (size_t n = 0; n < kept[k]->count; n++)
				for (unsigned s = 0; s < 2; s++)
					kept[k]->items[n].index[s] += base[s];
		for (unsigned s = 0; s < 2; s++) {
			if (settle_side(&walk->w->join.left, &walk->ranges[i], s, base[s]) != PGO_OK)
				return PGO_ENOMEM;
			base[s] += b->records[s];
		}
	}
	return PGO_OK;
}

/* The cuts at which the ranges count: the thresholds the walk starts from. False: none worth starting with. */
static bool start_cuts(struct pgo_walk *walk)
{
	for (unsigned s = 0; s < 2; s++)
		for (size_t i = 0; i < PGO_TABLE_RANGES; i++)
			if (!pgo_table_tally_start(&walk->ranges[i].tally[s], &walk->w->out[s].summary))
				return false;
	return true;
}

/* Was it right to measure with what the files claim? Then the summaries are complete. */
static bool confirm_summaries(struct pgo_walk *walk)
{
	for (unsigned s = 0; s < 2; s++)
		if (!pgo_table_tally_confirm(&walk->w->out[s].summary, &walk->ranges[0].tally[s], PGO_TABLE_RANGES,
					     sizeof walk->ranges[0]))
			return false;
	return true;
}

bool pgo_walk_fits(const struct pgo_profile *train, const struct pgo_profile *test, enum pgo_record_filter filter)
{
	const struct pgo_profile *p[2] = {train, test};
	for (unsigned s = 0; s < 2; s++)
		if (!p[s]->hash_mask || p[s]->hash_mask != p[0]->hash_mask || !p[s]->input || p[s]->quarantine ||
		    (p[s]->flags & PGO_PROFILE_CSIR) || (p[s]->settle && !p[s]->stored))
			return false;
	return filter == PGO_RECORDS_NORMAL;
}

/* What is known of a side before the walk. */
static int guess_side(struct pgo_walk *walk, unsigned s)
{
	struct pgo_comparing *w = walk->w;
	const struct pgo_profile *p = w->measure.side[s].profile;
	int rc = PGO_OK;
	if (p->settle)
		w->out[s].summary = *p->stored;
	else
		rc = pgo_profile_summarize(&w->out[s].summary, p, w->filter, NULL);
	walk->table[s] = pgo_table_of(p);
	return rc || pgo_summary_keep_judged(&w->out[s].summary) ? rc : PGO_EOF;
}

int pgo_walk(struct pgo_comparing *w)
{
	struct pgo_walk walk = {.w = w, .ranges = calloc(PGO_TABLE_RANGES, sizeof *walk.ranges)};
	int rc = walk.ranges ? guess_side(&walk, 0) : PGO_ENOMEM;
	if (rc == PGO_OK)
		rc = guess_side(&walk, 1);
	pgo_comparing_set_measure(w);
	w->measure.sites_matter = true; /* the walk counts them anyway */
	walk.batches = rc == PGO_OK ? pgo_comparing_batches(w, PGO_TABLE_RANGES) : NULL;
	if (rc == PGO_OK && !walk.batches)
		rc = PGO_ENOMEM;
	if (rc == PGO_OK && !start_cuts(&walk))
		rc = PGO_EOF;
	if (rc == PGO_OK) {
		pgo_parallel(walk_range, &walk, PGO_TABLE_RANGES, w->threads);
		rc = failed(&walk) ? PGO_ENOMEM : in_order(&walk) && confirm_summaries(&walk) ? PGO_OK : PGO_EOF;
	}
	if (rc == PGO_OK)
		rc = settle_indices(&walk);
	for (size_t i = 0; walk.ranges && i < PGO_TABLE_RANGES; i++)
		for (unsigned s = 0; s < 2; s++) {
			pgo_vec_release(&walk.ranges[i].left[s]);
			pgo_vec_release(&walk.ranges[i].copies[s]);
		}
	free(walk.ranges);
	return rc;
}
