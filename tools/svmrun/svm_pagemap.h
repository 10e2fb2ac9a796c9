/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a process's own pages are, from /proc/self/pagemap
 * (Documentation/admin-guide/mm/pagemap.rst): device-private memory shows as
 * a swap entry, and its swap offset, which only root sees, is a page frame
 * number within the GPU's device memory.
 */
#ifndef SVM_PAGEMAP_H
#define SVM_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct svm_page {
	bool present;		/* in RAM */
	bool device;		/* not in RAM: device-private (or swapped out) */
	uint64_t pfn;		/* of a device page; 0 when not root */
};

/*
 * State of @count pages from page-aligned @addr on.  Does not touch them.
 * Returns 0 or -errno.
 */
int svm_pagemap_read(const void *addr, size_t count, struct svm_page *pages);

/* Number of device pages in the range, or -errno. */
long svm_pagemap_count_device(const void *addr, size_t count);

#endif
