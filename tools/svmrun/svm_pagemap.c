// SPDX-License-Identifier: GPL-2.0-or-later
/* See svm_pagemap.h for the source of the bit layout. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "svm_pagemap.h"

#define PM_PRESENT	(1ULL << 63)
#define PM_SWAP		(1ULL << 62)
#define PM_SWAP_TYPE_BITS	5
#define PM_PFN_MASK	((1ULL << 55) - 1)

static void svm_pagemap_decode(uint64_t entry, struct svm_page *page)
{
	page->present = entry & PM_PRESENT;
	page->device = !page->present && (entry & PM_SWAP);
	page->pfn = page->device ? (entry & PM_PFN_MASK) >> PM_SWAP_TYPE_BITS
				 : 0;
}

int svm_pagemap_read(const void *addr, size_t count, struct svm_page *pages)
{
	off_t off = (uintptr_t)addr / sysconf(_SC_PAGESIZE) * 8;
	uint64_t buf[512];
	size_t i, n;
	int fd, ret = 0;

	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (count) {
		n = count < 512 ? count : 512;
		if (pread(fd, buf, n * 8, off) != (ssize_t)(n * 8)) {
			ret = -EIO;
			break;
		}
		for (i = 0; i < n; i++)
			svm_pagemap_decode(buf[i], pages++);
		off += n * 8;
		count -= n;
	}
	close(fd);
	return ret;
}

long svm_pagemap_count_device(const void *addr, size_t count)
{
	struct svm_page *pages;
	long n = 0;
	size_t i;
	int ret;

	pages = calloc(count ? count : 1, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	ret = svm_pagemap_read(addr, count, pages);
	for (i = 0; !ret && i < count; i++)
		n += pages[i].device;
	free(pages);
	return ret ? ret : n;
}
