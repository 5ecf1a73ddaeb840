/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_WEIGHTS_MIXTURE_H
#define PGO_METRICS_WEIGHTS_MIXTURE_H

#include "analysis/metrics/metrics.h"
#include "pgo/weights.h"

/*
 * The counters of a panel, each profile divided by its total, row by row of counters that ran anywhere:
 * entries [start[r], start[r + 1]) belong to row r. 12 bytes for each counter above zero.
 */
struct pgo_mixture {
	size_t profile_count;
	size_t rows;
	size_t *start;	    /**< rows + 1 */
	uint32_t *function; /**< panel function of a row */
	uint32_t *profile;  /**< of an entry, with PGO_MIXTURE_HOT where the counter is hot in its own profile */
	double *value;	    /**< of an entry, in (0, 1] */
	double *total;	    /**< of each profile: its mass; 0: no counts, no entries */
	double *hot_mass;   /**< of each profile: sum of its own hot counters' values */
};

#define PGO_MIXTURE_HOT 0x80000000u
#define PGO_MIXTURE_PROFILE 0x7fffffffu

/** @return PGO_OK or PGO_ENOMEM. pgo_mixture_release() frees. */
int pgo_mixture_open(struct pgo_mixture *out, const struct pgo_panel *panel);
void pgo_mixture_release(struct pgo_mixture *m);

/** Counters of a panel function in one profile; NULL when it is not in it or a pseudo record. */
const pgo_count *pgo_panel_measured(const struct pgo_panel *panel, size_t function, size_t profile);

/** m_c for each row: sum over the profiles of weight times value. `weights` has one number for each profile. */
void pgo_mixture_merge(double *out, const struct pgo_mixture *m, const double *weights);

/**
 * LLVM's cutoff on real counters: the largest t among the values with sum of {v >= t} >= share * total, a relative
 * 1e-12 less for the rounding of sums; 0 when the values are all 0. @param scratch  `count` doubles.
 */
double pgo_cutoff(const double *values, size_t count, double share, double *scratch);

/** Survival of each profile's hot set: share of hot_mass in rows whose merged value is >= `threshold`. */
void pgo_mixture_survival(double *out, const struct pgo_mixture *m, const double *merged, double threshold);

/**
 * Minimise JSD(reference, mixture of the first `count` profiles). @param reference  a number for each row, summing
 * to 1.
 * @param[in,out] shares  where to start, all > 0; the result. @param[out] jsd, gap  in bits. @return PGO_OK, PGO_ENOMEM
 */
int pgo_weights_match(double *shares, double *jsd, double *gap, unsigned *rounds, const struct pgo_mixture *m,
		      size_t count, const double *reference);

/** Maximise the smallest survival. @param[in,out] shares  where to start; the best found. @return PGO_OK, PGO_ENOMEM */
int pgo_weights_survive(double *shares, unsigned *rounds, const struct pgo_mixture *m, size_t count);

/** As pgo_dominance_measure(), from the mixture. */
int pgo_dominance_of(struct pgo_dominance *out, const struct pgo_mixture *m, const struct pgo_panel *panel,
		     size_t count, const double *shares);

/**
 * Keep the `room` largest of what is offered, by falling share; among equal ones the first stays in front. Names are
 * filled in later: `function` has their panel functions.
 */
struct pgo_largest {
	size_t count;
	struct {
		uint32_t function;
		double share;
	} items[16];
};
void pgo_largest_add(struct pgo_largest *l, size_t room, uint32_t function, double share);

/** Name of a panel function as a heap string; NULL when out of memory. */
char *pgo_panel_name(const struct pgo_panel *panel, size_t function);

#endif
