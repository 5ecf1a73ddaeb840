/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_CORPUS_CORPUS_H
#define HARNESS_CORPUS_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

#include "pgo/error.h"
#include "pgo/verdict.h"

/* The corpus as data: what docs/corpus.md describes, with defaults filled in and everything checked. The harness's model. */

enum workload_kind { WORKLOAD_REAL, WORKLOAD_SYNTHETIC, WORKLOAD_MICRO };
enum workload_role { WORKLOAD_TRAIN, WORKLOAD_HELDOUT, WORKLOAD_GUARD };
enum recipe_kind { RECIPE_MAKE, RECIPE_CMAKE, RECIPE_CARGO, RECIPE_COMMAND };
enum measure_method { MEASURE_TIME, MEASURE_USER, MEASURE_CACHEGRIND };

struct string_list {
	char **items; /**< NULL-terminated, so it is an argv */
	size_t count;
};

struct workload {
	char *id;
	enum workload_kind kind;
	enum workload_role role;
	struct string_list args;    /**< appended to the binary; placeholders not yet replaced */
	struct string_list command; /**< whole argv instead; count 0: use args */
	char *stdin_path;           /**< NULL: /dev/null; placeholders and paths relative to the corpus not yet replaced */
	struct string_list files;   /**< relative to the corpus; copied into the scratch directory */
	struct string_list env;     /**< "KEY=value", defaults included */
	double timeout_s;
	int *expect_exit;
	size_t expect_exit_count;
	double weight;
	int stop_signal;            /**< 0: none asked */
	double stop_after_s;
	double grace_s;
	int repeat;
};

struct corpus {
	char *name;
	char *description;      /**< or NULL */
	char *directory;        /**< absolute */
	char *manifest;         /**< absolute path of the manifest */
	struct string_list fetch; /**< argv, placeholders not replaced; count 0: none */
	char *source;           /**< as in the manifest, may hold {out}; never NULL */
	struct {
		enum recipe_kind recipe;
		char *toolchain;
		char *directory;
		struct string_list args;
		struct string_list command;
		struct string_list targets; /**< cmake: what to build; count 0: everything */
		char *cflags, *ldflags, *rustflags; /**< "" when left out */
		char *binary;
		struct string_list env;
		struct string_list needs;
		bool bolt;
	} build;
	size_t workload_count;
	struct workload *workloads; /**< in manifest order, then table order, then sorted file names */
	struct pgo_policy gate;     /**< gate.set says which were given */
	struct {
		enum measure_method method;
		int runs;
		int warmup;
		double max_seconds;
		double min_effect;
		bool method_set;
	} measure;
};

/**
 * Load and check a corpus.
 * @param path  a directory (its corpus.yaml) or a manifest file.
 * @return PGO_OK, PGO_EFORMAT (not there; manifest or table wrong: err has path, line, what), PGO_ESYSTEM, PGO_ENOMEM.
 *         Missing stdin and listed files are errors here, before anything is built.
 */
int corpus_load(struct corpus **out, const char *path, struct pgo_error *err);
void corpus_free(struct corpus *corpus);

const char *workload_kind_name(enum workload_kind kind);
const char *workload_role_name(enum workload_role role);
const char *recipe_kind_name(enum recipe_kind kind);
const char *measure_method_name(enum measure_method method);

/** What {binary}, {corpus}, {scratch}, {source}, {out} (and, in build args, {cflags}, {ldflags}, {cc}, {cxx}) stand for; NULL: left as it is. */
struct placeholders {
	const char *binary, *corpus, *scratch, *source, *out;
	const char *cflags, *cxxflags, *ldflags, *cc, *cxx;
};

/** `text` with placeholders replaced; heap string, NULL when out of memory. An unknown {word} stays as it is. */
char *placeholders_expand(const char *text, const struct placeholders *values);

/** Expanded copy of a list, as an argv; release with string_list_release(). @return 0, or -1 when out of memory. */
int placeholders_expand_list(struct string_list *out, const struct string_list *in, const struct placeholders *values);

int string_list_push(struct string_list *list, const char *item);
void string_list_release(struct string_list *list);

/** Split as a POSIX shell quotes words (', ", \), without any expansion. @return PGO_OK, PGO_EINVAL (open quote). */
int string_list_split(struct string_list *out, const char *text, struct pgo_error *err);

#endif
