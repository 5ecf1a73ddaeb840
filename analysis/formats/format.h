/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_FORMAT_H
#define PGO_FORMATS_FORMAT_H

#include "analysis/base/cursor.h"
#include "analysis/model/builder.h"

/** How sure a probe is of its format. The highest bid reads; a tie between two formats is an error. */
enum pgo_bid {
	PGO_BID_NO = 0,
	PGO_BID_TEXT = 10,    /**< readable text, nothing more */
	PGO_BID_GRAMMAR = 60, /**< the first line fits a grammar of its own */
	PGO_BID_MAGIC = 100,  /**< magic bytes */
};

/**
 * A profile format. `bytes` is never empty. A reader fills the builder (format name set by the registry) and leaves it
 * to the caller, on failure too.
 */
struct pgo_format {
	const char *name;
	enum pgo_bid (*probe)(const unsigned char *bytes, size_t length);
	int (*read)(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);
	const char *what;   /**< in a list of what is read; NULL: not read, only told from the others */
	const char *remedy; /**< hint for a damaged one, where its reader has none */
};

enum pgo_bid pgo_indexed_probe(const unsigned char *bytes, size_t length);
int pgo_indexed_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);

enum pgo_bid pgo_text_probe(const unsigned char *bytes, size_t length);
int pgo_text_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);

enum pgo_bid pgo_csv_probe(const unsigned char *bytes, size_t length);
int pgo_csv_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);

enum pgo_bid pgo_pprof_probe(const unsigned char *bytes, size_t length);
int pgo_pprof_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);

enum pgo_bid pgo_raw_probe(const unsigned char *bytes, size_t length);
int pgo_raw_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);

enum pgo_bid pgo_gcda_probe(const unsigned char *bytes, size_t length);
int pgo_gcda_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);
enum pgo_bid pgo_gcno_probe(const unsigned char *bytes, size_t length);
int pgo_gcno_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);

/** The highest bid for these first bytes of a file, and whose it is (NULL: nobody's). registry.c */
enum pgo_bid pgo_format_bid(const unsigned char *bytes, size_t length, const char **name);

/**
 * Read raw profiles that lie in a private mapping, which is unmapped, as their sum. Offsets in errors are those in the
 * mapping. registry.c
 */
int pgo_raw_read_parts(struct pgo_profile **out, void *mapping, size_t length, const struct pgo_part *parts,
		       size_t part_count, struct pgo_error *err);

/**
 * All gcc profiles (.gcda) below a directory as one, with the notes (.gcno) beside them, where they were compiled, or
 * anywhere below the directory. @return as pgo_profile_open(), or PGO_EOF when there is none; nothing is said then
 */
int pgo_gcov_open_directory(struct pgo_profile **out, const char *path, bool may_quarantine, struct pgo_error *err);

/** One .gcda file, with the notes beside it. */
int pgo_gcov_open_file(struct pgo_profile **out, const char *path, bool may_quarantine, struct pgo_error *err);

enum pgo_bid pgo_sample_probe(const unsigned char *bytes, size_t length);
int pgo_sample_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);
enum pgo_bid pgo_fdata_probe(const unsigned char *bytes, size_t length);
int pgo_fdata_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);
enum pgo_bid pgo_bolt_yaml_probe(const unsigned char *bytes, size_t length);
int pgo_bolt_yaml_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);

/* known.c: recognised and refused, with what to compare instead */
enum pgo_bid pgo_memprof_probe(const unsigned char *bytes, size_t length);
int pgo_memprof_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);

/**
 * LLVM's value profile block (indexed and raw): u32 total size, u32 kinds; per kind u32 kind, u32 sites, u8 values per
 * site, zero padding to 8, then pairs of u64 value, u64 count. `data` stands at the block and is left behind it; its
 * end bounds the block. The sites are added to the record being built.
 */
int pgo_value_data_read(struct pgo_builder *b, struct pgo_cursor *data, struct pgo_error *err);

/**
 * LLVM's name block (indexed vtable names, raw names): chunks of ULEB size, ULEB compressed size (0: stored), payload;
 * zero bytes between chunks are padding. Appends the names to b->vtable_names, chunks joined by byte 1.
 */
int pgo_name_block_read(struct pgo_builder *b, struct pgo_cursor *block, struct pgo_error *err);

/** Inflated names; start with {0}, free items. */
struct pgo_name_bytes {
	char *items;
	size_t count, capacity;
};

/** Inflated names of one input; real ones take a few MiB. */
#define PGO_NAME_BYTES_MOST ((size_t)256 << 20)

/** As pgo_name_block_read(), appending to `out`. */
int pgo_name_block_append(struct pgo_name_bytes *out, struct pgo_cursor *block, struct pgo_error *err);

#endif
