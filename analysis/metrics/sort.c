/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"

#define DIGIT_BITS 11
#define DIGITS 6 /* 6 x 11 >= 64 */
#define BUCKETS (1u << DIGIT_BITS)

uint64_t pgo_key_of(double x)
{
	uint64_t bits;
	if (!(x > 0)) /* also -0.0, whose bits would sort last */
		return 0;
	memcpy(&bits, &x, sizeof bits);
	return bits;
}

static unsigned digit(uint64_t key, unsigned d)
{
	return (unsigned)(key >> (d * DIGIT_BITS)) & (BUCKETS - 1);
}

/* For few items the histograms of a radix sort cost more than the sort. */
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

int pgo_sort_keyed(struct pgo_keyed *items, size_t count)
{
	if (count <= 64) {
		insertion_sort(items, count);
		return PGO_OK;
	}
	struct pgo_keyed *other = pgo_array_new(count, sizeof *other);
	uint32_t(*start)[BUCKETS] = calloc(DIGITS, sizeof *start);
	struct pgo_keyed *from = items, *to = other;
	if (!other || !start) {
		free(other);
		free(start);
		return PGO_ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		for (unsigned d = 0; d < DIGITS; d++)
			start[d][digit(items[i].key, d)]++;
	for (unsigned d = 0; d < DIGITS; d++) {
		if (start[d][digit(items[0].key, d)] == count)
			continue; /* one value only */
		uint32_t sum = 0;
		for (unsigned b = 0; b < BUCKETS; b++) {
			uint32_t n = start[d][b];
			start[d][b] = sum;
			sum += n;
		}
		for (size_t i = 0; i < count; i++)
			to[start[d][digit(from[i].key, d)]++] = from[i];
		struct pgo_keyed *swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, count * sizeof *items);
	free(other);
	free(start);
	return PGO_OK;
}
