/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CLOCK_MONOTONIC as the models see it, in fuzz targets and in the unit tests of
 * the devices.  It advances by a step each time somebody looks, and jumps ahead
 * where the loop would sleep: a test does the same on any machine, however busy,
 * and timeouts of seconds cost nothing.
 */
#ifndef FAKE_TIME_H
#define FAKE_TIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A fuzz target calls it first: from the beginning, with nobody to ask, and in steps
 * that are long enough to bring work to the end of its time.
 */
void fake_time_start(void);
void fake_time_pass(uint64_t ns);
/* Called when the models would wait; true if it did something for them. */
extern bool (*fake_time_idle)(void *arg);
extern void *fake_time_arg;

#endif
