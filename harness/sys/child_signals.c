/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/sys/child_internal.h"

/* The self-pipe: handlers only note the signal and wake whoever polls. */

static int wake_read = -1;
static int wake_write = -1;
static volatile sig_atomic_t first_signal;
static volatile sig_atomic_t urgent; /* INT and TERM only: a closing terminal sends HUP more than once */

static void on_signal(int number)
{
	int saved = errno;
	if (!first_signal)
		first_signal = number;
	if (number != SIGHUP && urgent < 2)
		urgent = urgent + 1;
	/* A full pipe is fine: the reader has something to wake up for already. */
	ssize_t ignored = write(wake_write, "", 1);
	(void)ignored;
	errno = saved;
}

int child_signals_install(struct pgo_error *err)
{
	int fds[2];
	if (wake_read >= 0)
		return PGO_OK;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return pgo_error_errno(err, "cannot make a pipe for signals");
	wake_read = fds[0];
	wake_write = fds[1];
	/* What outlives its parent in a child's group becomes ours to wait for; a kernel without it leaves that to
	 * init. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct sigaction old;
		struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
		sigfillset(&action.sa_mask);
		/* What our parent had us ignore (nohup, a shell's background job) stays ignored. */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		if (sigaction(numbers[i], &action, NULL) != 0)
			return pgo_error_errno(err, "cannot catch %s", strsignal(numbers[i]));
	}
	return PGO_OK;
}

bool child_interrupted(void)
{
	return first_signal != 0;
}

int child_interrupt_signal(void)
{
	return first_signal;
}

int child_signals_fd(void)
{
	return wake_read;
}

int child_signals_count(void)
{
	return urgent;
}

void child_signals_drain(void)
{
	char bytes[64];
	while (wake_read >= 0 && read(wake_read, bytes, sizeof bytes) > 0)
		;
}

int child_interrupted_error(struct pgo_error *err)
{
	const char *name = sigabbrev_np(first_signal);
	return pgo_error_set(err, PGO_EINTERRUPTED, "interrupted by SIG%s", name ? name : "?");
}
