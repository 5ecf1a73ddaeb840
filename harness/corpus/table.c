/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/corpus/load.h"
#include "harness/sys/files.h"

/* workloads.csv: a header row of column names, then one workload per row. */

static const char *const columns[] = {"id",  "kind",	  "role",	 "args",   "stdin", "files",
				      "env", "timeout_s", "expect_exit", "weight", "repeat"};
enum { COLUMNS = sizeof columns / sizeof *columns };

struct table {
	struct loader *l;
	const char *path;
	unsigned line;		/* of the text being fed */
	unsigned row_line;	/* where the current row starts */
	bool between;		/* no row has begun */
	size_t header[COLUMNS]; /* per column of the table: index into `columns` */
	size_t header_count;
	bool has_header;
	char *cells[COLUMNS]; /* of the current row; NULL: empty */
	size_t cell_count;
	int rc; /* first failure; the rest is then skipped */
};

static void on_cell(void *bytes, size_t length, void *user)
{
	struct table *t = user;
	if (t->rc)
		return;
	size_t i = t->cell_count++;
	if (i >= COLUMNS)
		return;
	t->cells[i] = bytes ? strndup(bytes, length) : NULL;
	if (bytes && !t->cells[i])
		t->rc = loader_no_memory(t->l);
	else if (bytes && strlen(t->cells[i]) != length)
		t->rc = loader_fail(t->l, t->path, t->row_line, "a field holds a NUL character");
}

static void read_header(struct table *t)
{
	bool has_id = false;
	for (size_t i = 0; i < t->cell_count && !t->rc; i++) {
		const char *name = i < COLUMNS && t->cells[i] ? t->cells[i] : "";
		size_t k = 0;
		while (k < COLUMNS && strcmp(columns[k], name) != 0)
			k++;
		for (size_t j = 0; j < i && k < COLUMNS; j++)
			if (t->header[j] == k)
				t->rc = loader_fail(t->l, t->path, t->row_line, "column '%s' is named twice", name);
		if (k == COLUMNS) {
			t->rc = loader_fail(t->l, t->path, t->row_line, "unknown column '%s'", name);
			names_hint(t->l->err, name, columns, COLUMNS);
			return;
		}
		t->header[i] = k;
		has_id = has_id || k == 0;
	}
	if (!t->rc && !has_id) {
		t->rc = loader_fail(t->l, t->path, t->row_line, "no column is named 'id'");
		pgo_error_hint(t->l->err, "the first row names the columns, for example: id,kind,role,args,stdin");
	}
	t->header_count = t->cell_count;
	t->has_header = true;
}

/* Fields that are words: args, files, expect_exit, env. */
static int set_words(struct table *t, struct workload *w, const char *key, const char *text)
{
	struct loader *l = t->l;
	struct string_list words = {0};
	struct pgo_error why = {0};
	int rc = PGO_OK;
	if (string_list_split(&words, text, &why))
		return loader_fail(l, t->path, t->row_line, "%s: %s", key, why.message);
	if (strcmp(key, "args") == 0) {
		w->args = words;
		return PGO_OK;
	}
	if (strcmp(key, "expect_exit") == 0)
		rc = workload_set_exits(l, w, words.items, words.count, t->path, t->row_line);
	for (size_t i = 0; i < words.count && !rc; i++) {
		char *equals = strchr(words.items[i], '=');
		if (strcmp(key, "files") == 0) {
			rc = workload_add_file(l, w, words.items[i], t->path, t->row_line);
		} else if (strcmp(key, "env") == 0 && !equals) {
			rc = loader_fail(l, t->path, t->row_line, "env: '%s' is not KEY=value", words.items[i]);
		} else if (strcmp(key, "env") == 0) {
			*equals = 0;
			rc = env_set(l, &w->env, words.items[i], equals + 1, t->path, t->row_line);
		}
	}
	string_list_release(&words);
	return rc;
}

static void read_row(struct table *t)
{
	if (t->cell_count != t->header_count) {
		t->rc = loader_fail(t->l, t->path, t->row_line, "row has %zu field%s, the header names %zu",
				    t->cell_count, t->cell_count == 1 ? "" : "s", t->header_count);
		return;
	}
	struct workload *w = loader_add(t->l, t->path, t->row_line);
	if (!w) {
		t->rc = PGO_ENOMEM;
		return;
	}
	for (size_t i = 0; i < t->cell_count && !t->rc; i++) {
		const char *key = columns[t->header[i]];
		if (!t->cells[i])
			continue;
		if (strcmp(key, "args") == 0 || strcmp(key, "files") == 0 || strcmp(key, "env") == 0 ||
		    strcmp(key, "expect_exit") == 0)
			t->rc = set_words(t, w, key, t->cells[i]);
		else
			t->rc = workload_set(t->l, w, &(struct text_at){key, t->cells[i], t->path, t->row_line});
	}
	if (!t->rc && !w->id)
		t->rc = loader_fail(t->l, t->path, t->row_line, "workload has no id");
}

static void on_row(int end, void *user)
{
	struct table *t = user;
	(void)end;
	if (!t->rc && !t->has_header)
		read_header(t);
	else if (!t->rc)
		read_row(t);
	for (size_t i = 0; i < COLUMNS; i++) {
		free(t->cells[i]);
		t->cells[i] = NULL;
	}
	t->cell_count = 0;
	t->between = true;
}

static bool is_blank(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr(" \t\r\n", line[i]))
			return false;
	return true;
}

/* Line by line, so that a row's line is known; a quoted field may go on over several. */
static int feed(struct table *t, const char *text, size_t length)
{
	struct csv_parser parser;
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL | CSV_EMPTY_IS_NULL))
		return loader_no_memory(t->l);
	size_t done = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	bool broken = false;
	for (t->line = 1; done < length && !t->rc && !broken; t->line++) {
		const char *newline = memchr(text + done, '\n', length - done);
		size_t n = newline ? (size_t)(newline - (text + done)) + 1 : length - done;
		bool blank = is_blank(text + done, n);
		if (t->between)
			t->row_line = t->line;
		t->between = t->between && blank;
		broken = csv_parse(&parser, text + done, n, on_cell, on_row, t) != n;
		done += n;
	}
	/* After a failed csv_parse, csv_fini would hand over half a row as a whole one. */
	if (!t->rc && !broken)
		broken = csv_fini(&parser, on_cell, on_row, t) != 0;
	if (!t->rc && broken && csv_error(&parser) == CSV_EPARSE)
		t->rc = loader_fail(t->l, t->path, t->row_line,
				    "a quote is not closed, or stands inside an unquoted field");
	else if (!t->rc && broken)
		t->rc = loader_no_memory(t->l);
	csv_free(&parser);
	return t->rc;
}

int table_load(struct loader *l, const char *name, unsigned line)
{
	struct table t = {.l = l, .between = true, .row_line = 1};
	char *absolute = *name == '/' ? strdup(name) : files_join(l->corpus->directory, name);
	const char *slash = strrchr(l->manifest_path, '/');
	char *shown = *name == '/' || !slash
			      ? strdup(name)
			      : files_format("%.*s/%s", (int)(slash - l->manifest_path), l->manifest_path, name);
	char *text = NULL;
	size_t length, before = l->corpus->workload_count;
	struct pgo_error why = {0};
	int rc;
	if (!absolute || !shown) {
		rc = loader_no_memory(l);
		goto done;
	}
	if (!files_exists(absolute)) {
		rc = loader_fail(l, l->manifest_path, line, "table '%s' does not exist", name);
		goto done;
	}
	if (files_read(&text, &length, absolute, &why)) {
		rc = loader_fail(l, l->manifest_path, line, "table '%s' cannot be read: %s", name, why.message);
		goto done;
	}
	t.path = shown;
	rc = feed(&t, text, length);
	if (!rc && l->corpus->workload_count == before)
		rc = loader_fail(l, shown, 0, "the table has no workload%s",
				 t.has_header ? " below its header" : " and no header");
done:
	for (size_t i = 0; i < COLUMNS; i++)
		free(t.cells[i]);
	free(absolute);
	free(shown);
	free(text);
	return rc;
}
