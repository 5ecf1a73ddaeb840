/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_WAITING_H
#define PGO_METRICS_WAITING_H

#include "analysis/metrics/metrics.h"

/*
 * Rows that wait to be measured: as many as the nearest cache takes, with their counters. What is done to each of them
 * is done to all at once, in vector registers; then only the few of which more is asked are looked at one by one.
 */

#define PGO_WAITING_COUNTERS 256

/** What is not needed of every row. */
struct pgo_waiting_row {
	uint64_t ref[2], order; /**< as in struct pgo_row */
	uint32_t index[2];
	const pgo_count *counters[2]; /**< NULL: that side did not run it */
	uint32_t count;
	uint8_t join;
	bool sites_differ;
	/* of a row only one side ran: the arrays below say 0 */
	double mass;
	uint64_t max;
};

struct pgo_waiting {
	uint32_t rows, counters;
	uint32_t capacity; /**< of counters */
	void *heap;	   /**< of their arrays, when a function has more than fit into `arrays`; else NULL */
	uint64_t *x, *y;
	uint32_t *of; /**< number of their row */
	double *divergence, *distance, *overlap, *under_served, *demoted;
	uint64_t asked;	  /**< bit i: row i is looked at, whatever its mass */
	uint64_t most[2]; /**< largest of the waiting counters, by side */
	uint64_t ran;	  /**< rows so far that both sides ran */
	struct pgo_kernel_marks marks;
	struct pgo_kernel_sums sums;
	struct pgo_kernel_cuts *cuts[2]; /**< borrowed; NULL: not asked for */
	double mass[2][PGO_ROWS_MOST], share[2][PGO_ROWS_MOST], ratio[PGO_ROWS_MOST], between[PGO_ROWS_MOST];
	uint64_t max[2][PGO_ROWS_MOST], flipped[PGO_ROWS_MOST];
	uint32_t first[PGO_ROWS_MOST + 1]; /**< where a row's counters start */
	struct pgo_waiting_row row[PGO_ROWS_MOST];
	double arrays[8][PGO_WAITING_COUNTERS + PGO_LANES];
};

/** Start a job: `waiting` is where its rows wait, and must stay until pgo_batch_end(). */
void pgo_batch_start(struct pgo_batch *batch, struct pgo_waiting *waiting);

/** Measure what still waits. */
void pgo_batch_end(struct pgo_batch *batch, const struct pgo_measure *m);

/** Measure what waits, and make room for a row of `count` counters. False: out of memory, which the batch keeps. */
bool pgo_waiting_measure(struct pgo_batch *batch, const struct pgo_measure *m, uint32_t count);

/** Room for one more row of `count` counters. False: out of memory. */
static inline bool pgo_waiting_room(struct pgo_batch *batch, const struct pgo_measure *m, uint32_t count)
{
	const struct pgo_waiting *w = batch->waiting;
	return (w->rows < PGO_ROWS_MOST && count <= w->capacity - w->counters) || pgo_waiting_measure(batch, m, count);
}

/** The counters of the next row that waits, for which there must be room. Nothing counts before pgo_waiting_enter(). */
static inline void pgo_waiting_pair(struct pgo_waiting *w, struct pgo_kernel_pair *out, const pgo_count *a,
				    const pgo_count *b, uint32_t count)
{
	uint32_t at = w->counters;
	pgo_kernel_pair(out, a, b, count, w->x + at, w->y + at, w->of + at, w->rows);
}

/** That row, which both sides ran, waits from here on. */
static inline void pgo_waiting_enter(struct pgo_waiting *w, const struct pgo_kernel_pair *pair, double mass_a,
				     double mass_b)
{
	uint32_t row = w->rows++;
	w->first[row] = w->counters;
	w->mass[0][row] = mass_a;
	w->mass[1][row] = mass_b;
	w->flipped[row] = -(uint64_t)pair->differs;
	for (unsigned s = 0; s < 2; s++) {
		w->max[s][row] = pair->max[s];
		w->most[s] = pair->max[s] > w->most[s] ? pair->max[s] : w->most[s];
	}
	w->counters += pair->used;
	w->ran++;
}

#endif
