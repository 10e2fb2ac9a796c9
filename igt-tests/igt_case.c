// SPDX-License-Identifier: MIT
#include <stdarg.h>

#include "igt.h"

#include "igt_case.h"
#include "tap.h"

/* After this many explanations a case only counts further failures. */
#define IGT_CASE_NOTES	12

static unsigned int igt_case_failures;
static char igt_case_reason[256];

static void igt_case_note(const char *fmt, va_list ap, const char *tail)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	igt_info("# %s%s\n", text, tail);
	fflush(stdout);
}

bool tap_check(bool ok, const char *fmt, ...)
{
	va_list ap;

	if (ok || igt_case_failures++ >= IGT_CASE_NOTES)
		return ok;
	va_start(ap, fmt);
	igt_case_note(fmt, ap, "");
	va_end(ap);
	return false;
}

bool tap_equal(long long found, long long expected, const char *fmt, ...)
{
	char tail[80];
	va_list ap;

	if (found == expected || igt_case_failures++ >= IGT_CASE_NOTES)
		return found == expected;
	snprintf(tail, sizeof(tail), ": expected %lld (%#llx), found %lld (%#llx)",
		 expected, expected, found, found);
	va_start(ap, fmt);
	igt_case_note(fmt, ap, tail);
	va_end(ap);
	return false;
}

void tap_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(igt_case_reason, sizeof(igt_case_reason), fmt, ap);
	va_end(ap);
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	igt_case_note(fmt, ap, "");
	va_end(ap);
}

bool tap_failed(void)
{
	return igt_case_failures;
}

static void igt_case_run(void (*run)(const void *arg), const void *arg)
{
	igt_case_failures = 0;
	igt_case_reason[0] = '\0';
	run(arg);
	if (!igt_case_failures && igt_case_reason[0])
		igt_skip("# %s\n", igt_case_reason);
	igt_assert_f(!igt_case_failures, "%u checks failed\n", igt_case_failures);
}

static void igt_case_walk(const struct igt_case *cases)
{
	const struct igt_case *c;

	for (c = cases; c->name; c++)
		igt_dynamic(c->name)
			igt_case_run(c->run, c->arg);
}

void igt_case_groups(const struct igt_group *groups)
{
	const struct igt_group *g;

	for (g = groups; g->name; g++) {
		igt_describe(g->what);
		if (g->run)
			igt_subtest(g->name)
				igt_case_run(g->run, g->arg);
		else
			igt_subtest_with_dynamic(g->name)
				igt_case_walk(g->cases);
	}
}
