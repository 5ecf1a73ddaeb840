/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "analysis/verdict/rules.h"
#include "pgo/panel.h"

enum { NAMED_MOST = 3, NAME_MOST = 90 };

size_t pgo_joins_strangers(char out[400], const struct pgo_joins *joins)
{
	const size_t size = 400;
	size_t count = 0, used = 0;
	out[0] = 0;
	for (size_t i = 0; i < joins->count; i++) {
		const struct pgo_optional *share = &joins->shares[i];
		if (!share->present || share->value >= PGO_LEAST_JOIN_SHARE || count++ >= NAMED_MOST)
			continue;
		int n = snprintf(out + used, size - used, "%s'%.*s' (%.1f %%)", used ? ", " : "", NAME_MOST,
				 joins->names[i], 100 * share->value);
		used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
	}
	if (count > NAMED_MOST)
		snprintf(out + used, size - used, " and %zu more", count - NAMED_MOST);
	return count;
}

static void fill(struct pgo_rule *rule, const struct pgo_joins *j)
{
	char strangers[400];
	size_t count = pgo_joins_strangers(strangers, j);
	*rule = (struct pgo_rule){.threshold = PGO_LEAST_JOIN_SHARE, .required = true, .name = "join"};
	for (size_t i = 0; i < j->count; i++)
		if (j->shares[i].present && (!rule->value.present || j->shares[i].value < rule->value.value))
			rule->value = j->shares[i];
	if (count == 0) {
		pgo_rules_say(rule->evidence,
			      "of the execution of each profile at least %.1f %% is in functions that the others have",
			      100 * rule->value.value);
		return;
	}
	rule->outcome = PGO_FAIL;
	pgo_rules_say(rule->evidence,
		      "%s of another program or build: too little of %s execution is in functions that the others have "
		      "by name and hash: %s",
		      count == 1 ? "a profile is" : "profiles are", count == 1 ? "its" : "their", strangers);
	pgo_rules_say(rule->advice,
		      "leave out what is of another program; record the rest from the same sources with the "
		      "same compiler and flags");
}

int pgo_judge_join(struct pgo_verdict *verdict, const struct pgo_joins *joins, struct pgo_error *err)
{
	struct pgo_rule rule;
	fill(&rule, joins);
	if (!rule.value.present)
		return PGO_OK;
	size_t count = verdict->rule_count, at = rule.outcome == PGO_FAIL ? 0 : count;
	struct pgo_rule *grown = realloc(verdict->rules, (count + 1) * sizeof *grown);
	if (!grown)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory while judging");
	verdict->rules = grown;
	verdict->rule_count++;
	for (size_t i = count; i > at; i--)
		grown[i] = grown[i - 1];
	grown[at] = rule;
	if (rule.outcome == PGO_PASS)
		return PGO_OK;
	for (size_t i = 1; i <= count; i++) {
		grown[i].value.present = false;
		grown[i].outcome = PGO_INCONCLUSIVE;
		grown[i].required = false;
		pgo_rules_say(grown[i].evidence, "not judged: join too low");
		grown[i].advice[0] = 0;
	}
	verdict->outcome = PGO_FAIL;
	snprintf(verdict->summary, sizeof verdict->summary, "rejected: %.480s", rule.evidence);
	return PGO_OK;
}
