/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_VERDICT_RULES_H
#define PGO_VERDICT_RULES_H

#include "analysis/base/vec.h"
#include "pgo/verdict.h"

/** A verdict in the making. */
struct pgo_judge {
	const struct pgo_gate *gate;
	const struct pgo_policy *policy;
	bool heldout;	    /**< the gate has a held-out reference */
	char suspects[256]; /**< training workloads to drop or re-weight, in words; "" when none stands out */
	bool out_of_memory;
	PGO_VEC(struct pgo_rule) rules;
};

/** Rules of one comparison. */
void pgo_rules_input(struct pgo_judge *judge, size_t index);

/** Rules of the corpus as a whole; fills `suspects`, so it comes before the inputs' rules. */
void pgo_rules_corpus(struct pgo_judge *judge);

/** Add a rule named `name` with threshold `field` of the policy (NULL: `threshold` as given). @return NULL when out of
 * memory */
struct pgo_rule *pgo_rules_add(struct pgo_judge *judge, const char *name, const char *field, double threshold);

/** A share as it is held against PGO_DOMINANT: what is above by less than whole-number weights can be off counts as it.
 */
double pgo_rules_dominant_share(double share);

/** Write a sentence; one that does not fit is cut. */
void pgo_rules_say(char out[512], const char *format, ...) PGO_PRINTF(2, 3);

/** Up to three functions with the most of that mass: "'f' (12.0 %), 'g' (5.1 %)"; "" when there is none. */
void pgo_blame_text(char *out, size_t size, const struct pgo_comparison *c, enum pgo_blame blame);

#endif
