/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/runs.h"
#include "pgo/weights.h"

static const char *const names[PGO_SCORE_COUNT] = {"retained", "under-served", "missed", "hellinger", "jsd", "tv"};

const char *pgo_score_name(enum pgo_score score)
{
	return (unsigned)score < PGO_SCORE_COUNT ? names[score] : "?";
}

bool pgo_score_find(enum pgo_score *out, const char *name)
{
	for (unsigned i = 0; i < PGO_SCORE_COUNT; i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum pgo_score)i;
			return true;
		}
	return false;
}

int pgo_workloads_number(struct pgo_workloads *out, const size_t *labels, size_t train_count, size_t profile_count)
{
	size_t n = profile_count;
	*out = (struct pgo_workloads){.profile_count = n,
				      .of = pgo_array_new(n, sizeof *out->of),
				      .size = calloc(n + 1, sizeof *out->size),
				      .first = pgo_array_new(n, sizeof *out->first),
				      .weight = pgo_array_new(n, sizeof *out->weight)};
	if (!out->of || !out->size || !out->first || !out->weight)
		return PGO_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		size_t first = labels ? (i < train_count ? 0 : train_count) : i;
		while (labels && labels[first] != labels[i])
			first++;
		if (labels && labels[i] == PGO_NO_WORKLOAD) {
			out->of[i] = PGO_NO_WORKLOAD;
			continue;
		}
		if (first == i)
			out->first[out->count] = i;
		out->of[i] = first == i ? out->count++ : out->of[first];
		out->size[out->of[i]]++;
	}
	for (size_t i = 0; i < n; i++)
		out->weight[i] = out->of[i] == PGO_NO_WORKLOAD ? 0 : 1 / (double)out->size[out->of[i]];
	return PGO_OK;
}

void pgo_workloads_release(struct pgo_workloads *w)
{
	free(w->of);
	free(w->size);
	free(w->first);
	free(w->weight);
	*w = (struct pgo_workloads){0};
}

struct ranking {
	const struct pgo_panel *panel;
	const struct pgo_workloads *w;
	struct pgo_compare_options options;
	bool trains;
	double *shares; /* [workload * profiles + profile]: scratch of each job */
	struct scores {
		double values[PGO_SCORE_COUNT];
		bool predicted;
	} * scores; /* of each workload */
	int *codes;
	struct pgo_error *errors;
};

static void take_scores(struct scores *to, const struct pgo_comparison *c)
{
	to->predicted = c->retained.present;
	to->values[PGO_SCORE_RETAINED] = 1 - c->retained.estimate;
	to->values[PGO_SCORE_UNDER_SERVED] = c->decisions.under_served;
	to->values[PGO_SCORE_MISSED] = c->decisions.missed_functions;
	to->values[PGO_SCORE_HELLINGER] = c->hellinger;
	to->values[PGO_SCORE_JSD] = c->jsd_bits;
	to->values[PGO_SCORE_TV] = c->total_variation;
}

/* The mean of one workload, or of all others. */
static int merge(struct pgo_profile **out, const struct ranking *r, double *shares, size_t workload, bool others,
		 struct pgo_error *err)
{
	size_t n = r->panel->profile_count;
	for (size_t i = 0; i < n; i++)
		shares[i] = r->w->of[i] != PGO_NO_WORKLOAD && (r->w->of[i] != workload) == others ? r->w->weight[i] : 0;
	return pgo_panel_merge(out, r->panel, n, shares, err);
}

static void score(void *context, size_t workload)
{
	struct ranking *r = context;
	struct pgo_error *err = &r->errors[workload];
	double *shares = r->shares + workload * r->panel->profile_count;
	struct pgo_profile *rest = NULL, *mean = NULL;
	struct pgo_comparison c;
	int rc = merge(&rest, r, shares, workload, true, err);
	if (rc == PGO_OK && r->w->size[workload] > 1)
		rc = merge(&mean, r, shares, workload, false, err);
	const struct pgo_profile *own = mean ? mean : r->panel->profiles[r->w->first[workload]];
	if (rc == PGO_OK)
		rc = r->trains ? pgo_compare(&c, own, rest, &r->options, err)
			       : pgo_compare(&c, rest, own, &r->options, err);
	if (rc == PGO_OK) {
		take_scores(&r->scores[workload], &c);
		pgo_comparison_release(&c);
	}
	pgo_profile_free(rest);
	pgo_profile_free(mean);
	r->codes[workload] = rc;
}

static int rank(struct pgo_conformal *out, const struct ranking *r, size_t candidate, enum pgo_score wanted)
{
	struct pgo_conformal c = {.score = wanted, .trains = r->trains};
	c.references = pgo_array_new(r->w->count, sizeof *c.references);
	if (!c.references)
		return PGO_ENOMEM;
	for (size_t i = 0; i < r->w->count && wanted == PGO_SCORE_RETAINED; i++)
		if (!r->scores[i].predicted)
			c.score = PGO_SCORE_UNDER_SERVED;
	c.candidate = r->scores[candidate].values[c.score];
	for (size_t i = 0; i < r->w->count; i++) {
		if (i == candidate)
			continue;
		double value = r->scores[i].values[c.score];
		c.references[c.reference_count++] = value;
		c.extreme += value >= c.candidate - 1e-12; /* equal but for rounding is equal */
	}
	c.p_value = (double)(1 + c.extreme) / (double)(c.reference_count + 1);
	c.least_p = 1 / (double)(c.reference_count + 1);
	*out = c;
	return PGO_OK;
}

static int check(const struct pgo_panel *panel, const struct pgo_workloads *w, size_t candidate, struct pgo_error *err)
{
	if (w->count < 2 || candidate >= w->count)
		return pgo_error_set(err, PGO_EINVAL, "a rank needs a candidate and at least one reference");
	for (size_t i = 0; i < panel->profile_count; i++)
		if (w->of[i] != PGO_NO_WORKLOAD && panel->totals[i] == 0)
			return pgo_error_set(err, PGO_EINVAL, "profile %zu has no counts", i + 1);
	return PGO_OK;
}

int pgo_conformal_of(struct pgo_conformal *out, const struct pgo_panel *panel, const struct pgo_workloads *w,
		     size_t candidate, bool trains, enum pgo_score wanted, enum pgo_record_filter filter,
		     struct pgo_error *err)
{
	struct ranking r = {.panel = panel,
			    .w = w,
			    .options = pgo_compare_defaults(),
			    .trains = trains,
			    .shares = pgo_array_new(w->count * panel->profile_count, sizeof *r.shares),
			    .scores = calloc(w->count + 1, sizeof *r.scores),
			    .codes = calloc(w->count + 1, sizeof *r.codes),
			    .errors = calloc(w->count + 1, sizeof *r.errors)};
	int rc = check(panel, w, candidate, err);
	r.options.context_sensitive = filter == PGO_RECORDS_CS;
	r.options.max_functions = 1;
	if (rc == PGO_OK && (!r.shares || !r.scores || !r.codes || !r.errors))
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (rc == PGO_OK)
		pgo_parallel(score, &r, w->count, pgo_processors());
	for (size_t i = 0; rc == PGO_OK && i < w->count; i++) {
		rc = r.codes[i];
		if (rc != PGO_OK && err)
			*err = r.errors[i];
	}
	if (rc == PGO_OK && rank(out, &r, candidate, wanted) != PGO_OK)
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(r.shares);
	free(r.scores);
	free(r.codes);
	free(r.errors);
	return rc;
}

int pgo_conformal_rank(struct pgo_conformal *out, const struct pgo_panel *panel, const size_t *workload,
		       size_t candidate, bool trains, enum pgo_score wanted, enum pgo_record_filter filter,
		       struct pgo_error *err)
{
	struct pgo_workloads w;
	size_t n = panel->profile_count, own = 0;
	int rc = pgo_workloads_number(&w, workload, n, n);
	while (own < n && (workload ? workload[own] : own) != candidate)
		own++;
	if (rc == PGO_OK)
		rc = pgo_conformal_of(out, panel, &w, own < n ? w.of[own] : PGO_NO_WORKLOAD, trains, wanted, filter,
				      err);
	else
		pgo_error_set(err, rc, "out of memory");
	pgo_workloads_release(&w);
	return rc;
}

void pgo_conformal_release(struct pgo_conformal *conformal)
{
	free(conformal->references);
	*conformal = (struct pgo_conformal){0};
}
