/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/comparing.h"
#include "analysis/model/table.h"
#include "analysis/model/tally.h"

/*
 * Summary and skew of a large indexed file that was opened lazily, in one walk over its table, as walk.c does it for
 * two: each record is checked and added up while it is in the cache, with the thresholds the file claims, which the
 * walk then confirms. Whatever is not plainly in order makes it give up; the profile is then read the long way.
 */

#define WALKS 64	  /* ranges of buckets: fixed, since sums are added up in their order */
#define CUT_COUNTERS 1024 /* counters that wait for what is done to many at once: 8 KiB, for the nearest cache */

struct range {
	struct pgo_summary found; /* all but total, entries and thresholds */
	struct pgo_skew_sums skew;
	struct pgo_kernel_cuts cuts;
	uint64_t total;
	uint64_t keys;
	size_t start, end; /* of the payload it read; 0: none */
	bool bad;
};

struct overview {
	struct pgo_table table;
	const struct pgo_summary *claimed;
	struct pgo_logs logs;
	struct range ranges[WALKS];
};

struct reading {
	const struct overview *o;
	struct range *range;
	uint32_t waiting;
	uint64_t most; /* of the waiting ones */
	uint64_t counters[CUT_COUNTERS + PGO_LANES];
	struct pgo_table_record records[PGO_BUCKET_MOST];
};

static void flush(struct reading *r)
{
	double logs = 0;
	for (uint32_t i = 0; i < r->waiting; i++)
		logs += pgo_v_log_v(&r->o->logs, r->counters[i]);
	r->range->skew.counter_logs += logs;
	memset(r->counters + r->waiting, 0, PGO_LANES * sizeof *r->counters);
	pgo_kernel_cut(&r->range->cuts, r->counters, r->waiting, r->most);
	r->waiting = 0;
	r->most = 0;
}

static void note_extremes(struct pgo_summary *found, const struct pgo_function *f)
{
	if (f->max > found->max_count)
		found->max_count = f->max;
	if (f->counters[0] > found->max_first_count)
		found->max_first_count = f->counters[0];
	for (uint32_t i = 1; i < f->counter_count; i++)
		if (f->counters[i] > found->max_internal_count)
			found->max_internal_count = f->counters[i];
}

/* Counters that are not 0 join those that wait; sum and maximum are set. */
static void take_counters(struct reading *r, struct pgo_function *f)
{
	uint64_t sum = 0, max = 0;
	for (uint32_t i = 0, end; i < f->counter_count; i = end) {
		uint32_t n = r->waiting, room = CUT_COUNTERS - n;
		end = f->counter_count - i > room ? i + room : f->counter_count;
		for (uint32_t k = i; k < end; k++) {
			uint64_t c = f->counters[k];
			sum += c;
			max = c > max ? c : max;
			r->counters[n] = c; /* kept when it counts: no branch to mispredict */
			n += c != 0;
		}
		r->waiting = n;
		r->most = max > r->most ? max : r->most;
		if (n == CUT_COUNTERS)
			flush(r);
	}
	f->sum = sum;
	f->max = max;
}

/* False: numbers too large for a plain case. */
static inline bool add_record(struct reading *r, struct pgo_function *f)
{
	struct range *range = r->range;
	take_counters(r, f);
	range->found.function_count++;
	range->found.counter_count += f->counter_count;
	if (f->max == 0)
		return true;
	/* below 2^32 so many counters cannot overflow their sum; and a plain total stays below 2^63 */
	if (f->max >> 32) {
		pgo_u128 exact = 0;
		for (uint32_t i = 0; i < f->counter_count; i++)
			exact += f->counters[i];
		if (exact >> 63)
			return false;
	}
	range->total += f->sum;
	if (range->total >> 63)
		return false;
	range->found.nonzero_functions++;
	if (f->max > range->found.max_internal_count || f->counters[0] > range->found.max_first_count)
		note_extremes(&range->found, f);
	double mass = (double)f->sum;
	range->skew.function_logs += mass * pgo_log2(&r->o->logs, mass);
	pgo_skew_add(&range->skew, f->counters, f->counter_count, f->max, mass, r->o->claimed->hot_threshold);
	return true;
}

/* False: not plainly in order. */
static bool read_bucket(struct reading *r, uint64_t bucket, uint64_t offset)
{
	struct pgo_cursor c = r->o->table.payload;
	struct range *range = r->range;
	uint16_t items;
	if (range->end == 0)
		range->start = range->end = offset;
	if (range->end != offset || !pgo_cursor_seek(&c, offset) || !pgo_cursor_u16(&c, &items) || items == 0)
		return false;
	unsigned n = pgo_table_items(&r->o->table, bucket, &c, items, r->records);
	if (n == PGO_BUCKET_BAD)
		return false;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < i; k++)
			if (r->records[k].f.name_ref == r->records[i].f.name_ref &&
			    r->records[k].f.cfg_hash == r->records[i].f.cfg_hash)
				return false;
		if (!add_record(r, &r->records[i].f))
			return false;
	}
	range->keys += items;
	range->end = c.at;
	return true;
}

static void walk_range(void *context, size_t index)
{
	struct overview *o = context;
	struct reading r = {.o = o, .range = &o->ranges[index]};
	struct range *range = r.range;
	uint64_t buckets = o->table.mask + 1;
	uint64_t first = buckets / WALKS * index, last = index + 1 == WALKS ? buckets : buckets / WALKS * (index + 1);
	range->cuts.count = o->claimed->entry_count;
	for (size_t k = 0; k < range->cuts.count; k++)
		range->cuts.cut[k] = o->claimed->entries[k].min_count;
	for (uint64_t b = first; b < last && !range->bad; b++) {
		uint64_t offset = pgo_table_slot(&o->table, b);
		if (offset)
			range->bad = !read_bucket(&r, b, offset);
	}
	flush(&r);
}

/* All ranges in order, one right behind the other from the first byte of the payload to its end? */
static bool in_order(const struct overview *o, const struct pgo_profile *p)
{
	size_t at = p->table_payload;
	uint64_t keys = 0;
	for (size_t i = 0; i < WALKS; i++) {
		const struct range *r = &o->ranges[i];
		if (r->bad || (r->end && r->start != at))
			return false;
		at = r->end ? r->end : at;
		keys += r->keys;
	}
	return p->table_directory - at < 8 && keys == p->table_keys;
}

static uint64_t of_lanes(const uint64_t v[PGO_LANES])
{
	return v[0] + v[1] + v[2] + v[3];
}

static void add_range(struct pgo_summary *sum, struct pgo_cut_found found[PGO_CUTS_MOST], const struct range *r)
{
	const struct pgo_summary *f = &r->found;
	sum->function_count += f->function_count;
	sum->counter_count += f->counter_count;
	sum->nonzero_functions += f->nonzero_functions;
	sum->nonzero_counters += of_lanes(r->cuts.nonzero);
	sum->max_count = f->max_count > sum->max_count ? f->max_count : sum->max_count;
	if (f->max_first_count > sum->max_first_count)
		sum->max_first_count = f->max_first_count;
	if (f->max_internal_count > sum->max_internal_count)
		sum->max_internal_count = f->max_internal_count;
	for (size_t k = 0; k < r->cuts.count; k++) {
		found[k].counters += of_lanes(r->cuts.counters[k]);
		found[k].equal += of_lanes(r->cuts.equal[k]);
		found[k].sum += of_lanes(r->cuts.sum[k]);
	}
}

/* Are the thresholds that were claimed those of the records? Then the summary is complete. */
static bool finish(struct pgo_summary *summary, struct pgo_skew *skew, const struct overview *o)
{
	struct pgo_summary sum = {.entry_count = o->claimed->entry_count};
	struct pgo_cut_found found[PGO_CUTS_MOST] = {{0}};
	struct pgo_skew_sums skews = {0};
	uint64_t total = 0;
	memcpy(sum.entries, o->claimed->entries, sizeof sum.entries);
	for (size_t i = 0; i < WALKS; i++) {
		add_range(&sum, found, &o->ranges[i]);
		pgo_skew_merge(&skews, &o->ranges[i].skew);
		/* each is below 2^63, so one too many is seen */
		if (__builtin_add_overflow(total, o->ranges[i].total, &total))
			return false;
	}
	if (total != o->claimed->total || sum.counter_count != o->claimed->counter_count ||
	    !pgo_summary_confirm(&sum, total, found))
		return false;
	*summary = sum;
	pgo_skew_finish(skew, &skews, summary);
	return true;
}

static bool fits(const struct pgo_profile *p, enum pgo_record_filter filter)
{
	const struct pgo_summary *claimed = p->stored;
	if (!p->settle || !claimed || !p->hash_mask || !p->input || (p->flags & PGO_PROFILE_CSIR) ||
	    filter != PGO_RECORDS_NORMAL || claimed->total == 0 || claimed->total >> 63 ||
	    claimed->entry_count > PGO_CUTS_MOST)
		return false;
	for (size_t k = 0; k < claimed->entry_count; k++)
		if (claimed->entries[k].min_count >> 63)
			return false;
	return true;
}

/* @return PGO_OK, PGO_ENOMEM, or PGO_EOF: not plainly in order */
static int walk(struct pgo_summary *summary, struct pgo_skew *skew, const struct pgo_profile *p)
{
	struct overview *o = calloc(1, sizeof *o);
	if (!o)
		return PGO_ENOMEM;
	o->table = pgo_table_of(p);
	o->claimed = p->stored;
	pgo_logs_init(&o->logs);
	pgo_parallel(walk_range, o, WALKS, p->table_keys >= PGO_PARALLEL_FROM ? pgo_processors() : 1);
	int rc = in_order(o, p) && finish(summary, skew, o) ? PGO_OK : PGO_EOF;
	free(o);
	return rc;
}

int pgo_profile_overview(struct pgo_summary *summary, struct pgo_skew *skew, struct pgo_profile *profile,
			 enum pgo_record_filter filter, struct pgo_error *err)
{
	int rc = fits(profile, filter) ? walk(summary, skew, profile) : PGO_EOF;
	if (rc == PGO_ENOMEM)
		return pgo_error_set(err, rc, "out of memory");
	if (rc == PGO_OK)
		return rc;
	rc = pgo_profile_settle(profile, err);
	if (rc == PGO_OK)
		rc = pgo_profile_summarize(summary, profile, filter, err);
	return rc == PGO_OK ? pgo_profile_skew(skew, profile, filter, summary, err) : rc;
}
