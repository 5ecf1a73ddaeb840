/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"

#define DIGIT_BITS 11
#define DIGITS 3 /* per round; two rounds cover the 64 bits: 33 upper ones, then 31 lower ones */
#define UPPER_SHIFT 31
#define BUCKETS (1u << DIGIT_BITS)
#define FEW 64 /* for so few items the histograms cost more than the sort */

uint64_t pgo_key_of(double x)
{
	uint64_t bits;
	if (!(x > 0)) /* also -0.0, whose bits would sort last */
		return 0;
	memcpy(&bits, &x, sizeof bits);
	return bits;
}

static unsigned digit(uint64_t key, unsigned shift)
{
	return (unsigned)(key >> shift) & (BUCKETS - 1);
}

static void insertion_sort(struct pgo_keyed *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct pgo_keyed item = items[i];
		size_t at = i;
		for (; at > 0 && items[at - 1].key > item.key; at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
}

/* Stable sort by the DIGITS digits from bit `shift` on. `other` is as large as `items`. */
static void radix_round(struct pgo_keyed *items, struct pgo_keyed *other, size_t count, unsigned shift)
{
	uint32_t start[DIGITS][BUCKETS] = {0};
	struct pgo_keyed *from = items, *to = other;

	for (size_t i = 0; i < count; i++)
		for (unsigned d = 0; d < DIGITS; d++)
			start[d][digit(items[i].key, shift + d * DIGIT_BITS)]++;
	for (unsigned d = 0; d < DIGITS; d++) {
		unsigned at = shift + d * DIGIT_BITS;
		if (start[d][digit(items[0].key, at)] == count)
			continue; /* one value only */
		uint32_t sum = 0;
		for (unsigned b = 0; b < BUCKETS; b++) {
			uint32_t n = start[d][b];
			start[d][b] = sum;
			sum += n;
		}
		for (size_t i = 0; i < count; i++)
			to[start[d][digit(from[i].key, at)]++] = from[i];
		struct pgo_keyed *swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, count * sizeof *items);
}

/* The upper half of a key tells nearly all items apart; runs that are alike in it are put right one by one. */
int pgo_sort_keyed(struct pgo_keyed *items, size_t count)
{
	if (count <= FEW) {
		insertion_sort(items, count);
		return PGO_OK;
	}
	struct pgo_keyed *other = pgo_array_new(count, sizeof *other);
	if (!other)
		return PGO_ENOMEM;
	radix_round(items, other, count, UPPER_SHIFT);
	for (size_t i = 0, end; i < count; i = end) {
		bool alike = true;
		for (end = i + 1; end < count && items[end].key >> UPPER_SHIFT == items[i].key >> UPPER_SHIFT; end++)
			alike &= items[end].key == items[i].key;
		if (!alike && end - i <= FEW)
			insertion_sort(items + i, end - i);
		else if (!alike)
			radix_round(items + i, other, end - i, 0);
	}
	free(other);
	return PGO_OK;
}
