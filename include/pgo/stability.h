/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_STABILITY_H
#define PGO_STABILITY_H

#include "pgo/compare.h"
#include "pgo/distances.h"
#include "pgo/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Do the workloads behave alike, and can one profile serve them all? docs/method.md, "Stability". */
struct pgo_stability {
	struct pgo_distances distances; /**< Hellinger, of profiles */
	size_t workload_count;		/**< different labels */
	size_t *workload;		/**< of each profile: its workload, numbered as they come, from 0 */
	size_t *first;			/**< of each workload: its first profile */
	struct pgo_distances apart; /**< of workloads: mean distance of the profiles of one and those of the other */
	struct pgo_clusters clusters; /**< of workloads: repeats of one are none */
	struct pgo_spread between;    /**< of pairs of workloads */
	struct pgo_spread repeats; /**< of pairs of profiles of one workload: the noise floor; no pairs without repeats */
	uint32_t *medoid;	   /**< of each cluster: the workload with the least mean distance to its others */
	struct pgo_served {
		double under_served; /**< its mass that the merge of all at equal mass does not call hot */
		double missed;	     /**< its mass in counters that no profile of another cluster ran */
	} * served;		     /**< of each profile */
};

/**
 * @param labels  of each profile: equal numbers are repeats of one workload, which share its part in the merge; NULL:
 * all are different workloads. @param filter  the one the panel was opened with.
 * @return PGO_OK or PGO_ENOMEM; pgo_stability_release() frees.
 */
int pgo_stability_measure(struct pgo_stability *out, const struct pgo_panel *panel, const size_t *labels,
			  enum pgo_record_filter filter, struct pgo_error *err);
void pgo_stability_release(struct pgo_stability *stability);

/** Fewer workloads are too few to speak of clusters. */
#define PGO_STABILITY_WORKLOADS 3

/**
 * One rule, "one_profile": the largest under-served mass of any profile by the merge of all, at most `bound`.
 * Inconclusive with fewer than PGO_STABILITY_WORKLOADS workloads.
 */
int pgo_judge_stability(struct pgo_verdict *out, const struct pgo_stability *s, const char *const *names, double bound,
			bool bound_user, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
