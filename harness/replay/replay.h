/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_REPLAY_REPLAY_H
#define HARNESS_REPLAY_REPLAY_H

#include "harness/corpus/corpus.h"
#include "harness/sys/child.h"

/*
 * Run workloads on a program. One workload's run lives in out/replay/<id>/: scratch/ (its cwd, wiped first), profile/
 * (LLVM_PROFILE_FILE=…/%p-%m.profraw), stdout, stderr, and replay.json written last:
 *   {"schema":"pgo-harness/replay/1","workload","kind","role","ok":bool,"failure":"…","digest":"…",
 *    "runs":[{"end","status","signal","wall_ns","user_ns","sys_ns","rss_bytes"}],"raw_files":n,"raw_bytes":n,
 *    "raw_empty":n (removed: they would void a merge),"raw":[{"file","bytes","digest"}]}
 * Repetitions of one workload run one after the other, never side by side.
 */

struct replay_options {
	const char *out_dir;	   /**< absolute run directory */
	const char *binary;	   /**< instrumented program */
	const char *binary_digest; /**< part of what a workload's record must match to be reused */
	int jobs;		   /**< children at once, >= 1 */
	bool keep_going;	   /**< carry on after a workload failed */
	bool fresh;		   /**< replay again even when the record still holds */
};

struct replay_outcome {
	bool ok;
	bool reused;
	char failure[256]; /**< why not ok */
};

/**
 * Replay every workload of the corpus (all roles) on the instrumented program.
 * @param[out] outcomes  one per workload, in corpus order; caller's array.
 * @return PGO_OK (with keep_going even when some failed), PGO_ECHILD (a workload failed: message says which and how,
 *         hint where its stderr is), PGO_EINTERRUPTED, PGO_ESYSTEM (disk full, …).
 */
int replay_all(struct replay_outcome *outcomes, const struct corpus *corpus, const struct replay_options *options,
	       struct pgo_error *err);

/** What is needed to run one workload once: argv, env, stdin, scratch prepared. For replay and measure alike. */
struct workload_run {
	struct string_list argv;
	struct string_list env;
	char *stdin_path; /**< absolute, or NULL */
	char *scratch;	  /**< absolute */
};

/**
 * Prepare one run: wipe and fill the scratch directory, expand placeholders.
 * @param prefix  argv put in front (valgrind …), or NULL.
 */
int workload_prepare(struct workload_run *out, const struct corpus *corpus, const struct workload *w,
		     const char *binary, const char *scratch, const char *out_dir, const char *const *prefix,
		     struct pgo_error *err);
void workload_run_release(struct workload_run *run);

/** Fill a child_spec from a prepared run and the workload's limits; pointers stay those of `run`. */
void workload_child_spec(struct child_spec *spec, const struct workload *w, const struct workload_run *run);

/** True when the child ended as the workload expects; else `why` says what happened. */
bool workload_ended_well(const struct workload *w, const struct child_result *result, const struct child_spec *spec,
			 char *why, size_t size);

/**
 * Fixed-cost digest of what a workload's result depends on: argv, env, limits, content of stdin, files and of every
 * argument that names an existing file under the corpus. 32 hex digits.
 */
int workload_digest(char out[33], const struct corpus *corpus, const struct workload *w, struct pgo_error *err);

#endif
