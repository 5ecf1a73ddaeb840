/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_UNIT_METRICS_SEVERAL_H
#define TESTS_UNIT_METRICS_SEVERAL_H

#include "pgo/panel.h"
#include "support.h"

/* The workloads of tests/validation/several_oracle.py, then its reference. A function without counts is in none. */
static const struct spec oracle_specs[5][7] = {
	{{"a", 1, 0, {900, 90, 10, END}}, {"b", 2, 0, {500, 0, END}}, {"c", 3, 0, {300, END}}, {0}},
	{{"a", 1, 0, {10, 20, 30, END}}, {"c", 3, 0, {700, END}}, {"d", 4, 0, {5000, 40, END}}, {0}},
	{{"b", 2, 0, {40, 60, END}}, {"d", 4, 0, {10, 0, END}}, {"e", 5, 0, {100000, 200, 3, END}}, {0}},
	{{"a", 1, 0, {1, 1, 1, END}}, {"c", 3, 0, {50, END}}, {"g", 6, 0, {800, 8, END}}, {0}},
	{{"a", 1, 0, {400, 50, 20, END}},
	 {"b", 2, 0, {10, 5, END}},
	 {"c", 3, 0, {600, END}},
	 {"d", 4, 0, {2000, 10, END}},
	 {"g", 6, 0, {300, 1, END}},
	 {0}},
};

enum { RUNS_MOST = 64 };

struct runs {
	size_t count;
	struct pgo_profile **profiles; /* room for RUNS_MOST; on the heap, for the panel points to it */
	struct pgo_panel panel;
};

static inline struct runs new_runs(size_t count)
{
	return (struct runs){.count = count, .profiles = calloc(RUNS_MOST, sizeof(struct pgo_profile *))};
}

static inline void open_runs(struct runs *r)
{
	struct pgo_error err = {0};
	if (pgo_panel_open(&r->panel, (const struct pgo_profile *const *)r->profiles, r->count, PGO_RECORDS_NORMAL,
			   &err) != PGO_OK)
		fail_msg("%s", err.message);
}

static inline struct runs oracle_runs(size_t count)
{
	struct runs r = new_runs(count);
	for (size_t i = 0; i < count; i++)
		r.profiles[i] = make_profile(oracle_specs[i]);
	open_runs(&r);
	return r;
}

static inline void close_runs(struct runs *r)
{
	pgo_panel_release(&r->panel);
	for (size_t i = 0; i < r->count; i++)
		pgo_profile_free(r->profiles[i]);
	free(r->profiles);
}

static uint64_t random_state = 88172645463325252u;

static inline double uniform(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (double)(random_state >> 11) / 9007199254740992.0;
}

/* Random profiles over `functions` functions f00, f01, … (at most 60); each ran with chance `ran`, its counters spread
 * over six orders of magnitude. */
static inline struct runs random_runs(size_t count, unsigned functions, double ran)
{
	struct runs r = new_runs(count);
	for (size_t i = 0; i < count; i++) {
		struct spec specs[61] = {0};
		static char names[60][16];
		for (unsigned f = 0; f < functions; f++) {
			snprintf(names[f], sizeof names[f], "f%02u", f);
			specs[f] = (struct spec){.name = names[f], .hash = f + 1};
			unsigned counters = 1 + f % 5;
			bool runs = uniform() < ran || (i == 0 && f == 0);
			for (unsigned c = 0; c < counters; c++)
				specs[f].counters[c] = runs ? 1 + (uint64_t)pow(10, 6 * uniform()) : 0;
			specs[f].counters[counters] = END;
		}
		specs[functions].name = NULL;
		if (i) /* every profile has a count */
			specs[i % functions].counters[0] += 100;
		r.profiles[i] = make_profile(specs);
	}
	open_runs(&r);
	return r;
}

/* Share of each union counter in each profile, from the counters alone: what oracles in the tests work on. */
struct dense {
	size_t n, counters;
	double *p; /* [profile * counters + counter] */
	size_t *function;
};

static inline struct dense dense_of(const struct runs *r)
{
	struct dense d = {.n = r->count, .counters = r->panel.counter_count};
	d.p = calloc(d.n * d.counters + 1, sizeof *d.p);
	d.function = calloc(d.counters + 1, sizeof *d.function);
	for (size_t f = 0; f < r->panel.function_count; f++)
		for (size_t c = 0; c < pgo_panel_counter_count(&r->panel, f); c++) {
			size_t at = r->panel.first_counter[f] + c;
			d.function[at] = f;
			for (size_t i = 0; i < d.n; i++) {
				const pgo_count *counters = pgo_panel_counters(&r->panel, f, i);
				d.p[i * d.counters + at] = counters ? (double)counters[c] : 0;
			}
		}
	for (size_t i = 0; i < d.n; i++) {
		double sum = 0;
		for (size_t c = 0; c < d.counters; c++)
			sum += d.p[i * d.counters + c];
		for (size_t c = 0; c < d.counters && sum > 0; c++)
			d.p[i * d.counters + c] /= sum;
	}
	return d;
}

static inline void close_dense(struct dense *d)
{
	free(d->p);
	free(d->function);
}

static int falling(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;
	return (a < b) - (a > b);
}

/* The cutoff by its definition: sorted, taken from the largest down. */
static inline double sorted_cutoff(const double *values, size_t count, double share)
{
	double *sorted = malloc((count + 1) * sizeof *sorted), total = 0, sum = 0, found = 0;
	memcpy(sorted, values, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, falling);
	for (size_t i = 0; i < count; i++)
		total += sorted[i];
	for (size_t i = 0; i < count && found == 0; i++) {
		sum += sorted[i];
		if (sum >= share * total * (1 - 1e-12))
			found = sorted[i];
	}
	free(sorted);
	return found;
}

#endif
