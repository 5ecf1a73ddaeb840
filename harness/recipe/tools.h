/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_RECIPE_TOOLS_H
#define HARNESS_RECIPE_TOOLS_H

#include "harness/recipe/recipe.h"

/* Finding programs and trying them out. Internal to harness/recipe. */

/** An executable file on PATH, absolute; NULL: none. A name with a slash is taken as it is. Caller frees. */
char *tool_on_path(const char *name);

/** `name` in the directory where `path` really lies (symlinks resolved); NULL: not there. Caller frees. */
char *tool_beside(const char *path, const char *name);

/** First line of `path argument` that holds `key`, from behind `key` to the line's end; false: none. */
bool tool_says(const char *path, const char *argument, const char *cwd, const char *key, char *out, size_t size);

/** Number a version text starts with, or 0. */
int version_major(const char *version);

enum probe_state {
	PROBE_OK,
	PROBE_NO_COMPILE, /**< it does not even compile a program without profile */
	PROBE_NO_RUNTIME, /**< nothing to link instrumented programs with */
	PROBE_NO_RUN,	  /**< the instrumented program did not run well or wrote no profile */
	PROBE_NO_READER,  /**< no llvm-profdata reads the profile */
};

/** What came of building and running a tiny instrumented program. */
struct probe {
	enum probe_state state;
	unsigned raw_version; /**< low 32 bits of the version field of what was written; 0: nothing was */
	char *profdata;	      /**< that reads it; owned */
	char said[200];	      /**< what the failed step said */
};

/** Try a C compiler. `scratch` is an empty directory. @return PGO_OK (see state), PGO_ESYSTEM, PGO_EINTERRUPTED */
int probe_clang(struct probe *out, const struct toolchain *tools, const char *scratch, struct pgo_error *err);

/** The same for rustc; `cwd`: where builds will run (rustup picks its toolchain by directory), or NULL. */
int probe_rustc(struct probe *out, const struct toolchain *tools, const char *cwd, const char *scratch,
		struct pgo_error *err);

/** Compiler, C++ compiler, linker and version of a clang toolchain name; cc stays NULL when there is none. */
void toolchain_find_clang(struct toolchain *out, const char *name);

/** rustc (NULL name: the one on PATH) with its cargo. */
void toolchain_find_rustc(struct toolchain *out, const char *rustc, const char *cwd);

void toolchain_release(struct toolchain *tools);

#endif
