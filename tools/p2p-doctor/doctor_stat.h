/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of memory regions by the process that has them, as the tool "rdma"
 * prints them.  A region that is gone has taken its counters with it.
 */
#ifndef DOCTOR_STAT_H
#define DOCTOR_STAT_H

#define DOCTOR_MAX_REGIONS	4096

struct doctor_stat {
	char device[32], comm[32];
	long long region;		/* mrn; 0 in a sum */
	long long pid;			/* 0: the kernel's, or not known */
	long long regions;
	long long faults, invalidations, prefetched, p2p_pages, p2p_fallbacks;
};

struct doctor_stats {
	struct doctor_stat *stats;
	int nr;
};

/* One entry for each process and device.  0, or -errno: -ENOENT without the tool. */
int doctor_stat_read(struct doctor_stats *stats);
void doctor_stat_free(struct doctor_stats *stats);
const struct doctor_stat *doctor_stat_find(const struct doctor_stats *stats,
					   const char *device, long long pid);

#endif
