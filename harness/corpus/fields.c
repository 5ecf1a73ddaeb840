/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/corpus/load.h"
#include "harness/sys/files.h"

/* Text into the fields of a workload, the same way for the manifest and for a table. */

enum { MAX_ID = 100 }; /* ids are directory names, with suffixes */

int loader_fail(struct loader *l, const char *path, unsigned line, const char *format, ...)
{
	char message[sizeof l->err->message];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	if (line)
		pgo_error_line(l->err, PGO_EFORMAT, line, "%s", message);
	else
		pgo_error_set(l->err, PGO_EFORMAT, "%s", message);
	pgo_error_path(l->err, path);
	return PGO_EFORMAT;
}

int loader_no_memory(struct loader *l)
{
	return pgo_error_set(l->err, PGO_ENOMEM, "out of memory");
}

static int set_text(struct loader *l, char **to, const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		return loader_no_memory(l);
	free(*to);
	*to = copy;
	return PGO_OK;
}

static int set_id(struct loader *l, struct workload *w, const struct text_at *v)
{
	bool fine = *v->text && strlen(v->text) <= MAX_ID && v->text[0] != '.' && v->text[0] != '-';
	for (const char *p = v->text; *p && fine; p++)
		fine = isalnum((unsigned char)*p) || strchr("_.-", *p);
	if (!fine)
		return loader_fail(
			l, v->path, v->line,
			"id '%s' must be 1 to %d letters, digits, '_', '.' or '-', and not start with '.' or '-'",
			v->text, MAX_ID);
	return set_text(l, &w->id, v->text);
}

static int set_name(struct loader *l, int *to, const struct names *names, const struct text_at *v)
{
	const char *known[16];
	if (names_find(names, v->text, to))
		return PGO_OK;
	loader_fail(l, v->path, v->line, "%s '%s' is unknown", names->what, v->text);
	for (size_t i = 0; i < names->count; i++)
		known[i] = names->items[i].name;
	names_hint(l->err, v->text, known, names->count);
	return PGO_EFORMAT;
}

static int set_positive(struct loader *l, double *to, const struct text_at *v)
{
	double value;
	if (!text_number(v->text, &value) || value <= 0)
		return loader_fail(l, v->path, v->line, "%s must be a number above 0, not '%s'", v->key, v->text);
	*to = value;
	return PGO_OK;
}

int workload_set(struct loader *l, struct workload *w, const struct text_at *v)
{
	int rc = PGO_OK, value;
	long n;
	if (strcmp(v->key, "id") == 0)
		return set_id(l, w, v);
	if (strcmp(v->key, "kind") == 0) {
		rc = set_name(l, &value, &kind_names, v);
		w->kind = rc ? w->kind : (enum workload_kind)value;
	} else if (strcmp(v->key, "role") == 0) {
		rc = set_name(l, &value, &role_names, v);
		w->role = rc ? w->role : (enum workload_role)value;
	} else if (strcmp(v->key, "stop.signal") == 0) {
		const char *text = strncmp(v->text, "SIG", 3) == 0 ? v->text + 3 : v->text;
		rc = set_name(l, &w->stop_signal, &signal_names, &(struct text_at){v->key, text, v->path, v->line});
	} else if (strcmp(v->key, "timeout_s") == 0) {
		rc = set_positive(l, &w->timeout_s, v);
	} else if (strcmp(v->key, "weight") == 0) {
		rc = set_positive(l, &w->weight, v);
	} else if (strcmp(v->key, "stop.after_s") == 0) {
		rc = set_positive(l, &w->stop_after_s, v);
	} else if (strcmp(v->key, "stop.grace_s") == 0) {
		rc = set_positive(l, &w->grace_s, v);
	} else if (strcmp(v->key, "repeat") == 0) {
		if (!text_integer(v->text, 1, 1000000, &n))
			return loader_fail(l, v->path, v->line,
					   "repeat must be a whole number from 1 to 1000000, not '%s'", v->text);
		w->repeat = (int)n;
	} else if (strcmp(v->key, "stdin") == 0) {
		rc = set_text(l, &w->stdin_path, v->text);
	}
	return rc;
}

int workload_set_exits(struct loader *l, struct workload *w, char *const *items, size_t count, const char *path,
		       unsigned line)
{
	if (!count)
		return loader_fail(l, path, line,
				   "expect_exit is empty; a workload that may end anyhow proves nothing");
	int *exits = calloc(count, sizeof *exits);
	if (!exits)
		return loader_no_memory(l);
	for (size_t i = 0; i < count; i++) {
		long n;
		if (!text_integer(items[i], 0, 255, &n)) {
			free(exits);
			return loader_fail(l, path, line, "expect_exit holds exit statuses from 0 to 255, not '%s'",
					   items[i]);
		}
		exits[i] = (int)n;
	}
	free(w->expect_exit);
	w->expect_exit = exits;
	w->expect_exit_count = count;
	return PGO_OK;
}

int env_set(struct loader *l, struct string_list *env, const char *key, const char *value, const char *path,
	    unsigned line)
{
	size_t n = strlen(key);
	bool fine = n && !isdigit((unsigned char)*key);
	for (const char *p = key; *p && fine; p++)
		fine = isalnum((unsigned char)*p) || *p == '_';
	if (!fine)
		return loader_fail(l, path, line, "'%s' is no name of an environment variable", key);
	char *text = files_format("%s=%s", key, value);
	if (!text)
		return loader_no_memory(l);
	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], key, n) == 0 && env->items[i][n] == '=') {
			free(env->items[i]);
			env->items[i] = text;
			return PGO_OK;
		}
	int failed = string_list_push(env, text);
	free(text);
	return failed ? loader_no_memory(l) : PGO_OK;
}

int workload_add_file(struct loader *l, struct workload *w, const char *file, const char *path, unsigned line)
{
	if (!*file)
		return loader_fail(l, path, line, "files holds an empty name");
	return string_list_push(&w->files, file) ? loader_no_memory(l) : PGO_OK;
}

static int copy_list(struct string_list *to, const struct string_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		if (string_list_push(to, from->items[i]))
			return -1;
	return 0;
}

struct workload *loader_add(struct loader *l, const char *path, unsigned line)
{
	struct corpus *c = l->corpus;
	struct workload *all = realloc(c->workloads, (c->workload_count + 1) * sizeof *all);
	if (all)
		c->workloads = all;
	struct origin *origins = realloc(l->origins, (c->workload_count + 1) * sizeof *origins);
	if (origins)
		l->origins = origins;
	char *where = strdup(path);
	int *exits = calloc(l->defaults.expect_exit_count, sizeof *exits);
	if (!all || !origins || !where || !exits) {
		free(where);
		free(exits);
		loader_no_memory(l);
		return NULL;
	}
	struct workload *w = &all[c->workload_count];
	*w = l->defaults;
	memcpy(exits, l->defaults.expect_exit, l->defaults.expect_exit_count * sizeof *exits);
	w->expect_exit = exits;
	w->env = (struct string_list){0};
	origins[c->workload_count] = (struct origin){where, line};
	c->workload_count++;
	if (copy_list(&w->env, &l->defaults.env)) {
		loader_no_memory(l);
		return NULL;
	}
	return w;
}
