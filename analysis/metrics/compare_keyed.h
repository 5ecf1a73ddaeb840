/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_COMPARE_KEYED_H
#define PGO_METRICS_COMPARE_KEYED_H

#include "pgo/compare.h"

/** True where counters of the two are not yet told apart by position alone, or a hash is unknown. */
bool pgo_needs_alignment(const struct pgo_profile *train, const struct pgo_profile *test);

/** pgo_compare() for such profiles. Indices in the comparison, those of counters too, are those of the profiles given.
 */
int pgo_compare_keyed(struct pgo_comparison *out, const struct pgo_profile *train, const struct pgo_profile *test,
		      const struct pgo_compare_options *options, struct pgo_error *err);

#endif
