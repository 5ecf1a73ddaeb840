/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/pipeline/pipeline.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/pipeline/run.h"
#include "harness/sys/child.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

static const struct {
	const char *name;
	const char *title;
	int (*run)(struct run *run, struct phase_note *note, struct pgo_error *err);
} phases[PIPELINE_PHASES] = {
	[PIPELINE_DOCTOR] = {"doctor", "checking the toolchain", phase_doctor},
	[PIPELINE_INSTRUMENT] = {"instrument", "instrumented build", phase_instrument},
	[PIPELINE_REPLAY] = {"replay", "replaying the workloads", phase_replay},
	[PIPELINE_MERGE] = {"merge", "merging the profiles", phase_merge},
	[PIPELINE_GATE] = {"gate", "judging the training profile", phase_gate},
	[PIPELINE_BASELINE] = {"baseline", "baseline build", phase_baseline},
	[PIPELINE_OPTIMIZE] = {"optimize", "optimized build", phase_optimize},
	[PIPELINE_MEASURE] = {"measure", "measuring the held-out workloads", phase_measure},
	[PIPELINE_REPORT] = {"report", "writing the report", phase_report},
};

const char *pipeline_phase_name(enum pipeline_phase phase)
{
	return phases[phase].name;
}

int pipeline_phase_find(enum pipeline_phase *out, const char *name, struct pgo_error *err)
{
	for (int i = 0; i < PIPELINE_PHASES; i++)
		if (!strcmp(phases[i].name, name)) {
			*out = i;
			return PGO_OK;
		}
	pgo_error_set(err, PGO_EINVAL, "no phase is called '%s'", name);
	pgo_error_hint(err, "phases are doctor, instrument, replay, merge, gate, baseline, optimize, measure, report");
	return PGO_EINVAL;
}

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool run_builds_optimized(const struct run *run)
{
	return run->options->force || run->verdict == PGO_PASS ||
	       (run->verdict == PGO_INCONCLUSIVE && run->options->accept_inconclusive);
}

enum pgo_exit run_exit(const struct run *run)
{
	/* A faster program that does something else is no gain, and a slower one none at all. */
	if (run->outputs_differ || run->slower)
		return PGO_EXIT_REJECTED;
	if (run->verdict == PGO_INCONCLUSIVE && run->options->accept_inconclusive)
		return PGO_EXIT_OK;
	return pgo_outcome_exit(run->verdict);
}

/* Wanted in this run? The report is written as soon as there is a verdict to report. */
static bool phase_wanted(const struct run *run, enum pipeline_phase phase)
{
	if (phase == PIPELINE_REPORT)
		return run->gated;
	return phase <= run->options->until && (phase <= PIPELINE_GATE || run_builds_optimized(run));
}

/* The error a person gets: what a phase said, and how to go on from here. */
static int phase_failed(struct run *run, enum pipeline_phase phase, int code, const struct pgo_error *said,
			struct pgo_error *err)
{
	if (code == PGO_EINTERRUPTED) {
		const char *name = sigabbrev_np(child_interrupt_signal());
		pgo_error_set(err, code, "interrupted by SIG%s in phase '%s'", name ? name : "?", phases[phase].name);
		pgo_error_hint(err, "finished phases are kept; to go on from here: pgo-harness run %s --out %s",
			       run->options->corpus, run->options->out ? run->options->out : run->out);
	} else if (err) {
		*err = *said;
		pgo_error_hint(err, "finished phases are kept in '%s'; the same command goes on from there", run->out);
	}
	return code;
}

static int run_phase(struct run *run, enum pipeline_phase phase, struct pgo_error *err)
{
	struct phase_note note = {0};
	struct pgo_error said = {0};
	progress_phase("%s", phases[phase].title);
	int code = state_phase(run, phase, "running", 0, NULL, err);
	if (code)
		return code;
	double start = now_s();
	code = child_interrupted() ? PGO_EINTERRUPTED : phases[phase].run(run, &note, &said);
	double seconds = now_s() - start;
	progress_clear();
	if (code) {
		snprintf(note.detail, sizeof note.detail, "%s", said.message);
		/* what stopped the phase (a full disk, say) may stop this record too: the first failure is told */
		state_phase(run, phase, code == PGO_EINTERRUPTED ? "interrupted" : "failed", seconds, &note, NULL);
		return phase_failed(run, phase, code, &said, err);
	}
	const char *status = note.reused ? "reused" : note.skipped ? "skipped" : "done";
	if (note.reused || note.skipped)
		progress_line("%s%s%s", status, note.detail[0] && !note.told ? ": " : "", note.told ? "" : note.detail);
	else if (note.detail[0] && !note.told)
		progress_line("%s (%.1f s)", note.detail, seconds);
	return state_phase(run, phase, status, seconds, &note, err);
}

/* The command line has the last word. */
static void apply_overrides(struct corpus *corpus, const struct pipeline_options *options)
{
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	for (size_t i = 0; i < count; i++)
		if (options->policy.set & 1u << i)
			memcpy((char *)&corpus->gate + fields[i].offset,
			       (const char *)&options->policy + fields[i].offset, sizeof(double));
	corpus->gate.set |= options->policy.set;
	if (options->method_set) {
		corpus->measure.method = options->method;
		corpus->measure.method_set = true;
	}
	if (options->runs > 0)
		corpus->measure.runs = options->runs;
}

static int load(struct run *run, struct pgo_error *err)
{
	int code = corpus_load(&run->corpus, run->options->corpus, err);
	if (code)
		return code;
	apply_overrides(run->corpus, run->options);
	run->outcomes = calloc(run->corpus->workload_count, sizeof *run->outcomes);
	run->usable = calloc(run->corpus->workload_count, sizeof *run->usable);
	if (!run->outcomes || !run->usable)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (run->options->beside) {
		json_object *other = NULL; /* better told now than after an hour of building */
		code = report_load(&other, run->options->beside, err);
		json_object_put(other);
	}
	return code;
}

static void release(struct run *run)
{
	state_close(run);
	if (run->have_doctor)
		doctor_release(&run->doctor);
	for (int i = 0; i < 3; i++)
		free(run->builds[i].binary);
	free(run->outcomes);
	free(run->usable);
	corpus_free(run->corpus);
	json_object_put(run->report);
	free(run->out);
}

int pipeline_run(struct pipeline_outcome *out, const struct pipeline_options *options, struct pgo_error *err)
{
	struct run run = {.options = options, .lock = -1};
	int code = load(&run, err);
	if (!code)
		code = state_open(&run, err);
	for (int phase = 0; phase < PIPELINE_PHASES && !code; phase++)
		if (phase_wanted(&run, phase))
			code = run_phase(&run, phase, err);
		else
			code = state_phase(&run, phase, "skipped", 0, NULL, err);
	if (!code) {
		out->out = run.out;
		out->report = run.report;
		out->exit = run.gated ? run_exit(&run) : PGO_EXIT_OK;
		run.out = NULL;
		run.report = NULL;
	}
	release(&run);
	return code;
}

void pipeline_outcome_release(struct pipeline_outcome *outcome)
{
	free(outcome->out);
	json_object_put(outcome->report);
	*outcome = (struct pipeline_outcome){0};
}
