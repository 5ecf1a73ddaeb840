/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_BUILDER_H
#define PGO_MODEL_BUILDER_H

#include "analysis/base/vec.h"
#include "analysis/model/in_place.h"
#include "analysis/model/tally.h"
#include "pgo/profile.h"

/** Where name and counters of a function stand in the builder's arrays, which move while they grow. */
struct pgo_place {
	uint64_t name;
	uint64_t first_counter;
};

/** Where a file lies in an input that is several of them. */
struct pgo_part {
	size_t start, end;
};

/*
 * A profile under construction: what a reader fills. Start with `{0}`; pgo_builder_finish() turns it into a profile,
 * pgo_builder_release() drops it; both leave it empty. Functions that add return 0, or -1 when out of memory.
 *
 * A copied record is added by pgo_builder_function(), then its counters, bitmap bytes and value sites in any order,
 * then pgo_builder_seal(); records are not interleaved. A reader whose input has functions laid out as in_place.h says
 * starts with pgo_builder_start_in_place() and adds whole ones by pgo_builder_in_place(). The two ways do not mix.
 */
struct pgo_builder {
	const char *format; /**< static */
	uint64_t version;
	uint32_t kind;		      /**< enum pgo_profile_kind */
	uint32_t flags;		      /**< enum pgo_profile_flag; must be final before the first record is sealed */
	bool pseudo_counts;	      /**< the writer knew pseudo counts */
	bool in_place;		      /**< functions stay in `input`, which the profile must keep */
	const unsigned char *input;   /**< with in_place */
	struct pgo_tally *tally[2];   /**< by enum pgo_record_filter; with in_place */
	const struct pgo_part *parts; /**< set by the caller: the input is several files, read as their sum (raw) */
	size_t part_count;
	size_t lazy_from; /**< set by the caller: from this many functions on they may be left unread, `settle` then
			   reads them; 0: never */
	/* as in struct pgo_profile */
	int (*settle)(struct pgo_profile *profile, struct pgo_error *err);
	size_t table_payload, table_directory;
	uint64_t table_keys;
	struct pgo_summary *stored; /**< heap */
	uint64_t hash_mask;
	bool names_in_order;			/**< as in struct pgo_profile */
	uint64_t counter_count;			/**< of all functions */
	uint64_t sites_before, bitmap_before;	/**< of the record being built */
	PGO_VEC(uint64_t) in_places;		/**< with in_place: functions, as in in_place.h */
	PGO_VEC(struct pgo_function) functions; /**< unless in_place */
	PGO_VEC(struct pgo_function_extra) extras;
	PGO_VEC(struct pgo_place) places; /**< one per function, unless in_place */
	PGO_VEC(uint64_t) counters;	  /**< unless in_place */
	PGO_VEC(uint64_t) keys;		  /**< of counters that are told apart by key; else empty */
	PGO_VEC(char) names;		  /**< unless in_place */
	PGO_VEC(struct pgo_value_site) sites;
	PGO_VEC(struct pgo_value) values;
	PGO_VEC(uint8_t) bitmap;
	PGO_VEC(struct pgo_build_id) build_ids;
	PGO_VEC(struct pgo_trace) traces;
	PGO_VEC(uint64_t) trace_refs;
	PGO_VEC(char) vtable_names;
	uint64_t traces_seen;		   /**< as in struct pgo_profile; 0: as many as there are */
	bool inconclusive;		   /**< pgo_builder_add_counters() was called */
	bool may_quarantine;		   /**< set by the caller: damaged records may be set aside */
	struct pgo_quarantine *quarantine; /**< heap; NULL: none */
	PGO_VEC(char *) warnings;
};

/**
 * Start a profile whose functions stay in `input`, with room for this many of them. The memory is only reserved: what
 * is not used is never touched.
 */
int pgo_builder_start_in_place(struct pgo_builder *b, const void *input, size_t functions);

/** Start a record whose name is copied. @return the record, valid until the next one; NULL when out of memory */
struct pgo_function *pgo_builder_function(struct pgo_builder *b, const char *name, uint32_t name_length,
					  uint64_t name_ref, uint64_t cfg_hash);

/** Large arrays on huge pages, where the system has them, cost a tenth of the page faults. Advice, before first use. */
void pgo_prefer_huge_pages(void *items, size_t bytes);

#define pgo_vec_prefer_huge(v) pgo_prefer_huge_pages((v)->items, (v)->capacity * sizeof *(v)->items)

/** True when a place can hold these offsets. */
static inline bool pgo_place_fits(uint64_t key, uint64_t record)
{
	return key <= PGO_PLACE_KEY_MOST && record - key <= PGO_PLACE_MOST;
}

/**
 * Add a function that stays at these offsets of the input, which fit a place; `f` is complete with flags. Its sites and
 * bitmap bytes are added before, then pgo_builder_extra().
 */
static inline int pgo_builder_in_place(struct pgo_builder *b, const struct pgo_function *f, uint64_t key,
				       uint64_t record)
{
	if (pgo_vec_push(&b->in_places, key << PGO_PLACE_BITS | (record - key)))
		return -1;
	b->counter_count += f->counter_count;
	return pgo_tally_add(b->tally[(f->flags & PGO_FUNCTION_CS) != 0], f);
}

/**
 * As pgo_builder_function(), with a name that stands in b->names already, which several records may share. The reader
 * has put it there.
 */
struct pgo_function *pgo_builder_function_named(struct pgo_builder *b, uint64_t name, uint32_t name_length,
						uint64_t name_ref, uint64_t cfg_hash);

/** Functions so far. */
static inline size_t pgo_builder_count(const struct pgo_builder *b)
{
	return b->in_place ? b->in_places.count : b->functions.count;
}

/** Head of a function so far: all but sum, max and the flags that depend on them. */
struct pgo_function pgo_builder_head(const struct pgo_builder *b, size_t index);

/** The record being built. */
static inline struct pgo_function *pgo_builder_last(struct pgo_builder *b)
{
	return &b->functions.items[b->functions.count - 1];
}

/** Add `count` values to the record as a new value site of `kind`. @return where to write them; NULL when out of memory
 */
struct pgo_value *pgo_builder_site(struct pgo_builder *b, uint32_t kind, uint32_t count);

/**
 * Make the sites and bitmap bytes added since these numbers of them into the extra of the function to come (in place),
 * or of the last one. @return 0, or -1 when out of memory
 */
int pgo_builder_extra(struct pgo_builder *b, uint64_t sites_before, uint64_t bitmap_before);

/** The same of function number `function`; functions in rising order. */
int pgo_builder_extra_of(struct pgo_builder *b, size_t function, uint64_t sites_before, uint64_t bitmap_before);

/** Complete a copied record: its counter count, sum, maximum, flags, sites and bitmap. @return 0, -1 out of memory */
int pgo_builder_seal(struct pgo_builder *b);

/**
 * Add a counter told apart by its key to the record being built. Either all counters of a profile have keys or none.
 * pgo_builder_seal() brings them into rising order of keys and adds up those of one key (to PGO_COUNTER_LIMIT).
 * @return 0, or -1 when out of memory
 */
int pgo_builder_keyed(struct pgo_builder *b, uint64_t key, uint64_t count);

/**
 * Add counters, as many as it has, to function `index`, which is copied, sealed and has no keys: to PGO_COUNTER_LIMIT,
 * as pgo_builder_merge_duplicates() does.
 */
void pgo_builder_add_counters(struct pgo_builder *b, size_t index, const pgo_count *counters);

/** Bring up to date what follows from counters that were added to. */
void pgo_builder_conclude(struct pgo_builder *b);

/** How far a builder has come: what pgo_builder_quarantine() goes back to. */
struct pgo_builder_mark {
	size_t functions, in_places, extras, places, counters, keys, names, sites, values, bitmap;
	uint64_t counter_count;
};

static inline struct pgo_builder_mark pgo_builder_mark(const struct pgo_builder *b)
{
	if (!b->may_quarantine) /* then nothing is ever gone back to */
		return (struct pgo_builder_mark){0};
	return (struct pgo_builder_mark){.functions = b->functions.count,
					 .in_places = b->in_places.count,
					 .extras = b->extras.count,
					 .places = b->places.count,
					 .counters = b->counters.count,
					 .keys = b->keys.count,
					 .names = b->names.count,
					 .sites = b->sites.count,
					 .values = b->values.count,
					 .bitmap = b->bitmap.count,
					 .counter_count = b->counter_count};
}

/**
 * A record is bad, but it is known where it ends: set it aside if that is allowed. What was added since `mark` (taken
 * before the record; NULL: nothing was) is taken back, and `err`, which says what is wrong with the record, is moved
 * into the list and cleared. Tallies are not taken back: add to them last.
 *
 *	struct pgo_builder_mark mark = pgo_builder_mark(b);
 *	int rc = read_record(r, &data, &f);
 *	if (rc == PGO_EFORMAT)
 *		rc = pgo_builder_quarantine(b, &mark, f.name, f.name_length, r->err);
 *
 * @param name  NULL: not known.
 * @return PGO_OK: go on behind the record; PGO_EFORMAT: not allowed, err untouched; PGO_ENOMEM
 */
int pgo_builder_quarantine(struct pgo_builder *b, const struct pgo_builder_mark *mark, const char *name,
			   size_t name_length, struct pgo_error *err);

/** As many records again as the one set aside last, of which nothing else is known. */
void pgo_builder_quarantine_more(struct pgo_builder *b, uint64_t records);

/** Count a record, and list it while there is room; `err` says what is wrong with it. @return 0, or -1: out of memory
 */
int pgo_quarantine_add(struct pgo_quarantine *quarantine, const char *name, size_t name_length,
		       const struct pgo_error *err);

void pgo_quarantine_free(struct pgo_quarantine *quarantine);

/** Note something that does not stop the reading. */
int pgo_builder_warn(struct pgo_builder *b, const char *format, ...) PGO_PRINTF(2, 3);

/** Warn of a last line that has no end: a number there may have lost digits. @return 0, or -1 when out of memory */
int pgo_builder_warn_of_end(struct pgo_builder *b);

/** The same, where the last byte ends no line. */
int pgo_builder_check_end(struct pgo_builder *b, const void *bytes, size_t length);

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
