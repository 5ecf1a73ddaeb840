/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_GCOV_H
#define PGO_FORMATS_GCOV_H

#include "analysis/formats/format.h"

/*
 * GCC's profile: a data file (.gcda) for each object file, written by the program, and a notes file (.gcno), written by
 * the compiler. Both are streams of 32-bit words in the order of bytes of the machine profiled; a 64-bit number is its
 * low word, then its high word.
 *
 *	data:     header, record*, zero word
 *	notes:    header, [>= 9: string cwd], [>= 8: u32 has unexecuted blocks], record*
 *	header:   u32 magic "gcda" or "gcno", u32 version, u32 stamp, [>= 12: u32 checksum]
 *	record:   u32 tag, u32 length, payload
 *	string:   u32 length, bytes, NUL
 *	length:   in words before gcc 12 (strings are padded to words), in bytes from 12 on
 *
 * Versions: gcc 4.7 to 15; docs/formats/gcc-gcov.md says which of them were checked on files and which are read by what
 * is written about them.
 */
enum {
	PGO_GCOV_OLDEST = 47, /* before, functions have no checksum of their control flow */
	PGO_GCOV_NEWEST = 159,
};

#define PGO_GCOV_FUNCTION 0x01000000u
#define PGO_GCOV_BLOCKS 0x01410000u
#define PGO_GCOV_ARCS 0x01430000u
#define PGO_GCOV_COUNTERS 0x01a10000u /* | kind << 17 */
#define PGO_GCOV_OBJECT_SUMMARY 0xa1000000u

struct pgo_gcov_header {
	uint32_t release; /**< ten times gcc's version: 122 is 12.2, 48 is 4.8 */
	uint32_t stamp;	  /**< of the compilation; data and notes of one have the same */
};

/** "12.2" */
#define PGO_GCOV_RELEASE "%u.%u"
#define PGO_GCOV_RELEASE_ARGS(release) (release) / 10, (release) % 10

/**
 * Read the header and set the byte order of the cursor, which is left behind it.
 * @param magic  "gcda" or "gcno"
 */
int pgo_gcov_header_read(struct pgo_gcov_header *out, struct pgo_cursor *c, const char *magic, struct pgo_error *err);

struct pgo_gcov_record {
	uint32_t tag;
	size_t at;		   /**< offset of the tag */
	uint64_t zeros;		   /**< counters that are all zero and not stored; the payload is empty then */
	struct pgo_cursor payload; /**< ends where the record ends */
};

/** @return PGO_OK, PGO_EOF at the end mark (out->tag is 0) or the end of the input (it is UINT32_MAX), PGO_EFORMAT */
int pgo_gcov_record_next(struct pgo_gcov_record *out, struct pgo_cursor *c, uint32_t release, struct pgo_error *err);

/** Low word, then high word. False, unmoved, when they are not there. */
static inline bool pgo_gcov_u64(struct pgo_cursor *c, uint64_t *out)
{
	uint32_t low = 0, high = 0;
	if (!pgo_cursor_has(c, 8))
		return false;
	pgo_cursor_u32(c, &low);
	pgo_cursor_u32(c, &high);
	*out = (uint64_t)high << 32 | low;
	return true;
}

/** A string in the input; not NUL-terminated. */
struct pgo_gcov_text {
	const char *text;
	size_t length;
};

/** A function in the notes. Texts point into the input. */
struct pgo_gcov_note {
	uint32_t ident;
	uint32_t lineno_checksum;
	uint32_t cfg_checksum;
	uint32_t line; /**< where it starts */
	struct pgo_gcov_text name, source;
	size_t at;  /**< of its own record */
	size_t end; /**< of the last record of its graph */
	bool used;  /**< its counters have been read */
};

/** A notes file: what functions there are; graphs are read one at a time. Start with {0}. */
struct pgo_gcov_notes {
	struct pgo_cursor input;
	struct pgo_gcov_header header;
	struct pgo_gcov_text cwd;		 /**< empty before gcc 9 */
	PGO_VEC(struct pgo_gcov_note) functions; /**< by ident, then in file order */
};

int pgo_gcov_notes_read(struct pgo_gcov_notes *out, const void *bytes, size_t length, struct pgo_error *err);
void pgo_gcov_notes_release(struct pgo_gcov_notes *notes);

/** @return the function with this ident, of several the one with these checksums; NULL when there is none */
struct pgo_gcov_note *pgo_gcov_notes_find(const struct pgo_gcov_notes *notes, uint32_t ident, uint32_t lineno_checksum,
					  uint32_t cfg_checksum);

struct pgo_gcov_arc {
	uint32_t source, destination;
	bool on_tree; /**< not counted: follows from the others */
	bool fake; /**< of a call that may not return, to the exit; or to where control comes back to, from the entry */
};

__extension__ typedef __int128 pgo_gcov_flow;

struct pgo_gcov_block {
	pgo_gcov_flow balance; /**< what is known to come in less what is known to go out */
	pgo_gcov_flow out;     /**< what goes out: how often the block ran */
	uint32_t unknown;      /**< arcs of unknown count at the block, either way */
	uint32_t arcs;	       /**< their indices, xor-ed: of the last one the index itself */
};

/** A function's control flow graph. Kept between functions to save allocations. Start with {0}. */
struct pgo_gcov_graph {
	uint32_t exit;	  /**< block 0 is the entry */
	uint32_t counted; /**< arcs that have a counter */
	PGO_VEC(struct pgo_gcov_block) blocks;
	PGO_VEC(struct pgo_gcov_arc) arcs; /**< in file order; the last one leads from exit to entry */
	PGO_VEC(uint32_t) pending;
};

int pgo_gcov_graph_read(struct pgo_gcov_graph *out, const struct pgo_gcov_notes *notes,
			const struct pgo_gcov_note *function, struct pgo_error *err);
void pgo_gcov_graph_release(struct pgo_gcov_graph *graph);

enum pgo_gcov_solution {
	PGO_GCOV_SOLVED = 0,
	PGO_GCOV_NEGATIVE = 1,	   /**< solved, but an arc within the function comes out below zero: counts were lost */
	PGO_GCOV_UNDETERMINED = 2, /**< arcs without a counter form a ring */
	PGO_GCOV_NO_MEMORY = 3,
};

/** Set blocks[].out from the counters of the counted arcs, graph->counted of them in file order. */
enum pgo_gcov_solution pgo_gcov_graph_solve(struct pgo_gcov_graph *graph, const uint64_t *counters);

/** What is known of a function beyond its record in the builder. */
struct pgo_gcov_function {
	uint32_t ident;
	uint32_t unit;	 /**< number of its data file */
	uint64_t source; /**< offset of its source file's path in strings, NUL-terminated; 0: not known */
};

/** A profile that is being put together from data files. Start with {.builder = …}. */
struct pgo_gcov_reading {
	struct pgo_builder *builder;
	PGO_VEC(struct pgo_gcov_function) functions; /**< one for each in the builder */
	PGO_VEC(char) strings;			     /**< sources; the first byte is not one */
	PGO_VEC(uint64_t) counters;		     /**< of the function being read */
	struct pgo_gcov_graph graph;
	uint32_t units;
	uint32_t units_without_notes;
	uint32_t newest;		/**< release */
	uint32_t least_runs, most_runs; /**< of the units; 0: none says */
	uint32_t sum_max;    /**< largest counter of the program, summed over its runs; the largest of all units */
	uint64_t unnamed;    /**< functions without notes */
	uint64_t negative;   /**< functions whose flow is inconsistent */
	uint64_t clamped;    /**< blocks that came out below zero */
	uint64_t zeros_left; /**< counters that may still be made of no bytes at all */
};

/**
 * Add one data file.
 *
 * @param unit   its name, for functions without notes.
 * @param notes  the notes of the same compilation, or NULL.
 * @return PGO_OK, PGO_EFORMAT, PGO_EUNSUPPORTED, PGO_EMISMATCH (the notes are of another compilation), PGO_ENOMEM.
 *
 * Memory: at most 64 bytes for each byte of both inputs, and 8 MiB.
 */
int pgo_gcov_add(struct pgo_gcov_reading *r, const char *unit, const void *bytes, size_t length,
		 struct pgo_gcov_notes *notes, struct pgo_error *err);

/**
 * After the last data file: tell functions of equal names apart by file, name call targets, add up what several objects
 * have of one function, and say what should be known. The reading is released.
 */
int pgo_gcov_finish(struct pgo_gcov_reading *r, struct pgo_error *err);
void pgo_gcov_release(struct pgo_gcov_reading *r);

/** Names and call targets: what can only be done when all functions are known. @return 0, or -1 when out of memory */
int pgo_gcov_settle_names(struct pgo_gcov_reading *r);

#endif
