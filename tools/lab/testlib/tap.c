// SPDX-License-Identifier: GPL-2.0-or-later
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

/* After this many explanations a case only counts further failures. */
#define TAP_MAX_NOTES	12

static unsigned int tap_failures;
static char tap_reason[256];

static void tap_vnote(const char *fmt, va_list ap, const char *tail)
{
	printf("# ");
	vprintf(fmt, ap);
	printf("%s\n", tail);
	fflush(stdout);
}

bool tap_check(bool ok, const char *fmt, ...)
{
	va_list ap;

	if (ok)
		return true;
	if (tap_failures++ >= TAP_MAX_NOTES)
		return false;
	va_start(ap, fmt);
	tap_vnote(fmt, ap, "");
	va_end(ap);
	return false;
}

bool tap_equal(long long found, long long expected, const char *fmt, ...)
{
	char tail[80];
	va_list ap;

	if (found == expected)
		return true;
	if (tap_failures++ >= TAP_MAX_NOTES)
		return false;
	snprintf(tail, sizeof(tail), ": expected %lld (%#llx), found %lld (%#llx)",
		 expected, expected, found, found);
	va_start(ap, fmt);
	tap_vnote(fmt, ap, tail);
	va_end(ap);
	return false;
}

void tap_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(tap_reason, sizeof(tap_reason), fmt, ap);
	va_end(ap);
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_vnote(fmt, ap, "");
	va_end(ap);
}

bool tap_failed(void)
{
	return tap_failures;
}

static bool tap_run_case(const struct tap_case *c, unsigned int number)
{
	tap_failures = 0;
	tap_reason[0] = '\0';
	c->run(c->arg);
	if (tap_failures > TAP_MAX_NOTES)
		printf("# %u more failures\n", tap_failures - TAP_MAX_NOTES);
	printf("%s %u %s", tap_failures ? "not ok" : "ok", number, c->name);
	if (!tap_failures && tap_reason[0])
		printf(" # SKIP %s", tap_reason);
	putchar('\n');
	fflush(stdout);
	return !tap_failures;
}

static bool tap_wanted(const struct tap_case *c, const char *only)
{
	return !only || !fnmatch(only, c->name, 0);
}

int tap_run(const struct tap_case *cases, size_t count, const char *only)
{
	unsigned int wanted = 0, number = 0, failed = 0;
	size_t i;

	for (i = 0; i < count; i++)
		wanted += tap_wanted(&cases[i], only);
	printf("1..%u\n", wanted);
	fflush(stdout);
	for (i = 0; i < count; i++)
		if (tap_wanted(&cases[i], only))
			failed += !tap_run_case(&cases[i], ++number);
	if (!wanted)
		return 2;
	return failed ? 1 : 0;
}
