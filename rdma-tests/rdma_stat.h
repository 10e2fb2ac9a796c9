/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of memory regions, as "rdma statistic show mr" prints them. */
#ifndef RDMA_STAT_H
#define RDMA_STAT_H

/*
 * Sum of counter @name over all regions of @device, or -errno: -ENOENT if no
 * region has it, for those that are not on-demand paged have none.
 */
long long rdma_stat_sum(const char *device, const char *name);

#endif
