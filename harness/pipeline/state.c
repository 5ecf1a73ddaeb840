/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness/pipeline/put.h"
#include "harness/pipeline/run.h"
#include "harness/sys/files.h"

/* The run directory: where it is, whose it is, who works in it, and run.json. */

char *run_path(const struct run *run, const char *name)
{
	return files_join(run->out, name);
}

static bool ends_with_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);
	return n > m && name[n - m - 1] == '-' && !strcmp(name + n - m, suffix);
}

/*
 * Manifests of one directory must not share a run directory: "corpus.yaml" has no suffix, "corpus.skewed.yaml" gives
 * "-skewed", any other name its stem; a corpus that carries the suffix in its name does not get it twice.
 */
static char *default_directory(const struct corpus *corpus)
{
	const char *file = strrchr(corpus->manifest, '/');
	file = file ? file + 1 : corpus->manifest;
	char *stem = strdup(file);
	if (!stem)
		return NULL;
	char *dot = strrchr(stem, '.');
	if (dot && dot != stem)
		*dot = '\0';
	const char *suffix = stem;
	if (!strcmp(stem, "corpus"))
		suffix = "";
	else if (!strncmp(stem, "corpus.", 7))
		suffix = stem + 7;
	if (ends_with_suffix(corpus->name, suffix))
		suffix = "";
	char *path = files_format("pgo-out/%s%s%s", corpus->name, *suffix ? "-" : "", suffix);
	free(stem);
	return path;
}

static int make_directory(struct run *run, struct pgo_error *err)
{
	char *path = run->options->out ? strdup(run->options->out) : default_directory(run->corpus);
	int code = PGO_OK;
	if (!path)
		code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!code)
		code = files_mkdirs(path, err);
	if (!code)
		code = files_absolute(&run->out, path, err);
	if (!code && !files_is_directory(run->out))
		code = pgo_error_set(err, PGO_EINVAL, "run directory '%s' is not a directory", run->out);
	free(path);
	return code;
}

static int lock_directory(struct run *run, struct pgo_error *err)
{
	char *path = run_path(run, "lock");
	if (!path)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	int code = PGO_OK;
	char owner[32] = "";
	run->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (run->lock < 0) {
		code = pgo_error_errno(err, "cannot create lock '%s'", path);
	} else if (flock(run->lock, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		ssize_t length = read(run->lock, owner, sizeof owner - 1);
		owner[length > 0 ? length : 0] = '\0';
		owner[strcspn(owner, "\n")] = '\0';
		pgo_error_set(err, PGO_ESYSTEM, "run directory '%s' is in use by another pgo-harness (process %s)",
			      run->out, owner[0] ? owner : "unknown");
		pgo_error_hint(err, "wait until it is done, or give this run its own directory with --out");
		code = PGO_ESYSTEM;
	} else if (ftruncate(run->lock, 0) || dprintf(run->lock, "%ld\n", (long)getpid()) < 0) {
		code = pgo_error_errno(err, "cannot write lock '%s'", path);
	}
	free(path);
	return code;
}

static int remove_all(struct run *run, const char *const *names, struct pgo_error *err)
{
	int code = PGO_OK;
	for (; *names && !code; names++) {
		char *path = run_path(run, *names);
		code = path ? files_remove_tree(path, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
		free(path);
	}
	return code;
}

/* A report speaks of a run that ended; until this one does, there is none that could be taken for its. */
static int forget_report(struct run *run, struct pgo_error *err)
{
	static const char *const names[] = {"report.json", "report.md", "report.txt", NULL};
	return remove_all(run, names, err);
}

/* --fresh: what a run leaves goes, apart from fetched sources and the lock. run.json goes last: it says whose it is. */
static int wipe(struct run *run, struct pgo_error *err)
{
	static const char *const names[] = {"doctor.json",     "build/instrumented",
					    "build/optimized", "build/baseline",
					    CARGO_FLAGS_FILE,  "replay",
					    "profiles",	       "analysis",
					    "gate.json",       "measure",
					    "measured.json",   "report.json",
					    "report.md",       "report.txt",
					    "run.json",	       NULL};
	char *record = run_path(run, "run.json");
	bool ours = record && files_exists(record);
	int code = record ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(record);
	/* somebody's project may well have a directory of such a name */
	for (size_t i = 0; names[i] && !code && !ours; i++) {
		char *path = run_path(run, names[i]);
		if (path && files_exists(path)) {
			code = pgo_error_set(err, PGO_EINVAL,
					     "'%s' holds '%s', but no run.json: it is no run directory", run->out,
					     names[i]);
			pgo_error_hint(err, "--fresh empties run directories only; name another one with --out");
		}
		free(path);
	}
	return code ? code : remove_all(run, names, err);
}

static int check_owner(struct run *run, struct pgo_error *err)
{
	char *path = run_path(run, "run.json");
	if (!path)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	json_object *old = NULL;
	/* a damaged record holds no claim: every phase has its own record and checks it */
	int code = record_read(&old, path, NULL);
	free(path);
	if (code)
		return PGO_OK;
	const char *manifest = record_string(old, "manifest", "");
	code = PGO_OK;
	if (manifest[0] && strcmp(manifest, run->corpus->manifest)) {
		code = pgo_error_set(err, PGO_EINVAL, "run directory '%s' belongs to '%s'", run->out, manifest);
		pgo_error_hint(err, "give this run its own directory with --out, or empty that one with --fresh");
	}
	json_object_put(old);
	return code;
}

static int new_record(struct run *run, struct pgo_error *err)
{
	char digest[33];
	int code = files_digest(digest, run->corpus->manifest, err);
	if (code)
		return code;
	const struct pipeline_options *o = run->options;
	json_object *record = run->record = json_object_new_object();
	put_text(record, "schema", "pgo-harness/run/1");
	put_text(record, "tool_version", PGO_VERSION);
	put_text(record, "corpus", run->corpus->name);
	put_text(record, "manifest", run->corpus->manifest);
	put_text(record, "manifest_digest", digest);
	put_int(record, "pid", getpid());
	json_object *options = json_object_new_object();
	put_int(options, "jobs", o->jobs);
	put_bool(options, "keep_going", o->keep_going);
	put_bool(options, "force", o->force);
	put_bool(options, "fresh", o->fresh);
	put_bool(options, "accept_inconclusive", o->accept_inconclusive);
	put_text(options, "until", pipeline_phase_name(o->until));
	json_object_object_add(record, "options", options);
	json_object *phases = json_object_new_array();
	for (int i = 0; i < PIPELINE_PHASES; i++) {
		json_object *phase = json_object_new_object();
		put_text(phase, "phase", pipeline_phase_name(i));
		put_text(phase, "status", "pending");
		json_object_array_add(phases, phase);
	}
	json_object_object_add(record, "phases", phases);
	return PGO_OK;
}

int state_open(struct run *run, struct pgo_error *err)
{
	int code = make_directory(run, err);
	if (!code)
		code = lock_directory(run, err);
	if (!code)
		code = run->options->fresh ? wipe(run, err) : check_owner(run, err);
	if (!code)
		code = forget_report(run, err);
	if (!code)
		code = new_record(run, err);
	return code;
}

void state_close(struct run *run)
{
	json_object_put(run->record);
	if (run->lock >= 0)
		close(run->lock); /* lets go of the lock */
	run->record = NULL;
	run->lock = -1;
}

int state_phase(struct run *run, enum pipeline_phase phase, const char *status, double seconds,
		const struct phase_note *note, struct pgo_error *err)
{
	json_object *entry = get_item(get_member(run->record, "phases"), phase);
	put_text(entry, "status", status);
	if (note) {
		put_number(entry, "seconds", seconds);
		put_text(entry, "digest", note->digest[0] ? note->digest : NULL);
		put_text(entry, "detail", note->detail);
	}
	char *path = run_path(run, "run.json");
	int code = path ? record_write(path, run->record, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(path);
	return code;
}
