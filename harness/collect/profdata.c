/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/collect/profdata.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/sys/child.h"
#include "harness/sys/files.h"

/* Lines of the list are "WEIGHT,PATH": with a weight in front, a comma in the path is no separator. */
static int write_list(const char *path, const struct profdata_merge *merge, struct pgo_error *err)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	if (!out)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; i < merge->input_count; i++)
		fprintf(out, "%" PRIu64 ",%s\n", merge->weights ? merge->weights[i] : (uint64_t)1, merge->inputs[i]);
	int code = fclose(out) ? pgo_error_set(err, PGO_ENOMEM, "out of memory") : PGO_OK;
	if (!code)
		code = files_write_atomic(path, text, length, err);
	free(text);
	return code;
}

/* What the tool said: its warnings into the list, warnings and errors into `said`, joined by "; ". */
static int read_log(const char *path, struct string_list *warnings, char *said, size_t size, struct pgo_error *err)
{
	char *text = NULL;
	size_t length = 0, used = 0;
	if (files_read(&text, &length, path, err))
		return PGO_ESYSTEM;
	int code = PGO_OK;
	char *rest = text;
	for (char *line; !code && (line = strsep(&rest, "\n"));) {
		/* "warning: PATH: …"; a failure reads as warnings about single files, then one "error: …" */
		const char *warning = strstr(line, "warning: "), *failure = strstr(line, "error: ");
		const char *what = failure   ? failure + strlen("error: ")
				   : warning ? warning + strlen("warning: ")
					     : NULL;
		if (!failure && warning && string_list_push(warnings, what))
			code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
		if (what && used < size)
			used += (size_t)snprintf(said + used, size - used, "%s%s", used ? "; " : "", what);
	}
	free(text);
	return code;
}

static int run_tool(const struct profdata_merge *merge, const char *list, const char *temporary, const char *log,
		    struct string_list *warnings, struct pgo_error *err)
{
	const char *argv[] = {merge->profdata, "merge", "--input-files", list, "--output", temporary, NULL};
	struct child_spec spec = {.argv = argv, .stderr_path = log};
	struct child_result result;
	int code = child_run(&result, &spec, err);
	if (code)
		return code;
	char said[320] = "", end[128];
	code = read_log(log, warnings, said, sizeof said, err);
	if (code || (result.end == CHILD_EXITED && result.status == 0))
		return code;
	child_result_text(&result, &spec, end, sizeof end);
	pgo_error_set(err, PGO_ECHILD, "cannot merge the %s: '%s' %s%s%s", merge->what, merge->profdata, end,
		      said[0] ? ": " : "", said);
	pgo_error_hint(err, "repeat it by hand: %s merge --input-files %s --output x.profdata", merge->profdata, list);
	return PGO_ECHILD;
}

int profdata_merge(const struct profdata_merge *merge, struct string_list *warnings, struct pgo_error *err)
{
	char *list = files_format("%s.list", merge->output);
	char *temporary = files_format("%s.tmp", merge->output);
	char *log = files_format("%s/profiles/llvm-profdata.log", merge->out_dir);
	int code = PGO_OK;
	if (!list || !temporary || !log)
		code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!code)
		code = write_list(list, merge, err);
	if (!code)
		code = run_tool(merge, list, temporary, log, warnings, err);
	if (!code && rename(temporary, merge->output))
		code = pgo_error_errno(err, "cannot rename '%s'", temporary);
	if (code && temporary)
		remove(temporary);
	free(list);
	free(temporary);
	free(log);
	return code;
}
