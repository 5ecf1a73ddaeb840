/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_ALIGN_H
#define PGO_MODEL_ALIGN_H

#include "pgo/profile.h"

/**
 * Make profiles whose counters are told apart by key comparable counter by counter. A sampled profile has only what was
 * hit; two of them agree in neither number nor order of counters.
 *
 * out[k] is a new profile in which function i is still function i of profiles[k], with its name, sum and flags, but
 * whose counters stand for the union of the keys of that function in all profiles, in rising order; those it had not
 * are 0. Where pgo_profile_keys() has none, the keys are the positions.
 *
 * Records are the same function when they agree in name and CFG hash, or in normalised name and CFG hash where the name
 * as stored has no partner; a name known by its MD5 only is that of a name with this MD5, and is so called in `out`. A
 * CFG hash of 0 is unknown and agrees with any: such a record takes the first known hash of its name. In profiles all
 * of which are positional, the number of counters must agree too. At most one record of each profile belongs to a
 * function; the cfg_hash of its records in `out` is the number of the function, from 1, so that two records are the
 * same function exactly when their hashes are equal.
 *
 * Value sites, bitmaps, traces and warnings are left out. Time and memory are linear in the counters of all profiles
 * together with those of `out`, of which there are at most `count` times as many.
 *
 * @param[out] out  `count` new profiles; the caller frees each with pgo_profile_free(). Untouched on failure.
 * @param profiles  borrowed for the call only.
 * @return PGO_OK, PGO_EMISMATCH (profiles of two kinds; the message numbers them from 1), PGO_ENOMEM.
 */
int pgo_profile_align(struct pgo_profile **out, const struct pgo_profile *const *profiles, size_t count,
		      struct pgo_error *err);

/** Which records of several profiles are the same function; align_groups.c. */
struct pgo_groups {
	size_t *first;	 /**< [profile]: its first record; [profile count]: number of records */
	uint32_t *of;	 /**< [record]: its group, from 0 */
	uint32_t *named; /**< [record]: where only the MD5 of its name is known: a record of that name; else itself */
	size_t group_count;
};

/** @return PGO_OK or PGO_ENOMEM; release `out` either way */
int pgo_groups_find(struct pgo_groups *out, const struct pgo_profile *const *profiles, size_t count);

void pgo_groups_release(struct pgo_groups *groups);

#endif
