/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_TEST_GCOV_BUILD_H
#define PGO_TEST_GCOV_BUILD_H

/* Data and notes of gcc, word by word, in any release and byte order. Include after samples.h. */
#include "analysis/formats/gcov.h"

struct gcov_file {
	unsigned char bytes[16384];
	size_t length;
	bool big_endian;
	uint32_t release;
	size_t open; /* offset of the length of the record being written */
};

static inline void put32(struct gcov_file *f, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		f->bytes[f->length++] = (unsigned char)(v >> (f->big_endian ? 24 - 8 * i : 8 * i));
}

static inline void put64(struct gcov_file *f, uint64_t v)
{
	put32(f, (uint32_t)v);
	put32(f, (uint32_t)(v >> 32));
}

static inline void put_text(struct gcov_file *f, const char *text)
{
	size_t length = strlen(text) + 1;
	size_t padded = f->release >= 120 ? length : (length + 3) / 4 * 4;
	put32(f, (uint32_t)(f->release >= 120 ? padded : padded / 4));
	memset(f->bytes + f->length, 0, padded);
	memcpy(f->bytes + f->length, text, length);
	f->length += padded;
}

static inline void put_magic(struct gcov_file *f, const char *magic)
{
	put32(f, (uint32_t)magic[0] << 24 | (uint32_t)magic[1] << 16 | (uint32_t)magic[2] << 8 | (uint32_t)magic[3]);
}

static inline void open_record(struct gcov_file *f, uint32_t tag)
{
	put32(f, tag);
	f->open = f->length;
	put32(f, 0);
}

static inline void close_record(struct gcov_file *f)
{
	size_t end = f->length, bytes = end - f->open - 4;
	f->length = f->open;
	put32(f, (uint32_t)(f->release >= 120 ? bytes : bytes / 4));
	f->length = end;
}

/** "B22*" is gcc 12.2 */
static inline struct gcov_file start_file(const char *magic, const char *version, uint32_t stamp, bool big_endian)
{
	struct gcov_file f = {.big_endian = big_endian};
	f.release = version[0] >= 'A'
			    ? (uint32_t)((version[0] - 'A') * 100 + (version[1] - '0') * 10 + version[2] - '0')
			    : (uint32_t)((version[0] - '0') * 10 + version[2] - '0');
	put_magic(&f, magic);
	put_magic(&f, version);
	put32(&f, stamp);
	if (f.release >= 120)
		put32(&f, 0);
	if (strcmp(magic, "gcno") != 0)
		return f;
	if (f.release >= 90)
		put_text(&f, "/src");
	if (f.release >= 80)
		put32(&f, 1);
	return f;
}

static inline void put_function(struct gcov_file *f, uint32_t ident, uint32_t lineno, uint32_t cfg)
{
	open_record(f, PGO_GCOV_FUNCTION);
	put32(f, ident);
	put32(f, lineno);
	put32(f, cfg);
	close_record(f);
}

static inline void put_counters(struct gcov_file *f, uint32_t kind, const uint64_t *counters, size_t count)
{
	open_record(f, PGO_GCOV_COUNTERS + (kind << 17));
	for (size_t i = 0; i < count; i++)
		put64(f, counters[i]);
	close_record(f);
}

static inline void put_zeros(struct gcov_file *f, uint32_t count)
{
	put32(f, PGO_GCOV_COUNTERS);
	put32(f, 0 - count * (f->release >= 120 ? 8 : 2));
}

static inline void put_note(struct gcov_file *f, uint32_t ident, uint32_t lineno, uint32_t cfg, const char *name,
			    const char *source, uint32_t blocks)
{
	open_record(f, PGO_GCOV_FUNCTION);
	put32(f, ident);
	put32(f, lineno);
	put32(f, cfg);
	put_text(f, name);
	if (f->release >= 80)
		put32(f, 0);
	put_text(f, source);
	put32(f, 7);
	if (f->release >= 80) {
		put32(f, 1);
		put32(f, 9);
	}
	if (f->release >= 90)
		put32(f, 1);
	close_record(f);
	open_record(f, PGO_GCOV_BLOCKS);
	if (f->release >= 80)
		put32(f, blocks);
	else
		for (uint32_t i = 0; i < blocks; i++)
			put32(f, 0);
	close_record(f);
}

/** arcs: destination, flags pairs, ended by UINT32_MAX */
static inline void put_arcs(struct gcov_file *f, uint32_t source, const uint32_t *arcs)
{
	open_record(f, PGO_GCOV_ARCS);
	put32(f, source);
	for (size_t i = 0; arcs[i] != UINT32_MAX; i++)
		put32(f, arcs[i]);
	close_record(f);
}

#define ARCS(...) ((const uint32_t[]){__VA_ARGS__, UINT32_MAX})
#define COUNTS(...) ((const uint64_t[]){__VA_ARGS__})

/** Read one data file with or without notes. The bytes are copied to exact allocations, for AddressSanitizer. */
static inline int read_pair(struct pgo_profile **out, const char *unit, const void *data, size_t data_length,
			    const void *notes, size_t notes_length, struct pgo_error *err)
{
	struct pgo_builder b = {.format = "gcda"};
	struct pgo_gcov_reading r = {.builder = &b};
	struct pgo_gcov_notes index = {0};
	unsigned char *data_copy = malloc(data_length ? data_length : 1);
	unsigned char *notes_copy = malloc(notes_length ? notes_length : 1);
	assert_true(data_copy && notes_copy);
	memcpy(data_copy, data, data_length);
	if (notes_length)
		memcpy(notes_copy, notes, notes_length);
	int rc = notes ? pgo_gcov_notes_read(&index, notes_copy, notes_length, err) : PGO_OK;
	if (rc == PGO_OK)
		rc = pgo_gcov_add(&r, unit, data_copy, data_length, notes ? &index : NULL, err);
	if (rc == PGO_OK)
		rc = pgo_gcov_finish(&r, err);
	else
		pgo_gcov_release(&r);
	if (rc == PGO_OK)
		rc = pgo_builder_finish(&b, data_length, out, err);
	else
		pgo_builder_release(&b);
	pgo_gcov_notes_release(&index);
	free(data_copy);
	free(notes_copy);
	return rc;
}

static inline int read_files(struct pgo_profile **out, const struct gcov_file *data, const struct gcov_file *notes,
			     struct pgo_error *err)
{
	return read_pair(out, "x.gcda", data->bytes, data->length, notes ? notes->bytes : NULL,
			 notes ? notes->length : 0, err);
}

static inline struct pgo_function function_named(const struct pgo_profile *p, const char *name)
{
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		if (has_name(&f, name))
			return f;
	}
	fail_msg("there is no function '%s'", name);
	return (struct pgo_function){0};
}

/** "1000 24500 8500" */
static inline void check_counters(const struct pgo_profile *p, const char *name, const char *expected)
{
	char text[1024] = "";
	struct pgo_function f = function_named(p, name);
	for (uint32_t i = 0; i < f.counter_count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%llu", i ? " " : "",
			 (unsigned long long)f.counters[i]);
	if (strcmp(text, expected) != 0)
		fail_msg("%s: counters %s, expected %s", name, text, expected);
}

#endif
