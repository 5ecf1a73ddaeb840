/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_PANEL_H
#define PGO_PANEL_H

#include "pgo/compare.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Several profiles of one program side by side: the join of all of them by normalised name, CFG hash and number of
 * counters (keyed profiles: by normalised name, counters by key). Built once, read-only afterwards; what judges several
 * runs (docs/method.md, sections 6 to 9) works on it.
 *
 * Memory: 4 bytes for each function and profile, names borrowed from the profiles, counters left where they are. Keyed
 * profiles, and tables that lack hashes, are copied over the union of their keys: 8 bytes for each counter of a
 * function's union in each profile that has the function.
 */
struct pgo_panel {
	size_t profile_count;
	const struct pgo_profile *const *profiles; /**< borrowed: must outlive the panel */
	size_t function_count;			   /**< of the union */
	uint64_t counter_count;			   /**< of the union */
	uint32_t *records; /**< [function * profile_count + profile]: index into that profile, UINT32_MAX: not in it */
	uint64_t *first_counter; /**< function_count + 1: where a function's counters start in the union */
	pgo_u128 *totals;	 /**< of each profile: sum of the counters in the panel, pseudo records left out */
	struct pgo_summary *summaries; /**< of each profile */
	struct pgo_profile *
		*aligned; /**< owned: keyed profiles over the union of their keys, which `profiles` then points to */
};

/**
 * @param profiles  borrowed until pgo_panel_release(); at least one, all of one kind and with equal flags.
 * @return PGO_OK, PGO_EMISMATCH (err->message names the two profiles by number, from 1), PGO_ENOMEM. Time and memory
 * are linear in the sum of all functions.
 */
int pgo_panel_open(struct pgo_panel *out, const struct pgo_profile *const *profiles, size_t profile_count,
		   enum pgo_record_filter filter, struct pgo_error *err);

void pgo_panel_release(struct pgo_panel *panel);

/** Counters of panel function `function` in profile `profile`; NULL when it has no such function. */
const pgo_count *pgo_panel_counters(const struct pgo_panel *panel, size_t function, size_t profile);

/** Number of counters of a panel function. */
static inline uint32_t pgo_panel_counter_count(const struct pgo_panel *panel, size_t function)
{
	return (uint32_t)(panel->first_counter[function + 1] - panel->first_counter[function]);
}

/** The record of a panel function in the first profile that has it: for its name. */
struct pgo_function pgo_panel_function(const struct pgo_panel *panel, size_t function);

/** True when the counters of two profiles say different things; `words` then has what each counts. */
bool pgo_profile_kinds_differ(const struct pgo_profile *a, const struct pgo_profile *b, char words[2][128]);

/** A profile with a smaller join share is of another program or build than most of the others. */
#define PGO_LEAST_JOIN_SHARE 0.5

/**
 * Join share of each profile: the mean, over the other profiles, of the share of its mass in functions that the other
 * one has too (name, CFG hash and number of counters; run or not). 0..1, sums that miss 1 by rounding are 1; absent for
 * a profile without counts and where there is no other. More than half of all profiles must be of one program for its
 * profiles to reach PGO_LEAST_JOIN_SHARE.
 *
 * A profile that lists nothing but what ran, or of which records were set aside, tells nothing by what it lacks: a pair
 * with such a one counts as joined when a tenth of the functions of the one with fewer are in both.
 *
 * @param[out] out  one for each profile. @return PGO_OK or PGO_ENOMEM. Time: n for each function, n^2 for each that
 * some profile lacks; memory: n^2 numbers.
 */
int pgo_panel_join_shares(struct pgo_optional *out, const struct pgo_panel *panel, struct pgo_error *err);

/**
 * Profiles that are one and the same but for a factor: twin[i] is the first profile whose counters are those of profile
 * i times a constant, i itself where none before it is. Profiles without counts are nobody's twin. Exact, but for a
 * collision of 128-bit digests. @return PGO_OK or PGO_ENOMEM
 */
int pgo_panel_twins(size_t *twin, const struct pgo_panel *panel, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
