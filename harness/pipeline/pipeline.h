/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_PIPELINE_PIPELINE_H
#define HARNESS_PIPELINE_PIPELINE_H

#include <json-c/json.h>
#include <stdio.h>

#include "harness/corpus/corpus.h"
#include "pgo/verdict.h"

/*
 * The whole loop: doctor, instrumented build, replay, merge, gate, baseline and optimized build, measurement, report.
 * Each phase leaves its record in the run directory and is not done again while what it depends on is unchanged.
 * docs/run-directory.md describes every file.
 */

enum pipeline_phase {
	PIPELINE_DOCTOR,
	PIPELINE_INSTRUMENT,
	PIPELINE_REPLAY,
	PIPELINE_MERGE,
	PIPELINE_GATE,
	PIPELINE_BASELINE,
	PIPELINE_OPTIMIZE,
	PIPELINE_MEASURE,
	PIPELINE_REPORT,
	PIPELINE_PHASES
};

struct pipeline_options {
	const char *corpus; /**< directory or manifest */
	const char *out;    /**< run directory; NULL: pgo-out/<corpus>[-<manifest suffix>] */
	int jobs;	    /**< workloads replayed at once; 0: one per core */
	bool keep_going;    /**< carry on without workloads that failed */
	bool force;	    /**< build and measure whatever the gate says */
	bool fresh;	    /**< redo every phase */
	bool accept_inconclusive;
	enum pipeline_phase until; /**< last phase; PIPELINE_REPORT: all */
	bool method_set;
	enum measure_method method;
	int runs;		  /**< pairs per workload; 0: as the manifest says */
	struct pgo_policy policy; /**< fields with their bit in `set` override the manifest */
	const char *beside;	  /**< run directory whose measurement is shown beside this one's, or NULL */
};

struct pipeline_outcome {
	char *out;	     /**< absolute run directory */
	json_object *report; /**< as in report.json; NULL when the run stopped before the gate */
	enum pgo_exit exit;  /**< accepted 0, rejected 1, inconclusive 5 */
};

/**
 * Run a corpus.
 * @return PGO_OK whatever the gate said (see outcome.exit), PGO_EINVAL (manifest, or the directory is another
 * corpus's), PGO_EINTERRUPTED (finished phases are kept; the hint says how to go on), PGO_ECHILD, PGO_ESYSTEM, ….
 */
int pipeline_run(struct pipeline_outcome *out, const struct pipeline_options *options, struct pgo_error *err);
void pipeline_outcome_release(struct pipeline_outcome *outcome);

const char *pipeline_phase_name(enum pipeline_phase phase);

/** Phase by name. @return PGO_OK; PGO_EINVAL, the hint lists the names. */
int pipeline_phase_find(enum pipeline_phase *out, const char *name, struct pgo_error *err);

/** Read the report of a finished run; caller puts it. @return PGO_OK; PGO_EINVAL: there is none. */
int report_load(json_object **out, const char *out_dir, struct pgo_error *err);

/** Add another run's report to `report`, to be shown beside it. */
int report_add_beside(json_object *report, const json_object *other, struct pgo_error *err);

/** Write a report as a person reads it on a terminal, or as Markdown. @return PGO_OK, PGO_ESYSTEM (write failed). */
int report_write_text(FILE *out, json_object *report, struct pgo_error *err);
int report_write_markdown(FILE *out, json_object *report, struct pgo_error *err);

#endif
