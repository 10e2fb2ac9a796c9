/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What make bench reads: one line for each sample,
 * "# point VARIANT OPERATION UNIT SIZE VALUE", and before any of them
 * "# plan VARIANT OPERATION UNIT SIZE", so that a sample that is missing is seen.
 */
#ifndef BENCH_POINT_H
#define BENCH_POINT_H

#include <stddef.h>
#include <stdint.h>

struct bench_series {
	const char *variant, *operation, *unit;
};

void bench_plan(const struct bench_series *s, size_t size);
void bench_point(const struct bench_series *s, size_t size, double value);

/* Nanoseconds, with the type that counters have. */
uint64_t bench_ns(void);

#endif
