/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/sys/files_internal.h"

int files_fail(struct pgo_error *err, const char *path, const char *what)
{
	int saved = errno;
	pgo_error_errno(err, "%s", what);
	pgo_error_path(err, path);
	if (saved == ENOSPC || saved == EDQUOT)
		pgo_error_hint(err, "free some space there, or choose another run directory with --out");
	return PGO_ESYSTEM;
}

char *files_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	return length < 0 ? NULL : text;
}

char *files_join(const char *dir, const char *name)
{
	size_t length = strlen(dir);
	return files_format("%s%s%s", dir, length > 0 && dir[length - 1] == '/' ? "" : "/", name);
}

int files_absolute(char **out, const char *path, struct pgo_error *err)
{
	char *absolute = realpath(path, NULL);
	if (!absolute)
		return files_fail(err, path, "cannot find");
	*out = absolute;
	return PGO_OK;
}

bool files_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

bool files_is_directory(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A directory that is there already, or that someone else makes meanwhile, is as good. */
static int make_directory(const char *path, struct pgo_error *err)
{
	if (mkdir(path, 0777) == 0)
		return PGO_OK;
	int saved = errno;
	if (files_is_directory(path))
		return PGO_OK;
	errno = saved == EEXIST ? ENOTDIR : saved; /* "File exists" would not tell what is wrong */
	return files_fail(err, path, "cannot make the directory");
}

int files_mkdirs(const char *path, struct pgo_error *err)
{
	char *copy = strdup(path);
	int code = PGO_OK;
	if (!copy)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (char *slash = strchr(copy + (*copy == '/'), '/'); slash && code == PGO_OK;
	     slash = strchr(slash + 1, '/')) {
		*slash = 0;
		code = make_directory(copy, err);
		*slash = '/';
	}
	if (code == PGO_OK)
		code = make_directory(copy, err);
	free(copy);
	return code;
}

static int read_all(int fd, char **out, size_t *length)
{
	size_t capacity = 0, used = 0;
	char *bytes = NULL;
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		capacity = (size_t)st.st_size;
	capacity += 1; /* for the NUL; a file that grew shows by filling it */
	for (;;) {
		char *larger = realloc(bytes, capacity);
		if (!larger)
			break;
		bytes = larger;
		ssize_t got = read(fd, bytes + used, capacity - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		used += (size_t)got;
		if (got == 0) {
			bytes[used] = 0;
			*out = bytes;
			*length = used;
			return 0;
		}
		if (used == capacity)
			capacity = capacity * 2 + 4096;
	}
	free(bytes);
	return -1;
}

int files_read(char **out, size_t *length, const char *path, struct pgo_error *err)
{
	size_t ignored;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return files_fail(err, path, "cannot open");
	int code = PGO_OK;
	if (read_all(fd, out, length ? length : &ignored) != 0)
		code = files_fail(err, path, "cannot read");
	close(fd);
	return code;
}

int files_write_all(int fd, const void *bytes, size_t length)
{
	const char *from = bytes;
	while (length > 0) {
		ssize_t put = write(fd, from, length);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		from += put;
		length -= (size_t)put;
	}
	return 0;
}

/* The new name must survive a crash too. File systems that cannot sync a directory are no reason to fail. */
static void sync_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(dir);
}

int files_write_atomic(const char *path, const void *bytes, size_t length, struct pgo_error *err)
{
	int code = PGO_OK;
	char *temporary = files_format("%s.tmp.XXXXXX", path);
	if (!temporary)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		code = files_fail(err, path, "cannot write");
		goto done;
	}
	mode_t mask = umask(0);
	umask(mask);
	bool good = files_write_all(fd, bytes, length) == 0 && fchmod(fd, 0666 & ~mask) == 0 && fsync(fd) == 0;
	int saved = errno;
	if (close(fd) != 0 && good) {
		good = false;
		saved = errno;
	}
	if (good && rename(temporary, path) != 0) {
		good = false;
		saved = errno;
	}
	if (!good) {
		unlink(temporary);
		errno = saved;
		code = files_fail(err, path, "cannot write");
		goto done;
	}
	sync_directory_of(path);
done:
	free(temporary);
	return code;
}

int files_free_bytes(uint64_t *out, const char *path, struct pgo_error *err)
{
	struct statvfs fs;
	if (statvfs(path, &fs) != 0)
		return files_fail(err, path, "cannot find out the free space");
	*out = (uint64_t)fs.f_bavail * fs.f_frsize;
	return PGO_OK;
}
