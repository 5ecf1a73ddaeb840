/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/sys/files_internal.h"

/* JSON records: what one phase of a run leaves for the next. */

#define RECORD_DEPTH 64

static int parse(json_object **out, const char *text, size_t length, struct pgo_error *err)
{
	if (length > INT32_MAX)
		return pgo_error_set(err, PGO_EFORMAT, "is too large for a record");
	const char *nul = memchr(text, 0, length);
	if (nul)
		return pgo_error_at(err, PGO_EFORMAT, (uint64_t)(nul - text), "damaged record: a NUL byte");
	json_tokener *tokener = json_tokener_new_ex(RECORD_DEPTH);
	if (!tokener)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	int code = PGO_OK;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With the NUL behind the text, so that its end ends the value too. */
	json_object *object = json_tokener_parse_ex(tokener, text, (int)length + 1);
	enum json_tokener_error why = json_tokener_get_error(tokener);
	size_t end = json_tokener_get_parse_end(tokener);
	if (why == json_tokener_continue || (why != json_tokener_success && end >= length))
		code = pgo_error_at(err, PGO_EFORMAT, length, "damaged record: it ends too early");
	else if (why != json_tokener_success)
		code = pgo_error_at(err, PGO_EFORMAT, end, "damaged record: %s", json_tokener_error_desc(why));
	else if (!json_object_is_type(object, json_type_object))
		code = pgo_error_set(err, PGO_EFORMAT, "damaged record: not a JSON object");
	if (code == PGO_OK)
		*out = object;
	else
		json_object_put(object);
	json_tokener_free(tokener);
	return code;
}

int record_read(json_object **out, const char *path, struct pgo_error *err)
{
	char *text = NULL;
	size_t length = 0;
	struct pgo_error failure = {0};
	int code = files_read(&text, &length, path, &failure);
	if (code == PGO_ESYSTEM && (failure.sys_errno == ENOENT || failure.sys_errno == ENOTDIR))
		return PGO_EOF;
	if (code == PGO_OK)
		code = parse(out, text, length, &failure);
	free(text);
	if (code == PGO_EFORMAT)
		pgo_error_hint(&failure, "remove the file and run again: the phase that wrote it will be repeated");
	pgo_error_path(&failure, path);
	if (code != PGO_OK && err && err->code == 0)
		*err = failure;
	return code;
}

int record_write(const char *path, json_object *record, struct pgo_error *err)
{
	size_t length;
	const char *text = json_object_to_json_string_length(
		record, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
	char *line = text ? files_format("%s\n", text) : NULL;
	if (!line)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	int code = files_write_atomic(path, line, length + 1, err);
	free(line);
	return code;
}

static json_object *member(json_object *record, const char *key)
{
	json_object *value = NULL;
	if (!json_object_is_type(record, json_type_object) || !json_object_object_get_ex(record, key, &value))
		return NULL;
	return value;
}

const char *record_string(json_object *record, const char *key, const char *fallback)
{
	json_object *value = member(record, key);
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : fallback;
}

double record_number(json_object *record, const char *key, double fallback)
{
	json_object *value = member(record, key);
	if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
		return fallback;
	return json_object_get_double(value);
}

int64_t record_int(json_object *record, const char *key, int64_t fallback)
{
	json_object *value = member(record, key);
	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : fallback;
}

bool record_bool(json_object *record, const char *key, bool fallback)
{
	json_object *value = member(record, key);
	return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value) : fallback;
}
