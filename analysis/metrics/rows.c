/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/comparing.h"

#define TESTS_PER_JOB 1024
#define ALONE 2 /* jobs of this stage that are no tests */

/* The record a row is named after: B's where there is one. */
static struct pgo_function function_of(const struct pgo_comparing *w, size_t row)
{
	const struct pgo_pair *pair = &w->join.pairs[row];
	unsigned s = pair->test != PGO_NO_INDEX;
	return pgo_function_head(w->side[s].profile, s ? pair->test : pair->train);
}

/*
 * Independent filtering: whether a function is tested depends on its mean share alone, not on how the sides differ.
 * The shares of both sides add up to 2, so only so many rows can have `least`.
 */
static int choose_tested(struct pgo_comparing *w)
{
	double least = 2 * w->options->min_share;
	size_t most = w->join.count;
	if (least > 0 && 2 / least + 1 < (double)most)
		most = (size_t)(2 / least) + 1;
	w->tested = malloc((most + 1) * sizeof *w->tested);
	if (!w->tested)
		return PGO_ENOMEM;
	if (w->side[0].total == 0 || w->side[1].total == 0)
		return PGO_OK;
	for (size_t i = 0; i < w->join.count && w->tested_count < most; i++) {
		double mass = w->parts[i].train_share + w->parts[i].test_share;
		if (mass == 0 || mass < least)
			continue;
		uint32_t n = function_of(w, i).counter_count;
		w->largest = n > w->largest ? n : w->largest;
		w->tested[w->tested_count++] = (struct pgo_tested){.row = (uint32_t)i};
	}
	return PGO_OK;
}

/* Stale functions are no pairs. */
static int correlate(struct pgo_comparing *w)
{
	double *x = pgo_array_new(w->tested_count, sizeof *x), *y = pgo_array_new(w->tested_count, sizeof *y);
	size_t n = 0;
	int rc = PGO_ENOMEM;
	for (size_t i = 0; x && y && i < w->tested_count; i++) {
		uint32_t row = w->tested[i].row;
		x[n] = w->parts[row].train_share;
		y[n] = w->parts[row].test_share;
		n += w->join.pairs[row].join != PGO_JOIN_MISMATCHED;
	}
	if (x && y)
		rc = pgo_rank_correlations(&w->spearman, &w->kendall, x, y, n);
	free(x);
	free(y);
	return rc;
}

/*
 * B's share in A's 10 and 100 largest functions, and in as many as have a hot counter. A function with a hot counter
 * has at least that mass, so where they are 100 or more, only functions with as much can be among the largest.
 */
static int match_weights(struct pgo_comparing *w)
{
	size_t sizes[3] = {10, 100, w->out[0].skew.hot_functions}, n = 0, most = 0;
	double least = sizes[2] >= 100 ? (double)w->out[0].summary.hot_threshold * w->side[0].scale * (1 - 1e-9) : 0;
	double *x = NULL, *y = NULL, sums[3];
	int rc = PGO_ENOMEM;
	if (w->side[0].total == 0 || w->side[1].total == 0)
		return PGO_OK;
	for (size_t i = 0; i < w->join.count; i++)
		most += w->parts[i].train_share > 0 && w->parts[i].train_share >= least;
	x = pgo_array_new(most, sizeof *x);
	y = pgo_array_new(most, sizeof *y);
	for (size_t i = 0; x && y && i < w->join.count; i++)
		if (w->parts[i].train_share > 0 && w->parts[i].train_share >= least) {
			x[n] = w->parts[i].train_share;
			y[n++] = w->parts[i].test_share;
		}
	if (x && y)
		rc = pgo_sums_of_top(sums, x, y, n, sizes, 3);
	for (unsigned k = 0; rc == PGO_OK && k < 3; k++)
		w->matching[k] = (struct pgo_optional){true, sums[k] < 1 ? sums[k] : 1};
	free(x);
	free(y);
	return rc;
}

/* Which rows are handed out when all are: those with mass in order, the others behind them as joined. */
static int order_all(struct pgo_comparing *w)
{
	size_t massive = 0, rest;
	for (size_t i = 0; i < w->join.count; i++)
		massive += w->parts[i].train_share + w->parts[i].test_share > 0;
	rest = massive;
	massive = 0;
	for (size_t i = 0; i < w->join.count; i++) {
		if (w->join.pairs[i].join == PGO_JOIN_COUNT)
			continue;
		w->order_count++;
		bool mass = w->parts[i].train_share + w->parts[i].test_share > 0;
		w->order[mass ? massive++ : rest++].index = (uint32_t)i;
	}
	return pgo_order_rows(w->order, massive, &w->join, w->parts, w->side);
}

/*
 * The `limit` rows with the most divergence: all rows at or above the limit-th value, then these in order. A row's
 * divergence is at most its mean share, so where the limit-th among the tested has the share that testing takes, no
 * other row comes before it, and the tested ones are enough to look at.
 */
static int order_first(struct pgo_comparing *w, size_t limit)
{
	double *bits = pgo_array_new(w->tested_count, sizeof *bits);
	double least = 0;
	if (!bits)
		return PGO_ENOMEM;
	for (size_t i = 0; i < w->tested_count; i++)
		bits[i] = w->parts[w->tested[i].row].jsd_bits;
	if (w->tested_count >= limit)
		least = pgo_select_largest(bits, w->tested_count, limit);
	free(bits);
	if (least < w->options->min_share || least == 0) {
		int rc = order_all(w);
		w->order_count = limit < w->order_count ? limit : w->order_count;
		return rc;
	}
	for (size_t i = 0; i < w->tested_count; i++)
		if (w->parts[w->tested[i].row].jsd_bits >= least)
			w->order[w->order_count++].index = w->tested[i].row;
	int rc = pgo_order_rows(w->order, w->order_count, &w->join, w->parts, w->side);
	w->order_count = limit;
	return rc;
}

static int order_rows(struct pgo_comparing *w)
{
	size_t limit = w->options->max_functions;
	w->order = pgo_array_new(w->join.count, sizeof *w->order);
	if (!w->order)
		return PGO_ENOMEM;
	return limit ? order_first(w, limit) : order_all(w);
}

/* This stage: what needs all rows beside the tests, which need only their own. */
static void test_job(void *context, size_t index)
{
	struct pgo_comparing *w = context;
	if (index < ALONE) {
		if ((index == 0 ? order_rows(w) : match_weights(w)) != PGO_OK)
			atomic_store(&w->test_failed, true);
		return;
	}
	size_t first = (index - ALONE) * TESTS_PER_JOB, last = first + TESTS_PER_JOB;
	struct pgo_keyed *scratch = malloc((w->largest + 1u) * sizeof *scratch);
	if (!scratch) {
		atomic_store(&w->test_failed, true);
		return;
	}
	for (size_t i = first; i < last && i < w->tested_count; i++) {
		struct pgo_tested *t = &w->tested[i];
		pgo_test_row(t, &w->parts[t->row], &w->join.pairs[t->row], &w->side[0], &w->side[1], w->size, scratch);
	}
	free(scratch);
}

static bool opposite_classes(enum pgo_class a, enum pgo_class b)
{
	return (a == PGO_CLASS_HOT && b >= PGO_CLASS_COLD) || (b == PGO_CLASS_HOT && a >= PGO_CLASS_COLD);
}

static bool flagged(const struct pgo_comparing *w, const struct pgo_tested *t)
{
	const struct pgo_compare_options *o = w->options;
	const struct pgo_part *p = &w->parts[t->row];
	const struct pgo_pair *pair = &w->join.pairs[t->row];
	double low = p->train_share < p->test_share ? p->train_share : p->test_share;
	double high = p->train_share < p->test_share ? p->test_share : p->train_share;
	if (t->q_value > o->alpha)
		return false;
	return high >= o->effect_ratio * low || (low > 0 && p->shape_tv >= o->effect_tv) ||
	       opposite_classes(pgo_record_class(&w->side[0], pair->train), pgo_record_class(&w->side[1], pair->test));
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
	rc = correlate(w);
	if (rc == PGO_OK)
		rc = pgo_benjamini_hochberg(w->tested, w->tested_count);
	for (size_t i = 0; rc == PGO_OK && i < w->tested_count; i++)
		w->flagged += flagged(w, &w->tested[i]);
	return rc;
}

static int by_row(const void *x, const void *y)
{
	const struct pgo_tested *a = x, *b = y;
	return a->row < b->row ? -1 : a->row > b->row;
}

static void fill_function(struct pgo_function_comparison *f, const struct pgo_comparing *w, uint32_t row)
{
	const struct pgo_part *p = &w->parts[row];
	const struct pgo_pair *pair = &w->join.pairs[row];
	struct pgo_tested key = {.row = row};
	bool both = p->train_share > 0 && p->test_share > 0;

	*f = (struct pgo_function_comparison){
		.train_index = pair->train,
		.test_index = pair->test,
		.join = (uint8_t)pair->join,
		.train_class = (uint8_t)pgo_record_class(&w->side[0], pair->train),
		.test_class = (uint8_t)pgo_record_class(&w->side[1], pair->test),
		.train_dominant = pgo_record_dominant(&w->side[0], pair->train),
		.test_dominant = pgo_record_dominant(&w->side[1], pair->test),
		.train_share = p->train_share,
		.test_share = p->test_share,
		.jsd_bits = p->jsd_bits,
	};
	if (both) {
		f->dominant_differs = f->train_dominant != f->test_dominant;
		f->log2_ratio = (struct pgo_optional){true, log2(p->test_share / p->train_share)};
		f->shape_tv = (struct pgo_optional){true, p->shape_tv};
	}
	const struct pgo_tested *t = bsearch(&key, w->tested, w->tested_count, sizeof *w->tested, by_row);
	if (!t)
		return;
	f->p_value = (struct pgo_optional){true, t->p_value};
	f->q_value = (struct pgo_optional){true, t->q_value};
	f->shape_jsd_bits = t->shape_jsd_bits;
	f->ks_p_value = t->ks_p_value;
	f->flagged = flagged(w, t);
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

int pgo_rows_list(struct pgo_comparison *out, struct pgo_comparing *w)
{
	size_t bytes = 1;
	for (size_t i = 0; i < w->order_count; i++)
		bytes += function_of(w, w->order[i].index).name_length + 1u;
	for (unsigned kind = 0; kind < PGO_BLAME_KINDS; kind++)
		for (unsigned i = 0; i < PGO_CULPRITS; i++)
			if (w->blamed.rows[kind][i].share > 0)
				bytes += function_of(w, w->blamed.rows[kind][i].row).name_length + 1u;
	struct pgo_function_comparison *list = pgo_array_new(w->order_count, sizeof *list);
	char *names = malloc(bytes), *at = names;
	if (!list || !names) {
		free(list);
		free(names);
		return PGO_ENOMEM;
	}
	for (size_t i = 0; i < w->order_count; i++) {
		fill_function(&list[i], w, w->order[i].index);
		list[i].name = copy_name(&at, function_of(w, w->order[i].index));
	}
	for (unsigned kind = 0; kind < PGO_BLAME_KINDS; kind++)
		for (unsigned i = 0; i < PGO_CULPRITS; i++)
			if (w->blamed.rows[kind][i].share > 0)
				out->culprits[kind][i] = (struct pgo_culprit){
					copy_name(&at, function_of(w, w->blamed.rows[kind][i].row)),
					w->blamed.rows[kind][i].share};
	out->functions = list;
	out->names = names;
	out->function_count = w->order_count;
	for (unsigned j = 0; j < PGO_JOIN_COUNT; j++)
		out->function_total += (size_t)w->sum.join_count[j];
	out->flagged_functions = w->flagged;
	return PGO_OK;
}
