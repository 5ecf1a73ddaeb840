/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/continuity.h"

#include <stdio.h>

#include "analysis/verdict/rules.h"
#include "analysis/verdict/ruling.h"

enum { MIN_MASS = 0, MAX_MASS, MIN_FUNCTIONS, MAX_LOST }; /* rows of pgo_continuity_fields() */

static const char rerun[] = "look for runs that were killed, or files of child processes that were left out of the "
			    "merge; make the new profile again";

static void mass_rules(struct pgo_ruling *ruling, const struct pgo_continuity *c,
		       const struct pgo_continuity_bands *bands)
{
	char before[40], after[40];
	pgo_u128_text(c->old_summary.total, before);
	pgo_u128_text(c->new_summary.total, after);
	struct pgo_rule spare,
		*rule = pgo_ruling_add(ruling, &spare, "mass_ratio", bands->min_mass_ratio, bands->set >> MIN_MASS & 1);
	rule->value = c->mass_ratio;
	pgo_rules_say(rule->evidence, "the total count went from %s to %s, %.3g times", before, after,
		      c->mass_ratio.value);
	if (c->mass_ratio.value < bands->min_mass_ratio) {
		rule->outcome = PGO_FAIL;
		pgo_rules_say(rule->advice, "%s", rerun);
		return;
	}
	if (c->mass_ratio.value <= bands->max_mass_ratio)
		return;
	rule->outcome = PGO_FAIL;
	snprintf(rule->name, sizeof rule->name, "mass_growth");
	rule->threshold = bands->max_mass_ratio;
	rule->threshold_is_user = bands->set >> MAX_MASS & 1;
	pgo_rules_say(rule->advice, "see whether a workload ran longer, or was merged twice or with other weights");
}

static void functions_rule(struct pgo_ruling *ruling, const struct pgo_continuity *c,
			   const struct pgo_continuity_bands *bands)
{
	struct pgo_rule spare, *rule = pgo_ruling_add(ruling, &spare, "functions_ratio", bands->min_functions_ratio,
						      bands->set >> MIN_FUNCTIONS & 1);
	rule->value = c->functions_ratio;
	pgo_rules_say(rule->evidence,
		      "%llu functions ran, now %llu; %llu that ran do not any more, %llu are not there any more",
		      (unsigned long long)c->old_summary.nonzero_functions,
		      (unsigned long long)c->new_summary.nonzero_functions, (unsigned long long)c->functions_stopped,
		      (unsigned long long)c->functions_gone);
	if (c->functions_ratio.value >= bands->min_functions_ratio)
		return;
	rule->outcome = PGO_FAIL;
	pgo_rules_say(rule->advice, "%s", rerun);
}

static void lost_rule(struct pgo_ruling *ruling, const struct pgo_continuity *c,
		      const struct pgo_continuity_bands *bands)
{
	struct pgo_rule spare,
		*rule = pgo_ruling_add(ruling, &spare, "lost", bands->max_lost_hot, bands->set >> MAX_LOST & 1);
	struct pgo_named named[PGO_LOST_FUNCTIONS];
	char functions[320];
	rule->value = c->lost;
	for (size_t i = 0; i < c->named; i++)
		named[i] = c->functions[i].named;
	pgo_named_text(functions, sizeof functions, named, c->named, 3);
	pgo_rules_say(rule->evidence,
		      "%.1f %% of what was hot is cold (%.1f %%), never ran (%.1f %%) or is gone (%.1f %%)%s%.300s",
		      100 * c->lost.value, 100 * c->lost_by[PGO_FATE_COLD], 100 * c->lost_by[PGO_FATE_NEVER],
		      100 * c->lost_by[PGO_FATE_GONE], functions[0] ? ": " : "", functions);
	if (c->lost.value <= bands->max_lost_hot)
		return;
	rule->outcome = PGO_FAIL;
	bool gone = c->lost_by[PGO_FATE_GONE] > c->lost.value / 2;
	pgo_rules_say(rule->advice, "%s",
		      gone ? "where the sources changed that much, accept the new profile as the next one to compare "
			     "with; else check that both come from the same program"
			   : rerun);
}

int pgo_judge_continuity(struct pgo_verdict *out, const struct pgo_continuity *c,
			 const struct pgo_continuity_bands *bands, struct pgo_error *err)
{
	struct pgo_ruling ruling = {0};
	if (!c->lost.present) {
		struct pgo_rule spare, *rule = pgo_ruling_add(&ruling, &spare, "lost", bands->max_lost_hot,
							      bands->set >> MAX_LOST & 1);
		rule->outcome = PGO_INCONCLUSIVE;
		pgo_rules_say(rule->evidence,
			      "every counter of the old profile is zero: there is nothing to go on from");
		pgo_rules_say(rule->advice, "compare with the last profile that was accepted");
	} else {
		lost_rule(&ruling, c, bands);
		mass_rules(&ruling, c, bands);
		functions_rule(&ruling, c, bands);
	}
	return pgo_ruling_finish(out, &ruling, "the new profile goes on from the old one within all bands", err);
}
