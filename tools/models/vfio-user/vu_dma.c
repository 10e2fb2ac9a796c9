// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Map table.  Ranges never overlap, so "overlaps" serves as "equal" in the
 * search tree, and any address or range finds a map that it touches.
 *
 * Source: <linux/vfio.h>, VFIO_IOMMU_MAP_DMA and UNMAP_DMA (type 1 v2): an
 * unmapping may cover several maps or none, but must not cut one.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "vfio-user/vu_dma.h"
#include "vfio-user/vu_proto.h"

/* Files kept mapped although nothing of them is in use: the firmware unmaps
 * and maps all of the guest's memory many times. */
#define MAX_IDLE_MEMS	8

/* A file of the client, mapped here. */
struct vu_mem {
	dev_t dev;
	ino_t ino;
	uint8_t *base;
	uint64_t size;
	bool writable;
	unsigned int users;
	struct vu_mem *next;
};

struct vu_range {
	uint64_t start, last;
	struct vu_mem *mem;		/* NULL: by message only */
	uint8_t *ptr;
	bool readable, writable;
};

static int compare_ranges(const void *a, const void *b)
{
	const struct vu_range *x = a, *y = b;

	if (x->last < y->start)
		return -1;
	return x->start > y->last;
}

static struct vu_range *find_overlap(const struct vu_dma *dma, uint64_t start,
				     uint64_t last)
{
	struct vu_range key = { .start = start, .last = last };
	struct vu_range **node = tfind(&key, (void *const *)&dma->tree,
				       compare_ranges);

	return node ? *node : NULL;
}

/* ---- files ---- */

static void free_mem(struct vu_dma *dma, struct vu_mem *mem)
{
	struct vu_mem **pos = &dma->mems;

	while (*pos != mem)
		pos = &(*pos)->next;
	*pos = mem->next;
	munmap(mem->base, mem->size);
	free(mem);
}

static void trim_idle_mems(struct vu_dma *dma)
{
	struct vu_mem *mem, *next;
	unsigned int idle = 0;

	for (mem = dma->mems; mem; mem = next) {
		next = mem->next;
		if (!mem->users && ++idle > MAX_IDLE_MEMS)
			free_mem(dma, mem);
	}
}

static struct vu_mem *find_mem(const struct vu_dma *dma, const struct stat *st,
			       uint64_t end, bool write)
{
	struct vu_mem *mem;

	for (mem = dma->mems; mem; mem = mem->next)
		if (mem->dev == st->st_dev && mem->ino == st->st_ino &&
		    mem->size >= end && (mem->writable || !write))
			return mem;
	return NULL;
}

static struct vu_mem *new_mem(struct vu_dma *dma, const struct stat *st,
			      int fd, bool write)
{
	struct vu_mem *mem = calloc(1, sizeof(*mem));
	int prot = PROT_READ | (write ? PROT_WRITE : 0);

	if (!mem)
		return NULL;
	mem->dev = st->st_dev;
	mem->ino = st->st_ino;
	mem->size = (uint64_t)st->st_size;
	mem->writable = write;
	mem->base = mmap(NULL, mem->size, prot, MAP_SHARED, fd, 0);
	if (mem->base == MAP_FAILED) {
		free(mem);
		return NULL;
	}
	mem->next = dma->mems;
	dma->mems = mem;
	return mem;
}

static int attach_mem(struct vu_dma *dma, struct vu_range *range,
		      const struct vu_dma_request *req)
{
	uint64_t end = req->offset + req->size;
	struct stat st;

	if (fstat(req->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || end < req->offset ||
	    end > (uint64_t)st.st_size)
		return -EINVAL;
	range->mem = find_mem(dma, &st, end, req->writable);
	if (!range->mem)
		range->mem = new_mem(dma, &st, req->fd, req->writable);
	if (!range->mem)
		return -ENOMEM;
	range->mem->users++;
	range->ptr = range->mem->base + req->offset;
	return 0;
}

static void free_range(struct vu_range *range)
{
	if (range->mem)
		range->mem->users--;
	free(range);
}

/* ---- map and unmap ---- */

static int check_request(const struct vu_dma *dma,
			 const struct vu_dma_request *req)
{
	uint64_t last = req->addr + req->size - 1;

	if (!req->size || last < req->addr)
		return -EINVAL;
	if (find_overlap(dma, req->addr, last))
		return -EEXIST;
	return dma->num >= VU_MAX_DMA_MAPS ? -ENOSPC : 0;
}

int vu_dma_map(struct vu_dma *dma, const struct vu_dma_request *req)
{
	struct vu_range *range;
	int rc = check_request(dma, req);

	if (rc)
		return rc;
	range = calloc(1, sizeof(*range));
	if (!range)
		return -ENOMEM;
	range->start = req->addr;
	range->last = req->addr + req->size - 1;
	range->readable = req->readable;
	range->writable = req->writable;
	if (req->fd >= 0)
		rc = attach_mem(dma, range, req);
	if (!rc && !tsearch(range, &dma->tree, compare_ranges))
		rc = -ENOMEM;
	if (rc) {
		free_range(range);
		return rc;
	}
	dma->num++;
	return 0;
}

static bool cuts_a_map(const struct vu_dma *dma, uint64_t start, uint64_t last)
{
	const struct vu_range *first = find_overlap(dma, start, start);
	const struct vu_range *end = find_overlap(dma, last, last);

	return (first && first->start < start) || (end && end->last > last);
}

int vu_dma_unmap(struct vu_dma *dma, uint64_t addr, uint64_t size,
		 uint64_t *unmapped)
{
	uint64_t last = addr + size - 1;
	struct vu_range *range;

	*unmapped = 0;
	if (!size || last < addr || cuts_a_map(dma, addr, last))
		return -EINVAL;
	while ((range = find_overlap(dma, addr, last))) {
		*unmapped += range->last - range->start + 1;
		tdelete(range, &dma->tree, compare_ranges);
		free_range(range);
		dma->num--;
	}
	dma->last_hit = NULL;
	trim_idle_mems(dma);
	return 0;
}

static void free_node(void *node)
{
	free_range(node);
}

void vu_dma_unmap_all(struct vu_dma *dma)
{
	tdestroy(dma->tree, free_node);
	dma->tree = NULL;
	dma->num = 0;
	dma->last_hit = NULL;
}

void vu_dma_release(struct vu_dma *dma)
{
	vu_dma_unmap_all(dma);
	while (dma->mems)
		free_mem(dma, dma->mems);
}

/* ---- look-up ---- */

static int use_range(const struct vu_range *range, uint64_t addr, bool write,
		     void **ptr, size_t *len)
{
	uint64_t room = range->last - addr;

	if (*len - 1 > room)
		*len = (size_t)room + 1;
	if (write ? !range->writable : !range->readable)
		return -EACCES;
	if (range->mem)
		*ptr = range->ptr + (addr - range->start);
	return 0;
}

/* Shortens *@len so that the unmapped part ends where a map begins. */
static void clip_hole(const struct vu_dma *dma, uint64_t addr, size_t *len)
{
	uint64_t last = addr + (*len - 1);
	const struct vu_range *range;

	while ((range = find_overlap(dma, addr, last))) {
		last = range->start - 1;
		*len = (size_t)(range->start - addr);
	}
}

int vu_dma_lookup(struct vu_dma *dma, uint64_t addr, bool write, void **ptr,
		  size_t *len)
{
	struct vu_range *range = dma->last_hit;

	*ptr = NULL;
	if (!*len || addr + (*len - 1) < addr)
		return -EINVAL;
	if (!range || addr < range->start || addr > range->last)
		range = find_overlap(dma, addr, addr);
	if (!range) {
		clip_hole(dma, addr, len);
		return 0;
	}
	dma->last_hit = range;
	return use_range(range, addr, write, ptr, len);
}
