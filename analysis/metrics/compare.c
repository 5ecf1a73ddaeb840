/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/compare.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/base/mapping.h"
#include "analysis/metrics/compare_keyed.h"
#include "analysis/metrics/comparing.h"
#include "analysis/metrics/waiting.h"
#include "analysis/model/tally.h"

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

struct pgo_batch *pgo_comparing_batches(struct pgo_comparing *w, size_t count)
{
	if (pgo_vec_reserve(&w->batches, count + 1)) /* so that no batch has an address too */
		return NULL;
	struct pgo_batch *first = w->batches.items + w->batches.count;
	for (size_t i = 0; i < count; i++) {
		first[i] = (struct pgo_batch){.order = (uint64_t)(w->batches.count + i) << 32,
					      .first_bits = -1,
					      .first_mass = -1,
					      .light_least = -1};
		for (unsigned kind = 0; kind < PGO_BLAME_KINDS; kind++)
			for (unsigned k = 0; k < PGO_CULPRITS; k++)
				first[i].blamed.rows[kind][k].ref = PGO_NO_REF;
	}
	w->batches.count += count;
	return first;
}

void pgo_comparing_clear(struct pgo_comparing *w)
{
	memset(&w->bounds, 0, sizeof w->bounds);
	for (size_t i = 0; i < w->batches.count; i++)
		pgo_batch_release(&w->batches.items[i]);
	pgo_vec_release(&w->batches);
	pgo_join_release(&w->join);
}

static size_t jobs_for(size_t rows, size_t each)
{
	return (rows + each - 1) / each;
}

/* A record of the row to come. */
static void meet(struct pgo_meeting *met, unsigned s, struct pgo_function *f, const struct pgo_measure *m, uint64_t ref,
		 uint32_t index)
{
	const struct pgo_profile *p = m->side[s].profile;
	*f = pgo_ref_function(p, ref);
	met->f[s] = f;
	met->ref[s] = ref;
	met->index[s] = index;
	met->sites[s] = p->extra_count ? pgo_profile_extra(p, index).site_count : 0;
}

static struct pgo_meeting nobody(uint32_t join)
{
	return (struct pgo_meeting){
		.ref = {PGO_NO_REF, PGO_NO_REF}, .index = {PGO_NO_INDEX, PGO_NO_INDEX}, .join = join};
}

struct measuring {
	struct pgo_comparing *w;
	struct pgo_batch *batches;
};

/* Test records joined by exact name. */
static void exact_job(void *context, size_t index)
{
	const struct measuring *j = context;
	const struct pgo_measure *m = &j->w->measure;
	const struct pgo_profile *train = m->side[0].profile, *test = m->side[1].profile;
	size_t first = index * PGO_ROWS_PER_JOB, last = first + PGO_ROWS_PER_JOB;
	struct pgo_waiting waiting;
	pgo_batch_start(&j->batches[index], &waiting);
	for (size_t t = first; t < last && t < test->function_count; t++) {
		uint32_t i = j->w->join.partner[t];
		if (i == PGO_NO_INDEX)
			continue;
		struct pgo_function a, b;
		struct pgo_meeting met = nobody(PGO_JOIN_MATCHED);
		meet(&met, 0, &a, m, pgo_function_ref(train, i), i);
		meet(&met, 1, &b, m, pgo_function_ref(test, t), (uint32_t)t);
		pgo_measure_row(&j->batches[index], m, &met);
	}
	pgo_batch_end(&j->batches[index], m);
}

#define LEFT_PER_JOB 2048

static void meet_leftover(struct pgo_meeting *met, unsigned s, struct pgo_function *f, const struct pgo_measure *m,
			  const struct pgo_leftover *item)
{
	*f = (struct pgo_function){.counters = (const pgo_count *)item->counters, .counter_count = item->counter_count};
	if (item->counters)
		pgo_add_up(f);
	else
		*f = pgo_ref_function(m->side[s].profile, item->ref);
	met->f[s] = f;
	met->ref[s] = item->ref;
	met->index[s] = item->index;
	met->sites[s] = item->sites;
}

/* What was left over: test records, then the training records that no test record was joined with. */
static void leftover_job(void *context, size_t index)
{
	const struct measuring *j = context;
	const struct pgo_measure *m = &j->w->measure;
	const struct pgo_leftovers *l = &j->w->join.left;
	size_t first = index * LEFT_PER_JOB, last = first + LEFT_PER_JOB, tests = l->side[1].count;
	struct pgo_waiting waiting;
	pgo_batch_start(&j->batches[index], &waiting);
	for (size_t k = first; k < last && k < tests + l->side[0].count; k++) {
		unsigned s = k < tests;
		const struct pgo_leftover *item = s ? l->side[1].items[k] : l->side[0].items[k - tests];
		struct pgo_function f, g;
		struct pgo_meeting met = nobody(pgo_leftover_class(item, s));
		if (!s && item->matched)
			continue;
		if (item->idle && item->partner == PGO_NO_INDEX && pgo_idle_row(&j->batches[index], met.join)) {
			j->batches[index].sum.mismatched[s] += met.join == PGO_JOIN_MISMATCHED;
			continue;
		}
		meet_leftover(&met, s, &f, m, item);
		if (item->partner != PGO_NO_INDEX)
			meet_leftover(&met, 0, &g, m, l->side[0].items[item->partner]);
		pgo_measure_row(&j->batches[index], m, &met);
	}
	pgo_batch_end(&j->batches[index], m);
}

static int measure_jobs(struct pgo_comparing *w, void (*job)(void *, size_t), size_t count)
{
	struct measuring j = {.w = w, .batches = pgo_comparing_batches(w, count)};
	if (!j.batches)
		return PGO_ENOMEM;
	pgo_parallel(job, &j, count, w->threads);
	for (size_t i = 0; i < count; i++)
		if (j.batches[i].failed)
			return PGO_ENOMEM;
	return PGO_OK;
}

static void summarize_job(void *context, size_t index)
{
	struct pgo_comparing *w = context;
	w->summary_failed[index] =
		pgo_profile_summarize(&w->out[index].summary, w->measure.side[index].profile, w->filter, NULL);
}

void pgo_comparing_set_measure(struct pgo_comparing *w)
{
	struct pgo_measure *m = &w->measure;
	for (unsigned s = 0; s < 2; s++)
		pgo_side_view_set(&m->side[s], &w->out[s].summary);
	m->bounds = &w->bounds;
	m->heavy = (double)m->side[0].hot * m->side[0].scale * (1 - 1e-9);
	m->least_tested = m->side[0].total > 0 && m->side[1].total > 0 ? 2 * w->options->min_share : -1;
}

/* Profiles of any kind: join through a table, then measure. */
static int measure_by_table(struct pgo_comparing *w)
{
	const struct pgo_profile *train = w->measure.side[0].profile, *test = w->measure.side[1].profile;
	pgo_parallel(summarize_job, w, 2, w->threads);
	int rc = w->summary_failed[0] ? w->summary_failed[0] : w->summary_failed[1];
	if (rc)
		return rc;
	for (unsigned s = 0; s < 2; s++)
		pgo_summary_keep_judged(&w->out[s].summary);
	pgo_comparing_set_measure(w);
	w->measure.sites_matter = train->extra_count || test->extra_count;
	rc = pgo_join_exact(&w->join, train, test, w->filter);
	return rc ? rc : measure_jobs(w, exact_job, jobs_for(test->function_count, PGO_ROWS_PER_JOB));
}

static int settle(struct pgo_comparing *w, struct pgo_error *err)
{
	for (unsigned s = 0; s < 2; s++) {
		/* read on demand: the profile stays what it was to whoever looks at it */
		int rc = pgo_profile_settle((struct pgo_profile *)w->measure.side[s].profile, err);
		if (rc)
			return rc;
	}
	return PGO_OK;
}

/* Start to give back what was walked. */
static void drop_pages(struct pgo_comparing *w)
{
	struct pgo_mapping mappings[2] = {{0}};
	for (unsigned s = 0; s < 2; s++) {
		const struct pgo_profile *p = w->measure.side[s].profile;
		if (p->input_mapped && p->settle)
			mappings[s] = (struct pgo_mapping){p->input, p->input_length};
	}
	w->drop = pgo_drop_start(mappings);
	for (unsigned s = 0; w->drop && s < 2; s++)
		/* as with settle(): it stays what it was to whoever looks at it */
		((struct pgo_profile *)w->measure.side[s].profile)->input_dropped = mappings[s].bytes != NULL;
}

/* The records joined by exact name: by a walk where it can be, twice at most, else through a table. */
static int measure_exact(struct pgo_comparing *w, struct pgo_error *err)
{
	const struct pgo_profile *train = w->measure.side[0].profile, *test = w->measure.side[1].profile;
	int rc = PGO_EOF;
	for (bool lazy = true; rc == PGO_EOF && lazy && pgo_walk_fits(train, test, w->filter);) {
		lazy = train->settle || test->settle;
		rc = pgo_walk(w);
		if (rc == PGO_OK && lazy && w->options->last_use)
			drop_pages(w);
		if (rc == PGO_OK)
			return rc;
		pgo_comparing_clear(w);
		if (rc == PGO_EOF && settle(w, err) != PGO_OK)
			return err ? err->code : PGO_EFORMAT;
	}
	if (rc == PGO_EOF)
		rc = settle(w, err);
	return rc ? rc : measure_by_table(w);
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
			pgo_blamed_add(sum, kind, b->rows[kind][i].ref, b->rows[kind][i].order, b->rows[kind][i].share);
}

static int measure_all(struct pgo_comparing *w, struct pgo_error *err)
{
	struct pgo_skew_sums skew[2] = {{0}};
	const struct pgo_leftovers *l = &w->join.left;
	pgo_logs_init(&w->measure.logs);
	w->measure.max_functions = w->options->max_functions;
	int rc = measure_exact(w, err);
	if (rc == PGO_OK)
		rc = pgo_join_leftovers(&w->join.left, w->measure.side[0].profile, w->measure.side[1].profile);
	if (rc == PGO_OK)
		rc = measure_jobs(w, leftover_job, jobs_for(l->side[0].count + l->side[1].count, LEFT_PER_JOB));
	for (size_t i = 0; rc == PGO_OK && i < w->batches.count; i++) {
		add_totals(&w->sum, &w->batches.items[i].sum);
		add_blamed(&w->blamed, &w->batches.items[i].blamed);
		for (unsigned s = 0; s < 2; s++)
			pgo_skew_merge(&skew[s], &w->batches.items[i].skew[s]);
	}
	for (unsigned s = 0; s < 2; s++) {
		const struct pgo_profile *p = w->measure.side[s].profile;
		struct pgo_side *o = &w->out[s];
		o->format = p->format;
		o->version = p->version;
		o->flags = p->flags;
		pgo_skew_finish(&o->skew, &skew[s], &o->summary);
	}
	return rc;
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
						     .train_mass = pgo_share_sum(t->join_mass[j][0]),
						     .test_mass = pgo_share_sum(t->join_mass[j][1])};
	/* Rows of stale functions stand on one side each; a function is counted once. */
	double a = t->mismatched[0], b = t->mismatched[1];
	out->join[PGO_JOIN_MISMATCHED].functions = (uint64_t)(a > b ? a : b);
	out->join_rate = out->join[PGO_JOIN_MATCHED].test_mass;
	out->overlap_ratio = ratio(t->overlap - t->overlap_sites);
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

	out->jsd_bits = ratio(t->jsd);
	out->jsd_between_bits = ratio(t->between);
	out->jsd_within_bits = ratio(t->jsd - t->between);
	out->hellinger = sqrt(ratio(t->hellinger));
	out->total_variation = ratio(t->variation);
	out->spearman = w->spearman;
	out->kendall_tau_b = w->kendall;
	memcpy(out->weight_matching, w->matching, sizeof out->weight_matching);
	out->hot_jaccard = jaccard(t->hot_both, hot_at(a, 990000), hot_at(b, 990000));
	out->hot_jaccard_999 = jaccard(t->hot999_both, hot_at(a, 999000), hot_at(b, 999000));
}

static int compute(struct pgo_comparison *out, struct pgo_comparing *w, struct pgo_error *err)
{
	int rc = measure_all(w, err);
	if (rc == PGO_OK)
		rc = pgo_rows_test(w);
	if (rc)
		return rc;
	out->options = *w->options;
	out->train = w->out[0];
	out->test = w->out[1];
	out->tested_functions = w->tested_count;
	out->train_profile = w->measure.side[0].profile;
	out->test_profile = w->measure.side[1].profile;
	fill_join(out, w);
	fill_distances(out, w);
	fill_decisions(&out->decisions, &w->sum, w->measure.side[1].total > 0);
	pgo_retained_estimate(out);
	return pgo_rows_list(out, w);
}

/* Functions, or as many as the file says it has. */
static size_t size_of(const struct pgo_profile *p)
{
	return p->settle ? p->table_keys : p->function_count;
}

int pgo_compare(struct pgo_comparison *out, const struct pgo_profile *train, const struct pgo_profile *test,
		const struct pgo_compare_options *options, struct pgo_error *err)
{
	struct pgo_compare_options defaults = pgo_compare_defaults();
	struct pgo_comparison result = {0};
	struct pgo_error own = {0}, *at = err ? err : &own;
	struct pgo_comparing w = {.options = options ? options : &defaults,
				  .measure.side = {{.profile = train}, {.profile = test}}};
	int rc = check_kinds(train, test, at);
	if (rc)
		return rc;
	if (pgo_needs_alignment(train, test))
		return pgo_compare_keyed(out, train, test, options, err);
	w.filter = w.options->context_sensitive ? PGO_RECORDS_CS : PGO_RECORDS_NORMAL;
	w.threads = size_of(train) + size_of(test) >= PGO_PARALLEL_FROM ? pgo_processors() : 1;
	rc = compute(&result, &w, at);
	result.drop = w.drop;
	if (rc != PGO_OK)
		pgo_drop_finish(w.drop);
	if (rc == PGO_OK)
		*out = result;
	else if (rc == PGO_ENOMEM)
		pgo_error_set(at, rc, "out of memory while comparing %zu and %zu functions", size_of(train),
			      size_of(test));
	pgo_comparing_clear(&w);
	pgo_vec_release(&w.rows);
	free(w.tested);
	return rc;
}

void pgo_comparison_release(struct pgo_comparison *comparison)
{
	pgo_drop_finish(comparison->drop);
	comparison->drop = NULL;
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
