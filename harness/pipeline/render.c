/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/pipeline/render.h"

#include <stdlib.h>
#include <string.h>

#include "harness/measure/measure.h"
#include "harness/pipeline/put.h"
#include "harness/sys/files.h"

const char *render_verdict(json_object *report)
{
	const char *outcome = record_string(get_member(report, "verdict"), "outcome", "");
	return !strcmp(outcome, "pass") ? "ACCEPTED" : !strcmp(outcome, "fail") ? "REJECTED" : "INCONCLUSIVE";
}

const char *render_summary(json_object *report)
{
	const char *summary = record_string(get_member(report, "verdict"), "summary", ""),
		   *word = render_verdict(report);
	size_t length = strlen(word);
	if (!strncasecmp(summary, word, length) && (summary[length] == ':' || summary[length] == ','))
		summary += length + 1 + strspn(summary + length + 1, " ");
	return summary;
}

const char *render_forced(json_object *report)
{
	json_object *verdict = get_member(report, "verdict");
	if (!record_bool(verdict, "forced", false))
		return NULL;
	return !strcmp(record_string(verdict, "outcome", ""), "fail")
		       ? "FORCED: THE GATE REJECTED THIS PROFILE; IT WAS BUILT AND MEASURED ONLY BECAUSE OF --FORCE"
		       : "FORCED: THE GATE COULD NOT ACCEPT THIS PROFILE; IT WAS BUILT AND MEASURED ONLY BECAUSE OF "
			 "--FORCE";
}

const char *render_performance(json_object *report)
{
	const char *outcome = record_string(get_member(report, "performance_gate"), "outcome", NULL);
	if (!outcome)
		return NULL;
	return !strcmp(outcome, "pass") ? "PASSED" : !strcmp(outcome, "fail") ? "FAILED" : "INCONCLUSIVE";
}

const char *render_performance_summary(json_object *report)
{
	return record_string(get_member(report, "performance_gate"), "summary", "");
}

static bool performance_failed(json_object *report)
{
	const char *word = render_performance(report);
	return word && !strcmp(word, "FAILED");
}

const char *render_outputs(json_object *report)
{
	return record_bool(get_member(report, "verdict"), "outputs_differ", false)
		       ? "OUTPUTS DIFFER: the optimized program did not write what the baseline wrote; do not ship it"
		       : NULL;
}

char *render_ratio(json_object *entry, double min_effect, bool interval, char *out, size_t size)
{
	double ratio = record_number(entry, "ratio", NAN);
	double low = record_number(entry, "low", NAN), high = record_number(entry, "high", NAN);
	bool known = isfinite(low) && isfinite(high);
	char within[64] = "";
	if (!isfinite(ratio)) {
		snprintf(out, size, "not measured");
		return out;
	}
	if (!known && interval)
		snprintf(within, sizeof within, ", too few pairs for an interval");
	else if (interval)
		snprintf(within, sizeof within, ", 95 %% %.3f..%.3f", low, high);
	enum measure_change change = known && interval ? measure_change_of(ratio, low, high, min_effect)
						       : measure_change_of(ratio, ratio, ratio, min_effect);
	if (change == MEASURE_SAME)
		snprintf(out, size, "no difference (%.3f%s)", ratio, within);
	else if (ratio < 1)
		snprintf(out, size, "%.2fx faster (%.3f%s)", 1 / ratio, ratio, within);
	else
		snprintf(out, size, "%.2fx slower (%.3f%s)", ratio, ratio, within);
	return out;
}

char *render_gain(json_object *entry, const char *method, char *out, size_t size)
{
	double ratio = record_number(entry, "ratio", NAN);
	const char *unit = !strcmp(method, "cachegrind") ? "cycles" : !strcmp(method, "user") ? "user time" : "time";
	if (isfinite(ratio))
		snprintf(out, size, "%+.1f %% %s", 100 * (ratio - 1), unit);
	else
		snprintf(out, size, "-");
	return out;
}

char *render_rule(json_object *rule, char *out, size_t size)
{
	const char *whose = record_bool(rule, "threshold_is_user", false) ? "given" : "default";
	double value = record_number(rule, "value", NAN), threshold = record_number(rule, "threshold", NAN);
	if (isfinite(value) && isfinite(threshold))
		snprintf(out, size, "%.4g, limit %.4g (%s)", value, threshold, whose);
	else if (isfinite(threshold))
		snprintf(out, size, "no value, limit %.4g (%s)", threshold, whose);
	else
		out[0] = '\0';
	return out;
}

char *render_cost(json_object *entry, bool interval, char *out, size_t size)
{
	double ratio = record_number(entry, "ratio", NAN);
	double low = record_number(entry, "low", NAN), high = record_number(entry, "high", NAN);
	if (interval && isfinite(low) && isfinite(high))
		snprintf(out, size, "%.3f (95 %% %.3f..%.3f)", ratio, low, high);
	else
		snprintf(out, size, "%.3f", ratio);
	return out;
}

char *render_method(json_object *measurement, char *out, size_t size)
{
	const char *method = record_string(measurement, "method", "");
	json_object *first = get_item(get_member(measurement, "workloads"), 0);
	if (!strcmp(method, "cachegrind"))
		snprintf(out, size,
			 "cachegrind: estimated cycles (instructions, misses, mispredictions), deterministic");
	else
		snprintf(out, size, "%s, %d interleaved pairs per workload",
			 !strcmp(method, "user") ? "user time" : "wall time", (int)record_int(first, "pairs", 0));
	return out;
}

char *render_functions(json_object *comparison, char *out, size_t size)
{
	json_object *list = get_member(comparison, "under_served_functions");
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < get_length(list) && used < size; i++) {
		json_object *f = get_item(list, i);
		used += (size_t)snprintf(out + used, size - used, "%s%s (%.1f %%, %s in training)", i ? ", " : "",
					 record_string(f, "demangled", "?"), 100 * record_number(f, "test_share", 0),
					 record_string(f, "train_class", "?"));
	}
	return out;
}

char *render_recipe(json_object *report, char *out, size_t size)
{
	json_object *release =
		get_member(get_member(render_build(report, "instrumented"), "record"), "release_profile");
	out[0] = '\0';
	if (release)
		snprintf(out, size, "release profile: lto = %s, codegen-units = %s, opt-level = %s",
			 record_string(release, "lto", "?"), record_string(release, "codegen_units", "?"),
			 record_string(release, "opt_level", "?"));
	return out;
}

char *render_misfit(json_object *report, char *out, size_t size)
{
	json_object *w = get_member(report, "profile_warnings");
	long long functions = record_int(w, "mismatched_functions", 0), files = record_int(w, "out_of_date_files", 0);
	size_t used = 0;
	out[0] = '\0';
	if (functions)
		used = (size_t)snprintf(out, size,
					"WARNING: %lld function%s did not match the profile and got none of it",
					functions, functions == 1 ? "" : "s");
	if (files && used < size)
		used += (size_t)snprintf(out + used, size - used,
					 "%s%lld source file%s changed since the profile was made",
					 used ? ", " : "WARNING: ", files, files == 1 ? "" : "s");
	if (used && used < size)
		snprintf(out + used, size - used, "; see build/optimized/build.log");
	return out;
}

json_object *render_build(json_object *report, const char *phase)
{
	return get_member(get_member(report, "builds"), phase);
}

json_object *render_measured(json_object *measurement, const char *workload)
{
	json_object *list = get_member(measurement, "workloads");
	for (size_t i = 0; i < get_length(list); i++) {
		json_object *entry = get_item(list, i);
		if (!strcmp(record_string(entry, "workload", ""), workload))
			return entry;
	}
	return NULL;
}

void render_wrapped(FILE *out, int indent, const char *text)
{
	enum { WIDTH = 100 };
	int column = 0;
	while (*text) {
		size_t word = strcspn(text, " \n");
		if (text[word] == ' ' && text[word + 1] == '%') /* a number keeps its unit */
			word += 1 + strcspn(text + word + 1, " \n");
		if (column && column + 1 + (int)word > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += column ? fprintf(out, " ") : fprintf(out, "%*s", indent, "");
		column += fprintf(out, "%.*s", (int)word, text);
		text += word;
		text += strspn(text, " \n");
	}
	if (column)
		fputc('\n', out);
}

const char *render_advice(json_object *report)
{
	json_object *rules = get_member(get_member(report, "gate"), "rules");
	for (size_t i = 0; i < get_length(rules); i++) {
		json_object *rule = get_item(rules, i);
		const char *advice = record_string(rule, "advice", "");
		if (strcmp(record_string(rule, "outcome", ""), "pass") && advice[0])
			return advice;
	}
	return NULL;
}

/* The worst judged comparison by under-served mass: where to look closer. */
static json_object *worst_comparison(json_object *report)
{
	json_object *list = get_member(get_member(report, "gate"), "comparisons"), *worst = NULL;
	for (size_t i = 0; i < get_length(list); i++) {
		json_object *entry = get_item(list, i);
		if (strcmp(record_string(entry, "kind", ""), "heldout") || !record_bool(entry, "judged", false))
			continue;
		if (!worst ||
		    record_number(entry, "under_served_mass", 0) > record_number(worst, "under_served_mass", 0))
			worst = entry;
	}
	return worst;
}

size_t render_next(json_object *report, char **out, size_t max)
{
	size_t n = 0;
	const char *dir = record_string(report, "run_directory", "");
	const char *outcome = record_string(get_member(report, "verdict"), "outcome", "");
	json_object *measurement = get_member(report, "measurement"), *worst = worst_comparison(report);
	const char *advice = render_advice(report), *recommendation = record_string(measurement, "recommendation", "");
	bool pass = !strcmp(outcome, "pass");
	if (render_outputs(report) && n < max)
		out[n++] = files_format(
			"compare what both wrote: %s/measure/optimized/*/{baseline,candidate}.stdout; a workload whose "
			"output changes from run to run cannot be compared",
			dir);
	if (pass && advice && n < max) /* else it stands below the verdict */
		out[n++] = strdup(advice);
	if (!pass && worst && n < max)
		out[n++] = files_format("look closer: pgo-analyze compare %s/profiles/train.profdata "
					"%s/profiles/workload/%s.profdata",
					dir, dir, record_string(worst, "workload", ""));
	if (measurement && recommendation[0] && n < max)
		out[n++] = strdup(recommendation);
	if (!render_build(report, "optimized") && !pass && n < max)
		out[n++] = files_format("build and measure all the same: pgo-harness run %s --out %s --%s",
					record_string(get_member(report, "corpus"), "manifest", "CORPUS"), dir,
					strcmp(outcome, "inconclusive") ? "force" : "accept-inconclusive");
	if (pass && performance_failed(report) && !render_outputs(report) && n < max)
		out[n++] = strdup(
			"do not ship the optimized program: train on a workload like the one that became slower, "
			"drop or re-weight the one that crowds it out, or measure again with more --runs");
	if (pass && !render_outputs(report) && !performance_failed(report) && n < max)
		out[n++] = files_format(
			"ship the optimized program, or build yours with %s=%s/profiles/train.profdata",
			strcmp(record_string(report, "recipe", ""), "cargo") ? "-fprofile-use" : "-Cprofile-use", dir);
	return n;
}
