/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/sys/child.h"
#include "harness/sys/files.h"

static char directory[256];

static int make_directory(void **state)
{
	(void)state;
	const char *base = getenv("TMPDIR");
	snprintf(directory, sizeof directory, "%s/files.XXXXXX", base ? base : "/tmp");
	return mkdtemp(directory) ? 0 : -1;
}

static int drop_directory(void **state)
{
	(void)state;
	return files_remove_tree(directory, NULL);
}

/* A path in the test's directory; valid until the eighth call after. */
static const char *in_directory(const char *name)
{
	static char paths[8][512];
	static unsigned next;
	char *path = paths[next++ % 8];
	snprintf(path, sizeof paths[0], "%s/%s", directory, name);
	return path;
}

static void put(const char *name, const char *text)
{
	const char *path = in_directory(name);
	assert_int_equal(files_write_atomic(path, text, strlen(text), NULL), PGO_OK);
}

static void assert_content(const char *path, const char *expected)
{
	char *text = NULL;
	size_t length = 0;
	assert_int_equal(files_read(&text, &length, path, NULL), PGO_OK);
	assert_int_equal(length, strlen(expected));
	assert_string_equal(text, expected);
	free(text);
}

static void assert_system_error(int code, const struct pgo_error *err, const char *message, const char *path)
{
	assert_int_equal(code, PGO_ESYSTEM);
	assert_int_equal(err->code, PGO_ESYSTEM);
	assert_string_equal(err->message, message);
	assert_string_equal(err->path, path);
}

static void test_join(void **state)
{
	(void)state;
	char *plain = files_join("a", "b"), *slash = files_join("a/", "b"), *root = files_join("/", "b");
	assert_string_equal(plain, "a/b");
	assert_string_equal(slash, "a/b");
	assert_string_equal(root, "/b");
	free(plain);
	free(slash);
	free(root);
}

static void test_mkdirs(void **state)
{
	(void)state;
	struct pgo_error err = {0};
	assert_int_equal(files_mkdirs(in_directory("a/b//c/"), NULL), PGO_OK);
	assert_int_equal(files_mkdirs(in_directory("a/b/c"), NULL), PGO_OK);
	assert_true(files_is_directory(in_directory("a/b/c")));
	put("file", "");
	int code = files_mkdirs(in_directory("file/sub"), &err);
	assert_system_error(code, &err, "cannot make the directory: Not a directory", in_directory("file"));
	assert_int_equal(files_mkdirs("/", NULL), PGO_OK);
}

static void test_write_and_read(void **state)
{
	(void)state;
	struct stat st;
	struct pgo_error err = {0};
	char *text = NULL;
	mode_t mask = umask(027);
	put("f", "first");
	umask(mask);
	assert_int_equal(stat(in_directory("f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	put("f", "second, longer");
	assert_content(in_directory("f"), "second, longer");
	assert_int_equal(files_read(&text, NULL, "/proc/self/stat", NULL), PGO_OK); /* stat says 0 bytes */
	assert_true(strlen(text) > 20);
	free(text);

	int code = files_read(&text, NULL, in_directory("none"), &err);
	assert_system_error(code, &err, "cannot open: No such file or directory", in_directory("none"));
	err = (struct pgo_error){0};
	code = files_read(&text, NULL, directory, &err);
	assert_system_error(code, &err, "cannot read: Is a directory", directory);
	err = (struct pgo_error){0};
	code = files_write_atomic(in_directory("no/f"), "", 0, &err);
	assert_system_error(code, &err, "cannot write: No such file or directory", in_directory("no/f"));
}

static size_t count_files(const char *path)
{
	char **list = NULL;
	size_t count = 0;
	assert_int_equal(files_list(&list, &count, path, NULL), PGO_OK);
	files_list_free(list, count);
	return count;
}

/* A file system of 64 KiB: what is there stays as it was, and nothing temporary is left. */
static void test_disk_full(void **state)
{
	(void)state;
	static char bytes[1 << 20];
	struct pgo_error err = {0};
	const char *small = in_directory("small");
	assert_int_equal(mkdir(small, 0755), 0);
	if (mount("tmpfs", small, "tmpfs", 0, "size=64k") != 0) {
		print_message("no right to mount a small file system\n");
		skip();
	}
	const char *record = in_directory("small/record"), *large = in_directory("large");
	int first = files_write_atomic(record, "old", 3, NULL),
	    second = files_write_atomic(record, bytes, sizeof bytes, &err);
	struct pgo_error copy_err = {0};
	int prepared = files_write_atomic(large, bytes, sizeof bytes, NULL);
	int copied = files_copy(large, in_directory("small/copy"), &copy_err);
	unlink(in_directory("small/copy"));
	char *kept = NULL;
	int read_back = files_read(&kept, NULL, record, NULL);
	size_t left = count_files(small);
	uint64_t free_bytes = UINT64_MAX;
	int asked = files_free_bytes(&free_bytes, small, NULL);
	umount2(small, MNT_DETACH);

	assert_int_equal(first, PGO_OK);
	assert_system_error(second, &err, "cannot write: No space left on device", in_directory("small/record"));
	assert_string_equal(err.hint, "free some space there, or choose another run directory with --out");
	assert_int_equal(prepared, PGO_OK);
	assert_system_error(copied, &copy_err, "cannot write: No space left on device", in_directory("small/copy"));
	assert_int_equal(read_back, PGO_OK);
	assert_string_equal(kept, "old");
	assert_int_equal(left, 1);
	assert_int_equal(asked, PGO_OK);
	assert_in_range(free_bytes, 0, 65536);
	free(kept);
}

/* dir/{run (0755), sub/deep, link → sub/deep, up → . (a loop if followed), dangling → nowhere}, empty/ */
static void make_tree(void)
{
	assert_int_equal(files_mkdirs(in_directory("from/sub"), NULL), PGO_OK);
	assert_int_equal(files_mkdirs(in_directory("from/empty"), NULL), PGO_OK);
	put("from/run", "#!/bin/sh\n");
	put("from/sub/deep", "deep");
	put("from/sub.txt", "sorts between sub and sub/deep");
	assert_int_equal(chmod(in_directory("from/run"), 0755), 0);
	assert_int_equal(symlink("sub/deep", in_directory("from/link")), 0);
	assert_int_equal(symlink(".", in_directory("from/up")), 0);
	assert_int_equal(symlink("nowhere", in_directory("from/dangling")), 0);
	assert_int_equal(mkfifo(in_directory("from/fifo"), 0600), 0);
}

static void age(const char *name)
{
	struct timespec times[2] = {{1000000, 5}, {2000000, 7}};
	assert_int_equal(utimensat(AT_FDCWD, in_directory(name), times, AT_SYMLINK_NOFOLLOW), 0);
}

static bool skip_deep(const char *relative, void *user)
{
	++*(int *)user;
	return strcmp(relative, "sub") == 0 || strcmp(relative, "run") == 0;
}

static void assert_link(const char *name, const char *target)
{
	char text[64] = "";
	assert_true(readlink(in_directory(name), text, sizeof text - 1) > 0);
	assert_string_equal(text, target);
}

static void test_copy_tree(void **state)
{
	(void)state;
	struct stat st;
	make_tree();
	assert_int_equal(chmod(in_directory("from/sub"), 0500), 0); /* must be filled before it gets its mode */
	age("from/run");
	age("from/sub");
	assert_int_equal(files_copy_tree(in_directory("from"), in_directory("to/here"), NULL, NULL, NULL), PGO_OK);
	assert_content(in_directory("to/here/sub/deep"), "deep");
	assert_link("to/here/link", "sub/deep");
	assert_link("to/here/up", ".");
	assert_link("to/here/dangling", "nowhere");
	assert_true(files_is_directory(in_directory("to/here/empty")));
	assert_false(files_exists(in_directory("to/here/fifo")));
	assert_int_equal(stat(in_directory("to/here/run"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(st.st_mtim.tv_sec, 2000000);
	assert_int_equal(st.st_mtim.tv_nsec, 7);
	assert_int_equal(stat(in_directory("to/here/sub"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0500);
	assert_int_equal(st.st_mtim.tv_sec, 2000000);
	/* Once more over what is there: nothing is written through the symlinks. */
	assert_int_equal(files_copy_tree(in_directory("from"), in_directory("to/here"), NULL, NULL, NULL), PGO_OK);
	assert_link("to/here/link", "sub/deep");
}

static void test_copy_tree_skips(void **state)
{
	(void)state;
	int asked = 0;
	struct pgo_error err = {0};
	make_tree();
	assert_int_equal(files_copy_tree(in_directory("from"), in_directory("to"), skip_deep, &asked, NULL), PGO_OK);
	assert_false(files_exists(in_directory("to/sub")));
	assert_false(files_exists(in_directory("to/run")));
	assert_true(files_exists(in_directory("to/sub.txt")));
	assert_int_equal(asked, 8); /* each entry once, nothing below a skipped directory */

	/* Into itself: the copy is not copied. */
	assert_int_equal(files_copy_tree(in_directory("from"), in_directory("from/out/copy"), NULL, NULL, NULL),
			 PGO_OK);
	assert_true(files_exists(in_directory("from/out/copy/sub/deep")));
	assert_false(files_exists(in_directory("from/out/copy/out/copy")));
	int code = files_copy_tree(in_directory("none"), in_directory("x"), NULL, NULL, &err);
	assert_system_error(code, &err, "cannot copy: No such file or directory", in_directory("none"));
}

static void test_copy_file(void **state)
{
	(void)state;
	struct pgo_error err = {0};
	struct stat st;
	make_tree();
	assert_int_equal(files_copy(in_directory("from/run"), in_directory("new/dir/run"), NULL), PGO_OK);
	assert_int_equal(stat(in_directory("new/dir/run"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(files_copy(in_directory("from/run"), in_directory("from/link"), NULL), PGO_OK);
	assert_content(in_directory("from/sub/deep"), "deep");
	assert_int_equal(files_copy(in_directory("from/fifo"), in_directory("x"), &err), PGO_EINVAL);
	assert_string_equal(err.message, "is not a regular file");
	assert_string_equal(err.path, in_directory("from/fifo"));
}

static void test_remove_tree(void **state)
{
	(void)state;
	make_tree();
	put("outside", "stays");
	assert_int_equal(symlink(in_directory("outside"), in_directory("from/sub/out")), 0);
	assert_int_equal(chmod(in_directory("from/sub"), 0), 0);
	assert_int_equal(files_remove_tree(in_directory("from"), NULL), PGO_OK);
	assert_int_equal(access(in_directory("from"), F_OK), -1);
	assert_content(in_directory("outside"), "stays");
	assert_int_equal(files_remove_tree(in_directory("from"), NULL), PGO_OK);
	assert_int_equal(symlink("outside", in_directory("link")), 0);
	assert_int_equal(files_remove_tree(in_directory("link"), NULL), PGO_OK);
	assert_content(in_directory("outside"), "stays");
	assert_int_equal(access(in_directory("link"), F_OK), -1);
}

static void test_list(void **state)
{
	(void)state;
	char **list = NULL;
	size_t count = 0;
	struct pgo_error err = {0};
	make_tree();
	assert_int_equal(files_list(&list, &count, in_directory("from/"), NULL), PGO_OK);
	assert_int_equal(count, 3);
	assert_string_equal(list[0], "run");
	assert_string_equal(list[1], "sub.txt");
	assert_string_equal(list[2], "sub/deep");
	files_list_free(list, count);
	int code = files_list(&list, &count, in_directory("none"), &err);
	assert_system_error(code, &err, "cannot read: No such file or directory", in_directory("none"));
}

/* The oracle is xxhsum, where it is installed; and the published value for no bytes at all. */
static void test_digest_of_files(void **state)
{
	(void)state;
	char digest[33], text_digest[33], *out = NULL;
	struct pgo_error err = {0};
	put("empty", "");
	assert_int_equal(files_digest(digest, in_directory("empty"), NULL), PGO_OK);
	assert_string_equal(digest, "99aa06d3014798d86001c324468d497f");
	put("text", "some text");
	files_digest_text(text_digest, "some text");
	assert_int_equal(files_digest(digest, in_directory("text"), NULL), PGO_OK);
	assert_string_equal(digest, text_digest);
	if (child_capture(&out, (const char *[]){"xxhsum", "-H2", in_directory("text"), NULL}, NULL, NULL, NULL) ==
	    PGO_OK) {
		assert_memory_equal(out, digest, 32);
		free(out);
	}
	int code = files_digest(digest, in_directory("none"), &err);
	assert_system_error(code, &err, "cannot open: No such file or directory", in_directory("none"));
}

static void tree_digest(char out[33])
{
	assert_int_equal(files_digest_tree(out, in_directory("from"), NULL, NULL, NULL), PGO_OK);
}

static void test_digest_of_trees(void **state)
{
	(void)state;
	char before[33], now[33], skipping[33];
	int asked = 0;
	make_tree();
	tree_digest(before);
	age("from/run");
	assert_int_equal(files_mkdirs(in_directory("from/another-empty"), NULL), PGO_OK);
	tree_digest(now);
	assert_string_equal(now, before); /* neither times nor empty directories count */

	put("from/sub/deep", "Deep");
	tree_digest(now);
	assert_string_not_equal(now, before);
	put("from/sub/deep", "deep");
	tree_digest(now);
	assert_string_equal(now, before);

	assert_int_equal(chmod(in_directory("from/run"), 0644), 0);
	tree_digest(now);
	assert_string_not_equal(now, before);
	assert_int_equal(chmod(in_directory("from/run"), 0755), 0);

	assert_int_equal(rename(in_directory("from/sub/deep"), in_directory("from/sub/deeq")), 0);
	tree_digest(now);
	assert_string_not_equal(now, before);
	assert_int_equal(rename(in_directory("from/sub/deeq"), in_directory("from/sub/deep")), 0);

	unlink(in_directory("from/link"));
	assert_int_equal(symlink("sub/deeq", in_directory("from/link")), 0);
	tree_digest(now);
	assert_string_not_equal(now, before);

	assert_int_equal(files_digest_tree(skipping, in_directory("from"), skip_deep, &asked, NULL), PGO_OK);
	put("from/sub/deep", "changed where nobody looks");
	assert_int_equal(files_digest_tree(now, in_directory("from"), skip_deep, &asked, NULL), PGO_OK);
	assert_string_equal(now, skipping);
}

static void test_absolute(void **state)
{
	(void)state;
	char *path = NULL, *real = realpath(directory, NULL);
	struct pgo_error err = {0};
	make_tree();
	assert_int_equal(files_absolute(&path, in_directory("from/up/up/../from/link"), NULL), PGO_OK);
	assert_string_equal(path + strlen(real), "/from/sub/deep");
	free(path);
	free(real);
	int code = files_absolute(&path, in_directory("none"), &err);
	assert_system_error(code, &err, "cannot find: No such file or directory", in_directory("none"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, drop_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_join),      TEST(test_mkdirs),	  TEST(test_write_and_read),  TEST(test_disk_full),
		TEST(test_copy_tree), TEST(test_copy_tree_skips), TEST(test_copy_file),	      TEST(test_remove_tree),
		TEST(test_list),      TEST(test_digest_of_files), TEST(test_digest_of_trees), TEST(test_absolute),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
