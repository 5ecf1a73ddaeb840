/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_SEVERAL_TEXT_H
#define PGO_REPORTS_SEVERAL_TEXT_H

#include "reports/text_util.h"
#include "reports/writers.h"

/* Cells of the tables on several runs, right-aligned. */

void pgo_text_share(const struct pgo_text *t, unsigned columns, double share);
void pgo_text_share_or_none(const struct pgo_text *t, unsigned columns, struct pgo_optional share);
void pgo_text_value(const struct pgo_text *t, unsigned columns, struct pgo_optional value);

/** A function's readable name, cut to what the terminal has left after `used` columns. */
void pgo_text_function(const struct pgo_text *t, const char *name, unsigned used);

/** A workload's name as the last column. */
void pgo_text_column_name(const struct pgo_text *t, const char *name);

int pgo_text_sufficiency(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_text_calibrate(FILE *out, const struct pgo_report *report, struct pgo_error *err);

#endif
