/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { KEY_FORMAT = 0x1000, KEY_INPUT_FORMAT, KEY_CS, KEY_MAX_LOST };

error_t cli_usage(struct cli_common *common, const char *format, ...)
{
	char message[sizeof common->err.message];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	pgo_error_set(&common->err, PGO_EINVAL, "%s", message);
	return EINVAL;
}

error_t cli_parse_size(struct cli_common *common, const char *option, const char *text, size_t *out)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		return cli_usage(common, "%s takes a whole number, not '%s'", option, text);
	*out = (size_t)value;
	return 0;
}

error_t cli_parse_share(struct cli_common *common, const char *option, const char *text, double *out)
{
	char *end;
	double value = strtod(text, &end);
	if (*text < '0' || *text > '9' || *end || !(value >= 0 && value <= 1))
		return cli_usage(common, "%s takes a share from 0 to 1, not '%s'", option, text);
	*out = value;
	return 0;
}

error_t cli_parse_pattern(struct cli_common *common, const char *text, const char **out)
{
	struct pgo_error err = {0};
	if (pgo_function_pattern_check(text, &err) != PGO_OK)
		return cli_usage(common, "--function: %s", err.message);
	*out = text;
	return 0;
}

/** All options of an argp and its children, as "--name", to suggest from. @return number of words, NULL-terminated */
static size_t option_words(const struct argp *argp, char (*store)[56], const char **words, size_t used, size_t most)
{
	for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++) {
		if (!o->name || used + 1 >= most)
			continue;
		snprintf(store[used], sizeof store[used], "--%s", o->name);
		words[used] = store[used];
		used++;
	}
	for (const struct argp_child *c = argp->children; c && c->argp; c++)
		used = option_words(c->argp, store, words, used, most);
	words[used] = NULL;
	return used;
}

/** The option of one letter, of an argp or its children; NULL: there is none. */
static const struct argp_option *short_option(const struct argp *argp, char letter)
{
	const struct argp_option *found = NULL;
	for (const struct argp_option *o = argp->options; o && !found && (o->name || o->key || o->doc); o++)
		found = o->key == letter ? o : NULL;
	for (const struct argp_child *c = argp->children; c && c->argp && !found; c++)
		found = short_option(c->argp, letter);
	return found;
}

/** The letter that lacks its value at the end of a word like "-r", or 0. */
static char letter_without_value(const struct argp *argp, const char *word)
{
	if (word[0] != '-' || word[1] == '-')
		return 0;
	for (const char *c = word + 1; *c; c++) {
		const struct argp_option *o = short_option(argp, *c);
		if (!o || o->arg)
			return o && !c[1] ? *c : 0;
	}
	return 0;
}

/** What getopt did not like about argument `word`: it tells only that it did not. */
static void explain_option(struct cli_common *common, const struct argp *argp, const char *word)
{
	enum { MOST = 80 };
	char store[MOST][56], name[56];
	const char *words[MOST];
	size_t count = option_words(argp, store, words, 0, MOST), length = strcspn(word, "="), matching = 0;
	const char *match = NULL;
	snprintf(name, sizeof name, "%.*s", (int)length, word);
	for (size_t i = 0; i < count && length > 2; i++) {
		if (strcmp(words[i], name) == 0) {
			cli_usage(common, word[length] ? "option '%s' takes no value" : "option '%s' needs a value",
				  name);
			return;
		}
		if (strncmp(words[i], name, length) == 0) {
			matching++;
			match = words[i];
		}
	}
	if (matching == 1) {
		cli_usage(common, word[length] ? "option '%s' takes no value" : "option '%s' needs a value", match);
	} else if (matching > 1) {
		cli_usage(common, "option '%s' is ambiguous", name);
	} else if (letter_without_value(argp, word)) {
		cli_usage(common, "option '-%c' needs a value", letter_without_value(argp, word));
	} else {
		cli_usage(common, "there is no option '%s'", name);
		match = cli_nearest(name, words);
		if (match)
			pgo_error_hint(&common->err, "did you mean '%s'? 'pgo-analyze %s --help' lists the options",
				       match, common->command);
	}
}

static error_t parse_common(int key, char *argument, struct argp_state *state)
{
	struct cli_common *common = state->input;
	switch (key) {
	case KEY_FORMAT:
		common->writer = pgo_writer_find(argument);
		if (common->writer)
			return 0;
		cli_usage(common, "there is no format '%s'", argument);
		pgo_error_hint(&common->err, "formats are %s", pgo_writer_names());
		return EINVAL;
	case 'o':
		common->output = argument;
		return 0;
	case KEY_INPUT_FORMAT:
		common->input_format = argument;
		return 0;
	case KEY_CS:
		common->context_sensitive = true;
		return 0;
	case KEY_MAX_LOST:
		return cli_parse_share(common, "--max-lost", argument, &common->max_lost);
	case 'h':
		common->help = true;
		state->next = state->argc;
		return 0;
	case 'V':
		common->version = true;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_ARGS:
		common->files = (struct cli_files){.count = (size_t)(state->argc - state->next),
						   .paths = state->argv + state->next};
		return 0;
	case ARGP_KEY_ERROR: {
		/* getopt steps past a word when its last letter is read: within "-xyz" it still stands on it */
		const char *word = state->next > 0 ? state->argv[state->next - 1] : "";
		if (word[0] != '-' && state->next < state->argc)
			word = state->argv[state->next];
		explain_option(common, state->root_argp, word);
		return 0;
	}
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

#define READING_OPTIONS                                                                                                \
	{"input-format",                                                                                               \
	 KEY_INPUT_FORMAT,                                                                                             \
	 "NAME",                                                                                                       \
	 0,                                                                                                            \
	 "read profiles as NAME (indexed, raw, text, gcda, sample, fdata, bolt-yaml, pprof, csv) instead of looking "  \
	 "at them",                                                                                                    \
	 9},                                                                                                           \
	{                                                                                                              \
		"max-lost", KEY_MAX_LOST, "SHARE", 0,                                                                  \
			"set damaged records aside while they are no larger share of a profile's functions and, "      \
			"where it is known, of its mass (default 0: one is an error)",                                 \
			9                                                                                              \
	}
#define OPTIONS_OF_ALL                                                                                                 \
	{"help", 'h', 0, 0, "this text", -1},                                                                          \
	{                                                                                                              \
		"version", 'V', 0, 0, "version of this program", -1                                                    \
	}

static const struct argp_option common_options[] = {
	{"format", KEY_FORMAT, "NAME", 0, "text, json or csv (default text)", 8},
	{"output", 'o', "FILE", 0, "write the result to FILE, complete or not at all (default standard output)", 8},
	READING_OPTIONS,
	{"cs", KEY_CS, 0, 0, "context-sensitive records instead of the normal ones", 9},
	OPTIONS_OF_ALL,
	{0},
};
const struct argp cli_common_argp = {.options = common_options, .parser = parse_common};

static const struct argp_option plain_options[] = {
	{"output", 'o', "FILE", 0, "write the result to FILE, complete or not at all; '-' is standard output", 8},
	READING_OPTIONS,
	OPTIONS_OF_ALL,
	{0},
};
const struct argp cli_plain_argp = {.options = plain_options, .parser = parse_common};

struct cli_common cli_common_defaults(const char *command)
{
	return (struct cli_common){.command = command, .writer = pgo_writer_find("text")};
}

struct help {
	const struct argp *argp;
	const char *command;
};

static void fill_help(FILE *out, const void *context)
{
	const struct help *help = context;
	char name[64], layout[512];
	const char *given = getenv("ARGP_HELP_FMT");
	snprintf(name, sizeof name, "%s %s", CLI_PROGRAM, help->command);
	/* argp breaks lines at 79 columns, examples too; what the user has set about that stays */
	if (!given || !strstr(given, "rmargin")) {
		snprintf(layout, sizeof layout, "rmargin=100%s%.400s", given && *given ? "," : "", given ? given : "");
		setenv("ARGP_HELP_FMT", layout, 1);
	}
	argp_help(help->argp, out, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, name);
}

int cli_parse(const struct argp *argp, int argc, char **argv, void *input, struct cli_common *common)
{
	/* messages, help and exit are ours: house style, and a full disk is noticed */
	error_t rc = argp_parse(argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT, NULL, input);
	if (common->err.code == 0 && common->help)
		return cli_print(fill_help, &(struct help){argp, common->command});
	if (common->err.code == 0 && common->version)
		return cli_version();
	if (rc != 0 && common->err.code == 0)
		cli_usage(common, "cannot read the arguments: %s", strerror(rc));
	if (common->err.code == 0)
		return -1;
	pgo_error_hint(&common->err, "'pgo-analyze %s --help' lists the options", common->command);
	return cli_fail(&common->err);
}

int cli_check_files(const struct cli_common *common, const struct cli_files *files, size_t least, size_t most,
		    const char *needs)
{
	struct pgo_error err = {0};
	size_t from_stdin = 0;
	for (size_t i = 0; i < files->count; i++)
		from_stdin += strcmp(files->paths[i], "-") == 0;
	if (files->count < least || files->count > most)
		pgo_error_set(&err, PGO_EINVAL, "%s needs %s; %zu given", common->command, needs, files->count);
	else if (from_stdin > 1)
		pgo_error_set(&err, PGO_EINVAL, "standard input ('-') can be read only once");
	else
		return -1;
	for (size_t i = 0; files->count < least && i < files->count; i++) {
		size_t behind = cli_files_behind(files->paths[i]);
		if (behind > 1)
			pgo_error_hint(
				&err,
				"'%s' is %zu files, added up to one profile; give them one by one, a pattern without "
				"quotes",
				files->paths[i], behind);
	}
	pgo_error_hint(&err, "'pgo-analyze %s --help' shows examples", common->command);
	return cli_fail(&err);
}
