/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/sys/child.h"
#include "harness/sys/files.h"

/* Real children throughout; each test works in its own temporary directory. */

static char directory[256];

static int make_directory(void **state)
{
	(void)state;
	const char *base = getenv("TMPDIR");
	snprintf(directory, sizeof directory, "%s/child.XXXXXX", base ? base : "/tmp");
	return mkdtemp(directory) ? 0 : -1;
}

static int drop_directory(void **state)
{
	(void)state;
	return files_remove_tree(directory, NULL);
}

/* A path in the test's directory; valid until the fourth call after. */
static const char *in_directory(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", directory, name);
	return path;
}

static void put(const char *path, const char *text, mode_t mode)
{
	assert_int_equal(files_write_atomic(path, text, strlen(text), NULL), PGO_OK);
	assert_int_equal(chmod(path, mode), 0);
}

static void assert_file(const char *path, const char *expected)
{
	char *text = NULL;
	assert_int_equal(files_read(&text, NULL, path, NULL), PGO_OK);
	assert_string_equal(text, expected);
	free(text);
}

static struct child_result run(const char *const *argv)
{
	struct child_result result = {0};
	struct child_spec spec = {.argv = argv};
	struct pgo_error err = {0};
	int code = child_run(&result, &spec, &err);
	if (code != PGO_OK)
		print_error("%s\n", err.message);
	assert_int_equal(code, PGO_OK);
	return result;
}

static struct child_result run_shell(const char *script)
{
	return run((const char *[]){"sh", "-c", script, NULL});
}

static void assert_text(const struct child_result *result, const struct child_spec *spec, const char *expected)
{
	char text[256];
	assert_string_equal(child_result_text(result, spec, text, sizeof text), expected);
}

static bool is_gone(pid_t pid)
{
	char path[64], *text = NULL;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (files_read(&text, NULL, path, NULL) != PGO_OK)
		return true;
	char *after_name = strrchr(text, ')');
	bool zombie = after_name && after_name[2] == 'Z'; /* ended; its new parent has not asked yet */
	free(text);
	return zombie;
}

/* Orphans are reaped by someone else, so their end cannot be waited for, only watched. */
static void assert_ends(pid_t pid)
{
	for (int i = 0; i < 200 && !is_gone(pid); i++)
		nanosleep(&(struct timespec){0, 10000000}, NULL);
	assert_true(is_gone(pid));
}

static pid_t read_pid(const char *path)
{
	for (int i = 0; i < 300; i++) {
		char *text = NULL;
		if (files_read(&text, NULL, path, NULL) == PGO_OK) {
			char *newline = strchr(text, '\n');
			pid_t pid = newline ? (pid_t)atoi(text) : 0;
			free(text);
			if (pid > 0)
				return pid;
		}
		nanosleep(&(struct timespec){0, 10000000}, NULL);
	}
	fail_msg("no process id in %s", path);
	return -1;
}

static void test_exit_status(void **state)
{
	(void)state;
	struct child_result zero = run_shell("exit 0"), three = run_shell("exit 3");
	assert_int_equal(zero.end, CHILD_EXITED);
	assert_int_equal(zero.status, 0);
	assert_int_equal(three.end, CHILD_EXITED);
	assert_int_equal(three.status, 3);
	assert_int_equal(three.signal, 0);
	assert_text(&three, &(struct child_spec){0}, "exited with status 3");
	assert_int_equal(run_shell("exit 127").end, CHILD_EXITED); /* not taken for an exec failure */
}

static void test_signal_death(void **state)
{
	(void)state;
	struct child_result result = run_shell("kill -SEGV $$");
	assert_int_equal(result.end, CHILD_SIGNALED);
	assert_int_equal(result.signal, SIGSEGV);
	assert_text(&result, &(struct child_spec){0}, "was killed by signal 11 (Segmentation fault)");
}

static void assert_exec_failure(const char *program, int expected, const char *text)
{
	struct child_result result = run((const char *[]){program, NULL});
	assert_int_equal(result.end, CHILD_EXEC_FAILED);
	assert_int_equal(result.exec_errno, expected);
	assert_text(&result, &(struct child_spec){0}, text);
}

static void test_exec_failure(void **state)
{
	(void)state;
	put(in_directory("plain"), "#!/bin/sh\n", 0644);
	put(in_directory("no-magic"), "echo a shell ran this\n", 0755);
	assert_exec_failure("no-such-program-anywhere", ENOENT, "could not be executed: No such file or directory");
	assert_exec_failure(in_directory("missing"), ENOENT, "could not be executed: No such file or directory");
	assert_exec_failure(in_directory("plain"), EACCES, "could not be executed: Permission denied");
	assert_exec_failure(directory, EISDIR, "could not be executed: Is a directory");
	assert_exec_failure(in_directory("no-magic"), ENOEXEC, "could not be executed: Exec format error");
}

static void test_path_and_environment(void **state)
{
	(void)state;
	struct child_result result;
	char path[300];
	put(in_directory("found-by-path"), "#!/bin/sh\necho \"$WORD\"; exit 7\n", 0755);
	snprintf(path, sizeof path, "PATH=/nowhere:%s:/usr/bin:/bin", directory);
	struct child_spec spec = {.argv = (const char *[]){"found-by-path", NULL},
				  .env = (const char *[]){"WORD=first", path, "WORD=second", NULL},
				  .stdout_path = in_directory("out")};
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_int_equal(result.end, CHILD_EXITED);
	assert_int_equal(result.status, 7);
	assert_file(in_directory("out"), "second\n");
}

static void test_working_directory(void **state)
{
	(void)state;
	struct child_result result;
	struct pgo_error err = {0};
	struct child_spec spec = {
		.argv = (const char *[]){"pwd", NULL}, .cwd = "/usr", .stdout_path = in_directory("out")};
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_file(in_directory("out"), "/usr\n");
	spec.cwd = in_directory("missing");
	assert_int_equal(child_run(&result, &spec, &err), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot enter the working directory of 'pwd': No such file or directory");
	assert_string_equal(err.path, in_directory("missing"));
}

static void test_redirection(void **state)
{
	(void)state;
	struct child_result result;
	put(in_directory("in"), "one\ntwo\n", 0644);
	put(in_directory("out"), "what was here before is truncated", 0644);
	struct child_spec spec = {.argv = (const char *[]){"sh", "-c", "cat; echo oops >&2", NULL},
				  .stdin_path = in_directory("in"),
				  .stdout_path = in_directory("out"),
				  .stderr_path = in_directory("err")};
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_file(in_directory("out"), "one\ntwo\n");
	assert_file(in_directory("err"), "oops\n");

	spec.argv = (const char *[]){"sh", "-c", "echo 1; echo 2 >&2; echo 3", NULL};
	spec.stdin_path = NULL;
	spec.stdout_path = spec.stderr_path = in_directory("both");
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_file(in_directory("both"), "1\n2\n3\n");
	assert_int_equal(run_shell("read line && exit 9; exit 4").status, 4); /* /dev/null */
}

static void test_missing_redirections(void **state)
{
	(void)state;
	struct child_result result;
	struct pgo_error err = {0};
	struct child_spec spec = {.argv = (const char *[]){"true", NULL}, .stdin_path = in_directory("missing")};
	assert_int_equal(child_run(&result, &spec, &err), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot open for the standard input of a program: No such file or directory");
	assert_string_equal(err.path, in_directory("missing"));

	err = (struct pgo_error){0};
	spec = (struct child_spec){.argv = (const char *[]){"true", NULL}, .stdout_path = in_directory("no/dir")};
	assert_int_equal(child_run(&result, &spec, &err), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot open for the standard output of a program: No such file or directory");
	assert_string_equal(err.path, in_directory("no/dir"));
}

static void test_full_device(void **state)
{
	(void)state;
	struct child_result result;
	struct child_spec spec = {.argv = (const char *[]){"seq", "100000", NULL},
				  .stdout_path = "/dev/full",
				  .stderr_path = in_directory("err")};
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_int_equal(result.end, CHILD_EXITED);
	assert_int_equal(result.status, 1);
}

static void test_timeout_ends_by_term(void **state)
{
	(void)state;
	struct child_result result;
	struct child_spec spec = {.argv = (const char *[]){"sleep", "30", NULL}, .timeout_s = 0.1};
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_int_equal(result.end, CHILD_TIMEOUT);
	assert_int_equal(result.signal, SIGTERM);
	assert_in_range(result.wall_ns, 100000000, 3000000000);
	assert_text(&result, &spec, "timed out after 0.1 s");
}

static void test_timeout_needs_kill(void **state)
{
	(void)state;
	struct child_result result;
	struct child_spec spec = {
		.argv = (const char *[]){"sh", "-c", "trap '' TERM; while :; do sleep 0.05; done", NULL},
		.timeout_s = 0.2,
		.grace_s = 0.2};
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_int_equal(result.end, CHILD_KILLED);
	assert_int_equal(result.signal, SIGKILL);
	assert_in_range(result.wall_ns, 400000000, 3000000000);
	assert_text(&result, &spec,
		    "timed out after 0.2 s, did not end on signal 15 (Terminated) and had to be killed 0.2 s later");
}

static void test_planned_stop(void **state)
{
	(void)state;
	struct child_result result;
	const char *script = "trap 'exit 5' INT; while :; do sleep 0.02; done";
	struct child_spec spec = {.argv = (const char *[]){"sh", "-c", script, NULL},
				  .timeout_s = 20,
				  .stop_after_s = 0.2,
				  .stop_signal = SIGINT};
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_int_equal(result.end, CHILD_STOPPED);
	assert_int_equal(result.status, 5);
	assert_int_equal(result.signal, 0);
	assert_text(&result, &spec, "was asked to stop after 0.2 s and exited with status 5");

	spec.argv = (const char *[]){"sh", "-c", "kill -STOP $$", NULL}; /* even one that was stopped hears it */
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_int_equal(result.end, CHILD_STOPPED);
	assert_int_equal(result.signal, SIGINT);
}

static void test_group_is_killed(void **state)
{
	(void)state;
	struct child_result result;
	char script[1024];
	/* The leader goes at once on TERM; what it started ignores TERM. */
	snprintf(script, sizeof script, "(trap '' TERM; while :; do sleep 1; done) & echo $! > %s; wait",
		 in_directory("pid"));
	struct child_spec spec = {.argv = (const char *[]){"sh", "-c", script, NULL}, .timeout_s = 0.3};
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_int_equal(result.end, CHILD_TIMEOUT);
	assert_ends(read_pid(in_directory("pid")));

	/* So is what a leader leaves behind that ends by itself. */
	snprintf(script, sizeof script, "sleep 60 & echo $! > %s", in_directory("pid"));
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	assert_int_equal(result.end, CHILD_EXITED);
	assert_ends(read_pid(in_directory("pid")));
}

/* Not only killed but gone, not even a zombie, when the call returns. In a process of its own: the signals are
 * installed. */
static void test_group_is_waited_for(void **state)
{
	(void)state;
	const char *path = in_directory("waited");
	char script[1024];
	int status;
	snprintf(script, sizeof script, "sh -c 'sleep 60; :' & echo $! > %s", path);
	pid_t pid = fork();
	if (pid == 0) {
		struct child_result result;
		struct child_spec spec = {.argv = (const char *[]){"sh", "-c", script, NULL}};
		if (child_signals_install(NULL) != PGO_OK || child_run(&result, &spec, NULL) != PGO_OK)
			_exit(2);
		_exit(kill(read_pid(path), 0) == -1 && errno == ESRCH && result.wall_ns < 10000000000 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_resource_usage(void **state)
{
	(void)state;
	struct child_result idle = run((const char *[]){"sleep", "0.2", NULL});
	assert_in_range(idle.wall_ns, 200000000, 3000000000);
	assert_in_range(idle.user_ns + idle.sys_ns, 0, 100000000);

	/* Grandchildren count, and memory is that of the child, not the largest so far. */
	struct child_result busy = run_shell("sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; :");
	assert_in_range(busy.user_ns, 30000000, 10000000000);
	assert_true(busy.wall_ns + 50000000 > busy.user_ns);
	struct child_result large =
		run((const char *[]){"dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1", NULL});
	assert_in_range(large.rss_bytes, 64 << 20, 128 << 20);
	assert_in_range(run_shell(":").rss_bytes, 64 << 10, 32 << 20);
}

static void test_child_inherits_nothing(void **state)
{
	(void)state;
	struct child_result result;
	sigset_t blocked, before;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	int extra = dup(2); /* without CLOEXEC */
	struct child_spec spec = {
		.argv = (const char *[]){"sh", "-c", "sed -n '/^Sig[BIC]/p' /proc/self/status; ls /proc/self/fd", NULL},
		.stdout_path = in_directory("out")};
	assert_int_equal(child_run(&result, &spec, NULL), PGO_OK);
	close(extra);
	signal(SIGPIPE, old);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_file(in_directory("out"),
		    "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n"
		    "0\n1\n2\n3\n"); /* 3 is ls reading the directory */
}

struct pool_test {
	char text[8][8];
	const char *argv[8][4];
	int statuses[8];
	int running, most, fail_at, done_calls;
	size_t started;
};

static int pool_next(void *user, size_t i, struct child_spec *spec, struct pgo_error *err)
{
	(void)err;
	struct pool_test *t = user;
	snprintf(t->text[i], sizeof t->text[i], "exit %zu", i % 3);
	t->argv[i][0] = "sh";
	t->argv[i][1] = "-c";
	t->argv[i][2] = t->text[i];
	spec->argv = t->argv[i];
	t->started++;
	if (++t->running > t->most)
		t->most = t->running;
	return PGO_OK;
}

static int pool_done(void *user, size_t i, const struct child_result *result, struct pgo_error *err)
{
	struct pool_test *t = user;
	t->running--;
	t->done_calls++;
	t->statuses[i] = result->end == CHILD_EXITED ? result->status : -1;
	if ((int)i == t->fail_at)
		return pgo_error_set(err, PGO_ECHILD, "item %zu", i);
	return PGO_OK;
}

static void test_pool(void **state)
{
	(void)state;
	struct pool_test t = {.fail_at = -1};
	struct child_pool pool = {.jobs = 3, .count = 8, .user = &t, .next = pool_next, .done = pool_done};
	assert_int_equal(child_pool_run(&pool, NULL), PGO_OK);
	for (int i = 0; i < 8; i++)
		assert_int_equal(t.statuses[i], i % 3);
	assert_int_equal(t.most, 3);

	struct pool_test failing = {.fail_at = 2};
	struct pgo_error err = {0};
	pool.user = &failing;
	pool.jobs = 1;
	assert_int_equal(child_pool_run(&pool, &err), PGO_ECHILD);
	assert_string_equal(err.message, "item 2");
	assert_int_equal(failing.started, 3);
	assert_int_equal(failing.done_calls, 3);
}

static int sleepers_next(void *user, size_t i, struct child_spec *spec, struct pgo_error *err)
{
	static const char *const fails[] = {"sh", "-c", "sleep 0.2; exit 1", NULL};
	static const char *const sleeps[] = {"sleep", "30", NULL};
	(void)user;
	(void)err;
	spec->argv = i == 0 ? fails : sleeps;
	return PGO_OK;
}

static int sleepers_done(void *user, size_t i, const struct child_result *result, struct pgo_error *err)
{
	(void)i;
	++*(int *)user;
	return result->status ? pgo_error_set(err, PGO_ECHILD, "one failed") : PGO_OK;
}

static void test_pool_stops_the_rest(void **state)
{
	(void)state;
	int done = 0;
	time_t start = time(NULL);
	struct child_pool pool = {.jobs = 3, .count = 5, .user = &done, .next = sleepers_next, .done = sleepers_done};
	assert_int_equal(child_pool_run(&pool, NULL), PGO_ECHILD);
	assert_int_equal(done, 1);
	assert_in_range(time(NULL) - start, 0, 5);
}

static void test_capture(void **state)
{
	(void)state;
	char *out = NULL;
	struct pgo_error err = {0};
	assert_int_equal(child_capture(&out, (const char *[]){"printf", "a\\nb", NULL}, NULL, NULL, NULL), PGO_OK);
	assert_string_equal(out, "a\nb");
	free(out);
	const char *script = "echo first >&2; echo 'the reason' >&2; echo >&2; exit 2";
	assert_int_equal(child_capture(&out, (const char *[]){"sh", "-c", script, NULL}, NULL, NULL, &err), PGO_ECHILD);
	assert_string_equal(err.message, "'sh' exited with status 2: the reason");
	err = (struct pgo_error){0};
	assert_int_equal(child_capture(&out, (const char *[]){"no-such-tool", NULL}, NULL, NULL, &err), PGO_ECHILD);
	assert_string_equal(err.message, "'no-such-tool' could not be executed: No such file or directory");
	assert_int_equal(
		child_capture(&out, (const char *[]){"head", "-c", "1500000", "/dev/zero", NULL}, NULL, NULL, NULL),
		PGO_OK);
	free(out);
}

/* A driver process that runs `script` in a pool of two and exits with minus the pool's code. */
static int driver_next(void *user, size_t i, struct child_spec *spec, struct pgo_error *err)
{
	static char script[2][1024];
	static const char *argv[2][4];
	(void)err;
	snprintf(script[i], sizeof script[i], "echo $$ > %s/pid%zu; %s", directory, i, (const char *)user);
	argv[i][0] = "sh";
	argv[i][1] = "-c";
	argv[i][2] = script[i];
	spec->argv = argv[i];
	spec->grace_s = 20;
	return PGO_OK;
}

static pid_t start_driver(const char *script)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct child_pool pool = {.jobs = 2, .count = 2, .user = (void *)script, .next = driver_next};
		struct pgo_error err = {0};
		signal(SIGINT, SIG_DFL); /* a shell's background job starts with it ignored, and so it would stay */
		if (child_signals_install(NULL) != PGO_OK)
			_exit(99);
		int code = child_pool_run(&pool, &err);
		bool named = strcmp(err.message, "interrupted by SIGINT") == 0 && child_interrupt_signal() == SIGINT;
		_exit(named ? -code : 98);
	}
	assert_true(pid > 0);
	return pid;
}

static void test_interruption(void **state)
{
	(void)state;
	int status;
	char script[600];
	snprintf(script, sizeof script, "trap 'echo bye > %s/said; exit 0' TERM; while :; do sleep 0.02; done",
		 directory);
	pid_t driver = start_driver(script), first = read_pid(in_directory("pid0")),
	      second = read_pid(in_directory("pid1"));
	nanosleep(&(struct timespec){0, 100000000}, NULL); /* the shells set their traps */
	kill(driver, SIGINT);
	assert_int_equal(waitpid(driver, &status, 0), driver);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), -PGO_EINTERRUPTED);
	assert_true(is_gone(first) && is_gone(second));
	assert_file(in_directory("said"), "bye\n"); /* asked, not killed */
}

static void test_second_interruption_kills(void **state)
{
	(void)state;
	int status;
	pid_t driver = start_driver("trap '' TERM INT; while :; do sleep 0.02; done");
	pid_t first = read_pid(in_directory("pid0")), second = read_pid(in_directory("pid1"));
	nanosleep(&(struct timespec){0, 100000000}, NULL);
	kill(driver, SIGINT);
	nanosleep(&(struct timespec){0, 300000000}, NULL);
	assert_false(is_gone(first) || is_gone(driver));
	kill(driver, SIGINT);
	time_t start = time(NULL);
	assert_int_equal(waitpid(driver, &status, 0), driver);
	assert_int_equal(WEXITSTATUS(status), -PGO_EINTERRUPTED);
	assert_in_range(time(NULL) - start, 0, 5); /* not the 20 s of grace */
	assert_true(is_gone(first) && is_gone(second));
}

static void test_killed_driver_leaves_nothing(void **state)
{
	(void)state;
	pid_t driver = start_driver("while :; do sleep 0.02; done");
	pid_t first = read_pid(in_directory("pid0"));
	kill(driver, SIGKILL);
	waitpid(driver, NULL, 0);
	assert_ends(first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, drop_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_exit_status),
		TEST(test_signal_death),
		TEST(test_exec_failure),
		TEST(test_path_and_environment),
		TEST(test_working_directory),
		TEST(test_redirection),
		TEST(test_missing_redirections),
		TEST(test_full_device),
		TEST(test_timeout_ends_by_term),
		TEST(test_timeout_needs_kill),
		TEST(test_planned_stop),
		TEST(test_group_is_killed),
		TEST(test_group_is_waited_for),
		TEST(test_resource_usage),
		TEST(test_child_inherits_nothing),
		TEST(test_pool),
		TEST(test_pool_stops_the_rest),
		TEST(test_capture),
		TEST(test_interruption),
		TEST(test_second_interruption_kills),
		TEST(test_killed_driver_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
