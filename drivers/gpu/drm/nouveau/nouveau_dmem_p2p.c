// SPDX-License-Identifier: GPL-2.0
/*
 * Peer-to-peer DMA to device-private memory
 *
 * BAR1 is an aperture into VRAM with page tables of its own, usually smaller
 * than VRAM and shared with CPU mappings of buffer objects. A block of 2 MiB of
 * device memory is mapped there, as a window, when another device wants to do
 * DMA to the first page of it.
 *
 * A page becomes exported when it was made reachable, and stays so until it is
 * freed: device-private pages cannot be taken back from another device but by
 * migrating them, which makes the mmu notifiers tell that device. Each 4 KiB
 * page has a bit, so a folio may be split without us having to know. Windows
 * count the exported pages in them. One without any is idle. It is kept for a
 * while, since mapping takes longer than anything else here, or until somebody
 * needs the space in BAR1.
 *
 * Pages are freed in atomic context. So that only clears bits and drops the
 * count, all the rest is done under nouveau_dmem_p2p.lock. Only there the count
 * is raised, and a window is only unmapped there when it is zero.
 *
 * When a chunk is about to go, or BAR1 to lose its content in a suspend, first
 * the chunk is closed: no page gets exported any more, but those that are can
 * still be looked up. Then its pages are evicted, and with them the reason for
 * the windows to be there is gone.
 */
#include "nouveau_dmem_p2p.h"
#include "nouveau_bo.h"
#include "nouveau_drv.h"
#include "nouveau_mem.h"

#include <core/memory.h>
#include <subdev/bar.h>
#include <subdev/mmu.h>

#include <linux/bitops.h>
#include <linux/moduleparam.h>
#include <linux/pci-p2pdma.h>
#include <linux/slab.h>

#define WINDOW_SHIFT	21
#define WINDOW_SIZE	BIT(WINDOW_SHIFT)
#define WINDOW_NPAGES	(WINDOW_SIZE >> PAGE_SHIFT)

/* How long an idle window is kept */
#define WINDOW_IDLE	(10 * HZ)

MODULE_PARM_DESC(svm_p2p,
		 "Let other devices do DMA to SVM memory in VRAM (default: on)");
static bool nouveau_svm_p2p = true;
module_param_named(svm_p2p, nouveau_svm_p2p, bool, 0644);

MODULE_PARM_DESC(svm_p2p_windows,
		 "Most 2 MiB windows in BAR1 for svm_p2p (default: 0 = half of BAR1)");
static unsigned int nouveau_svm_p2p_windows;
module_param_named(svm_p2p_windows, nouveau_svm_p2p_windows, uint, 0644);

/**
 * nouveau_dmem_p2p_max_windows() - how many windows may there be?
 * @p2p: the GPU's
 *
 * Windows that are in use cannot be taken away, while CPU mappings of buffer
 * objects can. So leave something to the latter.
 *
 * Context: Any.
 * Return: the number.
 */
unsigned int nouveau_dmem_p2p_max_windows(struct nouveau_dmem_p2p *p2p)
{
	struct nvkm_device *device = nvxx_device(p2p->drm);
	unsigned int max = READ_ONCE(nouveau_svm_p2p_windows);

	if (max)
		return max;
	return device->func->resource_size(device, NVKM_BAR1_FB) /
	       (2 * WINDOW_SIZE);
}

/* Sets or clears the bits of some pages, returns how many have changed */
static unsigned int
nouveau_dmem_p2p_change(struct nouveau_dmem_p2p_chunk *chunk,
			unsigned long index, unsigned long nr, bool set)
{
	unsigned int changed = 0;

	while (nr) {
		unsigned long bit = index % BITS_PER_LONG;
		unsigned long n = min(nr, BITS_PER_LONG - bit);
		unsigned long mask = GENMASK(bit + n - 1, bit);
		atomic_long_t *word = &chunk->exported[index / BITS_PER_LONG];

		if (set)
			changed += hweight_long(mask &
					~atomic_long_fetch_or(mask, word));
		else
			changed += hweight_long(mask &
					atomic_long_fetch_andnot(mask, word));
		index += n;
		nr -= n;
	}
	return changed;
}

/* Are all these pages exported? If so, what was written before can be read. */
static bool
nouveau_dmem_p2p_is_exported(struct nouveau_dmem_p2p_chunk *chunk,
			     unsigned long index, unsigned long nr)
{
	while (nr) {
		unsigned long bit = index % BITS_PER_LONG;
		unsigned long n = min(nr, BITS_PER_LONG - bit);
		unsigned long mask = GENMASK(bit + n - 1, bit);
		atomic_long_t *word = &chunk->exported[index / BITS_PER_LONG];

		if (mask & ~atomic_long_read_acquire(word))
			return false;
		index += n;
		nr -= n;
	}
	return true;
}

static struct nouveau_dmem_window *
nouveau_dmem_p2p_window(struct nouveau_dmem_p2p_chunk *chunk,
			unsigned long index)
{
	return &chunk->windows[index / WINDOW_NPAGES];
}

static void nouveau_dmem_window_unmap(struct nouveau_dmem_p2p *p2p,
				      struct nouveau_dmem_window *window)
{
	lockdep_assert_held(&p2p->lock);

	nvkm_vmm_put(nvkm_bar_bar1_vmm(nvxx_device(p2p->drm)), &window->vma);
	p2p->nr_windows--;
}

static bool nouveau_dmem_window_idle(struct nouveau_dmem_window *window)
{
	return window->vma && !atomic_read(&window->exported);
}

/*
 * Unmaps windows that have been idle for @age at least, returns their number.
 * *left says if there are any that have not.
 */
static unsigned int nouveau_dmem_p2p_reap_aged(struct nouveau_dmem_p2p *p2p,
					       unsigned long age, bool *left)
{
	struct nouveau_dmem_p2p_chunk *chunk;
	unsigned int i, nr = 0;

	lockdep_assert_held(&p2p->lock);

	*left = false;
	list_for_each_entry(chunk, &p2p->chunks, head) {
		for (i = 0; i < chunk->nr_windows; i++) {
			struct nouveau_dmem_window *window = &chunk->windows[i];

			if (!nouveau_dmem_window_idle(window))
				continue;

			if (age && time_before(jiffies, age +
					       READ_ONCE(window->idle_since))) {
				*left = true;
				continue;
			}
			nouveau_dmem_window_unmap(p2p, window);
			nr++;
		}
	}
	atomic64_add(nr, &p2p->windows_reaped);
	return nr;
}

static void nouveau_dmem_p2p_reap_work(struct work_struct *work)
{
	struct nouveau_dmem_p2p *p2p =
		container_of(work, typeof(*p2p), reap.work);
	bool left;

	mutex_lock(&p2p->lock);
	nouveau_dmem_p2p_reap_aged(p2p, WINDOW_IDLE, &left);
	mutex_unlock(&p2p->lock);

	if (left)
		schedule_delayed_work(&p2p->reap, WINDOW_IDLE);
}

/**
 * nouveau_dmem_p2p_reap() - unmap all idle windows
 * @p2p: the GPU's
 *
 * For those who need space in BAR1.
 *
 * Context: Process context, without the lock.
 * Return: how many windows there were.
 */
unsigned int nouveau_dmem_p2p_reap(struct nouveau_dmem_p2p *p2p)
{
	unsigned int nr;
	bool left;

	mutex_lock(&p2p->lock);
	nr = nouveau_dmem_p2p_reap_aged(p2p, 0, &left);
	mutex_unlock(&p2p->lock);
	return nr;
}

/* Unmaps the window that has been idle for the longest time */
static bool nouveau_dmem_p2p_reap_oldest(struct nouveau_dmem_p2p *p2p)
{
	struct nouveau_dmem_window *oldest = NULL;
	struct nouveau_dmem_p2p_chunk *chunk;
	unsigned int i;

	lockdep_assert_held(&p2p->lock);

	list_for_each_entry(chunk, &p2p->chunks, head) {
		for (i = 0; i < chunk->nr_windows; i++) {
			struct nouveau_dmem_window *window = &chunk->windows[i];

			if (!nouveau_dmem_window_idle(window))
				continue;
			if (!oldest || time_before(READ_ONCE(window->idle_since),
						   READ_ONCE(oldest->idle_since)))
				oldest = window;
		}
	}
	if (!oldest)
		return false;

	nouveau_dmem_window_unmap(p2p, oldest);
	atomic64_inc(&p2p->windows_reaped);
	return true;
}

/* Maps a block of @memory somewhere in BAR1 */
static int nouveau_dmem_window_map(struct nvkm_device *device,
				   struct nvkm_memory *memory, u64 offset,
				   struct nvkm_vma **pvma)
{
	struct nvkm_vmm *bar1 = nvkm_bar_bar1_vmm(device);
	u8 page = min_t(u8, nvkm_memory_page(memory), WINDOW_SHIFT);
	int ret;

	ret = nvkm_vmm_get(bar1, page, WINDOW_SIZE, pvma);
	if (ret)
		return ret;

	ret = nvkm_memory_map(memory, offset, bar1, *pvma, NULL, 0);
	if (ret)
		nvkm_vmm_put(bar1, pvma);
	return ret;
}

/* Makes the window of a block, unmapping idle ones if there is no room */
static int nouveau_dmem_window_new(struct nouveau_dmem_p2p_chunk *chunk,
				   struct nouveau_dmem_window *window)
{
	struct nouveau_mem *mem = nouveau_mem(chunk->bo->bo.resource);
	struct nvkm_client *client = mem->mem.object.client->object.priv;
	struct nouveau_dmem_p2p *p2p = chunk->p2p;
	struct nvkm_device *device = nvxx_device(p2p->drm);
	u64 offset = (u64)(window - chunk->windows) << WINDOW_SHIFT;
	struct nvkm_memory *memory;
	phys_addr_t addr;
	int ret;

	while (p2p->nr_windows >= nouveau_dmem_p2p_max_windows(p2p)) {
		if (!nouveau_dmem_p2p_reap_oldest(p2p))
			return -ENOSPC;
	}

	memory = nvkm_umem_search(client, nvif_handle(&mem->mem.object));
	if (IS_ERR(memory))
		return PTR_ERR(memory);

	do {
		ret = nouveau_dmem_window_map(device, memory, offset,
					      &window->vma);
	} while (ret == -ENOSPC && nouveau_dmem_p2p_reap_oldest(p2p));
	nvkm_memory_unref(&memory);
	if (ret)
		return ret;

	addr = device->func->resource_addr(device, NVKM_BAR1_FB) +
	       window->vma->addr;
	WRITE_ONCE(window->dma_pfn, PHYS_PFN(addr));
	p2p->nr_windows++;
	atomic64_inc(&p2p->windows_created);
	return 0;
}

static int nouveau_dmem_p2p_export_locked(struct nouveau_dmem_p2p_chunk *chunk,
					  unsigned long index, unsigned long nr)
{
	struct nouveau_dmem_window *window =
		nouveau_dmem_p2p_window(chunk, index);
	unsigned int changed;
	int ret;

	if (chunk->closing || !READ_ONCE(nouveau_svm_p2p))
		return -EOPNOTSUPP;

	if (!window->vma) {
		ret = nouveau_dmem_window_new(chunk, window);
		if (ret)
			return ret;
	}

	/* Pages are not freed meanwhile, so the count won't miss any */
	changed = nouveau_dmem_p2p_change(chunk, index, nr, true);
	atomic_add(changed, &window->exported);
	atomic64_add(changed, &chunk->p2p->exports);
	return 0;
}

/*
 * *more says if BAR1 is full, but not of windows: CPU mappings can be evicted.
 * Not here, as their mutex comes first.
 */
static int nouveau_dmem_p2p_try_export(struct nouveau_dmem_p2p_chunk *chunk,
				       unsigned long index, unsigned long nr,
				       bool *more)
{
	struct nouveau_dmem_p2p *p2p = chunk->p2p;
	int ret;

	mutex_lock(&p2p->lock);
	ret = nouveau_dmem_p2p_export_locked(chunk, index, nr);
	*more = ret == -ENOSPC &&
		p2p->nr_windows < nouveau_dmem_p2p_max_windows(p2p);
	mutex_unlock(&p2p->lock);
	return ret;
}

/**
 * nouveau_dmem_p2p_export() - make pages of a chunk reachable by BAR1
 * @chunk: the chunk
 * @index: the first page, counted in the chunk
 * @nr: number of pages, all in the same 2 MiB
 * @dma_pfn: returns where the first page is
 *
 * Context: Process context, may sleep. The caller holds a reference on the
 * pages, so that they are not freed.
 * Return: 0, -EOPNOTSUPP if the chunk is closed or exporting is switched off,
 * -ENOSPC if there is no room in BAR1, or another error of mapping it.
 */
int nouveau_dmem_p2p_export(struct nouveau_dmem_p2p_chunk *chunk,
			    unsigned long index, unsigned long nr,
			    unsigned long *dma_pfn)
{
	struct nouveau_dmem_p2p *p2p = chunk->p2p;
	unsigned int tries = nouveau_dmem_p2p_max_windows(p2p);
	bool more;
	int ret;

	/* What has been exported stays so, whatever has changed since then */
	if (!nouveau_dmem_p2p_look_up(chunk, index, nr, dma_pfn))
		return 0;

	do {
		ret = nouveau_dmem_p2p_try_export(chunk, index, nr, &more);
	} while (more && tries-- && nouveau_ttm_io_mem_evict(p2p->drm));

	if (ret) {
		atomic64_inc(&p2p->failures);
		return ret;
	}
	return nouveau_dmem_p2p_look_up(chunk, index, nr, dma_pfn);
}

/**
 * nouveau_dmem_p2p_look_up() - find out where exported pages are
 * @chunk: the chunk
 * @index: the first page, counted in the chunk
 * @nr: number of pages, all in the same 2 MiB
 * @dma_pfn: returns where the first page is
 *
 * The order matters: if the bit of a page is seen, then so is the address of the
 * window, which stays the same until the bit is cleared.
 *
 * Context: Any.
 * Return: 0, or -EAGAIN if one of the pages is not exported.
 */
int nouveau_dmem_p2p_look_up(struct nouveau_dmem_p2p_chunk *chunk,
			     unsigned long index, unsigned long nr,
			     unsigned long *dma_pfn)
{
	struct nouveau_dmem_window *window =
		nouveau_dmem_p2p_window(chunk, index);

	if (!nouveau_dmem_p2p_is_exported(chunk, index, nr))
		return -EAGAIN;

	*dma_pfn = READ_ONCE(window->dma_pfn) + index % WINDOW_NPAGES;
	return 0;
}

/**
 * nouveau_dmem_p2p_page_free() - pages of a chunk are freed
 * @chunk: the chunk
 * @index: the first page, counted in the chunk
 * @nr: number of pages, all in the same 2 MiB
 *
 * Must be called before the pages can be allocated again.
 *
 * Context: Any.
 */
void nouveau_dmem_p2p_page_free(struct nouveau_dmem_p2p_chunk *chunk,
				unsigned long index, unsigned long nr)
{
	struct nouveau_dmem_window *window =
		nouveau_dmem_p2p_window(chunk, index);
	unsigned int changed;

	changed = nouveau_dmem_p2p_change(chunk, index, nr, false);
	if (!changed)
		return;

	WRITE_ONCE(window->idle_since, jiffies);
	if (atomic_sub_and_test(changed, &window->exported))
		schedule_delayed_work(&chunk->p2p->reap, WINDOW_IDLE);
}

/**
 * nouveau_dmem_p2p_chunk_new() - prepare a chunk for being exported
 * @p2p: the GPU's
 * @bo: VRAM of the chunk, pinned
 * @npages: number of pages
 *
 * Context: Process context, may sleep.
 * Return: the chunk, or NULL if there is no memory.
 */
struct nouveau_dmem_p2p_chunk *
nouveau_dmem_p2p_chunk_new(struct nouveau_dmem_p2p *p2p, struct nouveau_bo *bo,
			   unsigned long npages)
{
	unsigned int nr_windows = DIV_ROUND_UP(npages, WINDOW_NPAGES);
	struct nouveau_dmem_p2p_chunk *chunk;

	chunk = kvzalloc_flex(*chunk, windows, nr_windows);
	if (!chunk)
		return NULL;

	chunk->nr_windows = nr_windows;
	chunk->exported = kvcalloc(BITS_TO_LONGS(npages),
				   sizeof(*chunk->exported), GFP_KERNEL);
	if (!chunk->exported) {
		kvfree(chunk);
		return NULL;
	}

	chunk->p2p = p2p;
	chunk->bo = bo;

	mutex_lock(&p2p->lock);
	list_add(&chunk->head, &p2p->chunks);
	mutex_unlock(&p2p->lock);
	return chunk;
}

/**
 * nouveau_dmem_p2p_chunk_free() - undo nouveau_dmem_p2p_chunk_new()
 * @chunk: the chunk, whose windows have been unmapped
 *
 * Context: Process context, may sleep. There are no pages any more.
 */
void nouveau_dmem_p2p_chunk_free(struct nouveau_dmem_p2p_chunk *chunk)
{
	mutex_lock(&chunk->p2p->lock);
	list_del(&chunk->head);
	mutex_unlock(&chunk->p2p->lock);

	kvfree(chunk->exported);
	kvfree(chunk);
}

/**
 * nouveau_dmem_p2p_chunk_close() - don't export pages any more
 * @chunk: the chunk
 *
 * When this returns, no page will become exported. Those that are stay so until
 * they are freed, and can be looked up.
 *
 * Context: Process context, may sleep.
 */
void nouveau_dmem_p2p_chunk_close(struct nouveau_dmem_p2p_chunk *chunk)
{
	mutex_lock(&chunk->p2p->lock);
	chunk->closing = true;
	mutex_unlock(&chunk->p2p->lock);
}

/**
 * nouveau_dmem_p2p_chunk_open() - undo nouveau_dmem_p2p_chunk_close()
 * @chunk: the chunk
 *
 * Context: Process context, may sleep.
 */
void nouveau_dmem_p2p_chunk_open(struct nouveau_dmem_p2p_chunk *chunk)
{
	mutex_lock(&chunk->p2p->lock);
	chunk->closing = false;
	mutex_unlock(&chunk->p2p->lock);
}

/**
 * nouveau_dmem_p2p_chunk_unmap() - unmap the windows of a chunk
 * @chunk: the chunk, closed, and all exported pages have been freed
 *
 * Context: Process context, may sleep.
 */
void nouveau_dmem_p2p_chunk_unmap(struct nouveau_dmem_p2p_chunk *chunk)
{
	unsigned int i;

	mutex_lock(&chunk->p2p->lock);
	for (i = 0; i < chunk->nr_windows; i++) {
		struct nouveau_dmem_window *window = &chunk->windows[i];

		WARN_ON_ONCE(atomic_read(&window->exported));
		if (window->vma)
			nouveau_dmem_window_unmap(chunk->p2p, window);
	}
	mutex_unlock(&chunk->p2p->lock);
}

/**
 * nouveau_dmem_p2p_chunk_usage() - find out what a chunk occupies of BAR1
 * @chunk: the chunk
 * @usage: returns it
 *
 * Context: Process context, may sleep.
 */
void nouveau_dmem_p2p_chunk_usage(struct nouveau_dmem_p2p_chunk *chunk,
				  struct nouveau_dmem_p2p_usage *usage)
{
	unsigned int i, exported;

	memset(usage, 0, sizeof(*usage));

	mutex_lock(&chunk->p2p->lock);
	for (i = 0; i < chunk->nr_windows; i++) {
		if (!chunk->windows[i].vma)
			continue;

		exported = atomic_read(&chunk->windows[i].exported);
		usage->exported += exported;
		if (exported)
			usage->mapped++;
		else
			usage->idle++;
	}
	mutex_unlock(&chunk->p2p->lock);
}

/* The provider of the BAR with the index that the PCI core knows it by */
static struct p2pdma_provider *
nouveau_dmem_p2p_provider(struct nouveau_drm *drm)
{
	struct nvkm_device *device = nvxx_device(drm);
	struct pci_dev *pdev;
	int bar;

	if (!dev_is_pci(drm->dev->dev))
		return NULL;

	pdev = to_pci_dev(drm->dev->dev);
	if (pcim_p2pdma_init(pdev))
		return NULL;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (pci_resource_len(pdev, bar) &&
		    pci_resource_start(pdev, bar) ==
		    device->func->resource_addr(device, NVKM_BAR1_FB))
			return pcim_p2pdma_provider(pdev, bar);
	}
	return NULL;
}

/**
 * nouveau_dmem_p2p_init() - prepare a GPU for exporting device memory
 * @p2p: the GPU's, zeroed
 * @drm: the GPU
 *
 * Without success there is no provider, and nobody will ask for pages to be
 * exported.
 *
 * Context: Process context, may sleep.
 */
void nouveau_dmem_p2p_init(struct nouveau_dmem_p2p *p2p,
			   struct nouveau_drm *drm)
{
	p2p->drm = drm;
	mutex_init(&p2p->lock);
	INIT_LIST_HEAD(&p2p->chunks);
	INIT_DELAYED_WORK(&p2p->reap, nouveau_dmem_p2p_reap_work);
	p2p->provider = nouveau_dmem_p2p_provider(drm);
}

/**
 * nouveau_dmem_p2p_fini() - make sure that nothing touches BAR1 any more
 * @p2p: the GPU's
 *
 * To be called when all chunks are closed and their exported pages are gone:
 * for good, or for a suspend.
 *
 * Context: Process context, may sleep.
 */
void nouveau_dmem_p2p_fini(struct nouveau_dmem_p2p *p2p)
{
	cancel_delayed_work_sync(&p2p->reap);
}
