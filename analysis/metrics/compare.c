/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/compare.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/compare_keyed.h"
#include "analysis/metrics/comparing.h"

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

static int check_kinds(const struct pgo_profile *train, const struct pgo_profile *test, struct pgo_error *err)
{
	uint32_t a = train->flags, b = test->flags;
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
	if (train->kind != test->kind) {
		pgo_error_set(err, PGO_EMISMATCH,
			      "the two profiles are of different kinds: the training one holds %s, the test one %s",
			      pgo_profile_kind_name(train->kind), pgo_profile_kind_name(test->kind));
		pgo_error_hint(err, "compare profiles that the same kind of tool wrote");
		return PGO_EMISMATCH;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if ((a ^ b) & kinds[i].flag)
			return differ(err, kinds[i].what, a & kinds[i].flag, kinds[i].hint);
	return PGO_OK;
}

static int view_side(struct pgo_comparing *w, unsigned s)
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

static void add_totals(struct pgo_totals *sum, const struct pgo_totals *t)
{
	_Static_assert(sizeof *sum % sizeof(double) == 0, "totals are doubles only");
	double *to = (double *)sum;
	const double *from = (const double *)t;
	for (size_t i = 0; i < sizeof *sum / sizeof(double); i++)
		to[i] += from[i];
}

static void add_blamed(struct pgo_blamed *sum, const struct pgo_blamed *b)
{
	for (unsigned kind = 0; kind < PGO_BLAME_KINDS; kind++)
		for (unsigned i = 0; i < PGO_CULPRITS; i++)
			pgo_blamed_add(sum, kind, b->rows[kind][i].row, b->rows[kind][i].share);
}

static void view_job(void *context, size_t index)
{
	struct pgo_comparing *w = context;
	w->view_failed[index] = view_side(w, (unsigned)index);
}

static void pass_rows(struct pgo_comparing *w, size_t job, size_t first, size_t last)
{
	last = last < first + PGO_ROWS_PER_JOB ? last : first + PGO_ROWS_PER_JOB;
	pgo_counters_pass(w->parts, &w->job_totals[job], &w->job_extremes[job], &w->join, first, last, &w->side[0],
			  &w->side[1], &w->logs);
}

#define ALONE 1

/* The counters of what is joined by exact name, in jobs of rows; beside them what stands on its own. */
static void pass_job(void *context, size_t index)
{
	struct pgo_comparing *w = context;
	if (index == 0)
		w->failed = pgo_join_rest(&w->join, w->side[0].profile, w->side[1].profile);
	else
		pass_rows(w, index - ALONE, (index - ALONE) * PGO_ROWS_PER_JOB, w->join.matched_rows);
}

/* The counters of the other rows. */
static void rest_job(void *context, size_t index)
{
	struct pgo_comparing *w = context;
	pass_rows(w, w->matched_jobs + index, w->join.matched_rows + index * PGO_ROWS_PER_JOB, w->join.count);
}

static size_t jobs_for(size_t rows)
{
	return (rows + PGO_ROWS_PER_JOB - 1) / PGO_ROWS_PER_JOB;
}

static int pass_counters(struct pgo_comparing *w)
{
	struct pgo_skew_sums skew[2] = {{0}};
	size_t most = w->side[0].profile->function_count + 2 * w->side[1].profile->function_count;
	w->parts = pgo_array_new(most, sizeof *w->parts);
	w->job_totals = calloc(jobs_for(most) + 2, sizeof *w->job_totals);
	w->job_extremes = calloc(jobs_for(most) + 2, sizeof *w->job_extremes);
	if (!w->parts || !w->job_totals || !w->job_extremes)
		return PGO_ENOMEM;
	pgo_logs_init(&w->logs);
	w->matched_jobs = jobs_for(w->join.matched_rows);
	pgo_parallel(pass_job, w, ALONE + w->matched_jobs, w->threads);
	if (w->failed)
		return w->failed;
	size_t rest = jobs_for(w->join.count - w->join.matched_rows);
	pgo_parallel(rest_job, w, rest, w->threads);
	for (size_t i = 0; i < w->matched_jobs + rest; i++) {
		add_totals(&w->sum, &w->job_totals[i]);
		add_blamed(&w->blamed, &w->job_extremes[i].blamed);
		for (unsigned s = 0; s < 2; s++)
			pgo_skew_merge(&skew[s], &w->job_extremes[i].skew[s]);
	}
	for (unsigned s = 0; s < 2; s++)
		pgo_skew_finish(&w->out[s].skew, &skew[s], &w->out[s].summary);
	return PGO_OK;
}

static double ratio(double x)
{
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

static void fill_join(struct pgo_comparison *out, const struct pgo_comparing *w)
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

static void fill_distances(struct pgo_comparison *out, const struct pgo_comparing *w)
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

static int compute(struct pgo_comparison *out, struct pgo_comparing *w)
{
	pgo_parallel(view_job, w, 2, w->threads);
	int rc = w->view_failed[0] ? w->view_failed[0] : w->view_failed[1];
	if (rc == PGO_OK)
		rc = pgo_join_exact(&w->join, w->side[0].profile, w->side[1].profile, w->filter, w->threads);
	if (rc == PGO_OK)
		rc = pass_counters(w);
	if (rc == PGO_OK)
		rc = pgo_rows_test(w);
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
	return pgo_rows_list(out, w);
}

int pgo_compare(struct pgo_comparison *out, const struct pgo_profile *train, const struct pgo_profile *test,
		const struct pgo_compare_options *options, struct pgo_error *err)
{
	struct pgo_compare_options defaults = pgo_compare_defaults();
	struct pgo_comparison result = {0};
	struct pgo_comparing w = {.options = options ? options : &defaults,
				  .side = {{.profile = train}, {.profile = test}}};
	int rc = check_kinds(train, test, err);
	if (rc)
		return rc;
	if (pgo_needs_alignment(train, test))
		return pgo_compare_keyed(out, train, test, options, err);
	w.filter = w.options->context_sensitive ? PGO_RECORDS_CS : PGO_RECORDS_NORMAL;
	w.threads = train->function_count + test->function_count >= PGO_PARALLEL_FROM ? PGO_THREADS : 1;
	rc = compute(&result, &w);
	if (rc == PGO_OK)
		*out = result;
	else
		pgo_error_set(err, rc, "out of memory while comparing %zu and %zu functions", train->function_count,
			      test->function_count);
	pgo_join_release(&w.join);
	free(w.parts);
	free(w.job_totals);
	free(w.job_extremes);
	free(w.tested);
	free(w.order);
	return rc;
}

void pgo_comparison_release(struct pgo_comparison *comparison)
{
	free(comparison->functions);
	free(comparison->names);
	comparison->functions = NULL;
	comparison->names = NULL;
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
