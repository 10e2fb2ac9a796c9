// SPDX-License-Identifier: GPL-2.0-or-later
/* Printing and clearing of counters described by a table. */
#include <inttypes.h>

#include "core/stats.h"

void stats_print(FILE *out, const struct stat_desc *desc, const void *base,
		 bool *first)
{
	for (; desc && desc->name; desc++) {
		const uint64_t *val = (const void *)((const char *)base +
						     desc->offset);

		fprintf(out, "%s\"%s\":%" PRIu64, *first ? "" : ",",
			desc->name, *val);
		*first = false;
	}
}

void stats_reset(const struct stat_desc *desc, void *base)
{
	for (; desc && desc->name; desc++)
		*(uint64_t *)(void *)((char *)base + desc->offset) = 0;
}
