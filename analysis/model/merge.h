/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_MERGE_H
#define PGO_MODEL_MERGE_H

#include "analysis/model/builder.h"
#include "pgo/merge.h"

/*
 * The accumulator of include/pgo/merge.h, for merge_*.c only. All that belongs to records lies in arrays that only
 * grow; a record that needs more room than it has (keys, values) moves to their end with twice as much, so that what is
 * left behind is never more than what is in use.
 */

/** A record of the sum. */
struct pgo_sum_record {
	uint64_t name_ref, cfg_hash;
	uint64_t name;		/**< into names */
	uint64_t first_counter; /**< into counters, and with keyed into keys */
	uint32_t name_length;
	uint32_t counter_count;
	uint32_t capacity; /**< counters there is room for */
	uint32_t extra;	   /**< number of its extra plus 1; 0: none */
	uint32_t next;	   /**< record that followed it in the profile read last: probably does so again */
	uint32_t seen;	   /**< records added up in it */
	bool pseudo;	   /**< counter 0 is a pseudo count */
	bool rival;	   /**< another one has its name and hash */
};

/** A slot of the index. What does not have the tag need not be looked at, which would be far away in memory. */
struct pgo_sum_slot {
	uint32_t number; /**< of the record plus 1; 0: free */
	uint32_t tag;	 /**< of its name reference and hash */
};

/** Values of a site, in rising order, each once. */
struct pgo_sum_site {
	uint64_t first; /**< into values */
	uint32_t count, capacity;
};

struct pgo_sum_extra {
	uint64_t first_site; /**< into sites: those of kind 0, 1, 2 */
	uint64_t first_bitmap;
	uint32_t sites[PGO_VALUE_KINDS];
	uint32_t bitmap_count;
	bool sites_differ, bitmap_differs; /**< between the records that have any: only those with most count */
};

/** Copies of a temporal trace. */
struct pgo_sum_trace {
	uint64_t digest;
	uint64_t weight;
	uint64_t copies;
	uint64_t *refs; /**< heap */
	size_t count;
};

/** Warnings kept; a sum of a thousand damaged files needs no thousand lines. */
#define PGO_SUM_WARNINGS 100

struct pgo_merge {
	size_t added;
	bool populated; /**< one of them had functions: flags are theirs */
	bool keyed;
	uint32_t kind, flags;
	uint64_t input_bytes;
	const char *format; /**< of all, or "merge" */
	uint64_t version;   /**< of all, or 0 */
	char *first;	    /**< heap: what the first one is called */
	PGO_VEC(struct pgo_sum_record) records;
	struct pgo_sum_slot *index; /**< by name reference and hash, open addressing */
	size_t index_size;	    /**< a power of two, more than half of it free */
	uint32_t expected;	    /**< record that probably is the next to be added to */
	uint32_t last;		    /**< record added to last, UINT32_MAX: none of this profile */
	bool rivals;		    /**< records differ in their number of counters only */
	uint64_t most;		    /**< no counter is larger, but for those of pseudo records and keyed ones */
	PGO_VEC(char) names;
	PGO_VEC(uint64_t) counters;
	PGO_VEC(uint64_t) keys;
	PGO_VEC(struct pgo_sum_extra) extras;
	PGO_VEC(struct pgo_sum_site) sites;
	PGO_VEC(struct pgo_value) values;
	PGO_VEC(uint8_t) bitmap;
	PGO_VEC(struct pgo_value) scratch;
	PGO_VEC(struct pgo_build_id) build_ids;
	PGO_VEC(char) vtable_names;		  /**< blocks, joined by byte 1 */
	size_t last_vtables, last_vtables_length; /**< the block added last */
	PGO_VEC(struct pgo_sum_trace) traces;	  /**< rising by digest, content and weight */
	uint64_t trace_copies;			  /**< traces added */
	uint64_t traces_seen;
	uint64_t records_read;		   /**< of all profiles, those set aside included */
	struct pgo_quarantine *quarantine; /**< heap; NULL: none */
	uint64_t warnings_lost;
	PGO_VEC(char *) warnings;
};

/** A count as often as its profile counts. */
static inline uint64_t pgo_weigh(uint64_t count, const struct pgo_merge_weight *weight)
{
	if (weight->factor > 0) {
		double product = (double)count * weight->factor;
		if (count == 0)
			return 0;
		return product < 1 ? 1 : product >= 0x1p63 ? PGO_COUNTER_LIMIT : (uint64_t)(product + 0.5);
	}
	uint64_t product;
	if (__builtin_mul_overflow(count, weight->times, &product) || product > PGO_COUNTER_LIMIT)
		return PGO_COUNTER_LIMIT;
	return product;
}

/** Same name and hash. */
static inline bool pgo_sum_same_function(const struct pgo_merge *m, const struct pgo_sum_record *r,
					 const struct pgo_function *f)
{
	return r->name_ref == f->name_ref && r->cfg_hash == f->cfg_hash && r->name_length == f->name_length &&
	       (f->name_length == 0 || memcmp(m->names.items + r->name, f->name, f->name_length) == 0);
}

/** Counters that add up one by one. */
static inline bool pgo_sum_same_shape(const struct pgo_merge *m, const struct pgo_sum_record *r,
				      const struct pgo_function *f, bool pseudo)
{
	return (m->keyed || r->counter_count == f->counter_count) && r->pseudo == pseudo;
}

/** A record whose counters those of `f`, which are none of a pseudo record, add to one by one. */
static inline bool pgo_merge_same(const struct pgo_merge *m, const struct pgo_sum_record *r,
				  const struct pgo_function *f)
{
	return pgo_sum_same_function(m, r, f) && pgo_sum_same_shape(m, r, f, false);
}

static inline void pgo_sum_add_counters(uint64_t *to, const pgo_count *from, uint32_t count,
					const struct pgo_merge_weight *w)
{
	bool once = w->factor <= 0 && w->times == 1;
	for (uint32_t i = 0; i < count; i++)
		to[i] = pgo_add_limited(to[i], once ? from[i] : pgo_weigh(from[i], w));
}

/* For merge_walk.h --------------------------------------------------------------------------------------------------
 */

/** May records of `p`, which is not settled, be added to those there are one by one? */
bool pgo_merge_walkable(const struct pgo_merge *m, const struct pgo_profile *p);

/** The record that pgo_merge_same() is true of; NULL: none. Several threads may look at once. */
const struct pgo_sum_record *pgo_merge_find(const struct pgo_merge *m, const struct pgo_function *f);

/** What is left of a profile after a walk: all but the records that were added. @param rest  those not; NULL: none */
int pgo_merge_add_rest(struct pgo_merge *m, const struct pgo_profile *walked, const struct pgo_profile *rest,
		       const char *name, const struct pgo_merge_weight *weight, struct pgo_error *err);

/** Value sites and bitmap `e` of a function, into record `r`. merge_values.c. @return 0, or -1 when out of memory */
int pgo_sum_add_extra(struct pgo_merge *m, struct pgo_sum_record *r, const struct pgo_profile *p,
		      const struct pgo_function_extra *e, const struct pgo_merge_weight *weight);

/** Traces, build ids and vtable names. merge_sections.c */
int pgo_sum_add_sections(struct pgo_merge *m, const struct pgo_profile *p, const struct pgo_merge_weight *weight);

/** The same, into the result. */
int pgo_sum_finish_sections(struct pgo_merge *m, struct pgo_builder *b);

#endif
