/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "harness/pipeline/pipeline.h"
#include "harness/pipeline/put.h"
#include "harness/pipeline/render.h"
#include "harness/sys/files.h"

/* The report as Markdown, as long as a CI step summary wants it. */

/* A table cell: '|' would end it, '<' would start HTML. */
static void write_cell(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			fputs("\\|", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else
			fputc(*text == '\n' ? ' ' : *text, out);
	}
}

static void write_head(FILE *out, json_object *report)
{
	char recipe[256];
	fprintf(out, "## PGO of %s: %s\n\n", record_string(get_member(report, "corpus"), "name", ""),
		render_verdict(report));
	if (render_forced(report))
		fprintf(out, "**%s**\n\n", render_forced(report));
	if (render_outputs(report))
		fprintf(out, "**%s**\n\n", render_outputs(report));
	write_cell(out, render_summary(report));
	if (strcmp(render_verdict(report), "ACCEPTED") && render_advice(report)) {
		fprintf(out, "\n\n");
		write_cell(out, render_advice(report));
	}
	if (render_performance(report)) {
		fprintf(out, "\n\n**Performance gate %s**: ", render_performance(report));
		write_cell(out, render_performance_summary(report));
	}
	fprintf(out, "\n\n%s, recipe %s",
		record_string(get_member(report, "toolchain"), "version", "unknown toolchain"),
		record_string(report, "recipe", ""));
	if (render_recipe(report, recipe, sizeof recipe)[0])
		fprintf(out, " (%s)", recipe);
	fprintf(out, "\n");
	if (render_misfit(report, recipe, sizeof recipe)[0])
		fprintf(out, "\n**%s**\n", recipe);
}

static void write_measured(FILE *out, json_object *report)
{
	json_object *m = get_member(report, "measurement"), *list = get_member(m, "workloads");
	const char *method = record_string(m, "method", "");
	bool interval = strcmp(method, "cachegrind") != 0;
	char text[160], gain[48];
	if (!m) {
		fprintf(out, "\nNothing was measured.\n");
		return;
	}
	fprintf(out, "\n### Measured on held-out workloads\n\n%s\n\n", render_method(m, text, sizeof text));
	fprintf(out, "| workload | optimized against baseline | change | outputs |\n|---|---|---|---|\n");
	for (size_t i = 0; i <= get_length(list); i++) {
		bool all = i == get_length(list);
		json_object *w = all ? m : get_item(list, i);
		fprintf(out, "| %s | %s | %s | %s |\n", all ? "**all held-out**" : record_string(w, "workload", ""),
			render_ratio(w, record_number(m, "min_effect", 0), interval, text, sizeof text),
			render_gain(w, method, gain, sizeof gain),
			record_bool(w, "outputs_equal", true) ? "equal" : "**DIFFER**");
	}
}

static void write_gate(FILE *out, json_object *report)
{
	json_object *rules = get_member(get_member(report, "gate"), "rules");
	char value[128];
	size_t passed = 0;
	fprintf(out, "\n### Gate\n\n| rule | reference | outcome | value | evidence |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < get_length(rules); i++) {
		json_object *rule = get_item(rules, i);
		const char *outcome = record_string(rule, "outcome", "");
		if (!strcmp(outcome, "pass")) {
			passed++;
			continue;
		}
		fprintf(out, "| %s | %s | %s | %s | ", record_string(rule, "name", ""),
			record_string(rule, "reference", ""), strcmp(outcome, "fail") ? outcome : "**fail**",
			render_rule(rule, value, sizeof value));
		write_cell(out, record_string(rule, "evidence", ""));
		fprintf(out, " |\n");
	}
	fprintf(out, "| %zu rules | | pass | | |\n", passed);
}

static void write_blame(FILE *out, json_object *report)
{
	json_object *list = get_member(get_member(report, "gate"), "comparisons");
	bool head = false;
	for (size_t i = 0; i < get_length(list); i++) {
		json_object *c = get_item(list, i);
		char functions[1024];
		if (!record_bool(c, "judged", false) || strcmp(record_string(c, "kind", ""), "heldout") ||
		    !render_functions(c, functions, sizeof functions)[0])
			continue;
		if (!head)
			fprintf(out, "\n### Hot in a held-out workload, not hot in the training profile\n\n| workload "
				     "| functions "
				     "|\n|---|---|\n");
		head = true;
		fprintf(out, "| %s | ", record_string(c, "workload", ""));
		write_cell(out, functions);
		fprintf(out, " |\n");
	}
}

static void write_training(FILE *out, json_object *report)
{
	json_object *list = get_member(report, "workloads");
	fprintf(out, "\n### Workloads\n\n| workload | kind | role | share of training | own hot code still hot |\n"
		     "|---|---|---|---|---|\n");
	for (size_t i = 0; i < get_length(list); i++) {
		json_object *w = get_item(list, i);
		double share = record_number(w, "effective_share", NAN),
		       survival = record_number(w, "hot_survival", NAN);
		fprintf(out, "| %s | %s | %s | ", record_string(w, "workload", ""), record_string(w, "kind", ""),
			record_string(w, "role", ""));
		if (!record_bool(w, "replayed", false)) {
			fprintf(out, "**missing**: ");
			write_cell(out, record_string(w, "failure", ""));
		} else if (isfinite(share)) {
			fprintf(out, "%.1f %%", 100 * share);
		}
		fprintf(out, " | ");
		if (isfinite(survival))
			fprintf(out, "%.1f %%", 100 * survival);
		fprintf(out, " |\n");
	}
}

static void write_other(FILE *out, json_object *report, json_object *other)
{
	json_object *m = get_member(report, "measurement"), *n = get_member(other, "measurement");
	json_object *list = get_member(n, "workloads");
	char a[160], b[160];
	const char *here = record_string(m, "method", "none"), *there = record_string(n, "method", "none");
	fprintf(out, "\n### Beside %s (%s)\n\n", record_string(get_member(other, "corpus"), "manifest", ""),
		render_verdict(other));
	fprintf(out, "Method here: %s, there: %s%s\n\n| workload | there | here |\n|---|---|---|\n", here, there,
		strcmp(here, there) ? " (**not the same: do not compare the numbers**)" : "");
	for (size_t i = 0; i <= get_length(list); i++) {
		bool all = i == get_length(list);
		const char *id = all ? "**all held-out**" : record_string(get_item(list, i), "workload", "");
		fprintf(out, "| %s | %s | %s |\n", id,
			render_ratio(all ? n : render_measured(n, id), record_number(n, "min_effect", 0),
				     strcmp(there, "cachegrind") != 0, a, sizeof a),
			render_ratio(all ? m : render_measured(m, id), record_number(m, "min_effect", 0),
				     strcmp(here, "cachegrind") != 0, b, sizeof b));
	}
}

int report_write_markdown(FILE *out, json_object *report, struct pgo_error *err)
{
	json_object *beside = get_member(report, "beside");
	write_head(out, report);
	write_measured(out, report);
	for (size_t i = 0; i < get_length(beside); i++)
		write_other(out, report, get_item(beside, i));
	write_gate(out, report);
	write_blame(out, report);
	write_training(out, report);
	char *next[6];
	size_t count = render_next(report, next, 6);
	fprintf(out, count ? "\n### Next\n\n" : "");
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "- ");
		write_cell(out, next[i] ? next[i] : "");
		fprintf(out, "\n");
		free(next[i]);
	}
	if (fflush(out) || ferror(out))
		return pgo_error_errno(err, "cannot write the report");
	return PGO_OK;
}
