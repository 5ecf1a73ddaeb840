/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "harness/corpus/load.h"

/* libcyaml gives no lines with its values and reports an unknown key at the mapping before it: so lines come from here.
 */

enum {
	MAX_DEPTH = 16,	    /* a manifest nests 4 deep; an alias may point to a node that holds it */
	MAX_NODES = 200000, /* aliases of aliases multiply */
};

struct walk {
	yaml_document_t *document;
	struct positions *out;
	size_t capacity;
	struct pgo_error *err;
};

static int remember(struct walk *w, const char *path, unsigned line)
{
	struct positions *p = w->out;
	if (p->count >= MAX_NODES)
		return pgo_error_line(w->err, PGO_EFORMAT, line, "more than %d values", MAX_NODES);
	if (p->count == w->capacity) {
		size_t capacity = w->capacity ? w->capacity * 2 : 64;
		struct position *items = realloc(p->items, capacity * sizeof *items);
		if (!items)
			return pgo_error_set(w->err, PGO_ENOMEM, "out of memory");
		p->items = items;
		w->capacity = capacity;
	}
	char *copy = strdup(path);
	if (!copy)
		return pgo_error_set(w->err, PGO_ENOMEM, "out of memory");
	p->items[p->count++] = (struct position){copy, line};
	return PGO_OK;
}

static int remember_env(struct walk *w, const char *key)
{
	struct string_list *keys = &w->out->env_keys;
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->items[i], key) == 0)
			return PGO_OK;
	return string_list_push(keys, key) ? pgo_error_set(w->err, PGO_ENOMEM, "out of memory") : PGO_OK;
}

static unsigned line_of(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.line + 1;
}

static int walk_node(struct walk *w, yaml_node_t *node, const char *path, unsigned depth, bool env);

static int walk_pair(struct walk *w, const yaml_node_t *map, const yaml_node_pair_t *pair, const char *path,
		     unsigned depth, bool env)
{
	char below[512];
	yaml_node_t *key = yaml_document_get_node(w->document, pair->key);
	if (key->type != YAML_SCALAR_NODE)
		return pgo_error_line(w->err, PGO_EFORMAT, line_of(key), "a key must be a word, not a list or mapping");
	const char *name = (const char *)key->data.scalar.value;
	if (strlen(name) != key->data.scalar.length || strlen(path) + strlen(name) + 2 > sizeof below)
		return pgo_error_line(w->err, PGO_EFORMAT, line_of(key), "key '%.40s' is not usable", name);
	for (const yaml_node_pair_t *q = map->data.mapping.pairs.start; q < pair; q++) {
		const yaml_node_t *other = yaml_document_get_node(w->document, q->key);
		if (strcmp((const char *)other->data.scalar.value, name) == 0)
			return pgo_error_line(w->err, PGO_EFORMAT, line_of(key),
					      "key '%s' is given twice, first in line %u", name, line_of(other));
	}
	snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", name);
	int rc = remember(w, below, line_of(key));
	if (!rc && env)
		rc = remember_env(w, name);
	if (rc)
		return rc;
	return walk_node(w, yaml_document_get_node(w->document, pair->value), below, depth + 1,
			 strcmp(name, "env") == 0);
}

static int walk_node(struct walk *w, yaml_node_t *node, const char *path, unsigned depth, bool env)
{
	int rc = PGO_OK;
	if (depth > MAX_DEPTH)
		return pgo_error_line(w->err, PGO_EFORMAT, line_of(node), "values are nested more than %d deep",
				      MAX_DEPTH);
	if (node->type == YAML_SCALAR_NODE && strlen((char *)node->data.scalar.value) != node->data.scalar.length)
		return pgo_error_line(w->err, PGO_EFORMAT, line_of(node), "value holds a NUL character");
	if (node->type == YAML_MAPPING_NODE)
		for (yaml_node_pair_t *p = node->data.mapping.pairs.start; !rc && p < node->data.mapping.pairs.top; p++)
			rc = walk_pair(w, node, p, path, depth, env);
	if (node->type == YAML_SEQUENCE_NODE) {
		yaml_node_item_t *start = node->data.sequence.items.start;
		for (yaml_node_item_t *p = start; !rc && p < node->data.sequence.items.top; p++) {
			char below[512];
			yaml_node_t *item = yaml_document_get_node(w->document, *p);
			snprintf(below, sizeof below, "%.480s[%zu]", path, (size_t)(p - start));
			rc = remember(w, below, line_of(item));
			if (!rc)
				rc = walk_node(w, item, below, depth + 1, false);
		}
	}
	return rc;
}

static int yaml_problem(const yaml_parser_t *parser, struct pgo_error *err)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	size_t line = parser->error == YAML_READER_ERROR ? parser->mark.line : parser->problem_mark.line;
	return pgo_error_line(err, PGO_EFORMAT, line + 1, "not YAML: %s",
			      parser->problem ? parser->problem : "unknown problem");
}

int positions_load(struct positions *out, const char *bytes, size_t length, struct pgo_error *err)
{
	struct positions result = {0};
	yaml_document_t document = {0}, second = {0};
	yaml_parser_t parser;
	struct walk walk = {&document, &result, 0, err};
	bool has_document = false, has_second = false;
	int rc;
	if (!yaml_parser_initialize(&parser))
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, length);
	has_document = yaml_parser_load(&parser, &document);
	if (!has_document) {
		rc = yaml_problem(&parser, err);
		goto done;
	}
	yaml_node_t *root = yaml_document_get_root_node(&document);
	if (!root || (root->type == YAML_SCALAR_NODE && !root->data.scalar.length)) {
		rc = pgo_error_line(err, PGO_EFORMAT, 1, "the manifest is empty");
		goto done;
	}
	if (root->type != YAML_MAPPING_NODE) {
		rc = pgo_error_line(err, PGO_EFORMAT, line_of(root), "the manifest must be a mapping (key: value)");
		goto done;
	}
	rc = walk_node(&walk, root, "", 0, false);
	if (rc)
		goto done;
	has_second = yaml_parser_load(&parser, &second);
	if (!has_second)
		rc = yaml_problem(&parser, err);
	else if (yaml_document_get_root_node(&second))
		rc = pgo_error_line(err, PGO_EFORMAT, line_of(yaml_document_get_root_node(&second)),
				    "a second document starts here; a manifest is one document");
done:
	if (has_document)
		yaml_document_delete(&document);
	if (has_second)
		yaml_document_delete(&second);
	yaml_parser_delete(&parser);
	if (rc)
		positions_release(&result);
	else
		*out = result;
	return rc;
}

void positions_release(struct positions *positions)
{
	for (size_t i = 0; i < positions->count; i++)
		free(positions->items[i].path);
	free(positions->items);
	string_list_release(&positions->env_keys);
	*positions = (struct positions){0};
}

unsigned positions_line(const struct positions *positions, const char *path)
{
	char name[512];
	snprintf(name, sizeof name, "%s", path);
	while (*name) {
		for (size_t i = 0; i < positions->count; i++)
			if (strcmp(positions->items[i].path, name) == 0)
				return positions->items[i].line;
		char *dot = strrchr(name, '.'), *bracket = strrchr(name, '[');
		char *cut = dot > bracket ? dot : bracket;
		*(cut ? cut : name) = 0;
	}
	return 1;
}
