// SPDX-License-Identifier: GPL-2.0-or-later
/* Linked with --wrap. */
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "tests/fake_time.h"

#define STEP_NS		100u	/* as if nothing disturbed a test */
#define STEP_FUZZ_NS	4000u
#define START_NS	1000000000ull
#define NSEC_PER_SEC	1000000000ull

static uint64_t now, step = STEP_NS;

bool (*fake_time_idle)(void *arg);
void *fake_time_arg;

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask);

void fake_time_start(void)
{
	now = START_NS;
	step = STEP_FUZZ_NS;
	fake_time_idle = NULL;
}

void fake_time_pass(uint64_t ns)
{
	now += ns;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	if (id != CLOCK_MONOTONIC)
		return __real_clock_gettime(id, ts);
	now += step;
	ts->tv_sec = (time_t)(now / NSEC_PER_SEC);
	ts->tv_nsec = (long)(now % NSEC_PER_SEC);
	return 0;
}

int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask)
{
	static const struct timespec zero;
	bool waits = !timeout || timeout->tv_sec || timeout->tv_nsec;
	int ready;

	do {
		ready = n ? __real_ppoll(fds, n, &zero, mask) : 0;
	} while (!ready && waits && fake_time_idle &&
		 fake_time_idle(fake_time_arg));
	if (!ready && waits)
		now += timeout ? (uint64_t)timeout->tv_sec * NSEC_PER_SEC +
				 (uint64_t)timeout->tv_nsec : NSEC_PER_SEC;
	return ready;
}
