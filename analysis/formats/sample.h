/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_SAMPLE_H
#define PGO_FORMATS_SAMPLE_H

#include "analysis/formats/sampled.h"

/* LLVM's sample profiles; docs/formats/llvm-sample.md says what becomes of them. */

/** Functions inlined into one another. */
#define PGO_SAMPLE_DEPTH_MOST 200

/** Line offsets in binary profiles, and in text those without a discriminator, as in LLVM. */
#define PGO_SAMPLE_LINE_MOST 65535

/** The format byte of the magic number: the low byte, below "SPROF42". */
enum pgo_sample_encoding { PGO_SAMPLE_COMPACT = 2, PGO_SAMPLE_EXTENSIBLE = 4, PGO_SAMPLE_PLAIN = 0xff };

#define PGO_SAMPLE_VERSION 103

/** A binary profile being read: what bodies refer to. */
struct pgo_sample_reader {
	struct pgo_sampled sampled;
	struct pgo_builder *b;
	struct pgo_error *err;
	PGO_VEC(uint32_t) names;    /**< the name table: indices into sampled.names */
	PGO_VEC(uint32_t) contexts; /**< their innermost functions, as above */
	bool has_contexts;	    /**< functions are named by context */
	bool has_vtables;	    /**< bodies end with vtables */
	bool probes;
	bool partial;
	bool has_summary;
	uint64_t summary_total;
	uint64_t unknown_sections;
	uint32_t inflated; /**< number of the section at hand, from 1, when it was compressed; else 0 */
};

/** A message about a byte at `at` of the file or of what the section at hand inflates to. @return PGO_EFORMAT */
int pgo_sample_fail(const struct pgo_sample_reader *r, uint64_t at, const char *format, ...) PGO_PRINTF(3, 4);
int pgo_sample_no_memory(const struct pgo_sample_reader *r);

/** Index of a name. One of digits only is an MD5 reference: so LLVM writes as text what it only knows by that. */
uint32_t pgo_sample_name(struct pgo_sampled *s, const char *text, size_t length);

/* sample_body.c */
int pgo_sample_summary_read(struct pgo_sample_reader *r, struct pgo_cursor *c);
int pgo_sample_strings_read(struct pgo_sample_reader *r, struct pgo_cursor *c);
/** Functions to the end of the cursor. */
int pgo_sample_functions_read(struct pgo_sample_reader *r, struct pgo_cursor *c);
/** Read the index of an outermost function: its name, and its place where it is given by context. */
int pgo_sample_function_index(struct pgo_sample_reader *r, struct pgo_cursor *c, uint32_t *name, uint64_t *place);
/** Read an index into the name table. */
int pgo_sample_name_index(const struct pgo_sample_reader *r, struct pgo_cursor *c, uint32_t *name);
/** Read line offset and discriminator, as a key. */
int pgo_sample_location(const struct pgo_sample_reader *r, struct pgo_cursor *c, uint64_t *key);
/** Read a number; `what` names it. */
int pgo_sample_number(const struct pgo_sample_reader *r, struct pgo_cursor *c, const char *what, uint64_t *out);

/** All sections; sample_sections.c */
int pgo_sample_sections_read(struct pgo_sample_reader *r, struct pgo_cursor *c);

int pgo_sample_text_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err);

#endif
