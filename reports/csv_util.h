/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_CSV_UTIL_H
#define PGO_REPORTS_CSV_UTIL_H

#include "reports/common.h"

/*
 * Fields of a CSV table, each followed by `end`, a comma or LF. Text is quoted (libcsv), numbers are not; a missing
 * value is an empty field. Doubles read back to the same value.
 */

void pgo_csv_text(FILE *out, const char *value, char end);
/** Not finite: an empty field. */
void pgo_csv_number(FILE *out, double value, char end);
void pgo_csv_optional(FILE *out, struct pgo_optional value, char end);
void pgo_csv_count(FILE *out, uint64_t value, char end);

#endif
