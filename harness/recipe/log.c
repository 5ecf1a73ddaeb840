/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/recipe/job.h"
#include "harness/sys/child.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/* Commands whose output goes to a log, and what the log says afterwards. */

struct logged {
	const char *what;
	struct child_spec spec;
	struct child_result result;
};

static int next(void *user, size_t i, struct child_spec *spec, struct pgo_error *err)
{
	(void)i;
	(void)err;
	*spec = ((struct logged *)user)->spec;
	return PGO_OK;
}

static int done(void *user, size_t i, const struct child_result *result, struct pgo_error *err)
{
	(void)i;
	(void)err;
	((struct logged *)user)->result = *result;
	return PGO_OK;
}

static void tick(void *user)
{
	progress_live(0, 0, "%s", ((struct logged *)user)->what);
}

/* The command as one line, words with blanks quoted, line breaks as blanks: for people, in log and message. */
static char *command_line(const struct string_list *argv)
{
	size_t total = 1;
	for (size_t i = 0; i < argv->count; i++)
		total += strlen(argv->items[i]) + 3;
	char *out = calloc(total, 1), *to = out;
	for (size_t i = 0; out && i < argv->count; i++) {
		const char *q = strpbrk(argv->items[i], " \t\n\"$&;|<>()*?") || !*argv->items[i] ? "'" : "";
		to += sprintf(to, "%s%s%s%s", i ? " " : "", q, argv->items[i], q);
	}
	for (char *p = out; p && *p; p++)
		*p = *p == '\n' || *p == '\t' ? ' ' : *p;
	return out;
}

/* Last lines of a log, as much as fits into a hint. */
static void hint_from_log(struct pgo_error *err, const char *log)
{
	char *text = NULL;
	size_t length, room = sizeof err->hint - 1;
	if (files_read(&text, &length, log, NULL))
		return;
	while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		text[--length] = 0;
	const char *start = text;
	if (err) {
		char head[sizeof err->hint];
		int used = snprintf(head, sizeof head, "last lines of '%s':\n", log);
		room = used > 0 && (size_t)used < room ? room - (size_t)used : 0;
	}
	/* Whole lines only, eight at most, from the end. */
	int lines = 0;
	for (const char *p = text + length; p > text && lines < 8 && (size_t)(text + length - p) < room; p--)
		if (p[-1] == '\n') {
			start = p;
			lines++;
		} else if (p - 1 == text) {
			start = text;
		}
	if ((size_t)(text + length - start) > room)
		start = text + length - room;
	if (length)
		pgo_error_hint(err, "last lines of '%s':\n%s", log, start);
	else
		pgo_error_hint(err, "it wrote nothing to '%s'", log);
	free(text);
}

static int append(const char *log, const char *piece, const char *title, struct pgo_error *err)
{
	char *text = NULL;
	size_t length;
	int rc = files_read(&text, &length, piece, err);
	if (rc)
		return rc;
	FILE *f = fopen(log, "a");
	if (!f || fprintf(f, "$ %s\n", title) < 0 || fwrite(text, 1, length, f) != length) {
		rc = pgo_error_errno(err, "cannot write '%s'", log);
		if (f)
			fclose(f);
	} else if (fclose(f)) {
		rc = pgo_error_errno(err, "cannot write '%s'", log);
	}
	free(text);
	return rc;
}

int run_logged(const char *what, const struct string_list *argv, const struct string_list *env, const char *cwd,
	       const char *log, struct pgo_error *err)
{
	char *piece = files_format("%s.part", log), *title = command_line(argv);
	struct logged l = {.what = what};
	struct child_pool pool = {.jobs = 1, .count = 1, .user = &l, .next = next, .done = done, .tick = tick};
	int rc = piece && title ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	l.spec = (struct child_spec){.argv = (const char *const *)argv->items,
				     .env = (const char *const *)env->items,
				     .cwd = cwd,
				     .stdout_path = piece,
				     .stderr_path = piece};
	if (!rc)
		rc = child_pool_run(&pool, err);
	if (!rc)
		rc = append(log, piece, title, err);
	if (!rc && !(l.result.end == CHILD_EXITED && l.result.status == 0)) {
		char end[200];
		child_result_text(&l.result, &l.spec, end, sizeof end);
		rc = pgo_error_set(err, PGO_ECHILD, "%s: '%.160s' %s; log: '%s'", what, title, end, log);
		if (l.result.end != CHILD_EXEC_FAILED)
			hint_from_log(err, piece);
		else
			pgo_error_hint(err, "'pgo-harness doctor' says what is missing");
	}
	if (piece)
		unlink(piece);
	free(piece);
	free(title);
	return rc;
}

void log_count_warnings(struct log_warnings *out, const char *log)
{
	char *text = NULL;
	size_t length;
	*out = (struct log_warnings){0};
	if (files_read(&text, &length, log, NULL))
		return;
	char *rest = text, *line;
	while ((line = strsep(&rest, "\n")) != NULL) {
		out->total += strstr(line, "warning:") != NULL;
		/* IR instrumentation (clang and rustc), then front-end instrumentation. */
		out->mismatched += strstr(line, "(hash mismatch)") != NULL;
		out->out_of_date += strstr(line, "profile data may be out of date") != NULL;
		out->unprofiled += strstr(line, "no profile data available for") != NULL;
	}
	free(text);
}
