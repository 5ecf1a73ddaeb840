/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics/compare_keyed.h"

#include <stdlib.h>

#include "analysis/metrics/metrics.h"
#include "analysis/model/align.h"

/*
 * Both profiles are brought over the union of their keys; what comes out is positional, and compared as such. Zeros
 * added to a distribution change none of the measures, but they do change what is said about each side: that is taken
 * from the profiles given.
 *
 * A sampled profile lists what was hit. A function that only one of them lists is no sign of other code, but of other
 * executions: it did not run on the other side. So the join rate counts against the profile only what has another hash,
 * as long as there is any function in common.
 */

/** Aligned profiles have neither keys (here) nor a hash of 0. */
static bool unknown_hash(const struct pgo_profile *p)
{
	for (size_t i = 0; i < p->function_count; i++)
		if (pgo_function_head(p, i).cfg_hash == 0)
			return true;
	return false;
}

bool pgo_needs_alignment(const struct pgo_profile *train, const struct pgo_profile *test)
{
	/* 0 is a hash like any other to a compiler, but not to a table, whose column of hashes may be missing */
	return train->keys || test->keys ||
	       (train->kind == PGO_KIND_TABLE && (unknown_hash(train) || unknown_hash(test)));
}

/** Index among the counters of `f` of the one that is number `aligned` in `g`, the same function aligned. */
static uint32_t own_index(const struct pgo_profile *own, const struct pgo_function *f, const uint64_t *aligned_keys,
			  uint32_t aligned)
{
	const uint64_t *keys = pgo_profile_keys(own, f);
	uint64_t key = aligned_keys[aligned];
	uint32_t low = 0, high = f->counter_count;
	if (!keys)
		return (uint32_t)key;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (keys[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void translate(uint32_t *dominant, uint32_t index, const struct pgo_profile *own,
		      const struct pgo_profile *aligned, const uint64_t *aligned_keys)
{
	if (*dominant == PGO_NO_INDEX)
		return;
	struct pgo_function f = pgo_function_head(own, index), g = pgo_function_head(aligned, index);
	const uint64_t *keys = aligned_keys + ((const uint64_t *)(const void *)g.counters - aligned->counters);
	*dominant = own_index(own, &f, keys, *dominant);
}

/** Say about the profiles given what was found out about the aligned ones. */
static int restate(struct pgo_comparison *c, const struct pgo_profile *const own[2],
		   struct pgo_profile *const aligned[2], uint64_t *const keys[2])
{
	enum pgo_record_filter filter = c->options.context_sensitive ? PGO_RECORDS_CS : PGO_RECORDS_NORMAL;
	int rc = pgo_profile_summarize(&c->train.summary, own[0], filter, NULL);
	if (rc == PGO_OK)
		rc = pgo_profile_summarize(&c->test.summary, own[1], filter, NULL);
	for (size_t i = 0; rc == PGO_OK && i < c->function_count; i++) {
		struct pgo_function_comparison *f = &c->functions[i];
		translate(&f->train_dominant, f->train_index, own[0], aligned[0], keys[0]);
		translate(&f->test_dominant, f->test_index, own[1], aligned[1], keys[1]);
	}
	if (c->join[PGO_JOIN_MATCHED].functions)
		c->join_rate = pgo_share_sum(c->join_rate + c->join[PGO_JOIN_ONLY_TEST].test_mass);
	c->train_profile = own[0];
	c->test_profile = own[1];
	return rc;
}

int pgo_compare_keyed(struct pgo_comparison *out, const struct pgo_profile *train, const struct pgo_profile *test,
		      const struct pgo_compare_options *options, struct pgo_error *err)
{
	const struct pgo_profile *const own[2] = {train, test};
	struct pgo_profile *aligned[2];
	uint64_t *keys[2];
	struct pgo_comparison result;
	int rc = pgo_profile_align(aligned, own, 2, err);
	if (rc != PGO_OK)
		return rc;
	for (int s = 0; s < 2; s++) {
		keys[s] = aligned[s]->keys;
		aligned[s]->keys = NULL; /* the same on both sides now: positions say it all */
	}
	rc = pgo_compare(&result, aligned[0], aligned[1], options, err);
	if (rc == PGO_OK) {
		rc = restate(&result, own, aligned, keys);
		if (rc == PGO_OK) {
			*out = result;
		} else {
			pgo_error_set(err, rc, "out of memory");
			pgo_comparison_release(&result);
		}
	}
	for (int s = 0; s < 2; s++) {
		free(keys[s]);
		pgo_profile_free(aligned[s]);
	}
	return rc;
}
