/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics/runs.h"

#include <stdlib.h>

#include "pgo/weights.h"

struct pgo_runs_options pgo_runs_defaults(void)
{
	return (struct pgo_runs_options){.score = PGO_SCORE_RETAINED,
					 .alpha = 0.05,
					 .min_share = 1e-5,
					 .effect_ratio = 2,
					 .effect_tv = 0.25,
					 .permutations = 20000,
					 .seed = 1};
}

/* Distances of the workloads, each of which is the mean of its repeats. */
static int measure_workloads(struct pgo_distances *out, const struct pgo_panel *panel, const struct pgo_workloads *w,
			     enum pgo_record_filter filter, struct pgo_error *err)
{
	size_t n = panel->profile_count;
	double *shares = pgo_array_new(n, sizeof *shares);
	struct pgo_profile **means = calloc(w->count + 1, sizeof *means);
	const struct pgo_profile **workloads = calloc(w->count + 1, sizeof *workloads);
	struct pgo_panel of_means = {0};
	int rc = shares && means && workloads ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t k = 0; rc == PGO_OK && k < w->count; k++) {
		for (size_t i = 0; i < n; i++)
			shares[i] = w->of[i] == k ? w->weight[i] : 0;
		if (w->size[k] > 1)
			rc = pgo_panel_merge(&means[k], panel, n, shares, err);
		workloads[k] = means[k] ? means[k] : panel->profiles[w->first[k]];
	}
	if (rc == PGO_OK)
		rc = pgo_panel_open(&of_means, workloads, w->count, filter, err);
	if (rc == PGO_OK)
		rc = pgo_distances_measure(out, &of_means, PGO_DISTANCE_HELLINGER, err);
	pgo_panel_release(&of_means);
	for (size_t k = 0; means && k < w->count; k++)
		pgo_profile_free(means[k]);
	free(means);
	free(workloads);
	free(shares);
	return rc;
}

static int measure_repeats(struct pgo_spread *out, const struct pgo_distances *d, const struct pgo_workloads *w)
{
	double *values = pgo_array_new(d->count * d->count, sizeof *values);
	size_t count = 0;
	if (!values)
		return PGO_ENOMEM;
	for (size_t i = 0; i < d->count; i++)
		for (size_t j = 0; j < i; j++)
			if (w->of[i] == w->of[j])
				values[count++] = d->values[i * d->count + j];
	pgo_spread_of(out, values, count);
	free(values);
	return PGO_OK;
}

/* The noise floor, then the two groups of workloads. */
static int test_groups(struct pgo_runs *r, const struct pgo_panel *panel, const struct pgo_workloads *w,
		       enum pgo_record_filter filter, struct pgo_error *err)
{
	struct pgo_distances all = {0}, of_workloads = {0};
	const struct pgo_distances *used = &all;
	bool *second = pgo_array_new(w->count, sizeof *second);
	int rc = pgo_distances_measure(&all, panel, PGO_DISTANCE_HELLINGER, err);
	if (rc == PGO_OK && (!second || measure_repeats(&r->repeats, &all, w) != PGO_OK))
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (rc == PGO_OK && w->count < panel->profile_count) {
		rc = measure_workloads(&of_workloads, panel, w, filter, err);
		used = &of_workloads;
	}
	for (size_t k = 0; rc == PGO_OK && k < w->count; k++)
		second[k] = k >= r->workload_count[0];
	if (rc == PGO_OK)
		rc = pgo_energy_test(&r->energy, used, second, r->options.permutations, r->options.seed, err);
	r->within_noise = r->repeats.pairs > 0 && r->energy.between <= r->repeats.high;
	pgo_distances_release(&all);
	pgo_distances_release(&of_workloads);
	free(second);
	return rc;
}

/* The mean of all training workloads as one candidate among the test's. */
static int rank_training(struct pgo_runs *r, const struct pgo_panel *panel, const struct pgo_workloads *w,
			 enum pgo_record_filter filter, struct pgo_error *err)
{
	size_t n = panel->profile_count;
	struct pgo_workloads ranked;
	size_t *labels = pgo_array_new(n, sizeof *labels);
	for (size_t i = 0; labels && i < n; i++)
		labels[i] = w->of[i] < r->workload_count[0] ? 0 : w->of[i];
	int rc = pgo_workloads_number(&ranked, labels, n, n);
	if (rc == PGO_OK && labels) {
		for (size_t i = 0; i < n; i++)
			ranked.weight[i] = labels[i] ? w->weight[i] : w->weight[i] / (double)r->workload_count[0];
		rc = pgo_conformal_of(&r->train, panel, &ranked, 0, true, r->options.score, filter, err);
		r->train_ranked = rc == PGO_OK;
	} else {
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	pgo_workloads_release(&ranked);
	free(labels);
	return rc;
}

/* Each test workload among the training's. */
static int rank_tests(struct pgo_runs *r, const struct pgo_panel *panel, const struct pgo_workloads *w,
		      enum pgo_record_filter filter, struct pgo_error *err)
{
	size_t n = panel->profile_count, train = r->workload_count[0];
	size_t *labels = pgo_array_new(n, sizeof *labels);
	int rc = PGO_OK;
	r->tests = calloc(r->workload_count[1] + 1, sizeof *r->tests);
	r->test_profile = pgo_array_new(r->workload_count[1], sizeof *r->test_profile);
	if (!labels || !r->tests || !r->test_profile)
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t k = train; rc == PGO_OK && k < w->count; k++) {
		for (size_t i = 0; i < n; i++)
			labels[i] = w->of[i] < train || w->of[i] == k ? w->of[i] : PGO_NO_WORKLOAD;
		r->test_profile[r->test_count] = w->first[k];
		rc = pgo_conformal_rank(&r->tests[r->test_count], panel, labels, k, false, r->options.score, filter,
					err);
		r->test_count += rc == PGO_OK;
	}
	free(labels);
	return rc;
}

static int measure(struct pgo_runs *r, const struct pgo_panel *panel, const struct pgo_workloads *w,
		   enum pgo_record_filter filter, struct pgo_error *err)
{
	int rc = test_groups(r, panel, w, filter, err);
	if (rc == PGO_OK && r->workload_count[1] >= 2)
		rc = rank_training(r, panel, w, filter, err);
	if (rc == PGO_OK && r->workload_count[0] >= 2)
		rc = rank_tests(r, panel, w, filter, err);
	if (rc == PGO_OK && pgo_runs_functions(r, panel, w) != PGO_OK)
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	return rc;
}

static int check(const struct pgo_panel *panel, size_t train_count, struct pgo_error *err)
{
	if (train_count == 0 || train_count >= panel->profile_count)
		return pgo_error_set(err, PGO_EINVAL, "each side needs a profile");
	for (size_t i = 0; i < panel->profile_count; i++)
		if (panel->totals[i] == 0)
			return pgo_error_set(err, PGO_EINVAL, "profile %zu has no counts", i + 1);
	return PGO_OK;
}

int pgo_runs_measure(struct pgo_runs *out, const struct pgo_panel *panel, size_t train_count, const size_t *labels,
		     const struct pgo_runs_options *options, enum pgo_record_filter filter, struct pgo_error *err)
{
	struct pgo_runs r = {.options = options ? *options : pgo_runs_defaults(),
			     .profile_count = {train_count, panel->profile_count - train_count}};
	struct pgo_workloads w = {0};
	int rc = check(panel, train_count, err);
	if (rc != PGO_OK)
		return rc;
	if (pgo_workloads_number(&w, labels, train_count, panel->profile_count) != PGO_OK) {
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	} else {
		/* workloads are numbered as they appear, training's first */
		for (size_t k = 0; k < w.count; k++)
			r.workload_count[w.first[k] >= train_count]++;
		rc = measure(&r, panel, &w, filter, err);
	}
	pgo_workloads_release(&w);
	if (rc == PGO_OK)
		*out = r;
	else
		pgo_runs_release(&r);
	return rc;
}

void pgo_runs_release(struct pgo_runs *runs)
{
	pgo_conformal_release(&runs->train);
	for (size_t i = 0; i < runs->test_count; i++)
		pgo_conformal_release(&runs->tests[i]);
	free(runs->tests);
	free(runs->test_profile);
	free(runs->functions);
	*runs = (struct pgo_runs){0};
}
