/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __NOUVEAU_DMEM_P2P_H__
#define __NOUVEAU_DMEM_P2P_H__
#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
struct nouveau_bo;
struct nouveau_drm;
struct nvkm_vma;
struct p2pdma_provider;

/**
 * struct nouveau_dmem_p2p - who can reach the device memory of a GPU by BAR1
 * @drm: the GPU
 * @provider: BAR1, NULL if peer-to-peer DMA is not available at all
 * @lock: serializes making and unmapping of windows, and protects what follows.
 *	Taken in page faults, so nothing may be allocated under it that waits for
 *	one. Nests inside nouveau_dmem.mutex and nouveau_drm.ttm.io_reserve_mutex.
 *	Never taken by &dev_pagemap_ops.folio_free, nor in an mmu notifier.
 * @chunks: all &struct nouveau_dmem_p2p_chunk
 * @nr_windows: number of windows that are mapped
 * @reap: unmaps windows that have been idle for some time
 * @windows_created: how many windows have been mapped so far
 * @windows_reaped: how many idle windows have been unmapped so far
 * @exports: how many pages have been made reachable so far
 * @failures: how often pages could not be made reachable
 */
struct nouveau_dmem_p2p {
	struct nouveau_drm *drm;
	struct p2pdma_provider *provider;
	struct mutex lock;	/* windows, see above */
	struct list_head chunks;
	unsigned int nr_windows;
	struct delayed_work reap;
	atomic64_t windows_created;
	atomic64_t windows_reaped;
	atomic64_t exports;
	atomic64_t failures;
};

/**
 * struct nouveau_dmem_window - 2 MiB of a chunk as they appear in BAR1
 * @vma: address space of BAR1, NULL if not mapped. Protected by the lock.
 * @dma_pfn: page frame number of the first page in BAR1. Constant, and may be
 *	read without the lock, as long as a page is exported.
 * @exported: number of exported pages. Raised under the lock only, so that an
 *	idle window stays idle under it, dropped anywhere.
 * @idle_since: when @exported has become 0 (jiffies)
 */
struct nouveau_dmem_window {
	struct nvkm_vma *vma;
	unsigned long dma_pfn;
	atomic_t exported;
	unsigned long idle_since;
};

/**
 * struct nouveau_dmem_p2p_chunk - windows of one chunk of device memory
 * @p2p: the GPU's
 * @head: in &nouveau_dmem_p2p.chunks
 * @bo: VRAM of the chunk, pinned
 * @closing: no page may be exported any more. Protected by the lock.
 * @exported: a bit for each exported page
 * @nr_windows: number of @windows
 * @windows: one for each 2 MiB
 */
struct nouveau_dmem_p2p_chunk {
	struct nouveau_dmem_p2p *p2p;
	struct list_head head;
	struct nouveau_bo *bo;
	bool closing;
	atomic_long_t *exported;
	unsigned int nr_windows;
	struct nouveau_dmem_window windows[] __counted_by(nr_windows);
};

/**
 * struct nouveau_dmem_p2p_usage - what a chunk occupies of BAR1
 * @mapped: number of windows with exported pages
 * @idle: number of windows without
 * @exported: number of exported pages
 */
struct nouveau_dmem_p2p_usage {
	unsigned int mapped;
	unsigned int idle;
	unsigned int exported;
};

void nouveau_dmem_p2p_init(struct nouveau_dmem_p2p *p2p,
			   struct nouveau_drm *drm);
void nouveau_dmem_p2p_fini(struct nouveau_dmem_p2p *p2p);
unsigned int nouveau_dmem_p2p_max_windows(struct nouveau_dmem_p2p *p2p);
unsigned int nouveau_dmem_p2p_reap(struct nouveau_dmem_p2p *p2p);

struct nouveau_dmem_p2p_chunk *
nouveau_dmem_p2p_chunk_new(struct nouveau_dmem_p2p *p2p, struct nouveau_bo *bo,
			   unsigned long npages);
void nouveau_dmem_p2p_chunk_free(struct nouveau_dmem_p2p_chunk *chunk);
void nouveau_dmem_p2p_chunk_close(struct nouveau_dmem_p2p_chunk *chunk);
void nouveau_dmem_p2p_chunk_open(struct nouveau_dmem_p2p_chunk *chunk);
void nouveau_dmem_p2p_chunk_unmap(struct nouveau_dmem_p2p_chunk *chunk);
void nouveau_dmem_p2p_chunk_usage(struct nouveau_dmem_p2p_chunk *chunk,
				  struct nouveau_dmem_p2p_usage *usage);

int nouveau_dmem_p2p_export(struct nouveau_dmem_p2p_chunk *chunk,
			    unsigned long index, unsigned long nr,
			    unsigned long *dma_pfn);
int nouveau_dmem_p2p_look_up(struct nouveau_dmem_p2p_chunk *chunk,
			     unsigned long index, unsigned long nr,
			     unsigned long *dma_pfn);
void nouveau_dmem_p2p_page_free(struct nouveau_dmem_p2p_chunk *chunk,
				unsigned long index, unsigned long nr);
#endif
