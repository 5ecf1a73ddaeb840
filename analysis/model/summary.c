/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LLVM's profile summary without sorting the counters. Counters fall into bins by exponent and leading mantissa bits;
 * bins keep exact sums, so a cutoff is known to lie in one bin, and only the counters of such bins (at most one per
 * cutoff) are gathered and sorted.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/model/builder.h"

/** As written by LLVM, in millionths. Source: ProfileSummaryBuilder::DefaultCutoffs. */
static const uint32_t cutoffs[] = {10000,  100000, 200000, 300000, 400000, 500000, 600000, 700000,
				   800000, 900000, 950000, 990000, 999000, 999900, 999990, 999999};
#define CUTOFFS (sizeof cutoffs / sizeof cutoffs[0])

/** A bin with a cutoff in it: its counters, gathered, in descending order; none where the bin is one value. */
struct gathered {
	unsigned bin;
	uint64_t *values;
	uint64_t count;
	uint64_t seen;	   /**< counters in all bins above */
	pgo_u128 sum_seen; /**< their sum */
};

struct builder {
	const struct pgo_tally *tally;
	struct gathered gathered[CUTOFFS];
	size_t gathered_count;
	uint8_t slot[PGO_TALLY_BINS]; /**< 1 + index into gathered, 0 for bins without a cutoff */
};

/** Smallest value of a bin. */
static uint64_t bin_start(unsigned bin)
{
	if (bin < PGO_TALLY_EXACT)
		return bin;
	unsigned shift = bin / PGO_TALLY_MANTISSAS - 1;
	return (uint64_t)(bin % PGO_TALLY_MANTISSAS + PGO_TALLY_MANTISSAS) << shift;
}

static pgo_u128 bin_sum(const struct builder *s, unsigned bin)
{
	const struct pgo_tally_bin *b = &s->tally->bins[bin];
	return (pgo_u128)bin_start(bin) * b->count + b->above + ((pgo_u128)s->tally->carries[bin] << 64);
}

void pgo_tally_free(struct pgo_tally *tally)
{
	if (tally)
		free(tally->large);
	free(tally);
}

int pgo_tally_grow(struct pgo_tally *tally, size_t extra)
{
	return pgo_vec_grow(&tally->large, &tally->large_capacity, tally->large_count, extra, sizeof *tally->large);
}

static uint64_t largest(const pgo_count *values, uint64_t count)
{
	uint64_t max = 0;
	for (uint64_t i = 0; i < count; i++)
		max = values[i] > max ? values[i] : max;
	return max;
}

void pgo_tally_extremes(struct pgo_tally *tally, const struct pgo_function *f)
{
	struct pgo_summary *found = &tally->found;
	const pgo_count *c = f->counters;
	if (f->sum == UINT64_MAX)
		found->total += pgo_function_sum(f) - f->sum;
	if (f->max > found->max_count)
		found->max_count = f->max;
	if (c[0] > found->max_first_count)
		found->max_first_count = c[0];
	if (f->max > found->max_internal_count) {
		uint64_t internal = c[0] < f->max ? f->max : largest(c + 1, f->counter_count - 1u);
		if (internal > found->max_internal_count)
			found->max_internal_count = internal;
	}
	for (uint32_t i = 0; i < f->counter_count && (f->flags & PGO_FUNCTION_SATURATED); i++)
		found->saturated_counters += c[i] >= PGO_COUNTER_LIMIT;
}

static int tally_profile(struct pgo_tally *tally, const struct pgo_profile *p, enum pgo_record_filter filter)
{
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_function_at(p, i);
		if (pgo_function_selected(&f, filter) && pgo_tally_add(tally, &f))
			return PGO_ENOMEM;
	}
	return PGO_OK;
}

/** What the running sum must reach: floor(total * cutoff / 10^6). The product may need more than 128 bits. */
static pgo_u128 wanted(pgo_u128 total, uint32_t cutoff)
{
	pgo_u128 whole = total / 1000000, rest = total % 1000000;
	return whole * cutoff + rest * cutoff / 1000000;
}

/** Mark the bins in which the running sum reaches a cutoff. */
static void mark_bins(struct builder *s, pgo_u128 total)
{
	pgo_u128 sum = 0;
	uint64_t seen = 0;
	size_t next = 0;
	for (unsigned b = PGO_TALLY_BINS; b-- > 0 && next < CUTOFFS;) {
		while (next < CUTOFFS && wanted(total, cutoffs[next]) == 0)
			next++;
		bool crossed = false;
		pgo_u128 here = bin_sum(s, b);
		for (; next < CUTOFFS && wanted(total, cutoffs[next]) <= sum + here; next++)
			crossed = true;
		if (crossed) {
			s->gathered[s->gathered_count++] = (struct gathered){.bin = b, .seen = seen, .sum_seen = sum};
			s->slot[b] = (uint8_t)s->gathered_count;
		}
		sum += here;
		seen += s->tally->bins[b].count;
	}
}

static void gather_values(struct builder *s)
{
	uint64_t lowest = UINT64_MAX;
	for (size_t g = 0; g < s->gathered_count; g++)
		if (s->gathered[g].bin >= PGO_TALLY_EXACT)
			lowest = bin_start(s->gathered[g].bin); /* bins descend */
	if (lowest == UINT64_MAX)
		return;
	for (size_t i = 0; i < s->tally->large_count; i++) {
		uint64_t c = s->tally->large[i];
		unsigned slot = c < lowest ? 0 : s->slot[pgo_tally_bin_of(c)];
		if (slot)
			s->gathered[slot - 1].values[s->gathered[slot - 1].count++] = c;
	}
}

/** Descending order, by byte from the lowest, bytes that are equal in all values skipped: linear in `count`. */
static void sort_descending(uint64_t *values, uint64_t *scratch, uint64_t count)
{
	uint64_t differ = 0;
	for (uint64_t i = 1; i < count; i++)
		differ |= values[i] ^ values[0];
	uint64_t *from = values, *to = scratch;
	for (unsigned shift = 0; shift < 64; shift += 8) {
		if (!(differ >> shift & 0xff))
			continue;
		uint64_t place[257] = {0};
		for (uint64_t i = 0; i < count; i++)
			place[0x100 - (from[i] >> shift & 0xff)]++;
		for (unsigned i = 1; i < 257; i++)
			place[i] += place[i - 1];
		for (uint64_t i = 0; i < count; i++)
			to[place[0xff - (from[i] >> shift & 0xff)]++] = from[i];
		uint64_t *swap = from;
		from = to;
		to = swap;
	}
	if (from != values)
		memcpy(values, from, count * sizeof *values);
}

/** The entry at a cutoff within a gathered bin: whole groups of equal values until the sum is reached. */
static void find_entry(const struct builder *s, const struct gathered *g, pgo_u128 want,
		       struct pgo_summary_entry *entry)
{
	if (g->bin < PGO_TALLY_EXACT) {
		entry->min_count = g->bin;
		entry->counter_count = g->seen + s->tally->bins[g->bin].count;
		return;
	}
	pgo_u128 sum = g->sum_seen;
	uint64_t i = 0;
	while (i < g->count && (sum < want || (i && g->values[i] == g->values[i - 1])))
		sum += g->values[i++];
	entry->min_count = g->values[i - 1];
	entry->counter_count = g->seen + i;
}

/* The threshold a cutoff sets; NULL: none. */
static uint64_t *threshold_of(struct pgo_summary *s, uint32_t cutoff)
{
	return cutoff == 990000	  ? &s->hot_threshold
	       : cutoff == 999000 ? &s->hot999_threshold
	       : cutoff == 999999 ? &s->cold_threshold
				  : NULL;
}

static void set_thresholds(struct pgo_summary *s)
{
	for (size_t c = 0; c < s->entry_count; c++) {
		uint64_t *threshold = threshold_of(s, s->entries[c].cutoff);
		if (threshold)
			*threshold = s->entries[c].min_count;
	}
}

bool pgo_summary_whole(const struct pgo_summary *summary)
{
	bool whole = summary->entry_count == CUTOFFS;
	for (size_t c = 0; whole && c < CUTOFFS; c++)
		whole = summary->entries[c].cutoff == cutoffs[c];
	return whole;
}

bool pgo_summary_keep_judged(struct pgo_summary *summary)
{
	size_t kept = 0;
	for (size_t c = 0; c < summary->entry_count; c++)
		if (threshold_of(summary, summary->entries[c].cutoff))
			summary->entries[kept++] = summary->entries[c];
	summary->entry_count = kept;
	return kept == 3;
}

static void fill_entries(struct builder *s, struct pgo_summary *out)
{
	out->entry_count = CUTOFFS;
	for (size_t c = 0; c < CUTOFFS; c++) {
		struct pgo_summary_entry *entry = &out->entries[c];
		pgo_u128 want = wanted(out->total, cutoffs[c]);
		*entry = (struct pgo_summary_entry){.cutoff = cutoffs[c]};
		for (size_t g = 0; want && g < s->gathered_count; g++) {
			const struct gathered *at = &s->gathered[g];
			if (want > at->sum_seen && want <= at->sum_seen + bin_sum(s, at->bin))
				find_entry(s, at, want, entry);
		}
	}
	set_thresholds(out);
}

bool pgo_summary_confirm(struct pgo_summary *summary, uint64_t total, const struct pgo_cut_found *found)
{
	for (size_t c = 0; c < summary->entry_count; c++) {
		const struct pgo_summary_entry *e = &summary->entries[c];
		pgo_u128 want = wanted(total, e->cutoff);
		if (want == 0 || found[c].sum < want ||
		    found[c].sum - (pgo_u128)e->min_count * found[c].equal >= want)
			return false;
	}
	for (size_t c = 0; c < summary->entry_count; c++)
		summary->entries[c].counter_count = found[c].counters;
	summary->total = total;
	set_thresholds(summary);
	return true;
}

static uint64_t gathered_size(const struct builder *s, size_t g)
{
	unsigned bin = s->gathered[g].bin;
	return bin < PGO_TALLY_EXACT ? 0 : s->tally->bins[bin].count;
}

static int find_cutoffs(struct builder *s, struct pgo_summary *out)
{
	uint64_t gathered = 0, most = 0;
	mark_bins(s, out->total);
	for (size_t g = 0; g < s->gathered_count; g++) {
		uint64_t n = gathered_size(s, g);
		gathered += n;
		most = n > most ? n : most;
	}
	uint64_t *values = malloc((gathered + most + 1) * sizeof *values);
	if (!values)
		return PGO_ENOMEM;
	for (size_t g = 0, at = 0; g < s->gathered_count; g++) {
		s->gathered[g].values = values + at;
		at += gathered_size(s, g);
	}
	gather_values(s);
	for (size_t g = 0; g < s->gathered_count; g++)
		sort_descending(s->gathered[g].values, values + gathered, s->gathered[g].count);
	fill_entries(s, out);
	free(values);
	return PGO_OK;
}

int pgo_profile_summarize(struct pgo_summary *out, const struct pgo_profile *profile, enum pgo_record_filter filter,
			  struct pgo_error *err)
{
	struct builder s = {.tally = profile->tally[filter]};
	struct pgo_tally *own = NULL;
	int rc = PGO_OK;
	if (!s.tally) {
		s.tally = own = calloc(1, sizeof *own);
		rc = own ? tally_profile(own, profile, filter) : PGO_ENOMEM;
	}
	if (rc == PGO_OK) {
		struct pgo_summary result = s.tally->found;
		result.nonzero_counters = result.counter_count - s.tally->bins[0].count;
		rc = find_cutoffs(&s, &result);
		if (rc == PGO_OK)
			*out = result;
	}
	pgo_tally_free(own);
	return rc == PGO_OK ? PGO_OK : pgo_error_set(err, rc, "out of memory");
}
