/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_COMPARING_H
#define PGO_METRICS_COMPARING_H

#include <stdatomic.h>

#include "analysis/metrics/metrics.h"

#define PGO_ROWS_PER_JOB 8192	/* fixed: sums are added up in the order of jobs, so results do not depend on threads */
#define PGO_PARALLEL_FROM 20000 /* functions; below, starting a thread costs more than it saves */

/** Everything a comparison holds while it is computed. */
struct pgo_comparing {
	const struct pgo_compare_options *options;
	enum pgo_record_filter filter;
	unsigned threads;
	struct pgo_side out[2];
	struct pgo_drop *drop; /**< pages of the profiles, where they are no longer needed */
	struct pgo_bounds bounds;
	struct pgo_measure measure; /**< of the bounds above */
	struct pgo_join join;		   /**< by table; a walk leaves only its leftovers here */
	PGO_VEC(struct pgo_batch) batches; /**< in the order of rows */
	struct pgo_totals sum;
	struct pgo_blamed blamed;
	struct pgo_optional spearman, kendall, matching[3];
	int summary_failed[2];
	struct pgo_tested *tested; /**< in the order of rows, which are the batches' */
	size_t tested_count;
	size_t flagged;
	pgo_rows rows; /**< to hand out, in order */
	double size;   /**< effective executions a profile stands for */
	atomic_bool test_failed;
};

/** Add `count` empty batches. @return the first of them, or NULL when out of memory */
struct pgo_batch *pgo_comparing_batches(struct pgo_comparing *w, size_t count);

/** What measuring needs to know of the two sides, from w->out's summaries. */
void pgo_comparing_set_measure(struct pgo_comparing *w);

/** Throw away what was measured. */
void pgo_comparing_clear(struct pgo_comparing *w);

/** True when both profiles can be walked side by side. */
bool pgo_walk_fits(const struct pgo_profile *train, const struct pgo_profile *test, enum pgo_record_filter filter);

/**
 * Measure all records joined by exact name of two profiles that lie in the same hash order, reading both tables side by
 * side; leaves the others in w->join.left, the summaries in w->out.
 * @return PGO_OK, PGO_ENOMEM, or PGO_EOF: something is not plainly in order; nothing of it is to be used.
 */
int pgo_walk(struct pgo_comparing *w);

/** After the counters: the tests per function, rank correlations, weight matching, the rows to list. */
int pgo_rows_test(struct pgo_comparing *w);

/** Fill functions, names and culprits of `out`. @return PGO_OK or PGO_ENOMEM */
int pgo_rows_list(struct pgo_comparison *out, struct pgo_comparing *w);

#endif
