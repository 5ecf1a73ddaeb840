/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/corpus/corpus.h"
#include "harness/recipe/recipe.h"
#include "harness/sys/child.h"
#include "harness/sys/progress.h"

static const char doc[] =
	"Check what a run needs: compiler, the llvm-profdata that reads what it writes, profile runtime, linker, "
	"valgrind. "
	"Whatever is missing is named with the command that installs it.\v"
	"Without a corpus every toolchain found is checked; with one, what that corpus needs.\n"
	"\n"
	"Examples:\n"
	"  pgo-harness doctor\n"
	"  pgo-harness doctor workloads/logstat\n"
	"  pgo-harness doctor --toolchain clang-19 --format json\n"
	"\n"
	"Exit codes: 0 all that is required is there, 2 usage, 3 the corpus is wrong, 4 something is missing.\n";

static const struct argp_option rows[] = {
	{"toolchain", 't', "NAME", 0, "clang, clang-N or rustc", 0},
	{"format", 'F', "FORMAT", 0, "text or json", 0},
	{"output", 'o', "FILE", 0, "write there instead of standard output", 0},
	{0},
};

struct arguments {
	const char *corpus, *toolchain, *output;
	bool json;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case 't':
		a->toolchain = text;
		return 0;
	case 'o':
		a->output = text;
		return 0;
	case 'F':
		a->json = !strcmp(text, "json");
		if (!a->json && strcmp(text, "text"))
			cli_wrong(state, "--format takes text or json, not '%s'", text);
		return 0;
	case ARGP_KEY_ARG:
		if (a->corpus)
			cli_wrong(state, "one corpus at a time: '%s' is one too many", text);
		a->corpus = text;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

struct writing {
	const struct doctor *doctor;
	bool json;
};

static int write_doctor(FILE *out, void *data, struct pgo_error *err)
{
	const struct writing *w = data;
	if (!w->json) {
		doctor_print(w->doctor, out);
		return PGO_OK;
	}
	json_object *record = doctor_json(w->doctor);
	if (!record)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	fprintf(out, "%s\n", json_object_to_json_string_ext(record, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
	json_object_put(record);
	return PGO_OK;
}

int cmd_doctor(int argc, char **argv)
{
	struct arguments a = {0};
	struct argp argp = {rows, parse_option, "[CORPUS]", doc};
	struct corpus *corpus = NULL;
	struct doctor doctor = {0};
	struct pgo_error err = {0};
	int usage = cli_parse(&argp, argc, argv, &a);
	if (usage)
		return usage;
	progress_init(PROGRESS_QUIET);
	int code = child_signals_install(&err);
	if (!code && a.corpus)
		code = corpus_load(&corpus, a.corpus, &err);
	if (!code) {
		const char *toolchain = a.toolchain ? a.toolchain : corpus ? corpus->build.toolchain : NULL;
		code = doctor_run(&doctor, corpus, toolchain, NULL, &err);
	}
	if (!code) {
		struct writing w = {&doctor, a.json};
		code = cli_write(a.output, write_doctor, &w, &err);
	}
	int exit_code = code ? cli_fail(&err) : doctor.ok ? PGO_EXIT_OK : PGO_EXIT_SYSTEM;
	doctor_release(&doctor);
	corpus_free(corpus);
	return exit_code;
}
