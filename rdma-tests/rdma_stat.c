// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rdma_stat.h"

/* One line a region: "dev NAME mrn N COUNTER VALUE COUNTER VALUE ..." */
static long long rdma_stat_line(char *line, const char *device, const char *name)
{
	char *save, *key = strtok_r(line, " \n", &save), *value;

	for (; key; key = strtok_r(NULL, " \n", &save)) {
		value = strtok_r(NULL, " \n", &save);
		if (!value || (!strcmp(key, "dev") && strcmp(value, device)))
			break;
		if (!strcmp(key, name))
			return strtoll(value, NULL, 10);
	}
	return -ENOENT;
}

long long rdma_stat_sum(const char *device, const char *name)
{
	long long sum = -ENOENT, value;
	char line[1024];
	FILE *f;

	f = popen("rdma statistic show mr", "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		value = rdma_stat_line(line, device, name);
		if (value >= 0)
			sum = sum < 0 ? value : sum + value;
	}
	pclose(f);
	return sum;
}
