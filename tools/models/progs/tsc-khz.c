// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Measures how fast the time stamp counter runs.  Under TCG a guest reads the
 * host's (QEMU, cpu_get_host_ticks()), but measures it with emulated timers,
 * which on a busy host has come out 20 times too slow: all time limits of
 * that guest were over 20 times too early.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define SPAN_NS		20000000ull
#define TRIES		100

static const char usage[] =
	"Usage: tsc-khz\n"
	"Prints the frequency of the time stamp counter in kHz, for tsc_early_khz=\n"
	"on the command line of a guest.  Nothing, and 1, where there is none.\n";

#if defined(__x86_64__)
struct moment {
	uint64_t ns, tsc;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Both clocks at once: of many readings that in which least time went by. */
static struct moment look(void)
{
	uint64_t best = UINT64_MAX, before, after;
	struct moment m = { 0 };
	uint64_t ns;
	int i;

	for (i = 0; i < TRIES; i++) {
		before = __rdtsc();
		ns = now_ns();
		after = __rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		m.ns = ns;
		m.tsc = before + best / 2;
	}
	return m;
}

static uint64_t tsc_khz(void)
{
	const struct timespec span = { .tv_nsec = SPAN_NS };
	struct moment a = look(), b;

	nanosleep(&span, NULL);
	b = look();
	return (b.tsc - a.tsc) * 1000000 / (b.ns - a.ns);
}
#else
static uint64_t tsc_khz(void)
{
	return 0;
}
#endif

int main(int argc, char **argv)
{
	uint64_t khz;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 1) {
		fputs(usage, stderr);
		return 2;
	}
	khz = tsc_khz();
	if (!khz)
		return 1;
	printf("%llu\n", (unsigned long long)khz);
	return 0;
}
