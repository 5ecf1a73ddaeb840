/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_PIPELINE_RUN_H
#define HARNESS_PIPELINE_RUN_H

#include "harness/collect/collect.h"
#include "harness/pipeline/pipeline.h"
#include "harness/recipe/recipe.h"
#include "harness/replay/replay.h"

/* One run under way. Internal to the pipeline: the phases, the state they share and its record run.json. */

/** A program built in this run. */
struct run_build {
	char *binary; /**< absolute; NULL: not built */
	char digest[33];
};

struct run {
	const struct pipeline_options *options;
	struct corpus *corpus; /**< with the command line's overrides applied */
	char *out;	       /**< absolute run directory */
	int lock;	       /**< descriptor that holds the lock, -1: none */
	json_object *record;   /**< run.json */
	bool have_doctor;
	struct doctor doctor;
	struct run_build builds[3];	 /**< by enum build_phase */
	struct replay_outcome *outcomes; /**< per workload */
	bool *usable;			 /**< per workload: replayed well */
	bool outputs_differ;		 /**< measured: the optimized program does not do what the baseline does */
	bool slower;			 /**< measured: the performance gate failed */
	bool gated;
	enum pgo_outcome verdict;
	json_object *report;
};

/** What a phase tells about itself, for run.json and the progress lines. */
struct phase_note {
	bool reused;	 /**< nothing had to be done */
	bool skipped;	 /**< nothing to do in this run */
	bool told;	 /**< the phase printed its own lines; the detail is for run.json alone */
	char digest[33]; /**< of what the phase depended on; "" when it keeps its own digests */
	char detail[512];
};

int phase_doctor(struct run *run, struct phase_note *note, struct pgo_error *err);
int phase_instrument(struct run *run, struct phase_note *note, struct pgo_error *err);
int phase_replay(struct run *run, struct phase_note *note, struct pgo_error *err);
int phase_merge(struct run *run, struct phase_note *note, struct pgo_error *err);
int phase_gate(struct run *run, struct phase_note *note, struct pgo_error *err);
int phase_baseline(struct run *run, struct phase_note *note, struct pgo_error *err);
int phase_optimize(struct run *run, struct phase_note *note, struct pgo_error *err);
int phase_measure(struct run *run, struct phase_note *note, struct pgo_error *err);
int phase_report(struct run *run, struct phase_note *note, struct pgo_error *err);

/** True when the optimized build and what follows it take place. */
bool run_builds_optimized(const struct run *run);

/** Exit code by verdict and flags. */
enum pgo_exit run_exit(const struct run *run);

/** out/<name>, caller frees; NULL when out of memory. */
char *run_path(const struct run *run, const char *name);

/* state.c */

/** Make the run directory, lock it, and check that it belongs to this corpus. */
int state_open(struct run *run, struct pgo_error *err);
void state_close(struct run *run);

/** Set a phase's status in run.json ("running", "done", "reused", "skipped", "failed", "interrupted") and write it. */
int state_phase(struct run *run, enum pipeline_phase phase, const char *status, double seconds,
		const struct phase_note *note, struct pgo_error *err);

#endif
