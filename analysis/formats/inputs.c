/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which files an argument means. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "analysis/formats/format.h"
#include "pgo/inputs.h"

/** As much of a file as its format is told by. */
#define PROBED 4096

#define READ_BYTES ((size_t)1 << 18)

/** Directories within directories; more are a loop of mounts, or a mistake. */
#define DEPTH_MOST 64

struct search {
	PGO_VEC(char *) paths;
	bool gcc; /**< of the directory being walked: it holds .gcda files */
	struct pgo_error *err;
};

static int out_of_memory(struct search *s)
{
	return pgo_error_set(s->err, PGO_ENOMEM, "out of memory");
}

static int fail(struct search *s, const char *path, const char *what)
{
	pgo_error_errno(s->err, "%s", what);
	pgo_error_path(s->err, path);
	return PGO_ESYSTEM;
}

/** Takes over `path`. */
static int add_path(struct search *s, char *path)
{
	if (path && pgo_vec_push(&s->paths, path) == 0)
		return PGO_OK;
	free(path);
	return out_of_memory(s);
}

static bool has_suffix(const char *path)
{
	static const char *const suffixes[] = {".profraw", ".profdata", ".proftext"};
	size_t length = strlen(path);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		size_t n = strlen(suffixes[i]);
		if (length > n && strcmp(path + length - n, suffixes[i]) == 0)
			return true;
	}
	return false;
}

/** Is this file of a directory a profile? Readable text alone does not make one: then its name must say so. */
static int look_at(struct search *s, char *path)
{
	unsigned char bytes[PROBED];
	const char *format;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : pread(fd, bytes, sizeof bytes, 0);
	if (n < 0) {
		int rc = fail(s, path, fd < 0 ? "cannot open" : "cannot read");
		if (fd >= 0)
			close(fd);
		free(path);
		return rc;
	}
	close(fd);
	enum pgo_bid bid = n > 0 ? pgo_format_bid(bytes, (size_t)n, &format) : PGO_BID_NO;
	bool gcda = bid == PGO_BID_MAGIC && strcmp(format, "gcda") == 0;
	bool notes = bid == PGO_BID_MAGIC && strcmp(format, "gcno") == 0;
	s->gcc |= gcda;
	if (!gcda && !notes && (bid >= PGO_BID_GRAMMAR || has_suffix(path)))
		return add_path(s, path);
	free(path);
	return PGO_OK;
}

static int skip_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk(struct search *s, const char *directory, unsigned depth);

static int visit(struct search *s, const char *directory, const char *name, unsigned depth)
{
	struct stat st;
	char *path;
	size_t length = strlen(directory);
	if (asprintf(&path, "%s%s%s", directory, length && directory[length - 1] == '/' ? "" : "/", name) < 0)
		return out_of_memory(s);
	int rc = PGO_OK;
	/* links to files are followed, links to directories are not: they may lead back */
	bool link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode), gone = link && stat(path, &st) != 0;
	if (gone && has_suffix(path)) /* it was meant to be one of them */
		rc = fail(s, path, "cannot open");
	if (gone || (link && S_ISDIR(st.st_mode)))
		st.st_mode = 0;
	if (S_ISREG(st.st_mode))
		return look_at(s, path);
	if (S_ISDIR(st.st_mode))
		rc = walk(s, path, depth + 1);
	free(path);
	return rc;
}

static int walk(struct search *s, const char *directory, unsigned depth)
{
	struct dirent **entries;
	if (depth > DEPTH_MOST)
		return PGO_OK;
	int count = scandir(directory, &entries, skip_hidden, by_bytes);
	if (count < 0)
		return fail(s, directory, "cannot read the directory");
	int rc = PGO_OK;
	for (int i = 0; i < count; i++) {
		if (rc == PGO_OK)
			rc = visit(s, directory, entries[i]->d_name, depth);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int add_directory(struct search *s, const char *path)
{
	size_t before = s->paths.count;
	s->gcc = false;
	int rc = walk(s, path, 0);
	if (rc != PGO_OK)
		return rc;
	if (s->gcc && s->paths.count > before) {
		rc = pgo_error_set(s->err, PGO_EFORMAT,
				   "holds profiles of gcc (.gcda) and others, such as '%s', which do not add up",
				   s->paths.items[before]);
		pgo_error_hint(s->err, "name the one or the other");
	} else if (s->gcc) {
		return add_path(s, strdup(path));
	} else if (s->paths.count == before) {
		rc = pgo_error_set(s->err, PGO_EFORMAT, "is a directory without any profile");
		pgo_error_hint(s->err, "profiles are told by their first bytes, text ones by the name *.proftext");
	}
	if (rc != PGO_OK)
		pgo_error_path(s->err, path);
	return rc;
}

/** A path that is there, or one that is not, which whoever opens it will say. */
static int add_file(struct search *s, const char *path, bool *many)
{
	struct stat st;
	if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return add_path(s, strdup(path));
	*many = true;
	return add_directory(s, path);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_pattern(struct search *s, const char *pattern, bool *many)
{
	glob_t found;
	*many = true;
	int failure = glob(pattern, GLOB_NOSORT | GLOB_ERR, NULL, &found);
	if (failure == GLOB_NOSPACE)
		return out_of_memory(s);
	if (failure == GLOB_ABORTED)
		return fail(s, pattern, "cannot read a directory of the pattern");
	if (failure) {
		pgo_error_set(s->err, PGO_EFORMAT, "no file matches the pattern");
		pgo_error_path(s->err, pattern);
		return PGO_EFORMAT;
	}
	qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, compare_paths);
	int rc = PGO_OK;
	for (size_t i = 0; i < found.gl_pathc && rc == PGO_OK; i++)
		rc = add_file(s, found.gl_pathv[i], many);
	globfree(&found);
	return rc;
}

static int add_any(struct search *s, const char *argument, bool *many)
{
	struct stat st;
	bool pattern = strpbrk(argument, "*?[") && stat(argument, &st) != 0;
	return pattern ? add_pattern(s, argument, many) : add_file(s, argument, many);
}

/** A name in a list starts where the list lies. */
static char *beside(const char *list, const char *name)
{
	const char *slash = strrchr(list, '/');
	char *path = NULL;
	if (name[0] == '/' || strcmp(name, "-") == 0 || !slash)
		return strdup(name);
	return asprintf(&path, "%.*s%s", (int)(slash - list + 1), list, name) < 0 ? NULL : path;
}

static int add_list(struct search *s, const char *list)
{
	FILE *in = fopen(list, "re");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	bool many = true;
	int rc = in ? PGO_OK : fail(s, list, "cannot open");
	while (rc == PGO_OK && (length = getline(&line, &capacity, in)) >= 0) {
		while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
			line[--length] = '\0';
		if (length == 0 || line[0] == '#')
			continue;
		char *path = beside(list, line);
		rc = path ? add_any(s, path, &many) : out_of_memory(s);
		free(path);
	}
	if (rc == PGO_OK && ferror(in))
		rc = fail(s, list, "cannot read");
	if (rc == PGO_OK && s->paths.count == 0) {
		rc = pgo_error_set(s->err, PGO_EFORMAT, "is a list without any profile");
		pgo_error_path(s->err, list);
	}
	free(line);
	if (in)
		fclose(in);
	return rc;
}

int pgo_inputs_find(struct pgo_inputs *out, const char *argument, struct pgo_error *err)
{
	struct search s = {.err = err};
	struct pgo_inputs inputs = {.name = strdup(argument), .many = argument[0] == '@'};
	int rc = !inputs.name  ? pgo_error_set(err, PGO_ENOMEM, "out of memory")
		 : inputs.many ? add_list(&s, argument + 1)
			       : add_any(&s, argument, &inputs.many);
	inputs.paths = s.paths.items;
	inputs.count = s.paths.count;
	if (rc == PGO_OK)
		*out = inputs;
	else
		pgo_inputs_release(&inputs);
	return rc;
}

void pgo_inputs_release(struct pgo_inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		free(inputs->paths[i]);
	free(inputs->paths);
	free(inputs->name);
	*inputs = (struct pgo_inputs){0};
}

int pgo_inputs_digest(char out[33], const char *path, struct pgo_error *err)
{
	unsigned char *buffer = malloc(READ_BYTES);
	XXH3_state_t *state = XXH3_createState();
	struct search s = {.err = err};
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = PGO_OK;
	ssize_t n = -1;
	if (!buffer || !state)
		rc = out_of_memory(&s);
	else if (fd < 0)
		rc = fail(&s, path, "cannot open");
	if (rc != PGO_OK)
		goto done;
	XXH3_128bits_reset(state);
	while ((n = read(fd, buffer, READ_BYTES)) > 0)
		XXH3_128bits_update(state, buffer, (size_t)n);
	if (n < 0) {
		rc = fail(&s, path, "cannot read");
		goto done;
	}
	XXH128_hash_t digest = XXH3_128bits_digest(state);
	snprintf(out, 33, "%016llx%016llx", (unsigned long long)digest.high64, (unsigned long long)digest.low64);
done:
	if (fd >= 0)
		close(fd);
	XXH3_freeState(state);
	free(buffer);
	return rc;
}
