/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "analysis/verdict/rules.h"
#include "analysis/verdict/ruling.h"
#include "pgo/weights.h"

/* One workload whose own hot code the merge does not call hot. */
static void survival_rule(struct pgo_ruling *ruling, const struct pgo_dominance *d, size_t i, const char *const *names,
			  double least, bool user)
{
	const struct pgo_dominance_workload *w = &d->workloads[i];
	struct pgo_rule spare, *rule = pgo_ruling_add(ruling, &spare, "survival", least, user);
	char functions[320];
	snprintf(rule->reference, sizeof rule->reference, "%s", names[i]);
	rule->value = w->survival;
	if (!w->survival.present) {
		rule->outcome = PGO_INCONCLUSIVE;
		pgo_rules_say(rule->evidence, "'%.120s' has no counts: nothing of it can be hot", names[i]);
		pgo_rules_say(rule->advice, "check that the instrumented program ran this workload, or leave it out");
		return;
	}
	pgo_rules_say(rule->evidence, "%.1f %% of the hot code of '%.120s' stays hot in the merge",
		      100 * w->survival.value, names[i]);
	if (w->survival.value >= least)
		return;
	rule->outcome = PGO_FAIL;
	pgo_named_text(functions, sizeof functions, w->lost, w->lost_count, PGO_CULPRITS);
	const struct pgo_dominance_workload *culprit = &d->workloads[d->culprit];
	if (d->culprit == i || culprit->drowned <= 0) {
		pgo_rules_say(rule->evidence,
			      "'%.120s' is drowned: only %.1f %% of its hot code stays hot; lost: %.300s", names[i],
			      100 * w->survival.value, functions);
		pgo_rules_say(rule->advice, "give '%.120s' a larger share; it has %.2g %%", names[i], 100 * w->share);
		return;
	}
	pgo_rules_say(rule->evidence,
		      "'%.100s' is drowned by '%.100s', which has %.1f %% of the mass: only %.1f %% of its hot code "
		      "stays hot; lost: %.200s",
		      names[i], names[d->culprit], 100 * culprit->share, 100 * w->survival.value, functions);
	pgo_rules_say(rule->advice,
		      "drop or re-weight '%.120s' ('pgo-analyze weights --policy survive' finds weights): without it "
		      "%.1f %% of the others' execution that is not hot now would be",
		      names[d->culprit], 100 * culprit->drowned);
}

double pgo_rules_dominant_share(double share)
{
	return share > PGO_DOMINANT && share <= PGO_DOMINANT + PGO_DOMINANT_ROUNDING ? PGO_DOMINANT : share;
}

static void dominance_rule(struct pgo_ruling *ruling, const struct pgo_dominance *d, const char *const *names)
{
	const struct pgo_dominance_workload *w = &d->workloads[d->heaviest];
	struct pgo_rule spare, *rule = pgo_ruling_add(ruling, &spare, "dominance", PGO_DOMINANT, false);
	snprintf(rule->reference, sizeof rule->reference, "%s", names[d->heaviest]);
	rule->required = false;
	if (d->count < 2) {
		rule->outcome = PGO_INCONCLUSIVE;
		pgo_rules_say(rule->evidence, "not judged: it is the only workload");
		return;
	}
	rule->value = (struct pgo_optional){true, pgo_rules_dominant_share(w->share)};
	pgo_rules_say(rule->evidence,
		      "'%.120s' has %.1f %% of the mass and changes the class of %.1f %% of the others' execution",
		      names[d->heaviest], 100 * w->share, 100 * w->changed);
	if (rule->value.value > PGO_DOMINANT) {
		rule->outcome = PGO_INCONCLUSIVE;
		pgo_rules_say(rule->advice, "no harm while the others stay hot: see their survival");
	}
}

int pgo_judge_dominance(struct pgo_verdict *out, const struct pgo_dominance *d, const char *const *names, double least,
			bool least_user, struct pgo_error *err)
{
	struct pgo_ruling ruling = {0};
	for (size_t i = 0; i < d->count; i++)
		if (d->workloads[i].share > 0)
			survival_rule(&ruling, d, i, names, least, least_user);
	if (d->count)
		dominance_rule(&ruling, d, names);
	char accepted[256];
	double worst = 1;
	for (size_t i = 0; i < d->count; i++)
		if (d->workloads[i].share > 0 && d->workloads[i].survival.value < worst)
			worst = d->workloads[i].survival.value;
	snprintf(accepted, sizeof accepted,
		 "no workload is drowned; of the hot code of each at least %.1f %% stays hot", 100 * worst);
	return pgo_ruling_finish(out, &ruling, accepted, err);
}
