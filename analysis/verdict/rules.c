/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/verdict/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * The forecast fails a profile only when it is below the threshold by more than this. With the default threshold of 0.5
 * 87 % of the builds predicted to keep less than 0.4 did keep less than half, which is what the mass rules reach; from
 * 0.4 to 0.5 one in two did: the answer is "cannot tell" (docs/method.md, section 11).
 */
#define RETAINED_MARGIN 0.1

/* Up to this share of what is under-served was never run, the rest is drowned: 0.00 where a micro-benchmark has 99 % of
 * the mass beside real workloads, 0.14 and more where none of them trained, but for one (docs/method.md, section 11).
 */
#define DROWNED_MISSES 0.1

#define WORTH_NAMING 0.1 /* share of the training's mass from which a second function is named */

/* The comparison a rule speaks of, and how its reference is called in a sentence. */
struct subject {
	struct pgo_judge *judge;
	const struct pgo_gate_input *input;
	const struct pgo_comparison *c;
	char execution[160]; /* "the execution of 'r_json'" or "the reference's execution" */
	char name[160];
	bool stale; /* the join is too low for skew to mean anything */
};

void pgo_rules_say(char out[512], const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(out, 512, format, args);
	va_end(args);
}

struct pgo_rule *pgo_rules_add(struct pgo_judge *judge, const char *name, const char *field, double threshold)
{
	struct pgo_rule rule = {.threshold = threshold, .required = true};
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);

	snprintf(rule.name, sizeof rule.name, "%s", name);
	for (size_t i = 0; field && i < count; i++)
		if (strcmp(fields[i].name, field) == 0) {
			memcpy(&rule.threshold, (const char *)judge->policy + fields[i].offset, sizeof(double));
			rule.threshold_is_user = judge->policy->set >> i & 1;
			rule.threshold_is_filed = judge->policy->filed >> i & 1;
		}
	if (pgo_vec_push(&judge->rules, rule)) {
		judge->out_of_memory = true;
		return NULL;
	}
	return &judge->rules.items[judge->rules.count - 1];
}

static struct pgo_rule *add(const struct subject *s, const char *name, const char *field)
{
	struct pgo_rule *rule = pgo_rules_add(s->judge, name, field, 0);
	if (rule && s->input->reference)
		snprintf(rule->reference, sizeof rule->reference, "%s", s->input->reference);
	return rule;
}

/* A leave-one-out comparison asks what the next workload would meet: it gives doubt, not proof. */
static void exceed(const struct subject *s, struct pgo_rule *rule)
{
	rule->outcome = PGO_FAIL;
	if (s->input->kind == PGO_REFERENCE_LEAVE_ONE_OUT) {
		rule->outcome = PGO_INCONCLUSIVE;
		rule->required = !s->judge->heldout;
	}
}

/*
 * What is not served was trained: nearly all of it is at counters that the training ran, below its hot cutoff. So it
 * lacks no workload; what it has of it is drowned by functions that hold most of its mass.
 */
static bool is_drowned(const struct pgo_comparison *c)
{
	const struct pgo_decisions *d = &c->decisions;
	return d->under_served > 0 && d->missed_counters <= DROWNED_MISSES * d->under_served;
}

/* The one or two functions with most of the training's mass: "'f' (88.0 %)". */
static void heaviest_text(char *out, size_t size, const struct pgo_comparison *c)
{
	struct pgo_comparison cut = *c;
	struct pgo_culprit *heaviest = cut.culprits[PGO_BLAME_HEAVIEST];
	for (size_t i = 1; i < PGO_CULPRITS; i++)
		if (i > 1 || heaviest[i].share < WORTH_NAMING)
			heaviest[i].name = NULL;
	pgo_blame_text(out, size, &cut, PGO_BLAME_HEAVIEST);
}

static void advise(const struct subject *s, struct pgo_rule *rule, const char *otherwise)
{
	char heaviest[200];
	if (s->judge->suspects[0] && s->input->kind != PGO_REFERENCE_LEAVE_ONE_OUT)
		pgo_rules_say(rule->advice, "drop or re-weight %s", s->judge->suspects);
	else if (strcmp(rule->name, "missed") != 0 && is_drowned(s->c)) {
		heaviest_text(heaviest, sizeof heaviest, s->c);
		pgo_rules_say(rule->advice,
			      "the training ran this code, but it is drowned by what holds most of its mass%s%s: give "
			      "workloads like %s more weight, or drop or re-weight the one that drowns them",
			      heaviest[0] ? ", " : "", heaviest, s->name);
	} else if (s->input->kind == PGO_REFERENCE_LEAVE_ONE_OUT)
		pgo_rules_say(rule->advice,
			      "no other training workload stands in for %s: add more of its kind, or hold one out",
			      s->name);
	else
		pgo_rules_say(rule->advice, "%s", otherwise);
}

/* A program of fewer functions than the least, all of which ran, is small, not idle. */
static double least_functions(const struct pgo_summary *s, double least)
{
	return s->function_count && (double)s->function_count < least ? (double)s->function_count : least;
}

/* Rules on the training profile alone: they name no reference. */
static void functions_rule(struct pgo_judge *judge, const struct pgo_summary *a)
{
	struct pgo_rule *rule = pgo_rules_add(judge, "functions_ran", "min_functions", 0);
	if (!rule)
		return;
	rule->value = (struct pgo_optional){true, (double)a->nonzero_functions};
	rule->threshold = least_functions(a, rule->threshold);
	if (rule->value.value < rule->threshold)
		rule->outcome = PGO_FAIL;
	if (a->function_count == 0)
		pgo_rules_say(rule->evidence, "the training profile has no function at all");
	else
		pgo_rules_say(rule->evidence, "%llu of %llu functions of the training profile ran%s",
			      (unsigned long long)a->nonzero_functions, (unsigned long long)a->function_count,
			      rule->outcome ? ": it is near-idle" : "");
}

static void mass_of_training_rule(struct pgo_judge *judge, const struct pgo_summary *a)
{
	struct pgo_rule *rule = pgo_rules_add(judge, "mass", "min_mass", 0);
	char total[40];
	if (!rule)
		return;
	if (rule->threshold < 1)
		rule->threshold = 1; /* nothing is learnt from nothing */
	rule->value = (struct pgo_optional){true, (double)a->total};
	if (rule->value.value < rule->threshold)
		rule->outcome = PGO_FAIL;
	if (a->total == 0)
		pgo_rules_say(rule->evidence, "every counter of the training profile is zero");
	else
		pgo_rules_say(rule->evidence, "the training profile counts %s executions%s",
			      pgo_u128_text(a->total, total), rule->outcome ? ": it is near-idle" : "");
	if (rule->outcome)
		pgo_rules_say(rule->advice,
			      "check that the instrumented program ran its workload and ended in a way that writes its "
			      "profile");
}

static void integrity_rules(struct pgo_judge *judge, const struct pgo_summary *a)
{
	functions_rule(judge, a);
	mass_of_training_rule(judge, a);
	struct pgo_rule *saturated = pgo_rules_add(judge, "saturated", "max_saturated", 0);
	if (!saturated)
		return;
	saturated->value = (struct pgo_optional){true, (double)a->saturated_counters};
	if (saturated->value.value > saturated->threshold)
		saturated->outcome = PGO_FAIL;
	pgo_rules_say(saturated->evidence, "%llu counters of the training profile stand at their upper limit",
		      (unsigned long long)a->saturated_counters);
	if (saturated->outcome)
		pgo_rules_say(saturated->advice, "merge with smaller weights, or train for less time");
}

/* A reference that hardly ran says nothing. True when there is something to compare with. */
static bool reference_ran(const struct subject *s)
{
	const struct pgo_summary *b = &s->c->test.summary;
	const struct pgo_policy *policy = s->judge->policy;
	double functions = least_functions(b, policy->min_functions),
	       mass = policy->min_mass < 1 ? 1 : policy->min_mass;
	bool light = (double)b->total < mass;
	if (!light && (double)b->nonzero_functions >= functions)
		return true;
	struct pgo_rule *rule = light ? add(s, "reference_mass", "min_mass") : add(s, "reference_ran", "min_functions");
	if (!rule)
		return false;
	char total[40];
	rule->threshold = light ? mass : functions;
	rule->value = (struct pgo_optional){true, light ? (double)b->total : (double)b->nonzero_functions};
	rule->outcome = PGO_INCONCLUSIVE;
	pgo_rules_say(rule->evidence, "%s is near-idle: %llu functions ran, %s executions; nothing can be judged by it",
		      s->name, (unsigned long long)b->nonzero_functions, pgo_u128_text(b->total, total));
	pgo_rules_say(rule->advice, "record a run that does real work");
	return false;
}

static void join_rule(struct subject *s)
{
	struct pgo_rule *rule = add(s, "join", "min_join");
	if (!rule)
		return;
	const struct pgo_join_row *stale = &s->c->join[PGO_JOIN_MISMATCHED], *absent = &s->c->join[PGO_JOIN_ONLY_TEST];
	rule->value = (struct pgo_optional){true, s->c->join_rate};
	s->stale = s->c->join_rate < rule->threshold;
	if (!s->stale) {
		/* a sampled profile lists what it hit: see the rule "missed" for the rest */
		bool listed = s->c->join_rate > s->c->join[PGO_JOIN_MATCHED].test_mass;
		pgo_rules_say(rule->evidence, "%.1f %% of %s is in functions %s", 100 * s->c->join_rate, s->execution,
			      listed ? "that match by name and hash, or that this profile does not list"
				     : "that match by name and hash");
		return;
	}
	char functions[320];
	pgo_blame_text(functions, sizeof functions, s->c, PGO_BLAME_MISSED);
	rule->outcome = PGO_FAIL;
	if (s->c->join[PGO_JOIN_MATCHED].functions == 0 && stale->functions == 0) {
		pgo_rules_say(rule->evidence, "the two profiles have no function in common");
		pgo_rules_say(rule->advice, "check that both come from the same program");
		return;
	}
	pgo_rules_say(rule->evidence,
		      "the training profile is stale: only %.1f %% of %s is in functions that match; %.1f %% has "
		      "another hash, %.1f %% is not in it%s%.300s",
		      100 * s->c->join_rate, s->execution, 100 * stale->test_mass, 100 * absent->test_mass,
		      functions[0] ? ": " : "", functions);
	pgo_rules_say(rule->advice, "record both profiles from the same sources with the same compiler and flags");
}

/* One mass against its upper bound. */
static void mass_rule(const struct subject *s, const char *name, const char *field, double value, enum pgo_blame blame,
		      const char *what, const char *otherwise)
{
	struct pgo_rule *rule = add(s, name, field);
	if (!rule)
		return;
	if (s->stale) {
		rule->outcome = PGO_INCONCLUSIVE;
		rule->required = false;
		pgo_rules_say(rule->evidence, "not judged: join too low");
		return;
	}
	rule->value = (struct pgo_optional){true, value};
	char functions[320] = "";
	if (value > rule->threshold) {
		exceed(s, rule);
		advise(s, rule, otherwise);
		pgo_blame_text(functions, sizeof functions, s->c, blame);
	}
	pgo_rules_say(rule->evidence, "%.1f %% of %s is in %s%s%.310s", 100 * value, s->execution, what,
		      functions[0] ? ": " : "", functions);
}

static void retained_rule(const struct subject *s)
{
	const struct pgo_retained *r = &s->c->retained;
	struct pgo_rule *rule = add(s, "retained", "min_retained");
	if (!rule)
		return;
	if (s->stale || !r->present) {
		rule->outcome = PGO_INCONCLUSIVE;
		rule->required = false;
		pgo_rules_say(rule->evidence, "not judged: %.300s", s->stale ? "join too low" : r->note);
		return;
	}
	rule->value = (struct pgo_optional){true, r->estimate};
	if (r->estimate < rule->threshold) {
		exceed(s, rule);
		advise(s, rule, "add a training workload like the reference");
		if (r->estimate >= rule->threshold - RETAINED_MARGIN) {
			char advice[sizeof rule->advice];
			rule->outcome = PGO_INCONCLUSIVE;
			memcpy(advice, rule->advice, sizeof advice);
			pgo_rules_say(
				rule->advice,
				"measure a build from this profile on workloads that are held out (pgo-harness run): "
				"that settles it; without measuring: %.400s",
				advice);
		}
	}
	const char *verb = r->estimate < 0 ? "run slower than one without PGO: it keeps" : "keep";
	pgo_rules_say(
		rule->evidence,
		"a build from this profile is predicted to %s %.0f %% (%.0f to %.0f %%) of what PGO can gain on %s%s",
		verb, 100 * r->estimate, 100 * r->low, 100 * r->high, s->name,
		rule->outcome == PGO_INCONCLUSIVE ? ": too close to the threshold to tell" : "");
}

void pgo_rules_input(struct pgo_judge *judge, size_t index)
{
	const struct pgo_gate_input *input = &judge->gate->inputs[index];
	struct subject s = {.judge = judge, .input = input, .c = input->comparison};
	bool named = input->reference && input->reference[0];

	snprintf(s.name, sizeof s.name, named ? "'%.120s'" : "%s", named ? input->reference : "the reference");
	snprintf(s.execution, sizeof s.execution, named ? "the execution of '%.120s'" : "the reference's execution",
		 named ? input->reference : "");

	/* The training profile itself is judged once, not once per reference. */
	bool seen = input->kind == PGO_REFERENCE_LEAVE_ONE_OUT;
	for (size_t i = 0; i < index; i++)
		seen |= judge->gate->inputs[i].comparison->train_profile == s.c->train_profile;
	if (!seen)
		integrity_rules(judge, &s.c->train.summary);
	if (s.c->train.summary.total == 0 || !reference_ran(&s))
		return;
	join_rule(&s);
	retained_rule(&s);
	mass_rule(&s, "under_served", "max_under_served", s.c->decisions.under_served, PGO_BLAME_UNDER_SERVED,
		  is_drowned(s.c) ? "code that this profile has run but does not call hot"
				  : "code that this profile does not call hot",
		  "add a training workload like the reference");
	mass_rule(&s, "demoted", "max_demoted", s.c->decisions.demoted, PGO_BLAME_DEMOTED,
		  "code that is hot there and that this profile declares cold",
		  "give workloads that run this code more weight");
	mass_rule(&s, "missed", "max_missed", s.c->decisions.missed_functions, PGO_BLAME_MISSED,
		  "functions that this profile never ran", "add a training workload that runs these functions");
}
