// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Microseconds of an ODP fault, by kind of page: what bench_fault counts in
 * instructions, by the clock.  From each write with a fault the median of those
 * without one is taken away.  Prints lines for make bench (bench_point.h).
 */
#include <stdlib.h>
#include <string.h>

#include "bench_point.h"
#include "fault_clock.h"
#include "test_buffer.h"

static double hit;	/* median of the act that is running */

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double median(const uint64_t *counts, unsigned int n)
{
	uint64_t sorted[n];

	memcpy(sorted, counts, sizeof(sorted));
	qsort(sorted, n, sizeof(sorted[0]), compare);
	return sorted[n / 2];
}

/* A sample of make bench is the median of one run of 64 faults. */
static void print_us(const char *name, const char *what, const uint64_t *counts,
		     unsigned int n)
{
	const struct bench_series s = { name, "fault", "us" };
	size_t page = strstr(name, "2m") ? TEST_HUGE : TEST_PAGE;

	if (!strcmp(what, "hit"))
		hit = median(counts, n);
	if (strcmp(what, "fault"))
		return;
	bench_plan(&s, page);
	bench_point(&s, page, (median(counts, n) - hit) / 1000);
}

static bool clock_start(void) { return true; }
static void clock_stop(void) { }

static const struct fault_clock us_clock = {
	.start = clock_start, .stop = clock_stop,
	.now = bench_ns, .thread = bench_ns, .print = print_us,
	.faults_only = true,
};

int main(int argc, char **argv)
{
	return fault_acts_main(argc, argv, &us_clock, "bench_fault_us",
			       "Time of page faults of the HCA.");
}
