/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_EXPLAIN_H
#define PGO_REPORTS_EXPLAIN_H

#include "pgo/binary.h"
#include "pgo/explain.h"
#include "reports/common.h"

/* Sentences of "explain"; A is side 0, B side 1. reports/explain_words.c */

enum { PGO_EXPLAIN_WORDS = 1200 };

/** What a compiler that trains with side `s` would do, and by which numbers. @return out */
const char *pgo_explain_treatment(char out[PGO_EXPLAIN_WORDS], const struct pgo_explanation *e, unsigned s);

/** What B's execution gets of that. @return out */
const char *pgo_explain_view(char out[PGO_EXPLAIN_WORDS], const struct pgo_explanation *e);

/** What it means that the records are of other code or missing, and what to do; "" where they are joined. @return out
 */
const char *pgo_explain_join(char out[PGO_EXPLAIN_WORDS], const struct pgo_explanation *e);

/** That the binary is another one than the profile's, or tells nothing; "" where all is well. @return out */
const char *pgo_explain_binary(char out[PGO_EXPLAIN_WORDS], const struct pgo_binary *binary, const char *binary_name,
			       const struct pgo_profile *profile, const char *profile_name);

/** The record of the side that has one, A's first. */
const struct pgo_function *pgo_explain_record(const struct pgo_explanation *e);

/** Name of a record of a match as a heap string, NULL when out of memory. */
char *pgo_explain_name(const struct pgo_explanation *e, const struct pgo_matched *m);

/** Key of counter `index` of side `s`: its position where counters have no keys. */
uint64_t pgo_explain_key(const struct pgo_explanation *e, unsigned s, uint32_t index);

/** A value as a person reads it: the function's or vtable's name, a size, or the reference in hex. @return heap string,
 * NULL when out of memory */
char *pgo_value_text(const struct pgo_value_names *names, enum pgo_value_kind kind, uint64_t value);

#endif
