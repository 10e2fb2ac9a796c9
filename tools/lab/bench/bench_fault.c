// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Instructions that the kernel needs to resolve an ODP fault, by kind of page; see
 * fault_acts.c.  Prints "# counts NAME N..." with one number for each sample.
 */
#include <stdio.h>

#include "fault_clock.h"
#include "icount.h"

static void print_counts(const char *name, const char *what,
			 const uint64_t *counts, unsigned int n)
{
	unsigned int i;

	printf("# counts %s_%s", name, what);
	for (i = 0; i < n; i++)
		printf(" %llu", (unsigned long long)counts[i]);
	printf("\n");
	fflush(stdout);
}

static const struct fault_clock icount_clock = {
	.start = icount_start, .stop = icount_stop,
	.now = icount_now, .thread = icount_thread, .print = print_counts,
};

int main(int argc, char **argv)
{
	return fault_acts_main(argc, argv, &icount_clock, "bench_fault",
			       "Instructions of page faults of the HCA; under guest --icount.");
}
