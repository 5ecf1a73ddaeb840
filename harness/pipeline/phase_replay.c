/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/pipeline/put.h"
#include "harness/pipeline/run.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/* Phases replay and merge. */

static int core_count(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores > 0 ? (int)cores : 1;
}

int phase_replay(struct run *run, struct phase_note *note, struct pgo_error *err)
{
	struct replay_options options = {
		.out_dir = run->out,
		.binary = run->builds[BUILD_INSTRUMENTED].binary,
		.binary_digest = run->builds[BUILD_INSTRUMENTED].digest,
		.jobs = run->options->jobs > 0 ? run->options->jobs : core_count(),
		.keep_going = run->options->keep_going,
		.fresh = run->options->fresh,
	};
	int code = replay_all(run->outcomes, run->corpus, &options, err);
	if (code)
		return code;
	size_t count = run->corpus->workload_count, good = 0, reused = 0;
	for (size_t i = 0; i < count; i++) {
		run->usable[i] = run->outcomes[i].ok;
		good += run->outcomes[i].ok;
		reused += run->outcomes[i].reused;
		if (!run->outcomes[i].ok)
			progress_warn("workload '%s' is left out: %s", run->corpus->workloads[i].id,
				      run->outcomes[i].failure);
	}
	note->reused = reused == count;
	snprintf(note->detail, sizeof note->detail, "%zu of %zu workloads%s", good, count,
		 reused && reused < count ? ", some from the last run" : "");
	return PGO_OK;
}

int phase_merge(struct run *run, struct phase_note *note, struct pgo_error *err)
{
	struct collect_options options = {run->out, run->doctor.tools.profdata, run->usable};
	struct collect_result result;
	int code = collect_all(&result, run->corpus, &options, err);
	if (code)
		return code;
	note->reused = result.merges == 0;
	snprintf(note->detail, sizeof note->detail, "%zu training workloads into '%s'", result.share_count,
		 result.train_profile);
	if (result.warnings)
		progress_warn("llvm-profdata gave %zu warnings, listed in profiles/merge.json", result.warnings);
	collect_result_release(&result);
	return PGO_OK;
}
