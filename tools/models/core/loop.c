// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Event loop: poll(2), a work queue and a sorted list of timers.
 *
 * File descriptors are served between shares of work, so that a VMM waits for
 * at most one share (plus the work function that exceeds it) for an answer.
 */
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "core/loop.h"

#define NSEC_PER_SEC	1000000000ull
#define NSEC_PER_MSEC	1000000ull
/* Work done between two looks at the file descriptors. */
#define WORK_SHARE_NS	50000ull

struct loop {
	struct loop_work *work_head;
	struct loop_work **work_tail;
	struct loop_timer *timers;	/* soonest first */
	struct loop_fd *fds;
	struct pollfd *pfds;
	struct loop_fd **polled;	/* what each of @pfds belongs to */
	unsigned int num_polled, cap_polled;
	bool stop;
};

struct loop *loop_create(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop)
		loop->work_tail = &loop->work_head;
	return loop;
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	free(loop->pfds);
	free(loop->polled);
	free(loop);
}

/* ---- work ---- */

void loop_work_queue(struct loop *loop, struct loop_work *work)
{
	if (work->queued)
		return;
	work->queued = true;
	work->next = NULL;
	*loop->work_tail = work;
	loop->work_tail = &work->next;
}

void loop_work_cancel(struct loop *loop, struct loop_work *work)
{
	struct loop_work **pos;

	if (!work->queued)
		return;
	for (pos = &loop->work_head; *pos != work; pos = &(*pos)->next)
		;
	*pos = work->next;
	if (loop->work_tail == &work->next)
		loop->work_tail = pos;
	work->queued = false;
}

bool loop_idle(const struct loop *loop)
{
	return !loop->work_head;
}

static void run_work(struct loop *loop)
{
	uint64_t end = loop_now_ns() + WORK_SHARE_NS;

	while (loop->work_head && !loop->stop) {
		struct loop_work *work = loop->work_head;

		loop_work_cancel(loop, work);
		work->fn(work);
		if (loop_now_ns() >= end)
			break;
	}
}

/* ---- timers ---- */

uint64_t loop_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

void loop_timer_arm(struct loop *loop, struct loop_timer *timer,
		    uint64_t delay_ns)
{
	struct loop_timer **pos = &loop->timers;
	uint64_t now = loop_now_ns();

	loop_timer_cancel(loop, timer);
	timer->deadline_ns = delay_ns > UINT64_MAX - now ? UINT64_MAX :
			     now + delay_ns;
	while (*pos && (*pos)->deadline_ns <= timer->deadline_ns)
		pos = &(*pos)->next;
	timer->next = *pos;
	timer->armed = true;
	*pos = timer;
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer **pos = &loop->timers;

	if (!timer->armed)
		return;
	while (*pos != timer)
		pos = &(*pos)->next;
	*pos = timer->next;
	timer->armed = false;
}

/* Those due now; one that arms itself again with no delay waits its turn. */
static void run_timers(struct loop *loop)
{
	uint64_t now;

	if (!loop->timers)
		return;
	now = loop_now_ns();
	while (loop->timers && loop->timers->deadline_ns <= now) {
		struct loop_timer *timer = loop->timers;

		loop_timer_cancel(loop, timer);
		timer->fn(timer);
	}
}

/* ---- file descriptors ---- */

void loop_fd_add(struct loop *loop, struct loop_fd *lfd)
{
	lfd->next = loop->fds;
	loop->fds = lfd;
}

void loop_fd_del(struct loop *loop, struct loop_fd *lfd)
{
	struct loop_fd **pos = &loop->fds;
	unsigned int i;

	while (*pos && *pos != lfd)
		pos = &(*pos)->next;
	if (*pos)
		*pos = lfd->next;
	for (i = 0; i < loop->num_polled; i++)
		if (loop->polled[i] == lfd)
			loop->polled[i] = NULL;
}

static bool reserve_polled(struct loop *loop, unsigned int num)
{
	struct pollfd *pfds;
	struct loop_fd **polled;

	if (num <= loop->cap_polled)
		return true;
	pfds = realloc(loop->pfds, 2 * num * sizeof(*pfds));
	if (pfds)
		loop->pfds = pfds;
	polled = realloc(loop->polled, 2 * num * sizeof(*polled));
	if (polled)
		loop->polled = polled;
	if (!pfds || !polled)
		return false;
	loop->cap_polled = 2 * num;
	return true;
}

static void collect_fds(struct loop *loop)
{
	struct loop_fd *lfd;

	loop->num_polled = 0;
	for (lfd = loop->fds; lfd; lfd = lfd->next) {
		if (!reserve_polled(loop, loop->num_polled + 1))
			break;
		loop->pfds[loop->num_polled] = (struct pollfd) {
			.fd = lfd->fd, .events = lfd->events,
		};
		loop->polled[loop->num_polled++] = lfd;
	}
}

static void dispatch_fds(struct loop *loop)
{
	unsigned int i;

	for (i = 0; i < loop->num_polled; i++) {
		struct loop_fd *lfd = loop->polled[i];

		/* NULL: deleted by the function of an earlier one */
		if (lfd && loop->pfds[i].revents)
			lfd->fn(lfd, loop->pfds[i].revents);
	}
	loop->num_polled = 0;
}

static void serve_fds(struct loop *loop, const struct timespec *timeout)
{
	collect_fds(loop);
	if (ppoll(loop->pfds, loop->num_polled, timeout, NULL) > 0)
		dispatch_fds(loop);
	loop->num_polled = 0;
}

static struct timespec *ns_to_timespec(struct timespec *ts, uint64_t ns)
{
	ts->tv_sec = (time_t)(ns / NSEC_PER_SEC);
	ts->tv_nsec = (long)(ns % NSEC_PER_SEC);
	return ts;
}

void loop_serve_fds(struct loop *loop, int timeout_ms)
{
	struct timespec ts;

	if (timeout_ms < 0) {
		serve_fds(loop, NULL);
		return;
	}
	serve_fds(loop, ns_to_timespec(&ts, (uint64_t)timeout_ms *
				       NSEC_PER_MSEC));
}

/* ---- the loop ---- */

void loop_run_once(struct loop *loop, int timeout_ms)
{
	uint64_t wait = timeout_ms < 0 ? UINT64_MAX :
			(uint64_t)timeout_ms * NSEC_PER_MSEC;
	struct timespec ts;

	if (loop->work_head) {
		wait = 0;
	} else if (loop->timers) {
		uint64_t now = loop_now_ns(), due = loop->timers->deadline_ns;
		uint64_t left = due > now ? due - now : 0;

		if (left < wait)
			wait = left;
	}
	serve_fds(loop, wait == UINT64_MAX ? NULL : ns_to_timespec(&ts, wait));
	run_timers(loop);
	run_work(loop);
}

void loop_run(struct loop *loop)
{
	loop->stop = false;
	while (!loop->stop)
		loop_run_once(loop, -1);
}

void loop_stop(struct loop *loop)
{
	loop->stop = true;
}
