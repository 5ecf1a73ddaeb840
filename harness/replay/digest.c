/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/replay/replay.h"
#include "harness/sys/files.h"

/*
 * A workload as JSON text (so that no two spell the same), with the digest of every input's content, and the digest of
 * that. Placeholders stay as they are: where the run directory lies changes no result. Files of a source tree that is
 * fetched into {out} are left to the binary's digest.
 */

static json_object *list_json(const struct string_list *list)
{
	json_object *array = json_object_new_array();
	for (size_t i = 0; i < list->count; i++)
		json_object_array_add(array, json_object_new_string(list->items[i]));
	return array;
}

/* Content of a file, or of a directory where those count; what is not there adds nothing. */
static int add_path(json_object *inputs, const char *absolute, bool directories, struct pgo_error *err)
{
	char digest[33];
	struct stat st;
	int code = PGO_OK;
	if (stat(absolute, &st) != 0)
		return PGO_OK;
	if (S_ISREG(st.st_mode))
		code = files_digest(digest, absolute, err);
	else if (S_ISDIR(st.st_mode) && directories)
		code = files_digest_tree(digest, absolute, NULL, NULL, err);
	else
		return PGO_OK;
	if (code == PGO_OK)
		json_object_array_add(inputs, json_object_new_string(digest));
	return code;
}

/* A path as a manifest spells it: relative ones are the corpus's. */
static int add_input(json_object *inputs, const struct corpus *corpus, const char *path, bool directories,
		     struct pgo_error *err)
{
	/* Where {source} is known before anything was fetched; it may itself be relative to the corpus. */
	const char *source = strstr(corpus->source, "{out}") ? NULL : corpus->source;
	char *expanded =
		placeholders_expand(path, &(struct placeholders){.corpus = corpus->directory, .source = source});
	char *absolute = !expanded	    ? NULL
			 : *expanded == '/' ? strdup(expanded)
					    : files_join(corpus->directory, expanded);
	int code = absolute ? add_path(inputs, absolute, directories, err)
			    : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(expanded);
	free(absolute);
	return code;
}

/*
 * An argument names a file or directory by "{corpus}/…" or "{source}/…" somewhere in it ("--in={corpus}/a"), or a file
 * by its relative path, which `files` brings into the scratch directory.
 */
static int add_argument(json_object *inputs, const struct corpus *corpus, const char *argument, struct pgo_error *err)
{
	const char *at = strstr(argument, "{corpus}/");
	if (!at)
		at = strstr(argument, "{source}/");
	if (at && at[sizeof "{corpus}/" - 1])
		return add_input(inputs, corpus, at, true, err);
	return *argument && *argument != '/' ? add_input(inputs, corpus, argument, false, err) : PGO_OK;
}

static int add_arguments(json_object *inputs, const struct corpus *corpus, const struct string_list *list,
			 struct pgo_error *err)
{
	int code = PGO_OK;
	for (size_t i = 0; i < list->count && code == PGO_OK; i++)
		code = add_argument(inputs, corpus, list->items[i], err);
	return code;
}

static json_object *limits_json(const struct workload *w)
{
	json_object *limits = json_object_new_object();
	json_object *statuses = json_object_new_array();
	for (size_t i = 0; i < w->expect_exit_count; i++)
		json_object_array_add(statuses, json_object_new_int(w->expect_exit[i]));
	json_object_object_add(limits, "expect_exit", statuses);
	json_object_object_add(limits, "timeout_s", json_object_new_double(w->timeout_s));
	json_object_object_add(limits, "stop_signal", json_object_new_int(w->stop_signal));
	json_object_object_add(limits, "stop_after_s", json_object_new_double(w->stop_after_s));
	json_object_object_add(limits, "grace_s", json_object_new_double(w->grace_s));
	json_object_object_add(limits, "repeat", json_object_new_int(w->repeat));
	return limits;
}

int workload_digest(char out[33], const struct corpus *corpus, const struct workload *w, struct pgo_error *err)
{
	json_object *all = json_object_new_object(), *inputs = json_object_new_array();
	json_object_object_add(all, "inputs", inputs);
	json_object_object_add(all, "args", list_json(&w->args));
	json_object_object_add(all, "command", list_json(&w->command));
	json_object_object_add(all, "env", list_json(&w->env));
	json_object_object_add(all, "files", list_json(&w->files));
	json_object_object_add(all, "stdin", w->stdin_path ? json_object_new_string(w->stdin_path) : NULL);
	json_object_object_add(all, "limits", limits_json(w));

	int code = w->stdin_path ? add_input(inputs, corpus, w->stdin_path, true, err) : PGO_OK;
	for (size_t i = 0; i < w->files.count && code == PGO_OK; i++)
		code = add_input(inputs, corpus, w->files.items[i], true, err);
	if (code == PGO_OK)
		code = add_arguments(inputs, corpus, &w->args, err);
	if (code == PGO_OK)
		code = add_arguments(inputs, corpus, &w->command, err);
	if (code == PGO_OK)
		code = add_arguments(inputs, corpus, &w->env, err);
	if (code == PGO_OK)
		files_digest_text(out, json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN));
	json_object_put(all);
	return code;
}
