/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/weights.h"

#include <stdlib.h>

#include "analysis/metrics/weights_mixture.h"

const char *pgo_weight_policy_name(enum pgo_weight_policy policy)
{
	static const char *const names[] = {"equal", "given", "match", "survive"};
	return (unsigned)policy < PGO_WEIGHT_POLICIES ? names[policy] : "?";
}

static int check(const struct pgo_panel *panel, size_t count, const struct pgo_weights_options *options,
		 struct pgo_error *err)
{
	double sum = 0;
	for (size_t i = 0; i < panel->profile_count; i++)
		if (panel->totals[i] == 0)
			return pgo_error_set(err, PGO_EINVAL, "%s %zu has no counts, so it can have no share",
					     i < count ? "workload" : "reference", i < count ? i + 1 : i - count + 1);
	if (options->policy == PGO_WEIGHT_MATCH && panel->profile_count == count)
		return pgo_error_set(err, PGO_EINVAL, "there is no reference to match");
	for (size_t i = 0; options->policy == PGO_WEIGHT_GIVEN && i < count; i++) {
		if (!isfinite(options->given[i]) || options->given[i] < 0)
			return pgo_error_set(err, PGO_EINVAL, "the share of workload %zu is no number of 0 or more",
					     i + 1);
		sum += options->given[i];
	}
	if (options->policy == PGO_WEIGHT_GIVEN && !(sum > 0))
		return pgo_error_set(err, PGO_EINVAL, "no workload has any share of the mass");
	return PGO_OK;
}

/* Mean of the profiles behind the workloads, each at equal mass: a number for each row. NULL: out of memory. */
static double *reference_of(const struct pgo_mixture *m, size_t count)
{
	double *weights = calloc(m->profile_count + 1, sizeof *weights);
	double *reference = pgo_array_new(m->rows, sizeof *reference);
	if (weights && reference) {
		for (size_t p = count; p < m->profile_count; p++)
			weights[p] = 1 / (double)(m->profile_count - count);
		pgo_mixture_merge(reference, m, weights);
	} else {
		free(reference);
		reference = NULL;
	}
	free(weights);
	return reference;
}

static int find_shares(double *shares, struct pgo_weights *out, const struct pgo_mixture *m,
		       const struct pgo_weights_options *options)
{
	size_t n = out->count;
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += shares[i] = options->policy == PGO_WEIGHT_GIVEN ? options->given[i] : 1;
	for (size_t i = 0; i < n; i++)
		shares[i] /= sum;
	if (options->policy == PGO_WEIGHT_SURVIVE)
		return pgo_weights_survive(shares, &out->rounds, m, n);
	if (options->policy != PGO_WEIGHT_MATCH)
		return PGO_OK;
	double *reference = reference_of(m, n), jsd, gap;
	int rc = reference ? pgo_weights_match(shares, &jsd, &gap, &out->rounds, m, n, reference) : PGO_ENOMEM;
	if (rc == PGO_OK) {
		out->jsd_bits = (struct pgo_optional){true, jsd};
		out->gap_bits = (struct pgo_optional){true, gap};
	}
	free(reference);
	return rc;
}

/* Integers for the shares that are not negligible. `numbers` has room for 3 n. */
static void round_shares(struct pgo_weights *out, uint64_t *integers, double *numbers)
{
	double *masses = numbers, *shares = numbers + out->count, *effective = numbers + 2 * out->count, sum = 0;
	double least = PGO_LEAST_SHARE / (double)out->count;
	size_t taken = 0;
	for (size_t i = 0; i < out->count; i++)
		if (out->weights[i].wanted >= least) {
			masses[taken] = out->weights[i].mass;
			sum += shares[taken++] = out->weights[i].wanted;
		}
	for (size_t k = 0; k < taken; k++)
		shares[k] /= sum;
	pgo_integer_weights(integers, effective, masses, shares, taken);
	for (size_t i = 0, k = 0; i < out->count; i++) {
		struct pgo_weight *w = &out->weights[i];
		if (w->wanted < least)
			continue;
		w->weight = integers[k];
		w->share = effective[k];
		double error = fabs(w->share - shares[k]) / shares[k];
		out->rounding = error > out->rounding ? error : out->rounding;
		k++;
	}
}

int pgo_weights_find(struct pgo_weights *out, const struct pgo_panel *panel, size_t count,
		     const struct pgo_weights_options *options, struct pgo_error *err)
{
	struct pgo_weights w = {.policy = options->policy, .count = count};
	struct pgo_mixture m = {0};
	int rc = check(panel, count, options, err);
	if (rc != PGO_OK)
		return rc;
	double *numbers = calloc(3 * count + 1, sizeof *numbers);
	uint64_t *integers = calloc(count + 1, sizeof *integers);
	w.weights = calloc(count + 1, sizeof *w.weights);
	rc = numbers && integers && w.weights ? pgo_mixture_open(&m, panel) : PGO_ENOMEM;
	if (rc == PGO_OK)
		rc = find_shares(numbers, &w, &m, options);
	if (rc != PGO_OK)
		goto done;
	for (size_t i = 0; i < count; i++)
		w.weights[i] = (struct pgo_weight){.mass = m.total[i], .wanted = numbers[i]};
	round_shares(&w, integers, numbers);
	for (size_t i = 0; i < count; i++)
		numbers[i] = w.weights[i].share;
	rc = pgo_dominance_of(&w.dominance, &m, panel, count, numbers);
	if (rc == PGO_OK)
		*out = w;
done:
	free(numbers);
	free(integers);
	pgo_mixture_release(&m);
	if (rc == PGO_OK)
		return PGO_OK;
	pgo_weights_release(&w);
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

void pgo_weights_release(struct pgo_weights *w)
{
	free(w->weights);
	pgo_dominance_release(&w->dominance);
	*w = (struct pgo_weights){0};
}
