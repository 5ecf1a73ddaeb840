/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_BASE_MAPPING_H
#define PGO_BASE_MAPPING_H

#include <stddef.h>

/**
 * As munmap() of a whole mapping of a file that was only read. The pages of a large one are given back by two threads:
 * 47 MB take a processor more than a millisecond, and a program that ends is not over before.
 */
void pgo_unmap(void *bytes, size_t length);

#endif
