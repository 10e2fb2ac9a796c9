/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command line of a test program: --help, --list, --only CASE, --gpu PATH,
 * --device NAME, --size MIB, --rounds N, --minutes N, --seed N, --fallback.  A
 * program names those it uses.
 */
#ifndef TEST_OPTIONS_H
#define TEST_OPTIONS_H

#include "tap.h"

struct test_options {
	const char *gpu;	/* render node */
	const char *device;	/* RDMA device */
	unsigned int size_mib;
	unsigned int rounds;
	unsigned int minutes;
	bool has_fallback;	/* there is --fallback here, ... */
	bool fallback;		/* ... and it was given */
	unsigned int seed;
	const char *only;
};

/*
 * Fills @opts, which holds the defaults, and leaves the program after --help,
 * --list and mistakes.  @what: one sentence; NULL and 0 defaults: no such option.
 */
void test_options_parse(struct test_options *opts, int argc, char **argv,
			const char *what, const struct tap_case *cases,
			size_t count);

#endif
