/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A program to train: `sample MODE N` counts words, sums nested lists, sorts, or crunches numbers, on text it makes
 * itself (the same for the same N). Modes crash, fail and hang are for tests of failures.
 */

#define NOINLINE __attribute__((noinline))

static uint64_t seed = 1;

NOINLINE static unsigned draw(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

NOINLINE static unsigned hash_word(const char *word)
{
	unsigned h = 5381;
	for (; *word; word++)
		h = h * 33 + (unsigned char)tolower((unsigned char)*word);
	return h;
}

NOINLINE static void make_word(char *out)
{
	unsigned length = 2 + draw(9);
	for (unsigned i = 0; i < length; i++)
		out[i] = (char)((draw(10) ? 'a' : 'A') + draw(1 + draw(26)));
	out[length] = '\0';
}

NOINLINE static void count_words(long n)
{
	static unsigned table[4096];
	char word[16];
	unsigned long filled = 0;
	for (long i = 0; i < n; i++) {
		make_word(word);
		unsigned slot = hash_word(word) & 4095;
		if (!table[slot]++)
			filled++;
	}
	printf("words %lu\n", filled);
}

NOINLINE static long read_number(const char **at)
{
	long value = 0;
	for (; isdigit((unsigned char)**at); (*at)++)
		value = value * 10 + (**at - '0');
	return value;
}

NOINLINE static long parse_list(const char **at, int depth)
{
	long sum = 0;
	while (**at && **at != ')') {
		if (**at == '(') {
			(*at)++;
			sum += parse_list(at, depth + 1);
			if (**at)
				(*at)++;
		} else if (isdigit((unsigned char)**at)) {
			sum += read_number(at) * depth;
		} else {
			(*at)++;
		}
	}
	return sum;
}

NOINLINE static void make_lists(char *text, size_t size)
{
	int open = 0;
	size_t used = 0;
	while (used < size - 8) {
		unsigned what = draw(6), number = draw(100);
		if (what == 0) {
			text[used++] = '(';
			open++;
		} else if (what == 1 && open) {
			text[used++] = ')';
			open--;
		} else {
			if (number > 9)
				text[used++] = (char)('0' + number / 10);
			text[used++] = (char)('0' + number % 10);
			text[used++] = ' ';
		}
	}
	text[used] = '\0';
}

NOINLINE static void sum_lists(long n)
{
	long sum = 0;
	char text[512];
	for (long i = 0; i < n; i++) {
		make_lists(text, sizeof text);
		const char *at = text;
		while (*at) {
			sum += parse_list(&at, 1);
			if (*at)
				at++;
		}
	}
	printf("lists %ld\n", sum);
}

NOINLINE static int by_value(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return x < y ? -1 : x > y;
}

NOINLINE static void sift(unsigned *heap, size_t at, size_t n)
{
	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && by_value(&heap[child], &heap[child + 1]) < 0)
			child++;
		if (by_value(&heap[at], &heap[child]) >= 0)
			return;
		unsigned swap = heap[at];
		heap[at] = heap[child];
		heap[child] = swap;
	}
}

NOINLINE static void sort_numbers(long n)
{
	unsigned *heap = malloc((size_t)n * sizeof *heap);
	for (long i = 0; i < n; i++)
		heap[i] = draw(1000000);
	for (long i = n / 2; i-- > 0;)
		sift(heap, (size_t)i, (size_t)n);
	for (long i = n; i-- > 1;) {
		unsigned swap = heap[0];
		heap[0] = heap[i];
		heap[i] = swap;
		sift(heap, 0, (size_t)i);
	}
	printf("median %u\n", heap[n / 2]);
	free(heap);
}

NOINLINE static void crunch(long n)
{
	uint64_t x = 1;
	for (long i = 0; i < n * 100; i++)
		x = x * 2862933555777941757u + 3037000493u;
	printf("crunched %llu\n", (unsigned long long)x);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "", *slow = getenv("E2E_SLOW"), *mark = getenv("E2E_MARK");
	long n = argc > 2 ? atol(argv[2]) : 1000;
	seed = (uint64_t)n;
	if (slow && mark && !strcmp(slow, "run"))
		execlp("sleep", "sleep", mark, (char *)NULL);
	if (!strcmp(mode, "words"))
		count_words(n);
	else if (!strcmp(mode, "lists"))
		sum_lists(n);
	else if (!strcmp(mode, "sort"))
		sort_numbers(n);
	else if (!strcmp(mode, "crunch"))
		crunch(n);
	else if (!strcmp(mode, "mixed"))
		count_words(n), sum_lists(n / 50), sort_numbers(n / 2);
	else if (!strcmp(mode, "where")) /* writes what differs from build to build */
		count_words(n), puts(argv[0]);
	else if (!strcmp(mode, "crash"))
		abort();
	else if (!strcmp(mode, "hang"))
		pause();
	else if (!strcmp(mode, "cat"))
		for (int c; (c = getchar()) != EOF;)
			putchar(c);
	else
		return fprintf(stderr, "sample: no mode '%s'\n", mode), 3;
	return 0;
}
