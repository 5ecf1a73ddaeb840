/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/replay/replay_internal.h"
#include "harness/sys/files.h"

#define SCHEMA "pgo-harness/replay/1"
#define TAIL_BYTES 65536

int replay_paths_init(struct replay_paths *out, const char *out_dir, const char *id, struct pgo_error *err)
{
	struct replay_paths p = {.dir = files_format("%s/replay/%s", out_dir, id)};
	if (p.dir) {
		p.profile = files_join(p.dir, "profile");
		p.pattern = files_format("LLVM_PROFILE_FILE=%s/profile/%%p-%%m.profraw", p.dir);
		p.scratch = files_join(p.dir, "scratch");
		p.out = files_join(p.dir, "stdout");
		p.errors = files_join(p.dir, "stderr");
		p.record = files_join(p.dir, "replay.json");
	}
	*out = p;
	if (p.dir && p.profile && p.pattern && p.scratch && p.out && p.errors && p.record)
		return PGO_OK;
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

void replay_paths_release(struct replay_paths *p)
{
	free(p->dir);
	free(p->profile);
	free(p->pattern);
	free(p->scratch);
	free(p->out);
	free(p->errors);
	free(p->record);
	*p = (struct replay_paths){0};
}

static bool is_raw_profile(const char *name)
{
	size_t length = strlen(name);
	return length > 8 && strcmp(name + length - 8, ".profraw") == 0;
}

int replay_raw_collect(struct replay_raw *out, const struct replay_paths *paths, struct pgo_error *err)
{
	char **list = NULL;
	size_t count = 0;
	struct replay_raw raw = {0};
	int code = files_list(&list, &count, paths->profile, err);
	if (code != PGO_OK)
		return code;
	raw.files = json_object_new_array();
	for (size_t i = 0; i < count; i++) {
		struct stat st;
		char *path = files_join(paths->profile, list[i]);
		if (path && is_raw_profile(list[i]) && stat(path, &st) == 0 && st.st_size == 0) {
			raw.empty++;
			unlink(path);
		} else if (path && is_raw_profile(list[i])) {
			char digest[33] = "";
			json_object *file = json_object_new_object();
			if (code == PGO_OK)
				code = files_digest(digest, path, err);
			json_object_object_add(file, "file", json_object_new_string(list[i]));
			json_object_object_add(file, "bytes", json_object_new_int64(st.st_size));
			json_object_object_add(file, "digest", json_object_new_string(digest));
			json_object_array_add(raw.files, file);
			raw.count++;
			raw.bytes += (uint64_t)st.st_size;
		}
		free(path);
	}
	files_list_free(list, count);
	if (code == PGO_OK)
		*out = raw;
	else
		json_object_put(raw.files);
	return code;
}

/* The end of a file as text; NULL when there is none. Caller frees. */
static char *file_tail(const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return NULL;
	char *tail = malloc(TAIL_BYTES + 1);
	if (tail) {
		if (fseek(file, -TAIL_BYTES, SEEK_END) != 0)
			rewind(file);
		size_t got = fread(tail, 1, TAIL_BYTES, file);
		tail[got] = 0;
	}
	fclose(file);
	return tail;
}

bool replay_runtime_complaint(const char *errors_path, char *out, size_t size)
{
	char *tail = file_tail(errors_path);
	char *at = tail ? strstr(tail, "LLVM Profile Error: ") : NULL;
	if (at) {
		at[strcspn(at, "\r\n")] = 0;
		snprintf(out, size, "%s", at);
	}
	free(tail);
	return at != NULL;
}

void replay_last_line(const char *path, char *out, size_t size)
{
	char *tail = file_tail(path);
	out[0] = 0;
	if (tail) {
		size_t length = strlen(tail);
		while (length > 0 && strchr(" \t\r\n", tail[length - 1]))
			tail[--length] = 0;
		char *newline = strrchr(tail, '\n');
		snprintf(out, size, "%s", newline ? newline + 1 : tail);
	}
	free(tail);
}

static const char *end_name(enum child_end end)
{
	static const char *const names[] = {
		[CHILD_EXITED] = "exited",   [CHILD_SIGNALED] = "signaled", [CHILD_TIMEOUT] = "timeout",
		[CHILD_STOPPED] = "stopped", [CHILD_KILLED] = "killed",	    [CHILD_EXEC_FAILED] = "exec_failed"};
	return names[end];
}

json_object *replay_run_json(const struct child_result *r)
{
	json_object *run = json_object_new_object();
	json_object_object_add(run, "end", json_object_new_string(end_name(r->end)));
	json_object_object_add(run, "status", json_object_new_int(r->status));
	json_object_object_add(run, "signal", json_object_new_int(r->signal));
	json_object_object_add(run, "wall_ns", json_object_new_int64(r->wall_ns));
	json_object_object_add(run, "user_ns", json_object_new_int64(r->user_ns));
	json_object_object_add(run, "sys_ns", json_object_new_int64(r->sys_ns));
	json_object_object_add(run, "rss_bytes", json_object_new_int64(r->rss_bytes));
	return run;
}

static bool file_is_as_recorded(const char *profile_dir, json_object *file)
{
	struct stat st;
	char digest[33];
	const char *name = record_string(file, "file", NULL);
	char *path = name ? files_join(profile_dir, name) : NULL;
	bool same = path && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_size == record_int(file, "bytes", -1) && files_digest(digest, path, NULL) == PGO_OK &&
		    strcmp(record_string(file, "digest", ""), digest) == 0;
	free(path);
	return same;
}

bool replay_is_current(const struct replay_paths *paths, const struct workload *w, const char *digest, uint64_t *bytes)
{
	json_object *record = NULL, *files = NULL;
	/* A damaged record is as good as none: the workload is replayed. */
	if (record_read(&record, paths->record, NULL) != PGO_OK)
		return false;
	bool current = strcmp(record_string(record, "schema", ""), SCHEMA) == 0 && record_bool(record, "ok", false) &&
		       strcmp(record_string(record, "digest", ""), digest) == 0 &&
		       strcmp(record_string(record, "kind", ""), workload_kind_name(w->kind)) == 0 &&
		       strcmp(record_string(record, "role", ""), workload_role_name(w->role)) == 0 &&
		       json_object_object_get_ex(record, "raw", &files) &&
		       json_object_is_type(files, json_type_array) && json_object_array_length(files) > 0;
	for (size_t i = 0; current && i < json_object_array_length(files); i++)
		current = file_is_as_recorded(paths->profile, json_object_array_get_idx(files, i));
	*bytes = (uint64_t)record_int(record, "raw_bytes", 0);
	json_object_put(record);
	return current;
}

int replay_record_write(const struct replay_paths *paths, const struct workload *w, const char *digest,
			const char *failure, json_object *runs, const struct replay_raw *raw, struct pgo_error *err)
{
	json_object *record = json_object_new_object();
	json_object_object_add(record, "schema", json_object_new_string(SCHEMA));
	json_object_object_add(record, "workload", json_object_new_string(w->id));
	json_object_object_add(record, "kind", json_object_new_string(workload_kind_name(w->kind)));
	json_object_object_add(record, "role", json_object_new_string(workload_role_name(w->role)));
	json_object_object_add(record, "ok", json_object_new_boolean(!failure[0]));
	json_object_object_add(record, "failure", json_object_new_string(failure));
	json_object_object_add(record, "digest", json_object_new_string(digest));
	json_object_object_add(record, "runs", json_object_get(runs));
	json_object_object_add(record, "raw_files", json_object_new_int64((int64_t)raw->count));
	json_object_object_add(record, "raw_bytes", json_object_new_int64((int64_t)raw->bytes));
	json_object_object_add(record, "raw_empty", json_object_new_int64((int64_t)raw->empty));
	json_object_object_add(record, "raw", json_object_get(raw->files));
	int code = record_write(paths->record, record, err);
	json_object_put(record);
	return code;
}
