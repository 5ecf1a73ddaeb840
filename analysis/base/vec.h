/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_BASE_VEC_H
#define PGO_BASE_VEC_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * Growable arrays. `PGO_VEC(type)` declares an anonymous struct {items, count, capacity};
 * pgo_vec_reserve() makes room for `extra` more items and returns 0, or -1 when out of memory or when the size would
 * overflow; the array is untouched then.
 */
#define PGO_VEC(type)                                                                                                  \
	struct {                                                                                                       \
		type *items;                                                                                           \
		size_t count;                                                                                          \
		size_t capacity;                                                                                       \
	}

/** `items` is the address of the array pointer. */
int pgo_vec_grow(void *items, size_t *capacity, size_t count, size_t extra, size_t item_size);

#define pgo_vec_reserve(v, extra)                                                                                      \
	((v)->capacity - (v)->count >= (extra)                                                                         \
		 ? 0                                                                                                   \
		 : pgo_vec_grow(&(v)->items, &(v)->capacity, (v)->count, (extra), sizeof *(v)->items))

/** Append one item. Evaluates to 0, or -1 when out of memory. */
#define pgo_vec_push(v, item) (pgo_vec_reserve((v), 1) ? -1 : ((v)->items[(v)->count++] = (item), 0))

#define pgo_vec_release(v) (free((v)->items), (v)->items = NULL, (v)->count = (v)->capacity = 0)

#endif
