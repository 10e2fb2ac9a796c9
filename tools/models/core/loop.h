/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop of the model process: file descriptors, timers and work.
 * Everything runs in one thread.  Two contexts matter to a model:
 *
 * message context  A request of the VMM is being answered (BAR and config
 *                  access, reset, DMA map).  The VMM may be stopped meanwhile,
 *                  so code here answers at once: it neither sleeps nor starts
 *                  DMA.  What a register write sets going is queued as work.
 *
 * work context     Called from the loop.  DMA is allowed.  A DMA that has to
 *                  go through the VMM waits for its answer, and while it
 *                  waits, messages (of all devices) are served: a work
 *                  function must expect that registers, DMA mappings and even
 *                  a reset of its own device changed across any pci_dma_*()
 *                  call.  Work functions are never nested.
 *
 * A work function does a bounded amount of work (a fraction of a millisecond
 * is the aim) and queues itself again if something is left.
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* ---- work ---- */
struct loop_work {
	void (*fn)(struct loop_work *work);
	struct loop_work *next;		/* owned by the loop */
	bool queued;			/* owned by the loop */
};

/* Queue @work at the end; no-op if it is queued.  Any context. */
void loop_work_queue(struct loop *loop, struct loop_work *work);

/* Take @work off the queue if it is there.  Any context. */
void loop_work_cancel(struct loop *loop, struct loop_work *work);

/* ---- timers (CLOCK_MONOTONIC, run in work context) ---- */
struct loop_timer {
	void (*fn)(struct loop_timer *timer);
	uint64_t deadline_ns;		/* owned by the loop */
	struct loop_timer *next;	/* owned by the loop */
	bool armed;			/* owned by the loop */
};

/* Nanoseconds, monotonic. */
uint64_t loop_now_ns(void);

/* (Re-)arm @timer to run once, @delay_ns from now.  Any context. */
void loop_timer_arm(struct loop *loop, struct loop_timer *timer,
		    uint64_t delay_ns);
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

/* ---- file descriptors (run in message context) ---- */
struct loop_fd {
	int fd;
	short events;			/* POLLIN, POLLOUT */
	void (*fn)(struct loop_fd *lfd, short revents);
	struct loop_fd *next;		/* owned by the loop */
};

void loop_fd_add(struct loop *loop, struct loop_fd *lfd);
void loop_fd_del(struct loop *loop, struct loop_fd *lfd);

/* ---- the loop ---- */
struct loop *loop_create(void);
void loop_destroy(struct loop *loop);

/* Run until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/*
 * One round: serve what is ready, waiting at most @timeout_ms for it (-1: no
 * limit; not at all if work is queued), then timers and a share of the work.
 */
void loop_run_once(struct loop *loop, int timeout_ms);

/* No work is queued (timers and file descriptors do not count). */
bool loop_idle(const struct loop *loop);

/*
 * Serve file descriptors only, for at most @timeout_ms (-1: no limit), until
 * at least one was served.  For a DMA that waits for the VMM's answer.
 */
void loop_serve_fds(struct loop *loop, int timeout_ms);

#endif
