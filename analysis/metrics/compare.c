/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/compare.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"

#define THREADS 2
#define ROWS_PER_JOB 8192   /* fixed: sums are added up in the order of jobs, so results do not depend on threads */
#define PREFETCH 16	    /* rows */
#define ALONE 3		    /* jobs of the second stage that are no rows */
#define PARALLEL_FROM 20000 /* functions; below, starting a thread costs more than it saves */

/* Everything a comparison holds while it is computed. */
struct work {
	const struct pgo_compare_options *options;
	enum pgo_record_filter filter;
	unsigned threads;
	struct pgo_side_view side[2];
	struct pgo_side out[2];
	struct pgo_join join;
	struct pgo_logs logs;
	struct pgo_part *parts;
	struct pgo_totals *job_totals;
	size_t jobs;
	struct pgo_totals sum;
	struct pgo_optional spearman, kendall, matching[3];
	struct pgo_tested *tested;
	size_t tested_count;
	uint32_t largest; /* counters of the largest tested row */
	struct pgo_keyed *order;
	size_t massive; /* rows with mass: the first of the order */
	struct pgo_function_comparison *list;
	double size;   /* effective executions a profile stands for */
	int failed[3]; /* result codes of the parallel tasks */
	atomic_bool test_failed;
	atomic_size_t flagged;
};

struct pgo_compare_options pgo_compare_defaults(void)
{
	return (struct pgo_compare_options){
		.n_eff = 1000, .alpha = 0.05, .min_share = 1e-5, .effect_ratio = 2, .effect_tv = 0.25};
}

static int differ(struct pgo_error *err, const char *what, bool train, const char *hint)
{
	pgo_error_set(err, PGO_EMISMATCH, "the two profiles are of different kinds: only the %s one %s",
		      train ? "training" : "test", what);
	pgo_error_hint(err, "%s", hint);
	return PGO_EMISMATCH;
}

static int check_kinds(uint32_t a, uint32_t b, struct pgo_error *err)
{
	static const struct {
		uint32_t flag;
		const char *what;
		const char *hint;
	} kinds[] = {
		{PGO_PROFILE_IR, "has IR counters, the other is from the front end",
		 "build both with -fprofile-generate, or both with -fprofile-instr-generate"},
		{PGO_PROFILE_BYTE_COVERAGE, "says covered or not, the other has counts",
		 "build both without byte coverage"},
		{PGO_PROFILE_FN_ENTRY_ONLY, "has function entries only", "build both with the same flags"},
		{PGO_PROFILE_ENTRY_FIRST, "counts the function entry first",
		 "build both with the same -pgo-instrument-entry"},
		{PGO_PROFILE_LOOP_ENTRIES, "counts loop entries",
		 "build both with the same -pgo-instrument-loop-entries"},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if ((a ^ b) & kinds[i].flag)
			return differ(err, kinds[i].what, a & kinds[i].flag, kinds[i].hint);
	return PGO_OK;
}

static int view_side(struct work *w, unsigned s)
{
	struct pgo_side_view *v = &w->side[s];
	struct pgo_side *o = &w->out[s];
	int rc = pgo_profile_summarize(&o->summary, v->profile, w->filter, NULL);
	if (rc)
		return rc;
	o->format = v->profile->format;
	o->version = v->profile->version;
	o->flags = v->profile->flags;
	v->summary = &o->summary;
	v->total = (double)o->summary.total;
	v->scale = v->total > 0 ? 1 / v->total : 0;
	v->log_scale = v->total > 0 ? log2(v->scale) : 0;
	return PGO_OK;
}

/* First stage: the join and either side's own numbers do not need one another. */
static void prepare_job(void *context, size_t index)
{
	struct work *w = context;
	if (index == 0)
		w->failed[0] = pgo_join_build(&w->join, w->side[0].profile, w->side[1].profile, w->filter);
	else
		w->failed[index] = view_side(w, (unsigned)index - 1);
}

static double share_of(const struct pgo_side_view *v, uint32_t index)
{
	if (index == PGO_NO_INDEX || (v->profile->functions[index].flags & PGO_FUNCTION_PSEUDO))
		return 0;
	return (double)v->profile->functions[index].sum * v->scale;
}

static bool is_hot(const struct pgo_side_view *v, const struct pgo_function *f, enum pgo_record_filter filter)
{
	return pgo_function_selected(f, filter) && !(f->flags & PGO_FUNCTION_PSEUDO) && f->sum > 0 &&
	       f->max >= v->summary->hot_threshold;
}

/*
 * What needs function shares only: rank correlations, and B's share in A's n largest functions. Functions run on
 * neither side are left out (they would be one big tie that hides the rest), and stale ones, which are no pairs.
 */
static int correlate(struct work *w)
{
	double *x = pgo_array_new(w->join.count, sizeof *x), *y = pgo_array_new(w->join.count, sizeof *y);
	double *scratch = pgo_array_new(w->join.count, sizeof *scratch);
	size_t sizes[3] = {10, 100, 0}, n = 0;
	int rc = PGO_ENOMEM;
	if (!x || !y || !scratch)
		goto done;
	for (size_t i = 0; i < w->join.count; i++) {
		const struct pgo_pair *p = &w->join.pairs[i];
		x[n] = share_of(&w->side[0], p->train);
		y[n] = share_of(&w->side[1], p->test);
		n += p->join != PGO_JOIN_MISMATCHED && (x[n] > 0 || y[n] > 0);
	}
	for (size_t i = 0; i < w->side[0].profile->function_count; i++)
		sizes[2] += is_hot(&w->side[0], &w->side[0].profile->functions[i], w->filter);
	/* Stale functions follow: among A's largest they take a place and capture nothing. */
	size_t all = n;
	for (size_t i = 0; i < w->join.count; i++)
		if (w->join.pairs[i].join == PGO_JOIN_MISMATCHED && w->join.pairs[i].train != PGO_NO_INDEX) {
			x[all] = share_of(&w->side[0], w->join.pairs[i].train);
			y[all++] = 0;
		}
	rc = pgo_rank_correlations(&w->spearman, &w->kendall, x, y, n);
	for (unsigned k = 0; rc == PGO_OK && k < 3 && w->side[0].total > 0 && w->side[1].total > 0; k++) {
		double sum = pgo_sum_of_top(x, y, all, sizes[k], scratch);
		w->matching[k] = (struct pgo_optional){true, sum < 1 ? sum : 1};
	}
done:
	free(x);
	free(y);
	free(scratch);
	return rc;
}

/* Second stage: what stands on its own first, then the counters in jobs of rows. */
static void pass_job(void *context, size_t index)
{
	struct work *w = context;
	if (index == 0) {
		w->failed[0] = correlate(w);
	} else if (index < ALONE) {
		unsigned s = (unsigned)index - 1;
		w->failed[index] =
			pgo_profile_skew(&w->out[s].skew, w->side[s].profile, w->filter, &w->out[s].summary, NULL);
	} else {
		size_t job = index - ALONE, first = job * ROWS_PER_JOB, last = first + ROWS_PER_JOB;
		if (last > w->join.count)
			last = w->join.count;
		pgo_counters_pass(w->parts, &w->job_totals[job], &w->join, first, last, &w->side[0], &w->side[1],
				  &w->logs);
	}
}

static void add_totals(struct pgo_totals *sum, const struct pgo_totals *t)
{
	_Static_assert(sizeof *sum % sizeof(double) == 0, "totals are doubles only");
	double *to = (double *)sum;
	const double *from = (const double *)t;
	for (size_t i = 0; i < sizeof *sum / sizeof(double); i++)
		to[i] += from[i];
}

/*
 * One walk over the rows: those with mass to the front of the order, the others behind them, and those to be tested to
 * a list of their own. Independent filtering: whether a function is tested depends on its mean share alone, not on how
 * the sides differ.
 */
static int sort_out_rows(struct work *w)
{
	double least = 2 * w->options->min_share;
	bool testable = w->side[0].total > 0 && w->side[1].total > 0;
	/* The shares of both sides add up to 2: no more rows than this can have `least`. */
	size_t most = w->join.count, rest = w->join.count;
	if (least > 0 && 2 / least + 1 < (double)most)
		most = (size_t)(2 / least) + 1;
	w->tested = calloc(most + 1, sizeof *w->tested);
	w->order = pgo_array_new(w->join.count, sizeof *w->order);
	if (!w->tested || !w->order)
		return PGO_ENOMEM;
	for (size_t i = 0; i < w->join.count; i++) {
		struct pgo_part *p = &w->parts[i];
		double mass = p->train_share + p->test_share;
		if (mass == 0) {
			w->order[--rest].index = (uint32_t)i;
			continue;
		}
		w->order[w->massive++].index = (uint32_t)i;
		if (!testable || mass < least || w->tested_count > most)
			continue;
		const struct pgo_pair *pair = &w->join.pairs[i];
		unsigned s = pair->test != PGO_NO_INDEX;
		uint32_t n = w->side[s].profile->functions[s ? pair->test : pair->train].counter_count;
		w->largest = n > w->largest ? n : w->largest;
		p->tested = (uint32_t)w->tested_count;
		w->tested[w->tested_count++].row = (uint32_t)i;
	}
	for (size_t i = rest, k = w->join.count; i < k; i++) { /* they were entered from the end */
		struct pgo_keyed swap = w->order[i];
		w->order[i] = w->order[--k];
		w->order[k] = swap;
	}
	return PGO_OK;
}

#define TESTS_PER_JOB 1024

/* Third stage: the order of the rows beside the tests, which it does not need. */
static void test_job(void *context, size_t index)
{
	struct work *w = context;
	if (index == 0) {
		w->failed[0] = pgo_order_rows(w->order, w->massive, &w->join, w->parts, w->side);
		return;
	}
	size_t first = (index - 1) * TESTS_PER_JOB, last = first + TESTS_PER_JOB;
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

static int run_tests(struct work *w)
{
	int rc = sort_out_rows(w);
	if (rc)
		return rc;
	w->size = w->options->n_eff * w->sum.ran;
	pgo_parallel(test_job, w, 1 + (w->tested_count + TESTS_PER_JOB - 1) / TESTS_PER_JOB, w->threads);
	if (w->failed[0] || atomic_load(&w->test_failed))
		return PGO_ENOMEM;
	return pgo_benjamini_hochberg(w->tested, w->tested_count);
}

static bool opposite_classes(uint8_t a, uint8_t b)
{
	return (a == PGO_CLASS_HOT && b >= PGO_CLASS_COLD) || (b == PGO_CLASS_HOT && a >= PGO_CLASS_COLD);
}

static bool has_effect(const struct pgo_function_comparison *f, const struct pgo_compare_options *o)
{
	double low = f->train_share < f->test_share ? f->train_share : f->test_share;
	double high = f->train_share < f->test_share ? f->test_share : f->train_share;
	return high >= o->effect_ratio * low || (f->shape_tv.present && f->shape_tv.value >= o->effect_tv) ||
	       opposite_classes(f->train_class, f->test_class);
}

static void fill_function(struct pgo_function_comparison *f, const struct work *w, size_t row)
{
	const struct pgo_part *p = &w->parts[row];
	bool both = p->train_share > 0 && p->test_share > 0;

	memset(f, 0, sizeof *f);
	f->train_index = w->join.pairs[row].train;
	f->test_index = w->join.pairs[row].test;
	f->join = (uint8_t)w->join.pairs[row].join;
	f->train_class = p->train_class;
	f->test_class = p->test_class;
	f->train_share = p->train_share;
	f->test_share = p->test_share;
	f->jsd_bits = p->jsd_bits;
	f->train_dominant = p->train_dominant;
	f->test_dominant = p->test_dominant;
	f->dominant_differs = both && p->train_dominant != p->test_dominant;
	if (both) {
		f->log2_ratio = (struct pgo_optional){true, log2(p->test_share / p->train_share)};
		f->shape_tv = (struct pgo_optional){true, p->shape_tv};
	}
	if (p->tested == PGO_NO_INDEX)
		return;
	const struct pgo_tested *t = &w->tested[p->tested];
	f->p_value = (struct pgo_optional){true, t->p_value};
	f->q_value = (struct pgo_optional){true, t->q_value};
	f->shape_jsd_bits = t->shape_jsd_bits;
	f->ks_p_value = t->ks_p_value;
	f->flagged = t->q_value <= w->options->alpha && has_effect(f, w->options);
}

/* Last stage: the rows for the caller, in jobs. */
static void fill_job(void *context, size_t index)
{
	struct work *w = context;
	size_t first = index * ROWS_PER_JOB, last = first + ROWS_PER_JOB;
	size_t flagged = 0;
	for (size_t i = first; i < last && i < w->join.count; i++) {
		/* the rows come from anywhere: ask for those to come */
		size_t ahead = w->order[i + PREFETCH < w->join.count ? i + PREFETCH : i].index;
		__builtin_prefetch(&w->parts[ahead]);
		__builtin_prefetch(&w->join.pairs[ahead]);
		fill_function(&w->list[i], w, w->order[i].index);
		flagged += w->list[i].flagged;
	}
	atomic_fetch_add(&w->flagged, flagged);
}

static int list_functions(struct pgo_comparison *out, struct work *w)
{
	w->list = pgo_array_new(w->join.count, sizeof *w->list);
	if (!w->list)
		return PGO_ENOMEM;
	pgo_parallel(fill_job, w, (w->join.count + ROWS_PER_JOB - 1) / ROWS_PER_JOB, w->threads);
	out->flagged_functions = atomic_load(&w->flagged);
	out->functions = w->list;
	w->list = NULL;
	out->function_count = w->join.count;
	return PGO_OK;
}

static double ratio(double x)
{
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

static void fill_join(struct pgo_comparison *out, const struct work *w)
{
	const struct pgo_totals *t = &w->sum;
	for (unsigned j = 0; j < PGO_JOIN_COUNT; j++)
		out->join[j] = (struct pgo_join_row){.functions = (uint64_t)t->join_count[j],
						     .train_mass = ratio(t->join_mass[j][0]),
						     .test_mass = ratio(t->join_mass[j][1])};
	/* Rows of stale functions stand on one side each; a function is counted once. */
	uint64_t a = w->join.mismatched_train, b = w->join.mismatched_test;
	out->join[PGO_JOIN_MISMATCHED].functions = a > b ? a : b;
	out->join_rate = out->join[PGO_JOIN_MATCHED].test_mass;
	out->overlap_ratio = ratio(t->overlap_llvm);
	out->overlap_mismatched = ratio(out->join[PGO_JOIN_MISMATCHED].test_mass + t->sites_differ);
	out->overlap_unique = out->join[PGO_JOIN_ONLY_TEST].test_mass;
}

static void fill_decisions(struct pgo_decisions *d, const struct pgo_totals *t, bool test_ran)
{
	memcpy(d->table, t->table, sizeof d->table);
	double hot = 0;
	for (unsigned c = 0; c < PGO_CLASS_COUNT; c++) {
		hot += d->table[PGO_CLASS_HOT][c];
		d->missed_functions += d->table[PGO_CLASS_NEVER][c];
	}
	d->missed_functions = ratio(d->missed_functions);
	d->missed_counters = ratio(t->missed_counters);
	d->demoted = ratio(d->table[PGO_CLASS_COLD][PGO_CLASS_HOT] + d->table[PGO_CLASS_NEVER][PGO_CLASS_HOT]);
	d->under_served = test_ran ? ratio(1 - hot) : 0;
	d->under_served_999 = test_ran ? ratio(1 - t->served_999) : 0;
	d->under_served_function = test_ran ? ratio(1 - t->served_function) : 0;
	d->misweighted = ratio(t->misweighted);
	d->wasted_heat = ratio(t->wasted_heat);
	d->flipped = ratio(t->flipped);
	d->shape_tv = ratio(t->shape_tv);
}

static struct pgo_optional jaccard(double both, double a, double b)
{
	double either = a + b - both;
	return either > 0 ? (struct pgo_optional){true, both / either} : (struct pgo_optional){0};
}

static double hot_at(const struct pgo_summary *s, uint32_t cutoff)
{
	for (size_t i = 0; i < s->entry_count; i++)
		if (s->entries[i].cutoff == cutoff)
			return (double)s->entries[i].counter_count;
	return 0;
}

static void fill_distances(struct pgo_comparison *out, const struct work *w)
{
	const struct pgo_totals *t = &w->sum;
	const struct pgo_summary *a = &w->out[0].summary, *b = &w->out[1].summary;
	bool any = w->side[0].total > 0 || w->side[1].total > 0;

	out->jsd_bits = ratio(t->jsd);
	out->jsd_between_bits = ratio(t->between);
	out->jsd_within_bits = ratio(t->jsd - t->between);
	out->hellinger = any ? sqrt(ratio(1 - t->bhattacharyya)) : 0;
	out->total_variation = any ? ratio(1 - t->overlap) : 0;
	out->spearman = w->spearman;
	out->kendall_tau_b = w->kendall;
	memcpy(out->weight_matching, w->matching, sizeof out->weight_matching);
	out->hot_jaccard = jaccard(t->hot_both, hot_at(a, 990000), hot_at(b, 990000));
	out->hot_jaccard_999 = jaccard(t->hot999_both, hot_at(a, 999000), hot_at(b, 999000));
}

static int first_failure(const struct work *w)
{
	for (unsigned i = 0; i < 3; i++)
		if (w->failed[i])
			return w->failed[i];
	return PGO_OK;
}

static int compute(struct pgo_comparison *out, struct work *w)
{
	pgo_parallel(prepare_job, w, 3, w->threads);
	int rc = first_failure(w);
	if (rc)
		return rc;
	w->jobs = (w->join.count + ROWS_PER_JOB - 1) / ROWS_PER_JOB;
	w->parts = pgo_array_new(w->join.count, sizeof *w->parts);
	w->job_totals = calloc(w->jobs + 1, sizeof *w->job_totals);
	if (!w->parts || !w->job_totals)
		return PGO_ENOMEM;
	pgo_logs_init(&w->logs);
	pgo_parallel(pass_job, w, w->jobs + ALONE, w->threads);
	rc = first_failure(w);
	for (size_t i = 0; i < w->jobs; i++)
		add_totals(&w->sum, &w->job_totals[i]);
	if (rc == PGO_OK)
		rc = run_tests(w);
	if (rc)
		return rc;
	out->options = *w->options;
	out->train = w->out[0];
	out->test = w->out[1];
	out->tested_functions = w->tested_count;
	out->train_profile = w->side[0].profile;
	out->test_profile = w->side[1].profile;
	fill_join(out, w);
	fill_distances(out, w);
	fill_decisions(&out->decisions, &w->sum, w->side[1].total > 0);
	pgo_retained_estimate(out);
	return list_functions(out, w);
}

int pgo_compare(struct pgo_comparison *out, const struct pgo_profile *train, const struct pgo_profile *test,
		const struct pgo_compare_options *options, struct pgo_error *err)
{
	struct pgo_compare_options defaults = pgo_compare_defaults();
	struct pgo_comparison result = {0};
	struct work w = {.options = options ? options : &defaults, .side = {{.profile = train}, {.profile = test}}};
	int rc = check_kinds(train->flags, test->flags, err);
	if (rc)
		return rc;
	w.filter = w.options->context_sensitive ? PGO_RECORDS_CS : PGO_RECORDS_NORMAL;
	w.threads = train->function_count + test->function_count >= PARALLEL_FROM ? THREADS : 1;
	rc = compute(&result, &w);
	if (rc == PGO_OK)
		*out = result;
	else
		pgo_error_set(err, rc, "out of memory while comparing %zu and %zu functions", train->function_count,
			      test->function_count);
	pgo_join_release(&w.join);
	free(w.parts);
	free(w.job_totals);
	free(w.tested);
	free(w.order);
	free(w.list);
	return rc;
}

void pgo_comparison_release(struct pgo_comparison *comparison)
{
	free(comparison->functions);
	comparison->functions = NULL;
	comparison->function_count = 0;
}

const char *pgo_class_name(enum pgo_class c)
{
	static const char *const names[PGO_CLASS_COUNT] = {"hot", "warm", "cold", "never"};
	return (unsigned)c < PGO_CLASS_COUNT ? names[c] : "?";
}

const char *pgo_join_name(enum pgo_join_class c)
{
	static const char *const names[PGO_JOIN_COUNT] = {"matched", "mismatched", "only_train", "only_test"};
	return (unsigned)c < PGO_JOIN_COUNT ? names[c] : "?";
}

const char *pgo_comparison_name(const struct pgo_comparison *c, const struct pgo_function_comparison *f)
{
	if (f->test_index != PGO_NO_INDEX)
		return pgo_function_name(c->test_profile, &c->test_profile->functions[f->test_index]);
	return pgo_function_name(c->train_profile, &c->train_profile->functions[f->train_index]);
}
