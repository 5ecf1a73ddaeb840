/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "harness/sys/files_internal.h"

/* Digests are XXH3-128 in canonical (big-endian) hex: `xxh128sum` prints the same for a file. */

static void digest_hex(char out[33], XXH128_hash_t hash)
{
	static const char digits[] = "0123456789abcdef";
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, hash);
	for (size_t i = 0; i < sizeof canonical.digest; i++) {
		out[2 * i] = digits[canonical.digest[i] >> 4];
		out[2 * i + 1] = digits[canonical.digest[i] & 15];
	}
	out[32] = 0;
}

void files_digest_text(char out[33], const char *text)
{
	digest_hex(out, XXH3_128bits(text, strlen(text)));
}

static int digest_fd(XXH3_state_t *state, int fd)
{
	static const size_t size = (size_t)1 << 17;
	char *buffer = malloc(size);
	ssize_t got = -1;
	if (!buffer)
		return -1;
	do {
		got = read(fd, buffer, size);
		if (got > 0)
			XXH3_128bits_update(state, buffer, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	int saved = errno;
	free(buffer);
	errno = saved;
	return got < 0 ? -1 : 0;
}

int files_digest(char out[33], const char *path, struct pgo_error *err)
{
	int code = PGO_OK;
	XXH3_state_t *state = XXH3_createState();
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (!state) {
		code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
		goto done;
	}
	if (fd < 0) {
		code = files_fail(err, path, "cannot open");
		goto done;
	}
	XXH3_128bits_reset(state);
	if (digest_fd(state, fd) != 0) {
		code = files_fail(err, path, "cannot read");
		goto done;
	}
	digest_hex(out, XXH3_128bits_digest(state));
done:
	if (fd >= 0)
		close(fd);
	XXH3_freeState(state);
	return code;
}

/* "name NUL kind content NUL", so that no two trees spell the same; content is a digest, or a symlink's target. */
static int digest_entry(XXH3_state_t *state, const char *path, const char *relative, struct pgo_error *err)
{
	struct stat st;
	char content[4097];
	if (lstat(path, &st) != 0)
		return files_fail(err, path, "cannot read");
	const char *kind = (st.st_mode & 0111) ? "x" : "-";
	if (S_ISLNK(st.st_mode)) {
		ssize_t length = readlink(path, content, sizeof content - 1);
		if (length < 0)
			return files_fail(err, path, "cannot read the symlink");
		content[length] = 0;
		kind = "l";
	} else {
		int code = files_digest(content, path, err);
		if (code != PGO_OK)
			return code;
	}
	XXH3_128bits_update(state, relative, strlen(relative) + 1);
	XXH3_128bits_update(state, kind, 1);
	XXH3_128bits_update(state, content, strlen(content) + 1);
	return PGO_OK;
}

int files_digest_tree(char out[33], const char *path, bool (*skip)(const char *relative, void *user), void *user,
		      struct pgo_error *err)
{
	char **list = NULL;
	size_t count = 0;
	XXH3_state_t *state = XXH3_createState();
	int code = state ? files_list_entries(&list, &count, path, skip, user, err)
			 : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (code != PGO_OK)
		goto done;
	XXH3_128bits_reset(state);
	for (size_t i = 0; i < count && code == PGO_OK; i++) {
		char *full = files_join(path, list[i]);
		code = full ? digest_entry(state, full, list[i], err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
		free(full);
	}
	if (code == PGO_OK)
		digest_hex(out, XXH3_128bits_digest(state));
done:
	files_list_free(list, count);
	XXH3_freeState(state);
	return code;
}
