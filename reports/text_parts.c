/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/text_util.h"

#include <inttypes.h>
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
		pgo_text_number(threshold, rule->threshold),
		rule->threshold_is_filed  ? " (policy)"
		: rule->threshold_is_user ? " (yours)"
					  : "");
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

typedef void row_writer(char out[PGO_TEXT_CELL], const struct pgo_profile *profile, const struct pgo_side *side);

static void put_format(char out[PGO_TEXT_CELL], const struct pgo_profile *p, const struct pgo_side *side)
{
	(void)side;
	if (p->version)
		snprintf(out, PGO_TEXT_CELL, "%s, version %" PRIu64, p->format, p->version);
	else
		snprintf(out, PGO_TEXT_CELL, "%s", p->format);
}

static void put_kind(char out[PGO_TEXT_CELL], const struct pgo_profile *p, const struct pgo_side *side)
{
	(void)side;
	if (p->kind == PGO_KIND_LLVM)
		pgo_profile_flags_text(p->flags, out, PGO_TEXT_CELL);
	else
		snprintf(out, PGO_TEXT_CELL, "%s", pgo_profile_kind_name(p->kind));
}

static void put_total(char out[PGO_TEXT_CELL], const struct pgo_profile *p, const struct pgo_side *side)
{
	(void)p;
	pgo_text_count(out, side->summary.total);
}

static void put_breadth(char out[PGO_TEXT_CELL], const struct pgo_profile *p, const struct pgo_side *side)
{
	(void)p;
	pgo_text_percent(out, side->skew.breadth);
}

static void put_effective(char out[PGO_TEXT_CELL], const struct pgo_profile *p, const struct pgo_side *side)
{
	(void)p;
	snprintf(out, PGO_TEXT_CELL, "%.4g, %.4g", side->skew.effective_counters, side->skew.effective_functions);
}

static void put_shares(char out[PGO_TEXT_CELL], const double share[3])
{
	snprintf(out, PGO_TEXT_CELL, "%.1f, %.1f, %.1f %%", 100 * share[0], 100 * share[1], 100 * share[2]);
}

static void put_top_counters(char out[PGO_TEXT_CELL], const struct pgo_profile *p, const struct pgo_side *side)
{
	(void)p;
	put_shares(out, side->skew.top_counters);
}

static void put_top_functions(char out[PGO_TEXT_CELL], const struct pgo_profile *p, const struct pgo_side *side)
{
	(void)p;
	put_shares(out, side->skew.top_functions);
}

/* a row is a 64-bit count somewhere in the side, or what `put` makes of both */
static const struct side_line {
	const char *label;
	size_t count;
	row_writer *put;
} side_lines[] = {
	{"format", 0, put_format},
	{"kind", 0, put_kind},
	{"functions", offsetof(struct pgo_side, summary.function_count), NULL},
	{"functions that ran", offsetof(struct pgo_side, summary.nonzero_functions), NULL},
	{"  share of all functions", 0, put_breadth},
	{"counters", offsetof(struct pgo_side, summary.counter_count), NULL},
	{"counters above zero", offsetof(struct pgo_side, summary.nonzero_counters), NULL},
	{"counters at their limit", offsetof(struct pgo_side, summary.saturated_counters), NULL},
	{"records with pseudo counts", offsetof(struct pgo_side, summary.pseudo_functions), NULL},
	{"total count", 0, put_total},
	{"largest counter", offsetof(struct pgo_side, summary.max_count), NULL},
	{"  largest first one", offsetof(struct pgo_side, summary.max_first_count), NULL},
	{"  largest other one", offsetof(struct pgo_side, summary.max_internal_count), NULL},
	{"hot from (99 % cutoff)", offsetof(struct pgo_side, summary.hot_threshold), NULL},
	{"  at the 99.9 % cutoff", offsetof(struct pgo_side, summary.hot999_threshold), NULL},
	{"cold up to (99.9999 %)", offsetof(struct pgo_side, summary.cold_threshold), NULL},
	{"hot counters", offsetof(struct pgo_side, skew.hot_counters), NULL},
	{"hot functions", offsetof(struct pgo_side, skew.hot_functions), NULL},
	{"effective counters, functions", 0, put_effective},
	{"top 1, 5, 10 counters hold", 0, put_top_counters},
	{"top 1, 5, 10 functions hold", 0, put_top_functions},
};

static const char *side_cell(char out[PGO_TEXT_CELL], const struct side_line *line, const struct pgo_profile *profile,
			     const struct pgo_side *side)
{
	uint64_t count;
	if (line->put) {
		line->put(out, profile, side);
		return out;
	}
	memcpy(&count, (const char *)side + line->count, sizeof count);
	return pgo_text_count(out, count);
}

void pgo_text_sides(const struct pgo_text *t, const struct pgo_profile *left_profile, const struct pgo_side *left,
		    const struct pgo_profile *right_profile, const struct pgo_side *right)
{
	for (size_t i = 0; i < sizeof side_lines / sizeof side_lines[0]; i++) {
		char cell[PGO_TEXT_CELL];
		fprintf(t->out, "  %-30s", side_lines[i].label);
		pgo_text_right(t, 22, side_cell(cell, &side_lines[i], left_profile, left));
		if (right)
			pgo_text_right(t, 24, side_cell(cell, &side_lines[i], right_profile, right));
		fputc('\n', t->out);
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

static void threshold_line(const struct pgo_text *t, const char *name, double value, const char *source,
			   const char *help)
{
	char number[PGO_TEXT_CELL], label[80];
	snprintf(label, sizeof label, "  %-17s%9s  %-8s ", name, pgo_text_number(number, value), source);
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
			       report->policy->filed >> i & 1 ? "policy"
			       : report->policy->set >> i & 1 ? "yours"
							      : "default",
			       policy[i].help);
	const struct pgo_compare_field *fields = pgo_compare_fields(&count);
	for (size_t i = 0; i < count; i++)
		threshold_line(t, fields[i].name, pgo_compare_field_value(&fields[i], options),
			       report->options_set >> i & 1 ? "yours" : "default", fields[i].help);
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
