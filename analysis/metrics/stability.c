/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/stability.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/runs.h"
#include "analysis/metrics/weights_mixture.h"

/* Number the workloads, and take the mean over pairs of repeats for the distance of two. */
static int find_workloads(struct pgo_stability *s, const size_t *labels)
{
	size_t n = s->distances.count;
	struct pgo_workloads w;
	int rc = pgo_workloads_number(&w, labels, n, n);
	double *apart = rc == PGO_OK ? pgo_array_new(w.count * w.count, sizeof *apart) : NULL;
	if (!apart) {
		pgo_workloads_release(&w);
		return PGO_ENOMEM;
	}
	for (size_t k = 0; k < w.count * w.count; k++)
		apart[k] = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (w.of[i] != w.of[j])
				apart[w.of[i] * w.count + w.of[j]] +=
					w.weight[i] * w.weight[j] * s->distances.values[i * n + j];
	s->apart = (struct pgo_distances){.count = w.count, .kind = s->distances.kind, .values = apart};
	s->workload_count = w.count;
	s->workload = w.of;
	s->first = w.first;
	w.of = w.first = NULL;
	pgo_workloads_release(&w);
	return PGO_OK;
}

/* Distances of different workloads, and of repeats of one. */
static int spread(struct pgo_stability *s)
{
	size_t n = s->distances.count, workloads = s->workload_count, between = 0, repeats = 0;
	double *values = pgo_array_new(n * n, sizeof *values), *same = pgo_array_new(n * n, sizeof *same);
	int rc = values && same ? PGO_OK : PGO_ENOMEM;
	for (size_t i = 0; rc == PGO_OK && i < workloads; i++)
		for (size_t j = 0; j < i; j++)
			values[between++] = s->apart.values[i * workloads + j];
	for (size_t i = 0; rc == PGO_OK && i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (s->workload[i] == s->workload[j])
				same[repeats++] = s->distances.values[i * n + j];
	if (rc == PGO_OK) {
		pgo_spread_of(&s->between, values, between);
		pgo_spread_of(&s->repeats, same, repeats);
	}
	free(values);
	free(same);
	return rc;
}

static int find_medoids(struct pgo_stability *s)
{
	const struct pgo_clusters *c = &s->clusters;
	size_t n = c->count;
	double *least = pgo_array_new(c->cluster_count, sizeof *least);
	s->medoid = pgo_array_new(c->cluster_count, sizeof *s->medoid);
	if (!least || !s->medoid) {
		free(least);
		return PGO_ENOMEM;
	}
	for (size_t k = 0; k < c->cluster_count; k++)
		s->medoid[k] = PGO_NO_INDEX;
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		uint32_t k = c->cluster[i];
		for (size_t j = 0; j < n; j++)
			sum += c->cluster[j] == k ? s->apart.values[i * n + j] : 0;
		if (s->medoid[k] == PGO_NO_INDEX || sum < least[k]) {
			s->medoid[k] = (uint32_t)i;
			least[k] = sum;
		}
	}
	free(least);
	return PGO_OK;
}

/* Repeats of a workload that ran share its part. */
static double part_of(const struct pgo_panel *panel, const size_t *workload, size_t i)
{
	size_t repeats = 0;
	for (size_t k = 0; k < panel->profile_count; k++)
		repeats += panel->totals[k] > 0 && workload[k] == workload[i];
	return panel->totals[i] > 0 ? 1 / (double)repeats : 0;
}

/* Each profile against the merge of all workloads at equal mass. Profiles without counts have no share in it. */
static int serve_under(struct pgo_stability *s, const struct pgo_panel *panel, enum pgo_record_filter filter,
		       struct pgo_error *err)
{
	size_t n = panel->profile_count;
	double *shares = calloc(n + 1, sizeof *shares), sum = 0;
	struct pgo_profile *merged = NULL;
	struct pgo_compare_options options = pgo_compare_defaults();
	options.max_functions = 1;
	options.context_sensitive = filter == PGO_RECORDS_CS;
	s->served = calloc(n + 1, sizeof *s->served);
	int rc = shares && s->served ? PGO_OK : PGO_ENOMEM;
	for (size_t i = 0; rc == PGO_OK && i < n; i++)
		sum += shares[i] = part_of(panel, s->workload, i);
	if (rc == PGO_OK && sum > 0)
		rc = pgo_panel_merge(&merged, panel, n, shares, err);
	for (size_t i = 0; merged && rc == PGO_OK && i < n; i++) {
		struct pgo_comparison c;
		rc = pgo_compare(&c, merged, panel->profiles[i], &options, err);
		if (rc != PGO_OK)
			break;
		s->served[i].under_served = c.decisions.under_served;
		pgo_comparison_release(&c);
	}
	free(shares);
	pgo_profile_free(merged);
	return rc;
}

/* Mass of each profile in counters that no profile of another cluster ran. */
static void miss_under(struct pgo_stability *s, const struct pgo_panel *panel)
{
	const uint32_t *cluster = s->clusters.cluster;
	size_t n = panel->profile_count;
	for (size_t f = 0; s->clusters.cluster_count > 1 && f < panel->function_count; f++)
		for (uint32_t c = 0; c < pgo_panel_counter_count(panel, f); c++) {
			uint32_t only = PGO_NO_INDEX;
			bool several = false;
			for (size_t k = 0; k < n; k++) {
				const pgo_count *counters = pgo_panel_measured(panel, f, k);
				if (!counters || counters[c] == 0)
					continue;
				uint32_t own = cluster[s->workload[k]];
				several |= only != PGO_NO_INDEX && only != own;
				only = own;
			}
			for (size_t k = 0; k < n && only != PGO_NO_INDEX && !several; k++) {
				const pgo_count *counters = pgo_panel_measured(panel, f, k);
				if (counters)
					s->served[k].missed += (double)counters[c] / (double)panel->totals[k];
			}
		}
}

int pgo_stability_measure(struct pgo_stability *out, const struct pgo_panel *panel, const size_t *labels,
			  enum pgo_record_filter filter, struct pgo_error *err)
{
	struct pgo_stability s = {0};
	int rc = pgo_distances_measure(&s.distances, panel, PGO_DISTANCE_HELLINGER, err);
	if (rc == PGO_OK)
		rc = find_workloads(&s, labels);
	if (rc == PGO_OK)
		rc = pgo_clusters_find(&s.clusters, &s.apart, err);
	if (rc == PGO_OK)
		rc = spread(&s);
	if (rc == PGO_OK)
		rc = find_medoids(&s);
	if (rc == PGO_OK)
		rc = serve_under(&s, panel, filter, err);
	if (rc == PGO_OK) {
		miss_under(&s, panel);
		*out = s;
		return PGO_OK;
	}
	pgo_stability_release(&s);
	return rc == PGO_ENOMEM ? pgo_error_set(err, rc, "out of memory") : rc;
}

void pgo_stability_release(struct pgo_stability *stability)
{
	pgo_distances_release(&stability->distances);
	pgo_distances_release(&stability->apart);
	free(stability->workload);
	free(stability->first);
	pgo_clusters_release(&stability->clusters);
	free(stability->medoid);
	free(stability->served);
	*stability = (struct pgo_stability){0};
}
