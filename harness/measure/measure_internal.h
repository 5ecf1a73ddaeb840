/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_MEASURE_MEASURE_INTERNAL_H
#define HARNESS_MEASURE_MEASURE_INTERNAL_H

#include "harness/measure/measure.h"
#include "harness/sys/child.h"

/* Shared between the files of the measurement only. */

enum side { BASELINE, CANDIDATE };

/** Everything one measurement works on; borrowed but for what measure_run() frees. */
struct measurement {
	const struct corpus *corpus;
	const struct measure_options *options;
	size_t done, total; /**< workloads, for progress */
};

/** Paths of one workload's files; absolute, owned. */
struct measure_paths {
	char *dir, *scratch;
	char *out[2], *errors[2]; /**< by side */
};

/** Costs of the pairs so far, and every run as JSON. */
struct measure_samples {
	double *cost[2]; /**< by side, `pairs` each */
	size_t pairs, capacity;
	json_object *raw; /**< in run order; owned */
};

int measure_paths_init(struct measure_paths *out, const struct measurement *m, const char *id, struct pgo_error *err);
void measure_paths_release(struct measure_paths *paths);

/** CLOCK_MONOTONIC in nanoseconds. */
int64_t measure_now_ns(void);

const char *measure_side_name(enum side side);

/** "workload 'x' …how… in the … build", with where its standard error is. @return PGO_ECHILD */
int measure_failed(const struct workload *w, enum side side, const char *how, const char *errors_path,
		   struct pgo_error *err);

/** Run one side once, checked; both sides use the same scratch path, so that nothing but the program differs. */
int measure_sample(struct child_result *out, const struct measurement *m, const struct workload *w, enum side side,
		   const struct measure_paths *paths, struct pgo_error *err);

/**
 * Fill outputs_equal (and the note when they differ) from the runs that were just made, one per side. When they differ
 * the baseline runs once more: what differs between two runs of one build says nothing about the other.
 */
int measure_compare_outputs(struct measure_workload *out, const struct measurement *m, const struct workload *w,
			    const struct measure_paths *paths, const struct child_result results[2],
			    struct pgo_error *err);

/** Measure one workload by time, until `deadline_ns` (measure_now_ns(), 0: none) but for at least three pairs. */
int measure_by_time(struct measure_workload *out, struct measure_samples *samples, const struct measurement *m,
		    int64_t deadline_ns, struct pgo_error *err);

/** Measure all workloads under valgrind, two at a time. `raw` takes each workload's events as JSON. */
int measure_by_cachegrind(struct measure_workload *workloads, json_object **raw, size_t count,
			  const struct measurement *m, struct pgo_error *err);

/** One file cachegrind wrote: the sums of its events. @return PGO_OK, PGO_EFORMAT, PGO_ESYSTEM */
struct cachegrind_events {
	char names[16][8];
	uint64_t values[16];
	size_t count;
};
int cachegrind_read(struct cachegrind_events *out, const char *path, struct pgo_error *err);

/** As above, from text. */
int cachegrind_parse(struct cachegrind_events *out, const char *text, struct pgo_error *err);

/** Sum of an event over what was read, 0 when there is none of that name. */
uint64_t cachegrind_event(const struct cachegrind_events *events, const char *name);

/**
 * Ir + 10 · (I1mr + D1mr + D1mw) + 100 · (ILmr + DLmr + DLmw) + 15 · (Bcm + Bim): one cycle per instruction, ten for
 * what the second level has, a hundred for memory, fifteen for a wrong guess. The first three weights are those of
 * KCachegrind's cycle estimation.
 */
double cachegrind_cycles(const struct cachegrind_events *events);

struct measure_pairs {
	const double *a, *b;
	size_t n;
};

/**
 * Geometric mean over strata of the ratio of medians b/a, with a BCa interval: pairs are drawn within their stratum.
 * NAN for the interval when a stratum has fewer than three pairs or a resample has a median that is not positive, for
 * everything when a median of the data is not.
 */
void measure_geomean_bca(const struct measure_pairs *strata, size_t count, uint64_t seed, double level, double *ratio,
			 double *low, double *high);

/** Relative median absolute deviation; 0 for an empty list or a median of 0. */
double measure_spread(const double *values, size_t n);

/** Fill the result's totals and recommendation from its workloads. `samples` NULL: deterministic method. */
void measure_summarize(struct measure_result *result, const struct measure_samples *samples,
		       const struct measure_options *options);

/** Write out/measure/<label>.json: the result, the options and the raw samples of each workload. */
int measure_write(const struct measure_result *result, json_object *const *raw, const struct measurement *m,
		  struct pgo_error *err);

#endif
