/* SPDX-License-Identifier: MIT */
/*
 * Subtests from tables.  What a case finds wrong is noted with tap_check() and
 * the like (tools/lab/testlib/tap.h), so that it can go on and clean up; in the
 * end that becomes a result of IGT: success, failure, or skip with its reason.
 */
#ifndef IGT_CASE_H
#define IGT_CASE_H

struct igt_case {
	const char *name;
	void (*run)(const void *arg);
	const void *arg;
};

/* A subtest, or one with a dynamic subtest for each of @cases. */
struct igt_group {
	const char *name;
	const char *what;		/* for --describe */
	void (*run)(const void *arg);	/* NULL: @cases */
	const void *arg;
	const struct igt_case *cases;	/* ends with one that has no name */
};

/* Offers all subtests of the table, which ends with one that has no name. */
void igt_case_groups(const struct igt_group *groups);

#endif
