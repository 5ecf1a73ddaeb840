/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Runs a fuzz entry point on every file named on the command line, and on every file below the directories named. */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replayed; /* nftw takes no context */

static int replay(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	FILE *f = fopen(path, "rb");
	size_t size = (size_t)st->st_size;
	/* an exact allocation, so that a sanitizer sees a read past its end */
	uint8_t *data = malloc(size ? size : 1);
	if (!f || !data || fread(data, 1, size, f) != size) {
		fprintf(stderr, "cannot read '%s'\n", path);
		exit(1);
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat st;
		/* a seed directory that does not exist holds no seeds */
		if (stat(argv[i], &st) == 0 && nftw(argv[i], replay, 16, FTW_PHYS) != 0) {
			perror(argv[i]);
			return 1;
		}
	}
	printf("%lu inputs replayed\n", replayed);
	return replayed ? 0 : 1;
}
