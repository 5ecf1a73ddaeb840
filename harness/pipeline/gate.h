/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_PIPELINE_GATE_H
#define HARNESS_PIPELINE_GATE_H

#include "harness/pipeline/run.h"
#include "pgo/compare.h"

/*
 * What the gate phase works on. Internal to phase_gate.c, gate_compare.c and gate_record.c.
 *
 * Memory: a corpus may have hundreds of workloads, and a comparison of large profiles takes as much as both of them. So
 * one comparison at a time is whole, with its profiles; what it says is in its record at once, and only the numbers
 * stay for the verdict. Where a rule does not pass the verdict names functions: GATE_NAMED comparisons keep those
 * names, later ones are judged by their numbers alone (their functions are in the record all the same).
 */
enum { GATE_NAMED = 20 };

struct gate_item {
	size_t workload;  /**< index into the corpus */
	const char *kind; /**< "heldout", "guard", "training", "leave_one_out"; file name is KIND-ID.json */
	enum pgo_reference_kind reference;
	char label[160]; /**< what the verdict calls it: the workload, or "WORKLOAD (left out)" */
	bool judged;	 /**< false: only reported (a synthetic held-out workload, a guard, …) */
	bool compared;
	struct pgo_comparison comparison; /**< once compared: numbers, and the culprits' names where they are needed */
	struct pgo_optional hot_survival; /**< of the workload's hot code, the share that is hot in the merge */
	json_object *record;		  /**< its entry in gate.json */
};

struct gate_work {
	struct run *run;
	json_object *merge;	   /**< profiles/merge.json */
	struct pgo_profile *train; /**< the training merge */
	size_t item_count;
	struct gate_item *items;
	size_t named;	       /**< items that still hold names of functions */
	size_t workload_count; /**< training workloads in the merge */
	struct pgo_gate_workload *workloads;
	size_t real_workloads;
	struct pgo_verdict verdict;
	char digest[33]; /**< of all the verdict depends on */
};

/** Plan the items, compare each, leave its file in analysis/ and its record in the item. */
int gate_compare_all(struct gate_work *work, struct pgo_error *err);

/** Free all that an item holds. */
void gate_item_release(struct gate_item *item);

/** Entry of an array whose member "workload" is `id`, borrowed; NULL: none. */
json_object *gate_find_workload(json_object *array, const char *id);

/** The entry of a comparison in gate.json; `digest`: of its file. Caller puts it. */
json_object *gate_comparison_record(const struct gate_work *work, const struct gate_item *item, const char *file,
				    const char *digest);

/** gate.json from a finished judgement; caller puts it. NULL when out of memory. */
json_object *gate_record(const struct gate_work *work);

#endif
