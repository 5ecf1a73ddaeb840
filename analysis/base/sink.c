/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/base/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const struct pgo_sink *sink, int reason, struct pgo_error *err)
{
	errno = reason;
	return sink->path ? pgo_error_errno(err, "cannot write '%s'", sink->path)
			  : pgo_error_errno(err, "cannot write standard output");
}

/** A new file beside the one to be replaced. */
static int open_beside(struct pgo_sink *sink, mode_t mode, struct pgo_error *err)
{
	for (unsigned attempt = 0; attempt < 100; attempt++) {
		if (asprintf(&sink->temporary, "%s.tmp-%ld-%u", sink->path, (long)getpid(), attempt) < 0) {
			sink->temporary = NULL;
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
		}
		sink->fd = open(sink->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (sink->fd >= 0)
			return PGO_OK;
		int reason = errno;
		free(sink->temporary);
		sink->temporary = NULL;
		if (reason != EEXIST)
			return fail(sink, reason, err);
	}
	return pgo_error_set(err, PGO_ESYSTEM, "cannot write '%s': no free name for a temporary file", sink->path);
}

static int open_path(struct pgo_sink *sink, const char *path, struct pgo_error *err)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	/* the file a link points at is replaced, not the link */
	sink->path = there && S_ISREG(st.st_mode) ? realpath(path, NULL) : strdup(path);
	if (!sink->path)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!there)
		return open_beside(sink, 0666, err);
	if (S_ISREG(st.st_mode))
		return open_beside(sink, st.st_mode & 0777, err);
	sink->fd = open(path, O_WRONLY | O_CLOEXEC);
	return sink->fd < 0 ? fail(sink, errno, err) : PGO_OK;
}

static void release(struct pgo_sink *sink)
{
	free(sink->temporary);
	free(sink->path);
	free(sink->buffer);
	free(sink);
}

int pgo_sink_in_memory(struct pgo_sink *sink, size_t room)
{
	*sink = (struct pgo_sink){.fd = -1, .buffer = malloc(room + 1)};
	sink->room = sink->buffer ? room : 0;
	return sink->buffer ? 0 : -1;
}

int pgo_sink_open(struct pgo_sink **out, const char *path, struct pgo_error *err)
{
	struct pgo_sink *sink = malloc(sizeof *sink);
	if (!sink || pgo_sink_in_memory(sink, PGO_SINK_BYTES)) {
		free(sink);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	sink->fd = STDOUT_FILENO;
	int rc = path && strcmp(path, "-") != 0 ? open_path(sink, path, err) : PGO_OK;
	if (rc == PGO_OK)
		*out = sink;
	else
		release(sink);
	return rc;
}

static void write_all(struct pgo_sink *sink, const unsigned char *bytes, size_t length)
{
	while (length && !sink->failure) {
		ssize_t n = write(sink->fd, bytes, length);
		if (n < 0 && errno != EINTR)
			sink->failure = errno;
		if (n <= 0)
			continue;
		bytes += n;
		length -= (size_t)n;
	}
}

void pgo_sink_flush(struct pgo_sink *sink)
{
	write_all(sink, sink->buffer, sink->used);
	sink->used = 0;
}

void pgo_sink_put_long(struct pgo_sink *sink, const void *bytes, size_t length)
{
	pgo_sink_flush(sink);
	sink->offset += length;
	if (length > sink->room) {
		write_all(sink, bytes, length);
		return;
	}
	memcpy(sink->buffer, bytes, length);
	sink->used = length;
}

int pgo_sink_close(struct pgo_sink *sink, int rc, struct pgo_error *err)
{
	if (rc == PGO_OK)
		pgo_sink_flush(sink);
	if (sink->path && sink->fd >= 0 && close(sink->fd) != 0 && !sink->failure)
		sink->failure = errno;
	if (rc == PGO_OK && !sink->failure && sink->temporary && rename(sink->temporary, sink->path) != 0)
		sink->failure = errno;
	if (rc == PGO_OK && sink->failure)
		rc = fail(sink, sink->failure, err);
	if (rc != PGO_OK && sink->temporary)
		unlink(sink->temporary);
	release(sink);
	return rc;
}
