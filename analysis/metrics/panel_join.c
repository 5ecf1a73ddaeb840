/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <xxhash.h>

#include "analysis/metrics/weights_mixture.h"

/* Functions in both, over those of the profile with fewer, from which two profiles are joined of which one does not
 * list all it has. */
#define LEAST_COMMON 0.1

/* What the profiles of each ordered pair do not share, by [one * n + other]. */
struct apart {
	const struct pgo_panel *panel;
	size_t n;
	uint32_t *have;	 /* profiles that have a function */
	double *mass;	 /* of one, in functions the other lacks: share of one's mass */
	size_t *count;	 /* functions of one that the other lacks */
	size_t *records; /* of each profile */
};

static double mass_of(const struct pgo_panel *panel, size_t function, size_t profile)
{
	uint32_t record = panel->records[function * panel->profile_count + profile];
	struct pgo_function f = pgo_profile_function(panel->profiles[profile], record);
	bool none = f.flags & PGO_FUNCTION_PSEUDO || panel->totals[profile] == 0;
	return none ? 0 : pgo_function_mass(&f) / (double)panel->totals[profile];
}

/* Jobs share nothing they write: each has the row of one profile. */
static void part(void *context, size_t i)
{
	struct apart *a = context;
	for (size_t f = 0; f < a->panel->function_count; f++) {
		const uint32_t *records = a->panel->records + f * a->n;
		if (records[i] == PGO_NO_INDEX)
			continue;
		a->records[i]++;
		if (a->have[f] == a->n)
			continue;
		double mass = mass_of(a->panel, f, i);
		for (size_t j = 0; j < a->n; j++)
			if (records[j] == PGO_NO_INDEX) {
				a->mass[i * a->n + j] += mass;
				a->count[i * a->n + j]++;
			}
	}
}

static void part_all(struct apart *a)
{
	for (size_t f = 0; f < a->panel->function_count; f++)
		for (size_t i = 0; i < a->n; i++)
			a->have[f] += a->panel->records[f * a->n + i] != PGO_NO_INDEX;
	pgo_parallel(part, a, a->n, pgo_processors());
}

/* What it lacks did not run, or was damaged: it is no sign of another program. */
static bool lists_some(const struct pgo_panel *panel, size_t profile)
{
	const struct pgo_summary *s = &panel->summaries[profile];
	return s->nonzero_functions == s->function_count || panel->profiles[profile]->quarantine;
}

static double joined(const struct apart *a, size_t i, size_t j)
{
	size_t common = a->records[i] - a->count[i * a->n + j];
	size_t fewer = a->records[i] < a->records[j] ? a->records[i] : a->records[j];
	if (lists_some(a->panel, j) && common > 0 && (double)common >= LEAST_COMMON * (double)fewer)
		return 1;
	return pgo_share_sum(1 - a->mass[i * a->n + j]);
}

int pgo_panel_join_shares(struct pgo_optional *out, const struct pgo_panel *panel, struct pgo_error *err)
{
	size_t n = panel->profile_count;
	struct apart a = {.panel = panel,
			  .n = n,
			  .have = calloc(panel->function_count + 1, sizeof *a.have),
			  .mass = calloc(n * n, sizeof *a.mass),
			  .count = calloc(n * n, sizeof *a.count),
			  .records = calloc(n, sizeof *a.records)};
	int rc = a.have && a.mass && a.count && a.records ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (rc == PGO_OK)
		part_all(&a);
	for (size_t i = 0; rc == PGO_OK && i < n; i++) {
		double sum = 0;
		for (size_t j = 0; j < n; j++)
			sum += j != i ? joined(&a, i, j) : 0;
		out[i] = (struct pgo_optional){0};
		if (n > 1 && panel->totals[i] > 0)
			out[i] = (struct pgo_optional){true, pgo_share_sum(sum / (double)(n - 1))};
	}
	free(a.have);
	free(a.mass);
	free(a.count);
	free(a.records);
	return rc;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Largest number that divides all counters of a profile; 0 when all are 0. */
static uint64_t scale_of(const struct pgo_panel *panel, size_t profile)
{
	uint64_t divisor = 0;
	for (size_t f = 0; divisor != 1 && f < panel->function_count; f++) {
		const pgo_count *counters = pgo_panel_measured(panel, f, profile);
		for (uint32_t c = 0; counters && c < pgo_panel_counter_count(panel, f); c++)
			divisor = common_divisor(counters[c], divisor);
	}
	return divisor;
}

/* Digest of where the counters stand and what they are, by the smallest whole numbers in their ratio. */
static void digest(XXH128_hash_t *out, XXH3_state_t *state, const struct pgo_panel *panel, size_t profile,
		   uint64_t scale)
{
	XXH3_128bits_reset(state);
	for (size_t f = 0; f < panel->function_count; f++) {
		const pgo_count *counters = pgo_panel_measured(panel, f, profile);
		for (uint32_t c = 0; counters && c < pgo_panel_counter_count(panel, f); c++) {
			uint64_t item[2] = {panel->first_counter[f] + c, counters[c] / scale};
			if (counters[c])
				XXH3_128bits_update(state, item, sizeof item);
		}
	}
	*out = XXH3_128bits_digest(state);
}

/* Most profiles differ in these, and need no digest. */
static bool may_be_twins(const struct pgo_panel *panel, size_t i, size_t k)
{
	const struct pgo_summary *a = &panel->summaries[i], *b = &panel->summaries[k];
	return i != k && a->total > 0 && a->nonzero_functions == b->nonzero_functions &&
	       a->nonzero_counters == b->nonzero_counters;
}

int pgo_panel_twins(size_t *twin, const struct pgo_panel *panel, struct pgo_error *err)
{
	size_t n = panel->profile_count;
	XXH128_hash_t *digests = pgo_array_new(n, sizeof *digests);
	XXH3_state_t *state = XXH3_createState();
	int rc = digests && state ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; rc == PGO_OK && i < n; i++) {
		bool wanted = false;
		for (size_t k = 0; k < n && !wanted; k++)
			wanted = may_be_twins(panel, i, k);
		twin[i] = i;
		if (wanted)
			digest(&digests[i], state, panel, i, scale_of(panel, i));
		for (size_t k = 0; k < i && twin[i] == i; k++)
			if (may_be_twins(panel, i, k) && XXH128_isEqual(digests[k], digests[i]))
				twin[i] = k;
	}
	XXH3_freeState(state);
	free(digests);
	return rc;
}
