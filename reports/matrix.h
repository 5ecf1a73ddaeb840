/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_MATRIX_H
#define PGO_REPORTS_MATRIX_H

#include "reports/common.h"
#include "reports/writers.h"

/* Writers of "matrix" and "stability". */

int pgo_text_matrix(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_text_stability(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_json_matrix(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_json_stability(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_csv_matrix(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_csv_stability(FILE *out, const struct pgo_report *report, struct pgo_error *err);

#endif
