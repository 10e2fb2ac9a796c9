/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory and references that events leave behind, one after the other: too little
 * to be seen after one, but it grows.
 */
#ifndef LIFE_LEAK_H
#define LIFE_LEAK_H

#include <stdbool.h>

struct life_leak {
	long used_kb;		/* all but free memory and page cache */
	long kernel_kb;		/* slab that cannot be reclaimed, vmalloc, per-CPU */
	long nouveau, mlx5_ib;	/* module references */
};

/* To be called while nothing runs.  A failure of the running case on an error. */
bool life_leak_take(struct life_leak *leak);

/*
 * What is left after @events more.  Caches fill up at first, so the caller takes
 * @from when half of the events are over.
 */
bool life_leak_compare(const struct life_leak *from, const struct life_leak *to,
		       unsigned int events);

#endif
