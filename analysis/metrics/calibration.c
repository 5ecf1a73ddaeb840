/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/calibration.h"

#include <stdlib.h>

#include "analysis/metrics/metrics.h"
#include "pgo/weights.h"

#define ROUNDED 1e4

static const struct {
	const char *field;
	bool least;
} stats[PGO_GATE_STATS] = {
	[PGO_GATE_JOIN] = {"min_join", true},	      [PGO_GATE_MISSED] = {"max_missed", false},
	[PGO_GATE_DEMOTED] = {"max_demoted", false},  [PGO_GATE_UNDER_SERVED] = {"max_under_served", false},
	[PGO_GATE_RETAINED] = {"min_retained", true},
};

const char *pgo_gate_stat_field(enum pgo_gate_stat stat)
{
	return stats[stat].field;
}

bool pgo_gate_stat_is_least(enum pgo_gate_stat stat)
{
	return stats[stat].least;
}

struct calibrating {
	const struct pgo_panel *panel;
	size_t *group; /* of each profile: 0..groups - 1, in the order of first appearance */
	size_t *size;  /* of each group */
	size_t groups;
	double *shares; /* scratch: one for each profile */
	double *values; /* scratch: one for each group */
	struct pgo_compare_options options;
};

static void take_values(struct pgo_optional out[PGO_GATE_STATS], const struct pgo_comparison *c)
{
	out[PGO_GATE_JOIN] = (struct pgo_optional){true, c->join_rate};
	out[PGO_GATE_MISSED] = (struct pgo_optional){true, c->decisions.missed_functions};
	out[PGO_GATE_DEMOTED] = (struct pgo_optional){true, c->decisions.demoted};
	out[PGO_GATE_UNDER_SERVED] = (struct pgo_optional){true, c->decisions.under_served};
	out[PGO_GATE_RETAINED] = (struct pgo_optional){c->retained.present, c->retained.estimate};
}

static int compare(struct pgo_optional out[PGO_GATE_STATS], const struct calibrating *w,
		   const struct pgo_profile *train, const struct pgo_profile *test, struct pgo_error *err)
{
	struct pgo_comparison c;
	int rc = pgo_compare(&c, train, test, &w->options, err);
	if (rc != PGO_OK)
		return rc;
	take_values(out, &c);
	pgo_comparison_release(&c);
	return PGO_OK;
}

static int number_groups(struct calibrating *w, const size_t *labels)
{
	size_t n = w->panel->profile_count;
	w->group = pgo_array_new(n, sizeof *w->group);
	w->size = calloc(n + 1, sizeof *w->size);
	w->shares = pgo_array_new(n, sizeof *w->shares);
	w->values = pgo_array_new(n, sizeof *w->values);
	if (!w->group || !w->size || !w->shares || !w->values)
		return PGO_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		size_t first = labels ? 0 : i;
		while (labels && labels[first] != labels[i])
			first++;
		w->group[i] = first == i ? w->groups++ : w->group[first];
		w->size[w->group[i]]++;
	}
	return PGO_OK;
}

/* The mean of one group, or of all others, each group at equal mass. */
static int merge_groups(struct pgo_profile **out, const struct calibrating *w, size_t group, bool others,
			struct pgo_error *err)
{
	for (size_t i = 0; i < w->panel->profile_count; i++)
		w->shares[i] = (w->group[i] != group) == others ? 1 / (double)w->size[w->group[i]] : 0;
	return pgo_panel_merge(out, w->panel, w->panel->profile_count, w->shares, err);
}

static int measure_group(struct pgo_calibration_row *row, const struct calibrating *w, size_t group,
			 struct pgo_error *err)
{
	struct pgo_profile *train = NULL, *mean = NULL;
	const struct pgo_profile *test = NULL;
	int rc = merge_groups(&train, w, group, true, err);
	if (rc == PGO_OK && w->size[group] > 1) {
		rc = merge_groups(&mean, w, group, false, err);
		test = mean;
	}
	for (size_t i = 0; rc == PGO_OK && !test; i++)
		test = w->group[i] == group ? w->panel->profiles[i] : NULL;
	if (rc == PGO_OK)
		rc = compare(row->values, w, train, test, err);
	pgo_profile_free(train);
	pgo_profile_free(mean);
	return rc;
}

/* a is worse than b. */
static bool worse(int stat, double a, double b)
{
	return stats[stat].least ? a < b : a > b;
}

static int measure_repeats(struct pgo_calibration *out, const struct calibrating *w, struct pgo_error *err)
{
	size_t n = w->panel->profile_count;
	int rc = PGO_OK;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; rc == PGO_OK && j < n; j++) {
			struct pgo_optional values[PGO_GATE_STATS];
			if (i == j || w->group[i] != w->group[j])
				continue;
			rc = compare(values, w, w->panel->profiles[i], w->panel->profiles[j], err);
			out->repeat_pairs++;
			for (int s = 0; rc == PGO_OK && s < PGO_GATE_STATS; s++) {
				struct pgo_optional *noise = &out->thresholds[s].noise;
				if (values[s].present && (!noise->present || worse(s, values[s].value, noise->value)))
					*noise = values[s];
			}
		}
	return rc;
}

static int rising(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;
	return (a > b) - (a < b);
}

static void propose(struct pgo_calibration *out, const struct calibrating *w, int stat, double least_join)
{
	struct pgo_calibration_threshold *t = &out->thresholds[stat];
	double sign = stats[stat].least ? -1 : 1; /* turned so that large is bad */
	size_t n = 0;
	for (size_t i = 0; i < out->workload_count; i++)
		if (out->rows[i].values[stat].present)
			w->values[n++] = sign * out->rows[i].values[stat].value;
	if (n == 0)
		return;
	qsort(w->values, n, sizeof *w->values, rising);
	double rank = ceil((1 - out->alpha) * (double)(n + 1) - 1e-9);
	t->present = true;
	t->count = n;
	t->rank = rank < 1 ? 1 : rank > (double)n ? n : (size_t)rank;
	t->quantile = (double)t->rank / (double)(n + 1);
	t->false_alarm = (double)(n + 1 - t->rank) / (double)(n + 1);
	t->least_false_alarm = 1 / (double)(n + 1);
	double value = w->values[t->rank - 1];
	if (t->noise.present && sign * t->noise.value > value) {
		value = sign * t->noise.value;
		t->floored = true;
	}
	/* away from the values; what is a multiple of the step but for rounding stays */
	t->value = sign * (ceil(value * ROUNDED - 1e-6) / ROUNDED) + 0.0;
	if (stat == PGO_GATE_JOIN && t->value > least_join)
		t->value = least_join;
}

static void conclude(struct pgo_calibration *out)
{
	for (int s = 0; s < PGO_GATE_STATS; s++) {
		out->gate_false_alarm += out->thresholds[s].present ? out->thresholds[s].false_alarm : 0;
		for (size_t i = 0; i < out->workload_count; i++) {
			const struct pgo_optional *v = &out->rows[i].values[s];
			/* what ties with the threshold but for its rounding is not beyond it */
			out->rows[i].refused |= v->present && worse(s, v->value, out->thresholds[s].value) &&
						fabs(v->value - out->thresholds[s].value) > 1e-9;
		}
	}
	out->gate_false_alarm = out->gate_false_alarm < 1 ? out->gate_false_alarm : 1;
	for (size_t i = 0; i < out->workload_count; i++)
		out->refused += out->rows[i].refused;
	out->needed = (size_t)ceil(1 / out->alpha - 1e-9) - 1;
}

static int calibrate(struct pgo_calibration *c, struct calibrating *w, const size_t *labels, double least_join,
		     struct pgo_error *err)
{
	if (number_groups(w, labels) != PGO_OK)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (w->groups < 2)
		return pgo_error_set(err, PGO_EINVAL, "at least two workloads are needed, each with runs of its own");
	c->workload_count = w->groups;
	c->rows = calloc(w->groups, sizeof *c->rows);
	int rc = c->rows ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t g = 0; rc == PGO_OK && g < w->groups; g++)
		rc = measure_group(&c->rows[g], w, g, err);
	if (rc == PGO_OK)
		rc = measure_repeats(c, w, err);
	for (int s = 0; rc == PGO_OK && s < PGO_GATE_STATS; s++)
		propose(c, w, s, least_join);
	if (rc == PGO_OK)
		conclude(c);
	return rc;
}

int pgo_calibrate(struct pgo_calibration *out, const struct pgo_panel *panel, const size_t *labels,
		  enum pgo_record_filter filter, double alpha, double least_join, struct pgo_error *err)
{
	struct pgo_calibration c = {.alpha = alpha};
	struct calibrating w = {.panel = panel, .options = pgo_compare_defaults()};
	for (size_t i = 0; i < panel->profile_count; i++)
		if (panel->totals[i] == 0)
			return pgo_error_set(err, PGO_EINVAL, "profile %zu has no counts", i + 1);
	w.options.context_sensitive = filter == PGO_RECORDS_CS;
	w.options.max_functions = 1;
	int rc = calibrate(&c, &w, labels, least_join, err);
	free(w.group);
	free(w.size);
	free(w.shares);
	free(w.values);
	if (rc == PGO_OK)
		*out = c;
	else
		pgo_calibration_release(&c);
	return rc;
}

void pgo_calibration_release(struct pgo_calibration *c)
{
	free(c->rows);
	*c = (struct pgo_calibration){0};
}
