/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/several.h"

static bool few_note(char out[400], const struct pgo_calibration *c, size_t *left)
{
	if (c->workload_count >= c->needed || (*left)--)
		return false;
	snprintf(
		out, 400,
		"%zu workloads cannot promise a false-alarm rate of %g: the worst value seen is proposed. %zu more are "
		"needed.",
		c->workload_count, c->alpha, c->needed - c->workload_count);
	return true;
}

static bool join_note(char out[400], const struct pgo_several *s, size_t *left)
{
	const struct pgo_calibration *c = s->calibration;
	struct pgo_policy defaults = pgo_policy_defaults();
	for (size_t i = 0; i < c->workload_count; i++) {
		double join = c->rows[i].values[PGO_GATE_JOIN].value;
		if (join >= defaults.min_join || (*left)--)
			continue;
		snprintf(out, 400,
			 "only %.1f %% of '%.200s' is in functions that the others have too: part of it is of another "
			 "build, or profiles of this kind name only what ran",
			 100 * join, s->workload_names[i]);
		return true;
	}
	return false;
}

static bool twin_note(char out[400], const struct pgo_several *s, size_t *left)
{
	for (size_t i = 0; s->twins && i < s->count; i++) {
		if (s->twins[i] == i || (*left)--)
			continue;
		snprintf(
			out, 400,
			"'%.120s' and '%.120s' are the same but for a factor: one run given as two workloads makes the "
			"thresholds look better founded than they are",
			s->names[s->twins[i]], s->names[i]);
		return true;
	}
	return false;
}

bool pgo_calibration_note(char out[400], const struct pgo_several *several, size_t index)
{
	return few_note(out, several->calibration, &index) || join_note(out, several, &index) ||
	       twin_note(out, several, &index);
}

int pgo_policy_write(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_calibration *c = report->several->calibration;
	fprintf(out, "# thresholds from %zu workloads, wanted false-alarm rate %g each\n", c->workload_count, c->alpha);
	char line[400];
	for (size_t i = 0; pgo_calibration_note(line, report->several, i); i++) {
		pgo_printable(line, ""); /* whatever its names hold, it is one line */
		fprintf(out, "# note: %s\n", line);
	}
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
