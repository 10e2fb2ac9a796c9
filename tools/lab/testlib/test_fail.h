/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocations of the kernel that fail, only those below one function.  @what is
 * "failslab" or "fail_page_alloc".
 *
 * Source: Documentation/fault-injection/fault-injection.rst of the kernel.
 */
#ifndef TEST_FAIL_H
#define TEST_FAIL_H

#include <stdbool.h>

/* Whether this kernel has it; the running case is skipped if not. */
bool test_fail_exists(const char *what);
/* Everything but the probability.  A failure of the running case on an error. */
bool test_fail_prepare(const char *what, const char *function);
/* How many of them fail from now on; 0 switches it off. */
bool test_fail_percent(const char *what, unsigned int percent);
/* How many have failed since it was prepared, or -1. */
long test_fail_count(const char *what);

#endif
