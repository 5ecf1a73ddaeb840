/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_CORPUS_LOAD_H
#define HARNESS_CORPUS_LOAD_H

#include "harness/corpus/corpus.h"

/* What the parts of the corpus loader share; nobody outside harness/corpus includes this. */

/** Where each node of a YAML document stands: "workloads[2].stdin" → line. Paths count from 0. */
struct positions {
	size_t count;
	struct position {
		char *path;
		unsigned line; /**< from 1 */
	} * items;
	struct string_list env_keys; /**< every key of every mapping named "env", each once */
};

/**
 * Parse a manifest for its positions. Refuses what is not YAML, keys given twice, a second document, and an empty file.
 */
int positions_load(struct positions *out, const char *bytes, size_t length, struct pgo_error *err);
void positions_release(struct positions *positions);

/** Line of a path; a missing path has the line of the nearest parent that is there, at last 1. */
unsigned positions_line(const struct positions *positions, const char *path);

/*
 * The manifest as libcyaml delivers it: structure checked, unknown keys refused, every scalar still text (libcyaml
 * takes "5x" for 5 and "010" for 8), every member optional.
 */
struct manifest_stop {
	char *signal, *after_s, *grace_s;
};

struct manifest_workload {
	char *id, *kind, *role, *stdin_path, *timeout_s, *weight, *repeat;
	char **args, **command, **files, **expect_exit;
	unsigned args_count, command_count, files_count, expect_exit_count;
	char **env; /**< one value (or NULL) per positions.env_keys; NULL: no mapping */
	struct manifest_stop *stop;
};

struct manifest_build {
	char *recipe, *toolchain, *directory, *cflags, *ldflags, *rustflags, *binary, *bolt;
	char **args, **command, **needs, **targets;
	unsigned args_count, command_count, needs_count, targets_count;
	char **env;
};

struct manifest_measure {
	char *method, *runs, *warmup, *max_seconds, *min_effect;
};

struct manifest {
	char *corpus, *description, *source, *workloads_csv;
	char **fetch;
	unsigned fetch_count;
	struct manifest_build *build;
	struct manifest_workload *defaults;
	struct manifest_workload *workloads; /**< NULL: key absent or list empty */
	unsigned workloads_count;
	char **gate; /**< one value (or NULL) per pgo_policy_fields(); NULL: no mapping */
	struct manifest_measure *measure;
};

struct manifest_schema;

/** Typed read of the bytes. Release with manifest_free(), which takes the schema along. */
int manifest_load(struct manifest **out, struct manifest_schema **schema, const char *bytes, size_t length,
		  const struct positions *positions, struct pgo_error *err);
void manifest_free(struct manifest *manifest, struct manifest_schema *schema);

/** State of one load. */
struct loader {
	struct corpus *corpus;
	const char *manifest_path; /**< as the user would type it; for messages */
	struct positions positions;
	struct workload defaults;
	struct pgo_error *err;
	/* parallel to corpus->workloads: where each one came from */
	struct origin {
		char *path;
		unsigned line; /**< 0: a file that was found */
	} * origins;
};

/** A text value with its place. */
struct text_at {
	const char *key;
	const char *text;
	const char *path; /**< file */
	unsigned line;
};

/** Record "path:line: message" (line 0: "path: message"). @return PGO_EFORMAT */
int loader_fail(struct loader *l, const char *path, unsigned line, const char *format, ...) PGO_PRINTF(4, 5);
int loader_no_memory(struct loader *l);

/** A workload with the defaults filled in, appended to the corpus; NULL: out of memory (recorded). */
struct workload *loader_add(struct loader *l, const char *path, unsigned line);

/** Set one scalar field (id, kind, role, stdin, timeout_s, weight, repeat, stop.*) from text; checks it. */
int workload_set(struct loader *l, struct workload *w, const struct text_at *value);

/** Replace the accepted exit statuses. */
int workload_set_exits(struct loader *l, struct workload *w, char *const *items, size_t count, const char *path,
		       unsigned line);

/** Set KEY=value in a list, replacing an older value of the key. */
int env_set(struct loader *l, struct string_list *env, const char *key, const char *value, const char *path,
	    unsigned line);

/** Check and add a file that goes along into the scratch directory. */
int workload_add_file(struct loader *l, struct workload *w, const char *file, const char *path, unsigned line);

/** Rows of a table, appended to the corpus. `name` relative to the corpus directory. */
int table_load(struct loader *l, const char *name, unsigned line);

/** Workloads from the files under real/, synthetic/, micro/, heldout/. */
int discover(struct loader *l);

/** Ids unique, inputs there, something to train on. */
int corpus_check(struct loader *l);

/** Strict numbers: the whole text, finite. */
bool text_number(const char *text, double *out);
bool text_integer(const char *text, long low, long high, long *out);

/** A set of names with values; `what` is for messages ("kind", "stop signal"). */
struct name_value {
	const char *name;
	int value;
};
struct names {
	const char *what;
	const struct name_value *items;
	size_t count;
};
extern const struct names kind_names, role_names, recipe_names, method_names, signal_names;

bool names_find(const struct names *names, const char *text, int *out);

/** Hint for an unknown name: the nearest one when it is near, and what there is. */
void names_hint(struct pgo_error *err, const char *text, const char *const *known, size_t count);

#endif
