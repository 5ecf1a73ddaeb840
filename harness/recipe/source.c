/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/recipe/job.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/* The source tree: where it is, how it gets there, what of it counts. */

char *recipe_source_dir(const struct corpus *corpus, const char *out_dir)
{
	char *text = placeholders_expand(corpus->source,
					 &(struct placeholders){.corpus = corpus->directory, .out = out_dir});
	if (!text || *text == '/')
		return text;
	char *path = strcmp(text, ".") == 0 ? strdup(corpus->directory) : files_join(corpus->directory, text);
	free(text);
	return path;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n > m && strcmp(text + n - m, end) == 0;
}

/* corpus.yaml and its siblings say what is run, not what is built: a new weight must not rebuild everything. */
static bool is_manifest(const struct job *job, const char *relative)
{
	const char *name = last_part(job->corpus->manifest);
	return strcmp(job->source, job->corpus->directory) == 0 &&
	       (strcmp(relative, name) == 0 ||
		(!strchr(relative, '/') && strncmp(relative, "corpus.", 7) == 0 && ends_with(relative, ".yaml")));
}

bool job_skips(const char *relative, void *user)
{
	const struct job *job = user;
	const char *name = last_part(relative);
	size_t n = strlen(job->source);
	if (strcmp(name, ".git") == 0 || strcmp(name, "pgo-out") == 0 || is_manifest(job, relative))
		return true;
	/* The run directory may lie inside the tree, under any name. */
	if (strncmp(job->out_dir, job->source, n) == 0 && job->out_dir[n] == '/' &&
	    strcmp(job->out_dir + n + 1, relative) == 0)
		return true;
	/* Left-overs of the user's own make would be taken for up to date, and nothing would be instrumented. */
	if (job->corpus->build.recipe == RECIPE_MAKE &&
	    (ends_with(name, ".o") || ends_with(name, ".lo") || strcmp(relative, job->corpus->build.binary) == 0))
		return true;
	/* cargo's target directory, and caches that mark themselves the same way (bford.info/cachedir). */
	char *tag = files_format("%s/%s/CACHEDIR.TAG", job->source, relative);
	bool cache = tag && files_exists(tag);
	free(tag);
	return cache;
}

static int fetch_into(const struct corpus *corpus, const char *source, const char *temporary, const char *out_dir,
		      struct pgo_error *err)
{
	struct string_list argv = {0}, env = {0};
	char *log = files_join(out_dir, "fetch.log"), *parent = strdup(temporary);
	const struct placeholders values = {.corpus = corpus->directory, .source = temporary, .out = out_dir};
	int rc = PGO_OK;
	if (!log || !parent || placeholders_expand_list(&argv, &corpus->fetch, &values)) {
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
		goto done;
	}
	*strrchr(parent, '/') = 0;
	/* A temporary name, renamed at the end: a fetch that broke off is not taken for a source tree. */
	if ((rc = files_remove_tree(temporary, err)) || (rc = files_mkdirs(parent, err)) ||
	    (rc = files_mkdirs(out_dir, err)) || (rc = files_write_atomic(log, "", 0, err)) ||
	    (rc = run_logged("fetching the source", &argv, &env, corpus->directory, log, err)))
		goto done;
	if (!files_is_directory(temporary)) {
		rc = pgo_error_set(err, PGO_ECHILD, "fetch '%s' ended well but made no directory '%s'",
				   corpus->fetch.items[0], temporary);
		pgo_error_hint(err, "the command must create {source} and fill it; its output is in '%s'", log);
	} else if (rename(temporary, source)) {
		rc = pgo_error_errno(err, "cannot rename '%s' to '%s'", temporary, source);
	}
done:
	string_list_release(&argv);
	free(log);
	free(parent);
	return rc;
}

int source_ensure(const struct corpus *corpus, const char *source, const char *out_dir, struct pgo_error *err)
{
	if (files_is_directory(source))
		return PGO_OK;
	if (!corpus->fetch.count) {
		pgo_error_set(err, PGO_EFORMAT, "source directory '%s' does not exist", source);
		pgo_error_hint(err, "'source' in '%s' says where it is; 'fetch' can bring it", corpus->manifest);
		return PGO_EFORMAT;
	}
	char *temporary = files_format("%s.fetching", source);
	int rc = temporary ? fetch_into(corpus, source, temporary, out_dir, err)
			   : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(temporary);
	if (!rc)
		progress_line("fetched the source to '%s'", source);
	return rc;
}
