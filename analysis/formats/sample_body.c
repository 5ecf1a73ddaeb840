/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The parts of binary sample profiles; all numbers are LEB128.
 *
 *	summary    = total, largest count, largest head count, counts, functions, entries {cutoff, min count, counts}
 *	strings    = number {bytes NUL}
 *	function   = head samples, name, body                        name: index into strings, or of a context
 *	body       = total, lines {location, samples, targets {name, count}}, calls {location, name, body}, [vtables]
 *	location   = line offset, discriminator
 *	vtables    = number {location, types {name, count}}          where the summary section says so
 */
#include "analysis/formats/sample.h"

#include <inttypes.h>

int pgo_sample_number(const struct pgo_sample_reader *r, struct pgo_cursor *c, const char *what, uint64_t *out)
{
	if (pgo_cursor_uleb(c, out))
		return PGO_OK;
	/* ten bytes are enough for any number */
	return pgo_sample_fail(r, c->at, pgo_cursor_left(c) < 10 ? "%s is cut off" : "%s does not fit 64 bits", what);
}

int pgo_sample_summary_read(struct pgo_sample_reader *r, struct pgo_cursor *c)
{
	static const char *const names[] = {"the total of the summary",
					    "the largest count of the summary",
					    "the largest head count of the summary",
					    "the number of counts of the summary",
					    "the number of functions of the summary",
					    "the number of entries of the summary"};
	uint64_t n = 0, value;
	int rc = PGO_OK;
	for (size_t i = 0; i < sizeof names / sizeof names[0] && rc == PGO_OK; i++) {
		rc = pgo_sample_number(r, c, names[i], &n);
		if (i == 0 && rc == PGO_OK)
			r->summary_total = n;
	}
	for (uint64_t i = 0; i < n && rc == PGO_OK; i++)
		for (int k = 0; k < 3 && rc == PGO_OK; k++)
			rc = pgo_sample_number(r, c, "an entry of the summary", &value);
	r->has_summary = rc == PGO_OK;
	return rc;
}

int pgo_sample_strings_read(struct pgo_sample_reader *r, struct pgo_cursor *c)
{
	uint64_t count;
	int rc = pgo_sample_number(r, c, "the number of names", &count);
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		const char *name = (const char *)c->bytes + c->at;
		const char *end = pgo_cursor_left(c) ? memchr(name, '\0', pgo_cursor_left(c)) : NULL;
		if (!end)
			return pgo_sample_fail(r, c->at, "name %" PRIu64 " of %" PRIu64 " is cut off", i + 1, count);
		uint32_t index = pgo_sample_name(&r->sampled, name, (size_t)(end - name));
		if (index == PGO_SAMPLED_NONE || pgo_vec_push(&r->names, index))
			return pgo_sample_no_memory(r);
		pgo_cursor_skip(c, (uint64_t)(end - name) + 1);
	}
	return rc;
}

int pgo_sample_name_index(const struct pgo_sample_reader *r, struct pgo_cursor *c, uint32_t *name)
{
	size_t at = c->at;
	uint64_t index;
	int rc = pgo_sample_number(r, c, "the index of a name", &index);
	if (rc != PGO_OK)
		return rc;
	if (index >= r->names.count)
		return pgo_sample_fail(r, at, "name %" PRIu64 " is not in the table of %zu", index, r->names.count);
	*name = r->names.items[index];
	return PGO_OK;
}

int pgo_sample_function_index(struct pgo_sample_reader *r, struct pgo_cursor *c, uint32_t *name, uint64_t *place)
{
	size_t at = c->at;
	uint64_t index;
	*place = 0;
	if (!r->has_contexts)
		return pgo_sample_name_index(r, c, name);
	int rc = pgo_sample_number(r, c, "the index of a context", &index);
	if (rc != PGO_OK)
		return rc;
	if (index >= r->contexts.count)
		return pgo_sample_fail(r, at, "context %" PRIu64 " is not in the table of %zu", index,
				       r->contexts.count);
	*name = r->contexts.items[index];
	*place = index + 1;
	return PGO_OK;
}

int pgo_sample_location(const struct pgo_sample_reader *r, struct pgo_cursor *c, uint64_t *key)
{
	size_t at = c->at;
	uint64_t line, discriminator;
	int rc = pgo_sample_number(r, c, "a line offset", &line);
	if (rc == PGO_OK && line > PGO_SAMPLE_LINE_MOST)
		return pgo_sample_fail(r, at, "line offset %" PRIu64 " is beyond %d", line, PGO_SAMPLE_LINE_MOST);
	at = c->at;
	if (rc == PGO_OK)
		rc = pgo_sample_number(r, c, "a discriminator", &discriminator);
	if (rc == PGO_OK && discriminator > UINT32_MAX)
		return pgo_sample_fail(r, at, "discriminator %" PRIu64 " does not fit 32 bits", discriminator);
	if (rc == PGO_OK)
		*key = line << 32 | discriminator;
	return rc;
}

/** Values of the line or site just added: a number of {name, count}. */
static int read_values(struct pgo_sample_reader *r, struct pgo_cursor *c)
{
	uint64_t count, samples = 0;
	uint32_t name = 0;
	int rc = pgo_sample_number(r, c, "the number of targets of a line", &count);
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		rc = pgo_sample_name_index(r, c, &name);
		if (rc == PGO_OK)
			rc = pgo_sample_number(r, c, "the count of a target", &samples);
		if (rc == PGO_OK && pgo_sampled_value(&r->sampled, name, samples))
			return pgo_sample_no_memory(r);
	}
	return rc;
}

static int read_lines(struct pgo_sample_reader *r, struct pgo_cursor *c, uint32_t body)
{
	uint64_t count, key, samples;
	int rc = pgo_sample_number(r, c, "the number of lines of a function", &count);
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		rc = pgo_sample_location(r, c, &key);
		if (rc == PGO_OK)
			rc = pgo_sample_number(r, c, "the samples of a line", &samples);
		if (rc == PGO_OK && pgo_sampled_line(&r->sampled, body, key, samples))
			return pgo_sample_no_memory(r);
		if (rc == PGO_OK)
			rc = read_values(r, c);
	}
	return rc;
}

static int read_vtables(struct pgo_sample_reader *r, struct pgo_cursor *c, uint32_t body)
{
	uint64_t count, key;
	int rc = pgo_sample_number(r, c, "the number of vtable sites of a function", &count);
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		rc = pgo_sample_location(r, c, &key);
		if (rc == PGO_OK && pgo_sampled_site(&r->sampled, body, key, PGO_VALUE_VTABLE))
			return pgo_sample_no_memory(r);
		if (rc == PGO_OK)
			rc = read_values(r, c);
	}
	return rc;
}

static int read_body(struct pgo_sample_reader *r, struct pgo_cursor *c, uint32_t body, unsigned depth)
{
	uint64_t total, count = 0, key;
	uint32_t name;
	if (depth > PGO_SAMPLE_DEPTH_MOST)
		return pgo_sample_fail(r, c->at, "more than %d functions are inlined into one another",
				       PGO_SAMPLE_DEPTH_MOST);
	int rc = pgo_sample_number(r, c, "the total of a function", &total);
	if (rc == PGO_OK)
		rc = read_lines(r, c, body);
	if (rc == PGO_OK)
		rc = pgo_sample_number(r, c, "the number of inlined calls of a function", &count);
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		rc = pgo_sample_location(r, c, &key);
		if (rc == PGO_OK)
			rc = pgo_sample_name_index(r, c, &name);
		uint32_t inlined = rc == PGO_OK ? pgo_sampled_body(&r->sampled, body, key, name) : 0;
		if (inlined == PGO_SAMPLED_NONE)
			return pgo_sample_no_memory(r);
		if (rc == PGO_OK)
			rc = read_body(r, c, inlined, depth + 1);
	}
	return rc == PGO_OK && r->has_vtables ? read_vtables(r, c, body) : rc;
}

int pgo_sample_functions_read(struct pgo_sample_reader *r, struct pgo_cursor *c)
{
	int rc = PGO_OK;
	while (rc == PGO_OK && pgo_cursor_left(c)) {
		uint64_t head, place;
		uint32_t name;
		rc = pgo_sample_number(r, c, "the head samples of a function", &head);
		if (rc == PGO_OK)
			rc = pgo_sample_function_index(r, c, &name, &place);
		if (rc != PGO_OK)
			break;
		uint32_t body = pgo_sampled_body(&r->sampled, PGO_SAMPLED_NONE, place, name);
		if (body == PGO_SAMPLED_NONE || pgo_sampled_line(&r->sampled, body, PGO_KEY_ENTRY, head))
			return pgo_sample_no_memory(r);
		rc = read_body(r, c, body, 1);
	}
	return rc;
}
