/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_PROFILE_H
#define PGO_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pgo/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Sums of 64-bit counters do not fit 64 bits: three pseudo counters are enough to overflow. */
__extension__ typedef unsigned __int128 pgo_u128;

/** Properties of a whole profile (LLVM's variant flags; FORMATS: same bits in raw, indexed and, where it can say so,
 * text). */
enum pgo_profile_flag {
	PGO_PROFILE_IR = 1u << 0,	     /**< IR-level instrumentation; clear: clang front end or rustc coverage */
	PGO_PROFILE_CSIR = 1u << 1,	     /**< context-sensitive records present */
	PGO_PROFILE_ENTRY_FIRST = 1u << 2,   /**< counter 0 is the entry count */
	PGO_PROFILE_BYTE_COVERAGE = 1u << 3, /**< counters are 0/1 */
	PGO_PROFILE_FN_ENTRY_ONLY = 1u << 4,
	PGO_PROFILE_MEMPROF = 1u << 5,
	PGO_PROFILE_TEMPORAL = 1u << 6,
	PGO_PROFILE_LOOP_ENTRIES = 1u << 7,
};

/** What made a profile, and so what its counters count. Profiles of two kinds are never compared. */
enum pgo_profile_kind {
	PGO_KIND_LLVM = 0,     /**< counters of LLVM's instrumentation: indexed, raw, text */
	PGO_KIND_GCC = 1,      /**< how often gcc's basic blocks ran; without notes (.gcno): its counted arcs */
	PGO_KIND_LINES = 2,    /**< samples by line and discriminator: AutoFDO, CSSPGO */
	PGO_KIND_BRANCHES = 3, /**< taken branches by offset: BOLT (.fdata) */
	PGO_KIND_CALLS = 4,    /**< samples by call site: Go's pprof */
	PGO_KIND_TABLE = 5,    /**< a table of counters from anywhere: CSV */
	PGO_KIND_PROBES = 6,   /**< samples by pseudo probe: CSSPGO with probes */
	PGO_KIND_OFFSETS = 7,  /**< samples by offset: BOLT (.fdata) without branch records */
	PGO_KIND_BLOCKS = 8,   /**< how often basic blocks ran: BOLT (YAML) */
	PGO_KIND_COUNT = 9,
};

enum pgo_function_flag {
	PGO_FUNCTION_CS = 1u << 0, /**< context-sensitive record (IR profiles: hash bit 60) */
	PGO_FUNCTION_PSEUDO =
		1u << 1, /**< counter 0 is a pseudo count (hot or warm): not a measurement, left out of every sum */
	PGO_FUNCTION_SATURATED = 1u << 2, /**< a counter stands at its upper limit */
	PGO_FUNCTION_MD5_NAME = 1u << 3,  /**< only name_ref is known; the name is "md5:" (samples) or "0x" (raw) and its 16 hex digits */
};

/** Value-profile kinds. */
enum pgo_value_kind { PGO_VALUE_CALL_TARGET = 0, PGO_VALUE_MEMOP_SIZE = 1, PGO_VALUE_VTABLE = 2, PGO_VALUE_KINDS = 3 };

/** One observed value of a value site. For call targets and vtables `value` is the MD5 name reference; 0 = unknown. */
struct pgo_value {
	uint64_t value;
	uint64_t count; /**< executions */
};

/** A value site: values[first .. first+count). Sites of one function and kind are consecutive. */
struct pgo_value_site {
	uint64_t first;
	uint32_t count;
	uint32_t kind; /**< enum pgo_value_kind */
};

#if !defined(__GNUC__)
#error "counters at any address need GCC or Clang"
#endif
/**
 * A 64-bit counter where the profile has it: readers hand out counters in place, at any address. Read it like a
 * uint64_t; never point a uint64_t * at it.
 */
typedef uint64_t pgo_count __attribute__((__aligned__(1), __may_alias__));

/**
 * One function record, as pgo_profile_function() hands it out. Two records of a profile may share a name (other hash,
 * or the CS record), never name and hash.
 */
struct pgo_function {
	const char *name;	   /**< name_length bytes, no NUL behind them; owned by the profile */
	const pgo_count *counters; /**< counter_count of them; owned by the profile */
	uint64_t name_ref; /**< first 8 bytes, little-endian, of MD5(name); as stored where the format stores it */
	uint64_t cfg_hash; /**< the function's CFG (IR) or AST (front end) hash */
	uint64_t max;	   /**< largest counter */
	uint64_t sum; /**< of all its counters, pseudo ones included; stops at 2^64-1: pgo_function_sum() is exact */
	uint32_t name_length; /**< bytes */
	uint32_t counter_count;
	uint32_t flags; /**< enum pgo_function_flag */
};

/** What few functions have; in the order of functions. */
struct pgo_function_extra {
	uint64_t first_site;   /**< into profile.sites */
	uint64_t first_bitmap; /**< into profile.bitmap */
	uint32_t site_count;   /**< value sites of all kinds */
	uint32_t bitmap_count; /**< MC/DC bitmap bytes */
	uint32_t function;     /**< index of the function */
};

/** An order of first executions (temporal profiling). */
struct pgo_trace {
	uint64_t weight;
	uint64_t first; /**< into profile.trace_refs */
	uint64_t count;
};

struct pgo_build_id {
	uint8_t bytes[32];
	uint32_t length; /**< bytes; longer ids are cut */
};

/** A record that is damaged while what surrounds it is not: it was set aside. */
struct pgo_quarantined {
	char *name;   /**< "" where it is not known; long ones are cut */
	char *reason; /**< as a pgo_error says it */
	uint64_t offset;
	bool has_offset; /**< with offset and is_line as in struct pgo_error */
	bool is_line;
};

/** At most this many are told one by one. */
#define PGO_QUARANTINE_LISTED 1000

struct pgo_quarantine {
	uint64_t count; /**< records set aside */
	uint64_t of;    /**< of a sum: records of all profiles in it, these included; else 0 */
	size_t listed;	/**< items: the first of them */
	struct pgo_quarantined *items;
};

/**
 * A profile in memory: plain data, read-only once a reader has handed it out.
 * All arrays are owned by the profile; pgo_profile_free() releases them. Counts are executions.
 * Functions are in file order; sort by name for output.
 */
struct pgo_profile {
	const char *format;	/**< "indexed", "text", … : the registry's name; static */
	uint64_t version;	/**< format version; 0 where the format has none */
	uint32_t flags;		/**< enum pgo_profile_flag */
	uint32_t kind;		/**< enum pgo_profile_kind */
	uint64_t input_bytes;	/**< size of the input */
	size_t function_count;	/**< pgo_profile_function() has them */
	uint64_t counter_count; /**< of all functions */
	size_t extra_count;
	struct pgo_function_extra *extras;
	uint64_t site_count;
	struct pgo_value_site *sites;
	uint64_t value_count;
	struct pgo_value *values;
	uint64_t bitmap_length;
	uint8_t *bitmap;
	size_t build_id_count;
	struct pgo_build_id *build_ids;
	size_t trace_count;
	struct pgo_trace *traces;
	uint64_t trace_ref_count;
	uint64_t *trace_refs;
	uint64_t vtable_names_length; /**< vtable names, joined by byte 1, as in the file */
	char *vtable_names;
	/* Functions, either converted, with copies of what they point into, … */
	struct pgo_function *functions; /**< NULL when they are in place */
	uint64_t *counters;
	uint64_t *keys; /**< NULL: counters are told apart by position; else see pgo_profile_keys() */
	char *names;
	/* … or left where the input has them: analysis/model/in_place.h. */
	uint64_t *places;
	void *input;
	size_t input_length;
	bool input_mapped;	    /**< a mapping, not heap memory */
	bool input_dropped;	    /**< its pages were given back: most of it is no longer in memory */
	int input_file;		    /**< of a lazily opened one, open to be read; 0: none */
	bool pseudo_counts;	    /**< the writer knew pseudo counts */
	struct pgo_tally *tally[2]; /**< by enum pgo_record_filter: what its reader added up for the summary, or NULL */
	/*
	 * An indexed profile opened with pgo_profile_open_lazily() has no functions before `settle` brought them; what
	 * its file claims about them stands here.
	 */
	int (*settle)(struct pgo_profile *profile, struct pgo_error *err);
	size_t table_payload, table_directory; /**< offsets of the hash table of an indexed profile, else 0 */
	uint64_t table_keys;
	struct pgo_summary *stored; /**< of the records without context: total, number of counters, entries and
				       thresholds; NULL: none */
	uint64_t hash_mask;	    /**< functions are in rising order of name_ref & hash_mask; 0: in no such order */
	bool names_in_order;	    /**< and those alike in that by name, then by CFG hash */
	uint64_t traces_seen;	    /**< temporal traces there were before some were chosen; at least trace_count */
	struct pgo_quarantine *quarantine; /**< NULL: no record was set aside */
	size_t warning_count;		   /**< things a person should know that did not stop the reading */
	char **warnings;
};

/**
 * Read a profile from memory.
 *
 * @param[out] out  new profile; caller owns it, pgo_profile_free() releases. Untouched on failure.
 * @param bytes     borrowed for the call only.
 * @param format    name of a registered format, or NULL to detect it from the first bytes.
 * @param[out] err  written on failure only; may be NULL.
 * @return PGO_OK, PGO_EFORMAT (damaged; err->offset is the first bad byte), PGO_EUNSUPPORTED (known format,
 *         unknown version), PGO_ENOMEM.
 */
int pgo_profile_read(struct pgo_profile **out, const void *bytes, size_t length, const char *format,
		     struct pgo_error *err);

/**
 * Read a profile from a regular file ("-": standard input). Adds the path to the error. An indexed file stays mapped
 * until pgo_profile_free(): replace it by renaming a new one over it, never by cutting it short.
 * @return as pgo_profile_read(), or PGO_ESYSTEM when the file cannot be read.
 */
int pgo_profile_open(struct pgo_profile **out, const char *path, const char *format, struct pgo_error *err);

/** How a profile is read. `{0}` is what pgo_profile_open() does. */
struct pgo_read_options {
	const char *format; /**< NULL: detect */
	double max_lost;    /**< 0..1: damaged records are set aside as long as they are no larger share, of functions
			       and, where it is known, of the mass; 0: none is */
	bool lazily;	    /**< as pgo_profile_open_lazily(); not with max_lost above 0 */
};

/** pgo_profile_open() with options; NULL: none. */
int pgo_profile_open_with(struct pgo_profile **out, const char *path, const struct pgo_read_options *options,
			  struct pgo_error *err);

/** pgo_profile_read() with options, `lazily` left out; NULL: none. */
int pgo_profile_read_with(struct pgo_profile **out, const void *bytes, size_t length,
			  const struct pgo_read_options *options, struct pgo_error *err);

/** What was lost with the records set aside. */
struct pgo_loss {
	uint64_t records;
	double functions; /**< share of the records, 0..1 */
	bool mass_known;  /**< the file tells what its total should be (indexed IR profiles) */
	double mass;	  /**< share of that total, 0..1 */
};

/** @return PGO_OK or PGO_ENOMEM */
int pgo_profile_loss(struct pgo_loss *out, const struct pgo_profile *profile, struct pgo_error *err);

/**
 * As pgo_profile_open(), but of a large indexed file only the frame is read and checked: its functions stay unread
 * until pgo_profile_settle(). pgo_compare() and pgo_profile_overview() take such profiles as they are, read and check
 * them on the way, and may therefore fail as pgo_profile_open() does; everything else needs settled ones.
 */
int pgo_profile_open_lazily(struct pgo_profile **out, const char *path, const char *format, struct pgo_error *err);

/** True for a file that these options open without reading much of it: no thread is worth its start for that. */
bool pgo_profile_opens_at_once(const char *path, const struct pgo_read_options *options);

/**
 * Read the functions of a profile that was opened lazily; nothing to do for others. Not while another thread uses it.
 * @return as pgo_profile_read(); after a failure the profile can only be freed.
 */
int pgo_profile_settle(struct pgo_profile *profile, struct pgo_error *err);

void pgo_profile_free(struct pgo_profile *profile);

/** Function `index`, in file order. Its pointers stay valid as long as the profile. */
struct pgo_function pgo_profile_function(const struct pgo_profile *profile, size_t index);

/** Key of the counter of a function's entries: no line offset or source is that large. */
#define PGO_KEY_ENTRY (UINT64_C(0xffffffff) << 32)

/**
 * Keys of a function's counters, in rising order, where the profile tells counters apart by key instead of by position
 * (a sampled profile has only the lines that were hit). What a key is made of depends on the kind:
 *	lines     line offset << 32 | discriminator; probes: id of the probe << 32 | discriminator
 *	branches  source << 32 | destination, offsets within the function; into another function:
 *		  source << 32 | 1 << 31 | 31 bits of the hash of its name; from unknown code: 2^32-1 << 32 | destination
 *	offsets   the offset
 *	blocks    the number of the block
 *	calls     line offset << 32 | 32 bits of the callee's hash
 *	table     the number of the counter, or the hash of its label with the top bit set
 * How often a function was entered (head samples) is PGO_KEY_ENTRY in profiles of lines, probes and branches.
 * @return NULL where counters are told apart by position
 */
const uint64_t *pgo_profile_keys(const struct pgo_profile *profile, const struct pgo_function *f);

/** What made it, in a word or two: "LLVM instrumentation", "gcc blocks", "sampled lines", …; static. */
const char *pgo_profile_kind_name(enum pgo_profile_kind kind);

/** Exact sum of a function's counters. */
pgo_u128 pgo_function_sum(const struct pgo_function *f);

/** The name as a heap string; caller frees. @return NULL when out of memory */
char *pgo_function_name(const struct pgo_function *f);

/** Length of the file part of a name, of a function with local linkage, with its separator; 0: it has none. */
size_t pgo_name_file_prefix(const char *name, size_t length);

/** Order of two names by their bytes: below, equal to or above 0. */
int pgo_function_compare_names(const struct pgo_function *a, const struct pgo_function *b);

/** Value sites and bitmap of function `index`; all zero where it has none. */
struct pgo_function_extra pgo_profile_extra(const struct pgo_profile *profile, size_t index);

/**
 * Flags as words joined by "+", e.g. "ir+entry_first", always in one order; "fe" when IR is clear, but for a memory
 * profile alone ("memprof"). @return length written (cut at `size`).
 */
int pgo_profile_flags_text(uint32_t flags, char *out, size_t size);

/** Exact decimal text of a 128-bit sum. `out` needs 40 bytes. @return out */
char *pgo_u128_text(pgo_u128 value, char out[40]);

/** One row of a detailed summary: the smallest counter needed to reach `cutoff` of the total. */
struct pgo_summary_entry {
	uint32_t cutoff; /**< millionths of the total count, 1..1000000 */
	uint64_t min_count;
	uint64_t counter_count; /**< counters >= min_count */
};

/**
 * The numbers compilers read a profile through. Source: LLVM ProfileSummaryBuilder: for cutoff c the distinct counter
 * values are taken in descending order until their sum reaches floor(total * c / 10^6). Pseudo records are left out.
 */
struct pgo_summary {
	uint64_t function_count;
	uint64_t counter_count;
	uint64_t nonzero_counters;
	uint64_t nonzero_functions;
	uint64_t max_count;	     /**< largest counter */
	uint64_t max_first_count;    /**< largest counter[0] */
	uint64_t max_internal_count; /**< largest counter[1..] */
	uint64_t saturated_counters;
	uint64_t pseudo_functions;
	pgo_u128 total; /**< without pseudo records */
	size_t entry_count;
	struct pgo_summary_entry entries[24];
	uint64_t hot_threshold;	   /**< min_count at 99 %: counters >= it are hot */
	uint64_t hot999_threshold; /**< min_count at 99.9 % */
	uint64_t cold_threshold;   /**< min_count at 99.9999 %: counters <= it are cold */
};

/** Which records a summary is made of. */
enum pgo_record_filter {
	PGO_RECORDS_NORMAL = 0, /**< in an IR profile with CS records: those without context; in others: all */
	PGO_RECORDS_CS = 1,	/**< context-sensitive records only */
};

/**
 * Summarise the records chosen by `filter` at the 16 cutoffs LLVM writes (1 % … 99.9999 %).
 * Time is linear in the counters. An empty or all-zero profile gives (cutoff, 0, 0) entries.
 * @return PGO_OK or PGO_ENOMEM.
 */
int pgo_profile_summarize(struct pgo_summary *out, const struct pgo_profile *profile, enum pgo_record_filter filter,
			  struct pgo_error *err);

/** True when `filter` takes function `f`. */
static inline bool pgo_function_selected(const struct pgo_function *f, enum pgo_record_filter filter)
{
	return ((f->flags & PGO_FUNCTION_CS) != 0) == (filter == PGO_RECORDS_CS);
}

#ifdef __cplusplus
}
#endif

#endif
