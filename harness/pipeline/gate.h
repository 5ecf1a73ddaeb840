/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_PIPELINE_GATE_H
#define HARNESS_PIPELINE_GATE_H

#include "harness/pipeline/run.h"
#include "pgo/compare.h"

/* What the gate phase works on. Internal to phase_gate.c and gate_record.c. */

/** One comparison: of the training merge, or of the merge without a workload, with a workload's own profile. */
struct gate_item {
	size_t workload;  /**< index into the corpus */
	const char *kind; /**< "heldout", "guard", "training", "leave_one_out"; file name is KIND-ID.json */
	enum pgo_reference_kind reference;
	char label[160];	   /**< what the verdict calls it: the workload, or "WORKLOAD (left out)" */
	bool judged;		   /**< false: only reported (a synthetic held-out workload, a guard, …) */
	struct pgo_profile *train; /**< borrowed, or owned when it is a leave-one-out merge */
	struct pgo_profile *own;   /**< the workload's profile; borrowed */
	bool compared;
	struct pgo_comparison comparison;
};

struct gate_work {
	struct run *run;
	json_object *merge;	   /**< profiles/merge.json */
	struct pgo_profile *train; /**< the training merge */
	struct pgo_profile **own;  /**< per workload of the corpus; NULL: not usable */
	size_t item_count;
	struct gate_item *items;
	size_t workload_count; /**< training workloads in the merge */
	struct pgo_gate_workload *workloads;
	size_t real_workloads;
	struct pgo_verdict verdict;
	char digest[33]; /**< of all the verdict depends on */
};

/** gate.json from a finished judgement; caller puts it. NULL when out of memory. */
json_object *gate_record(const struct gate_work *work);

/** Relative name of the file a comparison is written to; caller frees. */
char *gate_item_file(const struct gate_work *work, const struct gate_item *item);

#endif
