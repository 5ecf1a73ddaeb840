/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/pipeline/pipeline.h"
#include "harness/pipeline/put.h"
#include "harness/pipeline/render.h"

static json_object *parsed(const char *text)
{
	json_object *object = json_tokener_parse(text);
	assert_non_null(object);
	return object;
}

static void ratio_is(const char *json, double min_effect, bool interval, const char *expected)
{
	char text[160];
	json_object *entry = parsed(json);
	assert_string_equal(render_ratio(entry, min_effect, interval, text, sizeof text), expected);
	json_object_put(entry);
}

static void test_ratio(void **unused)
{
	(void)unused;
	ratio_is("{\"ratio\": 0.8125, \"low\": 0.79, \"high\": 0.83}", 0.01, true,
		 "1.23x faster (0.812, 95 % 0.790..0.830)");
	ratio_is("{\"ratio\": 1.25, \"low\": 1.2, \"high\": 1.3}", 0.01, true,
		 "1.25x slower (1.250, 95 % 1.200..1.300)");
	ratio_is("{\"ratio\": 0.9, \"low\": 0.79, \"high\": 1.03}", 0.01, true,
		 "no difference (0.900, 95 % 0.790..1.030)");
	ratio_is("{\"ratio\": 0.995, \"low\": 0.99, \"high\": 0.999}", 0.01, true,
		 "no difference (0.995, 95 % 0.990..0.999)");
	ratio_is("{\"ratio\": 0.5, \"low\": null, \"high\": null}", 0.01, true,
		 "2.00x faster (0.500, too few pairs for an interval)");
	ratio_is("{\"ratio\": 0.5, \"low\": 0.5, \"high\": 0.5}", 0.01, false, "2.00x faster (0.500)");
	ratio_is("{\"ratio\": null}", 0.01, true, "not measured");
	char text[160];
	assert_string_equal(render_ratio(NULL, 0.01, true, text, sizeof text), "not measured");
}

static void test_gain(void **unused)
{
	(void)unused;
	char text[48];
	json_object *entry = parsed("{\"ratio\": 0.81}");
	assert_string_equal(render_gain(entry, "time", text, sizeof text), "-19.0 % time");
	assert_string_equal(render_gain(entry, "user", text, sizeof text), "-19.0 % user time");
	assert_string_equal(render_gain(entry, "cachegrind", text, sizeof text), "-19.0 % cycles");
	json_object_put(entry);
	assert_string_equal(render_gain(NULL, "time", text, sizeof text), "-");
}

static void test_verdict_and_forced(void **unused)
{
	(void)unused;
	json_object *r =
		parsed("{\"verdict\": {\"outcome\": \"fail\", \"summary\": \"rejected, 2 rules\", \"forced\": true}}");
	assert_string_equal(render_verdict(r), "REJECTED");
	assert_string_equal(render_summary(r), "2 rules");
	assert_string_equal(
		render_forced(r),
		"FORCED: THE GATE REJECTED THIS PROFILE; IT WAS BUILT AND MEASURED ONLY BECAUSE OF --FORCE");
	json_object_put(r);
	r = parsed("{\"verdict\": {\"outcome\": \"pass\", \"summary\": \"all is well\", \"forced\": false}}");
	assert_string_equal(render_verdict(r), "ACCEPTED");
	assert_string_equal(render_summary(r), "all is well");
	assert_null(render_forced(r));
	json_object_put(r);
	/* a record that says nothing is no acceptance */
	r = parsed("{}");
	assert_string_equal(render_verdict(r), "INCONCLUSIVE");
	json_object_put(r);
}

static void test_rule(void **unused)
{
	(void)unused;
	char text[128];
	json_object *rule = parsed("{\"value\": 0.75, \"threshold\": 0.5, \"threshold_is_user\": true}");
	assert_string_equal(render_rule(rule, text, sizeof text), "0.75, limit 0.5 (given)");
	json_object_put(rule);
	rule = parsed("{\"value\": null, \"threshold\": 0.5, \"threshold_is_user\": false}");
	assert_string_equal(render_rule(rule, text, sizeof text), "no value, limit 0.5 (default)");
	json_object_put(rule);
}

static void test_misfit_and_recipe(void **unused)
{
	(void)unused;
	char text[256];
	json_object *r = parsed("{\"profile_warnings\": {\"mismatched_functions\": 3, \"out_of_date_files\": 1},"
				" \"builds\": {\"instrumented\": {\"record\": {\"release_profile\":"
				" {\"lto\": \"fat\", \"codegen_units\": \"1\", \"opt_level\": \"3\"}}}}}");
	assert_string_equal(render_misfit(r, text, sizeof text),
			    "WARNING: 3 functions did not match the profile and got none of it, 1 source file changed "
			    "since the profile "
			    "was made; see build/optimized/build.log");
	assert_string_equal(render_recipe(r, text, sizeof text),
			    "release profile: lto = fat, codegen-units = 1, opt-level = 3");
	json_object_put(r);
	assert_string_equal(render_misfit(NULL, text, sizeof text), "");
	assert_string_equal(render_recipe(NULL, text, sizeof text), "");
}

static void test_wrapping(void **unused)
{
	(void)unused;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	for (int i = 0; i < 3; i++)
		render_wrapped(out, 4, "aaaa bbbb");
	render_wrapped(out, 90, "123456 67 %");
	render_wrapped(out, 2, "");
	fclose(out);
	char expected[400];
	snprintf(expected, sizeof expected, "    aaaa bbbb\n    aaaa bbbb\n    aaaa bbbb\n%90s123456\n%90s67 %%\n", "",
		 "");
	assert_string_equal(text, expected);
	free(text);
}

static char *written(int (*write)(FILE *, json_object *, struct pgo_error *), json_object *report)
{
	char *text = NULL;
	size_t length;
	struct pgo_error err = {0};
	FILE *out = open_memstream(&text, &length);
	assert_int_equal(write(out, report, &err), PGO_OK);
	fclose(out);
	return text;
}

/* A report that lacks everything is still a report: missing parts are not read. */
static void test_reports_of_an_empty_record(void **unused)
{
	(void)unused;
	json_object *r = parsed("{}");
	char *text = written(report_write_text, r), *markdown = written(report_write_markdown, r);
	assert_non_null(strstr(text, "INCONCLUSIVE"));
	assert_non_null(strstr(markdown, "INCONCLUSIVE"));
	free(text);
	free(markdown);
	json_object_put(r);
}

static void test_beside(void **unused)
{
	(void)unused;
	struct pgo_error err = {0};
	json_object *here =
		parsed("{\"verdict\": {\"outcome\": \"fail\"}, \"measurement\": {\"method\": \"time\", \"ratio\": 1.1,"
		       " \"low\": 1.05, \"high\": 1.15, \"min_effect\": 0.01, \"workloads\": [{\"workload\": \"w\","
		       " \"ratio\": 1.1, \"low\": 1.05, \"high\": 1.15}]}}");
	json_object *there =
		parsed("{\"run_directory\": \"good\", \"verdict\": {\"outcome\": \"pass\"}, \"measurement\":"
		       " {\"method\": \"time\", \"ratio\": 0.8, \"low\": 0.79, \"high\": 0.81, \"min_effect\": 0.01,"
		       " \"workloads\": [{\"workload\": \"w\", \"ratio\": 0.8, \"low\": 0.79, \"high\": 0.81}]},"
		       " \"beside\": [{}]}");
	assert_int_equal(report_add_beside(here, there, &err), PGO_OK);
	assert_null(get_member(get_item(get_member(here, "beside"), 0), "beside"));
	char *text = written(report_write_text, here);
	assert_non_null(strstr(text, "            w                1.25x faster (0.800, 95 % 0.790..0.810)      "
				     "1.10x slower (1.100, 95 % 1.050..1.150)\n"));
	assert_non_null(strstr(text, "what the gate saved: this profile's build costs 1.100 (95 % 1.050..1.150) of the "
				     "baseline, the other's 0.800 (95 % 0.790..0.810)\n"));
	free(text);
	/* methods that differ are not compared in a sentence */
	json_object_object_add(get_member(here, "measurement"), "method", json_object_new_string("cachegrind"));
	text = written(report_write_text, here);
	assert_null(strstr(text, "what the gate saved"));
	assert_non_null(strstr(text, "NOT THE SAME"));
	free(text);
	json_object_put(here);
	json_object_put(there);
}

static void test_markdown_cells_are_escaped(void **unused)
{
	(void)unused;
	json_object *r = parsed("{\"verdict\": {\"outcome\": \"fail\", \"summary\": \"a|b<c>\"}}");
	char *text = written(report_write_markdown, r);
	assert_non_null(strstr(text, "a\\|b&lt;c>"));
	free(text);
	json_object_put(r);
}

static void test_performance(void **unused)
{
	(void)unused;
	char *next[6], *text = NULL;
	size_t length;
	json_object *r = parsed("{\"verdict\": {\"outcome\": \"pass\"}, \"performance_gate\": {\"outcome\": \"fail\", "
				"\"summary\": \"guard 'a|b' became slower\"}}");
	assert_string_equal(render_performance(r), "FAILED");
	assert_string_equal(render_performance_summary(r), "guard 'a|b' became slower");
	size_t count = render_next(r, next, 6);
	assert_int_equal(count, 1); /* nobody is told to ship it */
	assert_memory_equal(next[0], "do not ship", 11);
	free(next[0]);
	FILE *out = open_memstream(&text, &length);
	assert_int_equal(report_write_markdown(out, r, NULL), PGO_OK);
	fclose(out);
	assert_non_null(strstr(text, "**Performance gate FAILED**: guard 'a\\|b' became slower"));
	free(text);
	out = open_memstream(&text, &length);
	assert_int_equal(report_write_text(out, r, NULL), PGO_OK);
	fclose(out);
	assert_non_null(strstr(text, "\nPerformance gate FAILED: guard 'a|b' became slower\n"));
	free(text);
	json_object_put(r);
	r = parsed("{\"performance_gate\": null}");
	assert_null(render_performance(r));
	assert_string_equal(render_performance_summary(r), "");
	json_object_put(r);
}

static void test_phases_by_name(void **unused)
{
	(void)unused;
	enum pipeline_phase phase;
	struct pgo_error err = {0};
	for (int i = 0; i < PIPELINE_PHASES; i++) {
		assert_int_equal(pipeline_phase_find(&phase, pipeline_phase_name(i), &err), PGO_OK);
		assert_int_equal(phase, i);
	}
	assert_int_equal(pipeline_phase_find(&phase, "dinner", &err), PGO_EINVAL);
	assert_string_equal(err.message, "no phase is called 'dinner'");
	assert_string_equal(err.hint,
			    "phases are doctor, instrument, replay, merge, gate, baseline, optimize, measure, report");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_gain),
		cmocka_unit_test(test_verdict_and_forced),
		cmocka_unit_test(test_performance),
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_misfit_and_recipe),
		cmocka_unit_test(test_wrapping),
		cmocka_unit_test(test_reports_of_an_empty_record),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_markdown_cells_are_escaped),
		cmocka_unit_test(test_phases_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
