/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names for device-private pages that are not PFNs
 *
 * The struct page of a MEMORY_DEVICE_PRIVATE page sits at a PFN behind which
 * there is nothing: not memory, not even a bus address. Outside of the page
 * tables such a PFN is best not used at all, as it looks like an ordinary one.
 * Instead, a page is named by the space it is in and its index there. A space
 * is one struct dev_pagemap, for the time between memremap_pages() and
 * memunmap_pages(), an index is counted in pages from the begin of its range.
 *
 * Where an array of unsigned longs carries PFNs and flags, an entry can be
 * packed into the low DEVICE_PRIVATE_ENTRY_BITS, with a flag which tells the
 * two kinds apart, for example HMM_PFN_DEVICE_PRIVATE.
 */
#ifndef _LINUX_DEVICE_PRIVATE_H
#define _LINUX_DEVICE_PRIVATE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

struct dev_pagemap;
struct page;

#define DEVICE_PRIVATE_INDEX_BITS	36
#define DEVICE_PRIVATE_SPACE_BITS	16
#define DEVICE_PRIVATE_ENTRY_BITS	(DEVICE_PRIVATE_INDEX_BITS + \
					 DEVICE_PRIVATE_SPACE_BITS)
#define DEVICE_PRIVATE_INDEX_MAX	(BIT_ULL(DEVICE_PRIVATE_INDEX_BITS) - 1)
#define DEVICE_PRIVATE_SPACE_MAX	(BIT(DEVICE_PRIVATE_SPACE_BITS) - 1)

/**
 * struct device_private_entry - name of one device-private page
 * @index: page number in the space, from 0
 * @space: number of the space, from 1; 0 is in no space
 */
struct device_private_entry {
	u64 index;
	u16 space;
};

#ifdef CONFIG_DEVICE_PRIVATE

static_assert(DEVICE_PRIVATE_ENTRY_BITS <= BITS_PER_LONG);

/**
 * device_private_entry_pack() - make an integer of an entry
 * @entry: the entry; its index must not exceed DEVICE_PRIVATE_INDEX_MAX
 *
 * The integers of consecutive pages are consecutive, too.
 *
 * Context: Any.
 * Return: an integer of DEVICE_PRIVATE_ENTRY_BITS bits, never 0 for an entry
 * that is in a space.
 */
static inline unsigned long
device_private_entry_pack(struct device_private_entry entry)
{
	return (unsigned long)entry.space << DEVICE_PRIVATE_INDEX_BITS |
	       entry.index;
}

/**
 * device_private_entry_unpack() - inverse of device_private_entry_pack()
 * @packed: the integer; more than the low DEVICE_PRIVATE_ENTRY_BITS is ignored
 *
 * Context: Any.
 * Return: the entry, which doesn't need to exist.
 */
static inline struct device_private_entry
device_private_entry_unpack(unsigned long packed)
{
	return (struct device_private_entry) {
		.index = packed & DEVICE_PRIVATE_INDEX_MAX,
		.space = packed >> DEVICE_PRIVATE_INDEX_BITS,
	};
}

struct device_private_entry
page_to_device_private_entry(const struct page *page);
struct page *device_private_entry_to_page(struct device_private_entry entry);
struct dev_pagemap *
device_private_get_pagemap(struct device_private_entry entry);

#else /* CONFIG_DEVICE_PRIVATE */

static inline unsigned long
device_private_entry_pack(struct device_private_entry entry)
{
	return 0;
}

static inline struct device_private_entry
device_private_entry_unpack(unsigned long packed)
{
	return (struct device_private_entry) {};
}

static inline struct device_private_entry
page_to_device_private_entry(const struct page *page)
{
	return (struct device_private_entry) {};
}

static inline struct page *
device_private_entry_to_page(struct device_private_entry entry)
{
	return NULL;
}

static inline struct dev_pagemap *
device_private_get_pagemap(struct device_private_entry entry)
{
	return NULL;
}

#endif /* CONFIG_DEVICE_PRIVATE */
#endif /* _LINUX_DEVICE_PRIVATE_H */
