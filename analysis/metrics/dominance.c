/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "analysis/metrics/weights_mixture.h"

#define HOT 0.99
#define COLD 0.999999

/* Thresholds of a merge on real counters. */
struct cutoffs {
	double hot, cold;
};

struct measuring {
	const struct pgo_mixture *m;
	const double *shares; /* sum 1, one for each profile of the panel: 0 for those behind the workloads */
	double *merged, *without, *scratch; /* a number for each row */
	struct cutoffs merged_at;
};

static struct cutoffs cutoffs_of(const double *values, size_t count, double *scratch)
{
	return (struct cutoffs){pgo_cutoff(values, count, HOT, scratch), pgo_cutoff(values, count, COLD, scratch)};
}

/* A row's function ran: its class is never `never`. */
static enum pgo_class class_of(double value, struct cutoffs at)
{
	return value >= at.hot ? PGO_CLASS_HOT : value <= at.cold ? PGO_CLASS_COLD : PGO_CLASS_WARM;
}

/* The merge without workload `out`, summed anew: a difference would leave dust where only it ran. */
static void merge_without(const struct measuring *w, uint32_t left_out)
{
	const struct pgo_mixture *m = w->m;
	double rest = 1 - w->shares[left_out];
	for (size_t r = 0; r < m->rows; r++) {
		double sum = 0;
		for (size_t e = m->start[r]; e < m->start[r + 1]; e++) {
			uint32_t p = m->profile[e] & PGO_MIXTURE_PROFILE;
			if (p != left_out)
				sum += w->shares[p] * m->value[e];
		}
		w->without[r] = sum / rest;
	}
}

static void leave_out(struct pgo_dominance_workload *out, const struct measuring *w, uint32_t left_out)
{
	const struct pgo_mixture *m = w->m;
	double own = 0, sum = 0;
	if (w->shares[left_out] >= 1)
		return;
	merge_without(w, left_out);
	struct cutoffs at = cutoffs_of(w->without, m->rows, w->scratch);
	for (size_t r = 0; r < m->rows; r++) {
		double mass = w->without[r];
		if (mass > 0)
			out->table[class_of(mass, at)][class_of(w->merged[r], w->merged_at)] += mass;
		sum += mass;
		for (size_t e = m->start[r]; mass < at.hot && e < m->start[r + 1]; e++)
			if ((m->profile[e] & PGO_MIXTURE_PROFILE) == left_out)
				own += m->value[e];
	}
	for (int a = 0; a < PGO_CLASS_COUNT; a++)
		for (int b = 0; b < PGO_CLASS_COUNT; b++) {
			out->table[a][b] /= sum; /* 1 but for rounding */
			out->changed += a != b ? out->table[a][b] : 0;
			out->drowned += a == PGO_CLASS_HOT && b != PGO_CLASS_HOT ? out->table[a][b] : 0;
		}
	if (m->total[left_out] > 0)
		out->alone = (struct pgo_optional){true, own < 1 ? own : 1};
}

/* Rows of a function stand together: a function's loss is complete when the next one begins. */
static int find_lost(struct pgo_dominance *out, const struct measuring *w, const struct pgo_panel *panel)
{
	const struct pgo_mixture *m = w->m;
	struct pgo_largest *largest = calloc(out->count + 1, sizeof *largest);
	double *loss = calloc(m->profile_count + 1, sizeof *loss);
	int rc = largest && loss ? PGO_OK : PGO_ENOMEM;
	for (size_t r = 0; rc == PGO_OK && r < m->rows; r++) {
		for (size_t e = m->start[r]; w->merged[r] < w->merged_at.hot && e < m->start[r + 1]; e++)
			if (m->profile[e] & PGO_MIXTURE_HOT)
				loss[m->profile[e] & PGO_MIXTURE_PROFILE] += m->value[e];
		if (r + 1 < m->rows && m->function[r + 1] == m->function[r])
			continue;
		for (size_t p = 0; p < m->profile_count; p++) {
			if (p < out->count && loss[p] > 0)
				pgo_largest_add(&largest[p], PGO_CULPRITS, m->function[r], loss[p] / m->hot_mass[p]);
			loss[p] = 0;
		}
	}
	for (size_t p = 0; rc == PGO_OK && p < out->count; p++) {
		struct pgo_dominance_workload *workload = &out->workloads[p];
		for (size_t i = 0; rc == PGO_OK && i < largest[p].count; i++) {
			char *name = pgo_panel_name(panel, largest[p].items[i].function);
			rc = name ? PGO_OK : PGO_ENOMEM;
			workload->lost[i] = (struct pgo_named){name, largest[p].items[i].share};
			workload->lost_count += name != NULL;
		}
	}
	free(largest);
	free(loss);
	return rc;
}

static void find_extremes(struct pgo_dominance *d)
{
	for (size_t i = 1; i < d->count; i++) {
		const struct pgo_dominance_workload *w = &d->workloads[i], *least = &d->workloads[d->least];
		if (w->share > d->workloads[d->heaviest].share)
			d->heaviest = i;
		if (w->drowned > d->workloads[d->culprit].drowned)
			d->culprit = i;
		if (w->survival.present && (!least->survival.present || w->survival.value < least->survival.value))
			d->least = i;
	}
}

static int measure(struct pgo_dominance *d, struct measuring *w, const struct pgo_panel *panel)
{
	const struct pgo_mixture *m = w->m;
	double *survival = pgo_array_new(m->profile_count, sizeof *survival);
	if (!survival)
		return PGO_ENOMEM;
	pgo_mixture_merge(w->merged, m, w->shares);
	w->merged_at = cutoffs_of(w->merged, m->rows, w->scratch);
	pgo_mixture_survival(survival, m, w->merged, w->merged_at.hot);
	for (size_t i = 0; i < d->count; i++) {
		struct pgo_dominance_workload *workload = &d->workloads[i];
		workload->share = w->shares[i];
		workload->survival =
			(struct pgo_optional){m->total[i] > 0, m->total[i] > 0 ? pgo_share_sum(survival[i]) : 0};
		if (d->count > 1)
			leave_out(workload, w, (uint32_t)i);
	}
	free(survival);
	find_extremes(d);
	return find_lost(d, w, panel);
}

int pgo_dominance_of(struct pgo_dominance *out, const struct pgo_mixture *m, const struct pgo_panel *panel,
		     size_t count, const double *shares)
{
	struct pgo_dominance d = {.count = count, .workloads = calloc(count + 1, sizeof *d.workloads)};
	struct measuring w = {.m = m};
	double *all = calloc(m->profile_count + 1, sizeof *all), sum = 0;
	w.merged = pgo_array_new(m->rows, sizeof *w.merged);
	w.without = pgo_array_new(m->rows, sizeof *w.without);
	w.scratch = pgo_array_new(m->rows, sizeof *w.scratch);
	int rc = d.workloads && all && w.merged && w.without && w.scratch ? PGO_OK : PGO_ENOMEM;
	for (size_t i = 0; rc == PGO_OK && i < count; i++)
		sum += shares[i];
	for (size_t i = 0; rc == PGO_OK && i < count; i++)
		all[i] = shares[i] / sum;
	w.shares = all;
	if (rc == PGO_OK)
		rc = measure(&d, &w, panel);
	free(all);
	free(w.merged);
	free(w.without);
	free(w.scratch);
	if (rc == PGO_OK)
		*out = d;
	else
		pgo_dominance_release(&d);
	return rc;
}

int pgo_dominance_measure(struct pgo_dominance *out, const struct pgo_panel *panel, size_t count, const double *shares,
			  struct pgo_error *err)
{
	struct pgo_mixture m;
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		double share = shares ? shares[i] : (double)panel->totals[i];
		if (share < 0 || (share > 0 && panel->totals[i] == 0))
			return pgo_error_set(err, PGO_EINVAL,
					     share < 0 ? "the share of workload %zu is negative"
						       : "workload %zu has no counts, so it can have no share",
					     i + 1);
		sum += share;
	}
	if (!(sum > 0))
		return pgo_error_set(err, PGO_EINVAL, "no workload has any share of the mass");
	if (pgo_mixture_open(&m, panel) != PGO_OK)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	int rc = pgo_dominance_of(out, &m, panel, count, shares ? shares : m.total);
	pgo_mixture_release(&m);
	return rc == PGO_OK ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

void pgo_dominance_release(struct pgo_dominance *d)
{
	for (size_t i = 0; d->workloads && i < d->count; i++)
		for (size_t k = 0; k < d->workloads[i].lost_count; k++)
			free(d->workloads[i].lost[k].name);
	free(d->workloads);
	*d = (struct pgo_dominance){0};
}
