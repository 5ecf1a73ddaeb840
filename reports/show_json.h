/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_SHOW_JSON_H
#define PGO_REPORTS_SHOW_JSON_H

#include "reports/json_util.h"

struct pgo_binary;

/* Parts of the document of "show". */

/** "source": file and line, or null. */
void pgo_json_source(struct pgo_json in, const struct pgo_binary *binary, const struct pgo_function *f);

/** "binary_warning", where a binary was named. */
void pgo_json_show_more(struct pgo_json root, const struct pgo_report *report);

/** "value_sites" of function `index`. @return PGO_OK or PGO_ENOMEM */
int pgo_json_sites(struct pgo_json row, const struct pgo_report *report, size_t index, struct pgo_error *err);

/** "traces" and "traces_seen". @return PGO_OK or PGO_ENOMEM */
int pgo_json_traces(struct pgo_json root, const struct pgo_report *report, struct pgo_error *err);

#endif
