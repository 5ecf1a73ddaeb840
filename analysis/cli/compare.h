/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_ANALYZE_COMPARE_H
#define PGO_ANALYZE_COMPARE_H

#include "pgo/runs.h"
#include "several.h"

/* "compare" of several profiles on a side. */

struct compare_arguments {
	struct cli_common common;
	struct cli_thresholds thresholds;
	struct cli_list sides[2];
	struct pgo_runs_options runs;
	size_t top;
	const char *function;
};

/**
 * The arguments with "--train A B --test C" spelled out as "--train=A --train=B --test=C", as argp takes them.
 * @param[out] words  ended by NULL; compare_free_words() frees. @param[in,out] argc  their number.
 * @return -1, or the exit code of a failure
 */
int compare_spell_out(char ***words, int *argc, char **argv);
void compare_free_words(char **words);

/** Warn where --function matches nothing. */
void compare_warn_of_pattern(const struct pgo_report *report);

/** Compare a->sides. @return exit code */
int compare_sides(struct compare_arguments *a);

#endif
