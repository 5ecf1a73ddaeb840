/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_CALIBRATION_H
#define PGO_CALIBRATION_H

#include "pgo/panel.h"
#include "pgo/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Thresholds from the user's own runs: how large does each statistic of the gate get between real workloads alone?
 * (docs/method.md, section 11.)
 */

enum pgo_gate_stat {
	PGO_GATE_JOIN = 0,
	PGO_GATE_MISSED,
	PGO_GATE_DEMOTED,
	PGO_GATE_UNDER_SERVED,
	PGO_GATE_RETAINED,
	PGO_GATE_STATS
};

/** Name of the policy field a statistic is judged by, as in pgo_policy_fields(). */
const char *pgo_gate_stat_field(enum pgo_gate_stat stat);

/** True for statistics that are good when large (join, retained): their threshold is a lower one. */
bool pgo_gate_stat_is_least(enum pgo_gate_stat stat);

/** Statistics of one workload against the merge of the others at equal mass. */
struct pgo_calibration_row {
	struct pgo_optional values[PGO_GATE_STATS]; /**< absent where the gate would not judge */
	bool refused;				    /**< at the proposed thresholds the gate would not accept it */
};

struct pgo_calibration_threshold {
	bool present;	    /**< false: no workload has the statistic */
	double value;	    /**< proposed */
	size_t count;	    /**< workloads it rests on */
	size_t rank;	    /**< it is the rank-th of the values, from the best; `count`: the worst of them */
	double quantile;    /**< rank / (count + 1) */
	double false_alarm; /**< (count + 1 - rank) / (count + 1): chance that a further real workload is beyond */
	double least_false_alarm;  /**< 1 / (count + 1): no threshold from so many values can promise less */
	bool floored;		   /**< moved to the noise floor: repeats of one workload differ as much */
	struct pgo_optional noise; /**< worst value between repeats of one workload */
	double fallback;	   /**< the tool's default */
};

struct pgo_calibration {
	double alpha; /**< wanted false-alarm rate of each threshold */
	size_t workload_count;
	size_t repeat_pairs; /**< ordered pairs of repeats */
	struct pgo_calibration_row *rows;
	struct pgo_calibration_threshold thresholds[PGO_GATE_STATS];
	double gate_false_alarm; /**< bound on that of the whole gate: sum over thresholds, at most 1 */
	size_t refused;		 /**< workloads that the proposed thresholds refuse in hindsight */
	size_t needed;		 /**< workloads from which alpha can be reached: ceil(1 / alpha) - 1 */
};

/**
 * Calibrate.
 *
 * Workload i is compared with the merge of all others at equal mass, by pgo_compare(); for a statistic that is bad when
 * large the threshold is the k-th smallest of the n values, k = min(n, ceil((1 - alpha)(n + 1))), so that a further
 * exchangeable workload is beyond it with a chance of at most (n + 1 - k) / (n + 1); for one that is good when large
 * mirrored. That is the rank argument of conformal prediction; since the merges share workloads it holds approximately,
 * as for the jackknife, and since the merge to be judged will have one workload more it is on the safe side. Thresholds
 * are rounded to 1e-4, away from the values. That of the join is never made stricter than the default: workloads of one
 * build join fully, which says nothing about how much staleness does harm.
 *
 * @param labels  one number for each profile: equal ones are repeats of one workload, which count as their mean and
 * give the noise floor; NULL: each profile is a workload.
 * @param filter  the one the panel was opened with. @param alpha  in (0, 1).
 * @param least_join  default threshold of the join.
 * @param[out] out caller releases with pgo_calibration_release(). Untouched on failure.
 * @return PGO_OK, PGO_ENOMEM, PGO_EINVAL (fewer than 2 workloads, or a profile without counts).
 * Time: one merge and one comparison for each workload, one comparison for each pair of repeats.
 */
int pgo_calibrate(struct pgo_calibration *out, const struct pgo_panel *panel, const size_t *labels,
		  enum pgo_record_filter filter, double alpha, double least_join, struct pgo_error *err);

void pgo_calibration_release(struct pgo_calibration *c);

/** The defaults with the proposed thresholds set. */
struct pgo_policy pgo_calibration_policy(const struct pgo_calibration *c);

/**
 * Set a policy from the text of a policy file: the `gate:` section of a corpus manifest, alone or with the rest of the
 * manifest around it.
 *
 *	gate:                       # at the start of a line
 *	  max_under_served: 0.31    # indented; a name of pgo_policy_fields() and a number; comments anywhere
 *
 * Lines of other sections are skipped. @return PGO_OK, PGO_EINVAL with the line (no gate: section, unknown name, not a
 * number, a name twice).
 */
int pgo_policy_parse(struct pgo_policy *policy, const char *text, size_t length, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
