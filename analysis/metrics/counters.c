/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analysis/metrics/metrics.h"

/* A counter's share inside its function is misweighted when the other profile has it this many times larger. */
#define MISWEIGHT_RATIO 8.0

double pgo_jsd_term(double p, double q)
{
	double sum = p + q;
	if (p == q)
		return 0;
	if (p == 0 || q == 0)
		return sum / 2;
	/* m (1 - H2(r)) = (p log2(2r) + q log2(2(1 - r))) / 2; rounding may leave it a hair below zero */
	double term = (p * log2(2 * p / sum) + q * log2(2 * q / sum)) / 2;
	return term > 0 ? term : 0;
}

void pgo_logs_init(struct pgo_logs *logs)
{
	logs->v_log_v[0] = 0;
	for (unsigned v = 1; v < PGO_SMALL; v++)
		logs->v_log_v[v] = v * log2(v);
	for (unsigned i = 0; i < 1u << PGO_LOG_BITS; i++) {
		double middle = 1 + (i + 0.5) / (1u << PGO_LOG_BITS);
		logs->middle[i].inverse = 1 / middle;
		logs->middle[i].log = -log2(logs->middle[i].inverse);
	}
}

/* One side of a row. A record it does not have, a pseudo record and one without counts are alike: nothing ran. */
struct record {
	bool ran;
	uint64_t max;
	const pgo_count *counters;
	uint32_t count;
	double mass, share;
	uint64_t hot, hot999, cold;
};

static struct record record_of(const struct pgo_side_view *side, uint32_t index)
{
	struct record r = {.hot = side->summary->hot_threshold,
			   .hot999 = side->summary->hot999_threshold,
			   .cold = side->summary->cold_threshold};
	if (index == PGO_NO_INDEX)
		return r;
	struct pgo_function f = pgo_function_at(side->profile, index);
	if ((f.flags & PGO_FUNCTION_PSEUDO) || f.sum == 0)
		return r;
	r.ran = true;
	r.max = f.max;
	r.counters = f.counters;
	r.count = f.counter_count;
	r.mass = pgo_function_mass(&f);
	r.share = r.mass * side->scale;
	return r;
}

static inline unsigned class_of(uint64_t counter, const struct record *r)
{
	/* hot 0; else 1, or 2 when cold: without a branch, which counters would mispredict */
	unsigned not_hot = counter < r->hot, cold = counter <= r->cold;
	return not_hot * (PGO_CLASS_WARM + cold);
}

static uint32_t dominant_of(const struct record *r)
{
	for (uint32_t i = 0; r->ran && i < r->count; i++)
		if (r->counters[i] == r->max)
			return i;
	return PGO_NO_INDEX;
}

enum pgo_class pgo_record_class(const struct pgo_side_view *side, uint32_t index)
{
	struct record r = record_of(side, index);
	return r.ran ? class_of(r.max, &r) : PGO_CLASS_NEVER;
}

uint32_t pgo_record_dominant(const struct pgo_side_view *side, uint32_t index)
{
	struct record r = record_of(side, index);
	return dominant_of(&r);
}

void pgo_blamed_add(struct pgo_blamed *blamed, enum pgo_blame kind, uint32_t row, double share)
{
	unsigned at = PGO_CULPRITS;
	for (; at > 0 && share > blamed->rows[kind][at - 1].share; at--)
		if (at < PGO_CULPRITS)
			blamed->rows[kind][at] = blamed->rows[kind][at - 1];
	if (at < PGO_CULPRITS) {
		blamed->rows[kind][at].row = row;
		blamed->rows[kind][at].share = share;
	}
}

/* Only B ran it: all of its mass is missed. */
static void pass_test_alone(struct pgo_totals *t, struct pgo_blamed *blamed, uint32_t row, const struct record *b,
			    double scale)
{
	double mass[PGO_CLASS_COUNT] = {0};
	for (uint32_t i = 0; i < b->count; i++)
		mass[class_of(b->counters[i], b)] += (double)b->counters[i] * scale;
	for (unsigned c = 0; c < PGO_CLASS_COUNT; c++)
		t->table[PGO_CLASS_NEVER][c] += mass[c];
	pgo_blamed_add(blamed, PGO_BLAME_MISSED, row, b->share);
	pgo_blamed_add(blamed, PGO_BLAME_UNDER_SERVED, row, b->share);
	pgo_blamed_add(blamed, PGO_BLAME_DEMOTED, row, mass[PGO_CLASS_HOT]);
	t->missed_counters += b->share;
	t->misweighted += b->share;
	t->shape_tv += b->share;
}

/* Only A ran it: what it calls hot there is wasted. */
static void pass_train_alone(struct pgo_totals *t, const struct record *a, double scale)
{
	if (a->max < a->hot)
		return;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->counters[i] >= a->hot)
			t->wasted_heat += (double)a->counters[i] * scale;
}

/* Sums of one row both sides ran. */
struct row_sums {
	double overlap, distance, roots;
	double a_logs, b_logs, mean_logs; /* sums of x log x, y log y and m log m */
	bool differs;			  /* some counter has another share */
};

/*
 * Divergence of a row from the entropies: (sum p log p + sum q log q) / 2 - sum m log m, where sum p log p is
 * scale (sum x log x) + p_f log scale. One logarithm a counter instead of two.
 */
static double row_divergence(const struct row_sums *s, const struct pgo_part *part, double between,
			     const struct pgo_side_view *train, const struct pgo_side_view *test)
{
	if (!s->differs)
		return 0;
	double p_logs = train->scale * s->a_logs + part->train_share * train->log_scale;
	double q_logs = test->scale * s->b_logs + part->test_share * test->log_scale;
	double bits = (p_logs + q_logs) / 2 - s->mean_logs;
	/* The row's own first term is the least it can be; rounding may leave the difference below. */
	return bits > between ? bits : between;
}

/* Counters that are zero on both sides add nothing to any of these sums: no test keeps them out. */
static struct row_sums measure_row(const struct record *a, const struct record *b, const struct pgo_side_view *train,
				   const struct pgo_side_view *test, const struct pgo_logs *logs)
{
	double inside_a = 1 / a->share, inside_b = 1 / b->share;
	struct row_sums sums = {0};

	for (uint32_t i = 0; i < a->count; i++) {
		uint64_t x = a->counters[i], y = b->counters[i];
		double p = (double)x * train->scale, q = (double)y * test->scale, m = (p + q) / 2;
		sums.a_logs += pgo_v_log_v(logs, x);
		sums.b_logs += pgo_v_log_v(logs, y);
		sums.mean_logs += m * pgo_log2(logs, m); /* 0 for 0: its "logarithm" is finite */
		sums.differs |= p != q;
		sums.overlap += p < q ? p : q;
		sums.distance += fabs(p * inside_a - q * inside_b);
		sums.roots += p == q ? p : sqrt(p * q);
	}
	return sums;
}

/* The decision table and its masses. Sums with a condition go to one of two places: a branch would be a coin toss. */
static void decide_row(struct pgo_totals *t, struct pgo_blamed *blamed, uint32_t row, const struct record *a,
		       const struct record *b, const struct pgo_side_view *train, const struct pgo_side_view *test)
{
	double mass[PGO_CLASS_NEVER][PGO_CLASS_NEVER] = {{0}}, under_served = 0;
	double inside_a = 1 / a->share, inside_b = 1 / b->share;
	double missed[2] = {0}, served[2] = {0}, misweighted[2] = {0}, wasted[2] = {0};
	unsigned hot_both = 0, hot999_both = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		uint64_t x = a->counters[i], y = b->counters[i];
		double p = (double)x * train->scale, q = (double)y * test->scale;
		unsigned ca = class_of(x, a), cb = class_of(y, b);
		mass[ca][cb] += q;
		missed[x == 0] += q;
		served[x >= a->hot999] += q;
		misweighted[q * inside_b >= MISWEIGHT_RATIO * (p * inside_a)] += q;
		wasted[(ca == PGO_CLASS_HOT) & (cb == PGO_CLASS_COLD)] += p;
		hot_both += (ca == PGO_CLASS_HOT) & (cb == PGO_CLASS_HOT);
		hot999_both += (x >= a->hot999) & (y >= b->hot999);
	}
	for (unsigned ca = 0; ca < PGO_CLASS_NEVER; ca++)
		for (unsigned cb = 0; cb < PGO_CLASS_NEVER; cb++) {
			t->table[ca][cb] += mass[ca][cb];
			under_served += ca == PGO_CLASS_HOT ? 0 : mass[ca][cb];
		}
	pgo_blamed_add(blamed, PGO_BLAME_UNDER_SERVED, row, under_served);
	pgo_blamed_add(blamed, PGO_BLAME_DEMOTED, row, mass[PGO_CLASS_COLD][PGO_CLASS_HOT]);
	t->missed_counters += missed[1];
	t->served_999 += served[1];
	t->misweighted += misweighted[1];
	t->wasted_heat += wasted[1];
	t->hot_both += hot_both;
	t->hot999_both += hot999_both;
}

static double logs_of(const struct record *r, const struct pgo_logs *logs)
{
	double sum = 0;
	for (uint32_t i = 0; i < r->count; i++)
		sum += pgo_v_log_v(logs, r->counters[i]);
	return sum;
}

static void add_skew(struct pgo_skew_sums *sums, const struct record *r, double counter_logs,
		     const struct pgo_side_view *side, const struct pgo_logs *logs)
{
	pgo_skew_add(sums, r->counters, r->count, r->max, r->mass, counter_logs, side->summary, logs);
}

/* Both ran it, and counter i means the same on both sides. */
static double pass_both(struct pgo_part *part, struct pgo_totals *t, struct pgo_job_extremes *extremes, uint32_t row,
			const struct record *a, const struct record *b, const struct pgo_side_view *train,
			const struct pgo_side_view *test, const struct pgo_logs *logs)
{
	struct row_sums sums = measure_row(a, b, train, test, logs);
	add_skew(&extremes->skew[0], a, sums.a_logs, train, logs);
	add_skew(&extremes->skew[1], b, sums.b_logs, test, logs);
	decide_row(t, &extremes->blamed, row, a, b, train, test);
	double between = pgo_jsd_term(a->share, b->share);
	part->jsd_bits = row_divergence(&sums, part, between, train, test);
	t->between += between;
	part->shape_tv = sums.distance / 2 < 1 ? sums.distance / 2 : 1;
	t->bhattacharyya += sums.roots;
	t->overlap += sums.overlap;
	if (a->max >= a->hot)
		t->served_function += b->share;
	if (dominant_of(a) != dominant_of(b))
		t->flipped += b->share;
	t->shape_tv += b->share * part->shape_tv;
	return sums.overlap;
}

static uint32_t sites_of(const struct pgo_side_view *side, uint32_t index)
{
	return pgo_profile_extra(side->profile, index).site_count;
}

static void pass_row(struct pgo_part *part, struct pgo_totals *t, struct pgo_job_extremes *extremes, uint32_t row,
		     const struct pgo_pair *pair, const struct pgo_side_view *train, const struct pgo_side_view *test,
		     const struct pgo_logs *logs)
{
	struct record a = record_of(train, pair->train), b = record_of(test, pair->test);

	*part = (struct pgo_part){.train_share = a.share, .test_share = b.share};
	t->join_count[pair->join]++;
	if (!a.ran && !b.ran)
		return;
	t->join_mass[pair->join][0] += a.share;
	t->join_mass[pair->join][1] += b.share;
	t->ran++;
	if (a.ran && b.ran) {
		double overlap = pass_both(part, t, extremes, row, &a, &b, train, test, logs);
		if ((train->profile->extra_count | test->profile->extra_count) &&
		    sites_of(train, pair->train) != sites_of(test, pair->test))
			t->sites_differ += b.share;
		else
			t->overlap_llvm += overlap;
	} else {
		/* Against an all-zero profile the divergence is one by convention: its mass is nowhere in B. */
		bool against_nothing = train->scale == 0 || test->scale == 0;
		part->jsd_bits = (a.share + b.share) * (against_nothing ? 1 : 0.5);
		if (a.ran)
			add_skew(&extremes->skew[0], &a, logs_of(&a, logs), train, logs);
		if (b.ran)
			add_skew(&extremes->skew[1], &b, logs_of(&b, logs), test, logs);
		if (b.ran)
			pass_test_alone(t, &extremes->blamed, row, &b, test->scale);
		if (a.ran)
			pass_train_alone(t, &a, train->scale);
		/* The first term of the chain rule, function by function; the second is what is left. */
		t->between += part->jsd_bits;
	}
	t->jsd += part->jsd_bits;
}

void pgo_counters_pass(struct pgo_part *parts, struct pgo_totals *totals, struct pgo_job_extremes *extremes,
		       const struct pgo_join *join, size_t first, size_t last, const struct pgo_side_view *train,
		       const struct pgo_side_view *test, const struct pgo_logs *logs)
{
	for (size_t i = first; i < last; i++)
		if (join->pairs[i].join == PGO_JOIN_COUNT)
			parts[i] = (struct pgo_part){0};
		else
			pass_row(&parts[i], totals, extremes, (uint32_t)i, &join->pairs[i], train, test, logs);
}
