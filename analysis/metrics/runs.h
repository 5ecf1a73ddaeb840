/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_RUNS_H
#define PGO_METRICS_RUNS_H

#include "analysis/metrics/metrics.h"
#include "pgo/runs.h"

/** Which runs are one workload. */
struct pgo_workloads {
	size_t profile_count;
	size_t count;
	size_t *of;	/**< of each profile: 0..count - 1, in the order of first appearance, or PGO_NO_WORKLOAD */
	size_t *size;	/**< of each workload: its profiles */
	size_t *first;	/**< of each workload: its first profile */
	double *weight; /**< of each profile in its workload's mean; a workload's sum to 1 */
};

/**
 * Number the workloads. @param labels  NULL: all different; PGO_NO_WORKLOAD: takes no part.
 * @param train_count  a workload is on one side: the profiles before, or the others.
 * @return PGO_OK or PGO_ENOMEM; release either way
 */
int pgo_workloads_number(struct pgo_workloads *out, const size_t *labels, size_t train_count, size_t profile_count);
void pgo_workloads_release(struct pgo_workloads *w);

/** As pgo_conformal_rank(), of workloads numbered and weighted already; `candidate` is a number of theirs. */
int pgo_conformal_of(struct pgo_conformal *out, const struct pgo_panel *panel, const struct pgo_workloads *w,
		     size_t candidate, bool trains, enum pgo_score score, enum pgo_record_filter filter,
		     struct pgo_error *err);

/** Labellings of `count` runs with `chosen` of one kind, one after the other; chosen <= count - chosen. */
struct pgo_labelling {
	size_t count, chosen;
	bool exact;
	uint64_t labellings; /**< to be taken */
	uint64_t done;
	uint64_t state;	 /**< of the random numbers */
	uint32_t *items; /**< the chosen runs; behind them, when not exact, the others */
};

/** `items` has room for `count` numbers. */
void pgo_labelling_start(struct pgo_labelling *l, size_t count, size_t chosen, uint32_t *items, uint64_t permutations,
			 uint64_t seed);

/** A seed of its own for test `number` of many: their labellings have nothing to do with one another. */
uint64_t pgo_labelling_seed(uint64_t seed, uint64_t number);

/** The next one, in `items`. @return false when there is none */
bool pgo_labelling_next(struct pgo_labelling *l);

/** The smallest p there is: two labellings have one statistic when both groups are of one size. */
double pgo_labelling_least_p(size_t count, size_t chosen, uint64_t permutations);

/** Random labellings stop when so many were at least as extreme; UINT64_MAX: they do not. */
#define PGO_EXTREME_ENOUGH 50

/** Energy distance of a labelling from the table of distances of `count` runs. */
struct pgo_energy_table {
	size_t count;
	const double *distances; /**< [i * stride + j], symmetric, 0 for i = j */
	size_t stride;
	double *row_sums; /**< of each run; filled by pgo_energy_table_sum() */
	double total;	  /**< of all pairs i < j */
};

void pgo_energy_table_sum(struct pgo_energy_table *t);

/** Sums over pairs: both chosen, one chosen, none. */
void pgo_energy_sums(double sums[3], const struct pgo_energy_table *t, const uint32_t *chosen, size_t chosen_count);

/** `items` is scratch for `count` numbers; `chosen_count` is that of the smaller group, whose runs `own` names. */
void pgo_energy_permute(struct pgo_permutation *out, const struct pgo_energy_table *t, const uint32_t *own,
			size_t chosen_count, uint32_t *items, uint64_t permutations, uint64_t seed, uint64_t enough);

/** p and what goes with it, from the labellings taken. */
void pgo_permutation_conclude(struct pgo_permutation *out, const struct pgo_labelling *l, uint64_t extreme,
			      uint64_t enough, uint64_t permutations, uint64_t seed);

/** Test the functions: fills the last members of `runs`. `w` numbers the training workloads first. */
int pgo_runs_functions(struct pgo_runs *runs, const struct pgo_panel *panel, const struct pgo_workloads *w);

#endif
