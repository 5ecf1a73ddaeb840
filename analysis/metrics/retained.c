/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics/metrics.h"

/*
 * kept = 1 - 0.615 under_served - 0.716 shape_tv
 *
 * Fitted on measured cross-training of six programs (clang 22, IR profiles), validated on programs that were not in the
 * fit. Made, with the bands below, by: python3 tests/validation/fit_retained.py (table:
 * tests/validation/data/cells.csv). The other masses were offered too; non-negative least squares gave them no weight.
 */
#define WEIGHT_UNDER_SERVED 0.615
#define WEIGHT_SHAPE 0.716

/* Least share of B's mass that must match: below, shape is known for too little of it. */
#define LEAST_JOIN 0.9

/* 5 % and 95 % quantiles of (measured - predicted), leave-one-program-out, by band of the prediction. */
static const struct {
	double below, low, high;
} bands[] = {
	{0.1, -0.68, 0.37}, {0.3, -0.47, 0.21}, {0.6, -0.52, 0.39}, {0.8, -0.51, 0.25}, {9, -0.48, 0.14},
};

static const char *reason_against(const struct pgo_comparison *c)
{
	if (c->train.summary.total == 0 || c->test.summary.total == 0)
		return "a profile without counts predicts nothing";
	if (c->train_profile->kind != PGO_KIND_LLVM)
		return "not calibrated for this kind of profile, only for LLVM's IR ones";
	if (!(c->train_profile->flags & PGO_PROFILE_IR))
		return "not calibrated for front-end profiles, only for IR ones";
	if (c->train_profile->flags & (PGO_PROFILE_BYTE_COVERAGE | PGO_PROFILE_FN_ENTRY_ONLY))
		return "not calibrated for coverage profiles, which say whether code ran but not how often";
	if (c->options.context_sensitive)
		return "not calibrated for context-sensitive records";
	if (c->join_rate < LEAST_JOIN)
		return "too little of the reference's execution is in functions that match";
	return NULL;
}

void pgo_retained_estimate(struct pgo_comparison *out)
{
	const char *against = reason_against(out);
	if (against) {
		out->retained = (struct pgo_retained){.note = against};
		return;
	}
	double estimate =
		1 - WEIGHT_UNDER_SERVED * out->decisions.under_served - WEIGHT_SHAPE * out->decisions.shape_tv;
	size_t band = 0;
	while (estimate >= bands[band].below)
		band++;
	out->retained = (struct pgo_retained){
		.present = true,
		.estimate = estimate,
		.low = estimate + bands[band].low,
		.high = estimate + bands[band].high < 1 ? estimate + bands[band].high : 1,
		.note = "fitted on six C programs, clang 22, IR profiles; 90 % interval over programs not in the fit",
	};
}
