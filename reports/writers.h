/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_WRITERS_H
#define PGO_REPORTS_WRITERS_H

#include "pgo/several.h"

/* The functions behind the table of writers. */

int pgo_text_compare(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_text_show(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_text_gate(FILE *out, const struct pgo_report *report, struct pgo_error *err);

int pgo_json_compare(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_json_show(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_json_gate(FILE *out, const struct pgo_report *report, struct pgo_error *err);

int pgo_csv_compare(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_csv_show(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_csv_gate(FILE *out, const struct pgo_report *report, struct pgo_error *err);

int pgo_text_explain(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_json_explain(FILE *out, const struct pgo_report *report, struct pgo_error *err);
int pgo_csv_explain(FILE *out, const struct pgo_report *report, struct pgo_error *err);

extern const struct pgo_several_writer pgo_text_several, pgo_json_several, pgo_csv_several;

#endif
