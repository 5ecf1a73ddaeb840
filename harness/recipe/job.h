/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_RECIPE_JOB_H
#define HARNESS_RECIPE_JOB_H

#include "harness/recipe/recipe.h"

/* One build of one phase, planned by its recipe, run by build.c. Internal to harness/recipe. */

enum { JOB_STEPS = 2 };

struct job {
	const struct corpus *corpus;
	const struct toolchain *tools;
	enum build_phase phase;
	const char *profile; /* absolute, or NULL */
	const char *out_dir;
	char *source;	 /* absolute source tree */
	char *directory; /* source tree's build.directory, absolute */
	char *phase_dir; /* out/build/<phase> */
	char *log;	 /* phase_dir/build.log */
	bool copies;	 /* the recipe writes into its tree, so it gets a copy */
	char *copy;	 /* where that is: phase_dir/src */
	char *work;	 /* where the steps run */
	char *binary;	 /* where the program will be */
	char *cflags;	 /* of corpus and phase; C and C++ alike */
	char *ldflags;
	char *rustflags;  /* of manifest and phase, blank-separated; the user's environment not included */
	char *rust_phase; /* the phase's rustc flag alone, or "" */
	struct string_list env;
	size_t step_count;
	struct {
		const char *what; /* "configure", "build" */
		struct string_list argv;
	} steps[JOB_STEPS];
	json_object *extra; /* what the recipe adds to build.json; or NULL */
};

/** Fill work, binary, env and steps. Every recipe one function. @return PGO_OK, PGO_ENOMEM, PGO_EINVAL, … */
int recipe_plan_make(struct job *job, struct pgo_error *err);
int recipe_plan_cmake(struct job *job, struct pgo_error *err);
int recipe_plan_cargo(struct job *job, struct pgo_error *err);
int recipe_plan_command(struct job *job, struct pgo_error *err);

/** Compile and link flags of corpus and phase into the job. */
int job_flags(struct job *job, struct pgo_error *err);

/** KEY=value for the steps. @return 0, or -1 when out of memory. */
int job_env(struct job *job, const char *key, const char *value);

/** CC, CXX, CFLAGS, CXXFLAGS, LDFLAGS, and the manifest's own env (last, so it wins). */
int job_compiler_env(struct job *job);

/** The manifest's args with {cflags} {ldflags} {cc} {cxx} {source} {corpus} {out} expanded, appended to a step. */
int job_append_args(struct job *job, struct string_list *argv, const struct string_list *args);

/** True when an argument starts with `prefix`. */
bool args_mention(const struct string_list *args, const char *prefix);

/** Left out of copies and digests: .git, run directories, cargo's target directories. `user` is the job. */
bool job_skips(const char *relative, void *user);

/**
 * Hand cargo the flags of manifest and phase without losing the user's. cargo takes CARGO_ENCODED_RUSTFLAGS, else
 * RUSTFLAGS, else all target.*.rustflags of its configuration, else build.rustflags, and never mixes them; so the
 * user's effective flags are found out first (cargo tells them to build scripts), and the first source gets both.
 */
int cargo_flags(struct job *job, struct pgo_error *err);

/** [profile.release] of a Cargo.toml as {"lto","codegen_units","opt_level"}, cargo's defaults where it says nothing. */
json_object *cargo_release_profile(const char *directory, const char *top);

/** True when Cargo.lock names packages from outside the tree. */
bool cargo_has_dependencies(const char *lock_path);

/** Make sure the source tree is there, fetching it where the corpus says how. */
int source_ensure(const struct corpus *corpus, const char *source, const char *out_dir, struct pgo_error *err);

/** Run a command, its output appended to a log. @return PGO_OK, PGO_ECHILD (message, hint), PGO_EINTERRUPTED,
 * PGO_ESYSTEM */
int run_logged(const char *what, const struct string_list *argv, const struct string_list *env, const char *cwd,
	       const char *log, struct pgo_error *err);

/** Warnings of a build log about the profile. */
struct log_warnings {
	int mismatched;	 /* functions whose hash is not that of the profile */
	int out_of_date; /* translation units clang calls out of date */
	int unprofiled;	 /* without any data */
	int total;	 /* all warning lines */
};
void log_count_warnings(struct log_warnings *out, const char *log);

#endif
