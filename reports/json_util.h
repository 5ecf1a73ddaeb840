/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_JSON_UTIL_H
#define PGO_REPORTS_JSON_UTIL_H

#include <json-c/json.h>

#include "reports/common.h"

/*
 * json-c with three habits: a failed allocation is remembered (json-c would print null), 64-bit counts stay exact and
 * sums of them are decimal strings, doubles take the shortest form that reads back to the same value.
 */

/** A place in the document. `failed` is shared by all places of one document; once set, the rest are no-ops. */
struct pgo_json {
	json_object *at;
	bool *failed;
};

/** A new object that belongs to nothing yet; release with json_object_put(place.at). */
struct pgo_json pgo_json_root(bool *failed);

/** Print a document, its last member still open when `more`; the caller goes on with pgo_json_row(). @return result
 * code */
int pgo_json_print(FILE *out, struct pgo_json root, bool more, struct pgo_error *err);

/** The member `key` of an open document: an array with one item a line. Begin, rows, end. */
void pgo_json_rows_begin(FILE *out, const char *key);
int pgo_json_row(FILE *out, struct pgo_json row, bool first, struct pgo_error *err);
void pgo_json_rows_end(FILE *out);

struct pgo_json pgo_json_object(struct pgo_json in, const char *key);
struct pgo_json pgo_json_array(struct pgo_json in, const char *key);
struct pgo_json pgo_json_append_object(struct pgo_json array);
struct pgo_json pgo_json_append_array(struct pgo_json array);

/** Bytes that are no UTF-8 become U+FFFD; NULL becomes null. */
void pgo_json_text(struct pgo_json in, const char *key, const char *text);
void pgo_json_append_text(struct pgo_json array, const char *text);
void pgo_json_u64(struct pgo_json in, const char *key, uint64_t value);
void pgo_json_append_u64(struct pgo_json array, uint64_t value);
/** As a decimal string: exact, whatever the reader's numbers are. */
void pgo_json_u128(struct pgo_json in, const char *key, pgo_u128 value);
/** Not finite becomes null. */
void pgo_json_double(struct pgo_json in, const char *key, double value);
void pgo_json_append_double(struct pgo_json array, double value);
void pgo_json_optional(struct pgo_json in, const char *key, struct pgo_optional value);
void pgo_json_bool(struct pgo_json in, const char *key, bool value);
void pgo_json_null(struct pgo_json in, const char *key);
/** `value` as 16 hexadecimal digits. */
void pgo_json_hash(struct pgo_json in, const char *key, uint64_t value);

/* Parts that several documents share; reports/json_parts.c. */

/** The beginning of every document: schema and tool. */
void pgo_json_head(struct pgo_json root, const char *schema);
void pgo_json_verdict(struct pgo_json root, const struct pgo_verdict *verdict);
/** `functions`: key of the number of functions. */
void pgo_json_summary(struct pgo_json in, const char *functions, const struct pgo_summary *summary);
void pgo_json_skew(struct pgo_json in, const struct pgo_skew *skew);
/** "warnings" of a profile, and "quarantine" where there is one. */
void pgo_json_warnings(struct pgo_json in, const struct pgo_profile *profile);

/** "inputs": the profiles of a command on several runs, each with its warnings. */
void pgo_json_inputs(struct pgo_json in, const struct pgo_several *several);

/** Members of a whole profile: flags, build ids, warnings. */
void pgo_json_profile(struct pgo_json in, const char *name, const struct pgo_profile *profile);
/** Records that were set aside, as a member "quarantine"; none: no member. */
void pgo_json_quarantine(struct pgo_json in, const struct pgo_profile *profile);
void pgo_json_thresholds(struct pgo_json root, const struct pgo_report *report,
			 const struct pgo_compare_options *options);
/** Measures of one comparison: join, overlap, divergence, decisions, prediction. */
void pgo_json_measures(struct pgo_json in, const struct pgo_comparison *comparison);

#endif
