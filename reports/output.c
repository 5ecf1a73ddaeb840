/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgo/report.h"

/** Flush, and tell whether everything arrived. `name` as it stands in the message. */
static int check_stream(FILE *out, const char *name, struct pgo_error *err)
{
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return PGO_OK;
	if (errno == 0)
		errno = EIO; /* the failed write was an earlier one */
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
	FILE *out = NULL;
	int fd = open_beside(path, mode, &temporary, err);
	int rc = PGO_ESYSTEM;
	if (fd < 0)
		goto done;
	out = fdopen(fd, "w");
	if (!out) {
		rc = pgo_error_errno(err, "cannot write %s", quoted);
		close(fd);
		goto done;
	}
	rc = write(out, report, err);
	if (rc == PGO_OK)
		rc = check_stream(out, quoted, err);
	if (fclose(out) != 0 && rc == PGO_OK)
		rc = pgo_error_errno(err, "cannot write %s", quoted);
	if (rc == PGO_OK && rename(temporary, path) != 0)
		rc = pgo_error_errno(err, "cannot write %s", quoted);
done:
	if (rc != PGO_OK && temporary)
		unlink(temporary);
	free(temporary);
	return rc;
}

static int write_in_place(const char *path, int (*write)(FILE *, const struct pgo_report *, struct pgo_error *),
			  const struct pgo_report *report, struct pgo_error *err)
{
	char quoted[600];
	snprintf(quoted, sizeof quoted, "'%s'", path);
	FILE *out = fopen(path, "we");
	if (!out)
		return pgo_error_errno(err, "cannot write %s", quoted);
	int rc = write(out, report, err);
	if (rc == PGO_OK)
		rc = check_stream(out, quoted, err);
	if (fclose(out) != 0 && rc == PGO_OK)
		rc = pgo_error_errno(err, "cannot write %s", quoted);
	return rc;
}

int pgo_report_to(const char *path, int (*write)(FILE *, const struct pgo_report *, struct pgo_error *),
		  const struct pgo_report *report, struct pgo_error *err)
{
	struct stat status;
	if (!path || strcmp(path, "-") == 0) {
		int rc = write(stdout, report, err);
		return rc == PGO_OK ? check_stream(stdout, "standard output", err) : rc;
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
