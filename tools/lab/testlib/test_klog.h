/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel has said. */
#ifndef TEST_KLOG_H
#define TEST_KLOG_H

#include <stdbool.h>

/* How often @text is in the kernel's log. */
int test_klog_count(const char *text);

/* Waits up to a minute for one more than @before.  A failure unless it comes. */
bool test_klog_wait(const char *text, int before);

#endif
