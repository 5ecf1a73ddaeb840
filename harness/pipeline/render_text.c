/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "harness/pipeline/pipeline.h"
#include "harness/pipeline/put.h"
#include "harness/pipeline/render.h"
#include "harness/sys/files.h"

/* The report on a terminal: verdict first, read in a minute. */

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void write_head(FILE *out, json_object *report)
{
	json_object *corpus = get_member(report, "corpus"), *verdict = get_member(report, "verdict");
	char line[1024];
	fprintf(out, "pgo-harness %s · %s (%s)\n\n", record_string(report, "tool_version", ""),
		record_string(corpus, "name", ""), file_name(record_string(corpus, "manifest", "")));
	snprintf(line, sizeof line, "%s: %s", render_verdict(report), render_summary(report));
	render_wrapped(out, 0, line);
	if (strcmp(record_string(verdict, "outcome", ""), "pass") && render_advice(report))
		render_wrapped(out, 0, render_advice(report));
	if (render_forced(report))
		fprintf(out, "%s\n", render_forced(report));
	if (render_performance(report)) {
		snprintf(line, sizeof line, "Performance gate %s: %s", render_performance(report),
			 render_performance_summary(report));
		render_wrapped(out, 0, line);
	}
	if (render_outputs(report))
		fprintf(out, "%s\n", render_outputs(report));
	if (record_bool(verdict, "accepted_inconclusive", false))
		fprintf(out, "taken as accepted because of --accept-inconclusive\n");
	if (record_string(report, "stopped_after", NULL))
		fprintf(out, "stopped after phase '%s' as asked\n", record_string(report, "stopped_after", ""));
}

static void write_toolchain(FILE *out, json_object *report)
{
	char recipe[256];
	fprintf(out, "\nToolchain   %s, recipe %s\n",
		record_string(get_member(report, "toolchain"), "version", "unknown"),
		record_string(report, "recipe", ""));
	if (render_recipe(report, recipe, sizeof recipe)[0])
		fprintf(out, "            %s\n", recipe);
	if (render_misfit(report, recipe, sizeof recipe)[0])
		fprintf(out, "            %s\n", recipe);
}

static void write_training(FILE *out, json_object *report)
{
	json_object *list = get_member(report, "workloads");
	size_t missing = 0;
	fprintf(out, "\nTraining    workload              kind        share   own hot code still hot\n");
	for (size_t i = 0; i < get_length(list); i++) {
		json_object *w = get_item(list, i);
		missing += !record_bool(w, "replayed", false);
		if (strcmp(record_string(w, "role", ""), "train") || !record_bool(w, "replayed", false))
			continue;
		double survival = record_number(w, "hot_survival", NAN);
		fprintf(out, "            %-21s %-9s %6.1f %%", record_string(w, "workload", ""),
			record_string(w, "kind", ""), 100 * record_number(w, "effective_share", 0));
		if (isfinite(survival))
			fprintf(out, "   %5.1f %%", 100 * survival);
		fputc('\n', out);
	}
	for (size_t i = 0; missing && i < get_length(list); i++) {
		json_object *w = get_item(list, i);
		if (!record_bool(w, "replayed", false))
			fprintf(out, "  MISSING   %s (%s): %s\n", record_string(w, "workload", ""),
				record_string(w, "role", ""), record_string(w, "failure", ""));
	}
}

static void write_rule(FILE *out, json_object *rule, bool evidence)
{
	char value[128];
	bool fail = !strcmp(record_string(rule, "outcome", ""), "fail");
	const char *reference = record_string(rule, "reference", "");
	fprintf(out, "  %-8s  %s%s%s", fail ? "FAIL" : "unsure", record_string(rule, "name", ""),
		reference[0] ? " · " : "", reference);
	if (render_rule(rule, value, sizeof value)[0])
		fprintf(out, ": %s", value);
	fputc('\n', out);
	if (evidence)
		render_wrapped(out, 12, record_string(rule, "evidence", ""));
}

/* Rules that did not pass, failed ones first; evidence where the verdict rests on it; the rest as a number. */
static void write_gate(FILE *out, json_object *report)
{
	enum { LISTED = 6 };
	static const char *const names[] = {"pass", "fail", "inconclusive"};
	json_object *rules = get_member(get_member(report, "gate"), "rules");
	const char *verdict = record_string(get_member(report, "verdict"), "outcome", "");
	size_t counts[3] = {0}, listed = 0, n = get_length(rules);
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			counts[k] += !strcmp(record_string(get_item(rules, i), "outcome", ""), names[k]);
	fprintf(out, "\nGate        %zu rules: %zu passed, %zu failed, %zu inconclusive\n", n, counts[0], counts[1],
		counts[2]);
	for (size_t i = 0; i < n && listed < LISTED; i++) {
		json_object *rule = get_item(rules, i);
		const char *outcome = record_string(rule, "outcome", "");
		if (!strcmp(outcome, "pass"))
			continue;
		listed++;
		write_rule(out, rule, !strcmp(outcome, verdict));
	}
	if (counts[1] + counts[2] > listed)
		fprintf(out, "            … and %zu more in report.md and gate.json\n", counts[1] + counts[2] - listed);
}

/* What the profile promises for each held-out workload; the measurement below is the proof. */
static void write_forecast(FILE *out, json_object *report)
{
	json_object *list = get_member(get_member(report, "gate"), "comparisons");
	bool head = false;
	for (size_t i = 0; i < get_length(list); i++) {
		json_object *c = get_item(list, i), *kept = get_member(c, "retained_gain");
		char text[80] = "not calibrated for this kind of profile";
		if (strcmp(record_string(c, "kind", ""), "heldout"))
			continue;
		if (!head)
			fprintf(out, "\nForecast    held-out workload     not hot in training   gain kept (90 %% "
				     "interval)\n");
		head = true;
		if (isfinite(record_number(kept, "estimate", NAN)))
			snprintf(text, sizeof text, "%.2f (%.2f..%.2f)", record_number(kept, "estimate", NAN),
				 record_number(kept, "low", NAN), record_number(kept, "high", NAN));
		fprintf(out, "            %-21s %17.1f %%   %s%s\n", record_string(c, "workload", ""),
			100 * record_number(c, "under_served_mass", NAN), text,
			record_bool(c, "judged", false) ? "" : ", not judged: not real use");
	}
}

static void write_measured(FILE *out, json_object *report)
{
	json_object *m = get_member(report, "measurement"), *list = get_member(m, "workloads");
	char text[160], gain[48];
	const char *method = record_string(m, "method", "");
	double min_effect = record_number(m, "min_effect", 0);
	if (!m) {
		fprintf(out, "\nMeasured    nothing: %s\n",
			render_build(report, "optimized")
				? "the measurement was not asked for, or there is no held-out workload"
				: "there is no optimized build");
		return;
	}
	bool interval = strcmp(method, "cachegrind") != 0;
	fprintf(out, "\nMeasured    optimized against baseline; %s\n", render_method(m, text, sizeof text));
	for (size_t i = 0; i < get_length(list); i++) {
		json_object *w = get_item(list, i);
		const char *note = record_string(w, "note", "");
		render_ratio(w, min_effect, interval, text, sizeof text);
		fprintf(out, "            %-16s %-44s %s%s%s%s%s\n", record_string(w, "workload", ""), text,
			render_gain(w, method, gain, sizeof gain),
			strcmp(record_string(w, "role", ""), "guard") ? "" : ", guard",
			record_bool(w, "outputs_equal", true) ? "" : ", OUTPUTS DIFFER", note[0] ? ", " : "", note);
	}
	render_ratio(m, min_effect, interval, text, sizeof text);
	fprintf(out, "            %-16s %-44s %s\n", "all held-out", text, render_gain(m, method, gain, sizeof gain));
	fprintf(out, "            outputs of both builds are %s\n",
		record_bool(m, "outputs_equal", true) ? "equal" : "NOT EQUAL");
}

/* One other run: the same workloads, each against its own baseline. */
static void write_other(FILE *out, json_object *report, json_object *other)
{
	json_object *m = get_member(report, "measurement"), *n = get_member(other, "measurement");
	json_object *list = get_member(n ? n : m, "workloads");
	char a[160], b[160];
	bool same = !strcmp(record_string(m, "method", ""), record_string(n, "method", ""));
	fprintf(out, "\nBeside      %s (%s, %s)\n", record_string(other, "run_directory", ""), render_verdict(other),
		file_name(record_string(get_member(other, "corpus"), "manifest", "")));
	if (!m || !n) {
		fprintf(out, "            %s was not measured, so there is nothing to put side by side\n",
			m ? "that run" : "this run");
		return;
	}
	const char *method = record_string(m, "method", ""), *other_method = record_string(n, "method", "");
	fprintf(out, "            method here: %s, there: %s%s\n", method, other_method,
		same ? "" : "; NOT THE SAME: do not compare the numbers");
	fprintf(out, "            baseline programs are %s\n",
		!strcmp(record_string(render_build(report, "baseline"), "digest", "?"),
			record_string(render_build(other, "baseline"), "digest", "!"))
			? "identical"
			: "not identical; each ratio is against its own");
	fprintf(out, "            %-16s %-44s %s\n", "workload", "there", "here");
	for (size_t i = 0; i <= get_length(list); i++) {
		bool all = i == get_length(list);
		json_object *w = all ? NULL : get_item(list, i);
		const char *id = all ? "all held-out" : record_string(w, "workload", "");
		render_ratio(all ? n : render_measured(n, id), record_number(n, "min_effect", 0),
			     strcmp(other_method, "cachegrind") != 0, a, sizeof a);
		render_ratio(all ? m : render_measured(m, id), record_number(m, "min_effect", 0),
			     strcmp(method, "cachegrind") != 0, b, sizeof b);
		fprintf(out, "            %-16s %-44s %s\n", id, a, b);
	}
}

/* In one sentence what the rejected build costs against the accepted one, or that this measurement cannot tell. */
static void write_saved(FILE *out, json_object *report, json_object *other)
{
	json_object *m = get_member(report, "measurement"), *n = get_member(other, "measurement");
	const char *method = record_string(m, "method", "");
	char here[64], there[64];
	if (!m || !n || strcmp(method, record_string(n, "method", "")) || strcmp(render_verdict(report), "REJECTED"))
		return;
	bool interval = strcmp(method, "cachegrind") != 0;
	fprintf(out,
		"            what the gate saved: this profile's build costs %s of the baseline, the other's %s%s\n",
		render_cost(m, interval, here, sizeof here), render_cost(n, interval, there, sizeof there),
		interval && record_number(m, "low", 0) <= record_number(n, "high", 0) &&
				record_number(n, "low", 0) <= record_number(m, "high", 0)
			? "; the intervals overlap, so this measurement shows no difference"
			: "");
}

static void write_files(FILE *out, json_object *report)
{
	const char *dir = record_string(report, "run_directory", "");
	const char *optimized = record_string(render_build(report, "optimized"), "binary", NULL);
	fprintf(out, "\nFiles       %s\n", dir);
	fprintf(out, "            profiles/train.profdata, gate.json, analysis/, report.json, report.md\n");
	if (optimized)
		fprintf(out, "            optimized program: %s\n", optimized);
	char *next[6];
	size_t count = render_next(report, next, 6);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, i ? "" : "\nNext\n");
		if (next[i] && strstr(next[i], ": pgo-")) /* a command is pasted, so it stays whole */
			fprintf(out, "            %s\n", next[i]);
		else
			render_wrapped(out, 12, next[i] ? next[i] : "");
		free(next[i]);
	}
}

int report_write_text(FILE *out, json_object *report, struct pgo_error *err)
{
	json_object *beside = get_member(report, "beside");
	write_head(out, report);
	write_toolchain(out, report);
	write_training(out, report);
	write_gate(out, report);
	write_forecast(out, report);
	write_measured(out, report);
	for (size_t i = 0; i < get_length(beside); i++) {
		write_other(out, report, get_item(beside, i));
		write_saved(out, report, get_item(beside, i));
	}
	write_files(out, report);
	if (fflush(out) || ferror(out))
		return pgo_error_errno(err, "cannot write the report");
	return PGO_OK;
}
