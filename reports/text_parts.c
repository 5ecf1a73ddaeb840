/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/text_util.h"

#include <string.h>

static const char *outcome_word(enum pgo_outcome outcome)
{
	return outcome == PGO_PASS ? "PASS" : outcome == PGO_FAIL ? "FAIL" : "INCONCLUSIVE";
}

static enum pgo_text_color outcome_color(enum pgo_outcome outcome)
{
	return outcome == PGO_PASS ? PGO_GREEN : outcome == PGO_FAIL ? PGO_RED : PGO_YELLOW;
}

void pgo_text_verdict(const struct pgo_text *t, const struct pgo_verdict *verdict)
{
	if (!verdict)
		return;
	pgo_text_colored(t, PGO_BOLD, "verdict: ");
	pgo_text_colored(t, outcome_color(verdict->outcome), outcome_word(verdict->outcome));
	fputc('\n', t->out);
	pgo_text_wrap(t, "", 0, verdict->summary);
}

static void rule_line(const struct pgo_text *t, const struct pgo_rule *rule)
{
	char value[PGO_TEXT_CELL], threshold[PGO_TEXT_CELL], word[16];
	snprintf(word, sizeof word, "%-14s", outcome_word(rule->outcome));
	fputs("  ", t->out);
	pgo_text_colored(t, outcome_color(rule->outcome), word);
	fprintf(t->out, "%-16s %s, %s %s%s", rule->name,
		rule->value.present ? pgo_text_number(value, rule->value.value) : "no value", pgo_rule_limit(rule),
		pgo_text_number(threshold, rule->threshold), rule->threshold_is_user ? " (yours)" : "");
	if (rule->reference[0]) {
		fputs("  against ", t->out);
		pgo_text_name(t, rule->reference, 0);
	}
	if (rule->outcome == PGO_INCONCLUSIVE && !rule->required)
		fputs("  (not required)", t->out);
	fputc('\n', t->out);
}

void pgo_text_rules(const struct pgo_text *t, const struct pgo_verdict *verdict)
{
	if (!verdict)
		return;
	pgo_text_heading(t, "Rules");
	for (size_t i = 0; i < verdict->rule_count; i++) {
		const struct pgo_rule *rule = &verdict->rules[i];
		rule_line(t, rule);
		if (rule->outcome == PGO_PASS)
			continue;
		if (rule->evidence[0])
			pgo_text_wrap(t, "", 16, rule->evidence);
		if (rule->advice[0])
			pgo_text_wrap(t, "          next:", 16, rule->advice);
	}
}

static void side_row(const struct pgo_text *t, const char *label, const char *left, const char *right)
{
	fprintf(t->out, "  %-28s", label);
	pgo_text_right(t, 24, left);
	if (right) {
		fputs("  ", t->out);
		pgo_text_right(t, 24, right);
	}
	fputc('\n', t->out);
}

/** The rows of a side in order; the text of one row per call. @return its label, NULL after the last */
static const char *side_cell(unsigned row, const struct pgo_profile *p, const struct pgo_side *side,
			     char out[PGO_TEXT_CELL])
{
	const struct pgo_summary *s = &side->summary;
	const struct pgo_skew *k = &side->skew;
	char a[PGO_TEXT_CELL];
	switch (row) {
	case 0:
		if (p->version)
			snprintf(out, PGO_TEXT_CELL, "%s, version %llu", p->format, (unsigned long long)p->version);
		else
			snprintf(out, PGO_TEXT_CELL, "%s", p->format);
		return "format";
	case 1:
		pgo_profile_flags_text(p->flags, out, PGO_TEXT_CELL);
		return "kind";
	case 2:
		pgo_text_count(out, s->function_count);
		return "functions";
	case 3:
		snprintf(out, PGO_TEXT_CELL, "%s = %s", pgo_text_count(a, s->nonzero_functions),
			 pgo_text_percent((char[PGO_TEXT_CELL]){0}, k->breadth));
		return "functions that ran";
	case 4:
		pgo_text_count(out, s->counter_count);
		return "counters";
	case 5:
		pgo_text_count(out, s->nonzero_counters);
		return "counters above zero";
	case 6:
		pgo_text_count(out, s->total);
		return "total count";
	case 7:
		pgo_text_count(out, s->max_count);
		return "largest counter";
	case 8:
		pgo_text_count(out, s->saturated_counters);
		return "counters at their limit";
	case 9:
		pgo_text_count(out, s->pseudo_functions);
		return "records with pseudo counts";
	case 10:
		pgo_text_count(out, s->hot_threshold);
		return "hot from (99 % cutoff)";
	case 11:
		pgo_text_count(out, s->cold_threshold);
		return "cold up to (99.9999 %)";
	case 12:
		snprintf(out, PGO_TEXT_CELL, "%s in %s", pgo_text_count(a, k->hot_counters),
			 pgo_text_count((char[PGO_TEXT_CELL]){0}, k->hot_functions));
		return "hot counters in functions";
	case 13:
		snprintf(out, PGO_TEXT_CELL, "%s, %s", pgo_text_number(a, k->effective_counters),
			 pgo_text_number((char[PGO_TEXT_CELL]){0}, k->effective_functions));
		return "effective counters, functions";
	case 14:
		snprintf(out, PGO_TEXT_CELL, "%.1f, %.1f, %.1f %%", 100 * k->top_counters[0], 100 * k->top_counters[1],
			 100 * k->top_counters[2]);
		return "top 1, 5, 10 counters hold";
	case 15:
		snprintf(out, PGO_TEXT_CELL, "%.1f, %.1f, %.1f %%", 100 * k->top_functions[0],
			 100 * k->top_functions[1], 100 * k->top_functions[2]);
		return "top 1, 5, 10 functions hold";
	default:
		return NULL;
	}
}

void pgo_text_sides(const struct pgo_text *t, const struct pgo_profile *left_profile, const struct pgo_side *left,
		    const struct pgo_profile *right_profile, const struct pgo_side *right)
{
	char a[PGO_TEXT_CELL], b[PGO_TEXT_CELL];
	const char *label;
	for (unsigned row = 0; (label = side_cell(row, left_profile, left, a)); row++) {
		if (right)
			side_cell(row, right_profile, right, b);
		side_row(t, label, a, right ? b : NULL);
	}
}

void pgo_text_warnings(const struct pgo_text *t, const char *name, const struct pgo_profile *profile)
{
	for (size_t i = 0; i < profile->warning_count; i++) {
		char line[1200];
		snprintf(line, sizeof line, "%s: %s", name, profile->warnings[i]);
		pgo_text_wrap(t, "  warning:", 11, line);
	}
}

static void threshold_line(const struct pgo_text *t, const char *name, double value, bool user, const char *help)
{
	char number[PGO_TEXT_CELL], label[80];
	snprintf(label, sizeof label, "  %-17s%9s  %-8s ", name, pgo_text_number(number, value),
		 user ? "yours" : "default");
	pgo_text_wrap(t, label, pgo_text_columns(label), help);
}

void pgo_text_thresholds(const struct pgo_text *t, const struct pgo_report *report,
			 const struct pgo_compare_options *options)
{
	size_t count;
	pgo_text_heading(t, "Thresholds in force");
	const struct pgo_policy_field *policy = pgo_policy_fields(&count);
	for (size_t i = 0; report->policy && i < count; i++)
		threshold_line(t, policy[i].name, pgo_policy_field_value(&policy[i], report->policy),
			       report->policy->set >> i & 1, policy[i].help);
	const struct pgo_compare_field *fields = pgo_compare_fields(&count);
	for (size_t i = 0; i < count; i++)
		threshold_line(t, fields[i].name, pgo_compare_field_value(&fields[i], options),
			       report->options_set >> i & 1, fields[i].help);
}

void pgo_text_retained(const struct pgo_text *t, const struct pgo_retained *r)
{
	if (r->present)
		fprintf(t->out, "  %.2f, 90 %% interval %.2f to %.2f\n", r->estimate, r->low, r->high);
	else
		fputs("  not calibrated for this kind of profile\n", t->out);
	if (r->note && r->note[0])
		pgo_text_wrap(t, "", 2, r->note);
}
