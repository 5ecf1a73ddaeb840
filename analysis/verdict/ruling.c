/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/verdict/ruling.h"

#include <stdio.h>
#include <stdlib.h>

#define LEAST_SHARE 0.0005

struct pgo_rule *pgo_ruling_add(struct pgo_ruling *ruling, struct pgo_rule *spare, const char *name, double threshold,
				bool user)
{
	*spare = (struct pgo_rule){.threshold = threshold, .threshold_is_user = user, .required = true};
	snprintf(spare->name, sizeof spare->name, "%s", name);
	if (pgo_vec_push(&ruling->rules, *spare)) {
		ruling->out_of_memory = true;
		return spare;
	}
	return &ruling->rules.items[ruling->rules.count - 1];
}

/* Stable, in place: there are few. */
static void order(struct pgo_ruling *ruling)
{
	static const int place[] = {[PGO_FAIL] = 0, [PGO_INCONCLUSIVE] = 1, [PGO_PASS] = 2};
	for (size_t i = 1; i < ruling->rules.count; i++) {
		struct pgo_rule moved = ruling->rules.items[i];
		size_t at = i;
		for (; at > 0 && place[ruling->rules.items[at - 1].outcome] > place[moved.outcome]; at--)
			ruling->rules.items[at] = ruling->rules.items[at - 1];
		ruling->rules.items[at] = moved;
	}
}

int pgo_ruling_finish(struct pgo_verdict *out, struct pgo_ruling *ruling, const char *accepted, struct pgo_error *err)
{
	struct pgo_verdict verdict = {.outcome = PGO_PASS};
	const char *evidence = accepted;
	if (ruling->out_of_memory) {
		pgo_vec_release(&ruling->rules);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory while judging");
	}
	order(ruling);
	for (size_t i = 0; i < ruling->rules.count; i++) {
		const struct pgo_rule *rule = &ruling->rules.items[i];
		if (verdict.outcome != PGO_PASS || rule->outcome == PGO_PASS ||
		    (rule->outcome == PGO_INCONCLUSIVE && !rule->required))
			continue;
		verdict.outcome = rule->outcome;
		evidence = rule->evidence;
	}
	static const char *const words[] = {"accepted", "rejected", "inconclusive"};
	snprintf(verdict.summary, sizeof verdict.summary, "%s: %.480s", words[verdict.outcome], evidence);
	verdict.rules = ruling->rules.items;
	verdict.rule_count = ruling->rules.count;
	*out = verdict;
	return PGO_OK;
}

void pgo_named_text(char *out, size_t size, const struct pgo_named *named, size_t count, size_t most)
{
	size_t used = 0;
	out[0] = 0;
	for (size_t i = 0; i < count && i < most && named[i].share >= LEAST_SHARE; i++) {
		char *readable = pgo_demangle(named[i].name);
		int n = snprintf(out + used, size - used, "%s'%.60s' (%.1f %%)", i ? ", " : "",
				 readable ? readable : named[i].name, 100 * named[i].share);
		free(readable);
		if (n < 0 || (size_t)n >= size - used) {
			out[used] = 0;
			break;
		}
		used += (size_t)n;
	}
}
