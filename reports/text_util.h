/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_TEXT_UTIL_H
#define PGO_REPORTS_TEXT_UTIL_H

#include "reports/common.h"

/* Building blocks of the text reports. */

enum { PGO_TEXT_CELL = 64 }; /* bytes of a formatted number */

enum pgo_text_color { PGO_PLAIN, PGO_BOLD, PGO_RED, PGO_GREEN, PGO_YELLOW };

struct pgo_text {
	FILE *out;
	bool color;
	unsigned width; /* prose is wrapped here */
	unsigned cut;	/* columns names may take up to; 0: as long as they are */
};

struct pgo_text pgo_text_open(FILE *out, const struct pgo_report *report);

void pgo_text_heading(const struct pgo_text *t, const char *format, ...) PGO_PRINTF(2, 3);

/** Prose after `label`, wrapped and continued at column `indent`. */
void pgo_text_wrap(const struct pgo_text *t, const char *label, unsigned indent, const char *text);

void pgo_text_colored(const struct pgo_text *t, enum pgo_text_color color, const char *text);

/** Right-aligned in `columns` columns, whatever its bytes. */
void pgo_text_right(const struct pgo_text *t, unsigned columns, const char *text);
void pgo_text_left(const struct pgo_text *t, unsigned columns, const char *text);

/** A name as a terminal may show it (no control characters), ended by "…" at `columns`; 0: whole. */
void pgo_text_name(const struct pgo_text *t, const char *name, unsigned columns);

/** Columns of a UTF-8 text, one a character. */
unsigned pgo_text_columns(const char *text);

/** A share with the digits that say something: "0 %", "<0.01 %", "0.42 %", "31.0 %", ">99.9 %", "100 %". @return out */
const char *pgo_text_percent(char out[PGO_TEXT_CELL], double share);

/** A count with thousands separated by commas. @return out */
const char *pgo_text_count(char out[PGO_TEXT_CELL], pgo_u128 value);

/** A plain number: four significant digits, thresholds read as they were typed. @return out */
const char *pgo_text_number(char out[PGO_TEXT_CELL], double value);

/** As pgo_text_number(), "-" when absent. */
const char *pgo_text_optional(char out[PGO_TEXT_CELL], struct pgo_optional value);

/* Sections that two reports share; reports/text_parts.c. */

/** The verdict in the first lines. */
void pgo_text_verdict(const struct pgo_text *t, const struct pgo_verdict *verdict);
/** Every rule: those that did not pass with evidence and advice. */
void pgo_text_rules(const struct pgo_text *t, const struct pgo_verdict *verdict);
/** Integrity and concentration, one column a side; `right` may be NULL. */
void pgo_text_sides(const struct pgo_text *t, const struct pgo_profile *left_profile, const struct pgo_side *left,
		    const struct pgo_profile *right_profile, const struct pgo_side *right);
void pgo_text_warnings(const struct pgo_text *t, const char *name, const struct pgo_profile *profile);
/** Every threshold in force, and whose it is. */
void pgo_text_thresholds(const struct pgo_text *t, const struct pgo_report *report,
			 const struct pgo_compare_options *options);
/** "0.71 (90 % interval 0.55 to 0.86)" or why there is none. */
void pgo_text_retained(const struct pgo_text *t, const struct pgo_retained *retained);

#endif
