/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_COLLECT_PROFDATA_H
#define HARNESS_COLLECT_PROFDATA_H

#include "harness/corpus/corpus.h"

/* One call of llvm-profdata merge. */

struct profdata_merge {
	const char *profdata; /**< llvm-profdata to run */
	const char *out_dir;  /**< run directory: its profiles/llvm-profdata.log holds what the tool said last */
	const char *output;   /**< indexed profile, written beside and renamed */
	size_t input_count;
	char **inputs;		 /**< raw or indexed profiles */
	const uint64_t *weights; /**< one per input, or NULL: 1 each */
	const char *what;	 /**< for messages, e.g. "profile of workload 'a'" */
};

/**
 * Merge. The inputs go through a list file (OUTPUT.list, kept: it is what a person needs to repeat the merge), so their
 * number is not limited by the length of a command line.
 *
 * @param[in,out] warnings  lines the tool marked as warnings are appended.
 * @return PGO_OK, PGO_ECHILD (its error line is passed on), PGO_EINTERRUPTED, PGO_ESYSTEM.
 */
int profdata_merge(const struct profdata_merge *merge, struct string_list *warnings, struct pgo_error *err);

#endif
