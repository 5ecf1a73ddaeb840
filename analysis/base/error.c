/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pgo_printable(char *text, const char *allowed)
{
	for (char *c = text; *c; c++)
		if (((unsigned char)*c < ' ' || *c == 0x7f) && !strchr(allowed, *c))
			*c = '?';
}

static int record(struct pgo_error *err, int code, const char *format, va_list args)
{
	if (err && err->code == 0) {
		err->code = code;
		vsnprintf(err->message, sizeof err->message, format, args);
		pgo_printable(err->message, "");
	}
	return code;
}

int pgo_error_set(struct pgo_error *err, int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	record(err, code, format, args);
	va_end(args);
	return code;
}

static int record_at(struct pgo_error *err, int code, uint64_t where, bool is_line, const char *format, va_list args)
{
	if (err && err->code == 0) {
		record(err, code, format, args);
		err->has_offset = true;
		err->offset = where;
		err->is_line = is_line;
	}
	return code;
}

int pgo_error_at(struct pgo_error *err, int code, uint64_t offset, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	record_at(err, code, offset, false, format, args);
	va_end(args);
	return code;
}

int pgo_error_line(struct pgo_error *err, int code, uint64_t line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	record_at(err, code, line, true, format, args);
	va_end(args);
	return code;
}

int pgo_error_errno(struct pgo_error *err, const char *format, ...)
{
	int saved = errno;
	if (err && err->code == 0) {
		va_list args;
		va_start(args, format);
		record(err, PGO_ESYSTEM, format, args);
		va_end(args);
		err->sys_errno = saved;
		size_t used = strlen(err->message);
		snprintf(err->message + used, sizeof err->message - used, ": %s", strerror(saved));
	}
	return PGO_ESYSTEM;
}

void pgo_error_hint(struct pgo_error *err, const char *format, ...)
{
	if (!err || err->hint[0])
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(err->hint, sizeof err->hint, format, args);
	va_end(args);
	pgo_printable(err->hint, "\n\t"); /* lines of a log */
}

void pgo_error_path(struct pgo_error *err, const char *path)
{
	if (err && !err->path[0])
		snprintf(err->path, sizeof err->path, "%s", path);
	if (err)
		pgo_printable(err->path, "");
}

enum pgo_exit pgo_exit_code(int code)
{
	switch (code) {
	case PGO_OK:
	case PGO_EOF:
		return PGO_EXIT_OK;
	case PGO_EFORMAT:
	case PGO_EUNSUPPORTED:
	case PGO_EMISMATCH:
		return PGO_EXIT_INPUT;
	case PGO_EINVAL:
		return PGO_EXIT_USAGE;
	case PGO_ESYSTEM:
	case PGO_ENOMEM:
	case PGO_ECHILD:
	case PGO_EINTERRUPTED:
		return PGO_EXIT_SYSTEM;
	default:
		return PGO_EXIT_INTERNAL;
	}
}

void pgo_error_print(const char *program, const struct pgo_error *err)
{
	fprintf(stderr, "%s: ", program);
	if (err->path[0] && err->has_offset && err->is_line)
		fprintf(stderr, "%s:%" PRIu64 ": ", err->path, err->offset);
	else if (err->path[0])
		fprintf(stderr, "%s: ", err->path);
	fprintf(stderr, "%s", err->message[0] ? err->message : "unknown error");
	if (err->has_offset && !err->is_line)
		fprintf(stderr, " at offset %" PRIu64, err->offset);
	else if (err->has_offset && !err->path[0])
		fprintf(stderr, " at line %" PRIu64, err->offset);
	fputc('\n', stderr);
	if (err->hint[0])
		fprintf(stderr, "hint: %s\n", err->hint);
}
