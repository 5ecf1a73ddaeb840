/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <json-c/json.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/corpus/corpus.h"

static const char doc[] =
	"List the workloads of a corpus: kind, role, weight, and the command as it will be run.\v"
	"{binary} and {scratch} stay as they are: they differ from build to build and from run to run.\n"
	"\n"
	"Examples:\n"
	"  pgo-harness list workloads/lua\n"
	"  pgo-harness list workloads/lua/corpus.skewed.yaml --format json\n"
	"\n"
	"Exit codes: 0 listed, 2 usage, 3 the corpus is wrong, 4 writing failed.\n";

static const struct argp_option rows[] = {
	CLI_PRINTING_ROWS,
	{0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	if (key == ARGP_KEY_NO_ARGS)
		cli_wrong(state, "which corpus? for example: pgo-harness list workloads/lua");
	return cli_parse_printing(state->input, key, text, state);
}

/* The argv of a workload with what is known before a run put in. */
static int command_of(struct string_list *out, const struct corpus *corpus, const struct workload *w)
{
	struct placeholders known = {.corpus = corpus->directory};
	if (w->command.count)
		return placeholders_expand_list(out, &w->command, &known);
	struct string_list all = {0};
	int code = string_list_push(&all, "{binary}");
	for (size_t i = 0; i < w->args.count && !code; i++)
		code = string_list_push(&all, w->args.items[i]);
	if (!code)
		code = placeholders_expand_list(out, &all, &known);
	string_list_release(&all);
	return code;
}

/* So that a person can paste it: quoted where a shell would read it otherwise. */
static void write_word(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:=+@%{}";
	if (*word && word[strspn(word, plain)] == '\0') {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

static int write_text(FILE *out, void *data, struct pgo_error *err)
{
	const struct corpus *corpus = data;
	int width = 8;
	for (size_t i = 0; i < corpus->workload_count; i++)
		if ((int)strlen(corpus->workloads[i].id) > width)
			width = (int)strlen(corpus->workloads[i].id);
	fprintf(out, "%-*s %-9s %-7s %6s  %s\n", width, "workload", "kind", "role", "weight", "command");
	for (size_t i = 0; i < corpus->workload_count; i++) {
		const struct workload *w = &corpus->workloads[i];
		struct string_list argv = {0};
		if (command_of(&argv, corpus, w))
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
		fprintf(out, "%-*s %-9s %-7s %6g  ", width, w->id, workload_kind_name(w->kind),
			workload_role_name(w->role), w->weight);
		for (size_t k = 0; k < argv.count; k++) {
			fputs(k ? " " : "", out);
			write_word(out, argv.items[k]);
		}
		if (w->stdin_path) {
			fputs(" < ", out);
			write_word(out, w->stdin_path);
		}
		fputc('\n', out);
		string_list_release(&argv);
	}
	return PGO_OK;
}

static int write_json(FILE *out, void *data, struct pgo_error *err)
{
	const struct corpus *corpus = data;
	json_object *root = json_object_new_object(), *list = json_object_new_array();
	int code = PGO_OK;
	json_object_object_add(root, "schema", json_object_new_string("pgo-harness/list/1"));
	json_object_object_add(root, "corpus", json_object_new_string(corpus->name));
	json_object_object_add(root, "workloads", list);
	for (size_t i = 0; i < corpus->workload_count && !code; i++) {
		const struct workload *w = &corpus->workloads[i];
		struct string_list argv = {0};
		if (command_of(&argv, corpus, w))
			code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
		json_object *entry = json_object_new_object(), *command = json_object_new_array();
		for (size_t k = 0; k < argv.count; k++)
			json_object_array_add(command, json_object_new_string(argv.items[k]));
		json_object_object_add(entry, "workload", json_object_new_string(w->id));
		json_object_object_add(entry, "kind", json_object_new_string(workload_kind_name(w->kind)));
		json_object_object_add(entry, "role", json_object_new_string(workload_role_name(w->role)));
		json_object_object_add(entry, "weight", json_object_new_double(w->weight));
		json_object_object_add(entry, "command", command);
		json_object_object_add(entry, "stdin", w->stdin_path ? json_object_new_string(w->stdin_path) : NULL);
		json_object_array_add(list, entry);
		string_list_release(&argv);
	}
	if (!code)
		fprintf(out, "%s\n",
			json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
	json_object_put(root);
	return code;
}

int cmd_list(int argc, char **argv)
{
	struct cli_printing a = {0};
	struct argp argp = {rows, parse_option, "CORPUS", doc};
	struct corpus *corpus = NULL;
	struct pgo_error err = {0};
	int usage = cli_parse(&argp, argc, argv, &a);
	if (usage)
		return usage;
	int code = corpus_load(&corpus, a.corpus, &err);
	if (!code)
		code = cli_write(a.output, a.json ? write_json : write_text, corpus, &err);
	corpus_free(corpus);
	return code ? cli_fail(&err) : PGO_EXIT_OK;
}
