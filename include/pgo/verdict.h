/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_VERDICT_H
#define PGO_VERDICT_H

#include "pgo/compare.h"

#ifdef __cplusplus
extern "C" {
#endif

enum pgo_outcome { PGO_PASS = 0, PGO_FAIL = 1, PGO_INCONCLUSIVE = 2 };

/**
 * Thresholds a verdict is judged by. One descriptor table (pgo_policy_rules) names each field, its default and its
 * meaning, so that manifests, flags and reports agree.
 */
struct pgo_policy {
	double min_join;          /**< matched share of B's mass, below: stale */
	double min_functions;     /**< functions that ran, below: near-idle */
	double min_mass;          /**< total count, below: near-idle */
	double max_missed;        /**< B's mass in functions A never ran */
	double max_demoted;
	double max_under_served;  /**< at the 99 % cutoff */
	double min_retained;      /**< predicted share of the gain kept */
	double max_saturated;     /**< counters at their upper limit */
	uint32_t set;             /**< bit i: field i was set by the user */
	uint32_t filed;           /**< bit i: by the user, in a policy file */
};

struct pgo_policy_field {
	const char *name;   /**< as in a manifest's `gate:` and, with '-' for '_', as a flag */
	size_t offset;      /**< into struct pgo_policy */
	double fallback;    /**< default */
	double low, high;   /**< what makes sense, ends included */
	bool whole;         /**< a count */
	const char *help;   /**< one line, lower case */
};

/** The table, and its length. */
const struct pgo_policy_field *pgo_policy_fields(size_t *count);

/** All defaults, no bit set. */
struct pgo_policy pgo_policy_defaults(void);

/**
 * Set a field by name. @return PGO_OK; PGO_EINVAL: no such field (the hint lists them), not a finite number, or outside
 * of its range.
 */
int pgo_policy_set(struct pgo_policy *policy, const char *name, double value, struct pgo_error *err);

/** Hint at the share that a percentage stands for, where `value` looks like one and shares are wanted. */
void pgo_hint_percent(struct pgo_error *err, double value);

/**
 * Is a value within the range of a field? The message names the field as `called`; where a share looks like a percentage
 * the hint says what share that is. @return PGO_OK or PGO_EINVAL
 */
int pgo_policy_check(const struct pgo_policy_field *field, const char *called, double value, struct pgo_error *err);

/** One rule's result. */
struct pgo_rule {
	char name[48];            /**< e.g. "under_served" */
	struct pgo_optional value;
	double threshold;
	bool threshold_is_user;   /**< false: the tool's default */
	bool threshold_is_filed;  /**< the user's, from a policy file */
	enum pgo_outcome outcome;
	bool required;            /**< inconclusive here makes the whole verdict inconclusive */
	char reference[128];      /**< which comparison it speaks of; "" for the only one */
	char evidence[512];       /**< one sentence, a person reads it */
	char advice[512];         /**< what to do next, or "" */
};

struct pgo_verdict {
	enum pgo_outcome outcome;
	char summary[512];        /**< one sentence */
	size_t rule_count;
	struct pgo_rule *rules;   /**< heap; failed ones first, then inconclusive, then passed */
};

/** What a comparison's reference side stands for. */
enum pgo_reference_kind {
	PGO_REFERENCE_GIVEN = 0,      /**< two profiles on a command line */
	PGO_REFERENCE_HELDOUT = 1,    /**< a recorded workload that is not in the training set */
	PGO_REFERENCE_TRAINING = 2,      /**< a real training workload, against the merge it is part of: is it drowned? */
	PGO_REFERENCE_LEAVE_ONE_OUT = 3, /**< a real training workload, against the merge without it: is the set sufficient? */
};

/** One comparison that takes part in a verdict. */
struct pgo_gate_input {
	const char *reference;    /**< name of the workload; "" or NULL for a plain comparison */
	enum pgo_reference_kind kind;
	const struct pgo_comparison *comparison;
};

/** A training workload's part in the merged profile. */
struct pgo_gate_workload {
	const char *id;
	const char *kind;         /**< "real", "synthetic", "micro" */
	double share;             /**< of the merged mass, 0..1 */
	struct pgo_optional hot_survival; /**< share of its own hot mass that the merge still calls hot */
};

struct pgo_gate {
	const struct pgo_policy *policy;   /**< NULL: defaults */
	size_t input_count;
	const struct pgo_gate_input *inputs;
	size_t workload_count;             /**< 0 for a plain comparison */
	const struct pgo_gate_workload *workloads;
	size_t real_workloads;             /**< real ones known, training and held out */
	bool corpus;                       /**< a corpus is judged: without real workloads the verdict is inconclusive */
};

/**
 * Judge. Rules per input: integrity, join, missed, demoted, under_served, retained; over the corpus: real workloads,
 * dominance. Overall: fail if any rule fails, else inconclusive if a required rule is, else pass. A leave-one-out input
 * never fails: it asks what the next workload like it would meet. Beyond a threshold it is inconclusive, and required
 * only when the gate has no held-out input (then it is the only evidence about executions not trained on).
 *
 * @param[out] out  caller releases with pgo_verdict_release(). Untouched on failure.
 */
int pgo_judge(struct pgo_verdict *out, const struct pgo_gate *gate, struct pgo_error *err);

/** Join shares of several profiles (pgo_panel_join_shares()), and what the profiles are called. */
struct pgo_joins {
	size_t count;
	const struct pgo_optional *shares;
	const char *const *names;
};

/** Those below PGO_LEAST_JOIN_SHARE in words, "'a' (0.0 %), 'b' (1.2 %)", up to three; "" when none. @return how many */
size_t pgo_joins_strangers(char out[400], const struct pgo_joins *joins);

/**
 * Judge first whether the profiles of a verdict on several are of one program: a rule "join", the least of the shares,
 * at least PGO_LEAST_JOIN_SHARE. Where it fails the verdict does, and its other rules are not judged. Without any share
 * there is no rule. @return PGO_OK or PGO_ENOMEM, the verdict then as it was
 */
int pgo_judge_join(struct pgo_verdict *verdict, const struct pgo_joins *joins, struct pgo_error *err);

void pgo_verdict_release(struct pgo_verdict *verdict);

/** "pass", "fail", "inconclusive". */
const char *pgo_outcome_name(enum pgo_outcome outcome);

/** Exit code of a verdict: 0, 1 or 5. */
enum pgo_exit pgo_outcome_exit(enum pgo_outcome outcome);

#ifdef __cplusplus
}
#endif

#endif
