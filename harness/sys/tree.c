/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/sys/files_internal.h"

/* Whole trees: walk, list, copy, remove. Symlinks are never followed. */

typedef bool skip_fn(const char *relative, void *user);

/* What a walk calls per entry; `relative` is "" for the root. A directory is seen before (FTS_D) and after (FTS_DP) its
 * content. */
struct visitor {
	int (*visit)(struct visitor *v, FTSENT *entry, const char *relative, struct pgo_error *err);
	skip_fn *skip;
	void *skip_user;
	const char *to;	     /* copy: destination root */
	struct stat to_stat; /* copy: so that a destination inside the source is not copied into itself */
	bool symlinks;	     /* list: these too */
	char **list;
	size_t count, capacity;
};

static bool is_skipped(const struct visitor *v, const FTSENT *entry, const char *relative)
{
	if (v->to && entry->fts_statp->st_ino == v->to_stat.st_ino && entry->fts_statp->st_dev == v->to_stat.st_dev)
		return true;
	return v->skip && v->skip(relative, v->skip_user);
}

static int visit_entry(struct visitor *v, FTS *fts, FTSENT *entry, size_t root_length, struct pgo_error *err)
{
	const char *relative = entry->fts_path + root_length;
	while (*relative == '/')
		relative++;
	switch (entry->fts_info) {
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = entry->fts_errno;
		return files_fail(err, entry->fts_path, "cannot read");
	case FTS_DC:
		errno = ELOOP;
		return files_fail(err, entry->fts_path, "cannot read");
	default:
		break;
	}
	if (entry->fts_level > 0 && entry->fts_info != FTS_DP && is_skipped(v, entry, relative)) {
		entry->fts_number = 1; /* FTS_DP still comes for a skipped directory */
		fts_set(fts, entry, FTS_SKIP);
		return PGO_OK;
	}
	return entry->fts_number ? PGO_OK : v->visit(v, entry, relative, err);
}

static int walk(struct visitor *v, const char *path, struct pgo_error *err)
{
	char *roots[] = {(char *)path, NULL};
	int code = PGO_OK;
	errno = 0;
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!fts)
		return files_fail(err, path, "cannot read");
	for (;;) {
		errno = 0;
		FTSENT *entry = fts_read(fts);
		if (!entry) {
			if (errno)
				code = files_fail(err, path, "cannot read");
			break;
		}
		code = visit_entry(v, fts, entry, strlen(path), err);
		if (code != PGO_OK)
			break;
	}
	fts_close(fts);
	return code;
}

static int visit_remove(struct visitor *v, FTSENT *entry, const char *relative, struct pgo_error *err)
{
	(void)v;
	(void)relative;
	if (entry->fts_info == FTS_D) {
		if ((entry->fts_statp->st_mode & 0700) != 0700)
			chmod(entry->fts_accpath, 0700); /* or its content could not be removed */
		return PGO_OK;
	}
	int failed = entry->fts_info == FTS_DP ? rmdir(entry->fts_accpath) : unlink(entry->fts_accpath);
	return failed && errno != ENOENT ? files_fail(err, entry->fts_path, "cannot remove") : PGO_OK;
}

int files_remove_tree(const char *path, struct pgo_error *err)
{
	struct stat st;
	struct visitor v = {.visit = visit_remove};
	if (lstat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? PGO_OK : files_fail(err, path, "cannot remove");
	return walk(&v, path, err);
}

static int copy_bytes(int from, int to, const char *from_path, const char *to_path, struct pgo_error *err)
{
	static const size_t size = (size_t)1 << 17;
	int code = PGO_OK;
	char *buffer = malloc(size);
	if (!buffer)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (;;) {
		ssize_t got = read(from, buffer, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			code = files_fail(err, from_path, "cannot read");
		else if (got > 0 && files_write_all(to, buffer, (size_t)got) != 0)
			code = files_fail(err, to_path, "cannot write");
		if (got <= 0 || code != PGO_OK)
			break;
	}
	free(buffer);
	return code;
}

static int copy_file(const char *from, const char *to, bool keep_times, struct pgo_error *err)
{
	struct stat st;
	int code = PGO_OK, out = -1;
	/* Opening a FIFO nobody writes to would wait for ever. */
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (in < 0 || fstat(in, &st) != 0) {
		code = files_fail(err, from, "cannot open");
		goto done;
	}
	if (!S_ISREG(st.st_mode)) {
		code = pgo_error_set(err, PGO_EINVAL, "is not a regular file");
		pgo_error_path(err, from);
		goto done;
	}
	unlink(to); /* never write through a symlink, or into a file that has other names */
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0) {
		code = files_fail(err, to, "cannot write");
		goto done;
	}
	code = copy_bytes(in, out, from, to, err);
	struct timespec times[2] = {st.st_atim, st.st_mtim};
	if (code == PGO_OK && (fchmod(out, st.st_mode & 07777) != 0 || (keep_times && futimens(out, times) != 0)))
		code = files_fail(err, to, "cannot write");
done:
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) != 0 && code == PGO_OK)
		code = files_fail(err, to, "cannot write");
	return code;
}

int files_copy(const char *from, const char *to, struct pgo_error *err)
{
	const char *slash = strrchr(to, '/');
	if (slash && slash != to) {
		char *dir = strndup(to, (size_t)(slash - to));
		int code = dir ? files_mkdirs(dir, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
		free(dir);
		if (code != PGO_OK)
			return code;
	}
	return copy_file(from, to, false, err);
}

static int copy_symlink(const char *from, const char *to, struct pgo_error *err)
{
	char target[4097];
	ssize_t length = readlink(from, target, sizeof target - 1);
	if (length < 0)
		return files_fail(err, from, "cannot read the symlink");
	target[length] = 0;
	unlink(to);
	return symlink(target, to) != 0 ? files_fail(err, to, "cannot make the symlink") : PGO_OK;
}

static int copy_entry(FTSENT *entry, const char *to, struct pgo_error *err)
{
	const struct stat *st = entry->fts_statp;
	struct timespec times[2] = {st->st_atim, st->st_mtim};
	switch (entry->fts_info) {
	case FTS_D:
		if (mkdir(to, 0700) == 0)
			return PGO_OK;
		/* One that is there from before may be read-only; it gets its mode when it is finished. */
		if (errno != EEXIST || !files_is_directory(to) || chmod(to, 0700) != 0)
			return files_fail(err, to, "cannot make the directory");
		return PGO_OK;
	case FTS_DP: /* last, as writing into it needs the right to and changes its time */
		if (chmod(to, st->st_mode & 07777) != 0 || utimensat(AT_FDCWD, to, times, 0) != 0)
			return files_fail(err, to, "cannot finish the directory");
		return PGO_OK;
	case FTS_SL:
	case FTS_SLNONE:
		return copy_symlink(entry->fts_accpath, to, err);
	case FTS_F:
		return copy_file(entry->fts_accpath, to, true, err);
	default:
		return PGO_OK; /* sockets, FIFOs and devices mean nothing in a copy */
	}
}

static int visit_copy(struct visitor *v, FTSENT *entry, const char *relative, struct pgo_error *err)
{
	char *to = *relative ? files_join(v->to, relative) : strdup(v->to);
	int code = to ? copy_entry(entry, to, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(to);
	return code;
}

int files_copy_tree(const char *from, const char *to, skip_fn *skip, void *user, struct pgo_error *err)
{
	struct visitor v = {.visit = visit_copy, .skip = skip, .skip_user = user, .to = to};
	if (!files_is_directory(from)) {
		errno = files_exists(from) ? ENOTDIR : ENOENT;
		return files_fail(err, from, "cannot copy");
	}
	int code = files_mkdirs(to, err);
	if (code == PGO_OK && stat(to, &v.to_stat) != 0)
		code = files_fail(err, to, "cannot read");
	return code == PGO_OK ? walk(&v, from, err) : code;
}

static int visit_list(struct visitor *v, FTSENT *entry, const char *relative, struct pgo_error *err)
{
	bool is_symlink = entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE;
	if (entry->fts_info != FTS_F && !(v->symlinks && is_symlink))
		return PGO_OK;
	if (v->count == v->capacity) {
		size_t larger = v->capacity ? v->capacity * 2 : 64;
		char **list = realloc(v->list, larger * sizeof *list);
		if (!list)
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
		v->list = list;
		v->capacity = larger;
	}
	v->list[v->count] = strdup(relative);
	if (!v->list[v->count])
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	v->count++;
	return PGO_OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_with(struct visitor *v, char ***out, size_t *count, const char *path, struct pgo_error *err)
{
	int code = walk(v, path, err);
	if (code != PGO_OK) {
		files_list_free(v->list, v->count);
		return code;
	}
	if (v->count > 0)
		qsort(v->list, v->count, sizeof *v->list, by_name);
	*out = v->list;
	*count = v->count;
	return PGO_OK;
}

int files_list_entries(char ***out, size_t *count, const char *path, skip_fn *skip, void *user, struct pgo_error *err)
{
	struct visitor v = {.visit = visit_list, .skip = skip, .skip_user = user, .symlinks = true};
	return list_with(&v, out, count, path, err);
}

int files_list(char ***out, size_t *count, const char *path, struct pgo_error *err)
{
	struct visitor v = {.visit = visit_list};
	return list_with(&v, out, count, path, err);
}

void files_list_free(char **list, size_t count)
{
	for (size_t i = 0; list && i < count; i++)
		free(list[i]);
	free(list);
}
