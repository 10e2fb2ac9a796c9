// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "tap.h"
#include "test_klog.h"

#define KLOG_READ_ALL	3
#define KLOG_SIZE	10
#define PAUSE_US	50000
#define PATIENCE	1200	/* pauses, a minute */

int test_klog_count(const char *text)
{
	int size = klogctl(KLOG_SIZE, NULL, 0), len, count = 0;
	char *log = calloc(1, size + 1), *p;

	if (!log)
		return 0;
	len = klogctl(KLOG_READ_ALL, log, size);
	if (len >= 0) {
		log[len] = '\0';
		for (p = log; (p = strstr(p, text)); p++)
			count++;
	}
	free(log);
	return count;
}

bool test_klog_wait(const char *text, int before)
{
	int i;

	for (i = 0; i < PATIENCE && test_klog_count(text) <= before; i++)
		usleep(PAUSE_US);
	return tap_check(i < PATIENCE, "the kernel does not say: %s", text);
}
