/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_COLLECT_COLLECT_H
#define HARNESS_COLLECT_COLLECT_H

#include <json-c/json.h>

#include "harness/corpus/corpus.h"

/*
 * From raw files to profiles, by the toolchain's own llvm-profdata:
 *   out/profiles/workload/<id>.profdata   raw files of one workload
 *   out/profiles/train.profdata           training workloads at their weights, each one's mass normalised first
 *   out/profiles/loo/<id>.profdata        the same without one real training workload
 *   out/profiles/merge.json               mass, weight and share of each; what was left out and why
 */

struct collect_options {
	const char *out_dir;
	const char *profdata;
	const bool *usable; /**< per workload of the corpus: replayed well */
};

/** One workload's part in the training merge. */
struct collect_share {
	size_t workload;	/**< index into the corpus */
	double mass;		/**< total count of its own profile */
	double share;		/**< wanted share of the training mass, 0..1 */
	double effective_share; /**< after rounding to the integer weights llvm-profdata takes */
	uint64_t integer_weight;
};

struct collect_result {
	char *train_profile; /**< absolute path */
	size_t share_count;
	struct collect_share *shares;
	size_t merges;	 /**< profiles made; 0: all were still good */
	size_t warnings; /**< of llvm-profdata, listed in merge.json */
};

/** @return PGO_OK, PGO_ECHILD (llvm-profdata failed: its message is passed on; or no training workload is usable),
 * PGO_EFORMAT (a workload's profile is empty or damaged). */
int collect_all(struct collect_result *out, const struct corpus *corpus, const struct collect_options *options,
		struct pgo_error *err);
void collect_result_release(struct collect_result *result);

/** Path of a workload's profile, and of the merge without it; caller frees. */
char *collect_workload_path(const char *out_dir, const char *id);
char *collect_loo_path(const char *out_dir, const char *id);

#endif
