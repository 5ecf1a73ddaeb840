/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "pgo/inputs.h"

struct job {
	struct pgo_profile **out;
	char *const *paths;
	struct pgo_error *errors;
	size_t count;
	struct pgo_read_options options;
	atomic_size_t next;
};

static void *read_some(void *argument)
{
	struct job *job = argument;
	for (size_t i; (i = atomic_fetch_add(&job->next, 1)) < job->count;)
		pgo_inputs_open(&job->out[i], job->paths[i], &job->options, &job->errors[i]);
	return NULL;
}

int cli_fail_reading(const char *path, const struct pgo_error *err)
{
	struct pgo_error out = {0};
	char line[32] = "", offset[40] = "";
	/* of several files: the one it was; standard input stays "-" */
	if (err->path[0] && strcmp(path, "-") != 0)
		path = err->path;
	if (err->has_offset && err->is_line)
		snprintf(line, sizeof line, "line %llu: ", (unsigned long long)err->offset);
	else if (err->has_offset && !strstr(err->message, "at offset"))
		snprintf(offset, sizeof offset, " (at offset %llu)", (unsigned long long)err->offset);
	pgo_error_set(&out, err->code, "cannot read profile '%s': %s%s%s", path, line, err->message, offset);
	if (err->hint[0])
		pgo_error_hint(&out, "%s", err->hint);
	int code = cli_fail(&out);
	/* a file that is not there or may not be read is bad input; one that the system fails to deliver is not */
	bool system = err->sys_errno == EIO || err->sys_errno == EMFILE || err->sys_errno == ENFILE;
	return err->code == PGO_ESYSTEM && !system ? PGO_EXIT_INPUT : code;
}

static int read_profiles(struct pgo_profile **out, char *const *paths, size_t count,
			 const struct pgo_read_options *options)
{
	enum { THREADS_MOST = 16 };
	pthread_t threads[THREADS_MOST];
	size_t started = 0, slow = 0;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct job job = {.out = out, .paths = paths, .count = count, .options = *options};
	int code = -1;
	memset(out, 0, count * sizeof *out);
	job.errors = calloc(count, sizeof *job.errors);
	if (!job.errors) {
		struct pgo_error err = {0};
		pgo_error_set(&err, PGO_ENOMEM, "out of memory");
		return cli_fail(&err);
	}
	while (slow < count && pgo_profile_opens_at_once(paths[slow], options))
		slow++;
	/* this thread reads too; without a second one it reads all */
	while (slow < count && started + 1 < count && (long)started + 1 < processors && started < THREADS_MOST &&
	       pthread_create(&threads[started], NULL, read_some, &job) == 0)
		started++;
	read_some(&job);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < count; i++) {
		if (out[i])
			continue;
		int failure = cli_fail_reading(paths[i], &job.errors[i]);
		code = code < 0 ? failure : code;
	}
	free(job.errors);
	return code;
}

size_t cli_files_behind(const char *argument)
{
	struct pgo_inputs inputs;
	if (pgo_inputs_find(&inputs, argument, NULL) != PGO_OK)
		return 0;
	size_t count = inputs.many ? inputs.count : 0;
	pgo_inputs_release(&inputs);
	return count;
}

void cli_note_sums(char *const *paths, size_t count, const char *what)
{
	for (size_t i = 0; i < count; i++) {
		size_t files = cli_files_behind(paths[i]);
		if (files > 1)
			fprintf(stderr,
				CLI_PROGRAM
				": note: '%s' is %zu files, added up to one %s; give them one by one to have "
				"each as a %s\n",
				paths[i], files, what, what);
	}
}

void cli_warn_of_profiles(struct pgo_profile *const *profiles, char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < profiles[i]->warning_count; k++)
			fprintf(stderr, CLI_PROGRAM ": warning: '%s': %s\n", paths[i], profiles[i]->warnings[k]);
}

int cli_read_inputs(struct pgo_profile **out, char *const *paths, size_t count, const struct cli_common *common,
		    bool lazily)
{
	return read_profiles(out, paths, count,
			     &(struct pgo_read_options){
				     .format = common->input_format, .max_lost = common->max_lost, .lazily = lazily});
}
