/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/sys/progress_internal.h"

/* Standard error is put on a memory file or a pseudo-terminal while `talk` speaks; the clock is the test's. */

static int64_t clock_ns;

static int64_t test_clock(void)
{
	return clock_ns;
}

static void seconds(double later)
{
	clock_ns += (int64_t)(later * 1e9);
}

static void listen(char *heard, size_t size, bool terminal, enum progress_mode mode, void (*talk)(void))
{
	int ours, theirs, saved = dup(STDERR_FILENO);
	struct winsize window = {.ws_row = 24, .ws_col = 60};
	if (terminal)
		assert_int_equal(openpty(&ours, &theirs, NULL, NULL, &window), 0);
	else
		assert_true((ours = theirs = memfd_create("stderr", 0)) >= 0);
	fflush(stderr);
	dup2(theirs, STDERR_FILENO);
	clock_ns = 1000000000000;
	progress_use_clock(test_clock);
	progress_init(mode);
	talk();
	progress_use_clock(NULL);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	/* A terminal's reader sees the end once nobody holds the other side any more, and not all bytes at once. */
	if (terminal)
		close(theirs);
	else
		lseek(ours, 0, SEEK_SET);
	size_t used = 0;
	ssize_t got;
	while (used < size - 1 && (got = read(ours, heard + used, size - 1 - used)) > 0)
		used += (size_t)got;
	heard[used] = 0;
	close(ours);
}

static void talk_of_everything(void)
{
	progress_phase("replay");
	progress_live(0, 4, "replaying %s", "first");
	seconds(10);
	progress_live(1, 4, "replaying second");
	progress_live(1, 4, "not shown: too soon after the last");
	seconds(0.05);
	progress_live(1, 4, "not shown either");
	progress_line("first: %d s", 10);
	progress_live(1, 4, "replaying second");
	progress_warn("low on %s", "space");
	progress_clear();
}

static void test_terminal(void **state)
{
	(void)state;
	char heard[2048];
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	listen(heard, sizeof heard, true, PROGRESS_AUTO, talk_of_everything);
	assert_string_equal(heard, "==> replay\r\n"
				   "\r[....................] 0/4  0 s  replaying first\033[K"
				   "\r[#####...............] 1/4  10 s, about 30 s left  replayin\033[K"
				   "\r\033[Kfirst: 10 s\r\n"
				   "\r[#####...............] 1/4  10 s, about 30 s left  replayin\033[K"
				   "\r\033[Kwarning: low on space\r\n");
}

static void talk_in_color(void)
{
	progress_phase("build");
	progress_warn("slow");
	progress_live(0, 0, "compiling größer");
}

static void test_color(void **state)
{
	(void)state;
	char heard[2048];
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	listen(heard, sizeof heard, true, PROGRESS_AUTO, talk_in_color);
	assert_string_equal(heard, "\033[1m==> build\033[0m\r\n\033[33mwarning:\033[0m slow\r\n"
				   "\r0 s  compiling größer\033[K");
	listen(heard, sizeof heard, true, PROGRESS_PLAIN, talk_in_color);
	assert_string_equal(heard, "==> build\r\nwarning: slow\r\n");
	setenv("TERM", "dumb", 1);
	listen(heard, sizeof heard, true, PROGRESS_AUTO, talk_in_color);
	assert_string_equal(heard, "==> build\r\nwarning: slow\r\n");
}

static void talk_for_long(void)
{
	progress_phase("replay");
	for (int i = 0; i < 700; i++) {
		progress_live(2, 9, "replaying slow");
		seconds(0.1);
	}
	progress_line("slow: 70 s");
	seconds(29);
	progress_live(3, 9, "replaying next");
	seconds(3600);
	progress_live(0, 0, "waiting");
}

static void test_plain(void **state)
{
	(void)state;
	char heard[2048];
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	listen(heard, sizeof heard, false, PROGRESS_AUTO, talk_for_long);
	assert_string_equal(heard, "==> replay\n"
				   "still replaying slow (2 of 9 done, 30 s)\n"
				   "still replaying slow (2 of 9 done, 1 min 00 s)\n"
				   "slow: 70 s\n"
				   "still waiting (1 h 01 min)\n");
}

static void test_quiet(void **state)
{
	(void)state;
	char heard[2048];
	listen(heard, sizeof heard, true, PROGRESS_QUIET, talk_of_everything);
	assert_string_equal(heard, "warning: low on space\r\n");
	listen(heard, sizeof heard, false, PROGRESS_QUIET, talk_for_long);
	assert_string_equal(heard, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_quiet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
