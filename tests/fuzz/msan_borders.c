/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * MemorySanitizer knows nothing of what libraries write that were built without it. Each of their functions that the
 * readers call passes through here (--wrap of the linker): what goes in must be initialised, what comes out is. So a
 * reader that hands uninitialised bytes to a library is found; what happens inside of the libraries is not looked at.
 */
#include <csv.h>
#include <ftw.h>
#include <md5.h>
#include <protobuf-c/protobuf-c.h>
#include <sanitizer/msan_interface.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <xxhash.h>
#include <yaml.h>
#include <zlib.h>

#define CHECK(at, size)                                                                                                \
	do {                                                                                                           \
		if ((size) > 0)                                                                                        \
			__msan_check_mem_is_initialized((at), (size));                                                 \
	} while (0)
#define CLEAN(at, size) __msan_unpoison((at), (size))
/** For what a library calls: its arguments carry no shadow. */
#define CALLED_BACK __attribute__((no_sanitize("memory")))

/* libmd ------------------------------------------------------------------------------------------------------------ */

void __real_MD5Init(MD5_CTX *context);
void __real_MD5Update(MD5_CTX *context, const uint8_t *data, size_t length);
void __real_MD5Final(uint8_t *digest, MD5_CTX *context);
void __wrap_MD5Init(MD5_CTX *context);
void __wrap_MD5Update(MD5_CTX *context, const uint8_t *data, size_t length);
void __wrap_MD5Final(uint8_t *digest, MD5_CTX *context);

void __wrap_MD5Init(MD5_CTX *context)
{
	__real_MD5Init(context);
	CLEAN(context, sizeof *context);
}

void __wrap_MD5Update(MD5_CTX *context, const uint8_t *data, size_t length)
{
	CHECK(data, length);
	__real_MD5Update(context, data, length);
}

void __wrap_MD5Final(uint8_t *digest, MD5_CTX *context)
{
	__real_MD5Final(digest, context);
	CLEAN(digest, MD5_DIGEST_LENGTH);
}

/* xxHash: results come in a register --------------------------------------------------------------------------------
 */

XXH64_hash_t __real_XXH3_64bits(const void *data, size_t length);
XXH64_hash_t __real_XXH3_64bits_withSeed(const void *data, size_t length, XXH64_hash_t seed);
XXH64_hash_t __wrap_XXH3_64bits(const void *data, size_t length);
XXH64_hash_t __wrap_XXH3_64bits_withSeed(const void *data, size_t length, XXH64_hash_t seed);

XXH64_hash_t __wrap_XXH3_64bits(const void *data, size_t length)
{
	CHECK(data, length);
	return __real_XXH3_64bits(data, length);
}

XXH64_hash_t __wrap_XXH3_64bits_withSeed(const void *data, size_t length, XXH64_hash_t seed)
{
	CHECK(data, length);
	return __real_XXH3_64bits_withSeed(data, length, seed);
}

/* zlib ------------------------------------------------------------------------------------------------------------- */

int __real_inflateInit2_(z_stream *stream, int bits, const char *version, int size);
int __real_inflateReset(z_stream *stream);
int __real_inflate(z_stream *stream, int flush);
int __real_uncompress(Bytef *to, uLongf *size, const Bytef *from, uLong length);
int __wrap_inflateInit2_(z_stream *stream, int bits, const char *version, int size);
int __wrap_inflateReset(z_stream *stream);
int __wrap_inflate(z_stream *stream, int flush);
int __wrap_uncompress(Bytef *to, uLongf *size, const Bytef *from, uLong length);

int __wrap_inflateInit2_(z_stream *stream, int bits, const char *version, int size)
{
	int rc = __real_inflateInit2_(stream, bits, version, size);
	CLEAN(stream, sizeof *stream);
	return rc;
}

int __wrap_inflateReset(z_stream *stream)
{
	int rc = __real_inflateReset(stream);
	CLEAN(stream, sizeof *stream);
	return rc;
}

int __wrap_inflate(z_stream *stream, int flush)
{
	Bytef *to = stream->next_out;
	CHECK(stream->next_in, stream->avail_in);
	int rc = __real_inflate(stream, flush);
	CLEAN(stream, sizeof *stream);
	CLEAN(to, (size_t)(stream->next_out - to));
	return rc;
}

int __wrap_uncompress(Bytef *to, uLongf *size, const Bytef *from, uLong length)
{
	CHECK(from, length);
	CHECK(size, sizeof *size);
	int rc = __real_uncompress(to, size, from, length);
	CLEAN(size, sizeof *size);
	/* only what it says it wrote */
	if (rc == Z_OK)
		CLEAN(to, *size);
	return rc;
}

/* libcsv ------------------------------------------------------------------------------------------------------------
 */

typedef void csv_field(void *text, size_t length, void *context);
typedef void csv_row(int end, void *context);

struct csv_calls {
	csv_field *field;
	csv_row *row;
	void *context;
};

int __real_csv_init(struct csv_parser *p, unsigned char options);
size_t __real_csv_parse(struct csv_parser *p, const void *text, size_t length, csv_field *field, csv_row *row,
			void *context);
int __real_csv_fini(struct csv_parser *p, csv_field *field, csv_row *row, void *context);
int __wrap_csv_init(struct csv_parser *p, unsigned char options);
size_t __wrap_csv_parse(struct csv_parser *p, const void *text, size_t length, csv_field *field, csv_row *row,
			void *context);
int __wrap_csv_fini(struct csv_parser *p, csv_field *field, csv_row *row, void *context);

static CALLED_BACK void pass_field(void *text, size_t length, void *context)
{
	struct csv_calls *calls = context;
	if (text)
		CLEAN(text, length + 1);
	calls->field(text, length, calls->context);
}

static CALLED_BACK void pass_row(int end, void *context)
{
	struct csv_calls *calls = context;
	calls->row(end, calls->context);
}

int __wrap_csv_init(struct csv_parser *p, unsigned char options)
{
	int rc = __real_csv_init(p, options);
	CLEAN(p, sizeof *p);
	return rc;
}

size_t __wrap_csv_parse(struct csv_parser *p, const void *text, size_t length, csv_field *field, csv_row *row,
			void *context)
{
	struct csv_calls calls = {field, row, context};
	CHECK(text, length);
	size_t done = __real_csv_parse(p, text, length, field ? pass_field : NULL, row ? pass_row : NULL, &calls);
	CLEAN(p, sizeof *p);
	return done;
}

int __wrap_csv_fini(struct csv_parser *p, csv_field *field, csv_row *row, void *context)
{
	struct csv_calls calls = {field, row, context};
	int rc = __real_csv_fini(p, field ? pass_field : NULL, row ? pass_row : NULL, &calls);
	CLEAN(p, sizeof *p);
	return rc;
}

/* protobuf-c: what it gets from the reader's allocator is cleared, so nothing in a message looks uninitialised ------
 */

ProtobufCMessage *__real_protobuf_c_message_unpack(const ProtobufCMessageDescriptor *descriptor,
						   ProtobufCAllocator *allocator, size_t length, const uint8_t *bytes);
ProtobufCMessage *__wrap_protobuf_c_message_unpack(const ProtobufCMessageDescriptor *descriptor,
						   ProtobufCAllocator *allocator, size_t length, const uint8_t *bytes);
void __real_protobuf_c_message_free_unpacked(ProtobufCMessage *message, ProtobufCAllocator *allocator);
void __wrap_protobuf_c_message_free_unpacked(ProtobufCMessage *message, ProtobufCAllocator *allocator);

static CALLED_BACK void *pass_alloc(void *context, size_t size)
{
	ProtobufCAllocator *allocator = context;
	void *memory = allocator->alloc(allocator->allocator_data, size);
	if (memory)
		memset(memory, 0, size);
	return memory;
}

static CALLED_BACK void pass_free(void *context, void *memory)
{
	ProtobufCAllocator *allocator = context;
	allocator->free(allocator->allocator_data, memory);
}

ProtobufCMessage *__wrap_protobuf_c_message_unpack(const ProtobufCMessageDescriptor *descriptor,
						   ProtobufCAllocator *allocator, size_t length, const uint8_t *bytes)
{
	ProtobufCAllocator clearing = {.alloc = pass_alloc, .free = pass_free, .allocator_data = allocator};
	CHECK(bytes, length);
	return __real_protobuf_c_message_unpack(descriptor, &clearing, length, bytes);
}

void __wrap_protobuf_c_message_free_unpacked(ProtobufCMessage *message, ProtobufCAllocator *allocator)
{
	ProtobufCAllocator clearing = {.alloc = pass_alloc, .free = pass_free, .allocator_data = allocator};
	__real_protobuf_c_message_free_unpacked(message, &clearing);
}

/* libyaml -----------------------------------------------------------------------------------------------------------
 */

int __real_yaml_parser_initialize(yaml_parser_t *parser);
void __real_yaml_parser_set_input_string(yaml_parser_t *parser, const unsigned char *text, size_t length);
int __real_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
void __real_yaml_event_delete(yaml_event_t *event);
int __wrap_yaml_parser_initialize(yaml_parser_t *parser);
void __wrap_yaml_parser_set_input_string(yaml_parser_t *parser, const unsigned char *text, size_t length);
int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
void __wrap_yaml_event_delete(yaml_event_t *event);

int __wrap_yaml_parser_initialize(yaml_parser_t *parser)
{
	int rc = __real_yaml_parser_initialize(parser);
	CLEAN(parser, sizeof *parser);
	return rc;
}

void __wrap_yaml_parser_set_input_string(yaml_parser_t *parser, const unsigned char *text, size_t length)
{
	CHECK(text, length);
	__real_yaml_parser_set_input_string(parser, text, length);
	CLEAN(parser, sizeof *parser);
}

static void clean_text(const void *at)
{
	for (const char *text = at; text; text++) {
		CLEAN(text, 1);
		if (!*text)
			return;
	}
}

int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event)
{
	int rc = __real_yaml_parser_parse(parser, event);
	CLEAN(parser, sizeof *parser);
	CLEAN(event, sizeof *event);
	clean_text(parser->problem);
	if (rc && event->type == YAML_SCALAR_EVENT) {
		CLEAN(event->data.scalar.value, event->data.scalar.length + 1);
		clean_text(event->data.scalar.anchor);
		clean_text(event->data.scalar.tag);
	} else if (rc && event->type == YAML_ALIAS_EVENT) {
		clean_text(event->data.alias.anchor);
	}
	return rc;
}

void __wrap_yaml_event_delete(yaml_event_t *event)
{
	CHECK(event, sizeof *event);
	__real_yaml_event_delete(event);
	CLEAN(event, sizeof *event);
}

/* libc's walk over directories, for the driver -------------------------------------------------------------------- */

int __real_nftw(const char *directory, __nftw_func_t visit, int descriptors, int flags);
int __wrap_nftw(const char *directory, __nftw_func_t visit, int descriptors, int flags);

static __nftw_func_t visit_clean; /* nftw takes no context */

static CALLED_BACK int pass_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	clean_text(path);
	CLEAN(st, sizeof *st);
	CLEAN(ftw, sizeof *ftw);
	return visit_clean(path, st, type, ftw);
}

int __wrap_nftw(const char *directory, __nftw_func_t visit, int descriptors, int flags)
{
	visit_clean = visit;
	return __real_nftw(directory, pass_file, descriptors, flags);
}
