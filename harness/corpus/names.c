/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/corpus/load.h"
#include "harness/sys/nearest.h"

static const struct name_value kinds[] = {
	{"real", WORKLOAD_REAL}, {"synthetic", WORKLOAD_SYNTHETIC}, {"micro", WORKLOAD_MICRO}};
static const struct name_value roles[] = {
	{"train", WORKLOAD_TRAIN}, {"heldout", WORKLOAD_HELDOUT}, {"guard", WORKLOAD_GUARD}};
static const struct name_value recipes[] = {
	{"make", RECIPE_MAKE}, {"cmake", RECIPE_CMAKE}, {"cargo", RECIPE_CARGO}, {"command", RECIPE_COMMAND}};
static const struct name_value methods[] = {
	{"time", MEASURE_TIME}, {"user", MEASURE_USER}, {"cachegrind", MEASURE_CACHEGRIND}};
static const struct name_value signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT},	  {"HUP", SIGHUP},   {"QUIT", SIGQUIT},
					    {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"ALRM", SIGALRM}, {"KILL", SIGKILL}};

#define NAMES(what, table)                                                                                             \
	{                                                                                                              \
		what, table, sizeof(table) / sizeof *(table)                                                           \
	}
const struct names kind_names = NAMES("kind", kinds);
const struct names role_names = NAMES("role", roles);
const struct names recipe_names = NAMES("recipe", recipes);
const struct names method_names = NAMES("method", methods);
const struct names signal_names = NAMES("stop signal", signals);

bool names_find(const struct names *names, const char *text, int *out)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i].name, text) == 0) {
			*out = names->items[i].value;
			return true;
		}
	return false;
}

static const char *name_of(const struct names *names, int value)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].value == value)
			return names->items[i].name;
	return "?";
}

const char *workload_kind_name(enum workload_kind kind)
{
	return name_of(&kind_names, (int)kind);
}

const char *workload_role_name(enum workload_role role)
{
	return name_of(&role_names, (int)role);
}

const char *recipe_kind_name(enum recipe_kind kind)
{
	return name_of(&recipe_names, (int)kind);
}

const char *measure_method_name(enum measure_method method)
{
	return name_of(&method_names, (int)method);
}

void names_hint(struct pgo_error *err, const char *text, const char *const *known, size_t count)
{
	const char *near = nearest_word(text, known, count);
	char list[400] = "";
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(list);
		snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", known[i]);
	}
	if (near)
		pgo_error_hint(err, "did you mean '%s'?", near);
	else
		pgo_error_hint(err, "known here: %s", list);
}

bool text_number(const char *text, double *out)
{
	char *end;
	if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
		return false;
	double value = strtod(text, &end);
	if (*end || !isfinite(value))
		return false;
	*out = value;
	return true;
}

bool text_integer(const char *text, long low, long high, long *out)
{
	char *end;
	size_t sign = *text == '-';
	if (!text[sign] || strspn(text + sign, "0123456789") != strlen(text + sign))
		return false;
	errno = 0;
	long value = strtol(text, &end, 10);
	if (*end || errno || value < low || value > high)
		return false;
	*out = value;
	return true;
}
