/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/distances.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"

/*
 * The counters of the union are cut into parts, these into blocks. Of a block every profile's counters are laid out as
 * shares, side by side, and all pairs take their sum over it while it is in the cache. Parts have sums of their own,
 * added up in their order.
 */
#define PARTS 16
#define BLOCK 2048 /* counters; a function is not cut, so a block may be larger */

static const struct {
	const char *name, *help;
} kinds[PGO_DISTANCE_COUNT] = {
	{"hellinger", "Hellinger distance, 0 to 1"},
	{"jsd", "Jensen-Shannon divergence in bits, 0 to 1"},
	{"tv", "total variation, 1 - overlap, 0 to 1"},
	{"under-served", "share of the column's execution in code that the row does not call hot"},
	{"missed", "share of the column's execution in counters that the row never ran"},
};

const char *pgo_distance_name(enum pgo_distance distance)
{
	return (unsigned)distance < PGO_DISTANCE_COUNT ? kinds[distance].name : "?";
}

const char *pgo_distance_help(enum pgo_distance distance)
{
	return (unsigned)distance < PGO_DISTANCE_COUNT ? kinds[distance].help : "?";
}

bool pgo_distance_find(enum pgo_distance *out, const char *name)
{
	for (unsigned i = 0; i < PGO_DISTANCE_COUNT; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			*out = (enum pgo_distance)i;
			return true;
		}
	*out = PGO_DISTANCE_TV; /* one minus the overlap */
	return strcmp(name, "overlap") == 0;
}

struct measuring {
	const struct pgo_panel *panel;
	enum pgo_distance kind;
	double *scales;	     /* 1 / total of each profile; 0 without counts */
	double *leasts;	     /* share from which a counter is hot, or is one at all */
	double *logs[PARTS]; /* of each profile: its part of the sum of p log2 p; JSD only */
	double *sums[PARTS]; /* n * n */
	atomic_bool failed;
};

struct block {
	double *shares; /* [profile * capacity + counter], or their roots */
	size_t capacity;
	size_t count; /* rounded up to lanes */
};

/* Room for `count` counters of each profile. */
static bool make_room(struct block *b, size_t profiles, size_t count)
{
	if (count <= b->capacity)
		return true;
	count = (count + PGO_LANES - 1) / PGO_LANES * PGO_LANES;
	free(b->shares);
	b->capacity = count;
	b->shares =
		count < SIZE_MAX / sizeof *b->shares / profiles ? malloc(count * profiles * sizeof *b->shares) : NULL;
	return b->shares != NULL;
}

/* Lay out functions [first, last): only counters that some profile ran, the others add nothing to any sum. */
static void fill(struct block *b, const struct measuring *m, size_t first, size_t last)
{
	size_t n = m->panel->profile_count, at = 0;
	for (size_t f = first; f < last; f++) {
		uint32_t counters = pgo_panel_counter_count(m->panel, f);
		bool any = false;
		for (size_t k = 0; k < n; k++) {
			double *to = b->shares + k * b->capacity + at;
			uint32_t record = m->panel->records[f * n + k];
			struct pgo_function g = {0};
			if (record != UINT32_MAX)
				g = pgo_function_at(m->panel->profiles[k], record);
			bool ran = g.sum != 0 && !(g.flags & PGO_FUNCTION_PSEUDO);
			any |= ran;
			for (uint32_t c = 0; c < counters; c++)
				to[c] = ran ? (double)g.counters[c] * m->scales[k] : 0;
		}
		at += any ? counters : 0;
	}
	b->count = (at + PGO_LANES - 1) / PGO_LANES * PGO_LANES;
	for (size_t k = 0; k < n; k++) {
		double *shares = b->shares + k * b->capacity;
		for (size_t i = at; i < b->count; i++)
			shares[i] = 0;
		for (size_t i = 0; m->kind == PGO_DISTANCE_HELLINGER && i < at; i++)
			shares[i] = sqrt(shares[i]);
	}
}

static void add_block(double *sums, double *logs, const struct measuring *m, const struct block *b)
{
	size_t n = m->panel->profile_count;
	for (size_t i = 0; i < n; i++) {
		const double *p = b->shares + i * b->capacity;
		if (m->kind == PGO_DISTANCE_JSD)
			logs[i] += pgo_kernel_mean_logs(p, p, b->count);
		for (size_t j = pgo_distance_symmetric(m->kind) ? i + 1 : 0; j < n; j++) {
			const double *q = b->shares + j * b->capacity;
			double *sum = &sums[i * n + j];
			if (m->kind == PGO_DISTANCE_HELLINGER)
				*sum += pgo_kernel_squares(p, q, b->count);
			else if (m->kind == PGO_DISTANCE_JSD)
				*sum += pgo_kernel_mean_logs(p, q, b->count);
			else if (m->kind == PGO_DISTANCE_TV)
				*sum += pgo_kernel_gaps(p, q, b->count);
			else
				*sum += pgo_kernel_below(p, q, b->count, m->leasts[i]);
		}
	}
}

static void measure_part(void *context, size_t part)
{
	struct measuring *m = context;
	size_t functions = m->panel->function_count, n = m->panel->profile_count;
	size_t first = functions / PARTS * part, end = part + 1 == PARTS ? functions : functions / PARTS * (part + 1);
	struct block b = {0};
	bool room = true;
	while (first < end && room) {
		size_t last = first, counters = 0;
		while (last < end && (last == first || counters + pgo_panel_counter_count(m->panel, last) <= BLOCK))
			counters += pgo_panel_counter_count(m->panel, last++);
		room = make_room(&b, n, counters);
		if (room) {
			fill(&b, m, first, last);
			add_block(m->sums[part], m->logs[part], m, &b);
		}
		first = last;
	}
	if (!room)
		atomic_store(&m->failed, true);
	free(b.shares);
}

static double clamp(double x)
{
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* The distance from the sum over all counters. */
static double conclude(const struct measuring *m, double sum, double log_p, double log_q, bool same)
{
	switch (m->kind) {
	case PGO_DISTANCE_HELLINGER:
		return sqrt(clamp(sum / 2));
	case PGO_DISTANCE_JSD:
		return same ? 0 : clamp((log_p + log_q) / 2 - sum);
	case PGO_DISTANCE_TV:
		return clamp(sum / 2);
	default:
		return clamp(sum);
	}
}

static void fill_values(struct pgo_distances *out, const struct measuring *m)
{
	size_t n = out->count;
	bool symmetric = pgo_distance_symmetric(m->kind);
	for (size_t i = 0; i < n; i++)
		for (size_t j = symmetric ? i : 0; j < n; j++) {
			double sum = 0, log_p = 0, log_q = 0;
			for (size_t part = 0; part < PARTS; part++) {
				sum += m->sums[part][i * n + j];
				log_p += m->logs[part][i];
				log_q += m->logs[part][j];
			}
			double d = conclude(m, sum, log_p, log_q, i == j);
			if (m->scales[i] == 0 || m->scales[j] == 0)
				d = m->scales[i] == m->scales[j] || (!symmetric && m->scales[j] == 0) ? 0 : 1;
			out->values[i * n + j] = d;
			if (symmetric)
				out->values[j * n + i] = d;
		}
}

int pgo_distances_measure(struct pgo_distances *out, const struct pgo_panel *panel, enum pgo_distance kind,
			  struct pgo_error *err)
{
	size_t n = panel->profile_count;
	struct measuring m = {.panel = panel,
			      .kind = kind,
			      .scales = pgo_array_new(n, sizeof *m.scales),
			      .leasts = pgo_array_new(n, sizeof *m.leasts)};
	struct pgo_distances result = {.count = n, .kind = kind, .values = pgo_array_new(n * n, sizeof *result.values)};
	bool room = m.scales && m.leasts && result.values;
	for (size_t part = 0; part < PARTS; part++) {
		m.logs[part] = calloc(n + 1, sizeof *m.logs[part]);
		m.sums[part] = calloc(n * n + 1, sizeof *m.sums[part]);
		room &= m.logs[part] && m.sums[part];
	}
	for (size_t k = 0; room && k < n; k++) {
		double total = (double)panel->totals[k];
		m.scales[k] = total > 0 ? 1 / total : 0;
		/* x >= hot means x / total >= hot / total: both are rounded alike */
		m.leasts[k] = kind == PGO_DISTANCE_MISSED ? m.scales[k] / 2
							  : (double)panel->summaries[k].hot_threshold * m.scales[k];
	}
	if (room)
		pgo_parallel(measure_part, &m, PARTS, pgo_processors());
	room = room && !atomic_load(&m.failed);
	if (room)
		fill_values(&result, &m);
	for (size_t part = 0; part < PARTS; part++) {
		free(m.logs[part]);
		free(m.sums[part]);
	}
	free(m.scales);
	free(m.leasts);
	if (!room) {
		free(result.values);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	*out = result;
	return PGO_OK;
}

void pgo_distances_release(struct pgo_distances *distances)
{
	free(distances->values);
	*distances = (struct pgo_distances){0};
}

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return a < b ? -1 : a > b;
}

/* Hyndman and Fan's type 7: linear between the order statistics around (n - 1) p. */
static double quantile(const double *sorted, size_t count, double p)
{
	double at = (double)(count - 1) * p;
	size_t low = (size_t)at, high = low + 1 < count ? low + 1 : low;
	return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

void pgo_spread_of(struct pgo_spread *out, double *values, size_t count)
{
	*out = (struct pgo_spread){.pairs = count};
	if (count == 0)
		return;
	qsort(values, count, sizeof *values, by_value);
	*out = (struct pgo_spread){.pairs = count,
				   .low = values[0],
				   .quarter = quantile(values, count, 0.25),
				   .median = quantile(values, count, 0.5),
				   .three_quarters = quantile(values, count, 0.75),
				   .high = values[count - 1]};
}
