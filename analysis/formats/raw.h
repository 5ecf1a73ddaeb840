/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_RAW_H
#define PGO_FORMATS_RAW_H

#include "analysis/formats/format.h"

/* The parts of the reader of LLVM raw profiles, for raw*.c only. The grammar stands in raw.c. */

/** What to do about a file that ends early. */
#define PGO_RAW_CUT_OFF_HINT                                                                                           \
	"the program was killed before it finished writing, or the copy is incomplete; run it again, with a longer "   \
	"grace period (stop.grace)"

/** What to do about bytes that are wrong; added to every error of the format that has no better hint. */
#define PGO_RAW_DAMAGED_HINT                                                                                           \
	"the file is damaged: take it from where it was written, or run the program again; raw profiles are binary, "  \
	"copy them as such"

/** Fields of the header; which of them a version has, and in which order, stands in raw_header.c. */
enum pgo_raw_field {
	PGO_RAW_BINARY_IDS, /**< bytes */
	PGO_RAW_DATA,	    /**< records */
	PGO_RAW_PAD_BEFORE, /**< bytes before the counters */
	PGO_RAW_COUNTERS,   /**< counters */
	PGO_RAW_PAD_AFTER,  /**< bytes after the counters */
	PGO_RAW_BITMAP,	    /**< bytes */
	PGO_RAW_PAD_BITMAP, /**< bytes after the bitmap */
	PGO_RAW_NAMES,	    /**< bytes */
	PGO_RAW_COUNTERS_DELTA,
	PGO_RAW_BITMAP_DELTA,
	PGO_RAW_NAMES_DELTA,
	PGO_RAW_VTABLES,      /**< records */
	PGO_RAW_VTABLE_NAMES, /**< bytes */
	PGO_RAW_LAST_KIND,
	PGO_RAW_FIELDS
};

/** Where the fields of a data record stand, in bytes from its start. */
struct pgo_raw_layout {
	unsigned counters; /**< pointer, as all but the counts */
	unsigned bitmap;   /**< 0: the version has none */
	unsigned function;
	unsigned counter_count; /**< u32 */
	unsigned sites;		/**< u16 per kind */
	unsigned kinds;		/**< 2 or 3 */
	unsigned bitmap_bytes;	/**< u32; with bitmap */
	unsigned size;
};

/** One name of the name sections read so far, or a reference no name was found for. */
struct pgo_raw_name {
	uint64_t ref;
	uint64_t at; /**< into the builder's names */
	uint32_t length;
	bool named;	 /**< at and length are set; to the reference in hex where there is no name */
	bool referred;	 /**< a record has it: another one may be its duplicate */
	bool plain;	 /**< the last record that has it has counters only; it is function `function` of the builder */
	uint32_t merges; /**< r->merges then: merging moves functions */
	size_t function;
};

/** Names by reference, over all profiles of the file: profiles of one program repeat them. */
struct pgo_raw_names {
	PGO_VEC(struct pgo_raw_name) names; /**< in the order the records came */
	uint32_t *index;		    /**< by reference, open addressing: number of the name plus 1, 0 for none */
	size_t index_size;		    /**< a power of two */
	size_t next;			    /**< the name that probably is asked for next */
	const unsigned char *block; /**< the name section read last; not read again when the next one is equal */
	size_t block_length;
	const unsigned char *vtable_block; /**< likewise */
	size_t vtable_block_length;
	struct pgo_name_bytes inflated; /**< scratch */
};

struct pgo_raw_address {
	uint64_t start, end; /**< end: vtables only */
	uint64_t ref;
};

struct pgo_raw_timestamp {
	uint64_t time;
	uint64_t ref;
};

/** The reader at one profile of the file. */
struct pgo_raw {
	struct pgo_cursor file;
	struct pgo_builder *b;
	struct pgo_error *err;
	struct pgo_raw_names names;
	bool duplicates;     /**< a record may have to be merged with an earlier one */
	uint32_t merges;     /**< how often duplicates were merged */
	size_t merged_count; /**< functions there were after the last merge of duplicates */
	/* of the profile being read */
	size_t start; /**< offset of its header */
	uint32_t version;
	bool wide;  /**< 64-bit pointers */
	bool bytes; /**< counters of one byte, 0: executed */
	bool timed; /**< the first 8 bytes of a function's counters are a timestamp */
	uint64_t header[PGO_RAW_FIELDS];
	size_t field_at[PGO_RAW_FIELDS]; /**< 0: this version has no such field */
	struct pgo_raw_layout layout;
	struct pgo_cursor data, counters, bitmap, name_block, vtables, vtable_names;
	uint64_t value_blocks;			   /**< read so far */
	bool no_values;				   /**< the value data that is due is not there */
	uint64_t claimed_counters, claimed_bitmap; /**< by the records so far */
	PGO_VEC(struct pgo_raw_address) functions; /**< by address; filled when the first value needs them */
	PGO_VEC(struct pgo_raw_address) tables;	   /**< vtables, likewise */
	bool addresses_known;
	PGO_VEC(struct pgo_raw_timestamp) timestamps;
	/* counted, to be warned of once */
	uint64_t nameless, large, untimed, without_values;
};

/** A data record, decoded. */
struct pgo_raw_record {
	size_t at; /**< offset in the file */
	uint64_t name_ref, cfg_hash;
	uint64_t counters_at, bitmap_at; /**< byte offsets into their sections */
	uint64_t function;		 /**< address, 0 when it is never taken */
	uint32_t counter_count, bitmap_bytes;
	uint32_t name_length;
	uint64_t name_at; /**< into the builder's names */
	uint16_t sites[PGO_VALUE_KINDS];
};

/* raw_header.c */

/** Header and sections of the profile that starts where the file stands; the file is left at the value data. */
int pgo_raw_read_sections(struct pgo_raw *r);

/* raw_names.c */

/** Take in the names of the functions and vtables of the profile. */
int pgo_raw_names_load(struct pgo_raw *r);

/** True when the names of the functions are those of the profile before. */
bool pgo_raw_names_known(const struct pgo_raw *r);

/** The part of pgo_raw_names_load() that is about vtables. */
int pgo_raw_vtable_names_load(struct pgo_raw *r);

/** The name of a reference, valid until the next call; the reference in hex where the file has no name for it. */
int pgo_raw_names_find(struct pgo_raw *r, uint64_t ref, struct pgo_raw_name **out);

/* raw_record.c */

/** Decode record `index`, which is there. */
struct pgo_raw_record pgo_raw_decode(const struct pgo_raw *r, uint64_t index);

/**
 * Read record `index` with its counters, bitmap and value data into the builder. All checks but those of the value data
 * are made before the builder is touched; the file is left behind the record's value data when its size is known.
 */
int pgo_raw_read_record(struct pgo_raw *r, uint64_t index);

/**
 * Add records that have counters only to the functions of an earlier profile that are like them, in the same order,
 * from record `first` on. Their sums and maxima are out of date until pgo_builder_conclude().
 * @return the first record that is another one: for pgo_raw_read_record()
 */
uint64_t pgo_raw_add_plain(struct pgo_raw *r, uint64_t first);

/* raw_values.c */

/** The value data of a record that has sites, from where the file stands, into the record being built. */
int pgo_raw_read_values(struct pgo_raw *r, const struct pgo_raw_record *record);

/** Leave out the value data of a record that has sites. False: where they end is not known. */
bool pgo_raw_skip_values(struct pgo_raw *r);

int pgo_raw_out_of_memory(struct pgo_raw *r);

/** The name of a record, for "%.*s". */
#define PGO_RAW_NAME_SHOWN(r, record)                                                                                  \
	(record)->name_length > 160 ? 160 : (int)(record)->name_length, (r)->b->names.items + (record)->name_at

#endif
