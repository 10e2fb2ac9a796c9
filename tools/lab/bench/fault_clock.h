/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bench_fault counts and bench_fault_us measures: one way to do either. */
#ifndef FAULT_CLOCK_H
#define FAULT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct fault_clock {
	/* A failure of the running case if it cannot count. */
	bool (*start)(void);
	void (*stop)(void);
	uint64_t (*now)(void);		/* all that the machine does */
	uint64_t (*thread)(void);	/* what the calling thread does */
	/* @n samples of @what ("fault", "hit", "prefetch", ...) of act @name */
	void (*print)(const char *name, const char *what, const uint64_t *counts,
		      unsigned int n);
	bool faults_only;		/* no prefetches */
};

/* The program: cases, options; returns its exit status. */
int fault_acts_main(int argc, char **argv, const struct fault_clock *clock,
		    const char *prefix, const char *what);

#endif
