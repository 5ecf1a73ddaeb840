/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_TALLY_H
#define PGO_MODEL_TALLY_H

#include "pgo/profile.h"

/*
 * What a summary is made of, added up record by record: a reader that has the counters at hand feeds it, which saves a
 * walk over all of them. Counters fall into bins by exponent and leading mantissa bits; bins keep exact sums.
 */

#define PGO_TALLY_MANTISSA 6
#define PGO_TALLY_MANTISSAS (1u << PGO_TALLY_MANTISSA)
/** Values below have a bin of their own; above, each power of two has PGO_TALLY_MANTISSAS bins. */
#define PGO_TALLY_EXACT (2 * PGO_TALLY_MANTISSAS)
#define PGO_TALLY_BINS ((64 - PGO_TALLY_MANTISSA + 1) * PGO_TALLY_MANTISSAS)

/** Counters of a bin: how many, and the sum of what each has above the start of the bin; `carries` holds the rest. */
struct pgo_tally_bin {
	uint64_t count;
	uint64_t above;
};

struct pgo_tally {
	struct pgo_tally_bin bins[PGO_TALLY_BINS];
	uint64_t carries[PGO_TALLY_BINS]; /**< how often `above` passed 2^64: hardly ever */
	uint64_t *large; /**< heap: the counters that share a bin with others, in no order worth relying on */
	size_t large_count, large_capacity;
	struct pgo_summary found; /**< all but the entries and thresholds */
};

void pgo_tally_free(struct pgo_tally *tally);

/** Make room for `extra` more large counters. @return 0, or -1 when out of memory */
int pgo_tally_grow(struct pgo_tally *tally, size_t extra);

static inline unsigned pgo_tally_shift(uint64_t value)
{
	return (unsigned)(63 - __builtin_clzll(value | PGO_TALLY_MANTISSAS)) - PGO_TALLY_MANTISSA;
}

static inline unsigned pgo_tally_bin_of(uint64_t value)
{
	unsigned shift = pgo_tally_shift(value);
	return shift * PGO_TALLY_MANTISSAS + (unsigned)(value >> shift);
}

/** What a record has at its limit or before its second counter: the rare part of pgo_tally_add(). */
void pgo_tally_extremes(struct pgo_tally *tally, const struct pgo_function *f);

/** Add a record. @return 0, or -1 when out of memory */
static inline int pgo_tally_add(struct pgo_tally *tally, const struct pgo_function *f)
{
	struct pgo_summary *found = &tally->found;
	found->function_count++;
	if (f->flags & PGO_FUNCTION_PSEUDO) {
		found->function_count--;
		found->pseudo_functions++;
		return 0;
	}
	found->counter_count += f->counter_count;
	if (f->max == 0) {
		tally->bins[0].count += f->counter_count;
		return 0;
	}
	if (tally->large_capacity - tally->large_count < f->counter_count && pgo_tally_grow(tally, f->counter_count))
		return -1;
	found->nonzero_functions++;
	found->total += f->sum;
	/* In locals: through the pointers each counter would wait for the stores of the one before. */
	struct pgo_tally_bin *bins = tally->bins;
	const pgo_count *counters = f->counters;
	uint64_t *large = tally->large + tally->large_count;
	for (uint32_t i = 0, n = f->counter_count; i < n; i++) {
		uint64_t c = counters[i];
		unsigned shift = pgo_tally_shift(c), at = shift * PGO_TALLY_MANTISSAS + (unsigned)(c >> shift);
		uint64_t above = c & ((1ull << shift) - 1);
		bins[at].count++;
		bins[at].above += above;
		if (bins[at].above < above)
			tally->carries[at]++;
		*large = c; /* kept when it counts: no branch to mispredict */
		large += c >= PGO_TALLY_EXACT;
	}
	tally->large_count = (size_t)(large - tally->large);
	if (f->counters[0] > found->max_first_count || f->max > found->max_internal_count || f->sum == UINT64_MAX ||
	    (f->flags & PGO_FUNCTION_SATURATED))
		pgo_tally_extremes(tally, f);
	return 0;
}

/** Counters at or above a claimed threshold, as found: how many, how many of them equal it, and their sum. */
struct pgo_cut_found {
	uint64_t counters, equal, sum;
};

/** Does it have all the cutoffs that summaries have? */
bool pgo_summary_whole(const struct pgo_summary *summary);

/** Keep the entries that comparisons judge by: 99 %, 99.9 %, 99.9999 %. False: one is missing. */
bool pgo_summary_keep_judged(struct pgo_summary *summary);

/**
 * Is what a file claims of its summary true? Each entry's threshold is the one for `total`: the counters at or above it
 * reach the cutoff, those above it do not.
 * @param summary  entries as claimed, in; with counts as found and thresholds set, out when they are all right.
 */
bool pgo_summary_confirm(struct pgo_summary *summary, uint64_t total, const struct pgo_cut_found *found);

#endif
