// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults on demand.  Each is a number: how many of the next events it befalls,
 * a time in milliseconds, or a switch; a reset ends all of them.
 *
 * Completions that are delayed stay in order, also behind a delay that was
 * switched off: a completion queue is a queue.
 *
 * Source: none (own interface).
 */
#include <errno.h>
#include <stdlib.h>

#include "connectx/cx_inject.h"

#define MAX_EVENTS	1000000u
#define MAX_DELAY_MS	60000u
#define MAX_HELD	65536u		/* completions; then they come early */

struct cx_held_cqe {
	struct cx_held_cqe *next;
	uint64_t due_ns;
	uint32_t cqn;
	struct cx_cqe cqe;
};

enum kind { KIND_COUNT, KIND_MS, KIND_SWITCH };

#define COUNT(name, member)	{ name, KIND_COUNT, offsetof(struct cx_inject, member) }
#define MS(name, member)	{ name, KIND_MS, offsetof(struct cx_inject, member) }

static const struct {
	const char *name;
	enum kind kind;
	size_t at;
} injections[] = {
	COUNT("drop-cqe", drop_cqes),
	COUNT("double-cqe", double_cqes),
	COUNT("fail-resume", fail_resumes),
	COUNT("ignore-resume", ignore_resumes),
	COUNT("repeat-fault", repeat_faults),
	MS("delay-cqe", delay_cqe_ns),
	MS("delay-resume", delay_resume_ns),
	MS("delay-umr", delay_umr_ns),
	{ "stop-health", KIND_SWITCH, offsetof(struct cx_inject, health_since) },
};

static const uint64_t limits[] = {
	[KIND_COUNT] = MAX_EVENTS, [KIND_MS] = MAX_DELAY_MS, [KIND_SWITCH] = 1,
};

static void inject_store(struct cx *cx, enum kind kind, size_t at, uint64_t value)
{
	void *member = (char *)&cx->inject + at;

	switch (kind) {
	case KIND_COUNT:
		*(uint32_t *)member = (uint32_t)value;
		break;
	case KIND_MS:
		*(uint64_t *)member = value * CX_MS;
		break;
	case KIND_SWITCH:
		*(uint64_t *)member = value ? loop_now_ns() : 0;
		cx->stat.health_stopped += value;
	}
}

int cx_inject_set(struct cx *cx, const char *what, uint64_t value)
{
	for (size_t i = 0; i < sizeof(injections) / sizeof(injections[0]); i++) {
		if (strcmp(what, injections[i].name))
			continue;
		if (value > limits[injections[i].kind])
			return -EINVAL;
		inject_store(cx, injections[i].kind, injections[i].at, value);
		return 0;
	}
	return -EINVAL;
}

/* Takes one off @*left. */
static bool inject_one(uint32_t *left, uint64_t *counter)
{
	if (!*left)
		return false;
	--*left;
	++*counter;
	return true;
}

/* ---- completions ---- */
static void held_pop(struct cx *cx)
{
	struct cx_held_cqe *held = cx->inject.held;

	cx->inject.held = held->next;
	cx->inject.held_count--;
	if (!held->next)
		cx->inject.held_end = &cx->inject.held;
	free(held);
}

/* Those due by @until; the rest waits for the timer. */
static void held_write(struct cx *cx, uint64_t until)
{
	uint32_t gen = cx->gen;

	while (gen == cx->gen && cx->inject.held) {
		struct cx_held_cqe held = *cx->inject.held;

		if (held.due_ns > until) {
			loop_timer_arm(cx->pci.loop, &cx->inject.held_timer,
				       held.due_ns - until);
			return;
		}
		held_pop(cx);
		cx_cq_write(cx, held.cqn, &held.cqe);
	}
}

static void held_timer(struct loop_timer *timer)
{
	held_write(pci_container_of(timer, struct cx, inject.held_timer),
		   loop_now_ns());
}

void cx_inject_settle(struct cx *cx)
{
	loop_timer_cancel(cx->pci.loop, &cx->inject.held_timer);
	held_write(cx, UINT64_MAX);
}

static bool held_push(struct cx *cx, uint32_t cqn, const struct cx_cqe *cqe)
{
	struct cx_held_cqe *held;

	if (cx->inject.held_count >= MAX_HELD)
		return false;
	held = calloc(1, sizeof(*held));
	if (!held)
		return false;
	held->due_ns = loop_now_ns() + cx->inject.delay_cqe_ns;
	held->cqn = cqn;
	held->cqe = *cqe;
	*cx->inject.held_end = held;
	cx->inject.held_end = &held->next;
	cx->inject.held_count++;
	cx->stat.cqes_delayed++;
	if (!cx->inject.held_timer.armed)
		loop_timer_arm(cx->pci.loop, &cx->inject.held_timer,
			       cx->inject.delay_cqe_ns);
	return true;
}

bool cx_inject_cqe(struct cx *cx, uint32_t cqn, const struct cx_cqe *cqe)
{
	struct cx_inject *inject = &cx->inject;

	if (inject_one(&inject->drop_cqes, &cx->stat.cqes_dropped))
		return false;
	if (inject->delay_cqe_ns || inject->held)
		return !held_push(cx, cqn, cqe);
	return true;
}

bool cx_inject_cqe_again(struct cx *cx)
{
	return inject_one(&cx->inject.double_cqes, &cx->stat.cqes_doubled);
}

/* ---- page faults ---- */
enum cx_inject_resume cx_inject_resume(struct cx *cx)
{
	struct cx_inject *inject = &cx->inject;

	if (inject_one(&inject->ignore_resumes, &cx->stat.resumes_ignored))
		return CX_RESUME_IGNORE;
	if (inject_one(&inject->repeat_faults, &cx->stat.faults_repeated))
		return CX_RESUME_REPEAT;
	if (inject_one(&inject->fail_resumes, &cx->stat.resumes_failed))
		return CX_RESUME_FAIL;
	return CX_RESUME_NORMAL;
}

/* ---- health ---- */
uint64_t cx_inject_health_ns(struct cx *cx)
{
	return cx->inject.health_since ? cx->inject.health_since : loop_now_ns();
}

/* ---- life ---- */
void cx_inject_init(struct cx *cx)
{
	cx->inject = (struct cx_inject){ .held_timer.fn = held_timer };
	cx->inject.held_end = &cx->inject.held;
}

void cx_inject_reset(struct cx *cx)
{
	loop_timer_cancel(cx->pci.loop, &cx->inject.held_timer);
	while (cx->inject.held)
		held_pop(cx);
	cx_inject_init(cx);
}
