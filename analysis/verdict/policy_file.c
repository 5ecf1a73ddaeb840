/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgo/calibration.h"

/*
 * The subset of YAML a policy needs, so that the `gate:` section of a manifest can be read without the rest of it:
 *
 *	file    = { line }
 *	section = "gate:" [comment] line end, then lines that are blank, comments, or indented "NAME: NUMBER" [comment]
 *
 * The section ends at the next line that starts with anything else. Tabs do not indent (YAML).
 */

enum { LINE_MOST = 512 };

struct line {
	uint64_t number; /* from 1 */
	char text[LINE_MOST];
	bool indented;
};

/* The next line without its comment and trailing blanks. @return false at the end */
static bool next_line(struct line *line, const char **at, const char *end)
{
	if (*at == end)
		return false;
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	size_t length = (size_t)((stop ? stop : end) - *at);
	size_t used = length < LINE_MOST - 1 ? length : LINE_MOST - 1;
	memcpy(line->text, *at, used);
	line->text[used] = 0;
	*at = stop ? stop + 1 : end;
	line->number++;
	line->indented = line->text[0] == ' ';
	for (char *c = line->text; *c; c++)
		if (*c == '#' && (c == line->text || c[-1] == ' ' || c[-1] == '\t')) {
			*c = 0;
			break;
		}
	used = strlen(line->text);
	while (used && isspace((unsigned char)line->text[used - 1]))
		line->text[--used] = 0;
	return true;
}

static int take(struct pgo_policy *policy, char *text, uint64_t number, struct pgo_error *err)
{
	text += strspn(text, " ");
	char *colon = strchr(text, ':'), *end;
	if (!colon || colon == text) {
		pgo_error_line(err, PGO_EINVAL, number, "gate: '%.60s' is no 'name: number'", text);
		return PGO_EINVAL;
	}
	*colon = 0;
	const char *value = colon + 1 + strspn(colon + 1, " ");
	double threshold = strtod(value, &end);
	if (end == value || *end || !isfinite(threshold))
		return pgo_error_line(err, PGO_EINVAL, number, "gate: %.60s must be a number, not '%.60s'", text,
				      value);
	struct pgo_error why = {0};
	uint32_t before = policy->set;
	if (pgo_policy_set(policy, text, threshold, &why) != PGO_OK) {
		pgo_error_line(err, PGO_EINVAL, number, "gate: %s", why.message);
		if (why.hint[0])
			pgo_error_hint(err, "%s", why.hint);
		return PGO_EINVAL;
	}
	if (policy->set == before)
		return pgo_error_line(err, PGO_EINVAL, number, "gate: %.60s is given twice", text);
	return PGO_OK;
}

int pgo_policy_parse(struct pgo_policy *policy, const char *text, size_t length, struct pgo_error *err)
{
	const char *at = text, *end = text + length;
	struct line line = {0};
	struct pgo_policy read = pgo_policy_defaults();
	bool found = false, inside = false;
	int rc = PGO_OK;
	while (rc == PGO_OK && next_line(&line, &at, end)) {
		if (line.text[0] == 0)
			continue;
		if (line.indented) {
			rc = inside ? take(&read, line.text, line.number, err) : PGO_OK;
			continue;
		}
		inside = strcmp(line.text, "gate:") == 0;
		if (inside && found)
			rc = pgo_error_line(err, PGO_EINVAL, line.number, "a second 'gate:' section");
		else if (!inside && strncmp(line.text, "gate:", 5) == 0)
			rc = pgo_error_line(err, PGO_EINVAL, line.number,
					    "'gate:' must be followed by indented lines 'name: number'");
		found |= inside;
	}
	if (rc == PGO_OK && !found) {
		rc = pgo_error_set(err, PGO_EINVAL, "there is no 'gate:' section");
		pgo_error_hint(err, "write 'gate:' and below it, indented, lines like 'max_missed: 0.1'");
	}
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	for (size_t i = 0; rc == PGO_OK && i < count; i++)
		if (read.set >> i & 1) {
			double value;
			memcpy(&value, (const char *)&read + fields[i].offset, sizeof value);
			rc = pgo_policy_set(policy, fields[i].name, value, err);
		}
	return rc;
}

struct pgo_policy pgo_calibration_policy(const struct pgo_calibration *c)
{
	struct pgo_policy policy = pgo_policy_defaults();
	for (int s = 0; s < PGO_GATE_STATS; s++)
		if (c->thresholds[s].present)
			pgo_policy_set(&policy, pgo_gate_stat_field((enum pgo_gate_stat)s), c->thresholds[s].value,
				       NULL);
	return policy;
}
