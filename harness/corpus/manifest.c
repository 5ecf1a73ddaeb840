/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/corpus/load.h"

/*
 * The typed manifest. libcyaml checks structure and keys; what went wrong is taken from its log: the first error line
 * says what, the "in mapping field"/"in sequence entry" lines that follow say where, innermost first. That path is then
 * looked up in `positions`, because the lines of the log are those of the last event read, not of the key.
 */

#define OPTIONAL_POINTER (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(type, key, member) CYAML_FIELD_STRING_PTR(key, OPTIONAL_POINTER, type, member, 0, CYAML_UNLIMITED)
#define LIST(type, key, member)                                                                                        \
	CYAML_FIELD_SEQUENCE(key, OPTIONAL_POINTER, type, member, &text_entry, 0, CYAML_UNLIMITED)
/* Mappings whose keys are known only at run time; fields and size are patched into a copy of the table. */
#define OPEN_MAPPING(owner, name, member)                                                                              \
	{                                                                                                              \
		.key = name, .data_offset = offsetof(owner, member), .value = {                                        \
			.type = CYAML_MAPPING,                                                                         \
			.flags = OPTIONAL_POINTER,                                                                     \
		}                                                                                                      \
	}

static const cyaml_schema_value_t text_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t stop_fields[] = {
	TEXT(struct manifest_stop, "signal", signal),
	TEXT(struct manifest_stop, "after_s", after_s),
	TEXT(struct manifest_stop, "grace_s", grace_s),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t measure_fields[] = {
	TEXT(struct manifest_measure, "method", method),
	TEXT(struct manifest_measure, "runs", runs),
	TEXT(struct manifest_measure, "warmup", warmup),
	TEXT(struct manifest_measure, "max_seconds", max_seconds),
	TEXT(struct manifest_measure, "min_effect", min_effect),
	CYAML_FIELD_END,
};

#define SHARED_FIELDS                                                                                                  \
	TEXT(struct manifest_workload, "kind", kind), TEXT(struct manifest_workload, "role", role),                    \
		TEXT(struct manifest_workload, "timeout_s", timeout_s),                                                \
		TEXT(struct manifest_workload, "weight", weight), TEXT(struct manifest_workload, "repeat", repeat),    \
		LIST(struct manifest_workload, "expect_exit", expect_exit),                                            \
		OPEN_MAPPING(struct manifest_workload, "env", env),                                                    \
		CYAML_FIELD_MAPPING_PTR("stop", CYAML_FLAG_OPTIONAL, struct manifest_workload, stop, stop_fields)

static const cyaml_schema_field_t defaults_table[] = {SHARED_FIELDS, CYAML_FIELD_END};

static const cyaml_schema_field_t workload_table[] = {
	TEXT(struct manifest_workload, "id", id),
	SHARED_FIELDS,
	LIST(struct manifest_workload, "args", args),
	LIST(struct manifest_workload, "command", command),
	TEXT(struct manifest_workload, "stdin", stdin_path),
	LIST(struct manifest_workload, "files", files),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t build_table[] = {
	TEXT(struct manifest_build, "recipe", recipe),
	TEXT(struct manifest_build, "toolchain", toolchain),
	TEXT(struct manifest_build, "directory", directory),
	LIST(struct manifest_build, "args", args),
	/* each of one recipe alone */
	LIST(struct manifest_build, "command", command),
	LIST(struct manifest_build, "targets", targets),
	/* flags of every phase */
	TEXT(struct manifest_build, "cflags", cflags),
	TEXT(struct manifest_build, "ldflags", ldflags),
	TEXT(struct manifest_build, "rustflags", rustflags),
	/* the rest */
	TEXT(struct manifest_build, "binary", binary),
	OPEN_MAPPING(struct manifest_build, "env", env),
	LIST(struct manifest_build, "needs", needs),
	TEXT(struct manifest_build, "bolt", bolt),
	CYAML_FIELD_END,
};

/* Their schemas are patched in as well: they hold the open mappings. */
static const cyaml_schema_value_t workload_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct manifest_workload, workload_table)};

static const cyaml_schema_field_t top_table[] = {
	TEXT(struct manifest, "corpus", corpus),
	TEXT(struct manifest, "description", description),
	LIST(struct manifest, "fetch", fetch),
	TEXT(struct manifest, "source", source),
	CYAML_FIELD_MAPPING_PTR("build", CYAML_FLAG_OPTIONAL, struct manifest, build, build_table),
	CYAML_FIELD_MAPPING_PTR("defaults", CYAML_FLAG_OPTIONAL, struct manifest, defaults, defaults_table),
	CYAML_FIELD_SEQUENCE("workloads", OPTIONAL_POINTER, struct manifest, workloads, &workload_entry, 0,
			     CYAML_UNLIMITED),
	TEXT(struct manifest, "workloads_csv", workloads_csv),
	OPEN_MAPPING(struct manifest, "gate", gate),
	CYAML_FIELD_MAPPING_PTR("measure", CYAML_FLAG_OPTIONAL, struct manifest, measure, measure_fields),
	CYAML_FIELD_END,
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct manifest_schema {
	cyaml_schema_field_t *env, *gate;
	size_t env_count, gate_count;
	cyaml_schema_field_t defaults[COUNT(defaults_table)], workload[COUNT(workload_table)],
		build[COUNT(build_table)], top[COUNT(top_table)];
	cyaml_schema_value_t workload_value, top_value;
};

static cyaml_schema_value_t *schema_of(cyaml_schema_field_t *fields, const char *key)
{
	while (strcmp(fields->key, key) != 0)
		fields++;
	return &fields->value;
}

static void open_mapping(cyaml_schema_value_t *value, const cyaml_schema_field_t *fields, size_t count)
{
	value->mapping.fields = fields;
	value->data_size = (uint32_t)((count ? count : 1) * sizeof(char *));
}

/* A table of `count` optional texts, end mark included; names borrowed. */
static cyaml_schema_field_t *text_fields(const char *(*name)(const void *user, size_t i), const void *user,
					 size_t count)
{
	cyaml_schema_field_t *fields = calloc(count + 1, sizeof *fields);
	for (size_t i = 0; fields && i < count; i++) {
		fields[i].key = name(user, i);
		fields[i].data_offset = (uint32_t)(i * sizeof(char *));
		fields[i].value =
			(cyaml_schema_value_t){CYAML_VALUE_STRING(OPTIONAL_POINTER, char, 0, CYAML_UNLIMITED)};
	}
	return fields;
}

static const char *env_name(const void *user, size_t i)
{
	return ((const struct string_list *)user)->items[i];
}

static const char *gate_name(const void *user, size_t i)
{
	return ((const struct pgo_policy_field *)user)[i].name;
}

static struct manifest_schema *schema_new(const struct positions *positions)
{
	struct manifest_schema *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	const struct pgo_policy_field *policy = pgo_policy_fields(&s->gate_count);
	s->env_count = positions->env_keys.count;
	s->env = text_fields(env_name, &positions->env_keys, s->env_count);
	s->gate = text_fields(gate_name, policy, s->gate_count);
	if (!s->env || !s->gate) {
		free(s->env);
		free(s->gate);
		free(s);
		return NULL;
	}
	memcpy(s->defaults, defaults_table, sizeof defaults_table);
	memcpy(s->workload, workload_table, sizeof workload_table);
	memcpy(s->build, build_table, sizeof build_table);
	memcpy(s->top, top_table, sizeof top_table);
	open_mapping(schema_of(s->defaults, "env"), s->env, s->env_count);
	open_mapping(schema_of(s->workload, "env"), s->env, s->env_count);
	open_mapping(schema_of(s->build, "env"), s->env, s->env_count);
	open_mapping(schema_of(s->top, "gate"), s->gate, s->gate_count);
	s->workload_value = workload_entry;
	s->workload_value.mapping.fields = s->workload;
	schema_of(s->top, "build")->mapping.fields = s->build;
	schema_of(s->top, "defaults")->mapping.fields = s->defaults;
	schema_of(s->top, "workloads")->sequence.entry = &s->workload_value;
	s->top_value = (cyaml_schema_value_t){CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct manifest, top_table)};
	s->top_value.mapping.fields = s->top;
	return s;
}

/* What libcyaml logged: the first line, and the path to the place (built from its innermost part outwards). */
struct complaint {
	char what[256];
	char path[512];
};

static void put_in_front(struct complaint *c, const char *part)
{
	char old[sizeof c->path];
	memcpy(old, c->path, sizeof old);
	snprintf(c->path, sizeof c->path, "%.200s%s%.300s", part, *old && *old != '[' ? "." : "", old);
}

static void on_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct complaint *c = context;
	char line[512], part[256];
	unsigned entry;
	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(line, sizeof line, format, args);
	line[strcspn(line, "\n")] = 0;
	const char *text = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
	if (sscanf(text, " in mapping field '%200[^']'", part) == 1) {
		put_in_front(c, part);
	} else if (sscanf(text, " in sequence entry '%u'", &entry) == 1 && entry) {
		snprintf(part, sizeof part, "[%u]", entry - 1);
		put_in_front(c, part);
	} else if (!c->what[0]) {
		snprintf(c->what, sizeof c->what, "%.250s", text);
	}
}

/* Key table that governs a path: the workload table for "workloads[3]", …; NULL: no mapping of ours. */
static const cyaml_schema_field_t *fields_at(const struct manifest_schema *s, const char *path)
{
	const cyaml_schema_field_t *fields = s->top;
	while (*path && fields) {
		size_t n = strcspn(path, ".[");
		const cyaml_schema_field_t *f = fields;
		while (f->key && (strncmp(f->key, path, n) != 0 || f->key[n]))
			f++;
		path += n;
		path += *path == '[' ? strcspn(path, ".") : 0;
		path += *path == '.';
		const cyaml_schema_value_t *value = !f->key			      ? NULL
						    : f->value.type == CYAML_SEQUENCE ? f->value.sequence.entry
										      : &f->value;
		fields = value && value->type == CYAML_MAPPING ? value->mapping.fields : NULL;
	}
	return fields;
}

/* "workloads.stop" for "workloads[3].stop": the line tells which one. */
static const char *without_indices(const char *path, char *out, size_t size)
{
	size_t n = 0;
	for (; *path && n + 1 < size; path++) {
		path += *path == '[' ? strcspn(path, ".") : 0;
		if (!*path)
			break;
		out[n++] = *path;
	}
	out[n] = 0;
	return out;
}

static int unknown_key(const struct manifest_schema *s, const struct positions *positions, const char *path,
		       const char *key, struct pgo_error *err)
{
	char full[1024], shown[512];
	const char *known[32];
	size_t count = 0;
	snprintf(full, sizeof full, "%s%s%s", path, *path ? "." : "", key);
	for (const cyaml_schema_field_t *f = fields_at(s, path); f && f->key && count < COUNT(known); f++)
		known[count++] = f->key;
	if (*path)
		pgo_error_line(err, PGO_EFORMAT, positions_line(positions, full), "unknown key '%s' in '%s'", key,
			       without_indices(path, shown, sizeof shown));
	else
		pgo_error_line(err, PGO_EFORMAT, positions_line(positions, full), "unknown key '%s'", key);
	names_hint(err, key, known, count);
	return PGO_EFORMAT;
}

static const char *shape_name(const char *event)
{
	if (strstr(event, "MAPPING"))
		return "a mapping (key: value)";
	return strstr(event, "SEQUENCE") ? "a list" : "a single value";
}

static int explain(const struct manifest_schema *s, const struct complaint *c, cyaml_err_t code,
		   const struct positions *positions, struct pgo_error *err)
{
	char first[200], got[200];
	if (code == CYAML_ERR_OOM)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (sscanf(c->what, "Unexpected key: %199[^\n]", first) == 1)
		return unknown_key(s, positions, c->path, first, err);
	unsigned line = positions_line(positions, c->path);
	if (sscanf(c->what, "Expecting %199[A-Z_], got event: %199[A-Z_]", first, got) == 2)
		return pgo_error_line(err, PGO_EFORMAT, line, "'%s' must be %s, not %s", c->path, shape_name(first),
				      shape_name(got));
	return pgo_error_line(err, PGO_EFORMAT, line, "'%s': %s", c->path, c->what[0] ? c->what : cyaml_strerror(code));
}

static const cyaml_config_t quiet = {.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};

int manifest_load(struct manifest **out, struct manifest_schema **schema, const char *bytes, size_t length,
		  const struct positions *positions, struct pgo_error *err)
{
	struct complaint complaint = {0};
	cyaml_config_t config = quiet;
	cyaml_data_t *data = NULL;
	struct manifest_schema *s = schema_new(positions);
	if (!s)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	config.log_fn = on_log;
	config.log_ctx = &complaint;
	cyaml_err_t code = cyaml_load_data((const uint8_t *)bytes, length, &config, &s->top_value, &data, NULL);
	if (code != CYAML_OK || !data) {
		int rc = code != CYAML_OK ? explain(s, &complaint, code, positions, err)
					  : pgo_error_line(err, PGO_EFORMAT, 1, "the manifest is empty");
		manifest_free(NULL, s);
		return rc;
	}
	*out = data;
	*schema = s;
	return PGO_OK;
}

void manifest_free(struct manifest *manifest, struct manifest_schema *schema)
{
	if (!schema)
		return;
	if (manifest)
		cyaml_free(&quiet, &schema->top_value, manifest, 0);
	free(schema->env);
	free(schema->gate);
	free(schema);
}
