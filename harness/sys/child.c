/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sys/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/sys/child_internal.h"

/*
 * Supervision, as a table of states and events:
 *
 *              deadline            stop                kill              ended
 *   RUNNING    ask → ASKED         ask → ASKED         kill → KILLED     reap → FREE
 *   ASKED      kill → KILLED       -                   kill → KILLED     reap → FREE
 *   KILLED     -                   -                   -                 reap → FREE
 *
 * "deadline" is the earliest of timeout and planned stop while running, and the end of the grace time once asked.
 * "stop" is a pool that comes to its end early: a signal to us, or a callback that failed. "kill" is a second signal.
 */

enum state { FREE, RUNNING, ASKED, KILLED, STATE_COUNT };
enum event { EVENT_DEADLINE, EVENT_STOP, EVENT_KILL, EVENT_ENDED, EVENT_COUNT };
enum action { NOTHING, ASK, KILL, REAP };

static const enum action actions[STATE_COUNT][EVENT_COUNT] = {
	[RUNNING] = {[EVENT_DEADLINE] = ASK, [EVENT_STOP] = ASK, [EVENT_KILL] = KILL, [EVENT_ENDED] = REAP},
	[ASKED] = {[EVENT_DEADLINE] = KILL, [EVENT_KILL] = KILL, [EVENT_ENDED] = REAP},
	[KILLED] = {[EVENT_ENDED] = REAP},
};

#define NEVER INT64_MAX
#define TICK_NS 100000000
#define DEFAULT_GRACE_S 5.0

struct slot {
	enum state state;
	size_t item;
	struct child_process process;
	struct child_spec spec;
	int64_t deadline_ns;
	bool planned; /* the deadline while running is stop_after_s */
};

struct supervisor {
	const struct child_pool *pool;
	struct pgo_error *err;
	struct slot *slots;
	struct pollfd *polls; /* the self-pipe, then one per slot */
	int busy;
	size_t started;
	int code; /* first failure: start nothing more, stop the rest */
};

static int64_t after(int64_t start_ns, double seconds)
{
	return seconds < 1e9 ? start_ns + (int64_t)(seconds * 1e9) : NEVER;
}

static void signal_group(const struct slot *slot, int number)
{
	/* The leader was not reaped yet, so nobody else can own this group id. */
	kill(-slot->process.pid, number);
}

static void ask(struct slot *slot)
{
	signal_group(slot, slot->spec.stop_signal ? slot->spec.stop_signal : SIGTERM);
	signal_group(slot, SIGCONT); /* a stopped process sees no signal until it continues */
	slot->deadline_ns = after(child_now_ns(), slot->spec.grace_s > 0 ? slot->spec.grace_s : DEFAULT_GRACE_S);
	slot->state = ASKED;
}

static void kill_now(struct slot *slot)
{
	signal_group(slot, SIGKILL);
	slot->deadline_ns = NEVER;
	slot->state = KILLED;
}

static int64_t timeval_ns(struct timeval value)
{
	return (int64_t)value.tv_sec * 1000000000 + (int64_t)value.tv_usec * 1000;
}

static enum child_end end_of(const struct slot *slot, int wait_status)
{
	if (slot->process.exec_errno)
		return CHILD_EXEC_FAILED;
	if (slot->state == KILLED)
		return CHILD_KILLED;
	if (slot->state == ASKED)
		return slot->planned ? CHILD_STOPPED : CHILD_TIMEOUT;
	return WIFSIGNALED(wait_status) ? CHILD_SIGNALED : CHILD_EXITED;
}

static struct child_result reap(struct slot *slot)
{
	struct child_result result = {.exec_errno = slot->process.exec_errno};
	struct rusage usage = {0};
	int status = 0;
	signal_group(slot, SIGKILL); /* what the leader left behind ends with it */
	while (wait4(slot->process.pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	result.wall_ns = child_now_ns() - slot->process.start_ns;
	/* The others came to us when their parents ended (child_signals_install): once they are gone, nobody writes
	 * into the run directory any more. */
	while (waitpid(-slot->process.pid, NULL, 0) > 0 || errno == EINTR)
		;
	result.user_ns = timeval_ns(usage.ru_utime);
	result.sys_ns = timeval_ns(usage.ru_stime);
	result.rss_bytes = (int64_t)usage.ru_maxrss * 1024;
	result.end = end_of(slot, status);
	if (WIFEXITED(status) && !result.exec_errno)
		result.status = WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		result.signal = WTERMSIG(status);
	close(slot->process.pidfd);
	slot->state = FREE;
	return result;
}

static void handle(struct supervisor *s, struct slot *slot, enum event event)
{
	switch (actions[slot->state][event]) {
	case NOTHING:
		break;
	case ASK:
		ask(slot);
		break;
	case KILL:
		kill_now(slot);
		break;
	case REAP: {
		struct child_result result = reap(slot);
		s->busy--;
		/* A child we stopped because of an earlier failure has no result anyone could use. */
		if (s->code == PGO_OK && s->pool->done)
			s->code = s->pool->done(s->pool->user, slot->item, &result, s->err);
		break;
	}
	}
}

static void start_next(struct supervisor *s, struct slot *slot)
{
	struct child_spec spec = {0};
	size_t item = s->started++;
	s->code = s->pool->next(s->pool->user, item, &spec, s->err);
	if (s->code != PGO_OK)
		return;
	struct slot fresh = {.state = RUNNING, .item = item, .spec = spec, .deadline_ns = NEVER};
	s->code = child_spawn(&fresh.process, &spec, s->err);
	if (s->code != PGO_OK)
		return;
	if (spec.timeout_s > 0)
		fresh.deadline_ns = after(fresh.process.start_ns, spec.timeout_s);
	if (spec.stop_after_s > 0 && after(fresh.process.start_ns, spec.stop_after_s) <= fresh.deadline_ns) {
		fresh.deadline_ns = after(fresh.process.start_ns, spec.stop_after_s);
		fresh.planned = true;
	}
	*slot = fresh;
	s->busy++;
}

static void check_interrupt(struct supervisor *s)
{
	child_signals_drain();
	if (child_interrupted() && s->code == PGO_OK)
		s->code = child_interrupted_error(s->err);
}

/* Sleep until a child ended, a signal came, or the nearest deadline or tick. */
static int wait_events(struct supervisor *s)
{
	int64_t now = child_now_ns(), until = s->pool->tick ? now + TICK_NS : NEVER;
	s->polls[0] = (struct pollfd){.fd = child_signals_fd(), .events = POLLIN};
	for (int i = 0; i < s->pool->jobs; i++) {
		const struct slot *slot = &s->slots[i];
		s->polls[i + 1] = (struct pollfd){.fd = slot->state ? slot->process.pidfd : -1, .events = POLLIN};
		if (slot->state && slot->deadline_ns < until)
			until = slot->deadline_ns;
	}
	int timeout_ms = -1;
	if (until != NEVER && until <= now)
		timeout_ms = 0;
	else if (until != NEVER && (until - now) / 1000000 < 3600000)
		timeout_ms = (int)((until - now) / 1000000) + 1;
	else if (until != NEVER)
		timeout_ms = 3600000;
	if (poll(s->polls, (nfds_t)s->pool->jobs + 1, timeout_ms) < 0 && errno != EINTR && s->code == PGO_OK)
		s->code = pgo_error_errno(s->err, "cannot wait for child processes");
	return s->code;
}

static void handle_events(struct supervisor *s)
{
	check_interrupt(s);
	int64_t now = child_now_ns();
	for (int i = 0; i < s->pool->jobs; i++) {
		struct slot *slot = &s->slots[i];
		if (slot->state && s->polls[i + 1].revents)
			handle(s, slot, EVENT_ENDED);
		if (slot->state && now >= slot->deadline_ns)
			handle(s, slot, EVENT_DEADLINE);
		if (slot->state && s->code != PGO_OK)
			handle(s, slot, EVENT_STOP);
		if (slot->state && child_signals_count() > 1)
			handle(s, slot, EVENT_KILL);
	}
}

int child_pool_run(const struct child_pool *pool, struct pgo_error *err)
{
	struct supervisor s = {.pool = pool, .err = err};
	if (pool->jobs < 1)
		return pgo_error_set(err, PGO_EINVAL, "a pool needs at least one job");
	s.slots = calloc((size_t)pool->jobs, sizeof *s.slots);
	s.polls = calloc((size_t)pool->jobs + 1, sizeof *s.polls);
	if (!s.slots || !s.polls) {
		s.code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
		goto done;
	}
	check_interrupt(&s);
	while (s.busy > 0 || (s.code == PGO_OK && s.started < pool->count)) {
		for (int i = 0; i < pool->jobs && s.code == PGO_OK && s.started < pool->count; i++)
			if (s.slots[i].state == FREE)
				start_next(&s, &s.slots[i]);
		if (s.busy == 0)
			continue;
		wait_events(&s);
		handle_events(&s);
		if (pool->tick)
			pool->tick(pool->user);
	}
done:
	free(s.polls);
	free(s.slots);
	return s.code;
}

struct single {
	const struct child_spec *spec;
	struct child_result *out;
};

static int single_next(void *user, size_t i, struct child_spec *spec, struct pgo_error *err)
{
	(void)i;
	(void)err;
	*spec = *((struct single *)user)->spec;
	return PGO_OK;
}

static int single_done(void *user, size_t i, const struct child_result *result, struct pgo_error *err)
{
	(void)i;
	(void)err;
	*((struct single *)user)->out = *result;
	return PGO_OK;
}

int child_run(struct child_result *out, const struct child_spec *spec, struct pgo_error *err)
{
	struct single single = {spec, out};
	struct child_pool pool = {.jobs = 1, .count = 1, .user = &single, .next = single_next, .done = single_done};
	return child_pool_run(&pool, err);
}
