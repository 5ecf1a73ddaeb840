/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_PANEL_H
#define PGO_PANEL_H

#include "pgo/profile.h"

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

#ifdef __cplusplus
}
#endif

#endif
