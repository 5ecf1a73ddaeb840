/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/stability.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/weights_mixture.h"

static bool same_workload(const size_t *labels, size_t i, size_t j)
{
	return labels && labels[i] == labels[j];
}

/* Distances of different workloads, and of repeats of one. */
static int spread(struct pgo_stability *s, const size_t *labels)
{
	size_t n = s->distances.count, counts[2] = {0};
	double *values[2] = {pgo_array_new(n * n, sizeof(double)), pgo_array_new(n * n, sizeof(double))};
	for (size_t i = 0; values[0] && values[1] && i < n; i++) {
		bool first = true;
		for (size_t j = 0; j < i; j++) {
			bool same = same_workload(labels, i, j);
			values[same][counts[same]++] = s->distances.values[i * n + j];
			first &= !same;
		}
		s->workload_count += first;
	}
	int rc = values[0] && values[1] ? PGO_OK : PGO_ENOMEM;
	if (rc == PGO_OK) {
		pgo_spread_of(&s->between, values[0], counts[0]);
		pgo_spread_of(&s->repeats, values[1], counts[1]);
	}
	free(values[0]);
	free(values[1]);
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
			sum += c->cluster[j] == k ? s->distances.values[i * n + j] : 0;
		if (s->medoid[k] == PGO_NO_INDEX || sum < least[k]) {
			s->medoid[k] = (uint32_t)i;
			least[k] = sum;
		}
	}
	free(least);
	return PGO_OK;
}

/* Repeats of a workload that ran share its part. */
static double part_of(const struct pgo_panel *panel, const size_t *labels, size_t i)
{
	size_t repeats = 0;
	for (size_t k = 0; k < panel->profile_count; k++)
		repeats += panel->totals[k] > 0 && (k == i || same_workload(labels, i, k));
	return panel->totals[i] > 0 ? 1 / (double)repeats : 0;
}

/* Each profile against the merge of all workloads at equal mass. Profiles without counts have no share in it. */
static int serve_under(struct pgo_stability *s, const struct pgo_panel *panel, const size_t *labels,
		       enum pgo_record_filter filter, struct pgo_error *err)
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
		sum += shares[i] = part_of(panel, labels, i);
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
				several |= only != PGO_NO_INDEX && only != cluster[k];
				only = cluster[k];
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
		rc = pgo_clusters_find(&s.clusters, &s.distances, err);
	if (rc == PGO_OK)
		rc = spread(&s, labels);
	if (rc == PGO_OK)
		rc = find_medoids(&s);
	if (rc == PGO_OK)
		rc = serve_under(&s, panel, labels, filter, err);
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
	pgo_clusters_release(&stability->clusters);
	free(stability->medoid);
	free(stability->served);
	*stability = (struct pgo_stability){0};
}
