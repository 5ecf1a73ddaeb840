/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_BASE_MAPPING_H
#define PGO_BASE_MAPPING_H

#include <stddef.h>

/*
 * Giving back the pages of mapped files that were only read: 47 MB take a processor more than a millisecond, and a
 * program that ends is not over before.
 */

/** As munmap() of a whole mapping; the pages of a large one are given back by two threads. */
void pgo_unmap(void *bytes, size_t length);

/** A mapping of a file that was only read. */
struct pgo_mapping {
	void *bytes;
	size_t length;
};

struct pgo_drop;

/**
 * Start to give back the pages of two mappings beside what the caller does. They stay mapped: a page that is touched
 * again is read again.
 * @return what pgo_drop_finish() takes, before which neither may be unmapped; NULL: not started, as for small ones
 */
struct pgo_drop *pgo_drop_start(const struct pgo_mapping mappings[2]);

/** Help until all are given back. NULL is allowed. */
void pgo_drop_finish(struct pgo_drop *drop);

#endif
