/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/comparing.h"
#include "analysis/metrics/table_tally.h"
#include "analysis/model/table.h"

/*
 * Summary and skew of a large indexed file that was opened lazily, in one walk over its table, as walk.c does it for
 * two: each record is checked and added up while it is in the cache, with the thresholds the file claims, which the
 * walk then confirms. Whatever is not plainly in order makes it give up; the profile is then read the long way.
 */

#define CUT_COUNTERS 1024 /* counters that wait for what is done to many at once: 8 KiB, for the nearest cache */

struct range {
	struct pgo_table_tally tally;
	struct pgo_skew_sums skew;
	struct pgo_table_span span;
	bool bad;
};

struct overview {
	struct pgo_table table;
	const struct pgo_summary *claimed;
	struct pgo_logs logs;
	struct range ranges[PGO_TABLE_RANGES];
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
	pgo_kernel_cut(&r->range->tally.cuts, r->counters, r->waiting, r->most);
	r->waiting = 0;
	r->most = 0;
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
	range->tally.found.function_count++;
	range->tally.found.counter_count += f->counter_count;
	if (f->max == 0)
		return true;
	if (!pgo_table_tally_note(&range->tally, f->counters, f->counter_count, f->sum, f->max))
		return false;
	double mass = (double)f->sum;
	range->skew.function_logs += mass * pgo_log2(&r->o->logs, mass);
	pgo_skew_add(&range->skew, f->counters, f->counter_count, f->max, mass, r->o->claimed->hot_threshold);
	return true;
}

/* False: not plainly in order. */
static bool read_bucket(struct reading *r, uint64_t bucket, uint64_t offset)
{
	struct pgo_cursor c = r->o->table.payload;
	struct pgo_table_span *span = &r->range->span;
	uint16_t items;
	if (span->end == 0)
		span->start = span->end = offset;
	if (span->end != offset || !pgo_cursor_seek(&c, offset) || !pgo_cursor_u16(&c, &items) || items == 0)
		return false;
	unsigned n = pgo_table_items(&r->o->table, bucket, &c, items, r->records);
	if (n == PGO_BUCKET_BAD)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!add_record(r, &r->records[i].f))
			return false;
	span->keys += items;
	span->end = c.at;
	return true;
}

static void walk_range(void *context, size_t index)
{
	struct overview *o = context;
	struct reading r = {.o = o, .range = &o->ranges[index]};
	struct range *range = r.range;
	uint64_t first, last;
	pgo_table_range(&o->table, index, PGO_TABLE_RANGES, &first, &last);
	range->bad = !pgo_table_tally_start(&range->tally, o->claimed);
	for (uint64_t b = first; b < last && !range->bad; b++) {
		uint64_t offset = pgo_table_slot(&o->table, b);
		if (offset)
			range->bad = !read_bucket(&r, b, offset);
	}
	flush(&r);
}

static bool fits(const struct pgo_profile *p, enum pgo_record_filter filter)
{
	return p->settle && p->stored && pgo_summary_whole(p->stored) && p->hash_mask && p->input && !(p->flags & PGO_PROFILE_CSIR) &&
	       filter == PGO_RECORDS_NORMAL;
}

/* Are the thresholds that were claimed those of the records? Then the summary is complete. */
static bool finish(struct pgo_summary *summary, struct pgo_skew *skew, const struct overview *o,
		   const struct pgo_profile *p)
{
	struct pgo_summary sum = *o->claimed;
	struct pgo_skew_sums skews = {0};
	for (size_t i = 0; i < PGO_TABLE_RANGES; i++) {
		if (o->ranges[i].bad)
			return false;
		pgo_skew_merge(&skews, &o->ranges[i].skew);
	}
	if (!pgo_table_covered(p, &o->ranges[0].span, PGO_TABLE_RANGES, sizeof o->ranges[0]) ||
	    !pgo_table_tally_confirm(&sum, &o->ranges[0].tally, PGO_TABLE_RANGES, sizeof o->ranges[0]))
		return false;
	*summary = sum;
	pgo_skew_finish(skew, &skews, summary);
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
	pgo_parallel(walk_range, o, PGO_TABLE_RANGES, p->table_keys >= PGO_PARALLEL_FROM ? pgo_processors() : 1);
	int rc = finish(summary, skew, o, p) ? PGO_OK : PGO_EOF;
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
