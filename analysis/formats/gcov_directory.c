/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Data files on disk, one or a directory of them, and the notes that belong to them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/formats/gcov.h"

/** Directories within directories: more is a loop of mounts, not a build tree. */
#define DEPTH_MOST 100

typedef PGO_VEC(char *) path_list;

/** What was found below a directory; paths start with that of the directory. */
struct tree {
	const char *root;
	path_list data;	 /**< by path */
	path_list notes; /**< by file name, then path */
	uint64_t input_bytes;
	size_t foreign;			       /**< notes found in other places that are of another compilation */
	uint32_t first_release, other_release; /**< of the data files; 0: none, none other */
};

struct mapped {
	void *bytes;
	size_t length;
};

static int no_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/** The last part of a path mangled by -fprofile-dir: "#a#b#c.gcda" is "c.gcda". */
static const char *plain_name(const char *path)
{
	const char *name = file_name(path), *last = strrchr(name, '#');
	return last ? last + 1 : name;
}

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);
	return length > tail && strcmp(name + length - tail, end) == 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_names(const void *a, const void *b)
{
	int order = strcmp(plain_name(*(char *const *)a), plain_name(*(char *const *)b));
	return order ? order : compare_paths(a, b);
}

static void release_paths(path_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	pgo_vec_release(list);
}

static int walk(struct tree *tree, const char *directory, int depth, struct pgo_error *err);

static int visit(struct tree *tree, const char *directory, const char *name, int depth, struct pgo_error *err)
{
	struct stat st;
	char *path;
	bool data = ends_with(name, ".gcda"), notes = ends_with(name, ".gcno");
	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return no_memory(err);
	int rc = PGO_OK;
	/* links are followed to files, never to directories: no loops */
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		rc = walk(tree, path, depth + 1, err);
	} else if ((data || notes) && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		if (pgo_vec_push(data ? &tree->data : &tree->notes, path) == 0)
			return PGO_OK;
		rc = no_memory(err);
	}
	free(path);
	return rc;
}

static int walk(struct tree *tree, const char *directory, int depth, struct pgo_error *err)
{
	const struct dirent *entry;
	int rc = PGO_OK;
	if (depth > DEPTH_MOST) {
		pgo_error_path(err, directory);
		return pgo_error_set(err, PGO_EFORMAT, "more than %d directories deep", DEPTH_MOST);
	}
	DIR *d = opendir(directory);
	if (!d) {
		rc = pgo_error_errno(err, "cannot open");
		pgo_error_path(err, directory);
		return rc;
	}
	while (rc == PGO_OK && (errno = 0, entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = visit(tree, directory, entry->d_name, depth, err);
	if (rc == PGO_OK && errno) {
		rc = pgo_error_errno(err, "cannot read");
		pgo_error_path(err, directory);
	}
	closedir(d);
	return rc;
}

/** Map a file whole. @return PGO_OK, PGO_EOF when there is no such file, PGO_ESYSTEM, PGO_EFORMAT when it is empty */
static int map_file(struct mapped *out, const char *path, struct pgo_error *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? PGO_EOF : pgo_error_errno(err, "cannot open");
	int rc = PGO_OK;
	if (fstat(fd, &st) < 0) {
		rc = pgo_error_errno(err, "cannot read");
	} else if (!S_ISREG(st.st_mode) || st.st_size == 0) {
		rc = pgo_error_set(err, PGO_EFORMAT, "the file is empty");
	} else {
		out->length = (size_t)st.st_size;
		out->bytes = mmap(NULL, out->length, PROT_READ, MAP_PRIVATE, fd, 0);
		if (out->bytes == MAP_FAILED)
			rc = pgo_error_errno(err, "cannot map");
	}
	close(fd);
	if (rc != PGO_OK)
		*out = (struct mapped){0};
	return rc;
}

static void unmap(struct mapped *m)
{
	if (m->bytes)
		munmap(m->bytes, m->length);
	*m = (struct mapped){0};
}

/** What is looked for: the notes of one data file. */
struct search {
	struct tree *tree;
	const char *data_path;
	struct pgo_gcov_header data;
	struct mapped file;
	struct pgo_gcov_notes notes;
	bool found;
};

/** @param sure  the notes must belong: others, or damaged ones, are an error, not a miss */
static int try_notes(struct search *s, const char *path, bool sure, struct pgo_error *err)
{
	struct pgo_error quiet = {0}, *say = sure ? err : &quiet;
	int rc = map_file(&s->file, path, say);
	if (rc == PGO_EOF)
		return PGO_OK;
	if (rc == PGO_OK)
		rc = pgo_gcov_notes_read(&s->notes, s->file.bytes, s->file.length, say);
	bool belongs =
		rc == PGO_OK && s->notes.header.stamp == s->data.stamp && s->notes.header.release == s->data.release;
	if (rc == PGO_OK && (sure || belongs)) {
		s->found = true;
		return PGO_OK;
	}
	s->tree->foreign += rc == PGO_OK;
	pgo_gcov_notes_release(&s->notes);
	unmap(&s->file);
	if (rc == PGO_ENOMEM || sure) {
		pgo_error_path(err, path);
		return rc == PGO_ENOMEM ? no_memory(err) : rc;
	}
	return PGO_OK;
}

/** Replace the ending ".gcda". */
static void to_notes(char *path)
{
	memcpy(path + strlen(path) - 5, ".gcno", 5);
}

/** Where "#a#^#b.gcda" of -fprofile-dir was compiled: "/a/../b.gcno". @return heap string; NULL when out of memory */
static char *unmangle(const char *name)
{
	size_t length = strlen(name);
	char *path = malloc(2 * length + 1), *to = path;
	for (size_t i = 0; path && i <= length; i++) {
		if (name[i] == '^')
			*to++ = '.';
		*to++ = name[i] == '#' ? '/' : name[i] == '^' ? '.' : name[i];
	}
	if (path)
		to_notes(path);
	return path;
}

/** Where the notes were written: the path in the name (-fprofile-dir) or below the directory (GCOV_PREFIX). */
static int try_origin(struct search *s, struct pgo_error *err)
{
	const char *name = file_name(s->data_path);
	size_t root = strlen(s->tree->root);
	char *path;
	if (name[0] == '#')
		path = unmangle(name);
	else if (strncmp(s->data_path, s->tree->root, root) == 0 && (path = strdup(s->data_path + root)) != NULL)
		to_notes(path);
	else
		path = NULL;
	if (!path)
		return no_memory(err);
	int rc = try_notes(s, path, false, err);
	free(path);
	return rc;
}

/** Any notes of that name below the directory. */
static int try_tree(struct search *s, struct pgo_error *err)
{
	const path_list *list = &s->tree->notes;
	char *wanted = strdup(plain_name(s->data_path));
	if (!wanted)
		return no_memory(err);
	to_notes(wanted);
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(plain_name(list->items[middle]), wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	int rc = PGO_OK;
	for (size_t i = low; rc == PGO_OK && !s->found && i < list->count; i++) {
		if (strcmp(plain_name(list->items[i]), wanted) != 0)
			break;
		rc = try_notes(s, list->items[i], false, err);
	}
	free(wanted);
	return rc;
}

/** The notes of the data, where they are. s->found says whether. */
static int find_notes(struct search *s, struct pgo_error *err)
{
	char *beside = strdup(s->data_path);
	if (!beside)
		return no_memory(err);
	to_notes(beside);
	int rc = try_notes(s, beside, true, err);
	free(beside);
	/* a single file has no tree */
	if (rc == PGO_OK && !s->found && s->tree->root)
		rc = try_origin(s, err);
	if (rc == PGO_OK && !s->found && s->tree->root)
		rc = try_tree(s, err);
	return rc;
}

/** Add one data file under the name it has in messages and, where there are no notes, in functions. */
static int add_file(struct pgo_gcov_reading *r, struct tree *tree, const char *path, const char *unit,
		    struct pgo_error *err)
{
	struct mapped data = {0};
	struct search s = {.tree = tree, .data_path = path};
	int rc = map_file(&data, path, err);
	if (rc == PGO_EOF) {
		errno = ENOENT;
		rc = pgo_error_errno(err, "cannot open");
	}
	if (rc != PGO_OK)
		goto done;
	struct pgo_cursor c = pgo_cursor(data.bytes, data.length);
	rc = pgo_gcov_header_read(&s.data, &c, "gcda", err);
	if (rc == PGO_OK && tree->first_release == 0)
		tree->first_release = s.data.release;
	if (rc == PGO_OK && s.data.release != tree->first_release && tree->other_release == 0)
		tree->other_release = s.data.release;
	if (rc == PGO_OK && ends_with(path, ".gcda"))
		rc = find_notes(&s, err);
	if (rc == PGO_OK)
		rc = pgo_gcov_add(r, unit, data.bytes, data.length, s.found ? &s.notes : NULL, err);
	tree->input_bytes += data.length;
done:
	if (rc != PGO_OK)
		pgo_error_path(err, path);
	pgo_gcov_notes_release(&s.notes);
	unmap(&s.file);
	unmap(&data);
	return rc;
}

/** Turn what was read into a profile. The builder and the reading are released in every case. */
static int finish(struct pgo_profile **out, struct pgo_gcov_reading *r, const struct tree *tree, int rc,
		  struct pgo_error *err)
{
	if (rc == PGO_OK && tree->foreign && r->units_without_notes &&
	    pgo_builder_warn(r->builder, "%zu notes file%s (.gcno) of another compilation left out", tree->foreign,
			     tree->foreign == 1 ? "" : "s"))
		rc = no_memory(err);
	if (rc == PGO_OK && tree->other_release &&
	    pgo_builder_warn(
		    r->builder,
		    "its data files are of several compilers, by their version words gcc %u.%u and %u.%u among "
		    "them: are all of them of one build?",
		    tree->first_release / 10, tree->first_release % 10, tree->other_release / 10,
		    tree->other_release % 10))
		rc = no_memory(err);
	if (rc == PGO_OK)
		rc = pgo_gcov_finish(r, err);
	if (rc == PGO_OK)
		return pgo_builder_finish(r->builder, tree->input_bytes, out, err);
	pgo_gcov_release(r);
	pgo_builder_release(r->builder);
	return rc;
}

int pgo_gcov_open_file(struct pgo_profile **out, const char *path, bool may_quarantine, struct pgo_error *err)
{
	struct pgo_builder b = {.format = "gcda", .may_quarantine = may_quarantine};
	struct pgo_gcov_reading r = {.builder = &b};
	struct tree tree = {0};
	int rc = add_file(&r, &tree, path, file_name(path), err);
	return finish(out, &r, &tree, rc, err);
}

int pgo_gcov_open_directory(struct pgo_profile **out, const char *path, bool may_quarantine, struct pgo_error *err)
{
	struct pgo_builder b = {.format = "gcda", .may_quarantine = may_quarantine};
	struct pgo_gcov_reading r = {.builder = &b};
	struct tree tree = {0};
	size_t length = strlen(path);
	char *root = strdup(path);
	if (!root)
		return no_memory(err);
	while (length > 1 && root[length - 1] == '/')
		root[--length] = '\0';
	tree.root = root;
	int rc = walk(&tree, root, 0, err);
	if (rc == PGO_OK && tree.data.count == 0)
		rc = PGO_EOF;
	if (tree.data.count)
		qsort(tree.data.items, tree.data.count, sizeof *tree.data.items, compare_paths);
	if (tree.notes.count)
		qsort(tree.notes.items, tree.notes.count, sizeof *tree.notes.items, compare_names);
	for (size_t i = 0; rc == PGO_OK && i < tree.data.count; i++)
		rc = add_file(&r, &tree, tree.data.items[i], tree.data.items[i] + length + 1, err);
	rc = finish(out, &r, &tree, rc, err);
	release_paths(&tree.data);
	release_paths(&tree.notes);
	free(root);
	return rc;
}
