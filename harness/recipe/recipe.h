/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_RECIPE_RECIPE_H
#define HARNESS_RECIPE_RECIPE_H

#include <json-c/json.h>
#include <stdio.h>

#include "harness/corpus/corpus.h"

/* Toolchain lookup and the three builds of a run. */

enum build_phase { BUILD_INSTRUMENTED, BUILD_OPTIMIZED, BUILD_BASELINE };

const char *build_phase_name(enum build_phase phase); /* "instrumented", "optimized", "baseline" */

/** The tools a run uses; every string absolute and owned; NULL: not needed. */
struct toolchain {
	char *cc, *cxx;	     /**< clang toolchains */
	char *cargo, *rustc; /**< cargo recipe */
	char *profdata;	     /**< the llvm-profdata that reads what this compiler writes */
	char *linker;	     /**< lld, or NULL: the default linker */
	char *version;	     /**< e.g. "clang 22.1.8", "rustc 1.95.0 (LLVM 22.1.2)" */
	int llvm_major;
};

/** One finding of the doctor. */
struct doctor_item {
	char name[64]; /**< "compiler", "llvm-profdata", "profile runtime", "linker", "valgrind", "disk", … */
	bool ok;
	bool required;	   /**< false: something works less well without it */
	char found[256];   /**< path and version, or "" */
	char problem[256]; /**< what is missing or wrong, or "" */
	char remedy[256];  /**< the command that installs it, or "" */
};

struct doctor {
	struct toolchain tools;
	size_t item_count;
	struct doctor_item *items;
	bool ok; /**< every required item is */
};

/**
 * Find the tools for a toolchain name ("clang", "clang-22", "rustc"; NULL: look at all of them) and check them: the
 * compiler builds and runs an instrumented program in a temporary directory, and the llvm-profdata found reads its
 * profile. `out_dir`: the run directory, which must be there, for its free space; NULL: the current one's. For rustc,
 * profiler_builtins must be there (Debian's rustc has none, rustc-web has).
 * @return PGO_OK with doctor.ok telling; PGO_ESYSTEM when checking itself failed.
 */
int doctor_run(struct doctor *out, const struct corpus *corpus, const char *toolchain, const char *out_dir,
	       struct pgo_error *err);
void doctor_release(struct doctor *doctor);
json_object *doctor_json(const struct doctor *doctor);

/** Print a doctor's findings for a person, a line each, problems with their remedy. */
void doctor_print(const struct doctor *doctor, FILE *out);

/**
 * Make sure {source} is there (running `fetch`), then build one phase under `out`/build/<phase>/, unless nothing it
 * depends on changed: source tree digest, recipe, flags, tools, profile digest are compared with the record of the last
 * finished build (out/build/<phase>/build.json). The user's tree is never written to.
 *
 * @param out_dir   absolute run directory.
 * @param profile   indexed profile for BUILD_OPTIMIZED, else NULL.
 * @param[out] binary  absolute path of the built program; caller frees.
 * @param[out] reused  true when the last build was still good.
 * @return PGO_OK, PGO_ECHILD (build failed: message names the command, its end, the log file and the log's last lines
 * in the hint; or it left no program), PGO_EINTERRUPTED, PGO_EFORMAT (source not there), PGO_ESYSTEM.
 */
int recipe_build(char **binary, bool *reused, const struct corpus *corpus, const struct toolchain *tools,
		 enum build_phase phase, const char *profile, const char *out_dir, struct pgo_error *err);

/** Below the run directory: the user's own flags, as cargo told them. */
#define CARGO_FLAGS_FILE "build/cargo-flags.json"

/** Absolute source directory of the corpus for this run (with {out} replaced); caller frees. */
char *recipe_source_dir(const struct corpus *corpus, const char *out_dir);

#endif
