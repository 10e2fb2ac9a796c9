// SPDX-License-Identifier: GPL-2.0-or-later
#include <time.h>

#include "test_clock.h"

long long test_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}
