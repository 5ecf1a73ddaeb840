/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

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

void pgo_side_view_set(struct pgo_side_view *view, const struct pgo_summary *summary)
{
	view->hot = summary->hot_threshold;
	view->hot999 = summary->hot999_threshold;
	view->cold = summary->cold_threshold;
	view->total = (double)summary->total;
	view->scale = view->total > 0 ? 1 / view->total : 0;
	view->log_scale = view->total > 0 ? log2(view->scale) : 0;
}

/* A record it does not have, a pseudo record and one without counts are alike: nothing ran. */
static inline bool ran(const struct pgo_function *f)
{
	return f && f->sum != 0 && !(f->flags & PGO_FUNCTION_PSEUDO);
}

static inline unsigned class_of(uint64_t counter, const struct pgo_side_view *v)
{
	/* hot 0; else 1, or 2 when cold: without a branch, which counters would mispredict */
	unsigned not_hot = counter < v->hot, cold = counter <= v->cold;
	return not_hot * (PGO_CLASS_WARM + cold);
}

static uint32_t dominant_of(const struct pgo_function *f)
{
	for (uint32_t i = 0; i < f->counter_count; i++)
		if (f->counters[i] == f->max)
			return i;
	return PGO_NO_INDEX;
}

uint32_t pgo_record_dominant(const struct pgo_side_view *side, uint64_t ref)
{
	if (ref == PGO_NO_REF)
		return PGO_NO_INDEX;
	struct pgo_function f = pgo_ref_function(side->profile, ref);
	return ran(&f) ? dominant_of(&f) : PGO_NO_INDEX;
}

struct pgo_function pgo_row_function(const struct pgo_row *row, const struct pgo_side_view side[2])
{
	unsigned s = row->ref[1] != PGO_NO_REF;
	return pgo_ref_head(side[s].profile, row->ref[s]);
}

void pgo_blamed_add(struct pgo_blamed *blamed, enum pgo_blame kind, uint64_t ref, uint64_t order, double share)
{
	unsigned at = PGO_CULPRITS;
	if (share == 0 || share < blamed->rows[kind][PGO_CULPRITS - 1].share)
		return;
	for (; at > 0; at--) {
		if (share < blamed->rows[kind][at - 1].share ||
		    (share == blamed->rows[kind][at - 1].share && order > blamed->rows[kind][at - 1].order))
			break;
		if (at < PGO_CULPRITS)
			blamed->rows[kind][at] = blamed->rows[kind][at - 1];
	}
	if (at < PGO_CULPRITS) {
		blamed->rows[kind][at].ref = ref;
		blamed->rows[kind][at].order = order;
		blamed->rows[kind][at].share = share;
	}
}

static double logs_of(const struct pgo_function *f, const struct pgo_logs *logs)
{
	double sum = 0;
	for (uint32_t i = 0; i < f->counter_count; i++)
		sum += pgo_v_log_v(logs, f->counters[i]);
	return sum;
}

static void add_skew(struct pgo_batch *batch, const struct pgo_measure *m, unsigned s, const struct pgo_function *f,
		     double counter_logs)
{
	double mass = pgo_function_mass(f);
	batch->skew[s].counter_logs += counter_logs;
	batch->skew[s].function_logs += mass * pgo_log2(&m->logs, mass);
	pgo_skew_add(&batch->skew[s], f->counters, f->counter_count, f->max, mass, m->side[s].hot);
}

/* Only B ran it: all of its mass is missed. */
static void test_alone(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_row *row,
		       const struct pgo_function *b)
{
	const struct pgo_side_view *test = &m->side[1];
	double mass[PGO_CLASS_COUNT] = {0}, share = row->share[1];
	for (uint32_t i = 0; i < b->counter_count; i++)
		mass[class_of(b->counters[i], test)] += (double)b->counters[i] * test->scale;
	for (unsigned c = 0; c < PGO_CLASS_COUNT; c++)
		batch->sum.table[PGO_CLASS_NEVER][c] += mass[c];
	pgo_blamed_add(&batch->blamed, PGO_BLAME_MISSED, row->ref[1], row->order, share);
	pgo_blamed_add(&batch->blamed, PGO_BLAME_UNDER_SERVED, row->ref[1], row->order, share);
	pgo_blamed_add(&batch->blamed, PGO_BLAME_DEMOTED, row->ref[1], row->order, mass[PGO_CLASS_HOT]);
	batch->sum.missed_counters += share;
	batch->sum.misweighted += share;
	batch->sum.shape_tv += share;
	add_skew(batch, m, 1, b, logs_of(b, &m->logs));
}

/* Only A ran it: what it calls hot there is wasted. */
static void train_alone(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_function *a)
{
	const struct pgo_side_view *train = &m->side[0];
	for (uint32_t i = 0; i < a->counter_count && a->max >= train->hot; i++)
		if (a->counters[i] >= train->hot)
			batch->sum.wasted_heat += (double)a->counters[i] * train->scale;
	add_skew(batch, m, 0, a, logs_of(a, &m->logs));
}

enum { ARRAYS = 8 };

/* The arrays of counters, each of `each` items, in one piece of memory. */
static void place_arrays(struct pgo_waiting *w, double *memory, size_t each)
{
	double **const doubles[] = {&w->ratio,	 &w->divergence,   &w->distance,
				    &w->overlap, &w->under_served, &w->demoted};
	for (size_t i = 0; i < ARRAYS - 2; i++)
		*doubles[i] = memory + i * each;
	w->x = (uint64_t *)(memory + (ARRAYS - 2) * each);
	w->y = (uint64_t *)(memory + (ARRAYS - 1) * each);
}

void pgo_batch_start(struct pgo_batch *batch, struct pgo_waiting *w)
{
	w->rows = w->counters = w->large = 0;
	w->capacity = PGO_WAITING_COUNTERS;
	w->heap = NULL;
	w->cuts[0] = w->cuts[1] = NULL;
	w->most[0] = w->most[1] = 0;
	memset(&w->sums, 0, sizeof w->sums);
	memset(w->arrays, 0, sizeof w->arrays);
	place_arrays(w, w->arrays[0], sizeof w->arrays[0] / sizeof w->arrays[0][0]);
	batch->waiting = w;
}

static void keep_first(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_row *row);

/* A row both ran, its counters measured: what is asked for of itself. */
static void finish_large(struct pgo_batch *batch, const struct pgo_measure *m, struct pgo_waiting_row *r)
{
	const struct pgo_waiting *w = batch->waiting;
	double bits = 0, distance = 0, overlap = 0, under_served = 0;
	for (uint32_t i = r->first; i < r->last; i++) {
		bits += w->divergence[i];
		distance += w->distance[i];
		overlap += w->overlap[i];
		under_served += w->under_served[i];
	}
	double between = pgo_jsd_term(r->row.share[0], r->row.share[1]), tv = distance / 2 / r->row.share[1];
	/* The row's own first term is the least it can be; rounding may leave the sum below. */
	r->row.jsd_bits = bits > between ? bits : between;
	r->row.shape_tv = tv < 1 ? tv : 1;
	pgo_blamed_add(&batch->blamed, PGO_BLAME_UNDER_SERVED, r->row.ref[1], r->row.order, under_served);
	if (r->sites_differ) {
		batch->sum.sites_differ += r->row.share[1];
		batch->sum.overlap_sites += overlap;
	}
	if (r->tested != PGO_NO_INDEX)
		batch->tested.items[r->tested] = r->row;
	keep_first(batch, m, &r->row);
}

static double of_lanes(const double v[PGO_LANES])
{
	return (v[0] + v[1]) + (v[2] + v[3]);
}

/* Rows with counters that A calls cold and B hot are seldom, and small ones can be among the worst of them. */
static void blame_demoted(struct pgo_batch *batch)
{
	const struct pgo_waiting *w = batch->waiting;
	for (uint32_t r = 0; r < w->rows; r++) {
		uint32_t last = r + 1 < w->rows ? w->first[r + 1] : w->counters;
		double demoted = 0;
		for (uint32_t i = w->first[r]; i < last; i++)
			demoted += w->demoted[i];
		pgo_blamed_add(&batch->blamed, PGO_BLAME_DEMOTED, w->test_ref[r], w->order[r], demoted);
	}
}

/* Measure what waits. */
static void measure_waiting(struct pgo_batch *batch, const struct pgo_measure *m)
{
	struct pgo_waiting *w = batch->waiting;
	const struct pgo_kernel_counters counters = {w->x,	  w->y,	      w->ratio,	       w->divergence,
						     w->distance, w->overlap, w->under_served, w->demoted};
	struct pgo_kernel_side side[2];
	for (unsigned s = 0; s < 2; s++)
		side[s] = (struct pgo_kernel_side){m->side[s].hot, m->side[s].hot999, m->side[s].cold, m->side[s].scale,
						   m->side[s].log_scale};
	for (uint32_t i = w->counters; i % PGO_LANES; i++)
		w->x[i] = w->y[i] = 0;
	for (uint32_t i = w->rows; i % PGO_LANES; i++)
		w->share[0][i] = w->share[1][i] = 0;
	double demoted = of_lanes(w->sums.table[PGO_CLASS_COLD][PGO_CLASS_HOT]);
	pgo_kernel_counters(&counters, w->counters, side, &w->sums);
	if (of_lanes(w->sums.table[PGO_CLASS_COLD][PGO_CLASS_HOT]) != demoted)
		blame_demoted(batch);
	pgo_kernel_rows(w->share[0], w->share[1], w->rows, &w->sums);
	if (w->cuts[0])
		pgo_kernel_cut(w->cuts[0], w->x, w->counters, w->most[0]);
	if (w->cuts[1])
		pgo_kernel_cut(w->cuts[1], w->y, w->counters, w->most[1]);
	for (uint32_t i = 0; i < w->large; i++)
		finish_large(batch, m, &w->row[i]);
	w->rows = w->counters = w->large = 0;
	w->most[0] = w->most[1] = 0;
}

void pgo_batch_end(struct pgo_batch *batch, const struct pgo_measure *m)
{
	struct pgo_waiting *w = batch->waiting;
	struct pgo_kernel_sums *k = &w->sums;
	struct pgo_totals *t = &batch->sum;
	measure_waiting(batch, m);
	t->overlap += of_lanes(k->overlap);
	t->jsd += of_lanes(k->divergence);
	t->shape_tv += of_lanes(k->distance) / 2;
	t->between += of_lanes(k->between);
	t->hellinger += of_lanes(k->hellinger);
	t->variation += of_lanes(k->variation);
	for (unsigned s = 0; s < 2; s++) {
		batch->skew[s].counter_logs += of_lanes(k->logs[s]);
		/* mass = share total, so mass log mass = total (share log share + share log total) */
		batch->skew[s].function_logs +=
			m->side[s].total * (of_lanes(k->share_logs[s]) - batch->share[s] * m->side[s].log_scale);
	}
	for (unsigned ca = 0; ca < PGO_CLASS_NEVER; ca++)
		for (unsigned cb = 0; cb < PGO_CLASS_NEVER; cb++)
			t->table[ca][cb] += of_lanes(k->table[ca][cb]);
	t->missed_counters += of_lanes(k->missed);
	t->served_999 += of_lanes(k->served_999);
	t->misweighted += of_lanes(k->misweighted);
	t->wasted_heat += of_lanes(k->wasted);
	for (unsigned i = 0; i < PGO_LANES; i++) {
		t->hot_both += (double)k->hot_both[i];
		t->hot999_both += (double)k->hot999_both[i];
	}
	free(w->heap);
	batch->waiting = NULL;
}

/* Room for the counters of a function larger than what waits at once. */
static bool make_room(struct pgo_waiting *w, uint32_t count)
{
	size_t each = ((size_t)count + PGO_LANES) & ~(size_t)(PGO_LANES - 1);
	double *heap = calloc(each, ARRAYS * sizeof *heap);
	if (!heap)
		return false;
	free(w->heap);
	w->heap = heap;
	w->capacity = count;
	place_arrays(w, heap, each);
	return true;
}

/* Its counters, but for those that are zero on both sides: these add nothing to any sum. @return whether the dominant
   counters differ */
static bool wait_counters(struct pgo_waiting *w, const struct pgo_function *a, const struct pgo_function *b,
			  double ratio)
{
	uint32_t at = w->counters, dominant_a = 0, dominant_b = 0; /* the first of the largest: from behind */
	for (uint32_t i = a->counter_count; i-- > 0;) {
		uint64_t x = a->counters[i], y = b->counters[i];
		dominant_a = x == a->max ? i : dominant_a;
		dominant_b = y == b->max ? i : dominant_b;
		w->x[at] = x;
		w->y[at] = y;
		w->ratio[at] = ratio;
		at += (x | y) != 0; /* no branch to mispredict */
	}
	w->counters = at;
	w->most[0] = a->max > w->most[0] ? a->max : w->most[0];
	w->most[1] = b->max > w->most[1] ? b->max : w->most[1];
	return dominant_a != dominant_b;
}

/* Can it be on the list, be tested, or be to blame? Else its part in the sums is all there is to it. */
static bool is_large(const struct pgo_batch *batch, const struct pgo_row *row, bool tested)
{
	double mass = row->share[0] + row->share[1], q = row->share[1];
	const struct pgo_blamed *b = &batch->blamed;
	return tested || mass / 2 >= batch->first_bits || q >= b->rows[PGO_BLAME_UNDER_SERVED][PGO_CULPRITS - 1].share;
}

/* Both ran it, and counter i means the same on both sides. */
static void measure_both(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_row *row,
			 const struct pgo_meeting *met, bool tested)
{
	const struct pgo_function *a = met->f[0], *b = met->f[1];
	struct pgo_waiting *w = batch->waiting;
	struct pgo_totals *t = &batch->sum;
	if (w->rows == PGO_WAITING_ROWS || a->counter_count > w->capacity - w->counters) {
		measure_waiting(batch, m);
		if (a->counter_count > w->capacity && !make_room(w, a->counter_count)) {
			batch->failed = true;
			return;
		}
	}
	uint32_t first = w->first[w->rows] = w->counters;
	w->test_ref[w->rows] = row->ref[1];
	w->order[w->rows] = row->order;
	bool sites_differ = m->sites_matter && met->sites[0] != met->sites[1];
	if (wait_counters(w, a, b, row->share[1] / row->share[0]))
		t->flipped += row->share[1];
	if (a->max >= m->side[0].hot)
		t->served_function += row->share[1];
	for (unsigned s = 0; s < 2; s++) {
		const struct pgo_function *f = met->f[s];
		w->share[s][w->rows] = row->share[s];
		batch->share[s] += row->share[s];
		pgo_skew_add(&batch->skew[s], f->counters, f->counter_count, f->max, row->share[s] * m->side[s].total,
			     m->side[s].hot);
	}
	w->rows++;
	if (is_large(batch, row, tested) || sites_differ)
		w->row[w->large++] =
			(struct pgo_waiting_row){.row = *row,
						 .first = first,
						 .last = w->counters,
						 .tested = tested ? (uint32_t)batch->tested.count - 1 : PGO_NO_INDEX,
						 .sites_differ = sites_differ};
}

static void measure_alone(struct pgo_batch *batch, const struct pgo_measure *m, struct pgo_row *row,
			  const struct pgo_meeting *met)
{
	/* Against an all-zero profile the divergence is one by convention: its mass is nowhere in B. */
	bool against_nothing = m->side[0].scale == 0 || m->side[1].scale == 0;
	row->jsd_bits = (row->share[0] + row->share[1]) * (against_nothing ? 1 : 0.5);
	if (row->share[1] > 0)
		test_alone(batch, m, row, met->f[1]);
	if (row->share[0] > 0)
		train_alone(batch, m, met->f[0]);
	/* The first term of the chain rule, function by function; the second is what is left. */
	batch->sum.between += row->jsd_bits;
	batch->sum.jsd += row->jsd_bits;
	batch->sum.hellinger += row->jsd_bits;
	batch->sum.variation += row->jsd_bits;
}

/* Of the light rows those with most of A's mass, with some to spare; among equals the first. */
static void cut_light(struct pgo_batch *batch)
{
	struct pgo_share_pair *p = batch->light.items;
	double shares[2 * PGO_LIGHT];
	size_t kept = 0, above = 0;
	for (size_t i = 0; i < batch->light.count; i++)
		shares[i] = p[i].train;
	double least = pgo_select_largest(shares, batch->light.count, PGO_LIGHT);
	for (size_t i = 0; i < batch->light.count; i++)
		above += p[i].train > least;
	for (size_t i = 0; i < batch->light.count; i++) {
		if (p[i].train < least || (p[i].train == least && above >= PGO_LIGHT))
			continue;
		above += p[i].train == least;
		p[kept++] = p[i];
	}
	batch->light.count = kept;
	batch->light_least = least;
}

static void keep_matching(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_row *row)
{
	struct pgo_share_pair pair = {row->share[0], row->share[1]};
	if (pair.train >= m->heavy) {
		batch->failed |= pgo_vec_push(&batch->heavy, pair) != 0;
		return;
	}
	if (pair.train <= batch->light_least)
		return;
	if (pgo_vec_push(&batch->light, pair))
		batch->failed = true;
	else if (batch->light.count == 2 * PGO_LIGHT)
		cut_light(batch);
}

/* Keep a row that may be listed. Those that cannot be, because enough come before, are told by two numbers. */
static void keep_first(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_row *row)
{
	double mass = row->share[0] + row->share[1];
	if (row->jsd_bits < batch->first_bits || (row->jsd_bits == batch->first_bits && mass < batch->first_mass) ||
	    (mass == 0 && batch->first_mass == 0))
		return;
	if (pgo_vec_push(&batch->first, *row)) {
		batch->failed = true;
		return;
	}
	size_t limit = m->max_functions;
	if (!limit || batch->first.count < 2 * limit)
		return;
	if (pgo_rows_cut(&batch->first, limit, m->side)) {
		batch->failed = true;
		return;
	}
	const struct pgo_row *last = &batch->first.items[limit - 1];
	batch->first_bits = last->jsd_bits;
	batch->first_mass = last->share[0] + last->share[1];
}

void pgo_measure_row(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_meeting *met)
{
	bool a_ran = ran(met->f[0]), b_ran = ran(met->f[1]);
	struct pgo_totals *t = &batch->sum;
	struct pgo_row row = {.ref = {met->ref[0], met->ref[1]},
			      .order = batch->order++,
			      .index = {met->index[0], met->index[1]},
			      .join = (uint8_t)met->join,
			      .class = {PGO_CLASS_NEVER, PGO_CLASS_NEVER}};
	t->join_count[met->join]++;
	if (met->join == PGO_JOIN_MISMATCHED)
		t->mismatched[met->f[1] != NULL]++;
	if (!a_ran && !b_ran) {
		keep_first(batch, m, &row);
		return;
	}
	t->ran++;
	row.share[0] = a_ran ? pgo_function_mass(met->f[0]) * m->side[0].scale : 0;
	row.share[1] = b_ran ? pgo_function_mass(met->f[1]) * m->side[1].scale : 0;
	for (unsigned s = 0; s < 2; s++)
		if (s ? b_ran : a_ran)
			row.class[s] = (uint8_t)class_of(met->f[s]->max, &m->side[s]);
	t->join_mass[met->join][0] += row.share[0];
	t->join_mass[met->join][1] += row.share[1];
	if (a_ran) {
		keep_matching(batch, m, &row);
		pgo_blamed_add(&batch->blamed, PGO_BLAME_HEAVIEST, row.ref[0], row.order, row.share[0]);
	}
	bool both = a_ran && b_ran;
	if (!both)
		measure_alone(batch, m, &row, met);
	bool tested = m->least_tested >= 0 && row.share[0] + row.share[1] >= m->least_tested;
	if (tested && pgo_vec_push(&batch->tested, row)) {
		batch->failed = true;
		return;
	}
	if (both)
		measure_both(batch, m, &row, met, tested);
	else
		keep_first(batch, m, &row);
}

void pgo_batch_release(struct pgo_batch *batch)
{
	pgo_vec_release(&batch->tested);
	pgo_vec_release(&batch->first);
	pgo_vec_release(&batch->heavy);
	pgo_vec_release(&batch->light);
}
