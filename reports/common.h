/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_COMMON_H
#define PGO_REPORTS_COMMON_H

#include "pgo/report.h"

/* What the writers share: which functions are listed, which bytes of a name may be shown. */

/** The functions a report lists, as indices into comparison->functions or profile->functions. */
struct pgo_selection {
	size_t *index;
	size_t count;	 /**< listed */
	size_t matching; /**< functions that meet --function, listed or not */
};

/**
 * Functions of the comparison in its own order, at most report->top of them. Names are demangled only where a pattern
 * asks for it, so the cost without one does not depend on the number of functions.
 * @return PGO_OK, PGO_ENOMEM, PGO_EINVAL (pattern). Caller releases with pgo_selection_release().
 */
int pgo_select_compared(struct pgo_selection *out, const struct pgo_report *report, struct pgo_error *err);

/** Functions of the shown profile by name, or by descending largest counter when report->top is set, or by descending
 * total when report->hot is. */
int pgo_select_shown(struct pgo_selection *out, const struct pgo_report *report, struct pgo_error *err);

/** Those of the listed functions that look the same without the file of those with local linkage, by number. @return
 * PGO_OK, PGO_ENOMEM */
int pgo_select_namesakes(struct pgo_selection *out, const struct pgo_selection *listed, const struct pgo_profile *p);

/** Is it in a selection in rising order? */
bool pgo_is_selected(const struct pgo_selection *selection, size_t index);

void pgo_selection_release(struct pgo_selection *selection);

/** Length of the valid UTF-8 sequence at `s` (NUL-terminated), 0 when there is none. */
size_t pgo_utf8_sequence(const char *s);

enum { PGO_DOUBLE_TEXT = 40 };

/** Shortest decimal text of a finite double that reads back to the same value, always with a point or an exponent. */
const char *pgo_double_text(char out[PGO_DOUBLE_TEXT], double value);

/** Lower-case hexadecimal text of a build id. @return out */
char *pgo_build_id_text(const struct pgo_build_id *id, char out[65]);

enum { PGO_KEY_TEXT = 64 };

/** Where a counter is, by what keys of its kind are made of: "+3.1", "0x1f -> 0x40", …; a position as a number. @return
 * out */
const char *pgo_key_text(char out[PGO_KEY_TEXT], uint32_t kind, uint64_t key);

/** Word before a rule's limit: "at least", "at most", or "threshold" for rules of neither kind. */
const char *pgo_rule_limit(const struct pgo_rule *rule);

/** Value of row `field` of pgo_compare_fields() in `options`. */
double pgo_compare_field_value(const struct pgo_compare_field *field, const struct pgo_compare_options *options);

/** Value of row `field` of pgo_policy_fields() in `policy`. */
double pgo_policy_field_value(const struct pgo_policy_field *field, const struct pgo_policy *policy);

/** "given", "heldout", "training", "leave_one_out". */
const char *pgo_reference_kind_name(enum pgo_reference_kind kind);

#endif
