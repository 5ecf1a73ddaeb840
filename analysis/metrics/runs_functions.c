/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "analysis/metrics/runs.h"
#include "analysis/metrics/weights_mixture.h"

#define FUNCTIONS_PER_JOB 16

struct testing {
	struct pgo_runs *runs;
	const struct pgo_panel *panel;
	const struct pgo_workloads *w;
	size_t train;	   /* workloads below are training's */
	bool smaller;	   /* the side whose workloads are chosen: 0 training, 1 test */
	uint32_t counters; /* of the largest function tested */
	bool *failed;	   /* by job */
};

/* One function's workloads; arrays of one job. */
struct laid {
	uint32_t counters;
	double *share;	/* [workload] */
	double *shape;	/* [workload * counters + counter], sums to 1 where it ran */
	double *single; /* the same of one repeat, and of another: 2 * counters */
	double *mean;	/* 2 * counters: of the sides */
	double *distances, *row_sums;
	uint32_t *own, *items, *ran;
};

static bool open_laid(struct laid *l, const struct testing *t)
{
	size_t n = t->w->count;
	*l = (struct laid){.share = pgo_array_new(n, sizeof(double)),
			   .shape = pgo_array_new(n * t->counters, sizeof(double)),
			   .single = pgo_array_new(2 * (size_t)t->counters, sizeof(double)),
			   .mean = pgo_array_new(2 * (size_t)t->counters, sizeof(double)),
			   .distances = pgo_array_new(n * n, sizeof(double)),
			   .row_sums = pgo_array_new(n, sizeof(double)),
			   .own = pgo_array_new(n, sizeof(uint32_t)),
			   .items = pgo_array_new(n, sizeof(uint32_t)),
			   .ran = pgo_array_new(n, sizeof(uint32_t))};
	return l->share && l->shape && l->single && l->mean && l->distances && l->row_sums && l->own && l->items &&
	       l->ran;
}

static void release_laid(struct laid *l)
{
	free(l->share);
	free(l->shape);
	free(l->single);
	free(l->mean);
	free(l->distances);
	free(l->row_sums);
	free(l->own);
	free(l->items);
	free(l->ran);
}

/* Scale to sum 1. @return the sum before; all zero where it is 0 */
static double normalize(double *shape, uint32_t counters)
{
	double sum = 0;
	for (uint32_t c = 0; c < counters; c++)
		sum += shape[c];
	for (uint32_t c = 0; c < counters && sum > 0; c++)
		shape[c] /= sum;
	return sum;
}

static void add_run(double *to, const struct testing *t, const struct laid *l, size_t function, size_t run,
		    double weight)
{
	const pgo_count *counters = pgo_panel_measured(t->panel, function, run);
	for (uint32_t c = 0; counters && c < l->counters; c++)
		to[c] += weight * (double)counters[c] / (double)t->panel->totals[run];
}

static void lay_out(struct laid *l, const struct testing *t, size_t function)
{
	l->counters = pgo_panel_counter_count(t->panel, function);
	memset(l->shape, 0, t->w->count * l->counters * sizeof *l->shape);
	for (size_t i = 0; i < t->w->profile_count; i++)
		add_run(l->shape + t->w->of[i] * l->counters, t, l, function, i, t->w->weight[i]);
	for (size_t k = 0; k < t->w->count; k++)
		l->share[k] = normalize(l->shape + k * l->counters, l->counters);
}

static double variation(const double *p, const double *q, uint32_t counters)
{
	double sum = 0;
	for (uint32_t c = 0; c < counters; c++)
		sum += fabs(p[c] - q[c]);
	return sum / 2 < 1 ? sum / 2 : 1;
}

/* How far repeats of one workload are apart. */
static void measure_noise(struct pgo_function_runs *f, const struct laid *l, const struct testing *t)
{
	double *p = l->single, *q = l->single + l->counters;
	for (size_t i = 0; i < t->w->profile_count; i++)
		for (size_t j = 0; j < i && t->w->size[t->w->of[i]] > 1; j++) {
			if (t->w->of[j] != t->w->of[i])
				continue;
			memset(l->single, 0, 2 * (size_t)l->counters * sizeof *l->single);
			add_run(p, t, l, f->function, i, 1);
			add_run(q, t, l, f->function, j, 1);
			double a = normalize(p, l->counters), b = normalize(q, l->counters);
			f->noise_share = fmax(f->noise_share, fabs(a - b));
			if (a > 0 && b > 0)
				f->noise_tv = fmax(f->noise_tv, variation(p, q, l->counters));
		}
}

/* |mean of the chosen - mean of the others| */
static double gap(const double *share, const uint32_t *chosen, size_t count, size_t all, double total)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += share[chosen[i]];
	return fabs(sum / (double)count - (total - sum) / (double)(all - count));
}

static void test_share(struct pgo_function_runs *f, const struct laid *l, const struct testing *t)
{
	const struct pgo_runs_options *o = &t->runs->options;
	uint64_t seed = pgo_labelling_seed(o->seed, 2 * (uint64_t)f->function), extreme = 0;
	size_t all = t->w->count, chosen = 0;
	double total = 0;
	for (size_t k = 0; k < all; k++) {
		total += l->share[k];
		if ((k >= t->train) == t->smaller)
			l->own[chosen++] = (uint32_t)k;
	}
	/* sums in another order differ by rounding */
	double limit = gap(l->share, l->own, chosen, all, total) - 1e-12 * total / (double)chosen;
	struct pgo_labelling labelling;
	struct pgo_permutation result;
	pgo_labelling_start(&labelling, all, chosen, l->items, o->permutations, seed);
	while (pgo_labelling_next(&labelling)) {
		extreme += gap(l->share, l->items, chosen, all, total) >= limit;
		if (!labelling.exact && extreme == PGO_EXTREME_ENOUGH)
			break;
	}
	pgo_permutation_conclude(&result, &labelling, extreme, PGO_EXTREME_ENOUGH, o->permutations, seed);
	f->share_p = result.p_value;
}

static double hellinger(const double *p, const double *q, uint32_t counters)
{
	double sum = 0;
	for (uint32_t c = 0; c < counters; c++) {
		double d = sqrt(p[c]) - sqrt(q[c]);
		sum += d * d;
	}
	return sqrt(sum / 2);
}

/* Distance of the sides' mean shapes, over the workloads that ran the function. */
static void measure_shape(struct pgo_function_runs *f, const struct laid *l, const struct testing *t)
{
	memset(l->mean, 0, 2 * (size_t)l->counters * sizeof *l->mean);
	for (size_t k = 0; k < t->w->count; k++) {
		bool side = k >= t->train;
		f->ran[side] += l->share[k] > 0;
		for (uint32_t c = 0; c < l->counters; c++)
			l->mean[side * l->counters + c] += l->shape[k * l->counters + c];
	}
	normalize(l->mean, l->counters);
	normalize(l->mean + l->counters, l->counters);
	if (f->ran[0] && f->ran[1])
		f->shape_tv = (struct pgo_optional){true, variation(l->mean, l->mean + l->counters, l->counters)};
}

static void test_shape(struct pgo_function_runs *f, const struct laid *l, const struct testing *t)
{
	const struct pgo_runs_options *o = &t->runs->options;
	size_t count = 0, chosen = 0;
	bool smaller = f->ran[1] < f->ran[0];
	if (!f->shape_tv.present || l->counters < 2 ||
	    pgo_labelling_least_p(f->ran[0] + f->ran[1], f->ran[smaller], o->permutations) > o->alpha)
		return;
	for (size_t k = 0; k < t->w->count; k++) {
		if (l->share[k] <= 0)
			continue;
		if ((k >= t->train) == smaller)
			l->own[chosen++] = (uint32_t)count;
		l->ran[count++] = (uint32_t)k;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j <= i; j++) {
			double d = hellinger(l->shape + l->ran[i] * l->counters, l->shape + l->ran[j] * l->counters,
					     l->counters);
			l->distances[i * count + j] = l->distances[j * count + i] = d;
		}
	struct pgo_energy_table table = {
		.count = count, .distances = l->distances, .stride = count, .row_sums = l->row_sums};
	struct pgo_permutation result;
	pgo_energy_table_sum(&table);
	pgo_energy_permute(&result, &table, l->own, chosen, l->items, o->permutations,
			   pgo_labelling_seed(o->seed, 2 * (uint64_t)f->function + 1), PGO_EXTREME_ENOUGH);
	f->shape_p = (struct pgo_optional){true, result.p_value};
}

static void test_job(void *context, size_t job)
{
	struct testing *t = context;
	struct laid l;
	size_t first = job * FUNCTIONS_PER_JOB, last = first + FUNCTIONS_PER_JOB;
	t->failed[job] = !open_laid(&l, t);
	for (size_t i = first; !t->failed[job] && i < last && i < t->runs->function_count; i++) {
		struct pgo_function_runs *f = &t->runs->functions[i];
		lay_out(&l, t, f->function);
		measure_noise(f, &l, t);
		measure_shape(f, &l, t);
		test_share(f, &l, t);
		test_shape(f, &l, t);
	}
	release_laid(&l);
}

/* Those with a mean share of at least min_share, over all workloads: it does not depend on their labels. */
static int choose(struct testing *t)
{
	struct pgo_runs *r = t->runs;
	const struct pgo_panel *panel = t->panel;
	double size[2] = {(double)t->train, (double)(t->w->count - t->train)};
	r->functions = pgo_array_new(panel->function_count, sizeof *r->functions);
	for (size_t f = 0; r->functions && f < panel->function_count; f++) {
		double share[2] = {0};
		for (size_t i = 0; i < panel->profile_count; i++) {
			uint32_t record = panel->records[f * panel->profile_count + i];
			if (record == PGO_NO_INDEX)
				continue;
			struct pgo_function g = pgo_function_at(panel->profiles[i], record);
			bool side = t->w->of[i] >= t->train;
			if (!(g.flags & PGO_FUNCTION_PSEUDO))
				share[side] +=
					t->w->weight[i] / size[side] * pgo_function_mass(&g) / (double)panel->totals[i];
		}
		double mean = (share[0] * size[0] + share[1] * size[1]) / (size[0] + size[1]);
		if (mean <= 0 || mean < r->options.min_share)
			continue;
		struct pgo_function_runs *one = &r->functions[r->function_count++];
		*one = (struct pgo_function_runs){.function = (uint32_t)f, .share = {share[0], share[1]}};
		if (share[0] > 0 && share[1] > 0)
			one->log2_ratio = (struct pgo_optional){true, log2(share[1] / share[0])};
		uint32_t counters = pgo_panel_counter_count(panel, f);
		t->counters = counters > t->counters ? counters : t->counters;
	}
	return r->functions ? PGO_OK : PGO_ENOMEM;
}

/* Benjamini and Hochberg over all tests made; then who is flagged. */
static int correct(struct pgo_runs *r)
{
	size_t count = 0;
	struct pgo_tested *tests = pgo_array_new(2 * r->function_count, sizeof *tests);
	if (!tests)
		return PGO_ENOMEM;
	for (size_t i = 0; i < r->function_count; i++) {
		tests[count++] = (struct pgo_tested){.p_value = r->functions[i].share_p};
		if (r->functions[i].shape_p.present)
			tests[count++] = (struct pgo_tested){.p_value = r->functions[i].shape_p.value};
	}
	int rc = pgo_benjamini_hochberg(tests, count);
	r->tests_made = count;
	r->least_q = fmin(1, r->least_p * (double)count);
	count = 0;
	for (size_t i = 0; rc == PGO_OK && i < r->function_count; i++) {
		struct pgo_function_runs *f = &r->functions[i];
		const struct pgo_runs_options *o = &r->options;
		f->share_q = tests[count++].q_value;
		if (f->shape_p.present)
			f->shape_q = (struct pgo_optional){true, tests[count++].q_value};
		f->share_flagged = f->share_q <= o->alpha && fabs(f->share[1] - f->share[0]) > f->noise_share &&
				   (!f->log2_ratio.present || fabs(f->log2_ratio.value) >= log2(o->effect_ratio));
		f->shape_flagged = f->shape_q.present && f->shape_q.value <= o->alpha &&
				   f->shape_tv.value >= o->effect_tv && f->shape_tv.value > f->noise_tv;
		r->flagged_count += f->share_flagged || f->shape_flagged;
	}
	free(tests);
	return rc;
}

static int by_weight(const void *x, const void *y)
{
	const struct pgo_function_runs *a = x, *b = y;
	bool flagged_a = a->share_flagged || a->shape_flagged, flagged_b = b->share_flagged || b->shape_flagged;
	double gap_a = fabs(a->share[1] - a->share[0]), gap_b = fabs(b->share[1] - b->share[0]);
	double p_a = a->shape_p.present ? fmin(a->share_p, a->shape_p.value) : a->share_p;
	double p_b = b->shape_p.present ? fmin(b->share_p, b->shape_p.value) : b->share_p;
	if (flagged_a != flagged_b)
		return flagged_a ? -1 : 1;
	if (p_a != p_b)
		return p_a < p_b ? -1 : 1;
	if (gap_a != gap_b)
		return gap_a > gap_b ? -1 : 1;
	return a->function < b->function ? -1 : a->function > b->function;
}

int pgo_runs_functions(struct pgo_runs *r, const struct pgo_panel *panel, const struct pgo_workloads *w)
{
	struct testing t = {.runs = r, .panel = panel, .w = w, .train = r->workload_count[0]};
	t.smaller = r->workload_count[1] < r->workload_count[0];
	r->labellings = pgo_choices(w->count, t.train);
	r->least_p = pgo_labelling_least_p(w->count, r->workload_count[t.smaller], r->options.permutations);
	if (r->least_p > r->options.alpha)
		return PGO_OK;
	int rc = choose(&t);
	if (rc != PGO_OK)
		return rc;
	size_t jobs = (r->function_count + FUNCTIONS_PER_JOB - 1) / FUNCTIONS_PER_JOB;
	t.failed = calloc(jobs + 1, sizeof *t.failed);
	if (!t.failed)
		return PGO_ENOMEM;
	pgo_parallel(test_job, &t, jobs, pgo_processors());
	for (size_t j = 0; j < jobs; j++)
		rc = t.failed[j] ? PGO_ENOMEM : rc;
	free(t.failed);
	if (rc == PGO_OK)
		rc = correct(r);
	if (rc == PGO_OK)
		qsort(r->functions, r->function_count, sizeof *r->functions, by_weight);
	return rc;
}
