/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/corpus/load.h"
#include "harness/sys/files.h"

/* What can only be checked once all workloads are there, before anything is built. */

/* Line of a workload's own key where it is in the manifest, else where the workload starts. */
static unsigned line_of(const struct loader *l, size_t i, const char *key)
{
	char where[64];
	if (!l->origins[i].line || strcmp(l->origins[i].path, l->manifest_path) != 0)
		return l->origins[i].line;
	snprintf(where, sizeof where, "workloads[%zu].%s", i, key);
	return positions_line(&l->positions, where);
}

/* Inputs that a build or a run makes cannot be checked yet. */
static bool is_made_later(const char *path)
{
	return strstr(path, "{out}") || strstr(path, "{source}") || strstr(path, "{scratch}") ||
	       strstr(path, "{binary}");
}

static int check_input(struct loader *l, size_t i, const char *file, const char *what, const char *key)
{
	const struct workload *w = &l->corpus->workloads[i];
	struct stat st;
	if (is_made_later(file))
		return PGO_OK;
	char *expanded = placeholders_expand(file, &(struct placeholders){.corpus = l->corpus->directory});
	char *path = !expanded		? NULL
		     : *expanded == '/' ? strdup(expanded)
					: files_join(l->corpus->directory, expanded);
	int rc = path ? PGO_OK : loader_no_memory(l);
	if (!rc && stat(path, &st))
		rc = loader_fail(l, l->origins[i].path, line_of(l, i, key), "%s '%s' of workload '%s' does not exist",
				 what, file, w->id);
	else if (!rc && !S_ISREG(st.st_mode))
		rc = loader_fail(l, l->origins[i].path, line_of(l, i, key),
				 "%s '%s' of workload '%s' is not a regular file", what, file, w->id);
	else if (!rc && access(path, R_OK))
		rc = loader_fail(l, l->origins[i].path, line_of(l, i, key),
				 "%s '%s' of workload '%s' cannot be read: %s", what, file, w->id, strerror(errno));
	free(expanded);
	free(path);
	return rc;
}

static int fail_twice(struct loader *l, size_t first, size_t second)
{
	const struct origin *a = &l->origins[first], *b = &l->origins[second];
	const char *id = l->corpus->workloads[second].id;
	if (!a->line)
		return loader_fail(l, b->path, 0, "id '%s' is also that of '%s'; rename one of the files", id, a->path);
	unsigned line = line_of(l, second, "id");
	if (strcmp(a->path, b->path) == 0)
		return loader_fail(l, b->path, line, "id '%s' is used twice, first in line %u", id,
				   line_of(l, first, "id"));
	return loader_fail(l, b->path, line, "id '%s' is used twice, first at %s:%u", id, a->path,
			   line_of(l, first, "id"));
}

static int check_workload(struct loader *l, size_t i)
{
	const struct workload *w = &l->corpus->workloads[i];
	for (size_t j = 0; j < i; j++)
		if (strcmp(l->corpus->workloads[j].id, w->id) == 0)
			return fail_twice(l, j, i);
	if (w->stop_signal && !(w->stop_after_s > 0))
		return loader_fail(l, l->origins[i].path, line_of(l, i, "stop"), "stop of workload '%s' needs after_s",
				   w->id);
	int rc = w->stdin_path ? check_input(l, i, w->stdin_path, "stdin file", "stdin") : PGO_OK;
	for (size_t k = 0; k < w->files.count && !rc; k++) {
		char key[32];
		snprintf(key, sizeof key, "files[%zu]", k);
		rc = check_input(l, i, w->files.items[k], "file", key);
	}
	return rc;
}

int corpus_check(struct loader *l)
{
	const struct corpus *c = l->corpus;
	bool trains = false;
	int rc = PGO_OK;
	if (!c->workload_count) {
		loader_fail(l, l->manifest_path, 1, "corpus '%s' has no workloads", c->name);
		pgo_error_hint(l->err,
			       "list them under 'workloads:', in a table named by 'workloads_csv:', or put input files "
			       "into real/, synthetic/, micro/ and heldout/");
		return PGO_EFORMAT;
	}
	for (size_t i = 0; i < c->workload_count && !rc; i++) {
		trains = trains || c->workloads[i].role == WORKLOAD_TRAIN;
		rc = check_workload(l, i);
	}
	if (!rc && !trains) {
		rc = loader_fail(l, l->manifest_path, 1, "no workload of corpus '%s' has role train", c->name);
		pgo_error_hint(l->err, "a profile is made from workloads with 'role: train'");
	}
	return rc;
}
