/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of a device.  A model keeps plain uint64_t members in its state
 * and describes them once in a table; the control socket prints them.
 *
 *	static const struct stat_desc gp100_stats[] = {
 *		STAT_DESC(struct gp100, tlb_hits, "mmu.tlb_hits"),
 *		{ }
 *	};
 */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct stat_desc {
	const char *name;	/* dotted: block.what */
	size_t offset;		/* of a uint64_t in the device's state */
};

#define STAT_DESC(type, member, stat_name) \
	{ .name = (stat_name), .offset = offsetof(type, member) }

/* Prints "name":value pairs separated by commas; *@first tells whether one is
 * needed before the next pair.  @desc may be NULL. */
void stats_print(FILE *out, const struct stat_desc *desc, const void *base,
		 bool *first);
void stats_reset(const struct stat_desc *desc, void *base);

#endif
