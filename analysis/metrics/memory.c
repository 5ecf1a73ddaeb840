/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "analysis/metrics/metrics.h"

#define HUGE_BYTES ((size_t)2 << 20)

void *pgo_array_new(size_t count, size_t item_size)
{
	if (count >= SIZE_MAX / 2 / item_size)
		return NULL;
	size_t bytes = (count + 1) * item_size;
	if (bytes < 2 * HUGE_BYTES)
		return malloc(bytes);
	/* Large arrays are written once from end to end: with small pages, faulting them in costs more than the
	 * writing. */
	size_t rounded = (bytes + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
	void *items = aligned_alloc(HUGE_BYTES, rounded);
	if (items)
		(void)madvise(items, rounded, MADV_HUGEPAGE); /* advice: no harm when refused */
	return items;
}
