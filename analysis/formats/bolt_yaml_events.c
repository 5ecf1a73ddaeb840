/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "analysis/base/digits.h"
#include "analysis/formats/bolt_yaml.h"

int pgo_bolt_yaml_fail(const struct pgo_bolt_yaml *y, const char *format, ...)
{
	char message[400];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return pgo_error_line(y->err, PGO_EFORMAT, y->event.start_mark.line + 1, "%s", message);
}

int pgo_bolt_yaml_next(struct pgo_bolt_yaml *y)
{
	yaml_event_delete(&y->event);
	if (yaml_parser_parse(&y->parser, &y->event)) {
		yaml_event_type_t type = y->event.type;
		y->depth += type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
		y->depth -= type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT;
		return PGO_OK;
	}
	y->broken = true;
	if (y->parser.error == YAML_MEMORY_ERROR)
		return pgo_error_set(y->err, PGO_ENOMEM, "out of memory");
	const char *problem = y->parser.problem ? y->parser.problem : "it ends too early";
	if (y->parser.error == YAML_READER_ERROR)
		return pgo_error_at(y->err, PGO_EFORMAT, y->parser.problem_offset, "no YAML: %s", problem);
	return pgo_error_line(y->err, PGO_EFORMAT, y->parser.problem_mark.line + 1, "no YAML: %s", problem);
}

int pgo_bolt_yaml_skip(struct pgo_bolt_yaml *y)
{
	unsigned depth = 0;
	for (;;) {
		yaml_event_type_t type = y->event.type;
		if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
			depth++;
		else if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT)
			depth--;
		if (depth > PGO_BOLT_YAML_DEPTH_MOST)
			return pgo_bolt_yaml_fail(y, "values are nested more than %d deep", PGO_BOLT_YAML_DEPTH_MOST);
		if (depth == 0)
			return PGO_OK;
		int rc = pgo_bolt_yaml_next(y);
		if (rc != PGO_OK)
			return rc;
	}
}

int pgo_bolt_yaml_mapping(struct pgo_bolt_yaml *y, const char *what,
			  int (*member)(struct pgo_bolt_yaml *y, const char *key, void *context), void *context)
{
	if (y->event.type != YAML_MAPPING_START_EVENT)
		return pgo_bolt_yaml_fail(y, "%s is no mapping", what);
	int rc;
	while ((rc = pgo_bolt_yaml_next(y)) == PGO_OK && y->event.type != YAML_MAPPING_END_EVENT) {
		char key[32];
		if (y->event.type != YAML_SCALAR_EVENT)
			return pgo_bolt_yaml_fail(y, "a key of %s is no word", what);
		snprintf(key, sizeof key, "%s", (const char *)y->event.data.scalar.value);
		if ((rc = pgo_bolt_yaml_next(y)) != PGO_OK || (rc = member(y, key, context)) != PGO_OK)
			return rc;
	}
	return rc;
}

int pgo_bolt_yaml_sequence(struct pgo_bolt_yaml *y, const char *what,
			   int (*item)(struct pgo_bolt_yaml *y, void *context), void *context)
{
	if (y->event.type != YAML_SEQUENCE_START_EVENT)
		return pgo_bolt_yaml_fail(y, "%s is no list", what);
	int rc;
	while ((rc = pgo_bolt_yaml_next(y)) == PGO_OK && y->event.type != YAML_SEQUENCE_END_EVENT)
		if ((rc = item(y, context)) != PGO_OK)
			return rc;
	return rc;
}

int pgo_bolt_yaml_text(struct pgo_bolt_yaml *y, const char *what, const char **text, size_t *length)
{
	if (y->event.type != YAML_SCALAR_EVENT)
		return pgo_bolt_yaml_fail(y, "%s is no single value", what);
	*text = (const char *)y->event.data.scalar.value;
	*length = y->event.data.scalar.length;
	return PGO_OK;
}

int pgo_bolt_yaml_number(struct pgo_bolt_yaml *y, const char *what, uint64_t most, uint64_t *out)
{
	const char *text = NULL;
	size_t length = 0;
	uint64_t value = 0;
	int rc = pgo_bolt_yaml_text(y, what, &text, &length);
	if (rc != PGO_OK)
		return rc;
	if (!pgo_digits_or_hex(text, length, &value) || value > most)
		return pgo_bolt_yaml_fail(y, "%s '%.*s' is no number from 0 to %llu", what,
					  length > 80 ? 80 : (int)length, text, (unsigned long long)most);
	*out = value;
	return PGO_OK;
}
