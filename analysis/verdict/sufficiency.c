/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/sufficiency.h"

#include <stdio.h>

#include "analysis/verdict/rules.h"
#include "analysis/verdict/ruling.h"

/* Fewer workloads than any estimate can rest on. */
static bool too_few(struct pgo_rule *rule, const struct pgo_sufficiency *s)
{
	size_t least = s->options.min_workloads;
	if (s->workload_count >= least)
		return false;
	rule->outcome = PGO_INCONCLUSIVE;
	pgo_rules_say(rule->evidence, "%zu workload%s too few to tell what the next one would miss", s->workload_count,
		      s->workload_count == 1 ? " is" : "s are");
	pgo_rules_say(rule->advice, "record at least %zu more: %zu are needed to judge", least - s->workload_count,
		      least);
	return true;
}

/* The workload that misses most, in words. */
static void worst_text(char out[400], const struct pgo_sufficiency *s, const char *const *names)
{
	size_t worst = 0;
	char functions[240];
	for (size_t i = 1; i < s->workload_count; i++)
		worst = s->workloads[i].missed > s->workloads[worst].missed ? i : worst;
	const struct pgo_sufficiency_workload *w = &s->workloads[worst];
	pgo_named_text(functions, sizeof functions, w->functions, w->named, PGO_ONLY_FUNCTIONS);
	snprintf(out, 400, "'%.100s' alone runs %.1f %% of its execution%s%.240s", names[worst], 100 * w->missed,
		 functions[0] ? ": " : "", functions);
}

int pgo_judge_sufficiency(struct pgo_verdict *out, const struct pgo_sufficiency *s, const char *const *names,
			  bool bound_user, struct pgo_error *err)
{
	struct pgo_ruling ruling = {0};
	double bound = s->options.max_missed;
	struct pgo_rule spare, *rule = pgo_ruling_add(&ruling, &spare, "next_missed", bound, bound_user);
	char worst[400], more[128] = "nothing says how many";
	rule->value = s->next;
	worst_text(worst, s, names);
	if (s->more.present)
		snprintf(more, sizeof more, "at least %.0f more", s->more.value);
	if (too_few(rule, s)) {
		;
	} else if (s->missed_mean <= bound) {
		pgo_rules_say(
			rule->evidence,
			"the next workload like these %zu is expected to miss %.2g %% to %.2g %% of its execution",
			s->workload_count, 100 * s->next.value, 100 * s->missed_mean);
	} else if (s->next.value > bound) {
		rule->outcome = PGO_FAIL;
		pgo_rules_say(rule->evidence,
			      "the next workload like these %zu is expected to miss %.1f %% of its execution or more; "
			      "%.340s",
			      s->workload_count, 100 * s->next.value, worst);
		pgo_rules_say(rule->advice, "add workloads of other kinds: %s", more);
	} else {
		rule->outcome = PGO_INCONCLUSIVE;
		pgo_rules_say(rule->evidence,
			      "the next workload like these %zu is expected to miss %.1f %% to %.1f %% of its "
			      "execution: too close to the bound to tell; %.300s",
			      s->workload_count, 100 * s->next.value, 100 * s->missed_mean, worst);
		pgo_rules_say(rule->advice, "add one or two workloads and ask again");
	}
	char accepted[512];
	snprintf(accepted, sizeof accepted, "%.500s", rule->evidence);
	return pgo_ruling_finish(out, &ruling, accepted, err);
}
