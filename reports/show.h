/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORTS_SHOW_H
#define PGO_REPORTS_SHOW_H

#include "reports/common.h"

/* What the writers of "show" say of a function. */

/** Share of the counts shown; 0 for pseudo counts. */
static inline double pgo_show_share(const struct pgo_report *report, const struct pgo_function *f)
{
	if (report->summary->total == 0 || f->flags & PGO_FUNCTION_PSEUDO)
		return 0;
	return (double)pgo_function_sum(f) / (double)report->summary->total;
}

/** Class of its largest counter. */
static inline enum pgo_class pgo_show_class(const struct pgo_report *report, const struct pgo_function *f)
{
	if (f->max == 0 || f->flags & PGO_FUNCTION_PSEUDO)
		return PGO_CLASS_NEVER;
	if (f->max >= report->summary->hot_threshold)
		return PGO_CLASS_HOT;
	return f->max <= report->summary->cold_threshold ? PGO_CLASS_COLD : PGO_CLASS_WARM;
}

#endif
