/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/comparing.h"

#define TESTS_PER_JOB 256

/* Independent filtering: whether a function is tested depends on its mean share alone, not on how the sides differ. */
static int choose_tested(struct pgo_comparing *w)
{
	size_t count = 0, at = 0;
	for (size_t i = 0; i < w->batches.count; i++)
		count += w->batches.items[i].tested.count;
	w->tested = pgo_array_new(count, sizeof *w->tested);
	if (!w->tested)
		return PGO_ENOMEM;
	for (size_t i = 0; i < w->batches.count; i++) {
		const pgo_rows *from = &w->batches.items[i].tested;
		for (size_t k = 0; k < from->count; k++)
			w->tested[at++] = (struct pgo_tested){.row = &from->items[k]};
	}
	w->tested_count = count;
	return PGO_OK;
}

/* Stale functions are no pairs. */
static int correlate(struct pgo_comparing *w)
{
	double *x = pgo_array_new(w->tested_count, sizeof *x), *y = pgo_array_new(w->tested_count, sizeof *y);
	size_t n = 0;
	int rc = PGO_ENOMEM;
	for (size_t i = 0; x && y && i < w->tested_count; i++) {
		const struct pgo_row *row = w->tested[i].row;
		x[n] = row->share[0];
		y[n] = row->share[1];
		n += row->join != PGO_JOIN_MISMATCHED;
	}
	if (x && y)
		rc = pgo_rank_correlations(&w->spearman, &w->kendall, x, y, n);
	free(x);
	free(y);
	return rc;
}

/*
 * Shares by their leading bits: exponent and two bits of the mantissa. A share is at most 1 (and a rounding error), so
 * these are below SHARE_BINS.
 */
#define SHARE_BIN_SHIFT 50
#define SHARE_BINS 4096
struct share_bin {
	uint64_t count;
	double test; /* B's share */
};

static size_t share_bin(double share)
{
	uint64_t bits;
	memcpy(&bits, &share, sizeof bits);
	size_t bin = bits >> SHARE_BIN_SHIFT;
	return bin < SHARE_BINS ? bin : SHARE_BINS - 1;
}

static const pgo_share_pairs *pairs_of(const struct pgo_comparing *w, size_t list)
{
	const struct pgo_batch *b = &w->batches.items[list / 2];
	return list % 2 ? &b->light : &b->heavy;
}

static struct share_bin *count_shares(const struct pgo_comparing *w)
{
	struct share_bin *bins = calloc(SHARE_BINS, sizeof *bins);
	for (size_t l = 0; bins && l < 2 * w->batches.count; l++) {
		const pgo_share_pairs *p = pairs_of(w, l);
		for (size_t i = 0; i < p->count; i++) {
			struct share_bin *bin = &bins[share_bin(p->items[i].train)];
			bin->count++;
			bin->test += p->items[i].test;
		}
	}
	return bins;
}

/* The first `n` of the pairs in a bin, by falling share of A: their shares of B. */
static int sum_in_bin(double *sum, const struct pgo_comparing *w, const struct share_bin *bins, size_t bin, size_t n)
{
	size_t count = 0;
	double *x = pgo_array_new(bins[bin].count, sizeof *x), *y = pgo_array_new(bins[bin].count, sizeof *y);
	int rc = x && y ? PGO_OK : PGO_ENOMEM;
	for (size_t l = 0; rc == PGO_OK && l < 2 * w->batches.count; l++) {
		const pgo_share_pairs *p = pairs_of(w, l);
		for (size_t i = 0; i < p->count; i++)
			if (share_bin(p->items[i].train) == bin) {
				x[count] = p->items[i].train;
				y[count++] = p->items[i].test;
			}
	}
	if (rc == PGO_OK)
		rc = pgo_sums_of_top(sum, x, y, count, &n, 1);
	free(x);
	free(y);
	return rc;
}

/*
 * B's share in A's 10 and 100 largest functions, and in as many as have a hot counter. A function with a hot counter
 * has at least that mass, so where they are 100 or more, only heavy ones can be among the largest.
 */
static int match_weights(struct pgo_comparing *w)
{
	const size_t sizes[3] = {10, PGO_LIGHT, w->out[0].skew.hot_functions};
	if (w->measure.side[0].total == 0 || w->measure.side[1].total == 0)
		return PGO_OK;
	struct share_bin *bins = count_shares(w);
	int rc = bins ? PGO_OK : PGO_ENOMEM;
	for (unsigned k = 0; rc == PGO_OK && k < 3; k++) {
		double sum = 0, rest = 0;
		size_t left = sizes[k], bin = SHARE_BINS;
		while (left && bin > 0 && bins[bin - 1].count <= left) {
			bin--;
			left -= bins[bin].count;
			sum += bins[bin].test;
		}
		if (left && bin > 0)
			rc = sum_in_bin(&rest, w, bins, bin - 1, left);
		sum += rest;
		w->matching[k] = (struct pgo_optional){true, sum < 1 ? sum : 1};
	}
	free(bins);
	return rc;
}

/* The rows to hand out, in order. */
static int order_rows(struct pgo_comparing *w)
{
	size_t limit = w->options->max_functions, count = 0;
	double least = atomic_load(&w->bounds.first_bits);
	for (size_t i = 0; i < w->batches.count; i++)
		count += w->batches.items[i].first.count;
	if (pgo_vec_reserve(&w->rows, limit ? 2 * limit : count + 1))
		return PGO_ENOMEM;
	for (size_t i = 0; i < w->batches.count; i++) {
		const pgo_rows *from = &w->batches.items[i].first;
		for (size_t k = 0; k < from->count; k++)
			if (from->items[k].jsd_bits >= least && pgo_vec_push(&w->rows, from->items[k]))
				return PGO_ENOMEM;
	}
	return pgo_rows_cut(&w->rows, limit ? limit : w->rows.count, w->measure.side);
}

/* This stage: what needs all rows, the longest first, beside the tests, which need only their own. */
static int (*const alone[])(struct pgo_comparing *) = {match_weights, correlate, order_rows};
#define ALONE (sizeof alone / sizeof alone[0])

static void test_job(void *context, size_t index)
{
	struct pgo_comparing *w = context;
	if (index < ALONE) {
		if (alone[index](w) != PGO_OK)
			atomic_store(&w->test_failed, true);
		return;
	}
	size_t first = (index - ALONE) * TESTS_PER_JOB, last = first + TESTS_PER_JOB;
	for (size_t i = first; i < last && i < w->tested_count; i++)
		w->tested[i].p_value = pgo_test_row(w->tested[i].row, w->size);
}

static bool opposite_classes(enum pgo_class a, enum pgo_class b)
{
	return (a == PGO_CLASS_HOT && b >= PGO_CLASS_COLD) || (b == PGO_CLASS_HOT && a >= PGO_CLASS_COLD);
}

static bool flagged(const struct pgo_comparing *w, const struct pgo_tested *t)
{
	const struct pgo_compare_options *o = w->options;
	const struct pgo_row *r = t->row;
	double low = r->share[0] < r->share[1] ? r->share[0] : r->share[1];
	double high = r->share[0] < r->share[1] ? r->share[1] : r->share[0];
	if (t->q_value > o->alpha)
		return false;
	return high >= o->effect_ratio * low || (low > 0 && r->shape_tv >= o->effect_tv) ||
	       opposite_classes((enum pgo_class)r->class[0], (enum pgo_class)r -> class[1]);
}

int pgo_rows_test(struct pgo_comparing *w)
{
	int rc = choose_tested(w);
	if (rc)
		return rc;
	w->size = w->options->n_eff * w->sum.ran;
	pgo_parallel(test_job, w, ALONE + (w->tested_count + TESTS_PER_JOB - 1) / TESTS_PER_JOB, w->threads);
	if (atomic_load(&w->test_failed))
		return PGO_ENOMEM;
	rc = pgo_benjamini_hochberg(w->tested, w->tested_count);
	for (size_t i = 0; rc == PGO_OK && i < w->tested_count; i++)
		w->flagged += flagged(w, &w->tested[i]);
	return rc;
}

static int by_order(const void *x, const void *y)
{
	uint64_t a = ((const struct pgo_tested *)x)->row->order, b = ((const struct pgo_tested *)y)->row->order;
	return a < b ? -1 : a > b;
}

static int fill_function(struct pgo_function_comparison *f, const struct pgo_comparing *w, const struct pgo_row *r)
{
	const struct pgo_side_view *side = w->measure.side;
	struct pgo_tested key = {.row = r};
	bool both = r->share[0] > 0 && r->share[1] > 0;

	*f = (struct pgo_function_comparison){
		.train_index = r->index[0],
		.test_index = r->index[1],
		.join = (uint8_t)r->join,
		.train_class = r->class[0],
		.test_class = r->class[1],
		.train_dominant = pgo_record_dominant(&side[0], r->ref[0]),
		.test_dominant = pgo_record_dominant(&side[1], r->ref[1]),
		.train_share = r->share[0],
		.test_share = r->share[1],
		.jsd_bits = r->jsd_bits,
	};
	if (both) {
		f->dominant_differs = f->train_dominant != f->test_dominant;
		f->log2_ratio = (struct pgo_optional){true, log2(r->share[1] / r->share[0])};
		f->shape_tv = (struct pgo_optional){true, r->shape_tv};
	}
	const struct pgo_tested *t = bsearch(&key, w->tested, w->tested_count, sizeof *w->tested, by_order);
	if (!t)
		return PGO_OK;
	f->p_value = (struct pgo_optional){true, t->p_value};
	f->q_value = (struct pgo_optional){true, t->q_value};
	f->flagged = flagged(w, t);
	return pgo_test_shape(f, r, side, w->size);
}

static const char *copy_name(char **at, struct pgo_function f)
{
	char *name = *at;
	if (f.name_length)
		memcpy(name, f.name, f.name_length);
	name[f.name_length] = '\0';
	*at += f.name_length + 1;
	return name;
}

static struct pgo_function culprit(const struct pgo_comparing *w, unsigned kind, unsigned i)
{
	unsigned side = kind != PGO_BLAME_HEAVIEST;
	return pgo_ref_head(w->measure.side[side].profile, w->blamed.rows[kind][i].ref);
}

int pgo_rows_list(struct pgo_comparison *out, struct pgo_comparing *w)
{
	size_t bytes = 1;
	for (size_t i = 0; i < w->rows.count; i++)
		bytes += pgo_row_function(&w->rows.items[i], w->measure.side).name_length + 1u;
	for (unsigned kind = 0; kind < PGO_BLAME_KINDS; kind++)
		for (unsigned i = 0; i < PGO_CULPRITS; i++)
			if (w->blamed.rows[kind][i].share > 0)
				bytes += culprit(w, kind, i).name_length + 1u;
	struct pgo_function_comparison *list = pgo_array_new(w->rows.count, sizeof *list);
	char *names = malloc(bytes), *at = names;
	int rc = list && names ? PGO_OK : PGO_ENOMEM;
	for (size_t i = 0; rc == PGO_OK && i < w->rows.count; i++) {
		rc = fill_function(&list[i], w, &w->rows.items[i]);
		list[i].name = copy_name(&at, pgo_row_function(&w->rows.items[i], w->measure.side));
	}
	if (rc != PGO_OK) {
		free(list);
		free(names);
		return rc;
	}
	for (unsigned kind = 0; kind < PGO_BLAME_KINDS; kind++)
		for (unsigned i = 0; i < PGO_CULPRITS; i++)
			if (w->blamed.rows[kind][i].share > 0)
				out->culprits[kind][i] = (struct pgo_culprit){copy_name(&at, culprit(w, kind, i)),
									      w->blamed.rows[kind][i].share};
	out->functions = list;
	out->names = names;
	out->function_count = w->rows.count;
	for (unsigned j = 0; j < PGO_JOIN_COUNT; j++)
		out->function_total += (size_t)w->sum.join_count[j];
	out->flagged_functions = w->flagged;
	return PGO_OK;
}
