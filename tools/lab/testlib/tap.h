/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test programs that speak TAP: a plan "1..N", one line per case, and lines
 * that start with # for what was expected and what was found.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stddef.h>

struct tap_case {
	const char *name;
	void (*run)(const void *arg);
	const void *arg;
};

/*
 * Run the cases in order, or only those that match @only.  Returns the exit
 * status of the program: 0 all passed or skipped, 1 failures, 2 no such case.
 */
int tap_run(const struct tap_case *cases, size_t count, const char *only);

/* The rest is for the running case. */

/* Notes a failure with its explanation unless @ok.  Returns @ok. */
bool tap_check(bool ok, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Notes a failure unless the numbers are the same.  Returns whether. */
bool tap_equal(long long found, long long expected, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The case cannot be run here, for this reason. */
void tap_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Something worth knowing. */
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Whether the running case has failed so far. */
bool tap_failed(void);

#endif
