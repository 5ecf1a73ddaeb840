/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>

#include "analysis/verdict/rules.h"
#include "analysis/verdict/ruling.h"

static void blame(char out[320], const struct pgo_concentration *c)
{
	struct pgo_named named[PGO_RESPONSIBLE];
	for (size_t i = 0; i < c->responsible_count; i++)
		named[i] = c->responsible[i].named;
	pgo_named_text(out, 320, named, c->responsible_count, 3);
}

/* The statistics in which the references are left furthest behind, in words. */
static void furthest(char *out, size_t size, const struct pgo_concentration *c, const struct pgo_concentration_ranks *r)
{
	const struct pgo_concentration_field *fields = pgo_concentration_fields();
	size_t used = 0, said = 0;
	out[0] = 0;
	for (int k = 0; k < PGO_STAT_COUNT && said < 3; k++) {
		const struct pgo_concentration_rank *rank = &r->ranks[k];
		if (!rank->p_value.present || rank->p_value.value > 1.5 / (double)(r->reference_count + 1))
			continue;
		int n = snprintf(out + used, size - used, "%s%s %.3g where theirs is %.3g to %.3g", used ? "; " : ": ",
				 fields[k].help, c->values[k].value, rank->low.value, rank->high.value);
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
		said++;
	}
}

static void rank_rule(struct pgo_ruling *ruling, const char *name, const struct pgo_concentration *c,
		      const struct pgo_concentration_ranks *r, double alpha, bool user)
{
	struct pgo_rule spare, *rule = pgo_ruling_add(ruling, &spare, "skew", alpha, user);
	char functions[320], where[256];
	double p = r->p_value.value, least = 1 / (double)(r->reference_count + 1);
	size_t needed = (size_t)ceil(1 / alpha - 1e-9) - 1;
	rule->value = r->p_value;
	blame(functions, c);
	furthest(where, sizeof where, c, r);
	if (least > alpha) {
		rule->outcome = PGO_INCONCLUSIVE;
		pgo_rules_say(rule->evidence,
			      "with %zu reference run%s no p-value can be below %.2g; %s has %.2g%.200s",
			      r->reference_count, r->reference_count == 1 ? "" : "s", least, name, p, where);
		size_t more = needed - r->reference_count;
		pgo_rules_say(rule->advice, "add %zu more reference run%s: from %zu on, %g can be reached", more,
			      more == 1 ? "" : "s", needed, alpha);
	} else if (p <= alpha) {
		rule->outcome = PGO_FAIL;
		pgo_rules_say(rule->evidence,
			      "%s is more concentrated than real runs are (p = %.2g among %zu)%.220s; most of it is in "
			      "%.200s",
			      name, p, r->reference_count, where, functions);
		pgo_rules_say(rule->advice, "train on recorded real use instead, or give this workload less weight");
	} else {
		pgo_rules_say(rule->evidence, "%s is as concentrated as real runs are (p = %.2g among %zu)", name, p,
			      r->reference_count);
	}
}

static void default_rules(struct pgo_ruling *ruling, const char *name, const struct pgo_concentration *c,
			  const struct pgo_concentration_ranks *r)
{
	const struct pgo_concentration_field *fields = pgo_concentration_fields();
	char functions[320];
	bool first = true;
	blame(functions, c);
	for (int k = 0; k < PGO_STAT_COUNT; k++) {
		if (!fields[k].fallback.present)
			continue;
		struct pgo_rule spare,
			*rule = pgo_ruling_add(ruling, &spare, fields[k].name, fields[k].fallback.value, false);
		rule->value = c->values[k];
		rule->outcome = r->ranks[k].beyond ? PGO_INCONCLUSIVE : PGO_PASS;
		pgo_rules_say(rule->evidence, "%s: %.3g, %s the default limit of %g", fields[k].help,
			      c->values[k].value, r->ranks[k].beyond ? "beyond" : "within", fields[k].fallback.value);
		if (!r->ranks[k].beyond || !first)
			continue;
		first = false;
		pgo_rules_say(rule->evidence,
			      "%s has the signature of a micro-benchmark: %s is %.3g, beyond the default limit of %g; "
			      "most of it is in %.250s",
			      name, fields[k].help, c->values[k].value, fields[k].fallback.value, functions);
		pgo_rules_say(rule->advice, "give recorded real runs with --reference: concentration alone is no "
					    "fault, and what is usual is known only from them");
	}
}

int pgo_judge_concentration(struct pgo_verdict *out, const char *name, const struct pgo_concentration *candidate,
			    const struct pgo_concentration_ranks *ranks, double alpha, bool alpha_user,
			    struct pgo_error *err)
{
	struct pgo_ruling ruling = {0};
	char quoted[160], accepted[320];
	snprintf(quoted, sizeof quoted, "'%.150s'", name);
	snprintf(accepted, sizeof accepted,
		 ranks->reference_count ? "%s is as concentrated as real runs are"
					: "%s has no signature of a micro-benchmark by the default limits",
		 quoted);
	if (candidate->summary.total == 0) {
		struct pgo_rule spare, *rule = pgo_ruling_add(&ruling, &spare, "mass", 1, false);
		rule->value = (struct pgo_optional){true, 0};
		rule->outcome = PGO_FAIL;
		pgo_rules_say(rule->evidence, "every counter of %s is zero", quoted);
		pgo_rules_say(rule->advice, "check that the instrumented program ran its workload and ended in a way "
					    "that writes its profile");
	} else if (ranks->reference_count) {
		rank_rule(&ruling, quoted, candidate, ranks, alpha, alpha_user);
	} else {
		default_rules(&ruling, quoted, candidate, ranks);
	}
	return pgo_ruling_finish(out, &ruling, accepted, err);
}
