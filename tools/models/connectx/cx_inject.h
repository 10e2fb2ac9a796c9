/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Things that go wrong on demand: what the control socket can set. */
#ifndef CONNECTX_CX_INJECT_H
#define CONNECTX_CX_INJECT_H

#include "connectx/cx.h"
#include "connectx/cx_cq.h"

/* 0 or -EINVAL: no such thing, or a value out of its range. */
int cx_inject_set(struct cx *cx, const char *what, uint64_t value);
void cx_inject_init(struct cx *cx);
void cx_inject_reset(struct cx *cx);

/*
 * A completion is about to be written.  False: it is not to be, now or ever.
 * Else cx_inject_cqe_again() tells whether it is to be written a second time.
 */
bool cx_inject_cqe(struct cx *cx, uint32_t cqn, const struct cx_cqe *cqe);
bool cx_inject_cqe_again(struct cx *cx);

/*
 * A queue is about to go: its completions are written before that, as the
 * driver removes those of the queue and expects no more.  May end in a reset,
 * so it comes before anything is looked up.
 */
void cx_inject_settle(struct cx *cx);

/* What happens to a page fault resume. */
enum cx_inject_resume {
	CX_RESUME_NORMAL, CX_RESUME_FAIL, CX_RESUME_IGNORE, CX_RESUME_REPEAT,
};

enum cx_inject_resume cx_inject_resume(struct cx *cx);

/* The time at which the health counter stopped, or now. */
uint64_t cx_inject_health_ns(struct cx *cx);

#endif
