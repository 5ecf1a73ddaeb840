/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/measure/measure_internal.h"
#include "harness/sys/files.h"

/*
 * What cachegrind writes: "events: NAME NAME …" before the costs, "summary: N N …" as the last line, the total of each
 * event in the same order. A program that was killed leaves no summary.
 */

static const char *line_that_starts(const char *text, const char *with)
{
	size_t length = strlen(with);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, with, length) == 0)
			return line + length;
	}
	return NULL;
}

/* The next blank-separated word of a line; its length, 0 at the end of the line. */
static size_t next_word(const char **at)
{
	*at += strspn(*at, " \t");
	return strcspn(*at, " \t\r\n");
}

int cachegrind_parse(struct cachegrind_events *out, const char *text, struct pgo_error *err)
{
	struct cachegrind_events events = {0};
	const char *names = line_that_starts(text, "events:"), *values = line_that_starts(text, "summary:");
	if (!names || !values)
		return pgo_error_set(err, PGO_EFORMAT, "not a complete cachegrind file: no '%s' line",
				     names ? "summary:" : "events:");
	for (size_t length; (length = next_word(&names)) > 0; names += length) {
		if (events.count == sizeof events.values / sizeof *events.values || length >= sizeof *events.names)
			return pgo_error_set(err, PGO_EFORMAT, "cannot take in the cachegrind event '%.*s'",
					     (int)length, names);
		memcpy(events.names[events.count++], names, length);
	}
	size_t count = 0;
	for (size_t length; (length = next_word(&values)) > 0; values += length) {
		char *end;
		errno = 0;
		unsigned long long value = strtoull(values, &end, 10);
		if (errno || end != values + length || *values == '-')
			return pgo_error_set(err, PGO_EFORMAT, "not a count in the cachegrind summary: '%.*s'",
					     (int)length, values);
		if (count < events.count)
			events.values[count] = value;
		count++;
	}
	if (count != events.count)
		return pgo_error_set(err, PGO_EFORMAT, "cachegrind names %zu events and sums up %zu", events.count,
				     count);
	*out = events;
	return PGO_OK;
}

int cachegrind_read(struct cachegrind_events *out, const char *path, struct pgo_error *err)
{
	char *text = NULL;
	int code = files_read(&text, NULL, path, err);
	if (code == PGO_OK)
		code = cachegrind_parse(out, text, err);
	free(text);
	if (code != PGO_OK)
		pgo_error_path(err, path);
	return code;
}

uint64_t cachegrind_event(const struct cachegrind_events *events, const char *name)
{
	for (size_t i = 0; i < events->count; i++)
		if (strcmp(events->names[i], name) == 0)
			return events->values[i];
	return 0;
}

static double sum_of(const struct cachegrind_events *events, const char *const *names)
{
	double sum = 0;
	for (; *names; names++)
		sum += (double)cachegrind_event(events, *names);
	return sum;
}

double cachegrind_cycles(const struct cachegrind_events *events)
{
	static const char *const first_level[] = {"I1mr", "D1mr", "D1mw", NULL};
	static const char *const last_level[] = {"ILmr", "DLmr", "DLmw", NULL};
	static const char *const wrong_guesses[] = {"Bcm", "Bim", NULL};
	return (double)cachegrind_event(events, "Ir") + 10 * sum_of(events, first_level) +
	       100 * sum_of(events, last_level) + 15 * sum_of(events, wrong_guesses);
}
