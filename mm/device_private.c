// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces of device-private memory: from a (space, index) pair to its page.
 *
 * A space exists while its pagemap is in the array below, which it enters when
 * everything else about it is done and leaves when there is no reference on the
 * pagemap any more, which means on no page, but before anything is undone: a page
 * that somebody holds, for example to migrate it away, can be found by its name.
 *
 * The pagemap is a part of a driver's object, and so may go as soon as
 * memunmap_pages() has returned. A look-up is protected from that by RCU, since
 * memunmap_pages() waits for a grace period after the erasure, and beyond the
 * look-up itself by a reference on the pagemap, or on a page of it. From the begin
 * of memunmap_pages() on there are no new references.
 */
#include <linux/device_private.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/percpu-refcount.h>
#include <linux/range.h>
#include <linux/rcupdate.h>
#include <linux/xarray.h>
#include "internal.h"

static DEFINE_XARRAY_ALLOC1(device_private_spaces);
static u32 device_private_next_space;

static u64 device_private_nr_pages(const struct dev_pagemap *pgmap)
{
	return range_len(&pgmap->range) >> PAGE_SHIFT;
}

/**
 * device_private_add_space() - make a space of a pagemap
 * @pgmap: pagemap of type MEMORY_DEVICE_PRIVATE with one range
 *
 * Numbers are used in turn, so that one which is still around somewhere after
 * its space has gone leads to nothing rather than to somebody else's pages.
 *
 * Context: May sleep. For memremap_pages() only.
 * Return: 0, -E2BIG if there are more pages than an index can count, -ENOSPC if
 * all numbers are in use, -ENOMEM.
 */
int device_private_add_space(struct dev_pagemap *pgmap)
{
	u32 space;
	int ret;

	if (device_private_nr_pages(pgmap) - 1 > DEVICE_PRIVATE_INDEX_MAX)
		return -E2BIG;

	ret = xa_alloc_cyclic(&device_private_spaces, &space, pgmap,
			      XA_LIMIT(1, DEVICE_PRIVATE_SPACE_MAX),
			      &device_private_next_space, GFP_KERNEL);
	if (ret < 0)
		return ret == -EBUSY ? -ENOSPC : ret;

	pgmap->space = space;
	return 0;
}

/**
 * device_private_remove_space() - undo device_private_add_space()
 * @pgmap: pagemap, which needn't have a space
 *
 * Afterwards entries of the space lead nowhere, but who has just looked one up may
 * still use the result, for the rest of a grace period. The number stays in @pgmap.
 *
 * Context: May sleep. For memunmap_pages() only.
 */
void device_private_remove_space(struct dev_pagemap *pgmap)
{
	if (pgmap->space)
		xa_erase(&device_private_spaces, pgmap->space);
}

/**
 * page_to_device_private_entry() - get the name of a page
 * @page: a device-private page
 *
 * Context: Any. The page must not vanish meanwhile: it is mapped by a page table
 * whose lock is held, or the caller has a reference on it or its pagemap, or at
 * least is in an RCU read-side critical section in which it has found it mapped.
 * Return: the entry.
 */
struct device_private_entry
page_to_device_private_entry(const struct page *page)
{
	const struct dev_pagemap *pgmap = page_pgmap(page);

	return (struct device_private_entry) {
		.index = page_to_pfn(page) - PHYS_PFN(pgmap->range.start),
		.space = pgmap->space,
	};
}
EXPORT_SYMBOL_GPL(page_to_device_private_entry);

/**
 * device_private_entry_to_page() - find the page of that name
 * @entry: entry made by page_to_device_private_entry()
 *
 * Context: Any. The caller must know that the page still exists, for example
 * because no mmu notifier has said otherwise to it.
 * Return: the page, or NULL if the space is gone or was never there.
 */
struct page *device_private_entry_to_page(struct device_private_entry entry)
{
	struct page *page = NULL;
	struct dev_pagemap *pgmap;

	rcu_read_lock();
	pgmap = xa_load(&device_private_spaces, entry.space);
	if (pgmap && entry.index < device_private_nr_pages(pgmap))
		page = pfn_to_page(PHYS_PFN(pgmap->range.start) + entry.index);
	rcu_read_unlock();

	return page;
}
EXPORT_SYMBOL_GPL(device_private_entry_to_page);

/**
 * device_private_get_pagemap() - find the pagemap of an entry and hold it
 * @entry: entry, which doesn't need to exist any more
 *
 * Context: Any. The reference keeps the pagemap and its struct pages there, not
 * what is stored in the pages. It delays memunmap_pages(), so it must be dropped
 * with put_dev_pagemap() soon.
 * Return: the pagemap, or NULL if the page is gone or going together with its space.
 */
struct dev_pagemap *
device_private_get_pagemap(struct device_private_entry entry)
{
	struct dev_pagemap *pgmap;

	rcu_read_lock();
	pgmap = xa_load(&device_private_spaces, entry.space);
	if (pgmap && (entry.index >= device_private_nr_pages(pgmap) ||
		      !percpu_ref_tryget_live_rcu(&pgmap->ref)))
		pgmap = NULL;
	rcu_read_unlock();

	return pgmap;
}
EXPORT_SYMBOL_GPL(device_private_get_pagemap);
