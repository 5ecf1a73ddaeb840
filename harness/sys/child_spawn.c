/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/sys/child_internal.h"

extern char **environ;

/* What a child that could not start tells its parent through the CLOEXEC pipe; nothing at all means it runs. */
struct start_failure {
	bool is_cwd;
	int code;
};

int64_t child_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static size_t env_key_length(const char *entry)
{
	return strcspn(entry, "=");
}

/* Our environment with `added` on top, as a heap array of borrowed strings; a later entry replaces an earlier one. */
static char **merged_env(const char *const *added)
{
	size_t have = 0, more = 0;
	while (environ && environ[have])
		have++;
	while (added && added[more])
		more++;
	char **env = calloc(have + more + 1, sizeof *env);
	if (!env)
		return NULL;
	size_t count = 0;
	for (size_t i = 0; i < have + more; i++) {
		const char *entry = i < have ? environ[i] : added[i - have];
		size_t key = env_key_length(entry), at = 0;
		while (at < count && (env_key_length(env[at]) != key || strncmp(env[at], entry, key) != 0))
			at++;
		env[at] = (char *)entry;
		count += at == count;
	}
	return env;
}

static const char *env_value(char *const *env, const char *key)
{
	size_t length = strlen(key);
	for (; *env; env++)
		if (strncmp(*env, key, length) == 0 && (*env)[length] == '=')
			return *env + length + 1;
	return NULL;
}

static bool has_type(const char *path, mode_t type)
{
	struct stat st;
	return stat(path, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

/*
 * execvp without its detour: a file the kernel cannot run is never handed to a shell. Returns why nothing could be
 * executed.
 */
static int exec_search(const char *const *argv, char *const *env)
{
	char path[4096];
	if (strchr(argv[0], '/')) {
		execve(argv[0], (char *const *)argv, env);
		int code = errno;
		/* "Permission denied" for a directory would send people to chmod. */
		return code == EACCES && has_type(argv[0], S_IFDIR) ? EISDIR : code;
	}
	const char *search = env_value(env, "PATH");
	if (!search)
		search = "/usr/local/bin:/usr/bin:/bin";
	int why = ENOENT;
	for (;;) {
		int length = (int)strcspn(search, ":");
		int need = snprintf(path, sizeof path, "%.*s%s%s", length, search, length ? "/" : "", argv[0]);
		if (need >= 0 && (size_t)need < sizeof path) {
			execve(path, (char *const *)argv, env);
			/* Also what a directory of PATH answers that we may not look into: no news of the program. */
			if (errno == EACCES)
				why = has_type(path, S_IFREG) ? EACCES : why;
			else if (errno != ENOENT && errno != ENOTDIR)
				return errno;
		}
		if (!search[length])
			return why;
		search += length + 1;
	}
}

/* Default handling of every signal and none blocked; only an ignored HUP (nohup) is passed on. */
static void reset_signals(void)
{
	for (int number = 1; number < NSIG; number++) {
		struct sigaction now;
		if (sigaction(number, NULL, &now) != 0 || now.sa_handler == SIG_DFL)
			continue;
		if (number == SIGHUP && now.sa_handler == SIG_IGN)
			continue;
		signal(number, SIG_DFL);
	}
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

struct start {
	const struct child_spec *spec;
	char **env;
	int in, out, errors; /* at least 3 each; `errors` may equal `out` */
	int report;	     /* write end of the failure pipe */
	pid_t parent;
};

/* In the new process, before exec: everything async-signal-safe, nothing of the parent's is left in it. */
_Noreturn static void child_main(const struct start *start)
{
	struct start_failure failure = {false, 0};
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != start->parent)
		_exit(127);
	reset_signals();
	if (dup2(start->in, 0) < 0 || dup2(start->out, 1) < 0 || dup2(start->errors, 2) < 0)
		failure.code = errno;
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (failure.code == 0 && start->spec->cwd && chdir(start->spec->cwd) != 0)
		failure = (struct start_failure){true, errno};
	if (failure.code == 0)
		failure.code = exec_search(start->spec->argv, start->env);
	ssize_t ignored = write(start->report, &failure, sizeof failure);
	(void)ignored;
	_exit(127);
}

/* Open a redirection above the standard descriptors, so that dup2 always makes a copy without CLOEXEC. */
static int open_redirection(int *fd, const char *path, int flags, struct pgo_error *err)
{
	int raw = open(path ? path : "/dev/null", flags | O_CLOEXEC, 0666);
	if (raw >= 0 && raw < 3) {
		int moved = fcntl(raw, F_DUPFD_CLOEXEC, 3);
		int saved = errno;
		close(raw);
		errno = saved;
		raw = moved;
	}
	if (raw < 0) {
		int code = pgo_error_errno(err, "cannot open for the standard %s of a program",
					   (flags & O_ACCMODE) == O_RDONLY ? "input" : "output");
		pgo_error_path(err, path ? path : "/dev/null");
		return code;
	}
	*fd = raw;
	return PGO_OK;
}

static int open_redirections(struct start *start, struct pgo_error *err)
{
	const struct child_spec *spec = start->spec;
	int flags = O_WRONLY | O_CREAT | O_TRUNC;
	int code = open_redirection(&start->in, spec->stdin_path, O_RDONLY, err);
	if (code == PGO_OK)
		code = open_redirection(&start->out, spec->stdout_path, flags, err);
	if (code != PGO_OK)
		return code;
	if (spec->stderr_path && spec->stdout_path && strcmp(spec->stderr_path, spec->stdout_path) == 0) {
		start->errors = start->out;
		return PGO_OK;
	}
	return open_redirection(&start->errors, spec->stderr_path, flags, err);
}

static pid_t fork_child(const struct start *start)
{
	sigset_t all, before;
	sigfillset(&all);
	/* Our handlers must not run in the child, where they would write into the parent's self-pipe. */
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	if (pid == 0)
		child_main(start);
	int saved = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

/* Wait until the child executed its program (end of file) or reported why it could not. */
static struct start_failure read_failure(int fd)
{
	struct start_failure failure = {false, 0};
	ssize_t got;
	do
		got = read(fd, &failure, sizeof failure);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof failure)
		failure = (struct start_failure){false, 0};
	return failure;
}

/* Fork, learn whether exec worked, and take hold of the child; the write end of the failure pipe is closed. */
static int adopt(struct child_process *out, struct start *start, int report_read, struct pgo_error *err)
{
	struct child_process child = {.pidfd = -1, .start_ns = child_now_ns()};
	int code = PGO_OK;
	child.pid = fork_child(start);
	if (child.pid < 0)
		return pgo_error_errno(err, "cannot start '%s'", start->spec->argv[0]);
	close(start->report);
	start->report = -1;
	setpgid(child.pid, child.pid);
	struct start_failure failure = read_failure(report_read);
	child.exec_errno = failure.code;
	if (failure.is_cwd) {
		errno = failure.code;
		code = pgo_error_errno(err, "cannot enter the working directory of '%s'", start->spec->argv[0]);
		pgo_error_path(err, start->spec->cwd);
	} else {
		child.pidfd = pidfd_open(child.pid, 0);
		if (child.pidfd < 0)
			code = pgo_error_errno(err, "cannot watch '%s'", start->spec->argv[0]);
	}
	if (code != PGO_OK) {
		kill(-child.pid, SIGKILL);
		waitpid(child.pid, NULL, 0);
		return code;
	}
	*out = child;
	return PGO_OK;
}

int child_spawn(struct child_process *out, const struct child_spec *spec, struct pgo_error *err)
{
	struct start start = {.spec = spec, .in = -1, .out = -1, .errors = -1, .report = -1, .parent = getpid()};
	int report[2] = {-1, -1};
	int code = PGO_OK;

	start.env = merged_env(spec->env);
	if (!start.env) {
		code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
		goto done;
	}
	code = open_redirections(&start, err);
	if (code != PGO_OK)
		goto done;
	if (pipe2(report, O_CLOEXEC) == 0) {
		/* Above the standard descriptors, or the child's dup2 would overwrite it. */
		start.report = fcntl(report[1], F_DUPFD_CLOEXEC, 3);
		close(report[1]);
	}
	if (start.report < 0) {
		code = pgo_error_errno(err, "cannot make a pipe to start '%s'", spec->argv[0]);
		goto done;
	}
	code = adopt(out, &start, report[0], err);
done:
	if (report[0] >= 0)
		close(report[0]);
	if (start.report >= 0)
		close(start.report);
	if (start.in >= 0)
		close(start.in);
	if (start.out >= 0)
		close(start.out);
	if (start.errors >= 0 && start.errors != start.out)
		close(start.errors);
	free(start.env);
	return code;
}
