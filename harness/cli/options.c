/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/sys/nearest.h"

/*
 * Options are read by argp; but what getopt says about one it does not know is neither in the house's words nor does it
 * name the one that was meant. So the words are looked through once before.
 */

enum { MOST = 64 };

static const struct argp_option builtin[] = {
	{"help", '?', NULL, 0, NULL, 0}, {"usage", 0x10000, NULL, 0, NULL, 0}, {"version", 'V', NULL, 0, NULL, 0}};

struct known {
	const struct argp_option *rows[MOST];
	size_t count;
};

static void collect(struct known *known, const struct argp *argp)
{
	for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
		known->rows[known->count++] = &builtin[i];
	for (const struct argp_option *o = argp->options; (o->name || o->key || o->doc) && known->count < MOST; o++)
		if (o->name)
			known->rows[known->count++] = o;
}

/* By whole name, or by a beginning that only one has; *several: more than one has it. */
static const struct argp_option *find_long(const struct known *known, const char *name, size_t length, bool *several)
{
	const struct argp_option *found = NULL;
	*several = false;
	for (size_t i = 0; i < known->count; i++) {
		if (strncmp(known->rows[i]->name, name, length) != 0)
			continue;
		if (!known->rows[i]->name[length])
			return known->rows[i];
		*several = *several || found;
		found = known->rows[i];
	}
	return found;
}

static int unknown_option(const struct known *known, const char *program, const char *name)
{
	const char *names[MOST];
	char hint[200];
	for (size_t i = 0; i < known->count; i++)
		names[i] = known->rows[i]->name;
	const char *near = nearest_word(name, names, known->count);
	if (near)
		snprintf(hint, sizeof hint, "did you mean '--%s'? '%s --help' lists the options", near, program);
	else
		snprintf(hint, sizeof hint, "'%s --help' lists the options", program);
	return cli_usage(hint, "there is no option '--%s'", name);
}

/* One "--name[=value]". *takes_next: its value is the next word. @return 0, or an exit code */
static int check_long(const struct known *known, const char *program, const char *word, bool last, bool *takes_next)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t length = strcspn(name, "=");
	bool several;
	char short_name[64], hint[120];
	const struct argp_option *o = find_long(known, name, length, &several);
	snprintf(short_name, sizeof short_name, "%.*s", (int)length, name);
	snprintf(hint, sizeof hint, "'%s --help' lists the options", program);
	if (!o)
		return unknown_option(known, program, short_name);
	if (several)
		return cli_usage(hint, "option '--%s' is ambiguous", short_name);
	if (equals && !o->arg)
		return cli_usage(hint, "option '--%s' takes no value", o->name);
	*takes_next = o->arg && !equals;
	if (*takes_next && last)
		return cli_usage(hint, "option '--%s' needs a value", o->name);
	return 0;
}

/* One "-abc". */
static int check_short(const struct known *known, const char *program, const char *word, bool last, bool *takes_next)
{
	char hint[120];
	snprintf(hint, sizeof hint, "'%s --help' lists the options", program);
	for (const char *letter = word + 1; *letter; letter++) {
		const struct argp_option *o = NULL;
		for (size_t i = 0; i < known->count && !o; i++)
			o = known->rows[i]->key == *letter ? known->rows[i] : NULL;
		if (!o)
			return cli_usage(hint, "there is no option '-%c'", *letter);
		if (!o->arg)
			continue;
		*takes_next = !letter[1];
		if (*takes_next && last)
			return cli_usage(hint, "option '-%c' needs a value", *letter);
		return 0;
	}
	return 0;
}

static int check_words(const struct argp *argp, int argc, char **argv)
{
	struct known known = {0};
	collect(&known, argp);
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		bool takes_next = false, last = i + 1 == argc;
		int code = 0;
		if (strncmp(argv[i], "--", 2) == 0)
			code = check_long(&known, argv[0], argv[i], last, &takes_next);
		else if (argv[i][0] == '-' && argv[i][1])
			code = check_short(&known, argv[0], argv[i], last, &takes_next);
		if (code)
			return code;
		i += takes_next;
	}
	return 0;
}

int cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	int code = check_words(argp, argc, argv);
	if (!code && argp_parse(argp, argc, argv, 0, NULL, input))
		code = PGO_EXIT_USAGE;
	return code;
}

void cli_wrong(const struct argp_state *state, const char *format, ...)
{
	char message[400], hint[120];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	snprintf(hint, sizeof hint, "'%s --help' lists options and examples", state->name);
	exit(cli_usage(hint, "%s", message));
}

error_t cli_parse_printing(struct cli_printing *printing, int key, char *text, struct argp_state *state)
{
	switch (key) {
	case 'o':
		printing->output = text;
		return 0;
	case 'F':
		printing->json = !strcmp(text, "json");
		if (!printing->json && strcmp(text, "text"))
			cli_wrong(state, "--format takes text or json, not '%s'", text);
		return 0;
	case ARGP_KEY_ARG:
		if (printing->corpus)
			cli_wrong(state, "one corpus at a time: '%s' is one too many", text);
		printing->corpus = text;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}
