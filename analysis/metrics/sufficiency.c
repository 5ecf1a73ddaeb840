/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/sufficiency.h"

#include <stdlib.h>

#include "analysis/metrics/weights_mixture.h"

/* Functions that ran, workload by workload: those of workload i are [start[i], start[i + 1]). */
struct runs {
	size_t n;
	size_t *start;
	uint32_t *function;
	double *share;	 /* of the workload's mass */
	uint32_t *seen;	 /* of each panel function: workloads that ran it */
	double *by_seen; /* [j]: M_j, j = 1..n */
};

struct pgo_sufficiency_options pgo_sufficiency_defaults(void)
{
	return (struct pgo_sufficiency_options){.max_missed = 0.1, .orders = 200, .seed = 1, .min_workloads = 5};
}

static void release_runs(struct runs *r)
{
	free(r->start);
	free(r->function);
	free(r->share);
	free(r->seen);
	free(r->by_seen);
}

/* The function's part of the workload's mass; 0 when it did not run. */
static double share_of(const struct pgo_panel *panel, size_t function, size_t workload)
{
	const pgo_count *counters = pgo_panel_measured(panel, function, workload);
	double sum = 0;
	for (uint32_t c = 0; counters && c < pgo_panel_counter_count(panel, function); c++)
		sum += (double)counters[c];
	return panel->totals[workload] ? sum / (double)panel->totals[workload] : 0;
}

static int open_runs(struct runs *r, const struct pgo_panel *panel)
{
	size_t n = panel->profile_count, capacity = 0, used = 0;
	*r = (struct runs){.n = n};
	r->start = pgo_array_new(n, sizeof *r->start);
	r->seen = calloc(panel->function_count + 1, sizeof *r->seen);
	r->by_seen = calloc(n + 2, sizeof *r->by_seen);
	if (!r->start || !r->seen || !r->by_seen)
		return PGO_ENOMEM;
	for (size_t i = 0; i < n; i++)
		capacity += panel->summaries[i].nonzero_functions;
	r->function = pgo_array_new(capacity, sizeof *r->function);
	r->share = pgo_array_new(capacity, sizeof *r->share);
	if (!r->function || !r->share)
		return PGO_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		r->start[i] = used;
		for (size_t f = 0; f < panel->function_count && used < capacity; f++) {
			double share = share_of(panel, f, i);
			if (share <= 0)
				continue;
			r->function[used] = (uint32_t)f;
			r->share[used++] = share;
			r->seen[f]++;
		}
	}
	r->start[n] = used;
	for (size_t e = 0; e < used; e++)
		r->by_seen[r->seen[r->function[e]]] += r->share[e] / (double)n;
	return PGO_OK;
}

/* Each workload against all others: its mass in functions seen once. */
static int leave_one_out(struct pgo_sufficiency *out, const struct runs *r, const struct pgo_panel *panel)
{
	size_t over = 0;
	for (size_t i = 0; i < r->n; i++) {
		struct pgo_sufficiency_workload *w = &out->workloads[i];
		struct pgo_largest largest = {0};
		for (size_t e = r->start[i]; e < r->start[i + 1]; e++) {
			if (r->seen[r->function[e]] != 1)
				continue;
			w->missed += r->share[e];
			w->only_functions++;
			pgo_largest_add(&largest, PGO_ONLY_FUNCTIONS, r->function[e], r->share[e]);
		}
		w->missed = w->missed < 1 ? w->missed : 1;
		for (size_t k = 0; k < largest.count; k++) {
			char *name = pgo_panel_name(panel, largest.items[k].function);
			if (!name)
				return PGO_ENOMEM;
			w->functions[w->named++] = (struct pgo_named){name, largest.items[k].share};
		}
		out->missed_mean += w->missed / (double)r->n;
		out->missed_max = w->missed > out->missed_max ? w->missed : out->missed_max;
		over += w->missed > out->options.max_missed;
	}
	out->chance_over = (double)(1 + over) / (double)(r->n + 1);
	return PGO_OK;
}

static void count_seen(struct pgo_sufficiency *out, const struct runs *r, size_t functions)
{
	for (size_t f = 0; f < functions; f++) {
		out->functions_seen += r->seen[f] > 0;
		out->seen_once += r->seen[f] == 1;
		out->seen_twice += r->seen[f] == 2;
	}
}

static void estimate(struct pgo_sufficiency *out, const struct runs *r)
{
	double once = r->by_seen[1], twice = r->n > 1 ? r->by_seen[2] : 0, bound = out->options.max_missed;
	double wanting = r->n < out->options.min_workloads ? (double)(out->options.min_workloads - r->n) : 0;
	out->singleton_mass = once;
	out->doubleton_mass = twice;
	/* fewer than that are not judged, whatever the estimate */
	if (wanting > 0)
		out->more = (struct pgo_optional){true, wanting};
	if (r->n < 2)
		return;
	double others = (double)(r->n - 1), ratio = once > 0 ? others * once / (others * once + twice) : 0;
	double next = once * ratio;
	out->next = (struct pgo_optional){true, next};
	if (next <= bound)
		out->more = (struct pgo_optional){true, wanting};
	else if (ratio < 1 && bound > 0)
		out->more = (struct pgo_optional){true, fmax(wanting, ceil(log(bound / next) / log(ratio) - 1e-9))};
}

/* missed(k): C(n-j, k) / C(n-1, k) falls by the factor (n-j-k+1) / (n-k) from k - 1 to k. */
static void expect(struct pgo_sufficiency *out, const struct runs *r)
{
	for (size_t k = 0; k < out->point_count; k++)
		out->points[k].workloads = k + 1;
	for (size_t j = 1; j <= r->n; j++) {
		double left = r->by_seen[j];
		for (size_t k = 1; k <= out->point_count; k++) {
			left *= r->n >= j + k ? (double)(r->n - j - k + 1) / (double)(r->n - k) : 0;
			out->points[k - 1].expected += left;
		}
	}
}

static uint64_t draw(uint64_t *state)
{
	/* splitmix64 (Steele, Lea and Flood 2014): any seed will do, and runs with one seed agree everywhere */
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Fisher-Yates. The bias of the remainder is below n / 2^64. */
static void shuffle(size_t *order, size_t n, uint64_t *state)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)(draw(state) % i), kept = order[i - 1];
		order[i - 1] = order[j];
		order[j] = kept;
	}
}

static int rising(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;
	return (a > b) - (a < b);
}

/* Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan, as R and NumPy have it). */
static double quantile(const double *sorted, size_t count, double at)
{
	double place = at * (double)(count - 1);
	size_t below = (size_t)place;
	double part = place - (double)below;
	return below + 1 < count ? sorted[below] + part * (sorted[below + 1] - sorted[below]) : sorted[below];
}

static int walk_orders(struct pgo_sufficiency *out, const struct runs *r, size_t functions)
{
	size_t orders = out->options.orders, n = r->n;
	uint64_t state = out->options.seed;
	size_t *order = pgo_array_new(n, sizeof *order);
	uint32_t *last_seen = calloc(functions + 1, sizeof *last_seen); /* number of the order, from 1 */
	double *missed = pgo_array_new(orders * out->point_count, sizeof *missed);
	int rc = order && last_seen && missed ? PGO_OK : PGO_ENOMEM;
	for (size_t i = 0; rc == PGO_OK && i < n; i++)
		order[i] = i;
	for (size_t o = 0; rc == PGO_OK && o < orders; o++) {
		shuffle(order, n, &state);
		for (size_t k = 0; k < n; k++) {
			double sum = 0;
			for (size_t e = r->start[order[k]]; e < r->start[order[k] + 1]; e++)
				if (last_seen[r->function[e]] != o + 1) {
					last_seen[r->function[e]] = (uint32_t)(o + 1);
					sum += r->share[e];
				}
			if (k > 0)
				missed[(k - 1) * orders + o] = sum < 1 ? sum : 1;
		}
	}
	for (size_t k = 0; rc == PGO_OK && orders && k < out->point_count; k++) {
		double *values = missed + k * orders;
		qsort(values, orders, sizeof *values, rising);
		out->points[k].low = quantile(values, orders, 0.25);
		out->points[k].median = quantile(values, orders, 0.5);
		out->points[k].high = quantile(values, orders, 0.75);
	}
	free(order);
	free(last_seen);
	free(missed);
	return rc;
}

int pgo_sufficiency_measure(struct pgo_sufficiency *out, const struct pgo_panel *panel,
			    const struct pgo_sufficiency_options *options, struct pgo_error *err)
{
	size_t n = panel->profile_count;
	struct pgo_sufficiency s = {.options = options ? *options : pgo_sufficiency_defaults(), .workload_count = n};
	struct runs runs;
	int rc = open_runs(&runs, panel);
	s.point_count = n - 1;
	s.workloads = calloc(n + 1, sizeof *s.workloads);
	s.points = calloc(n + 1, sizeof *s.points);
	if (rc == PGO_OK && (!s.workloads || !s.points))
		rc = PGO_ENOMEM;
	if (rc == PGO_OK)
		rc = leave_one_out(&s, &runs, panel);
	if (rc == PGO_OK) {
		count_seen(&s, &runs, panel->function_count);
		estimate(&s, &runs);
		expect(&s, &runs);
		rc = s.point_count ? walk_orders(&s, &runs, panel->function_count) : PGO_OK;
	}
	release_runs(&runs);
	if (rc != PGO_OK) {
		pgo_sufficiency_release(&s);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	*out = s;
	return PGO_OK;
}

void pgo_sufficiency_release(struct pgo_sufficiency *s)
{
	for (size_t i = 0; s->workloads && i < s->workload_count; i++)
		for (size_t k = 0; k < s->workloads[i].named; k++)
			free(s->workloads[i].functions[k].name);
	free(s->workloads);
	free(s->points);
	*s = (struct pgo_sufficiency){0};
}
