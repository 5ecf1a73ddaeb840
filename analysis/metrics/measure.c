/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "analysis/metrics/waiting.h"

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

/* A row only one side ran. */
struct alone {
	const pgo_count *counters;
	uint32_t count;
	uint64_t max;
	double mass;
};

static void add_skew(struct pgo_batch *batch, const struct pgo_measure *m, unsigned s, const struct alone *f)
{
	double logs = 0;
	for (uint32_t i = 0; i < f->count; i++)
		logs += pgo_v_log_v(&m->logs, f->counters[i]);
	batch->skew[s].counter_logs += logs;
	batch->skew[s].function_logs += f->mass * pgo_log2(&m->logs, f->mass);
	pgo_skew_add(&batch->skew[s], f->counters, f->count, f->max, f->mass, m->side[s].hot);
}

/* Only B ran it: all of its mass is missed. */
static void test_alone(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_row *row,
		       const struct alone *b)
{
	const struct pgo_side_view *test = &m->side[1];
	double mass[PGO_CLASS_COUNT] = {0}, share = row->share[1];
	for (uint32_t i = 0; i < b->count; i++)
		mass[class_of(b->counters[i], test)] += (double)b->counters[i] * test->scale;
	for (unsigned c = 0; c < PGO_CLASS_COUNT; c++)
		batch->sum.table[PGO_CLASS_NEVER][c] += mass[c];
	pgo_blamed_add(&batch->blamed, PGO_BLAME_MISSED, row->ref[1], row->order, share);
	pgo_blamed_add(&batch->blamed, PGO_BLAME_UNDER_SERVED, row->ref[1], row->order, share);
	pgo_blamed_add(&batch->blamed, PGO_BLAME_DEMOTED, row->ref[1], row->order, mass[PGO_CLASS_HOT]);
	batch->sum.missed_counters += share;
	batch->sum.misweighted += share;
	batch->sum.shape_tv += share;
	add_skew(batch, m, 1, b);
}

/* Only A ran it: what it calls hot there is wasted. */
static void train_alone(struct pgo_batch *batch, const struct pgo_measure *m, const struct alone *a)
{
	const struct pgo_side_view *train = &m->side[0];
	for (uint32_t i = 0; i < a->count && a->max >= train->hot; i++)
		if (a->counters[i] >= train->hot)
			batch->sum.wasted_heat += (double)a->counters[i] * train->scale;
	add_skew(batch, m, 0, a);
}

/* The arrays of counters, each of `each` items, in one piece of memory. */
enum { ARRAYS = 8 };

static void place_arrays(struct pgo_waiting *w, double *memory, size_t each)
{
	double **const doubles[] = {&w->divergence, &w->distance, &w->overlap, &w->under_served, &w->demoted};
	size_t at = 0;
	for (; at < sizeof doubles / sizeof *doubles; at++)
		*doubles[at] = memory + at * each;
	w->x = (uint64_t *)(memory + at++ * each);
	w->y = (uint64_t *)(memory + at++ * each);
	w->of = (uint32_t *)(memory + at++ * each);
}

void pgo_batch_start(struct pgo_batch *batch, struct pgo_waiting *w)
{
	w->rows = w->counters = 0;
	w->capacity = PGO_WAITING_COUNTERS;
	w->heap = NULL;
	w->asked = w->ran = 0;
	w->cuts[0] = w->cuts[1] = NULL;
	w->most[0] = w->most[1] = 0;
	memset(&w->sums, 0, sizeof w->sums);
	place_arrays(w, w->arrays[0], sizeof w->arrays[0] / sizeof w->arrays[0][0]);
	batch->waiting = w;
}

static void keep_first(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_row *row);
static void keep_light(struct pgo_batch *batch, struct pgo_share_pair pair);

/* What the G-test needs to know of the counters, while they are at hand. */
static void count_cells(struct pgo_row *row, const uint64_t *x, const uint64_t *y, uint32_t count,
			const struct pgo_side_view side[2])
{
	for (uint32_t i = 0; i < count; i++)
		row->inverse_sum += 2 / ((double)x[i] * side[0].scale + (double)y[i] * side[1].scale);
	row->cells = count;
}

static void count_cells_alone(struct pgo_row *row, const struct alone *f, const struct pgo_side_view *side)
{
	for (uint32_t i = 0; i < f->count; i++) {
		if (!f->counters[i])
			continue;
		row->inverse_sum += 2 / ((double)f->counters[i] * side->scale);
		row->cells++;
	}
}

/* Of a row both ran, what is asked for of itself. */
static void finish_large(struct pgo_batch *batch, const struct pgo_measure *m, struct pgo_row *row, uint32_t r)
{
	const struct pgo_waiting *w = batch->waiting;
	double bits = 0, distance = 0, overlap = 0, under_served = 0;
	for (uint32_t i = w->first[r]; i < w->first[r + 1]; i++) {
		bits += w->divergence[i];
		distance += w->distance[i];
		overlap += w->overlap[i];
		under_served += w->under_served[i];
	}
	double between = w->between[r], tv = distance / 2 / row->share[1];
	/* The row's own first term is the least it can be; rounding may leave the sum below. */
	row->jsd_bits = bits > between ? bits : between;
	row->shape_tv = tv < 1 ? tv : 1;
	pgo_blamed_add(&batch->blamed, PGO_BLAME_UNDER_SERVED, row->ref[1], row->order, under_served);
	if (w->row[r].sites_differ) {
		batch->sum.sites_differ += row->share[1];
		batch->sum.overlap_sites += overlap;
	}
	keep_first(batch, m, row);
}

/* Can it be on the list, or be to blame? Else its part in the sums is all there is to it. */
static bool is_large(const struct pgo_batch *batch, const struct pgo_row *row)
{
	double mass = row->share[0] + row->share[1], q = row->share[1];
	return mass / 2 >= batch->first_bits || q >= batch->blamed.rows[PGO_BLAME_UNDER_SERVED][PGO_CULPRITS - 1].share;
}

static void keep_both(struct pgo_batch *batch, const struct pgo_measure *m, struct pgo_row *row, uint32_t r,
		      bool tested)
{
	const struct pgo_waiting *w = batch->waiting;
	const struct pgo_waiting_row *from = &w->row[r];
	uint32_t first = w->first[r], count = w->first[r + 1] - first;
	for (unsigned s = 0; s < 2; s++)
		if (w->mass[s][r] > w->marks.mass[s] || (double)w->max[s][r] > w->marks.max[s])
			pgo_skew_tops(&batch->skew[s], from->counters[s], from->count, w->max[s][r], w->mass[s][r]);
	if (tested)
		count_cells(row, w->x + first, w->y + first, count, m->side);
	if (tested || from->sites_differ || is_large(batch, row))
		finish_large(batch, m, row, r);
}

static void keep_alone(struct pgo_batch *batch, const struct pgo_measure *m, struct pgo_row *row,
		       const struct pgo_waiting_row *from, bool tested)
{
	unsigned s = from->counters[1] != NULL;
	const struct alone f = {from->counters[s], from->count, from->max, from->mass};
	/* Against an all-zero profile the divergence is one by convention: its mass is nowhere in B. */
	bool against_nothing = m->side[0].scale == 0 || m->side[1].scale == 0;
	row->jsd_bits = row->share[s] * (against_nothing ? 1 : 0.5);
	batch->sum.join_mass[row->join][s] += row->share[s];
	if (s)
		test_alone(batch, m, row, &f);
	else
		train_alone(batch, m, &f);
	/* The first term of the chain rule, function by function; the second is what is left. */
	batch->sum.between += row->jsd_bits;
	batch->sum.jsd += row->jsd_bits;
	batch->sum.hellinger += row->jsd_bits;
	batch->sum.variation += row->jsd_bits;
	if (tested)
		count_cells_alone(row, &f, &m->side[s]);
	keep_first(batch, m, row);
}

static bool is_alone(const struct pgo_waiting_row *row)
{
	return !row->counters[0] || !row->counters[1];
}

/* A row of which more is asked for than its part in the sums. */
static void keep_row(struct pgo_batch *batch, const struct pgo_measure *m, uint32_t r)
{
	const struct pgo_waiting *w = batch->waiting;
	const struct pgo_waiting_row *from = &w->row[r];
	bool alone = is_alone(from);
	struct pgo_row row = {.ref = {from->ref[0], from->ref[1]},
			      .order = from->order,
			      .index = {from->index[0], from->index[1]},
			      .share = {w->share[0][r], w->share[1][r]},
			      .join = from->join,
			      .class = {PGO_CLASS_NEVER, PGO_CLASS_NEVER}};
	for (unsigned s = 0; s < 2; s++)
		if (from->counters[s])
			row.class[s] = (uint8_t)class_of(alone ? from->max : w->max[s][r], &m->side[s]);
	if (from->counters[0]) {
		if (row.share[0] < m->heavy)
			keep_light(batch, (struct pgo_share_pair){row.share[0], row.share[1]});
		pgo_blamed_add(&batch->blamed, PGO_BLAME_HEAVIEST, row.ref[0], row.order, row.share[0]);
	}
	bool tested = m->least_tested >= 0 && row.share[0] + row.share[1] >= m->least_tested;
	if (alone)
		keep_alone(batch, m, &row, from, tested);
	else
		keep_both(batch, m, &row, r, tested);
	if (tested && pgo_vec_push(&batch->tested, row))
		batch->failed = true;
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
		double demoted = 0;
		for (uint32_t i = w->first[r]; i < w->first[r + 1]; i++)
			demoted += w->demoted[i];
		pgo_blamed_add(&batch->blamed, PGO_BLAME_DEMOTED, w->row[r].ref[1], w->row[r].order, demoted);
	}
}

/* All waiting rows with the mass of a hot counter in A; without a branch, which they would mispredict. */
static void keep_heavy(struct pgo_batch *batch, const struct pgo_measure *m)
{
	const struct pgo_waiting *w = batch->waiting;
	if (pgo_vec_reserve(&batch->heavy, w->rows)) {
		batch->failed = true;
		return;
	}
	size_t at = batch->heavy.count;
	for (uint32_t r = 0; r < w->rows; r++) {
		double p = w->share[0][r];
		batch->heavy.items[at] = (struct pgo_share_pair){p, w->share[1][r]};
		at += (p >= m->heavy) & (p > 0);
	}
	atomic_fetch_add_explicit(&m->bounds->heavy, at - batch->heavy.count, memory_order_relaxed);
	batch->heavy.count = at;
}

/* The higher of what this job and what all know; all know it then. */
static double rise(_Atomic double *bound, double own)
{
	double common = atomic_load_explicit(bound, memory_order_relaxed);
	while (common < own && !atomic_compare_exchange_weak_explicit(bound, &common, own, memory_order_relaxed,
								      memory_order_relaxed))
		;
	return common < own ? own : common;
}

/* From where on a row is looked at: as far as it is known before these rows. */
static struct pgo_kernel_marks marks_of(struct pgo_batch *batch, const struct pgo_measure *m)
{
	struct pgo_bounds *b = m->bounds;
	double first = rise(&b->first_bits, batch->first_bits);
	if (first > batch->first_bits && first > 0) {
		batch->first_bits = first;
		batch->first_mass = first; /* mass is never less than its divergence */
	}
	double both = 2 * batch->first_bits;
	struct pgo_kernel_marks marks = {
		.both = m->least_tested >= 0 && m->least_tested < both ? m->least_tested : both,
		.train = rise(&b->train, batch->blamed.rows[PGO_BLAME_HEAVIEST][PGO_CULPRITS - 1].share),
		.test = rise(&b->test, batch->blamed.rows[PGO_BLAME_UNDER_SERVED][PGO_CULPRITS - 1].share),
		.light = batch->light_least,
		.heavy = m->heavy};
	/* beside so many heavy rows no light one is among the largest */
	if (atomic_load_explicit(&b->heavy, memory_order_relaxed) >= PGO_LIGHT)
		marks.light = batch->light_least = m->heavy;
	for (unsigned s = 0; s < 2; s++) {
		marks.mass[s] = rise(&b->mass[s], batch->skew[s].functions.values[PGO_TOP - 1]);
		marks.max[s] = rise(&b->max[s], batch->skew[s].counters.values[PGO_TOP - 1]);
	}
	return marks;
}

static void measure_waiting(struct pgo_batch *batch, const struct pgo_measure *m)
{
	struct pgo_waiting *w = batch->waiting;
	const struct pgo_kernel_counters counters = {w->x,	  w->y,	      w->of,	       w->ratio,  w->divergence,
						     w->distance, w->overlap, w->under_served, w->demoted};
	const struct pgo_kernel_rows rows = {{w->mass[0], w->mass[1]},
					     {w->max[0], w->max[1]},
					     w->flipped,
					     {w->share[0], w->share[1]},
					     w->ratio,
					     w->between};
	w->marks = marks_of(batch, m);
	struct pgo_kernel_side side[2];
	for (unsigned s = 0; s < 2; s++)
		side[s] = (struct pgo_kernel_side){m->side[s].hot, m->side[s].hot999, m->side[s].cold, m->side[s].scale,
						   m->side[s].log_scale};
	w->first[w->rows] = w->counters;
	for (uint32_t i = w->counters; i % PGO_LANES; i++) {
		w->x[i] = w->y[i] = 0;
		w->of[i] = 0;
	}
	for (uint32_t i = w->rows; i % PGO_LANES; i++) {
		w->mass[0][i] = w->mass[1][i] = 0;
		w->max[0][i] = w->max[1][i] = w->flipped[i] = 0;
	}
	uint64_t kept = pgo_kernel_rows(&rows, w->rows, side, &w->marks, &w->sums) | w->asked;
	double demoted = of_lanes(w->sums.table[PGO_CLASS_COLD][PGO_CLASS_HOT]);
	pgo_kernel_counters(&counters, w->counters, side, &w->sums);
	if (of_lanes(w->sums.table[PGO_CLASS_COLD][PGO_CLASS_HOT]) != demoted)
		blame_demoted(batch);
	if (w->cuts[0])
		pgo_kernel_cut(w->cuts[0], w->x, w->counters, w->most[0]);
	if (w->cuts[1])
		pgo_kernel_cut(w->cuts[1], w->y, w->counters, w->most[1]);
	for (uint64_t left = w->asked; left; left &= left - 1) {
		unsigned r = (unsigned)__builtin_ctzll(left);
		for (unsigned s = 0; s < 2; s++)
			if (is_alone(&w->row[r]))
				w->share[s][r] = w->row[r].counters[s] ? w->row[r].mass * m->side[s].scale : 0;
	}
	keep_heavy(batch, m);
	for (; kept; kept &= kept - 1)
		keep_row(batch, m, (uint32_t)__builtin_ctzll(kept));
	w->rows = w->counters = 0;
	w->asked = 0;
	w->most[0] = w->most[1] = 0;
}

void pgo_batch_end(struct pgo_batch *batch, const struct pgo_measure *m)
{
	struct pgo_waiting *w = batch->waiting;
	struct pgo_kernel_sums *k = &w->sums;
	struct pgo_totals *t = &batch->sum;
	measure_waiting(batch, m);
	t->join_count[PGO_JOIN_MATCHED] += (double)w->ran;
	t->ran += (double)w->ran;
	t->overlap += of_lanes(k->overlap);
	t->jsd += of_lanes(k->divergence);
	t->shape_tv += of_lanes(k->distance) / 2;
	t->between += of_lanes(k->between);
	t->hellinger += of_lanes(k->hellinger);
	t->variation += of_lanes(k->variation);
	t->served_function += of_lanes(k->served_function);
	t->flipped += of_lanes(k->flipped);
	for (unsigned s = 0; s < 2; s++) {
		double share = of_lanes(k->share[s]);
		t->join_mass[PGO_JOIN_MATCHED][s] += share;
		batch->skew[s].counter_logs += of_lanes(k->logs[s]);
		/* mass = share total, so mass log mass = total (share log share + share log total) */
		batch->skew[s].function_logs +=
			m->side[s].total * (of_lanes(k->share_logs[s]) - share * m->side[s].log_scale);
		batch->skew[s].dominant += of_lanes(k->dominant[s]);
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
		for (unsigned s = 0; s < 2; s++)
			batch->skew[s].hot_functions += k->hot_functions[s][i];
	}
	free(w->heap);
	batch->waiting = NULL;
}

bool pgo_waiting_measure(struct pgo_batch *batch, const struct pgo_measure *m, uint32_t count)
{
	struct pgo_waiting *w = batch->waiting;
	measure_waiting(batch, m);
	if (count <= w->capacity)
		return true;
	/* room for the counters of a function larger than what waits at once */
	size_t each = ((size_t)count + 2 * PGO_LANES) & ~(size_t)(PGO_LANES - 1);
	double *heap = calloc(each, ARRAYS * sizeof *heap);
	if (!heap) {
		batch->failed = true;
		return false;
	}
	free(w->heap);
	w->heap = heap;
	w->capacity = count;
	place_arrays(w, heap, each);
	return true;
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

static void keep_light(struct pgo_batch *batch, struct pgo_share_pair pair)
{
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

/* Both ran it, and counter i means the same on both sides. */
static void wait_both(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_meeting *met,
		      struct pgo_waiting_row *row)
{
	struct pgo_waiting *w = batch->waiting;
	const struct pgo_function *a = met->f[0], *b = met->f[1];
	struct pgo_kernel_pair pair;
	pgo_waiting_pair(w, &pair, a->counters, b->counters, a->counter_count);
	row->counters[0] = a->counters;
	row->counters[1] = b->counters;
	row->count = a->counter_count;
	row->sites_differ = m->sites_matter && met->sites[0] != met->sites[1];
	w->asked |= (uint64_t)row->sites_differ << w->rows;
	pgo_waiting_enter(w, &pair, pgo_function_mass(a), pgo_function_mass(b));
}

/* Only side `s` ran it. */
static void wait_alone(struct pgo_batch *batch, unsigned s, const struct pgo_meeting *met, struct pgo_waiting_row *row)
{
	struct pgo_waiting *w = batch->waiting;
	const struct pgo_function *f = met->f[s];
	row->counters[s] = f->counters;
	row->count = f->counter_count;
	row->max = f->max;
	row->mass = pgo_function_mass(f);
	batch->sum.join_count[met->join]++;
	batch->sum.ran++;
	w->first[w->rows] = w->counters;
	w->mass[0][w->rows] = w->mass[1][w->rows] = 0;
	w->max[0][w->rows] = w->max[1][w->rows] = w->flipped[w->rows] = 0;
	w->asked |= (uint64_t)1 << w->rows++;
}

void pgo_measure_row(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_meeting *met)
{
	bool a_ran = ran(met->f[0]), b_ran = ran(met->f[1]);
	if (met->join == PGO_JOIN_MISMATCHED)
		batch->sum.mismatched[met->f[1] != NULL]++;
	if (!a_ran && !b_ran) {
		const struct pgo_row row = {.ref = {met->ref[0], met->ref[1]},
					    .order = batch->order++,
					    .index = {met->index[0], met->index[1]},
					    .join = (uint8_t)met->join,
					    .class = {PGO_CLASS_NEVER, PGO_CLASS_NEVER}};
		batch->sum.join_count[met->join]++;
		keep_first(batch, m, &row);
		return;
	}
	if (!pgo_waiting_room(batch, m, a_ran && b_ran ? met->f[0]->counter_count : 0))
		return;
	struct pgo_waiting_row *row = &batch->waiting->row[batch->waiting->rows];
	*row = (struct pgo_waiting_row){.ref = {met->ref[0], met->ref[1]},
					.order = batch->order++,
					.index = {met->index[0], met->index[1]},
					.join = (uint8_t)met->join};
	if (a_ran && b_ran)
		wait_both(batch, m, met, row);
	else
		wait_alone(batch, b_ran, met, row);
}

void pgo_batch_release(struct pgo_batch *batch)
{
	pgo_vec_release(&batch->tested);
	pgo_vec_release(&batch->first);
	pgo_vec_release(&batch->heavy);
	pgo_vec_release(&batch->light);
}
