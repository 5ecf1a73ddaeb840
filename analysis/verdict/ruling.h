/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_VERDICT_RULING_H
#define PGO_VERDICT_RULING_H

#include "analysis/base/vec.h"
#include "pgo/concentration.h"

/* A verdict of rules that belong to no comparison. Start with {0}; pgo_ruling_finish() hands it over. */
struct pgo_ruling {
	bool out_of_memory;
	PGO_VEC(struct pgo_rule) rules;
};

/** A passed, required rule to be filled in; never NULL: when out of memory one that is thrown away (`spare`). */
struct pgo_rule *pgo_ruling_add(struct pgo_ruling *ruling, struct pgo_rule *spare, const char *name, double threshold,
				bool user);

/**
 * Failed rules first, then inconclusive, then passed; the summary is "rejected: EVIDENCE", "inconclusive: EVIDENCE" of
 * the first, or `accepted`.
 * @return PGO_OK or PGO_ENOMEM with everything released.
 */
int pgo_ruling_finish(struct pgo_verdict *out, struct pgo_ruling *ruling, const char *accepted, struct pgo_error *err);

/** "'f' (12.0 %), 'g' (5.1 %)", at most `most` of them; nobody is blamed for what prints as 0.0 %. "" when there is
 * none.
 */
void pgo_named_text(char *out, size_t size, const struct pgo_named *named, size_t count, size_t most);

#endif
