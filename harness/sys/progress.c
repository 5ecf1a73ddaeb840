/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sys/progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "harness/sys/progress_internal.h"

#define SECOND 1000000000LL
#define REDRAW_NS (SECOND / 10)
#define STILL_NS (30 * SECOND)
#define BAR_CELLS 20
#define LINE_SIZE 512

/* One standard error, so one state. */
static struct {
	bool terminal, quiet, color;
	bool shown; /* a live line stands on the terminal */
	int64_t phase_ns, redraw_ns, spoke_ns;
	int64_t (*clock)(void);
} state;

static int64_t now_ns(void)
{
	struct timespec now;
	if (state.clock)
		return state.clock();
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

void progress_use_clock(int64_t (*now)(void))
{
	state.clock = now;
}

void progress_init(enum progress_mode mode)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	bool capable = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
	state.quiet = mode == PROGRESS_QUIET;
	state.terminal = mode == PROGRESS_AUTO && capable;
	state.color = capable && mode == PROGRESS_AUTO && !(no_color && *no_color);
	state.shown = false;
	state.phase_ns = state.spoke_ns = now_ns();
	state.redraw_ns = 0;
}

void progress_clear(void)
{
	if (!state.shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	state.shown = false;
}

static void say(const char *start, const char *end, const char *format, va_list args)
{
	progress_clear();
	fputs(start, stderr);
	vfprintf(stderr, format, args);
	fputs(end, stderr);
	fputc('\n', stderr);
	fflush(stderr);
	state.spoke_ns = now_ns();
	state.redraw_ns = 0; /* the live line comes back with the next call */
}

void progress_phase(const char *format, ...)
{
	state.phase_ns = now_ns();
	if (state.quiet)
		return;
	va_list args;
	va_start(args, format);
	say(state.color ? "\033[1m==> " : "==> ", state.color ? "\033[0m" : "", format, args);
	va_end(args);
}

void progress_line(const char *format, ...)
{
	if (state.quiet)
		return;
	va_list args;
	va_start(args, format);
	say("", "", format, args);
	va_end(args);
}

void progress_warn(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(state.color ? "\033[33mwarning:\033[0m " : "warning: ", "", format, args);
	va_end(args);
}

static const char *duration(int64_t ns, char out[32])
{
	long long seconds = ns / SECOND;
	if (seconds < 60)
		snprintf(out, 32, "%lld s", seconds);
	else if (seconds < 3600)
		snprintf(out, 32, "%lld min %02lld s", seconds / 60, seconds % 60);
	else
		snprintf(out, 32, "%lld h %02lld min", seconds / 3600, seconds / 60 % 60);
	return out;
}

static int terminal_width(void)
{
	struct winsize size;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* Cut to `cells` characters (a byte that does not continue a UTF-8 character starts one). */
static void cut(char *line, int cells)
{
	for (; *line; line++) {
		if (((unsigned char)*line & 0xc0) == 0x80)
			continue;
		if (cells-- == 0) {
			*line = 0;
			return;
		}
	}
}

static void draw(size_t done, size_t total, const char *item, int64_t elapsed)
{
	char line[LINE_SIZE + 128], bar[BAR_CELLS + 1], spent[32], left[32];
	if (total > 0) {
		size_t filled = (done < total ? done : total) * BAR_CELLS / total;
		for (size_t i = 0; i < BAR_CELLS; i++)
			bar[i] = i < filled ? '#' : '.';
		bar[BAR_CELLS] = 0;
		int used = snprintf(line, sizeof line, "[%s] %zu/%zu  %s", bar, done, total, duration(elapsed, spent));
		if (done > 0 && done < total)
			used += snprintf(
				line + used, sizeof line - (size_t)used, ", about %s left",
				duration((int64_t)((double)elapsed / (double)done * (double)(total - done)), left));
		snprintf(line + used, sizeof line - (size_t)used, "  %s", item);
	} else {
		snprintf(line, sizeof line, "%s  %s", duration(elapsed, spent), item);
	}
	cut(line, terminal_width() - 1);
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
	state.shown = true;
}

void progress_live(size_t done, size_t total, const char *format, ...)
{
	int64_t now = now_ns();
	char item[LINE_SIZE], spent[32];
	if (state.quiet || (state.terminal ? now - state.redraw_ns < REDRAW_NS : now - state.spoke_ns < STILL_NS))
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(item, sizeof item, format, args);
	va_end(args);
	if (state.terminal) {
		state.redraw_ns = now;
		draw(done, total, item, now - state.phase_ns);
	} else if (total > 0) {
		progress_line("still %s (%zu of %zu done, %s)", item, done, total,
			      duration(now - state.phase_ns, spent));
	} else {
		progress_line("still %s (%s)", item, duration(now - state.phase_ns, spent));
	}
}
