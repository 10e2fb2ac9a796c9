// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "doctor_fs.h"
#include "doctor_stat.h"

#define NOT_FOUND	127	/* of the shell */

/* A copy has what the tool printed, in files. */
static FILE *doctor_stat_open(const char *object)
{
	char command[64];

	if (doctor_fs_is_copy())
		return doctor_fs_open("/rdma-%s-mr", object);
	snprintf(command, sizeof(command), "rdma %s show mr 2>/dev/null",
		 object);
	return popen(command, "re");
}

static int doctor_stat_close(FILE *f)
{
	int status;

	if (doctor_fs_is_copy()) {
		fclose(f);
		return 0;
	}
	status = pclose(f);
	return WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND ? -ENOENT :
								       0;
}

static void doctor_stat_value(struct doctor_stat *s, const char *key,
			      const char *value)
{
	const struct {
		const char *name;
		long long *number;
	} keys[] = {
		{ "mrn", &s->region },
		{ "pid", &s->pid },
		{ "page_faults", &s->faults },
		{ "page_invalidations", &s->invalidations },
		{ "page_prefetch", &s->prefetched },
		{ "p2p_pages", &s->p2p_pages },
		{ "p2p_fallbacks", &s->p2p_fallbacks },
	};
	size_t i;

	if (!strcmp(key, "dev"))
		snprintf(s->device, sizeof(s->device), "%s", value);
	if (!strcmp(key, "comm"))
		snprintf(s->comm, sizeof(s->comm), "%s", value);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i].name))
			*keys[i].number = strtoll(value, NULL, 10);
}

/* "dev NAME mrn N KEY VALUE KEY VALUE ...", or more of them for the same region */
static void doctor_stat_line(struct doctor_stat *s, char *line)
{
	char *save, *value, *key = strtok_r(line, " \n", &save);

	for (; key; key = strtok_r(NULL, " \n", &save)) {
		value = strtok_r(NULL, " \n", &save);
		if (!value)
			break;
		doctor_stat_value(s, key, value);
	}
}

static int doctor_stat_table(struct doctor_stats *stats, const char *object)
{
	char line[1024];
	FILE *f;

	stats->nr = 0;
	stats->stats = calloc(DOCTOR_MAX_REGIONS, sizeof(*stats->stats));
	if (!stats->stats)
		return -ENOMEM;
	f = doctor_stat_open(object);
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "dev ", 4) && stats->nr < DOCTOR_MAX_REGIONS)
			stats->nr++;
		if (stats->nr)
			doctor_stat_line(&stats->stats[stats->nr - 1], line);
	}
	return doctor_stat_close(f);
}

/* The other table knows whose the region is, unless it has gone meanwhile. */
static bool doctor_stat_owner(struct doctor_stat *s,
			      const struct doctor_stats *owners)
{
	int i;

	for (i = 0; i < owners->nr; i++) {
		const struct doctor_stat *o = &owners->stats[i];

		if (o->region != s->region || strcmp(o->device, s->device))
			continue;
		s->pid = o->pid;
		memcpy(s->comm, o->comm, sizeof(s->comm));
		return true;
	}
	return false;
}

static void doctor_stat_owners(struct doctor_stats *stats)
{
	struct doctor_stats owners;
	int i, nr = 0;

	if (doctor_stat_table(&owners, "resource"))
		owners.nr = 0;
	for (i = 0; owners.nr && i < stats->nr; i++)
		if (doctor_stat_owner(&stats->stats[i], &owners))
			stats->stats[nr++] = stats->stats[i];
	if (owners.nr)
		stats->nr = nr;
	doctor_stat_free(&owners);
}

static void doctor_stat_add(struct doctor_stat *sum, const struct doctor_stat *s)
{
	sum->regions++;
	sum->faults += s->faults;
	sum->invalidations += s->invalidations;
	sum->prefetched += s->prefetched;
	sum->p2p_pages += s->p2p_pages;
	sum->p2p_fallbacks += s->p2p_fallbacks;
}

const struct doctor_stat *doctor_stat_find(const struct doctor_stats *stats,
					   const char *device, long long pid)
{
	int i;

	for (i = 0; i < stats->nr; i++)
		if (stats->stats[i].pid == pid &&
		    !strcmp(stats->stats[i].device, device))
			return &stats->stats[i];
	return NULL;
}

/* In place: sums come to lie where regions were. */
static void doctor_stat_sum(struct doctor_stats *stats)
{
	struct doctor_stats sums = { .stats = stats->stats };
	int i;

	for (i = 0; i < stats->nr; i++) {
		struct doctor_stat s = stats->stats[i], *sum;

		sum = (struct doctor_stat *)doctor_stat_find(&sums, s.device,
							     s.pid);
		if (!sum) {
			sum = &sums.stats[sums.nr++];
			memset(sum, 0, sizeof(*sum));
			memcpy(sum->device, s.device, sizeof(s.device));
			memcpy(sum->comm, s.comm, sizeof(s.comm));
			sum->pid = s.pid;
		}
		doctor_stat_add(sum, &s);
	}
	stats->nr = sums.nr;
}

int doctor_stat_read(struct doctor_stats *stats)
{
	int ret;

	ret = doctor_stat_table(stats, "statistic");
	if (ret) {
		doctor_stat_free(stats);
		return ret;
	}
	doctor_stat_owners(stats);
	doctor_stat_sum(stats);
	return 0;
}

void doctor_stat_free(struct doctor_stats *stats)
{
	free(stats->stats);
	stats->stats = NULL;
	stats->nr = 0;
}
