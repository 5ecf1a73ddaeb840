/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/measure/measure_internal.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/* Two builds of one small program, of known cost: the candidate does half the work, and misbehaves where it is asked
 * to. */

static const char program_text[] =
	"#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
	"int main(int argc, char **argv) {\n"
	"	const char *mode = argc > 1 ? argv[1] : \"\";\n"
	"	if (strcmp(mode, \"loop\") == 0) {\n"
	"#ifdef __x86_64__\n" /* two instructions a turn */
	"		long n = LOOPS;\n"
	"		__asm__ volatile(\"1: dec %0\\n jnz 1b\" : \"+r\"(n));\n"
	"#else\n"
	"		for (volatile long n = LOOPS; n > 0; n--) ;\n"
	"#endif\n"
	"	}\n"
	"	if (strcmp(mode, \"sleep\") == 0) usleep(SLEEP_US);\n"
	"	if (strcmp(mode, \"nap\") == 0) sleep(30);\n"
	"	if (strcmp(mode, \"say\") == 0) printf(\"seventeen letters%s\\n\", TEXT);\n"
	"	if (strcmp(mode, \"pid\") == 0) printf(\"%d\\n\", getpid());\n"
	"	if (strcmp(mode, \"status\") == 0) return CANDIDATE;\n"
	"	if (strcmp(mode, \"crash\") == 0 && CANDIDATE) raise(SIGSEGV);\n"
	"	if (strcmp(mode, \"order\") == 0) {\n"
	"		FILE *f = fopen(argv[2], \"a\");\n"
	"		fputs(CANDIDATE ? \"B\" : \"A\", f);\n"
	"		fclose(f);\n"
	"	}\n"
	"	return 0;\n"
	"}\n";

#define LOOPS 2000000

static char directory[256], out_dir[300], programs[2][300];
static struct corpus corpus;
static struct workload workloads[2];
static struct measure_options options;

static bool compile(const char *compiler, int candidate)
{
	char source[300], loops[64], *output = NULL;
	snprintf(source, sizeof source, "%s/program.c", directory);
	snprintf(loops, sizeof loops, "-DLOOPS=%d", candidate ? LOOPS / 2 : LOOPS);
	const char *argv[] = {compiler,
			      "-O1",
			      loops,
			      candidate ? "-DCANDIDATE=1" : "-DCANDIDATE=0",
			      candidate ? "-DSLEEP_US=25000" : "-DSLEEP_US=50000",
			      candidate ? "-DTEXT=\"!\"" : "-DTEXT=\"?\"",
			      source,
			      "-o",
			      programs[candidate],
			      NULL};
	bool good = child_capture(&output, argv, NULL, NULL, NULL) == PGO_OK;
	if (good)
		free(output);
	return good;
}

static int make_programs(void **state)
{
	static bool works;
	char source[300];
	const char *base = getenv("TMPDIR");
	snprintf(directory, sizeof directory, "%s/measure.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(directory))
		return -1;
	snprintf(out_dir, sizeof out_dir, "%s/out", directory);
	snprintf(source, sizeof source, "%s/program.c", directory);
	files_write_atomic(source, program_text, sizeof program_text - 1, NULL);
	for (int i = 0; i < 2; i++)
		snprintf(programs[i], sizeof programs[i], "%s/%s", directory, i ? "candidat" : "baseline");
	const char *compiler = NULL;
	if (compile("cc", 0))
		compiler = "cc";
	else if (compile("clang-22", 0))
		compiler = "clang-22";
	works = compiler && compile(compiler, 1);
	*state = &works;
	progress_init(PROGRESS_QUIET);
	return 0;
}

static int drop_programs(void **state)
{
	(void)state;
	return files_remove_tree(directory, NULL);
}

static struct workload *add(const char *id, const char *mode, enum workload_role role)
{
	struct workload *w = &workloads[corpus.workload_count++];
	*w = (struct workload){.id = (char *)id, .timeout_s = 20, .repeat = 1, .role = role};
	assert_int_equal(string_list_push(&w->args, mode), 0);
	return w;
}

static int start(void **state)
{
	(void)state;
	corpus = (struct corpus){
		.name = (char *)"small", .directory = directory, .source = (char *)".", .workloads = workloads};
	options = (struct measure_options){.out_dir = out_dir,
					   .label = "test",
					   .baseline = programs[0],
					   .candidate = programs[1],
					   .method = MEASURE_TIME,
					   .runs = 4,
					   .warmup = 1,
					   .max_seconds = 60,
					   .min_effect = 0.01,
					   .seed = 1};
	return files_remove_tree(out_dir, NULL);
}

static int finish(void **state)
{
	(void)state;
	for (size_t i = 0; i < corpus.workload_count; i++)
		string_list_release(&workloads[i].args);
	return 0;
}

static void need(void **state, const char *tool)
{
	char *out = NULL;
	if (!**(bool **)state)
		skip();
	if (tool && child_capture(&out, (const char *[]){tool, "--version", NULL}, NULL, NULL, NULL) != PGO_OK) {
		print_message("no %s\n", tool);
		skip();
	}
	free(out);
}

static struct measure_result measure(void)
{
	struct measure_result result = {0};
	struct pgo_error err = {0};
	int code = measure_run(&result, &corpus, &options, &err);
	if (code != PGO_OK)
		print_error("%s: %s\n", err.path, err.message);
	assert_int_equal(code, PGO_OK);
	return result;
}

static json_object *read_samples(size_t workload)
{
	char path[400];
	json_object *record = NULL, *list = NULL, *samples = NULL;
	snprintf(path, sizeof path, "%s/measure/test.json", out_dir);
	assert_int_equal(record_read(&record, path, NULL), PGO_OK);
	assert_string_equal(record_string(record, "schema", ""), "pgo-harness/measure/1");
	assert_true(json_object_object_get_ex(record, "workloads", &list));
	assert_true(json_object_object_get_ex(json_object_array_get_idx(list, workload), "samples", &samples));
	json_object_get(samples);
	json_object_put(record);
	return samples;
}

static void test_time(void **state)
{
	need(state, NULL);
	add("train", "crash", WORKLOAD_TRAIN); /* is not measured */
	add("sleep", "sleep", WORKLOAD_HELDOUT);
	struct measure_result result = measure();
	assert_int_equal(result.workload_count, 1);
	const struct measure_workload *w = &result.workloads[0];
	assert_int_equal(w->workload, 1);
	assert_int_equal(w->pairs, 4);
	assert_true(w->ratio > 0.4 && w->ratio < 0.9);
	assert_true(w->low <= w->ratio && w->ratio <= w->high);
	assert_true(w->p_value == 0.125); /* four pairs, all faster: 2 / 16 */
	assert_true(w->baseline_cost >= 50e6 && w->candidate_cost >= 25e6);
	assert_true(w->outputs_equal && result.outputs_equal);
	assert_true(fabs(result.ratio - w->ratio) < 1e-12);
	assert_false(result.noisy);

	json_object *samples = read_samples(0);
	const char order[] = "bcbccbbccb"; /* warm-up, then A B, B A, A B, B A */
	assert_int_equal(json_object_array_length(samples), 10);
	for (size_t i = 0; i < 10; i++) {
		json_object *run = json_object_array_get_idx(samples, i);
		assert_int_equal(record_string(run, "side", "?")[0], order[i]);
		assert_int_equal(record_bool(run, "warmup", false), i < 2);
		assert_int_equal(record_int(run, "pair", -1), i < 2 ? -1 : (int)(i - 2) / 2);
		assert_true(record_int(run, "wall_ns", 0) >= (order[i] == 'b' ? 50000000 : 25000000));
	}
	json_object_put(samples);
	measure_result_release(&result);
}

/* The order again, as the programs themselves saw it. */
static void test_order(void **state)
{
	need(state, NULL);
	char path[400], *text = NULL;
	snprintf(path, sizeof path, "%s/order", directory);
	struct workload *w = add("order", "order", WORKLOAD_GUARD);
	string_list_push(&w->args, path);
	options.warmup = 0;
	options.runs = 5;
	struct measure_result result = measure();
	assert_true(result.workloads[0].guard);
	assert_true(isnan(result.ratio)); /* guards are no part of the mean */
	measure_result_release(&result);
	assert_int_equal(files_read(&text, NULL, path, NULL), PGO_OK);
	assert_string_equal(text, "ABBAABBAAB");
	free(text);
}

static void test_budget(void **state)
{
	need(state, NULL);
	add("one", "sleep", WORKLOAD_HELDOUT);
	add("two", "sleep", WORKLOAD_HELDOUT);
	options.runs = 1000;
	options.max_seconds = 0.6; /* a pair takes 75 ms and more */
	struct measure_result result = measure();
	assert_in_range(result.workloads[0].pairs, 3, 5);
	assert_in_range(result.workloads[1].pairs, 3, 5);
	measure_result_release(&result);
	options.max_seconds = 0.001;
	result = measure();
	assert_int_equal(result.workloads[0].pairs, 3);
	assert_int_equal(result.workloads[1].pairs, 3);
	measure_result_release(&result);
	options.max_seconds = 60;
	options.runs = 1;
	result = measure();
	assert_int_equal(result.workloads[0].pairs, 3);
	measure_result_release(&result);
}

static void test_user_time(void **state)
{
	need(state, NULL);
	add("sleep", "sleep", WORKLOAD_HELDOUT);
	options.method = MEASURE_USER;
	struct measure_result result = measure();
	assert_true(result.workloads[0].baseline_cost < 10e6); /* sleeping costs none of it */
	measure_result_release(&result);
}

static void check_outputs(const char *mode, bool equal, const char *note)
{
	static int statuses[] = {0, 1};
	corpus.workload_count = 0;
	struct workload *w = add("out", mode, WORKLOAD_HELDOUT);
	w->expect_exit = statuses;
	w->expect_exit_count = 2;
	struct measure_result result = measure();
	assert_int_equal(result.workloads[0].outputs_equal, equal);
	assert_int_equal(result.outputs_equal, equal);
	assert_memory_equal(result.workloads[0].note, note, strlen(note));
	measure_result_release(&result);
	string_list_release(&w->args);
	corpus.workload_count = 0;
}

static void test_outputs(void **state)
{
	need(state, NULL);
	for (options.warmup = 0; options.warmup < 2; options.warmup++) {
		check_outputs("say", false, "outputs differ at byte 17");
		check_outputs("status", false, "exit status 0 in the baseline build, 1 in the candidate");
		check_outputs("pid", true, "not compared: the output of one build differs from run to run");
		check_outputs("sleep", true, "");
	}
}

static void assert_error(int code, const char *message, const char *hint)
{
	struct pgo_error err = {0};
	struct measure_result result;
	assert_int_equal(measure_run(&result, &corpus, &options, &err), code);
	assert_string_equal(err.message, message);
	assert_string_equal(err.hint, hint);
}

static void test_errors(void **state)
{
	need(state, NULL);
	char hint[500];
	assert_error(PGO_EINVAL, "corpus 'small' has nothing to measure on",
		     "give at least one workload the role heldout or guard");
	add("bad", "crash", WORKLOAD_HELDOUT);
	snprintf(hint, sizeof hint, "its standard error is in '%s/measure/test/bad/candidate.stderr'", out_dir);
	assert_error(PGO_ECHILD, "workload 'bad' was killed by signal 11 (Segmentation fault) in the candidate build",
		     hint);
	options.method = MEASURE_CACHEGRIND;
	assert_error(PGO_ECHILD, "workload 'bad' was killed by signal 11 (Segmentation fault) in the candidate build",
		     hint);
}

static void test_cachegrind(void **state)
{
	need(state, "valgrind");
	add("loop", "loop", WORKLOAD_HELDOUT);
	add("say", "say", WORKLOAD_GUARD);
	options.method = MEASURE_CACHEGRIND;
	struct measure_result result = measure();
	const struct measure_workload *w = &result.workloads[0];
	assert_true(w->ratio == w->low && w->ratio == w->high && w->p_value == 1 && w->pairs == 1);
	assert_true(w->outputs_equal && !result.workloads[1].outputs_equal && !result.outputs_equal);
	assert_string_equal(result.workloads[1].note, "outputs differ at byte 17");
	assert_true(fabs(result.ratio - w->ratio) < 1e-12);
	assert_false(result.noisy);
	json_object *samples = read_samples(0), *events[2];
	for (size_t i = 0; i < 2; i++) {
		json_object *run = json_object_array_get_idx(samples, i);
		assert_string_equal(record_string(run, "side", ""), i ? "candidate" : "baseline");
		assert_true(json_object_object_get_ex(run, "events", &events[i]));
		assert_int_equal(json_object_object_length(events[i]), 13);
		assert_true(record_number(run, "estimated_cycles", 0) == (i ? w->candidate_cost : w->baseline_cost));
	}
#ifdef __x86_64__
	/* Two instructions a turn; all else is alike in both builds. */
	int64_t instructions = record_int(events[0], "Ir", 0) - record_int(events[1], "Ir", 0);
	assert_in_range(instructions, LOOPS - 2000, LOOPS + 2000);
#endif
	json_object_put(samples);
	measure_result_release(&result);
}

static void test_no_valgrind(void **state)
{
	need(state, NULL);
	char *path = strdup(getenv("PATH"));
	add("loop", "loop", WORKLOAD_HELDOUT);
	options.method = MEASURE_CACHEGRIND;
	setenv("PATH", directory, 1);
	struct pgo_error err = {0};
	struct measure_result result;
	int code = measure_run(&result, &corpus, &options, &err);
	setenv("PATH", path, 1);
	free(path);
	assert_int_equal(code, PGO_ECHILD);
	assert_string_equal(
		err.message,
		"cannot measure with cachegrind: 'valgrind' could not be executed: No such file or directory");
	assert_string_equal(err.hint, "apt-get install valgrind");
}

static void test_cachegrind_files(void **state)
{
	(void)state;
	struct cachegrind_events e;
	struct pgo_error err = {0};
	const char *text = "desc: I1 cache: x\ncmd: ./a\n"
			   "events: Ir I1mr ILmr Dr D1mr DLmr Dw D1mw DLmw Bc Bcm Bi Bim\n"
			   "fl=a.c\nfn=main\n3 1 1 1 1 1 1 1 1 1 1 1 1 1\n"
			   "summary: 1000 1 2 300 4 5 200 7 8 100 11 50 13\n";
	assert_int_equal(cachegrind_parse(&e, text, &err), PGO_OK);
	assert_int_equal(e.count, 13);
	assert_int_equal(cachegrind_event(&e, "Ir"), 1000);
	assert_int_equal(cachegrind_event(&e, "Bim"), 13);
	assert_int_equal(cachegrind_event(&e, "none"), 0);
	/* 1000 + 10 (1 + 4 + 7) + 100 (2 + 5 + 8) + 15 (11 + 13) */
	assert_true(cachegrind_cycles(&e) == 2980);

	const struct {
		const char *text, *message;
	} bad[] = {
		{"", "not a complete cachegrind file: no 'events:' line"},
		{"events: Ir\n", "not a complete cachegrind file: no 'summary:' line"},
		{"events: Ir Dr\nsummary: 1\n", "cachegrind names 2 events and sums up 1"},
		{"events: Ir\nsummary: 1 2\n", "cachegrind names 1 events and sums up 2"},
		{"events: Ir\nsummary: x1\n", "not a count in the cachegrind summary: 'x1'"},
		{"events: Ir\nsummary: -1\n", "not a count in the cachegrind summary: '-1'"},
		{"events: Ir\nsummary: 99999999999999999999\n",
		 "not a count in the cachegrind summary: '99999999999999999999'"},
		{"events: Irrrrrrrr\nsummary: 1\n", "cannot take in the cachegrind event 'Irrrrrrrr'"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err = (struct pgo_error){0};
		assert_int_equal(cachegrind_parse(&e, bad[i].text, &err), PGO_EFORMAT);
		assert_string_equal(err.message, bad[i].message);
	}
}

static void test_interruption(void **state)
{
	need(state, NULL);
	int status;
	char path[400];
	add("nap", "nap", WORKLOAD_HELDOUT);
	snprintf(path, sizeof path, "%s/measure/test/nap/baseline.stdout", out_dir);
	pid_t driver = fork();
	if (driver == 0) {
		struct measure_result result;
		signal(SIGINT, SIG_DFL); /* a shell's background job starts with it ignored, and so it would stay */
		child_signals_install(NULL);
		_exit(-measure_run(&result, &corpus, &options, NULL));
	}
	for (int i = 0; i < 300 && !files_exists(path); i++)
		nanosleep(&(struct timespec){0, 10000000}, NULL);
	kill(driver, SIGINT);
	assert_int_equal(waitpid(driver, &status, 0), driver);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), -PGO_EINTERRUPTED);
	snprintf(path, sizeof path, "%s/measure/test.json", out_dir);
	assert_false(files_exists(path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_time),	 TEST(test_order),	 TEST(test_budget),
		TEST(test_user_time),	 TEST(test_outputs),	 TEST(test_errors),
		TEST(test_cachegrind),	 TEST(test_no_valgrind), TEST(test_cachegrind_files),
		TEST(test_interruption),
	};
	return cmocka_run_group_tests(tests, make_programs, drop_programs);
}
