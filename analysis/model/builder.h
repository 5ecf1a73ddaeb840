/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_BUILDER_H
#define PGO_MODEL_BUILDER_H

#include <string.h>

#include "analysis/base/vec.h"
#include "pgo/profile.h"

/** Counters at or above this stand at their limit: LLVM >= 16 saturates here, older ones at 2^64-1. */
#define PGO_COUNTER_LIMIT (UINT64_MAX - 2)

/** counter[0] at or above this is a pseudo count where pseudo counts exist: 2^64-1 hot, 2^64-2 warm. */
#define PGO_COUNTER_PSEUDO (UINT64_MAX - 1)

/*
 * A profile under construction: what a reader fills. Start with `{0}`; pgo_builder_finish() turns it into a profile,
 * pgo_builder_release() drops it; both leave it empty. Functions that add return 0, or -1 when out of memory.
 *
 * A record is added by pgo_builder_function(), then its counters, bitmap bytes and value sites in any order, then
 * pgo_builder_seal(); records are not interleaved.
 */
struct pgo_builder {
	const char *format; /**< static */
	uint64_t version;
	uint32_t flags;	    /**< enum pgo_profile_flag; must be final before the first record is sealed */
	bool pseudo_counts; /**< the writer knew pseudo counts */
	/** Tells the owner of the input that these bytes are not needed again; NULL when nobody wants to know. */
	void (*input_done)(const void *bytes, size_t length);
	PGO_VEC(struct pgo_function) functions;
	PGO_VEC(uint64_t) counters;
	PGO_VEC(char) names;
	PGO_VEC(struct pgo_value_site) sites;
	PGO_VEC(struct pgo_value) values;
	PGO_VEC(uint8_t) bitmap;
	PGO_VEC(struct pgo_build_id) build_ids;
	PGO_VEC(struct pgo_trace) traces;
	PGO_VEC(uint64_t) trace_refs;
	PGO_VEC(char) vtable_names;
	PGO_VEC(char *) warnings;
};

/**
 * Make room for this many counters and bytes of names (NULs included) at once. The memory is only reserved: what is not
 * used is never touched, and handed back by pgo_builder_finish().
 */
int pgo_builder_reserve(struct pgo_builder *b, size_t functions, size_t counters, size_t names);

/** Append a name. @return its offset in names, UINT64_MAX when out of memory */
static inline uint64_t pgo_builder_name(struct pgo_builder *b, const void *name, size_t length)
{
	if (pgo_vec_reserve(&b->names, length + 1))
		return UINT64_MAX;
	uint64_t offset = b->names.count;
	char *at = b->names.items + offset;
	if (length)
		memcpy(at, name, length);
	at[length] = '\0';
	b->names.count += length + 1;
	return offset;
}

/** Start a record. @return the record, valid until the next one; NULL when out of memory */
static inline struct pgo_function *pgo_builder_function(struct pgo_builder *b, uint64_t name_offset,
							uint32_t name_length, uint64_t name_ref, uint64_t cfg_hash)
{
	if (pgo_vec_reserve(&b->functions, 1))
		return NULL;
	/* field by field: clearing the whole record first costs a tenth of the reading time */
	struct pgo_function *f = &b->functions.items[b->functions.count++];
	f->name_offset = name_offset;
	f->name_length = name_length;
	f->flags = 0;
	f->name_ref = name_ref;
	f->cfg_hash = cfg_hash;
	f->first_counter = b->counters.count;
	f->counter_count = 0;
	f->site_count = 0;
	f->first_site = b->sites.count;
	f->first_bitmap = b->bitmap.count;
	f->bitmap_count = 0;
	f->line = 0;
	f->max = 0;
	f->sum = 0;
	return f;
}

/** The record being built. */
static inline struct pgo_function *pgo_builder_last(struct pgo_builder *b)
{
	return &b->functions.items[b->functions.count - 1];
}

/** Add `count` values to the record as a new value site of `kind`. @return where to write them; NULL when out of memory
 */
struct pgo_value *pgo_builder_site(struct pgo_builder *b, uint32_t kind, uint32_t count);

/** As pgo_builder_seal(), for a reader that has added the counters up already. */
static inline void pgo_builder_seal_summed(struct pgo_builder *b, pgo_u128 sum, uint64_t max)
{
	struct pgo_function *f = pgo_builder_last(b);
	f->counter_count = (uint32_t)(b->counters.count - f->first_counter);
	f->site_count = (uint32_t)(b->sites.count - f->first_site);
	f->bitmap_count = (uint32_t)(b->bitmap.count - f->first_bitmap);
	f->max = max;
	f->sum = sum;
	if ((b->flags & PGO_PROFILE_IR) && (f->cfg_hash >> 60 & 1))
		f->flags |= PGO_FUNCTION_CS;
	if (max >= PGO_COUNTER_LIMIT)
		f->flags |= b->pseudo_counts && b->counters.items[f->first_counter] >= PGO_COUNTER_PSEUDO
				    ? PGO_FUNCTION_PSEUDO
				    : PGO_FUNCTION_SATURATED;
}

/** Complete the record: its counter count, sum, maximum and flags. */
static inline void pgo_builder_seal(struct pgo_builder *b)
{
	uint64_t max = 0;
	pgo_u128 sum = 0;
	for (size_t i = pgo_builder_last(b)->first_counter; i < b->counters.count; i++) {
		uint64_t c = b->counters.items[i];
		sum += c;
		max = c > max ? c : max;
	}
	pgo_builder_seal_summed(b, sum, max);
}

/** Note something that does not stop the reading. */
int pgo_builder_warn(struct pgo_builder *b, const char *format, ...) PGO_PRINTF(2, 3);

/**
 * Bring records of equal name and hash together, as `llvm-profdata merge` does: counters add up (to PGO_COUNTER_LIMIT),
 * bitmaps are or-ed, values of a site add up by value. A record whose number of counters, sites or bitmap bytes
 * differs from the first one, or that is a pseudo record where the first is none, is dropped with a warning.
 * Does nothing but look when there are none. Order: that of the first appearance.
 */
int pgo_builder_merge_duplicates(struct pgo_builder *b);

/**
 * Hand the profile over.
 * @return PGO_OK, or PGO_ENOMEM with the builder released.
 */
int pgo_builder_finish(struct pgo_builder *b, uint64_t input_bytes, struct pgo_profile **out, struct pgo_error *err);

void pgo_builder_release(struct pgo_builder *b);

#endif
