/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/corpus/load.h"
#include "harness/sys/files.h"

/* One workload per file under real/, synthetic/, micro/ and heldout/, fed on standard input. */

static bool is_hidden(const char *path)
{
	return path[0] == '.' || strstr(path, "/.") != NULL;
}

/*
 * The id of a file: its name without extension; where that clashes, its whole path without extension; at last with it.
 * What an id cannot hold becomes '_', a slash '-'.
 */
static char *id_of(const char *path, int level)
{
	const char *name = strrchr(path, '/');
	char *id = strdup(level == 0 && name ? name + 1 : path);
	if (!id)
		return NULL;
	char *base = strrchr(id, '/');
	char *dot = strrchr(base ? base : id, '.');
	if (dot && level < 2)
		*dot = 0;
	for (char *p = id; *p; p++)
		if (*p == '/')
			*p = '-';
		else if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
			*p = '_';
	if (*id == '-')
		*id = '_';
	return id;
}

static int add_directory(struct loader *l, const char *name, enum workload_kind kind, enum workload_role role)
{
	char *directory = files_join(l->corpus->directory, name), **files = NULL;
	size_t count = 0;
	int rc = directory ? PGO_OK : loader_no_memory(l);
	if (!rc && files_is_directory(directory))
		rc = files_list(&files, &count, directory, l->err);
	for (size_t i = 0; i < count && !rc; i++) {
		if (is_hidden(files[i]))
			continue;
		char *path = files_join(name, files[i]);
		struct workload *w = path ? loader_add(l, path, 0) : NULL;
		if (!w) {
			free(path);
			rc = loader_no_memory(l);
			break;
		}
		w->stdin_path = path;
		w->kind = kind;
		w->role = role;
	}
	files_list_free(files, count);
	free(directory);
	return rc;
}

static int name_all(struct loader *l)
{
	struct corpus *c = l->corpus;
	int *level = calloc(c->workload_count + 1, sizeof *level);
	bool changed = level != NULL;
	int rc = level ? PGO_OK : loader_no_memory(l);
	while (changed && !rc) {
		changed = false;
		for (size_t i = 0; i < c->workload_count && !rc; i++) {
			free(c->workloads[i].id);
			c->workloads[i].id = id_of(c->workloads[i].stdin_path, level[i]);
			rc = c->workloads[i].id ? PGO_OK : loader_no_memory(l);
		}
		/* Every member of a clash moves on, so that ids do not depend on the order of files. */
		for (size_t i = 0; i < c->workload_count && !rc; i++) {
			bool clash = false;
			for (size_t j = 0; j < c->workload_count; j++)
				clash = clash || (i != j && strcmp(c->workloads[i].id, c->workloads[j].id) == 0);
			if (clash && level[i] < 2) {
				level[i]++;
				changed = true;
			}
		}
	}
	free(level);
	return rc;
}

int discover(struct loader *l)
{
	int rc = add_directory(l, "real", WORKLOAD_REAL, WORKLOAD_TRAIN);
	if (!rc)
		rc = add_directory(l, "synthetic", WORKLOAD_SYNTHETIC, WORKLOAD_TRAIN);
	if (!rc)
		rc = add_directory(l, "micro", WORKLOAD_MICRO, WORKLOAD_TRAIN);
	if (!rc)
		rc = add_directory(l, "heldout", WORKLOAD_REAL, WORKLOAD_HELDOUT);
	return rc ? rc : name_all(l);
}
