/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "harness/pipeline/put.h"
#include "harness/pipeline/run.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/* Phases doctor, instrument, baseline, optimize. */

/* An item that only this run needs. */
static bool needed_now(const struct run *run, const struct doctor_item *item)
{
	return item->required || (run->corpus->measure.method == MEASURE_CACHEGRIND && !strcmp(item->name, "valgrind"));
}

static int doctor_failed(const struct doctor_item *item, struct pgo_error *err)
{
	pgo_error_set(err, PGO_ESYSTEM, "%s: %s", item->name, item->problem);
	if (item->remedy[0])
		pgo_error_hint(err, "install it with: %s", item->remedy);
	return PGO_ESYSTEM;
}

/* Never reused: finding out what changed on the machine is what it is for. */
int phase_doctor(struct run *run, struct phase_note *note, struct pgo_error *err)
{
	int code = doctor_run(&run->doctor, run->corpus, run->corpus->build.toolchain, run->out, err);
	if (code)
		return code;
	run->have_doctor = true;
	char *path = run_path(run, "doctor.json");
	json_object *record = doctor_json(&run->doctor);
	code = path && record ? record_write(path, record, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	json_object_put(record);
	free(path);
	for (size_t i = 0; i < run->doctor.item_count && !code; i++) {
		const struct doctor_item *item = &run->doctor.items[i];
		if (item->ok)
			continue;
		if (needed_now(run, item))
			code = doctor_failed(item, err);
		else
			progress_line("note: %s: %s", item->name, item->problem);
	}
	if (!code && !run->doctor.ok) {
		code = pgo_error_set(err, PGO_ESYSTEM, "the toolchain is not complete");
		pgo_error_hint(err, "'pgo-harness doctor' says what is missing");
	}
	snprintf(note->detail, sizeof note->detail, "%s", run->doctor.tools.version ? run->doctor.tools.version : "");
	return code;
}

static int build(struct run *run, enum build_phase phase, const char *profile, struct phase_note *note,
		 struct pgo_error *err)
{
	struct run_build *built = &run->builds[phase];
	int code = recipe_build(&built->binary, &note->reused, run->corpus, &run->doctor.tools, phase, profile,
				run->out, err);
	if (!code)
		code = files_digest(built->digest, built->binary, err);
	note->told = true;
	if (!code)
		snprintf(note->detail, sizeof note->detail, "%s", built->binary);
	return code;
}

int phase_instrument(struct run *run, struct phase_note *note, struct pgo_error *err)
{
	return build(run, BUILD_INSTRUMENTED, NULL, note, err);
}

int phase_baseline(struct run *run, struct phase_note *note, struct pgo_error *err)
{
	return build(run, BUILD_BASELINE, NULL, note, err);
}

int phase_optimize(struct run *run, struct phase_note *note, struct pgo_error *err)
{
	char *profile = run_path(run, "profiles/train.profdata");
	if (!profile)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (run->verdict != PGO_PASS)
		progress_warn("%s", run->verdict == PGO_FAIL
					    ? "THE GATE REJECTED THIS PROFILE; building with it because of --force"
					    : "the gate could not accept this profile; building with it as asked");
	int code = build(run, BUILD_OPTIMIZED, profile, note, err);
	free(profile);
	return code;
}
