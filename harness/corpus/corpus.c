/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/corpus/corpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/corpus/load.h"
#include "harness/sys/files.h"

/* Loading: read the manifest, fill in defaults, gather the workloads, check the whole. */

static int at(struct loader *l, const char *path, const char *message)
{
	return loader_fail(l, l->manifest_path, positions_line(&l->positions, path), "%s", message);
}

/* Whether a key was given at all: libcyaml delivers an empty list like one that is not there. */
static bool is_given(const struct loader *l, const char *path)
{
	for (size_t i = 0; i < l->positions.count; i++)
		if (strcmp(l->positions.items[i].path, path) == 0)
			return true;
	return false;
}

static int take_text(struct loader *l, char **to, const char *text, const char *fallback)
{
	free(*to);
	*to = strdup(text ? text : fallback);
	return *to ? PGO_OK : loader_no_memory(l);
}

static int take_list(struct loader *l, struct string_list *to, char *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (string_list_push(to, items[i]))
			return loader_no_memory(l);
	return PGO_OK;
}

static int take_env(struct loader *l, struct string_list *to, char *const *values, const char *path)
{
	int rc = PGO_OK;
	for (size_t i = 0; values && i < l->positions.env_keys.count && !rc; i++) {
		char where[600];
		snprintf(where, sizeof where, "%s.env.%s", path, l->positions.env_keys.items[i]);
		if (values[i])
			rc = env_set(l, to, l->positions.env_keys.items[i], values[i], l->manifest_path,
				     positions_line(&l->positions, where));
	}
	return rc;
}

/* Fields that `defaults` and a workload share, and those of a workload alone; `path` is the mapping's. */
static int take_workload(struct loader *l, struct workload *w, const struct manifest_workload *m, const char *path)
{
	const struct {
		const char *key, *text;
	} fields[] = {
		{"id", m->id},
		{"kind", m->kind},
		{"role", m->role},
		{"stdin", m->stdin_path},
		{"timeout_s", m->timeout_s},
		{"weight", m->weight},
		{"repeat", m->repeat},
		{"stop.signal", m->stop ? m->stop->signal : NULL},
		{"stop.after_s", m->stop ? m->stop->after_s : NULL},
		{"stop.grace_s", m->stop ? m->stop->grace_s : NULL},
	};
	char where[600];
	int rc = PGO_OK;
	for (size_t i = 0; i < sizeof fields / sizeof *fields && !rc; i++) {
		snprintf(where, sizeof where, "%s.%s", path, fields[i].key);
		if (fields[i].text)
			rc = workload_set(l, w,
					  &(struct text_at){fields[i].key, fields[i].text, l->manifest_path,
							    positions_line(&l->positions, where)});
	}
	snprintf(where, sizeof where, "%s.expect_exit", path);
	if (!rc && is_given(l, where))
		rc = workload_set_exits(l, w, m->expect_exit, m->expect_exit_count, l->manifest_path,
					positions_line(&l->positions, where));
	for (unsigned i = 0; i < m->files_count && !rc; i++) {
		snprintf(where, sizeof where, "%s.files[%u]", path, i);
		rc = workload_add_file(l, w, m->files[i], l->manifest_path, positions_line(&l->positions, where));
	}
	if (!rc)
		rc = take_env(l, &w->env, m->env, path);
	if (!rc)
		rc = take_list(l, &w->args, m->args, m->args_count);
	if (!rc)
		rc = take_list(l, &w->command, m->command, m->command_count);
	snprintf(where, sizeof where, "%s.command", path);
	bool has_command = is_given(l, where);
	if (!rc && has_command && m->args_count)
		rc = at(l, where, "a workload has either args or command, not both");
	if (!rc && has_command && (!m->command_count || !*m->command[0]))
		rc = at(l, where, "command is empty");
	return rc;
}

static int take_defaults(struct loader *l, const struct manifest_workload *m)
{
	struct workload *d = &l->defaults;
	d->kind = WORKLOAD_REAL;
	d->role = WORKLOAD_TRAIN;
	d->timeout_s = 60;
	d->weight = 1;
	d->repeat = 1;
	d->grace_s = 5;
	d->expect_exit = calloc(1, sizeof *d->expect_exit);
	d->expect_exit_count = 1;
	if (!d->expect_exit)
		return loader_no_memory(l);
	return m ? take_workload(l, d, m, "defaults") : PGO_OK;
}

static int take_inline(struct loader *l, const struct manifest *m)
{
	int rc = PGO_OK;
	for (unsigned i = 0; i < m->workloads_count && !rc; i++) {
		char path[64];
		snprintf(path, sizeof path, "workloads[%u]", i);
		unsigned line = positions_line(&l->positions, path);
		struct workload *w = loader_add(l, l->manifest_path, line);
		rc = w ? take_workload(l, w, &m->workloads[i], path) : PGO_ENOMEM;
		if (!rc && !w->id)
			rc = loader_fail(l, l->manifest_path, line, "workload has no id");
	}
	return rc;
}

static int take_workloads(struct loader *l, const struct manifest *m)
{
	bool has_list = m->workloads_count > 0;
	if (!has_list && is_given(l, "workloads"))
		return at(l, "workloads", "'workloads' is empty");
	int rc = take_inline(l, m);
	if (!rc && m->workloads_csv)
		rc = table_load(l, m->workloads_csv, positions_line(&l->positions, "workloads_csv"));
	if (!rc && !has_list && !m->workloads_csv)
		rc = discover(l);
	return rc;
}

static int take_recipe(struct loader *l, const char *text)
{
	int value;
	const char *known[] = {"make", "cmake", "cargo", "command"};
	if (!text)
		return at(l, "build", "'build' has no recipe (make, cmake, cargo or command)");
	if (!names_find(&recipe_names, text, &value)) {
		loader_fail(l, l->manifest_path, positions_line(&l->positions, "build.recipe"),
			    "recipe '%s' is unknown", text);
		names_hint(l->err, text, known, 4);
		return PGO_EFORMAT;
	}
	l->corpus->build.recipe = (enum recipe_kind)value;
	return PGO_OK;
}

static int check_toolchain(struct loader *l, const char *text)
{
	bool rust = strcmp(text, "rustc") == 0;
	long n;
	bool clang =
		strcmp(text, "clang") == 0 || (strncmp(text, "clang-", 6) == 0 && text_integer(text + 6, 1, 999, &n));
	unsigned line = positions_line(&l->positions, "build.toolchain");
	if (!rust && !clang)
		return loader_fail(l, l->manifest_path, line, "toolchain '%s' is unknown (clang, clang-N or rustc)",
				   text);
	if (l->corpus->build.recipe == RECIPE_CARGO && !rust)
		return loader_fail(l, l->manifest_path, line, "recipe cargo needs toolchain rustc, not '%s'", text);
	if (rust && (l->corpus->build.recipe == RECIPE_MAKE || l->corpus->build.recipe == RECIPE_CMAKE))
		return loader_fail(l, l->manifest_path, line, "recipe %s needs a clang toolchain, not rustc",
				   recipe_kind_name(l->corpus->build.recipe));
	return PGO_OK;
}

static int take_build(struct loader *l, const struct manifest_build *m)
{
	struct corpus *c = l->corpus;
	if (!m) {
		loader_fail(l, l->manifest_path, 1, "the manifest has no 'build'");
		pgo_error_hint(l->err, "for example: build: {recipe: make, binary: NAME}; see docs/corpus.md");
		return PGO_EFORMAT;
	}
	int rc = take_recipe(l, m->recipe);
	if (!rc)
		rc = take_text(l, &c->build.toolchain, m->toolchain,
			       c->build.recipe == RECIPE_CARGO ? "rustc" : "clang");
	if (!rc)
		rc = check_toolchain(l, c->build.toolchain);
	if (!rc && (!m->binary || !*m->binary))
		rc = at(l, m->binary ? "build.binary" : "build", "'build' names no binary to run");
	if (!rc && c->build.recipe == RECIPE_COMMAND && !m->command_count)
		rc = at(l, "build.recipe", "recipe command needs 'command', the argv that builds");
	if (!rc && c->build.recipe == RECIPE_COMMAND && m->args_count)
		rc = at(l, "build.args", "recipe command takes no args; put them into 'command'");
	if (!rc && c->build.recipe != RECIPE_COMMAND && m->command_count)
		rc = at(l, "build.command", "'command' belongs to recipe command only");
	if (!rc && c->build.recipe != RECIPE_CMAKE && m->targets_count)
		rc = at(l, "build.targets", "'targets' belongs to recipe cmake only");
	if (!rc && m->bolt && strcmp(m->bolt, "true") == 0)
		rc = at(l, "build.bolt", "bolt is reserved and cannot be switched on in this version");
	if (!rc && m->bolt && strcmp(m->bolt, "false") != 0)
		rc = at(l, "build.bolt", "bolt must be true or false");
	if (rc || (rc = take_text(l, &c->build.binary, m->binary, "")) ||
	    (rc = take_text(l, &c->build.directory, m->directory, ".")) ||
	    (rc = take_text(l, &c->build.cflags, m->cflags, "")) ||
	    (rc = take_text(l, &c->build.ldflags, m->ldflags, "")) ||
	    (rc = take_text(l, &c->build.rustflags, m->rustflags, "")) ||
	    (rc = take_list(l, &c->build.args, m->args, m->args_count)) ||
	    (rc = take_list(l, &c->build.command, m->command, m->command_count)) ||
	    (rc = take_list(l, &c->build.targets, m->targets, m->targets_count)) ||
	    (rc = take_list(l, &c->build.needs, m->needs, m->needs_count)))
		return rc;
	return take_env(l, &c->build.env, m->env, "build");
}

static int take_gate(struct loader *l, char *const *values)
{
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	l->corpus->gate = pgo_policy_defaults();
	for (size_t i = 0; values && i < count; i++) {
		char where[128];
		double value;
		struct pgo_error why = {0};
		snprintf(where, sizeof where, "gate.%s", fields[i].name);
		unsigned line = positions_line(&l->positions, where);
		if (!values[i])
			continue;
		if (!text_number(values[i], &value))
			return loader_fail(l, l->manifest_path, line, "gate: %s must be a number, not '%s'",
					   fields[i].name, values[i]);
		if (pgo_policy_set(&l->corpus->gate, fields[i].name, value, &why))
			return loader_fail(l, l->manifest_path, line, "gate: %s%s%s", why.message,
					   why.hint[0] ? "; " : "", why.hint);
	}
	return PGO_OK;
}

static int take_count(struct loader *l, int *to, const char *text, const char *key, long low)
{
	long n;
	char where[64];
	if (!text)
		return PGO_OK;
	snprintf(where, sizeof where, "measure.%s", key);
	if (!text_integer(text, low, 100000, &n))
		return loader_fail(l, l->manifest_path, positions_line(&l->positions, where),
				   "measure: %s must be a whole number from %ld to 100000, not '%s'", key, low, text);
	*to = (int)n;
	return PGO_OK;
}

static int take_measure(struct loader *l, const struct manifest_measure *m)
{
	struct corpus *c = l->corpus;
	int method, rc;
	c->measure.runs = 10;
	c->measure.warmup = 1;
	c->measure.max_seconds = 120;
	c->measure.min_effect = 0.01;
	if (!m)
		return PGO_OK;
	if (m->method && !names_find(&method_names, m->method, &method)) {
		const char *known[] = {"time", "user", "cachegrind"};
		loader_fail(l, l->manifest_path, positions_line(&l->positions, "measure.method"),
			    "measure: method '%s' is unknown", m->method);
		names_hint(l->err, m->method, known, 3);
		return PGO_EFORMAT;
	}
	if (m->method) {
		c->measure.method = (enum measure_method)method;
		c->measure.method_set = true;
	}
	if ((rc = take_count(l, &c->measure.runs, m->runs, "runs", 3)) ||
	    (rc = take_count(l, &c->measure.warmup, m->warmup, "warmup", 0)))
		return rc;
	if (m->max_seconds && (!text_number(m->max_seconds, &c->measure.max_seconds) || c->measure.max_seconds <= 0))
		return loader_fail(l, l->manifest_path, positions_line(&l->positions, "measure.max_seconds"),
				   "measure: max_seconds must be a number above 0, not '%s'", m->max_seconds);
	if (m->min_effect && (!text_number(m->min_effect, &c->measure.min_effect) || c->measure.min_effect < 0 ||
			      c->measure.min_effect >= 1))
		return loader_fail(l, l->manifest_path, positions_line(&l->positions, "measure.min_effect"),
				   "measure: min_effect must be at least 0 and below 1, not '%s'", m->min_effect);
	return PGO_OK;
}

static int load(struct loader *l, const struct manifest *m)
{
	struct corpus *c = l->corpus;
	int rc;
	if (!m->corpus || !*m->corpus)
		return at(l, m->corpus ? "corpus" : "", "the manifest has no 'corpus' (its name)");
	if ((rc = take_text(l, &c->name, m->corpus, "")) ||
	    (rc = m->description ? take_text(l, &c->description, m->description, "") : PGO_OK) ||
	    (rc = take_list(l, &c->fetch, m->fetch, m->fetch_count)) ||
	    (rc = take_text(l, &c->source, m->source, c->fetch.count ? "{out}/source" : ".")))
		return rc;
	if (is_given(l, "fetch") && (!m->fetch_count || !*m->fetch[0]))
		return at(l, "fetch", "fetch is empty");
	if ((rc = take_build(l, m->build)) || (rc = take_gate(l, m->gate)) || (rc = take_measure(l, m->measure)) ||
	    (rc = take_defaults(l, m->defaults)) || (rc = take_workloads(l, m)))
		return rc;
	return corpus_check(l);
}

/* The manifest that a path means, as the user would type it. */
static int manifest_of(char **out, const char *path, struct pgo_error *err)
{
	struct stat st;
	if (stat(path, &st))
		return pgo_error_set(err, PGO_EFORMAT, "cannot read corpus '%s': %s", path, strerror(errno));
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	char *manifest = S_ISDIR(st.st_mode) ? files_format("%.*s/corpus.yaml", (int)n, path) : strdup(path);
	if (!manifest)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!files_exists(manifest)) {
		free(manifest);
		pgo_error_set(err, PGO_EFORMAT, "'%s' has no corpus.yaml", path);
		pgo_error_hint(
			err,
			"a minimal one: {corpus: NAME, build: {recipe: make, binary: NAME}}, with input files under "
			"real/; see docs/corpus.md");
		return PGO_EFORMAT;
	}
	*out = manifest;
	return PGO_OK;
}

static void workload_release(struct workload *w)
{
	free(w->id);
	free(w->stdin_path);
	free(w->expect_exit);
	string_list_release(&w->args);
	string_list_release(&w->command);
	string_list_release(&w->files);
	string_list_release(&w->env);
}

int corpus_load(struct corpus **out, const char *path, struct pgo_error *err)
{
	struct pgo_error own = {0};
	struct loader l = {.err = err ? err : &own, .corpus = calloc(1, sizeof *l.corpus)};
	struct manifest *m = NULL;
	struct manifest_schema *schema = NULL;
	char *manifest = NULL, *bytes = NULL;
	size_t length;
	int rc = l.corpus ? manifest_of(&manifest, path, l.err) : loader_no_memory(&l);
	if (rc)
		goto done;
	l.manifest_path = manifest;
	rc = files_absolute(&l.corpus->manifest, manifest, l.err);
	if (rc)
		goto done;
	rc = take_text(&l, &l.corpus->directory, l.corpus->manifest, "");
	if (rc)
		goto done;
	char *slash = strrchr(l.corpus->directory, '/');
	slash[slash == l.corpus->directory] = 0;
	if ((rc = files_read(&bytes, &length, manifest, l.err)) ||
	    (rc = positions_load(&l.positions, bytes, length, l.err)) ||
	    (rc = manifest_load(&m, &schema, bytes, length, &l.positions, l.err)) || (rc = load(&l, m)))
		pgo_error_path(l.err, manifest);
done:
	manifest_free(m, schema);
	positions_release(&l.positions);
	for (size_t i = 0; l.corpus && i < l.corpus->workload_count; i++)
		free(l.origins[i].path);
	free(l.origins);
	workload_release(&l.defaults);
	free(bytes);
	free(manifest);
	if (rc)
		corpus_free(l.corpus);
	else
		*out = l.corpus;
	return rc;
}

void corpus_free(struct corpus *corpus)
{
	if (!corpus)
		return;
	for (size_t i = 0; i < corpus->workload_count; i++)
		workload_release(&corpus->workloads[i]);
	free(corpus->workloads);
	free(corpus->name);
	free(corpus->description);
	free(corpus->directory);
	free(corpus->manifest);
	free(corpus->source);
	string_list_release(&corpus->fetch);
	free(corpus->build.toolchain);
	free(corpus->build.directory);
	free(corpus->build.cflags);
	free(corpus->build.ldflags);
	free(corpus->build.rustflags);
	free(corpus->build.binary);
	string_list_release(&corpus->build.args);
	string_list_release(&corpus->build.command);
	string_list_release(&corpus->build.env);
	string_list_release(&corpus->build.needs);
	string_list_release(&corpus->build.targets);
	free(corpus);
}
