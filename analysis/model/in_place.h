/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_IN_PLACE_H
#define PGO_MODEL_IN_PLACE_H

#include <string.h>

#include "pgo/profile.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "functions left in place are little-endian: this needs a little-endian machine"
#endif

/*
 * Functions left where an indexed profile has them. A table of them, 64 bytes each, would cost more time than reading
 *the file: the kernel has to clear its pages. So a function is decoded whenever it is looked at; its place takes 8
 *bytes: the offset of its key (40 bits) and from there to its record (24 bits).
 *
 *	key    = name_ref u64, name length u64, data length u64, name
 *	record = cfg_hash u64, counters u64, counters * u64
 *
 * The reader that made the places has checked that all of it lies within the input.
 */

#define PGO_PLACE_BITS 24
#define PGO_PLACE_MOST ((1u << PGO_PLACE_BITS) - 1)
#define PGO_PLACE_KEY_MOST (UINT64_MAX >> PGO_PLACE_BITS)

/** Counters at or above this stand at their limit: LLVM >= 16 saturates here, older ones at 2^64-1. */
#define PGO_COUNTER_LIMIT (UINT64_MAX - 2)

/** counter[0] at or above this is a pseudo count where pseudo counts exist: 2^64-1 hot, 2^64-2 warm. */
#define PGO_COUNTER_PSEUDO (UINT64_MAX - 1)

/** Sum of two counters: to the limit. */
static inline uint64_t pgo_add_limited(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;
	return sum < b || sum > PGO_COUNTER_LIMIT ? PGO_COUNTER_LIMIT : sum;
}

static inline uint64_t pgo_load64(const unsigned char *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

/** PGO_FUNCTION_CS for a context-sensitive record: in IR profiles bit 60 of the hash says so. */
static inline uint32_t pgo_context_flag(uint32_t profile_flags, uint64_t cfg_hash)
{
	return (profile_flags & PGO_PROFILE_IR) && (cfg_hash >> 60 & 1) ? PGO_FUNCTION_CS : 0;
}

/** Flags a record gets by its counters. */
static inline uint32_t pgo_limit_flags(bool pseudo_counts, uint64_t max, const pgo_count *counters)
{
	if (max < PGO_COUNTER_LIMIT)
		return 0;
	return pseudo_counts && counters[0] >= PGO_COUNTER_PSEUDO ? PGO_FUNCTION_PSEUDO : PGO_FUNCTION_SATURATED;
}

/** Sum (it stops at 2^64-1) and maximum of the counters. */
static inline void pgo_add_up(struct pgo_function *f)
{
	uint64_t sum = 0, max = 0;
	for (uint32_t i = 0; i < f->counter_count; i++) {
		uint64_t c = f->counters[i];
		sum += c;
		max = c > max ? c : max;
	}
	f->max = max;
	f->sum = sum;
	if (max >> 32) /* else so many of them cannot overflow */
		for (uint32_t i = (sum = 0); i < f->counter_count; i++)
			if (__builtin_add_overflow(sum, f->counters[i], &sum)) {
				sum = UINT64_MAX;
				break;
			}
	f->sum = sum;
}

/** All of the function at a place but sum, max and the flags that depend on them. */
static inline struct pgo_function pgo_place_head(const struct pgo_profile *p, uint64_t place)
{
	const unsigned char *key = (const unsigned char *)p->input + (place >> PGO_PLACE_BITS);
	const unsigned char *record = key + (place & PGO_PLACE_MOST);
	struct pgo_function f = {.name = (const char *)key + 24,
				 .counters = (const pgo_count *)(record + 16),
				 .name_ref = pgo_load64(key),
				 .cfg_hash = pgo_load64(record),
				 .name_length = (uint32_t)pgo_load64(key + 8),
				 .counter_count = (uint32_t)pgo_load64(record + 8)};
	f.flags = pgo_context_flag(p->flags, f.cfg_hash);
	return f;
}

/** A reference to a function: its place where functions are in place, else its index. */
static inline uint64_t pgo_function_ref(const struct pgo_profile *p, size_t index)
{
	return p->functions ? index : p->places[index];
}

static inline struct pgo_function pgo_ref_head(const struct pgo_profile *p, uint64_t ref)
{
	return p->functions ? p->functions[ref] : pgo_place_head(p, ref);
}

/** The whole function. */
static inline struct pgo_function pgo_ref_function(const struct pgo_profile *p, uint64_t ref)
{
	struct pgo_function f = pgo_ref_head(p, ref);
	if (!p->functions) {
		pgo_add_up(&f);
		f.flags |= pgo_limit_flags(p->pseudo_counts, f.max, f.counters);
	}
	return f;
}

/** pgo_profile_function() without sum, max and the flags that depend on them, inline. */
static inline struct pgo_function pgo_function_head(const struct pgo_profile *p, size_t index)
{
	return pgo_ref_head(p, pgo_function_ref(p, index));
}

/** pgo_profile_function(), inline. */
static inline struct pgo_function pgo_function_at(const struct pgo_profile *p, size_t index)
{
	return pgo_ref_function(p, pgo_function_ref(p, index));
}

#endif
