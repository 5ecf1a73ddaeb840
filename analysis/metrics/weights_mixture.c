/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics/weights_mixture.h"

#include <stdlib.h>

const pgo_count *pgo_panel_measured(const struct pgo_panel *panel, size_t function, size_t profile)
{
	uint32_t record = panel->records[function * panel->profile_count + profile];
	if (record == UINT32_MAX)
		return NULL;
	struct pgo_function f = pgo_profile_function(panel->profiles[profile], record);
	return f.flags & PGO_FUNCTION_PSEUDO || f.max == 0 ? NULL : f.counters;
}

char *pgo_panel_name(const struct pgo_panel *panel, size_t function)
{
	struct pgo_function f = pgo_panel_function(panel, function);
	return pgo_function_name(&f);
}

void pgo_largest_add(struct pgo_largest *l, size_t room, uint32_t function, double share)
{
	size_t at = l->count;
	while (at > 0 && l->items[at - 1].share < share)
		at--;
	if (at >= room)
		return;
	l->count = l->count < room ? l->count + 1 : room;
	memmove(&l->items[at + 1], &l->items[at], (l->count - at - 1) * sizeof l->items[0]);
	l->items[at].function = function;
	l->items[at].share = share;
}

/* The counters above zero of one function in all profiles: appended when there is room, counted either way. */
struct filling {
	struct pgo_mixture *m;
	const struct pgo_panel *panel;
	const pgo_count **counters; /* of one function in each profile */
	size_t rows, entries;
	bool count_only;
};

static void fill_function(struct filling *w, size_t function)
{
	const struct pgo_panel *panel = w->panel;
	struct pgo_mixture *m = w->m;
	uint32_t count = pgo_panel_counter_count(panel, function);
	bool any = false;
	for (size_t p = 0; p < panel->profile_count; p++) {
		w->counters[p] = pgo_panel_measured(panel, function, p);
		any |= w->counters[p] != NULL;
	}
	for (uint32_t c = 0; any && c < count; c++) {
		size_t before = w->entries;
		for (size_t p = 0; p < panel->profile_count; p++) {
			uint64_t v = w->counters[p] ? w->counters[p][c] : 0;
			if (v == 0)
				continue;
			if (!w->count_only) {
				bool hot = v >= panel->summaries[p].hot_threshold;
				double value = (double)v / m->total[p];
				m->profile[w->entries] = (uint32_t)p | (hot ? PGO_MIXTURE_HOT : 0);
				m->value[w->entries] = value;
				m->hot_mass[p] += hot ? value : 0;
			}
			w->entries++;
		}
		if (w->entries == before)
			continue;
		if (!w->count_only) {
			m->start[w->rows] = before;
			m->function[w->rows] = (uint32_t)function;
		}
		w->rows++;
	}
}

int pgo_mixture_open(struct pgo_mixture *out, const struct pgo_panel *panel)
{
	struct pgo_mixture m = {.profile_count = panel->profile_count};
	struct filling w = {.m = &m, .panel = panel, .count_only = true};
	w.counters = pgo_array_new(panel->profile_count, sizeof *w.counters);
	m.total = pgo_array_new(panel->profile_count, sizeof *m.total);
	m.hot_mass = pgo_array_new(panel->profile_count, sizeof *m.hot_mass);
	int rc = PGO_ENOMEM;
	if (!w.counters || !m.total || !m.hot_mass)
		goto done;
	for (size_t p = 0; p < panel->profile_count; p++) {
		m.total[p] = (double)panel->totals[p];
		m.hot_mass[p] = 0;
	}
	for (size_t f = 0; f < panel->function_count; f++)
		fill_function(&w, f);
	m.rows = w.rows;
	m.start = pgo_array_new(w.rows + 1, sizeof *m.start);
	m.function = pgo_array_new(w.rows, sizeof *m.function);
	m.profile = pgo_array_new(w.entries, sizeof *m.profile);
	m.value = pgo_array_new(w.entries, sizeof *m.value);
	if (!m.start || !m.function || !m.profile || !m.value)
		goto done;
	w.rows = w.entries = 0;
	w.count_only = false;
	for (size_t f = 0; f < panel->function_count; f++)
		fill_function(&w, f);
	m.start[m.rows] = w.entries;
	*out = m;
	rc = PGO_OK;
done:
	free(w.counters);
	if (rc != PGO_OK)
		pgo_mixture_release(&m);
	return rc;
}

void pgo_mixture_release(struct pgo_mixture *m)
{
	free(m->start);
	free(m->function);
	free(m->profile);
	free(m->value);
	free(m->total);
	free(m->hot_mass);
	*m = (struct pgo_mixture){0};
}

void pgo_mixture_merge(double *out, const struct pgo_mixture *m, const double *weights)
{
	for (size_t r = 0; r < m->rows; r++) {
		double sum = 0;
		for (size_t e = m->start[r]; e < m->start[r + 1]; e++)
			sum += weights[m->profile[e] & PGO_MIXTURE_PROFILE] * m->value[e];
		out[r] = sum;
	}
}

/* Middle of three, against inputs in order. */
static double middle(double a, double b, double c)
{
	return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/*
 * Selection by weight: the values are parted around a pivot, the larger ones weighed; only the part that holds the
 * answer is parted again. Linear on average.
 */
double pgo_cutoff(const double *values, size_t count, double share, double *scratch)
{
	double total = 0, above = 0;
	size_t low = 0, high = 0;
	for (size_t i = 0; i < count; i++)
		if (values[i] > 0) {
			scratch[high++] = values[i];
			total += values[i];
		}
	double target = share * total * (1 - 1e-12);
	while (low < high) {
		double pivot = middle(scratch[low], scratch[low + (high - low) / 2], scratch[high - 1]);
		size_t greater = low, lesser = high, i = low; /* [low, greater) > pivot, [lesser, high) < pivot */
		double mass = 0, equal = 0;
		while (i < lesser) {
			double v = scratch[i];
			if (v > pivot) {
				mass += v;
				scratch[i++] = scratch[greater];
				scratch[greater++] = v;
			} else if (v < pivot) {
				scratch[i] = scratch[--lesser];
				scratch[lesser] = v;
			} else {
				equal += v;
				i++;
			}
		}
		if (greater > low && above + mass >= target) {
			high = greater;
		} else if (above + mass + equal >= target || lesser == high) {
			return pivot;
		} else {
			above += mass + equal;
			low = lesser;
		}
	}
	return 0;
}

void pgo_mixture_survival(double *out, const struct pgo_mixture *m, const double *merged, double threshold)
{
	for (size_t p = 0; p < m->profile_count; p++)
		out[p] = 0;
	for (size_t r = 0; r < m->rows; r++) {
		if (merged[r] < threshold)
			continue;
		for (size_t e = m->start[r]; e < m->start[r + 1]; e++)
			if (m->profile[e] & PGO_MIXTURE_HOT)
				out[m->profile[e] & PGO_MIXTURE_PROFILE] += m->value[e];
	}
	for (size_t p = 0; p < m->profile_count; p++)
		out[p] = m->hot_mass[p] > 0 && out[p] < m->hot_mass[p] ? out[p] / m->hot_mass[p] : m->hot_mass[p] > 0;
}
