/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/json_util.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int pretty = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE;
static const int one_line = JSON_C_TO_STRING_NOSLASHESCAPE;

static json_object *made(struct pgo_json in, json_object *object)
{
	if (!object)
		*in.failed = true;
	return object;
}

/** Hand `value` over to the object or array at `in`; NULL is JSON's null. */
static void put(struct pgo_json in, const char *key, json_object *value)
{
	int rc = *in.failed ? -1
		 : key	    ? json_object_object_add(in.at, key, value)
			    : json_object_array_add(in.at, value);
	if (rc != 0) {
		json_object_put(value);
		*in.failed = true;
	}
}

struct pgo_json pgo_json_root(bool *failed)
{
	struct pgo_json root = {.failed = failed};
	root.at = made(root, json_object_new_object());
	return root;
}

static struct pgo_json nested(struct pgo_json in, const char *key, json_object *object)
{
	struct pgo_json place = {.at = made(in, object), .failed = in.failed};
	put(in, key, object);
	return place;
}

struct pgo_json pgo_json_object(struct pgo_json in, const char *key)
{
	return nested(in, key, json_object_new_object());
}

struct pgo_json pgo_json_array(struct pgo_json in, const char *key)
{
	return nested(in, key, json_object_new_array());
}

struct pgo_json pgo_json_append_object(struct pgo_json array)
{
	return nested(array, NULL, json_object_new_object());
}

struct pgo_json pgo_json_append_array(struct pgo_json array)
{
	return nested(array, NULL, json_object_new_array());
}

void pgo_json_null(struct pgo_json in, const char *key)
{
	put(in, key, NULL);
}

void pgo_json_text(struct pgo_json in, const char *key, const char *text)
{
	if (!text) {
		pgo_json_null(in, key);
		return;
	}
	size_t length = strlen(text), used = 0;
	char *clean = malloc(3 * length + 1);
	for (const char *s = text; clean && *s;) {
		size_t n = pgo_utf8_sequence(s);
		memcpy(clean + used, n ? s : "\xef\xbf\xbd", n ? n : 3);
		used += n ? n : 3;
		s += n ? n : 1;
	}
	put(in, key, made(in, clean && used <= INT32_MAX ? json_object_new_string_len(clean, (int)used) : NULL));
	free(clean);
}

void pgo_json_append_text(struct pgo_json array, const char *text)
{
	pgo_json_text(array, NULL, text);
}

void pgo_json_u64(struct pgo_json in, const char *key, uint64_t value)
{
	put(in, key, made(in, json_object_new_uint64(value)));
}

void pgo_json_append_u64(struct pgo_json array, uint64_t value)
{
	pgo_json_u64(array, NULL, value);
}

void pgo_json_u128(struct pgo_json in, const char *key, pgo_u128 value)
{
	char text[40];
	pgo_json_text(in, key, pgo_u128_text(value, text));
}

void pgo_json_double(struct pgo_json in, const char *key, double value)
{
	if (!isfinite(value)) {
		pgo_json_null(in, key);
		return;
	}
	char text[PGO_DOUBLE_TEXT];
	pgo_double_text(text, value);
	put(in, key, made(in, json_object_new_double_s(value, text)));
}

void pgo_json_append_double(struct pgo_json array, double value)
{
	pgo_json_double(array, NULL, value);
}

void pgo_json_optional(struct pgo_json in, const char *key, struct pgo_optional value)
{
	if (value.present)
		pgo_json_double(in, key, value.value);
	else
		pgo_json_null(in, key);
}

void pgo_json_bool(struct pgo_json in, const char *key, bool value)
{
	put(in, key, made(in, json_object_new_boolean(value)));
}

void pgo_json_hash(struct pgo_json in, const char *key, uint64_t value)
{
	char text[17];
	snprintf(text, sizeof text, "%016" PRIx64, value);
	pgo_json_text(in, key, text);
}

int pgo_json_print(FILE *out, struct pgo_json root, bool more, struct pgo_error *err)
{
	size_t length = 0;
	const char *text = *root.failed ? NULL : json_object_to_json_string_length(root.at, pretty, &length);
	if (!text)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	/* an open document lacks the closing "\n}" */
	fwrite(text, 1, more ? length - 2 : length, out);
	if (!more)
		fputc('\n', out);
	return PGO_OK;
}

void pgo_json_rows_begin(FILE *out, const char *key)
{
	fprintf(out, ",\n  \"%s\": [", key);
}

int pgo_json_row(FILE *out, struct pgo_json row, bool first, struct pgo_error *err)
{
	size_t length = 0;
	const char *text = *row.failed ? NULL : json_object_to_json_string_length(row.at, one_line, &length);
	if (!text)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	fputs(first ? "\n    " : ",\n    ", out);
	fwrite(text, 1, length, out);
	return PGO_OK;
}

void pgo_json_rows_end(FILE *out)
{
	fputs("\n  ]\n}\n", out);
}
