/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/replay/replay.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/* Replays of a real instrumented program, built here by whichever clang has its profile runtime. */

static const char program_text[] =
	"#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
	"static volatile sig_atomic_t stop;\n"
	"static void on_term(int s) { stop = s; }\n"
	"int main(int argc, char **argv) {\n"
	"	const char *mode = argc > 1 ? argv[1] : \"\";\n"
	"	char line[100];\n"
	"	if (strcmp(mode, \"cat\") == 0) while (fgets(line, sizeof line, stdin)) fputs(line, stdout);\n"
	"	if (strcmp(mode, \"touch\") == 0) { if (access(\"mark\", F_OK) == 0) return 9; fclose(fopen(\"mark\", "
	"\"w\")); }\n"
	"	if (strcmp(mode, \"complain\") == 0) { fputs(\"first\\nthe reason\\n\", stderr); return 3; }\n"
	"	if (strcmp(mode, \"crash\") == 0) raise(SIGSEGV);\n"
	"	if (strcmp(mode, \"vanish\") == 0) _exit(0);\n"
	"	if (strcmp(mode, \"fork\") == 0 && fork() == 0) { puts(\"child\"); return 0; }\n"
	"	if (strcmp(mode, \"lock\") == 0) { system(\"rm -rf ../profile; touch ../profile\"); }\n"
	"	if (strcmp(mode, \"serve\") == 0) { signal(SIGTERM, on_term); while (!stop) usleep(1000); return 77; "
	"}\n"
	"	if (strcmp(mode, \"hang\") == 0) { signal(SIGTERM, SIG_IGN); for (;;) pause(); }\n"
	"	if (strcmp(mode, \"sleep\") == 0) sleep(30);\n"
	"	return 0;\n"
	"}\n";

static char directory[256], out_dir[300], binary[300];
static struct corpus corpus;
static struct workload workloads[4];
static struct replay_outcome outcomes[4];
static struct replay_options options;

static bool compile(void)
{
	static const char *const compilers[] = {"clang-22", "clang", "clang-14"};
	char source[300], *output = NULL;
	snprintf(source, sizeof source, "%s/program.c", directory);
	files_write_atomic(source, program_text, sizeof program_text - 1, NULL);
	for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
		const char *argv[] = {compilers[i], "-w", "-O1", "-fprofile-generate", source, "-o", binary, NULL};
		if (child_capture(&output, argv, NULL, NULL, NULL) == PGO_OK) {
			free(output);
			return true;
		}
	}
	return false;
}

static int make_program(void **state)
{
	static bool works;
	const char *base = getenv("TMPDIR");
	snprintf(directory, sizeof directory, "%s/replay.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(directory))
		return -1;
	snprintf(binary, sizeof binary, "%s/program", directory);
	snprintf(out_dir, sizeof out_dir, "%s/out", directory);
	progress_init(PROGRESS_QUIET);
	works = compile();
	*state = &works;
	if (!works)
		print_message("no clang with a profile runtime: nothing is replayed\n");
	return 0;
}

static int drop_program(void **state)
{
	(void)state;
	return files_remove_tree(directory, NULL);
}

static void add(const char *id, const char *mode)
{
	struct workload *w = &workloads[corpus.workload_count++];
	*w = (struct workload){.id = (char *)id, .timeout_s = 20, .repeat = 1};
	assert_int_equal(string_list_push(&w->args, mode), 0);
}

static int start(void **state)
{
	(void)state;
	corpus = (struct corpus){.directory = directory, .source = (char *)".", .workloads = workloads};
	options = (struct replay_options){.out_dir = out_dir, .binary = binary, .binary_digest = "d1", .jobs = 2};
	memset(outcomes, 0xff, sizeof outcomes);
	return files_remove_tree(out_dir, NULL);
}

static int finish(void **state)
{
	(void)state;
	for (size_t i = 0; i < corpus.workload_count; i++)
		string_list_release(&workloads[i].args);
	return 0;
}

static void need_compiler(void **state)
{
	if (!**(bool **)state)
		skip();
}

static json_object *read_record(const char *id)
{
	char path[512];
	json_object *record = NULL;
	snprintf(path, sizeof path, "%s/replay/%s/replay.json", out_dir, id);
	assert_int_equal(record_read(&record, path, NULL), PGO_OK);
	return record;
}

static size_t count_runs(json_object *record)
{
	json_object *runs = NULL;
	assert_true(json_object_object_get_ex(record, "runs", &runs));
	return json_object_array_length(runs);
}

static void replay_ok(void)
{
	struct pgo_error err = {0};
	int code = replay_all(outcomes, &corpus, &options, &err);
	if (code != PGO_OK)
		print_error("%s: %s\n", err.path, err.message);
	assert_int_equal(code, PGO_OK);
}

static void test_replay_and_reuse(void **state)
{
	need_compiler(state);
	char path[512], *text = NULL;
	snprintf(path, sizeof path, "%s/in", directory);
	assert_int_equal(files_write_atomic(path, "line\n", 5, NULL), PGO_OK);
	add("cat", "cat");
	workloads[0].stdin_path = (char *)"in";
	add("touch", "touch");
	workloads[1].repeat = 3; /* each in a fresh scratch directory, or it would exit with 9 */
	workloads[1].kind = WORKLOAD_SYNTHETIC;
	workloads[1].role = WORKLOAD_HELDOUT;
	replay_ok();
	for (int i = 0; i < 2; i++) {
		assert_true(outcomes[i].ok);
		assert_false(outcomes[i].reused);
		assert_string_equal(outcomes[i].failure, "");
	}
	snprintf(path, sizeof path, "%s/replay/cat/stdout", out_dir);
	assert_int_equal(files_read(&text, NULL, path, NULL), PGO_OK);
	assert_string_equal(text, "line\n");
	free(text);
	json_object *record = read_record("touch");
	assert_string_equal(record_string(record, "schema", ""), "pgo-harness/replay/1");
	assert_string_equal(record_string(record, "kind", ""), "synthetic");
	assert_string_equal(record_string(record, "role", ""), "heldout");
	assert_true(record_bool(record, "ok", false));
	assert_int_equal(count_runs(record), 3);
	assert_in_range(record_int(record, "raw_files", 0), 1, 3);
	assert_in_range(record_int(record, "raw_bytes", 0), 100, 1 << 20);
	json_object_put(record);

	replay_ok();
	assert_true(outcomes[0].ok && outcomes[0].reused && outcomes[1].ok && outcomes[1].reused);

	/* Another input, another binary, a lost file, a request: each replays what it concerns. */
	snprintf(path, sizeof path, "%s/in", directory);
	assert_int_equal(files_write_atomic(path, "LINE\n", 5, NULL), PGO_OK);
	replay_ok();
	assert_true(!outcomes[0].reused && outcomes[1].reused);
	snprintf(path, sizeof path, "%s/replay/cat/profile", out_dir);
	assert_int_equal(files_remove_tree(path, NULL), PGO_OK);
	replay_ok();
	assert_true(!outcomes[0].reused && outcomes[1].reused);
	options.binary_digest = "d2";
	replay_ok();
	assert_true(!outcomes[0].reused && !outcomes[1].reused);
	options.fresh = true;
	replay_ok();
	assert_true(!outcomes[0].reused && !outcomes[1].reused);
}

static void test_truncated_file_is_not_reused(void **state)
{
	need_compiler(state);
	char path[512], **list = NULL;
	size_t count = 0;
	add("plain", "");
	replay_ok();
	snprintf(path, sizeof path, "%s/replay/plain/profile", out_dir);
	assert_int_equal(files_list(&list, &count, path, NULL), PGO_OK);
	assert_int_equal(count, 1);
	snprintf(path, sizeof path, "%s/replay/plain/profile/%s", out_dir, list[0]);
	assert_int_equal(truncate(path, 10), 0);
	files_list_free(list, count);
	replay_ok();
	assert_true(outcomes[0].ok && !outcomes[0].reused);

	/* as long as before, but with a bit turned */
	snprintf(path, sizeof path, "%s/replay/plain/profile", out_dir);
	assert_int_equal(files_list(&list, &count, path, NULL), PGO_OK);
	snprintf(path, sizeof path, "%s/replay/plain/profile/%s", out_dir, list[0]);
	files_list_free(list, count);
	FILE *raw = fopen(path, "r+");
	assert_non_null(raw);
	assert_int_equal(fseek(raw, -1, SEEK_END), 0);
	int last = fgetc(raw);
	assert_int_equal(fseek(raw, -1, SEEK_END), 0);
	assert_int_not_equal(fputc(last ^ 1, raw), EOF);
	assert_int_equal(fclose(raw), 0);
	replay_ok();
	assert_true(outcomes[0].ok && !outcomes[0].reused);

	snprintf(path, sizeof path, "%s/replay/plain/replay.json", out_dir);
	assert_int_equal(files_write_atomic(path, "{\"schema\":", 10, NULL), PGO_OK);
	replay_ok();
	assert_true(outcomes[0].ok && !outcomes[0].reused);
}

static void assert_failure(const char *mode, const char *message, const char *hint_start)
{
	struct pgo_error err = {0};
	corpus.workload_count = 0;
	add("bad", mode);
	workloads[0].timeout_s = 0.3;
	workloads[0].grace_s = 0.2;
	assert_int_equal(replay_all(outcomes, &corpus, &options, &err), PGO_ECHILD);
	assert_string_equal(err.message, message);
	assert_memory_equal(err.hint, hint_start, strlen(hint_start));
	assert_false(outcomes[0].ok);
	json_object *record = read_record("bad");
	assert_false(record_bool(record, "ok", true));
	assert_string_equal(record_string(record, "failure", ""), outcomes[0].failure);
	json_object_put(record);
	string_list_release(&workloads[0].args);
	corpus.workload_count = 0;
}

static void test_failures(void **state)
{
	need_compiler(state);
	char hint[600];
	snprintf(hint, sizeof hint, "its standard error is in '%s/replay/bad/stderr' and ends with: the reason",
		 out_dir);
	assert_failure("complain", "workload 'bad' exited with status 3, expected 0", hint);
	snprintf(hint, sizeof hint, "its standard error, '%s/replay/bad/stderr', is empty", out_dir);
	assert_failure("crash", "workload 'bad' was killed by signal 11 (Segmentation fault)", hint);
	assert_failure("sleep", "workload 'bad' timed out after 0.3 s", hint);
	assert_failure(
		"hang",
		"workload 'bad' timed out after 0.3 s, did not end on signal 15 (Terminated) and had to be killed "
		"0.2 s later",
		hint);
	assert_failure("vanish", "workload 'bad' left no profile",
		       "profiles are written at exit: was it killed, does it end by _exit, ");
}

static void test_missing_binary(void **state)
{
	need_compiler(state);
	struct pgo_error err = {0};
	add("bad", "");
	options.binary = "/nowhere/program";
	assert_int_equal(replay_all(outcomes, &corpus, &options, &err), PGO_ECHILD);
	assert_string_equal(err.message, "workload 'bad' could not be executed: No such file or directory "
					 "('/nowhere/program')");
}

static void test_keep_going(void **state)
{
	need_compiler(state);
	options.keep_going = true;
	options.jobs = 1;
	add("crash", "crash");
	add("fine", "");
	add("vanish", "vanish");
	replay_ok();
	assert_false(outcomes[0].ok);
	assert_string_equal(outcomes[0].failure, "was killed by signal 11 (Segmentation fault)");
	assert_true(outcomes[1].ok);
	assert_string_equal(outcomes[2].failure, "left no profile");
	replay_ok(); /* what failed is tried again, what went well is not */
	assert_true(!outcomes[0].reused && outcomes[1].reused && !outcomes[2].reused);
}

static void test_planned_stop(void **state)
{
	need_compiler(state);
	add("server", "serve");
	workloads[0].stop_after_s = 0.2;
	replay_ok();
	assert_true(outcomes[0].ok); /* its status 77 is not what it is judged by */
	json_object *record = read_record("server"), *runs = NULL;
	json_object_object_get_ex(record, "runs", &runs);
	json_object *run = json_object_array_get_idx(runs, 0);
	assert_string_equal(record_string(run, "end", ""), "stopped");
	assert_int_equal(record_int(run, "status", -1), 77);
	assert_in_range(record_int(run, "wall_ns", 0), 200000000, 5000000000);
	json_object_put(record);
}

static void test_child_processes_have_their_own_files(void **state)
{
	need_compiler(state);
	add("fork", "fork");
	replay_ok();
	json_object *record = read_record("fork");
	assert_in_range(record_int(record, "raw_files", 0), 1, 2); /* the child may be killed before it wrote */
	json_object_put(record);
}

static void test_runtime_complaint(void **state)
{
	need_compiler(state);
	struct pgo_error err = {0};
	add("lock", "lock"); /* takes away the directory its profile should go to */
	assert_int_equal(replay_all(outcomes, &corpus, &options, &err), PGO_ECHILD);
	assert_memory_equal(err.message, "workload 'lock' could not write its profile: LLVM Profile Error: ", 65);
}

static void test_percent_in_path(void **state)
{
	(void)state;
	struct pgo_error err = {0};
	options.out_dir = "/nowhere/100%";
	assert_int_equal(replay_all(outcomes, &corpus, &options, &err), PGO_EINVAL);
	assert_string_equal(err.message, "the path of the run directory must not contain '%'");
}

static void test_full_disk(void **state)
{
	need_compiler(state);
	struct pgo_error err = {0};
	assert_int_equal(files_mkdirs(out_dir, NULL), PGO_OK);
	if (mount("tmpfs", out_dir, "tmpfs", 0, "size=256k") != 0) {
		print_message("no right to mount a small file system\n");
		skip();
	}
	add("fine", "");
	int code = replay_all(outcomes, &corpus, &options, &err);
	umount2(out_dir, MNT_DETACH);
	assert_int_equal(code, PGO_ESYSTEM);
	assert_memory_equal(err.message, "no space left for profiles (", 28);
	assert_string_equal(strrchr(err.path, '/'), "/profile");
	assert_string_equal(err.hint, "free some space there, or choose another run directory with --out");
}

/* Ctrl-C while one workload is done and another runs: the next replay takes up where this one stopped. */
static void test_interruption(void **state)
{
	need_compiler(state);
	int status;
	char path[512];
	add("fine", "");
	add("slow", "sleep");
	snprintf(path, sizeof path, "%s/replay/fine/replay.json", out_dir);
	pid_t driver = fork();
	if (driver == 0) {
		signal(SIGINT, SIG_DFL); /* a shell's background job starts with it ignored, and so it would stay */
		child_signals_install(NULL);
		_exit(-replay_all(outcomes, &corpus, &options, NULL));
	}
	for (int i = 0; i < 300 && !files_exists(path); i++)
		nanosleep(&(struct timespec){0, 10000000}, NULL);
	kill(driver, SIGINT);
	assert_int_equal(waitpid(driver, &status, 0), driver);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), -PGO_EINTERRUPTED);
	snprintf(path, sizeof path, "%s/replay/slow/replay.json", out_dir);
	assert_false(files_exists(path));
	corpus.workload_count = 1;
	replay_ok();
	assert_true(outcomes[0].ok && outcomes[0].reused);
	corpus.workload_count = 2;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_replay_and_reuse),
		TEST(test_truncated_file_is_not_reused),
		TEST(test_failures),
		TEST(test_missing_binary),
		TEST(test_keep_going),
		TEST(test_planned_stop),
		TEST(test_child_processes_have_their_own_files),
		TEST(test_runtime_complaint),
		TEST(test_percent_in_path),
		TEST(test_full_disk),
		TEST(test_interruption),
	};
	return cmocka_run_group_tests(tests, make_program, drop_program);
}
