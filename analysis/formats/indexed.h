/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_INDEXED_H
#define PGO_FORMATS_INDEXED_H

#include "analysis/formats/format.h"
#include "analysis/model/merge_walk.h"

/** Up to this many keys every stored hash is checked against the MD5 of its key; MD5 would triple the time beyond. */
#define PGO_INDEXED_CHECKED_KEYS 4096

/** What a stored summary and the records themselves both tell. */
struct pgo_indexed_summary {
	bool present;
	uint64_t counters;
	uint64_t total;		    /**< of all counters, modulo 2^64 */
	struct pgo_summary summary; /**< total, entries and thresholds */
};

/** State of one reading, shared by the three files of the indexed reader. Offsets are from the start of the file. */
struct pgo_indexed {
	struct pgo_cursor file;
	struct pgo_builder *b;
	struct pgo_error *err;
	uint32_t version;
	size_t payload;					    /**< first byte after the summaries */
	uint64_t directory;				    /**< of the hash table, and end of its payload */
	uint64_t memprof, binary_ids, traces, vtable_names; /**< 0 where the version has none */
	uint64_t bucket_count;
	uint64_t key_count;
	uint64_t
		misplaced_keys; /**< in a bucket their hash does not belong to, or under a hash that is not their MD5 */
	size_t first_misplaced; /**< record index of the first of them */
	struct pgo_indexed_summary stored[2]; /**< by enum pgo_record_filter: as the file says */
	uint64_t empty_records;		      /**< without any counter */
};

/** All records. indexed_table.c */
int pgo_indexed_read_table(struct pgo_indexed *r);

/**
 * The records of the keys that a walk left of a profile.
 * @param copies  those of all ranges, one behind the other; the records stay in place there
 */
int pgo_indexed_read_keys(struct pgo_builder *b, const struct pgo_merge_part *part, const unsigned char *copies,
			  size_t length, struct pgo_error *err);

/** What follows the directory: binary ids, vtable names, temporal traces. indexed_sections.c */
int pgo_indexed_read_sections(struct pgo_indexed *r);

/** A profile to be added. */
struct pgo_indexed_item {
	struct pgo_profile *profile; /**< of any format, opened lazily or not */
	const char *name;
	const struct pgo_merge_weight *weight; /**< NULL: once */
};

/**
 * Add profiles to a sum one after the other, with their warnings. indexed_merge.c
 * @param walk         room that one call leaves to the next
 * @param count        at most PGO_MERGE_PARTS
 * @param[out] failed  the one an error is about
 */
int pgo_indexed_merge(struct pgo_merge *m, struct pgo_merge_walk *walk, const struct pgo_indexed_item *items,
		      size_t count, size_t *failed, struct pgo_error *err);

#endif
