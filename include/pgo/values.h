/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_VALUES_H
#define PGO_VALUES_H

#include "pgo/compare.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Value profiles: which functions an indirect call reached, how long memory operations were, which vtables were met
 * (docs/method.md, section 5). Pure functions of the profiles.
 */

/** One value of a site in both profiles. */
struct pgo_value_pair {
	uint64_t value;
	uint64_t count[2]; /**< executions in A and in B; stop at 2^64-1 */
};

/** One value site in both profiles. */
struct pgo_site_comparison {
	uint32_t kind;	 /**< enum pgo_value_kind */
	uint32_t number; /**< among the function's sites of this kind, from 0 */
	bool has[2];	 /**< the side has such a site */
	double total[2]; /**< executions listed */
	struct pgo_optional
		tv;   /**< total variation of the shares of its values, 0..1; absent unless it ran on both sides */
	size_t first; /**< into pairs */
	size_t count; /**< by falling count of both together, then value */
};

struct pgo_value_comparison {
	size_t site_count;
	struct pgo_site_comparison *sites; /**< by kind, then number */
	size_t pair_count;
	struct pgo_value_pair *pairs;
	/**
	 * By kind: sum of w_s TV_s / sum of w_s over the sites both sides ran, w_s the mean of the site's shares of its
	 * side's executions of the kind; 0..1. Absent when there is no such site.
	 */
	struct pgo_optional distance[PGO_VALUE_KINDS];
	double covered[PGO_VALUE_KINDS];    /**< sum of w_s: how much of both sides the distance speaks of, 0..1 */
	bool sites_differ[PGO_VALUE_KINDS]; /**< other numbers of sites: they are not the same places, no distance */
};

/**
 * Compare the value sites of one function.
 *
 * Site n of a kind is the same place on both sides when the functions are the same. Profiles keep a site's most
 * frequent values only: a value that is not listed counts as zero. An index of UINT32_MAX: the side has no such
 * function.
 *
 * @param[out] out  pgo_value_comparison_release() frees it. Untouched on failure.
 * @return PGO_OK or PGO_ENOMEM
 */
int pgo_values_compare(struct pgo_value_comparison *out, const struct pgo_profile *const profiles[2],
		       const uint32_t index[2], struct pgo_error *err);

void pgo_value_comparison_release(struct pgo_value_comparison *c);

/** "call target", "memory operation size", "vtable". */
const char *pgo_value_kind_name(enum pgo_value_kind kind);

/** Names behind MD5 references, of one or more profiles. */
struct pgo_value_names;

/** @return PGO_OK or PGO_ENOMEM; pgo_value_names_free() frees. The profiles must outlive it. */
int pgo_value_names_open(struct pgo_value_names **out, const struct pgo_profile *const *profiles, size_t count,
			 struct pgo_error *err);
void pgo_value_names_free(struct pgo_value_names *names);

/**
 * Name of a call target (a function of the profiles) or of a vtable.
 * @return length bytes at *name, no NUL behind them; 0: the profiles do not say
 */
size_t pgo_value_names_find(const struct pgo_value_names *names, enum pgo_value_kind kind, uint64_t value,
			    const char **name);

#ifdef __cplusplus
}
#endif

#endif
