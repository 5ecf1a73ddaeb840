/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "cli.h"

static const char doc[] =
	"One verdict on training profile TRAIN against every TEST\n"
	"\n"
	"Each TEST is compared as by 'pgo-analyze compare' and judged by the same rules; TRAIN is rejected when a rule "
	"fails for any of them."
	"\v"
	"Examples:\n"
	"  pgo-analyze gate merged.profdata monday.profdata tuesday.profdata\n"
	"  pgo-analyze gate --format csv merged.profdata production/*.profdata\n"
	"\n"
	"Give one TEST for each recorded run rather than a merge of them: a merge hides the run that is not served. A "
	"pattern in "
	"quotes, a directory or @LIST is added up to a single reference.\n"
	"\n"
	"Exit codes:\n"
	"   0  accepted\n"
	"   1  rejected: a rule failed\n"
	"   2  wrong usage\n"
	"   3  bad input: a profile cannot be opened, is damaged or unknown, or is of another\n"
	"      kind than TRAIN\n"
	"   4  the system failed: the result cannot be written, out of memory\n"
	"   5  inconclusive: too little evidence to accept or to reject\n"
	"  70  internal error\n";

struct arguments {
	struct cli_common common;
	struct cli_thresholds thresholds;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->thresholds;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int judge(const struct arguments *a, const struct pgo_gate_input *inputs, size_t count)
{
	const struct cli_thresholds *t = &a->thresholds;
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	struct pgo_gate gate = {.policy = &t->policy, .input_count = count, .inputs = inputs};
	if (pgo_judge(&verdict, &gate, &err) != PGO_OK)
		return cli_fail(&err);
	struct pgo_report report = {.train_name = a->common.files.paths[0],
				    .inputs = inputs,
				    .input_count = count,
				    .verdict = &verdict,
				    .policy = &t->policy,
				    .options_set = t->options_set};
	int code = cli_write(&a->common, &report, a->common.writer->gate);
	if (code == PGO_EXIT_OK)
		code = cli_verdict_exit(t, &verdict);
	pgo_verdict_release(&verdict);
	return code;
}

/** profiles[0] against each of the `count` that follow. */
static int compare_all(const struct arguments *a, struct pgo_profile *const *profiles, size_t count)
{
	struct pgo_error err = {0};
	struct pgo_comparison *comparisons = calloc(count, sizeof *comparisons);
	struct pgo_gate_input *inputs = calloc(count, sizeof *inputs);
	size_t made = 0;
	int code;
	if (!comparisons || !inputs)
		pgo_error_set(&err, PGO_ENOMEM, "out of memory");
	while (err.code == 0 && made < count) {
		struct pgo_error failure = {0};
		const char *reference = a->common.files.paths[made + 1];
		if (pgo_compare(&comparisons[made], profiles[0], profiles[made + 1], &a->thresholds.options,
				&failure)) {
			pgo_error_set(&err, failure.code, "cannot compare '%s' with '%s': %s", a->common.files.paths[0],
				      reference, failure.message);
			if (failure.hint[0])
				pgo_error_hint(&err, "%s", failure.hint);
			break;
		}
		inputs[made] = (struct pgo_gate_input){
			.reference = reference, .kind = PGO_REFERENCE_GIVEN, .comparison = &comparisons[made]};
		made++;
	}
	code = err.code ? cli_fail(&err) : judge(a, inputs, count);
	for (size_t i = 0; i < made; i++)
		pgo_comparison_release(&comparisons[i]);
	free(comparisons);
	free(inputs);
	return code;
}

int cmd_gate(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("gate")};
	cli_thresholds_init(&a.thresholds, &a.common);
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&a.thresholds.argp, 0, NULL, 0}, {0}};
	const struct argp parser = {.parser = parse, .args_doc = "TRAIN TEST...", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.common.files, 2, SIZE_MAX,
				       "a training profile and at least one TEST");
	if (code >= 0)
		return code;
	a.thresholds.options.context_sensitive = a.common.context_sensitive;
	a.thresholds.options.max_functions = 1; /* its reports list none */
	struct pgo_profile **profiles = calloc(a.common.files.count, sizeof(struct pgo_profile *));
	if (!profiles) {
		struct pgo_error err = {0};
		pgo_error_set(&err, PGO_ENOMEM, "out of memory");
		return cli_fail(&err);
	}
	code = cli_read_inputs(profiles, a.common.files.paths, a.common.files.count, &a.common, false);
	if (code < 0) {
		cli_note_sums(a.common.files.paths + 1, a.common.files.count - 1, "reference");
		code = compare_all(&a, profiles, a.common.files.count - 1);
	}
	for (size_t i = 0; i < a.common.files.count; i++)
		pgo_profile_free(profiles[i]);
	free(profiles);
	return code;
}
