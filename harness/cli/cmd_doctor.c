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
	CLI_PRINTING_ROWS,
	{0},
};

struct arguments {
	struct cli_printing printing;
	const char *toolchain;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;
	if (key != 't')
		return cli_parse_printing(&a->printing, key, text, state);
	a->toolchain = text;
	return 0;
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
	if (!code && a.printing.corpus)
		code = corpus_load(&corpus, a.printing.corpus, &err);
	if (!code) {
		const char *toolchain = a.toolchain ? a.toolchain : corpus ? corpus->build.toolchain : NULL;
		code = doctor_run(&doctor, corpus, toolchain, NULL, &err);
	}
	if (!code) {
		struct writing w = {&doctor, a.printing.json};
		code = cli_write(a.printing.output, write_doctor, &w, &err);
	}
	int exit_code = code ? cli_fail(&err) : doctor.ok ? PGO_EXIT_OK : PGO_EXIT_SYSTEM;
	doctor_release(&doctor);
	corpus_free(corpus);
	return exit_code;
}
