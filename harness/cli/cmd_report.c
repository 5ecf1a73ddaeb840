/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/pipeline/pipeline.h"

static const char doc[] =
	"Print the report of a finished run again. With several run directories, the measurements of the others stand "
	"beside the first one's.\v"
	"Examples:\n"
	"  pgo-harness report pgo-out/lua\n"
	"  pgo-harness report pgo-out/lua-skewed pgo-out/lua\n"
	"  pgo-harness report pgo-out/lua --format markdown -o \"$GITHUB_STEP_SUMMARY\"\n"
	"\n"
	"Exit codes: 0 printed (whatever the verdict), 2 usage or no report there, 3 the report is damaged, 4 writing "
	"failed.\n";

static const struct argp_option rows[] = {
	{"format", 'F', "FORMAT", 0, "text, markdown or json", 0},
	{"output", 'o', "FILE", 0, "write there instead of standard output", 0},
	{0},
};

enum { MOST = 16 };

struct arguments {
	const char *directories[MOST];
	size_t count;
	const char *output;
	int (*write)(FILE *, json_object *, struct pgo_error *);
};

static int write_json(FILE *out, json_object *report, struct pgo_error *err)
{
	(void)err;
	fprintf(out, "%s\n", json_object_to_json_string_ext(report, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
	return PGO_OK;
}

static error_t set_format(struct arguments *a, const char *text, struct argp_state *state)
{
	if (!strcmp(text, "text"))
		a->write = report_write_text;
	else if (!strcmp(text, "markdown"))
		a->write = report_write_markdown;
	else if (!strcmp(text, "json"))
		a->write = write_json;
	else
		cli_wrong(state, "--format takes text, markdown or json, not '%s'", text);
	return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case 'F':
		return set_format(a, text, state);
	case 'o':
		a->output = text;
		return 0;
	case ARGP_KEY_ARG:
		if (a->count == MOST)
			cli_wrong(state, "at most %d run directories", MOST);
		a->directories[a->count++] = text;
		return 0;
	case ARGP_KEY_NO_ARGS:
		cli_wrong(state, "which run directory? for example: pgo-harness report pgo-out/lua");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

struct writing {
	json_object *report;
	int (*write)(FILE *, json_object *, struct pgo_error *);
};

static int write_report(FILE *out, void *data, struct pgo_error *err)
{
	const struct writing *w = data;
	return w->write(out, w->report, err);
}

static int load(json_object **out, const struct arguments *a, struct pgo_error *err)
{
	int code = report_load(out, a->directories[0], err);
	if (!code && a->count > 1)
		json_object_object_del(*out, "beside"); /* those named now, not those of then */
	for (size_t i = 1; i < a->count && !code; i++) {
		json_object *other = NULL;
		code = report_load(&other, a->directories[i], err);
		if (!code)
			code = report_add_beside(*out, other, err);
		json_object_put(other);
	}
	return code;
}

int cmd_report(int argc, char **argv)
{
	struct arguments a = {.write = report_write_text};
	struct argp argp = {rows, parse_option, "RUN-DIRECTORY...", doc};
	json_object *report = NULL;
	struct pgo_error err = {0};
	int usage = cli_parse(&argp, argc, argv, &a);
	if (usage)
		return usage;
	int code = load(&report, &a, &err);
	if (!code) {
		struct writing w = {report, a.write};
		code = cli_write(a.output, write_report, &w, &err);
	}
	json_object_put(report);
	return code ? cli_fail(&err) : PGO_EXIT_OK;
}
