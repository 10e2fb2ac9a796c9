// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "test_fail.h"

#define FAULTS		"/sys/kernel/debug/"
#define FUNCTION_SIZE	0x1000	/* no function of interest is larger */
#define MANY		1000000

bool test_fail_exists(const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), FAULTS "%s/require-start", what);
	if (!access(path, F_OK))
		return true;
	tap_skip("this kernel has no %s", path);
	return false;
}

static bool test_fail_write(const char *what, const char *name, const char *value)
{
	char path[128];
	int fd, ok;

	snprintf(path, sizeof(path), FAULTS "%s/%s", what, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (!tap_check(fd >= 0, "%s: %s", path, strerror(errno)))
		return false;
	ok = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
	close(fd);
	return tap_check(ok, "%s: cannot write %s", path, value);
}

static uint64_t test_fail_symbol(const char *name)
{
	char line[256], symbol[128];
	uint64_t addr, found = 0;
	FILE *f = fopen("/proc/kallsyms", "re");

	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 " %*c %127s", &addr, symbol) == 2 &&
		    !strcmp(symbol, name))
			found = addr;
	if (f)
		fclose(f);
	return found;
}

bool test_fail_prepare(const char *what, const char *function)
{
	uint64_t start = test_fail_symbol(function);
	char from[32], to[32], many[32];

	snprintf(from, sizeof(from), "%#" PRIx64, start);
	snprintf(to, sizeof(to), "%#" PRIx64, start + FUNCTION_SIZE);
	snprintf(many, sizeof(many), "%d", MANY);
	return tap_check(start, "/proc/kallsyms has no %s", function) &&
	       test_fail_write(what, "require-start", from) &&
	       test_fail_write(what, "require-end", to) &&
	       test_fail_write(what, "stacktrace-depth", "32") &&
	       test_fail_write(what, "ignore-gfp-wait", "N") &&
	       test_fail_write(what, "verbose", "0") &&
	       test_fail_write(what, "times", many) &&
	       (strcmp(what, "fail_page_alloc") ||
		(test_fail_write(what, "min-order", "0") &&
		 test_fail_write(what, "ignore-gfp-highmem", "N")));
}

bool test_fail_percent(const char *what, unsigned int percent)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", percent);
	return test_fail_write(what, "probability", text);
}

long test_fail_count(const char *what)
{
	char path[128];
	long left = -1;
	FILE *f;

	snprintf(path, sizeof(path), FAULTS "%s/times", what);
	f = fopen(path, "re");
	if (f && fscanf(f, "%ld", &left) != 1)
		left = -1;
	if (f)
		fclose(f);
	return left < 0 ? -1 : MANY - left;
}
