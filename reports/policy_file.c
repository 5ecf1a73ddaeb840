/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/several.h"

int pgo_policy_write(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_calibration *c = report->several->calibration;
	fprintf(out, "# thresholds from %zu workloads, wanted false-alarm rate %g each\n", c->workload_count, c->alpha);
	fputs("gate:\n", out);
	for (int s = 0; s < PGO_GATE_STATS; s++) {
		const struct pgo_calibration_threshold *t = &c->thresholds[s];
		if (!t->present)
			continue;
		fprintf(out, "  %s: %.4f  # quantile %.3f of %zu, false alarms at most %.3g, least possible %.3g%s\n",
			pgo_gate_stat_field((enum pgo_gate_stat)s), t->value, t->quantile, t->count, t->false_alarm,
			t->least_false_alarm, t->floored ? ", raised to the noise of repeats" : "");
	}
	return PGO_OK;
}
