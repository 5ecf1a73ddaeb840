/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics/metrics.h"

void pgo_retained_estimate(struct pgo_comparison *out)
{
	out->retained.note = "";
}
