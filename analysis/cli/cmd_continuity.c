/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "several.h"

enum { KEY_BAND = 0x3000, BANDS_MOST = 8 };

static const char doc[] =
	"Is training profile NEW as whole as OLD, the last one accepted?\n"
	"\n"
	"A profile that lost the files of some processes is sound in itself. Beside the last good one it is thin, and "
	"part of what was hot is cold. Compares the total counts, the functions that ran, and what became of OLD's hot "
	"counters, and names the functions lost."
	"\v"
	"Examples:\n"
	"  pgo-analyze continuity accepted.profdata new.profdata\n"
	"  pgo-analyze continuity --max-lost-hot 0.01 accepted.profdata new.profdata\n"
	"\n"
	"A counter of OLD is hot when it is among the largest that make up 99 % of its total. It is lost when NEW has "
	"it cold (all counters up to there hold 0.0001 % of the total), never ran its function, or has no function of "
	"that name. Functions whose hash changed are judged as a whole. Both profiles must be merged with the same "
	"weights for their totals to be comparable; --min-mass-ratio 0 --max-mass-ratio 1e18 leaves them out.\n"
	"\n" CLI_SEVERAL_EXIT_CODES;

struct arguments {
	struct cli_common common;
	struct cli_outcome outcome;
	struct pgo_continuity_bands bands;
	struct argp_option rows[BANDS_MOST];
	char names[BANDS_MOST][40], texts[BANDS_MOST][160];
};

/** Options from the table of bands. */
static void make_options(struct arguments *a)
{
	size_t count;
	const struct pgo_continuity_field *fields = pgo_continuity_fields(&count);
	a->bands = pgo_continuity_defaults();
	for (size_t i = 0; i < count && i + 2 < BANDS_MOST; i++) {
		snprintf(a->names[i], sizeof a->names[i], "%s", fields[i].name);
		for (char *c = a->names[i]; *c; c++)
			*c = *c == '_' ? '-' : *c;
		snprintf(a->texts[i], sizeof a->texts[i], "%s (default %g)", fields[i].help, fields[i].fallback);
		a->rows[i] = (struct argp_option){
			.name = a->names[i], .key = KEY_BAND + (int)i, .arg = "X", .doc = a->texts[i], .group = 5};
	}
	a->rows[count] = (struct argp_option){.doc = "Bands:", .group = 5};
}

static error_t set_band(struct arguments *a, size_t row, const char *text)
{
	size_t count;
	const struct pgo_continuity_field *fields = pgo_continuity_fields(&count);
	char option[48];
	double value;
	snprintf(option, sizeof option, "--%s", a->names[row]);
	error_t rc = cli_parse_real(&a->common, option, text, fields[row].low, fields[row].high, &value);
	if (rc == 0) {
		memcpy((char *)&a->bands + fields[row].offset, &value, sizeof value);
		a->bands.set |= UINT32_C(1) << row;
	}
	return rc;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->outcome;
		return 0;
	default:
		return key >= KEY_BAND && key < KEY_BAND + BANDS_MOST ? set_band(a, (size_t)(key - KEY_BAND), argument)
								      : ARGP_ERR_UNKNOWN;
	}
}

static int judge(const struct arguments *a, const struct cli_runs *runs)
{
	struct pgo_continuity continuity = {0};
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	struct pgo_several several = {.profiles = (const struct pgo_profile *const *)runs->profiles,
				      .count = 2,
				      .names = (const char *const *)a->common.files.paths,
				      .continuity = &continuity,
				      .bands = &a->bands};
	int code;
	if (pgo_continuity_measure(&continuity, &runs->panel, &err) != PGO_OK ||
	    pgo_judge_continuity(&verdict, &continuity, &a->bands, &err) != PGO_OK)
		code = cli_fail(&err);
	else
		code = cli_conclude(&a->common, &a->outcome, &several, &verdict, a->common.writer->several->continuity);
	pgo_verdict_release(&verdict);
	pgo_continuity_release(&continuity);
	return code;
}

int cmd_continuity(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("continuity")};
	struct cli_runs runs;
	a.outcome = cli_outcome_defaults(&a.common);
	make_options(&a);
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&cli_outcome_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {
		.options = a.rows, .parser = parse, .args_doc = "OLD NEW", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.common.files, 2, 2, "two profiles, OLD and NEW");
	if (code < 0)
		code = cli_runs_open(&runs, &a.common, &a.common.files, NULL);
	if (code >= 0)
		return code;
	code = judge(&a, &runs);
	cli_runs_release(&runs);
	return code;
}
