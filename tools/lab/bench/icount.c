// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "icount.h"
#include "tap.h"

#define LOOP_INSTRUCTIONS	2
#define DRIFT_MAX		40000	/* of 10 ms: a few timer interrupts */

static volatile uint64_t *turns;
static pid_t loop;

static void run_loop(void)
{
	struct sched_param none = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sched_setscheduler(0, SCHED_IDLE, &none))
		_exit(1);
	asm volatile("1: incq (%0)\n\t"
		     "jmp 1b" : : "r"(turns) : "memory");
	__builtin_unreachable();
}

uint64_t icount_now(void)
{
	return __rdtsc() - LOOP_INSTRUCTIONS * *turns;
}

uint64_t icount_thread(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/*
 * A sleep of this program costs a handful of timer interrupts.  If it costs
 * much more, the counter isn't one of instructions.
 */
static bool check_drift(void)
{
	const struct timespec ten_ms = { .tv_nsec = 10000000 };
	uint64_t best = UINT64_MAX, n;
	int i;

	for (i = 0; i < 5; i++) {
		n = icount_now();
		nanosleep(&ten_ms, NULL);
		n = icount_now() - n;
		if (n < best)
			best = n;
	}
	tap_note("10 ms of sleep: %llu instructions", (unsigned long long)best);
	return tap_check(best < DRIFT_MAX,
			 "the time stamp counter does not count instructions: "
			 "%llu in a sleep of 10 ms; is this QEMU -icount shift=0, one CPU?",
			 (unsigned long long)best);
}

bool icount_start(void)
{
	turns = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (!tap_check(turns != MAP_FAILED, "memory: %s", strerror(errno)))
		return false;
	loop = fork();
	if (!loop)
		run_loop();
	return tap_check(loop > 0, "fork: %s", strerror(errno)) && check_drift();
}

void icount_stop(void)
{
	if (loop > 0) {
		kill(loop, SIGKILL);
		waitpid(loop, NULL, 0);
	}
	loop = 0;
}
