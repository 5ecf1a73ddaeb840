/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/recipe/recipe.h"
#include "harness/replay/replay.h"
#include "harness/sys/files.h"

/* One workload, made ready to run once. */

static int no_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

/* A path as a manifest spells it, absolute: placeholders replaced, relative ones taken from the corpus. */
static char *corpus_path(const char *path, const struct corpus *corpus, const struct placeholders *values)
{
	char *expanded = placeholders_expand(path, values);
	if (!expanded || *expanded == '/')
		return expanded;
	char *absolute = files_join(corpus->directory, expanded);
	free(expanded);
	return absolute;
}

static bool climbs(const char *path)
{
	for (const char *p = path; *p; p += strcspn(p, "/"), p += strspn(p, "/"))
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == 0))
			return true;
	return false;
}

/* Below the corpus, a file keeps its relative path; one from elsewhere only its name. */
static const char *scratch_name(const char *absolute, const char *corpus_directory)
{
	size_t length = strlen(corpus_directory);
	const char *inside = absolute + length + 1;
	if (strncmp(absolute, corpus_directory, length) == 0 && absolute[length] == '/' && !climbs(inside))
		return inside;
	const char *slash = strrchr(absolute, '/');
	return slash ? slash + 1 : absolute;
}

static int fill_scratch(const struct corpus *corpus, const struct workload *w, const struct placeholders *values,
			struct pgo_error *err)
{
	int code = files_remove_tree(values->scratch, err);
	if (code == PGO_OK)
		code = files_mkdirs(values->scratch, err);
	for (size_t i = 0; i < w->files.count && code == PGO_OK; i++) {
		char *from = corpus_path(w->files.items[i], corpus, values);
		char *to = from ? files_join(values->scratch, scratch_name(from, corpus->directory)) : NULL;
		code = to ? files_copy(from, to, err) : no_memory(err);
		free(from);
		free(to);
	}
	return code;
}

static int push_all(struct string_list *list, char *const *items)
{
	for (; items && *items; items++)
		if (string_list_push(list, *items) != 0)
			return -1;
	return 0;
}

static int fill_argv(struct string_list *argv, const struct workload *w, const struct placeholders *values,
		     const char *const *prefix)
{
	struct string_list own = {0};
	int failed = push_all(argv, (char *const *)prefix);
	if (!failed && w->command.count == 0)
		failed = string_list_push(argv, values->binary);
	if (!failed)
		failed = placeholders_expand_list(&own, w->command.count ? &w->command : &w->args, values);
	if (!failed)
		failed = push_all(argv, own.items);
	string_list_release(&own);
	return failed;
}

int workload_prepare(struct workload_run *out, const struct corpus *corpus, const struct workload *w,
		     const char *binary, const char *scratch, const char *out_dir, const char *const *prefix,
		     struct pgo_error *err)
{
	struct workload_run run = {.scratch = strdup(scratch)};
	char *source = recipe_source_dir(corpus, out_dir);
	struct placeholders values = {
		.binary = binary, .corpus = corpus->directory, .scratch = scratch, .source = source, .out = out_dir};
	int code = run.scratch && source ? PGO_OK : no_memory(err);
	if (code == PGO_OK)
		code = fill_scratch(corpus, w, &values, err);
	if (code != PGO_OK)
		goto done;
	if (fill_argv(&run.argv, w, &values, prefix) != 0 || placeholders_expand_list(&run.env, &w->env, &values) != 0)
		code = no_memory(err);
	if (code == PGO_OK && w->stdin_path) {
		run.stdin_path = corpus_path(w->stdin_path, corpus, &values);
		code = run.stdin_path ? PGO_OK : no_memory(err);
	}
done:
	free(source);
	if (code == PGO_OK)
		*out = run;
	else
		workload_run_release(&run);
	return code;
}

void workload_run_release(struct workload_run *run)
{
	string_list_release(&run->argv);
	string_list_release(&run->env);
	free(run->stdin_path);
	free(run->scratch);
	*run = (struct workload_run){0};
}

void workload_child_spec(struct child_spec *spec, const struct workload *w, const struct workload_run *run)
{
	spec->argv = (const char *const *)run->argv.items;
	spec->env = (const char *const *)run->env.items;
	spec->cwd = run->scratch;
	spec->stdin_path = run->stdin_path;
	spec->timeout_s = w->timeout_s;
	spec->stop_signal = w->stop_signal;
	spec->stop_after_s = w->stop_after_s;
	spec->grace_s = w->grace_s;
}

static bool is_expected(const struct workload *w, int status)
{
	for (size_t i = 0; i < w->expect_exit_count; i++)
		if (w->expect_exit[i] == status)
			return true;
	return w->expect_exit_count == 0 && status == 0;
}

/* "0", "0 or 1", "0, 1 or 2" */
static void expected_text(const struct workload *w, char *out, size_t size)
{
	snprintf(out, size, "0");
	for (size_t i = 0, used = 0; i < w->expect_exit_count && used < size; i++) {
		const char *between = i == 0 ? "" : i + 1 == w->expect_exit_count ? " or " : ", ";
		used += (size_t)snprintf(out + used, size - used, "%s%d", between, w->expect_exit[i]);
	}
}

bool workload_ended_well(const struct workload *w, const struct child_result *result, const struct child_spec *spec,
			 char *why, size_t size)
{
	char text[200], expected[64];
	if (result->end == CHILD_STOPPED || (result->end == CHILD_EXITED && is_expected(w, result->status)))
		return true;
	child_result_text(result, spec, text, sizeof text);
	if (result->end == CHILD_EXITED) {
		expected_text(w, expected, sizeof expected);
		snprintf(why, size, "%s, expected %s", text, expected);
	} else if (result->end == CHILD_EXEC_FAILED) {
		snprintf(why, size, "%s ('%s')", text, spec->argv[0]);
	} else {
		snprintf(why, size, "%s", text);
	}
	return false;
}
