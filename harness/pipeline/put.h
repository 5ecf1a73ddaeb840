/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_PIPELINE_PUT_H
#define HARNESS_PIPELINE_PUT_H

#include <json-c/json.h>
#include <math.h>

#include "pgo/compare.h"

/* Short hands for building records. A NULL text, a missing or a non-finite number becomes null: missing is not zero. */

static inline void put_text(json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? json_object_new_string(value) : NULL);
}

static inline void put_number(json_object *object, const char *key, double value)
{
	json_object_object_add(object, key, isfinite(value) ? json_object_new_double(value) : NULL);
}

static inline void put_optional(json_object *object, const char *key, struct pgo_optional value)
{
	put_number(object, key, value.present ? value.value : NAN);
}

static inline void put_int(json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

static inline void put_bool(json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

/** Member of an object, borrowed; NULL when absent, null, or when `object` is none. */
static inline json_object *get_member(json_object *object, const char *key)
{
	json_object *member = NULL;
	if (object && json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &member);
	return member;
}

/** Length of an array, 0 for anything else. */
static inline size_t get_length(json_object *array)
{
	return array && json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/** Item of an array, borrowed; NULL beyond its end or for anything else. */
static inline json_object *get_item(json_object *array, size_t i)
{
	return i < get_length(array) ? json_object_array_get_idx(array, i) : NULL;
}

#endif
