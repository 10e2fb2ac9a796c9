// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Time as the models see it (linked with --wrap).  It advances by a step each time
 * somebody looks, and jumps ahead where the loop would sleep: an input does the
 * same on any machine, and timeouts of seconds cost nothing.
 */
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "fuzz/fuzz.h"

#define STEP_NS		4000u
#define START_NS	1000000000ull
#define NSEC_PER_SEC	1000000000ull

static uint64_t now;

bool (*fuzz_time_idle)(void *arg);
void *fuzz_time_arg;

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask);

void fuzz_time_start(void)
{
	now = START_NS;
	fuzz_time_idle = NULL;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	if (id != CLOCK_MONOTONIC)
		return __real_clock_gettime(id, ts);
	now += STEP_NS;
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
	} while (!ready && waits && fuzz_time_idle &&
		 fuzz_time_idle(fuzz_time_arg));
	if (!ready && waits)
		now += timeout ? (uint64_t)timeout->tv_sec * NSEC_PER_SEC +
				 (uint64_t)timeout->tv_nsec : NSEC_PER_SEC;
	return ready;
}
