/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LLVM's profile summary without sorting the counters. Counters fall into bins by exponent and leading mantissa bits;
 * bins keep exact sums, so a cutoff is known to lie in one bin, and only the counters of such bins (at most one per
 * cutoff) are gathered and sorted.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/model/builder.h"
#include "pgo/profile.h"

#define MANTISSA_BITS 6
#define MANTISSAS (1u << MANTISSA_BITS)
/** Values below EXACT_BINS have a bin of their own; above, each power of two has MANTISSAS bins. */
#define EXACT_BINS (2 * MANTISSAS)
#define BINS ((64 - MANTISSA_BITS + 1) * MANTISSAS)

/** As written by LLVM, in millionths. Source: ProfileSummaryBuilder::DefaultCutoffs. */
static const uint32_t cutoffs[] = {10000,  100000, 200000, 300000, 400000, 500000, 600000, 700000,
				   800000, 900000, 950000, 990000, 999000, 999900, 999990, 999999};
#define CUTOFFS (sizeof cutoffs / sizeof cutoffs[0])

/** Counters of a bin: how many, and the sum of what each has above the start of the bin; `carries` holds the rest of
 * it. */
struct bin {
	uint64_t count;
	uint64_t above;
};

/** A bin with a cutoff in it: its counters, gathered, in descending order; none where the bin is one value. */
struct gathered {
	unsigned bin;
	uint64_t *values;
	uint64_t count;
	uint64_t seen;	   /**< counters in all bins above */
	pgo_u128 sum_seen; /**< their sum */
};

struct builder {
	const struct pgo_profile *profile;
	enum pgo_record_filter filter;
	struct bin bins[BINS];
	uint64_t carries[BINS]; /**< how often `above` passed 2^64: hardly ever */
	struct gathered gathered[CUTOFFS];
	size_t gathered_count;
	uint8_t slot[BINS]; /**< 1 + index into gathered, 0 for bins without a cutoff */
};

static inline unsigned bin_of(uint64_t value)
{
	unsigned shift = (unsigned)(63 - __builtin_clzll(value | MANTISSAS)) - MANTISSA_BITS;
	return shift * MANTISSAS + (unsigned)(value >> shift);
}

/** Smallest value of a bin. */
static uint64_t bin_start(unsigned bin)
{
	if (bin < EXACT_BINS)
		return bin;
	unsigned shift = bin / MANTISSAS - 1;
	return (uint64_t)(bin % MANTISSAS + MANTISSAS) << shift;
}

static pgo_u128 bin_sum(const struct builder *s, unsigned bin)
{
	const struct bin *b = &s->bins[bin];
	return (pgo_u128)bin_start(bin) * b->count + b->above + ((pgo_u128)s->carries[bin] << 64);
}

static inline bool counted(const struct builder *s, const struct pgo_function *f)
{
	return pgo_function_selected(f, s->filter) && !(f->flags & PGO_FUNCTION_PSEUDO);
}

static uint64_t largest(const pgo_count *values, uint64_t count)
{
	uint64_t max = 0;
	for (uint64_t i = 0; i < count; i++)
		max = values[i] > max ? values[i] : max;
	return max;
}

static void add_function(struct builder *s, struct pgo_summary *out, const struct pgo_function *f)
{
	const pgo_count *c = f->counters;
	uint64_t n = f->counter_count;
	out->function_count++;
	out->counter_count += n;
	out->total += pgo_function_sum(f);
	if (f->max == 0) {
		s->bins[0].count += n;
		return;
	}
	out->nonzero_functions++;
	if (f->max > out->max_count)
		out->max_count = f->max;
	if (c[0] > out->max_first_count)
		out->max_first_count = c[0];
	if (f->max > out->max_internal_count) {
		uint64_t internal = c[0] < f->max ? f->max : largest(c + 1, n - 1);
		if (internal > out->max_internal_count)
			out->max_internal_count = internal;
	}
	for (uint64_t i = 0; i < n; i++) {
		unsigned shift = (unsigned)(63 - __builtin_clzll(c[i] | MANTISSAS)) - MANTISSA_BITS;
		unsigned at = shift * MANTISSAS + (unsigned)(c[i] >> shift);
		uint64_t above = c[i] & ((1ull << shift) - 1);
		s->bins[at].count++;
		if (__builtin_add_overflow(s->bins[at].above, above, &s->bins[at].above))
			s->carries[at]++;
	}
	if (f->flags & PGO_FUNCTION_SATURATED)
		for (uint64_t i = 0; i < n; i++)
			out->saturated_counters += c[i] >= PGO_COUNTER_LIMIT;
}

static void add_functions(struct builder *s, struct pgo_summary *out)
{
	const struct pgo_profile *p = s->profile;
	for (size_t i = 0; i < p->function_count; i++) {
		const struct pgo_function *f = &p->functions[i];
		if (counted(s, f))
			add_function(s, out, f);
		else if (pgo_function_selected(f, s->filter))
			out->pseudo_functions++;
	}
	out->nonzero_counters = out->counter_count - s->bins[0].count;
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
	for (unsigned b = BINS; b-- > 0 && next < CUTOFFS;) {
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
		seen += s->bins[b].count;
	}
}

static void gather_from(struct builder *s, const pgo_count *counters, uint64_t count, uint64_t lowest)
{
	for (uint64_t i = 0; i < count; i++) {
		unsigned slot = counters[i] < lowest ? 0 : s->slot[bin_of(counters[i])];
		if (slot)
			s->gathered[slot - 1].values[s->gathered[slot - 1].count++] = counters[i];
	}
}

static void gather_values(struct builder *s)
{
	const struct pgo_profile *p = s->profile;
	uint64_t lowest = UINT64_MAX;
	for (size_t g = 0; g < s->gathered_count; g++)
		if (s->gathered[g].bin >= EXACT_BINS)
			lowest = bin_start(s->gathered[g].bin); /* bins descend */
	if (lowest == UINT64_MAX)
		return;
	for (size_t i = 0; i < p->function_count; i++) {
		const struct pgo_function *f = &p->functions[i];
		if (f->max >= lowest && counted(s, f))
			gather_from(s, f->counters, f->counter_count, lowest);
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
	if (g->bin < EXACT_BINS) {
		entry->min_count = g->bin;
		entry->counter_count = g->seen + s->bins[g->bin].count;
		return;
	}
	pgo_u128 sum = g->sum_seen;
	uint64_t i = 0;
	while (i < g->count && (sum < want || (i && g->values[i] == g->values[i - 1])))
		sum += g->values[i++];
	entry->min_count = g->values[i - 1];
	entry->counter_count = g->seen + i;
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
		if (entry->cutoff == 990000)
			out->hot_threshold = entry->min_count;
		if (entry->cutoff == 999000)
			out->hot999_threshold = entry->min_count;
		if (entry->cutoff == 999999)
			out->cold_threshold = entry->min_count;
	}
}

static uint64_t gathered_size(const struct builder *s, size_t g)
{
	unsigned bin = s->gathered[g].bin;
	return bin < EXACT_BINS ? 0 : s->bins[bin].count;
}

int pgo_profile_summarize(struct pgo_summary *out, const struct pgo_profile *profile, enum pgo_record_filter filter,
			  struct pgo_error *err)
{
	struct pgo_summary result = {0};
	uint64_t *values = NULL;
	int rc = PGO_ENOMEM;
	struct builder *s = calloc(1, sizeof *s);
	if (!s)
		goto done;
	s->profile = profile;
	s->filter = filter;
	add_functions(s, &result);
	mark_bins(s, result.total);
	uint64_t gathered = 0, most = 0;
	for (size_t g = 0; g < s->gathered_count; g++) {
		uint64_t n = gathered_size(s, g);
		gathered += n;
		most = n > most ? n : most;
	}
	values = malloc((gathered + most + 1) * sizeof *values);
	if (!values)
		goto done;
	for (size_t g = 0, at = 0; g < s->gathered_count; g++) {
		s->gathered[g].values = values + at;
		at += gathered_size(s, g);
	}
	gather_values(s);
	for (size_t g = 0; g < s->gathered_count; g++)
		sort_descending(s->gathered[g].values, values + gathered, s->gathered[g].count);
	fill_entries(s, &result);
	*out = result;
	rc = PGO_OK;
done:
	free(values);
	free(s);
	return rc == PGO_OK ? PGO_OK : pgo_error_set(err, rc, "out of memory");
}
