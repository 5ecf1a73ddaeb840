/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_RUNS_H
#define PGO_REPORTS_RUNS_H

#include "pgo/runs.h"
#include "reports/json_util.h"
#include "reports/text_util.h"

/* What "compare" tells of several profiles on a side. */

/** The member `runs`. @return PGO_OK or PGO_ENOMEM */
int pgo_json_runs(struct pgo_json root, const struct pgo_report *report, struct pgo_error *err);

/** The section "Runs". @return PGO_OK or PGO_ENOMEM */
int pgo_text_runs(const struct pgo_text *t, const struct pgo_report *report, struct pgo_error *err);

#endif
