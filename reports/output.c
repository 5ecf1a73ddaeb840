/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgo/report.h"

/*
 * A stream over a descriptor that remembers why a write failed: stdio itself drops the reason when a buffer is written
 * before the end. Closing the stream leaves the descriptor open.
 */
struct target {
	int fd;
	int failure; /* errno, or 0 */
};

static ssize_t target_write(void *cookie, const char *bytes, size_t length)
{
	struct target *target = cookie;
	size_t done = 0;
	while (done < length) {
		ssize_t n = write(target->fd, bytes + done, length - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			target->failure = target->failure ? target->failure : errno;
			return 0;
		}
		done += (size_t)n;
	}
	return (ssize_t)length;
}

/** Everything through one stream onto `fd`. `name` as it stands in the message. */
static int write_to(int fd, const char *name, int (*write)(FILE *, const struct pgo_report *, struct pgo_error *),
		    const struct pgo_report *report, struct pgo_error *err)
{
	struct target target = {.fd = fd};
	FILE *out = fopencookie(&target, "w", (cookie_io_functions_t){.write = target_write});
	if (!out)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	setvbuf(out, NULL, _IOFBF, 1 << 16);
	int rc = write(out, report, err);
	bool failed = fclose(out) != 0;
	if (rc != PGO_OK || !(failed || target.failure))
		return rc;
	errno = target.failure ? target.failure : EIO;
	return pgo_error_errno(err, "cannot write %s", name);
}

/** A new file beside `path`: *temporary is heap, "PATH.tmp-PID-N". @return descriptor or -1 */
static int open_beside(const char *path, mode_t mode, char **temporary, struct pgo_error *err)
{
	for (unsigned attempt = 0; attempt < 100; attempt++) {
		if (asprintf(temporary, "%s.tmp-%ld-%u", path, (long)getpid(), attempt) < 0) {
			*temporary = NULL;
			return pgo_error_set(err, PGO_ENOMEM, "out of memory"), -1;
		}
		int fd = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST) {
			pgo_error_errno(err, "cannot write '%s'", path);
			break;
		}
		free(*temporary);
		*temporary = NULL;
	}
	free(*temporary);
	*temporary = NULL;
	return pgo_error_set(err, PGO_ESYSTEM, "cannot write '%s': no free name for a temporary file", path), -1;
}

static int write_beside(const char *path, mode_t mode,
			int (*write)(FILE *, const struct pgo_report *, struct pgo_error *),
			const struct pgo_report *report, struct pgo_error *err)
{
	char quoted[600];
	snprintf(quoted, sizeof quoted, "'%s'", path);
	char *temporary = NULL;
	int fd = open_beside(path, mode, &temporary, err);
	if (fd < 0)
		return PGO_ESYSTEM;
	int rc = write_to(fd, quoted, write, report, err);
	if (close(fd) != 0 && rc == PGO_OK)
		rc = pgo_error_errno(err, "cannot write %s", quoted);
	if (rc == PGO_OK && rename(temporary, path) != 0)
		rc = pgo_error_errno(err, "cannot write %s", quoted);
	if (rc != PGO_OK)
		unlink(temporary);
	free(temporary);
	return rc;
}

static int write_in_place(const char *path, int (*write)(FILE *, const struct pgo_report *, struct pgo_error *),
			  const struct pgo_report *report, struct pgo_error *err)
{
	char quoted[600];
	snprintf(quoted, sizeof quoted, "'%s'", path);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return pgo_error_errno(err, "cannot write %s", quoted);
	int rc = write_to(fd, quoted, write, report, err);
	if (close(fd) != 0 && rc == PGO_OK)
		rc = pgo_error_errno(err, "cannot write %s", quoted);
	return rc;
}

int pgo_report_to(const char *path, int (*write)(FILE *, const struct pgo_report *, struct pgo_error *),
		  const struct pgo_report *report, struct pgo_error *err)
{
	struct stat status;
	if (!path || strcmp(path, "-") == 0) {
		fflush(stdout); /* what was printed before comes first */
		return write_to(STDOUT_FILENO, "standard output", write, report, err);
	}
	if (stat(path, &status) != 0)
		return write_beside(path, 0666, write, report, err);
	if (!S_ISREG(status.st_mode))
		return write_in_place(path, write, report, err);
	/* the file a link points at is replaced, not the link */
	char *target = realpath(path, NULL);
	if (!target)
		return pgo_error_errno(err, "cannot write '%s'", path);
	int rc = write_beside(target, status.st_mode & 0777, write, report, err);
	free(target);
	return rc;
}
