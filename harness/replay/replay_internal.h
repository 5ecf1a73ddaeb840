/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_REPLAY_REPLAY_INTERNAL_H
#define HARNESS_REPLAY_REPLAY_INTERNAL_H

#include <json-c/json.h>

#include "harness/replay/replay.h"

/* Shared between the files of the replay only. */

/** Where one workload's run lies; all absolute, owned. */
struct replay_paths {
	char *dir, *profile, *pattern, *scratch, *out, *errors, *record;
};

int replay_paths_init(struct replay_paths *out, const char *out_dir, const char *id, struct pgo_error *err);
void replay_paths_release(struct replay_paths *paths);

/** What a finished workload left behind. */
struct replay_raw {
	json_object *files; /**< [{"file","bytes","digest"}] of those that are not empty; owned */
	size_t count, empty;
	uint64_t bytes;
};

/** Look through profile/; empty files are removed, as they would void a merge. */
int replay_raw_collect(struct replay_raw *out, const struct replay_paths *paths, struct pgo_error *err);

/** The profile runtime's complaint near the end of a workload's standard error, if there is one. */
bool replay_runtime_complaint(const char *errors_path, char *out, size_t size);

/** The last line of a file that is not blank, or "". */
void replay_last_line(const char *path, char *out, size_t size);

/** One run as it stands in the record. */
json_object *replay_run_json(const struct child_result *result);

/** True when the record of an earlier replay says that it went well, with this digest, and its files are all there. */
bool replay_is_current(const struct replay_paths *paths, const struct workload *w, const char *digest, uint64_t *bytes);

/** Write replay.json, the last thing that is written. `runs` and `raw` are only borrowed. */
int replay_record_write(const struct replay_paths *paths, const struct workload *w, const char *digest,
			const char *failure, json_object *runs, const struct replay_raw *raw, struct pgo_error *err);

#endif
