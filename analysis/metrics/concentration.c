/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/concentration.h"

#include <stdlib.h>

#include "analysis/metrics/weights_mixture.h"

/*
 * Defaults: just beyond all 18 recorded real workloads of the six programs in docs/method.md, section 10 (extremes
 * there: 12.1 counters, 1.7 functions, 0.51, 0.90, 0.87, 0.071, 0.74). Breadth depends on the program, and real parsers
 * and compressors are as loop-dominated as a benchmark: neither has a default.
 */
static const struct pgo_concentration_field fields[PGO_STAT_COUNT] = {
	[PGO_STAT_EFFECTIVE_COUNTERS] = {"effective_counters", "effective number of counters", true, {true, 10}},
	[PGO_STAT_EFFECTIVE_FUNCTIONS] = {"effective_functions", "effective number of functions", true, {true, 1.5}},
	[PGO_STAT_TOP_COUNTER] = {"top_counter_share", "share of the largest counter", false, {true, 0.6}},
	[PGO_STAT_TOP_10_COUNTERS] = {"top_10_counters_share",
				      "share of the ten largest counters",
				      false,
				      {true, 0.95}},
	[PGO_STAT_TOP_FUNCTION] = {"top_function_share", "share of the largest function", false, {true, 0.9}},
	[PGO_STAT_HOT_SHARE] = {"hot_share", "hot counters of those that ran", true, {true, 0.06}},
	[PGO_STAT_HOT_INFLATION] = {"hot_inflation", "hot cutoff over the mean counter", false, {true, 1}},
	[PGO_STAT_BREADTH] = {"breadth", "functions that ran of all", true, {false, 0}},
	[PGO_STAT_LOOP_SHARE] = {"loop_share", "share of loop-dominated functions", false, {false, 0}},
};

const struct pgo_concentration_field *pgo_concentration_fields(void)
{
	return fields;
}

static bool loop_dominated(const struct pgo_function *f)
{
	uint64_t entry = f->counter_count ? f->counters[0] : 0;
	for (uint32_t c = 0; entry == 0 && c < f->counter_count; c++)
		if (f->counters[c])
			for (entry = f->max; c < f->counter_count; c++)
				entry = f->counters[c] && f->counters[c] < entry ? f->counters[c] : entry;
	return entry && f->max / PGO_LOOP_RATIO >= entry;
}

static int name_responsible(struct pgo_concentration *c, const struct pgo_profile *profile,
			    const struct pgo_largest *largest)
{
	for (size_t i = 0; i < largest->count; i++) {
		struct pgo_function f = pgo_profile_function(profile, largest->items[i].function);
		char *name = pgo_function_name(&f);
		if (!name)
			return PGO_ENOMEM;
		c->responsible[c->responsible_count++] =
			(struct pgo_responsible){.named = {name, largest->items[i].share},
						 .largest = (double)f.max / pgo_function_mass(&f),
						 .loop = loop_dominated(&f)};
	}
	return PGO_OK;
}

static void fill_values(struct pgo_concentration *c, double loop_mass)
{
	const struct pgo_summary *s = &c->summary;
	double total = (double)s->total, ran = (double)s->nonzero_counters;
	const double values[PGO_STAT_COUNT] = {
		[PGO_STAT_EFFECTIVE_COUNTERS] = c->skew.effective_counters,
		[PGO_STAT_EFFECTIVE_FUNCTIONS] = c->skew.effective_functions,
		[PGO_STAT_TOP_COUNTER] = c->skew.top_counters[0],
		[PGO_STAT_TOP_10_COUNTERS] = c->skew.top_counters[2],
		[PGO_STAT_TOP_FUNCTION] = c->skew.top_functions[0],
		[PGO_STAT_HOT_SHARE] = (double)c->skew.hot_counters / ran,
		[PGO_STAT_HOT_INFLATION] = (double)s->hot_threshold * ran / total,
		[PGO_STAT_BREADTH] = c->skew.breadth,
		[PGO_STAT_LOOP_SHARE] = loop_mass / total < 1 ? loop_mass / total : 1,
	};
	for (int k = 0; s->total && k < PGO_STAT_COUNT; k++)
		c->values[k] = (struct pgo_optional){true, values[k]};
}

int pgo_concentration_measure(struct pgo_concentration *out, const struct pgo_profile *profile,
			      enum pgo_record_filter filter, struct pgo_error *err)
{
	struct pgo_concentration c = {0};
	struct pgo_largest largest = {0};
	double loop_mass = 0;
	int rc = pgo_profile_summarize(&c.summary, profile, filter, err);
	if (rc == PGO_OK)
		rc = pgo_profile_skew(&c.skew, profile, filter, &c.summary, err);
	if (rc != PGO_OK)
		return rc;
	for (size_t i = 0; i < profile->function_count; i++) {
		struct pgo_function f = pgo_profile_function(profile, i);
		if (f.max == 0 || f.flags & PGO_FUNCTION_PSEUDO || !pgo_function_selected(&f, filter))
			continue;
		double mass = pgo_function_mass(&f);
		pgo_largest_add(&largest, PGO_RESPONSIBLE, (uint32_t)i, mass / (double)c.summary.total);
		if (loop_dominated(&f)) {
			c.loop_functions++;
			loop_mass += mass;
		}
	}
	fill_values(&c, loop_mass);
	if (name_responsible(&c, profile, &largest) != PGO_OK) {
		pgo_concentration_release(&c);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	*out = c;
	return PGO_OK;
}

void pgo_concentration_release(struct pgo_concentration *c)
{
	for (size_t i = 0; i < c->responsible_count; i++)
		free(c->responsible[i].named.name);
	*c = (struct pgo_concentration){0};
}
