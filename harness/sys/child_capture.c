/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/sys/child_internal.h"

#define CAPTURE_LIMIT ((size_t)1 << 20)
#define LAST_LINE_LIMIT 256

static const char *signal_text(int number, char out[64])
{
	const char *text = sigdescr_np(number);
	if (text)
		snprintf(out, 64, "%d (%s)", number, text);
	else
		snprintf(out, 64, "%d", number);
	return out;
}

static bool stop_was_planned(const struct child_spec *spec)
{
	return spec->stop_after_s > 0 && (spec->timeout_s <= 0 || spec->stop_after_s <= spec->timeout_s);
}

static void killed_text(const struct child_spec *spec, char *out, size_t size)
{
	char number[64];
	double grace = spec->grace_s > 0 ? spec->grace_s : 5;
	signal_text(spec->stop_signal ? spec->stop_signal : SIGTERM, number);
	if (stop_was_planned(spec))
		snprintf(out, size, "was asked to stop after %g s by signal %s and had to be killed %g s later",
			 spec->stop_after_s, number, grace);
	else
		snprintf(out, size, "timed out after %g s, did not end on signal %s and had to be killed %g s later",
			 spec->timeout_s, number, grace);
}

static void ended_text(const struct child_result *result, char *out, size_t size)
{
	char number[64];
	if (result->signal)
		snprintf(out, size, "was killed by signal %s", signal_text(result->signal, number));
	else
		snprintf(out, size, "exited with status %d", result->status);
}

char *child_result_text(const struct child_result *result, const struct child_spec *spec, char *out, size_t size)
{
	char ended[128];
	switch (result->end) {
	case CHILD_EXITED:
	case CHILD_SIGNALED:
		ended_text(result, out, size);
		break;
	case CHILD_TIMEOUT:
		snprintf(out, size, "timed out after %g s", spec->timeout_s);
		break;
	case CHILD_STOPPED:
		ended_text(result, ended, sizeof ended);
		snprintf(out, size, "was asked to stop after %g s and %s", spec->stop_after_s, ended);
		break;
	case CHILD_KILLED:
		killed_text(spec, out, size);
		break;
	case CHILD_EXEC_FAILED:
		snprintf(out, size, "could not be executed: %s", strerror(result->exec_errno));
		break;
	}
	return out;
}

/* At most `limit` bytes of a memory file, NUL-terminated; NULL when out of memory. */
static char *read_memory_file(int fd, size_t limit)
{
	off_t size = lseek(fd, 0, SEEK_END);
	size_t want = size < 0 ? 0 : (size_t)size, got = 0;
	if (want > limit)
		want = limit;
	char *text = malloc(want + 1);
	if (!text)
		return NULL;
	while (got < want) {
		ssize_t n = pread(fd, text + got, want - got, (off_t)got);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	text[got] = 0;
	return text;
}

/* The last line that is not blank, cut to a message's size. */
static void last_line(int fd, char out[LAST_LINE_LIMIT])
{
	char tail[4096];
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)sizeof tail - 1 ? size - ((off_t)sizeof tail - 1) : 0;
	ssize_t n = pread(fd, tail, sizeof tail - 1, from);
	out[0] = 0;
	if (n <= 0)
		return;
	tail[n] = 0;
	while (n > 0 && strchr(" \t\r\n", tail[n - 1]))
		tail[--n] = 0;
	char *line = strrchr(tail, '\n');
	snprintf(out, LAST_LINE_LIMIT, "%.*s", LAST_LINE_LIMIT - 1, line ? line + 1 : tail);
}

static int capture_failure(const struct child_result *result, const struct child_spec *spec, int errors,
			   struct pgo_error *err)
{
	char how[256], line[LAST_LINE_LIMIT];
	child_result_text(result, spec, how, sizeof how);
	last_line(errors, line);
	if (result->end == CHILD_EXEC_FAILED || !line[0])
		return pgo_error_set(err, PGO_ECHILD, "'%s' %s", spec->argv[0], how);
	return pgo_error_set(err, PGO_ECHILD, "'%s' %s: %s", spec->argv[0], how, line);
}

int child_capture(char **out, const char *const *argv, const char *const *env, const char *cwd, struct pgo_error *err)
{
	char out_path[64], err_path[64];
	struct child_result result = {0};
	int code, out_fd = memfd_create("stdout", MFD_CLOEXEC), err_fd = memfd_create("stderr", MFD_CLOEXEC);
	if (out_fd < 0 || err_fd < 0) {
		code = pgo_error_errno(err, "cannot make room for the output of '%s'", argv[0]);
		goto done;
	}
	snprintf(out_path, sizeof out_path, "/proc/self/fd/%d", out_fd);
	snprintf(err_path, sizeof err_path, "/proc/self/fd/%d", err_fd);
	struct child_spec spec = {
		.argv = argv, .env = env, .cwd = cwd, .stdout_path = out_path, .stderr_path = err_path};
	code = child_run(&result, &spec, err);
	if (code != PGO_OK)
		goto done;
	if (result.end != CHILD_EXITED || result.status != 0) {
		code = capture_failure(&result, &spec, err_fd, err);
		goto done;
	}
	char *text = read_memory_file(out_fd, CAPTURE_LIMIT);
	if (text)
		*out = text;
	else
		code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
done:
	if (out_fd >= 0)
		close(out_fd);
	if (err_fd >= 0)
		close(err_fd);
	return code;
}
