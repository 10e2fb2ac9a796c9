/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For what may make a kernel oops that has the bug which is looked for. */
#ifndef TEST_OOPS_H
#define TEST_OOPS_H

#include <stdbool.h>

/*
 * Runs @fn in a process of its own, which may use the functions of tap.h.  A
 * failure of the running case unless all of it succeeds and the kernel does not
 * oops meanwhile.  A process that is stuck afterwards is left alone.
 */
bool test_oops_none(void (*fn)(void *arg), void *arg, const char *what);

#endif
