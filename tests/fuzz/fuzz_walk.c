/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "read_and_use.h"
#include "read_lazily.h"

/* Compared with itself. */
static void walk_pair(struct pgo_profile *p)
{
	struct pgo_comparison c;
	int rc = pgo_compare(&c, p, p, NULL, NULL);
	if (rc == PGO_OK) {
		pgo_comparison_release(&c);
		if (pgo_profile_settle(p, NULL) != PGO_OK)
			__builtin_trap();
		use_profile(p);
	}
	pgo_profile_free(p);
}

/* What the walk says of it is what its functions say. */
static void walk_alone(struct pgo_profile *p)
{
	struct pgo_summary walked, added;
	struct pgo_skew skew;
	if (pgo_profile_overview(&walked, &skew, p, PGO_RECORDS_NORMAL, NULL) == PGO_OK) {
		if (pgo_profile_settle(p, NULL) != PGO_OK ||
		    pgo_profile_summarize(&added, p, PGO_RECORDS_NORMAL, NULL) != PGO_OK)
			__builtin_trap();
		if (walked.total != added.total || walked.function_count != added.function_count ||
		    walked.counter_count != added.counter_count || walked.max_count != added.max_count ||
		    walked.nonzero_functions != added.nonzero_functions ||
		    walked.hot_threshold != added.hot_threshold || walked.cold_threshold != added.cold_threshold)
			__builtin_trap();
	}
	pgo_profile_free(p);
}

/*
 * An indexed profile whose functions are left unread is read while it is looked at. What a walk over its table takes as
 * sound, the reader must take too.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pgo_profile *p = read_lazily(data, size);
	if (!p)
		return 0;
	walk_pair(p);
	p = read_lazily(data, size);
	if (!p)
		__builtin_trap();
	walk_alone(p);
	return 0;
}
