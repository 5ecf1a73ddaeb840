/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_COMPARING_H
#define PGO_METRICS_COMPARING_H

#include <stdatomic.h>

#include "analysis/metrics/metrics.h"

#define PGO_THREADS 2
#define PGO_ROWS_PER_JOB 8192	/* fixed: sums are added up in the order of jobs, so results do not depend on threads */
#define PGO_PARALLEL_FROM 20000 /* functions; below, starting a thread costs more than it saves */

/** Everything a comparison holds while it is computed. */
struct pgo_comparing {
	const struct pgo_compare_options *options;
	enum pgo_record_filter filter;
	unsigned threads;
	struct pgo_side_view side[2];
	struct pgo_side out[2];
	struct pgo_join join;
	struct pgo_logs logs;
	struct pgo_part *parts; /**< one per row of the join */
	struct pgo_totals *job_totals;
	struct pgo_job_extremes *job_extremes;
	size_t matched_jobs; /**< of those: for the first rows of the join */
	struct pgo_totals sum;
	struct pgo_blamed blamed;
	struct pgo_optional spearman, kendall, matching[3];
	struct pgo_tested *tested; /**< in the order of rows */
	size_t tested_count;
	size_t flagged;
	uint32_t largest;	 /**< counters of the largest tested row */
	struct pgo_keyed *order; /**< rows to hand out, in order */
	size_t order_count;
	double size; /**< effective executions a profile stands for */
	int failed, view_failed[2];
	atomic_bool test_failed;
};

/** After the pass over the counters: the tests per function, rank correlations, weight matching, the rows to list. */
int pgo_rows_test(struct pgo_comparing *w);

/** Fill functions, names and culprits of `out`. @return PGO_OK or PGO_ENOMEM */
int pgo_rows_list(struct pgo_comparison *out, struct pgo_comparing *w);

#endif
