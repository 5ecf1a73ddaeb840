/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "pgo/verdict.h"

/*
 * Where each default comes from is in docs/method.md, section 11. A forecast is at least 1 - 0.232 * 3 * 3 = -1.09:
 * from -2 on the rule never fails.
 */
static const struct pgo_policy_field fields[] = {
	{"min_join", offsetof(struct pgo_policy, min_join), 0.9, 0, 1, false,
	 "least share of the reference's execution in functions that match by name and hash; below it is stale"},
	{"min_functions", offsetof(struct pgo_policy, min_functions), 5, 0, HUGE_VAL, true,
	 "least number of functions that ran; below it the profile is near-idle"},
	{"min_mass", offsetof(struct pgo_policy, min_mass), 10000, 0, HUGE_VAL, true,
	 "least total count; below it the profile is near-idle"},
	{"max_missed", offsetof(struct pgo_policy, max_missed), 0.1, 0, 1, false,
	 "largest share of the reference's execution in functions the training never ran"},
	{"max_demoted", offsetof(struct pgo_policy, max_demoted), 0.5, 0, 1, false,
	 "largest share of the reference's execution that is hot there and cold in the training"},
	{"max_under_served", offsetof(struct pgo_policy, max_under_served), 0.6, 0, 1, false,
	 "largest share of the reference's execution that the training does not call hot"},
	{"min_retained", offsetof(struct pgo_policy, min_retained), 0.5, -2, 1, false,
	 "least predicted share of the gain kept on executions like the reference"},
	{"max_saturated", offsetof(struct pgo_policy, max_saturated), 0, 0, HUGE_VAL, true,
	 "largest number of counters at their upper limit"},
};

#define FIELD_COUNT (sizeof fields / sizeof *fields)

const struct pgo_policy_field *pgo_policy_fields(size_t *count)
{
	*count = FIELD_COUNT;
	return fields;
}

static double *field_of(struct pgo_policy *policy, size_t i)
{
	return (double *)((char *)policy + fields[i].offset);
}

struct pgo_policy pgo_policy_defaults(void)
{
	struct pgo_policy policy = {0};
	for (size_t i = 0; i < FIELD_COUNT; i++)
		*field_of(&policy, i) = fields[i].fallback;
	return policy;
}

static int unknown_field(const char *name, struct pgo_error *err)
{
	char names[256] = "";
	size_t used = 0;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		int n = snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", fields[i].name);
		if (n > 0 && (size_t)n < sizeof names - used)
			used += (size_t)n;
	}
	pgo_error_set(err, PGO_EINVAL, "no gate threshold is called '%s'", name);
	pgo_error_hint(err, "the thresholds are %s", names);
	return PGO_EINVAL;
}

void pgo_hint_percent(struct pgo_error *err, double value)
{
	if (value > 1 && value <= 100)
		pgo_error_hint(err, "it is a share: %g %% is %g", value, value / 100);
}

int pgo_policy_check(const struct pgo_policy_field *field, const char *called, double value, struct pgo_error *err)
{
	if (value >= field->low && value <= field->high && !(field->whole && value != floor(value)))
		return PGO_OK;
	if (field->whole)
		return pgo_error_set(err, PGO_EINVAL, "%s must be a whole number of 0 or more, not %g", called, value);
	pgo_error_set(err, PGO_EINVAL, "%s must lie between %g and %g, not %g", called, field->low, field->high, value);
	pgo_hint_percent(err, value);
	return PGO_EINVAL;
}

int pgo_policy_set(struct pgo_policy *policy, const char *name, double value, struct pgo_error *err)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (strcmp(fields[i].name, name) != 0)
			continue;
		if (!isfinite(value))
			return pgo_error_set(err, PGO_EINVAL, "gate threshold '%s' is not a finite number", name);
		if (pgo_policy_check(&fields[i], name, value, err) != PGO_OK)
			return PGO_EINVAL;
		*field_of(policy, i) = value;
		policy->set |= 1u << i;
		return PGO_OK;
	}
	return unknown_field(name, err);
}
