/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_CLOCK_H
#define TEST_CLOCK_H

/* Nanoseconds of a clock that only goes on. */
long long test_clock_ns(void);

#endif
