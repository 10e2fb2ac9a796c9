/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's memory: which ranges of bus addresses it has mapped for the
 * device, and where they are in this process.
 *
 * A virtual IOMMU makes tens of thousands of 4 KiB maps of the same file, so
 * ranges are kept in a tree and each file is mapped into this process once.
 */
#ifndef VU_DMA_H
#define VU_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct vu_mem;
struct vu_range;

struct vu_dma {
	void *tree;			/* of struct vu_range, tsearch(3) */
	unsigned int num;
	struct vu_range *last_hit;
	struct vu_mem *mems;
};

struct vu_dma_request {
	uint64_t addr, size;
	uint64_t offset;		/* in the file */
	int fd;				/* -1: none; stays the caller's */
	bool readable, writable;
};

/* -EINVAL bad range, -EEXIST overlap, -ENOSPC too many, -ENOMEM */
int vu_dma_map(struct vu_dma *dma, const struct vu_dma_request *req);
/*
 * Removes all maps inside the range and tells how many bytes they had.
 * -EINVAL, and nothing is removed, if the range would cut one in two.
 */
int vu_dma_unmap(struct vu_dma *dma, uint64_t addr, uint64_t size,
		 uint64_t *unmapped);
void vu_dma_unmap_all(struct vu_dma *dma);
/* Also forgets the files. */
void vu_dma_release(struct vu_dma *dma);

/* As vu_dma_find() */
int vu_dma_lookup(struct vu_dma *dma, uint64_t addr, bool write, void **ptr,
		  size_t *len);

#endif
