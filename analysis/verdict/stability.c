/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/stability.h"

#include <stdio.h>

#include "analysis/verdict/rules.h"
#include "analysis/verdict/ruling.h"

static size_t worst_served(const struct pgo_stability *s)
{
	size_t worst = 0;
	for (size_t i = 1; i < s->distances.count; i++)
		if (s->served[i].under_served > s->served[worst].under_served)
			worst = i;
	return worst;
}

int pgo_judge_stability(struct pgo_verdict *out, const struct pgo_stability *s, const char *const *names, double bound,
			bool bound_user, struct pgo_error *err)
{
	struct pgo_ruling ruling = {0};
	struct pgo_rule spare, *rule = pgo_ruling_add(&ruling, &spare, "one_profile", bound, bound_user);
	size_t worst = worst_served(s);
	double value = s->served[worst].under_served;
	char clusters[96] = "they form no clusters worth speaking of", accepted[512];
	if (s->clusters.cluster_count > 1)
		snprintf(clusters, sizeof clusters, "they form %u clusters", (unsigned)s->clusters.cluster_count);
	rule->value = (struct pgo_optional){true, value};
	if (s->workload_count < PGO_STABILITY_WORKLOADS) {
		rule->outcome = PGO_INCONCLUSIVE;
		pgo_rules_say(rule->evidence, "%zu workload%s too few to tell whether they behave alike",
			      s->workload_count, s->workload_count == 1 ? " is" : "s are");
		size_t more = PGO_STABILITY_WORKLOADS - s->workload_count;
		pgo_rules_say(rule->advice, "record at least %zu more workload%s of real use", more,
			      more == 1 ? "" : "s");
	} else if (value > bound) {
		rule->outcome = PGO_FAIL;
		pgo_rules_say(rule->evidence,
			      "no single profile serves all of these %zu workloads: merged at equal mass, they do not "
			      "call hot %.1f %% of what '%.200s' executes; %s",
			      s->workload_count, 100 * value, names[worst], clusters);
		pgo_rules_say(rule->advice,
			      "build one binary for each cluster, or give this workload more weight: pgo-analyze "
			      "weights --policy survive says how far that helps");
	} else {
		pgo_rules_say(rule->evidence,
			      "one profile serves all of these %zu workloads: merged at equal mass, they call hot all "
			      "but %.2g %% of what any of them executes; %s",
			      s->workload_count, 100 * value, clusters);
	}
	snprintf(accepted, sizeof accepted, "%.500s", rule->evidence);
	return pgo_ruling_finish(out, &ruling, accepted, err);
}
