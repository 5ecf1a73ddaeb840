/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/verdict/rules.h"
#include "pgo/weights.h"

#define DOMINANT PGO_DOMINANT
#define SUSPICIOUS 0.2 /* share from which a micro-benchmark is worth naming when a reference fails */

static bool is_kind(const struct pgo_gate_workload *w, const char *kind)
{
	return w->kind && strcmp(w->kind, kind) == 0;
}

/* Micro-benchmarks with a large share; or, when nothing but artificial workloads trained, all of them at once. */
static void find_suspects(struct pgo_judge *judge)
{
	const struct pgo_gate *g = judge->gate;
	size_t used = 0, real = 0;

	for (size_t i = 0; i < g->workload_count; i++)
		real += is_kind(&g->workloads[i], "real");
	for (size_t i = 0; i < g->workload_count; i++) {
		const struct pgo_gate_workload *w = &g->workloads[i];
		if (!is_kind(w, "micro") || (real && w->share < SUSPICIOUS))
			continue;
		int n = snprintf(judge->suspects + used, sizeof judge->suspects - used,
				 "%s'%.60s' (micro-benchmark, %.1f %% of the training mass)", used ? ", " : "", w->id,
				 100 * w->share);
		if (n < 0 || (size_t)n >= sizeof judge->suspects - used) {
			judge->suspects[used] = 0;
			break;
		}
		used += (size_t)n;
	}
	if (!real && g->workload_count && used + 40 < sizeof judge->suspects)
		snprintf(judge->suspects + used, sizeof judge->suspects - used, "%sand train on recorded real use",
			 used ? "; " : "the synthetic workloads ");
}

static void real_rule(struct pgo_judge *judge)
{
	struct pgo_rule *rule = pgo_rules_add(judge, "real_workloads", NULL, 1);
	if (!rule)
		return;
	rule->value = (struct pgo_optional){true, (double)judge->gate->real_workloads};
	if (judge->gate->real_workloads > 0) {
		pgo_rules_say(rule->evidence, "%zu workloads of the corpus are real use", judge->gate->real_workloads);
		return;
	}
	rule->outcome = PGO_INCONCLUSIVE;
	pgo_rules_say(rule->evidence, "no workload of the corpus is real use: nothing says what the program will run");
	pgo_rules_say(rule->advice, "record at least one real workload and hold it out (kind: real, role: heldout)");
}

/* Not a fault by itself: 90 % of the mass from one workload does no harm while the others stay hot. */
static void dominance_rule(struct pgo_judge *judge)
{
	const struct pgo_gate *g = judge->gate;
	const struct pgo_gate_workload *top = NULL;
	for (size_t i = 0; i < g->workload_count; i++)
		if (!top || g->workloads[i].share > top->share)
			top = &g->workloads[i];
	struct pgo_rule *rule = top ? pgo_rules_add(judge, "dominance", NULL, DOMINANT) : NULL;
	if (!rule)
		return;
	rule->required = false;
	snprintf(rule->reference, sizeof rule->reference, "%s", top->id);
	if (g->workload_count < 2) {
		rule->outcome = PGO_INCONCLUSIVE;
		pgo_rules_say(rule->evidence, "not judged: it is the only workload");
		return;
	}
	rule->value = (struct pgo_optional){true, pgo_rules_dominant_share(top->share)};
	if (rule->value.value > DOMINANT)
		rule->outcome = PGO_INCONCLUSIVE;
	int n = snprintf(rule->evidence, sizeof rule->evidence, "'%.120s' (%s) has %.1f %% of the training mass",
			 top->id, top->kind ? top->kind : "of no kind", 100 * top->share);
	for (size_t i = 0; i < g->workload_count && n > 0 && (size_t)n < sizeof rule->evidence; i++)
		if (g->workloads[i].hot_survival.present && g->workloads[i].hot_survival.value < DOMINANT)
			n += snprintf(rule->evidence + n, sizeof rule->evidence - (size_t)n,
				      "; of the hot code of '%.60s' %.1f %% stays hot", g->workloads[i].id,
				      100 * g->workloads[i].hot_survival.value);
}

void pgo_rules_corpus(struct pgo_judge *judge)
{
	find_suspects(judge);
	if (judge->gate->corpus)
		real_rule(judge);
	dominance_rule(judge);
}

/* Stable: failed, inconclusive, passed. */
static int order_rules(struct pgo_judge *judge)
{
	static const enum pgo_outcome order[] = {PGO_FAIL, PGO_INCONCLUSIVE, PGO_PASS};
	struct pgo_rule *sorted = malloc((judge->rules.count + 1) * sizeof *sorted);
	size_t n = 0;
	if (!sorted)
		return PGO_ENOMEM;
	for (size_t o = 0; o < 3; o++)
		for (size_t i = 0; i < judge->rules.count; i++)
			if (judge->rules.items[i].outcome == order[o])
				sorted[n++] = judge->rules.items[i];
	free(judge->rules.items);
	judge->rules.items = sorted;
	judge->rules.capacity = judge->rules.count + 1;
	return PGO_OK;
}

/* The reference that is predicted to be served worst, and the one with most execution that is not called hot. */
static void worst_of(const struct pgo_gate *gate, const struct pgo_gate_input **kept,
		     const struct pgo_gate_input **cold)
{
	for (int left_out = 0; left_out < 2 && !*cold; left_out++)
		for (size_t i = 0; i < gate->input_count; i++) {
			const struct pgo_gate_input *input = &gate->inputs[i];
			const struct pgo_comparison *c = input->comparison;
			if ((input->kind == PGO_REFERENCE_LEAVE_ONE_OUT) != left_out || c->test.summary.total == 0)
				continue;
			if (c->retained.present &&
			    (!*kept || c->retained.estimate < (*kept)->comparison->retained.estimate))
				*kept = input;
			if (!*cold || c->decisions.under_served > (*cold)->comparison->decisions.under_served)
				*cold = input;
		}
}

static void name_of(char out[160], const struct pgo_gate_input *input)
{
	bool named = input->reference && input->reference[0];
	snprintf(out, 160, named ? "'%.120s'" : "%s", named ? input->reference : "the reference");
}

/* What the pass rests on, and what it does not exclude. */
static void explain_pass(char out[512], const struct pgo_judge *judge)
{
	const struct pgo_gate_input *kept = NULL, *cold = NULL;
	char name[160], worst[64] = "";
	size_t used;
	worst_of(judge->gate, &kept, &cold);
	if (!cold) {
		pgo_rules_say(out, "accepted: none of %zu rules failed", judge->rules.count);
		return;
	}
	if (judge->gate->input_count > 1)
		snprintf(worst, sizeof worst, ", the worst of %zu references", judge->gate->input_count);
	if (kept) {
		const struct pgo_retained *r = &kept->comparison->retained;
		name_of(name, kept);
		pgo_rules_say(out,
			      "accepted: predicted to keep %.0f %% (%.0f to %.0f %%) of what PGO can gain on %s%s; ",
			      100 * r->estimate, 100 * r->low, 100 * r->high, name, worst);
	} else {
		pgo_rules_say(out, "accepted, without a forecast of the gain kept; ");
	}
	used = strlen(out);
	name_of(name, cold);
	snprintf(out + used, 512 - used,
		 cold == kept ? "%.1f %% of its execution is" : "%.1f %% of the execution of %s is",
		 100 * cold->comparison->decisions.under_served, name);
	used = strlen(out);
	snprintf(out + used, 512 - used, " in code that is not called hot");
	used = strlen(out);
	if (kept && kept->comparison->retained.low < judge->policy->min_retained)
		snprintf(out + used, 512 - used,
			 ". The forecast does not exclude less than the %g %% required: measuring would settle it "
			 "(pgo-harness run, on workloads held out)",
			 100 * judge->policy->min_retained);
}

static void conclude(struct pgo_verdict *out, const struct pgo_judge *judge)
{
	size_t failed = 0, open = 0;
	const struct pgo_rule *first = NULL;
	for (size_t i = 0; i < out->rule_count; i++) {
		const struct pgo_rule *r = &out->rules[i];
		failed += r->outcome == PGO_FAIL;
		open += r->outcome == PGO_INCONCLUSIVE && r->required;
		if (!first && (r->outcome == PGO_FAIL || (r->outcome == PGO_INCONCLUSIVE && r->required)))
			first = r;
	}
	out->outcome = failed ? PGO_FAIL : open ? PGO_INCONCLUSIVE : PGO_PASS;
	if (failed)
		snprintf(out->summary, sizeof out->summary, "rejected, %zu of %zu rules failed: %.400s", failed,
			 out->rule_count, first->evidence);
	else if (open)
		snprintf(out->summary, sizeof out->summary, "inconclusive: %.400s", first->evidence);
	else
		explain_pass(out->summary, judge);
}

int pgo_judge(struct pgo_verdict *out, const struct pgo_gate *gate, struct pgo_error *err)
{
	struct pgo_policy defaults = pgo_policy_defaults();
	struct pgo_judge judge = {.gate = gate, .policy = gate->policy ? gate->policy : &defaults};

	for (size_t i = 0; i < gate->input_count; i++)
		judge.heldout |= gate->inputs[i].kind == PGO_REFERENCE_HELDOUT;
	pgo_rules_corpus(&judge);
	for (size_t i = 0; i < gate->input_count; i++)
		pgo_rules_input(&judge, i);
	if (judge.out_of_memory || order_rules(&judge) != PGO_OK) {
		pgo_vec_release(&judge.rules);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory while judging");
	}
	*out = (struct pgo_verdict){.rule_count = judge.rules.count, .rules = judge.rules.items};
	conclude(out, &judge);
	return PGO_OK;
}

void pgo_verdict_release(struct pgo_verdict *verdict)
{
	free(verdict->rules);
	verdict->rules = NULL;
	verdict->rule_count = 0;
}

const char *pgo_outcome_name(enum pgo_outcome outcome)
{
	static const char *const names[] = {"pass", "fail", "inconclusive"};
	return (unsigned)outcome < 3 ? names[outcome] : "?";
}

enum pgo_exit pgo_outcome_exit(enum pgo_outcome outcome)
{
	return outcome == PGO_PASS ? PGO_EXIT_OK : outcome == PGO_FAIL ? PGO_EXIT_REJECTED : PGO_EXIT_INCONCLUSIVE;
}
