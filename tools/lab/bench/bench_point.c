// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "bench_point.h"
#include "test_clock.h"

void bench_plan(const struct bench_series *s, size_t size)
{
	printf("# plan %s %s %s %zu\n", s->variant, s->operation, s->unit, size);
	fflush(stdout);
}

void bench_point(const struct bench_series *s, size_t size, double value)
{
	printf("# point %s %s %s %zu %.3f\n", s->variant, s->operation, s->unit,
	       size, value);
	fflush(stdout);
}

uint64_t bench_ns(void)
{
	return test_clock_ns();
}
