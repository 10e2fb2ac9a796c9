// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the entries of migrations, and of the functions which collect
 * pages of device memory that nobody has told them the address of
 *
 * The device memory is a region of physical address space in which there is
 * nothing. No page of it is ever mapped, so nobody touches what isn't there.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device_private.h>
#include <linux/ioport.h>
#include <linux/kthread.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#define TEST_PAGES	(SZ_2M / PAGE_SIZE)
#define TEST_POLL_MS	10000
#define TEST_POISON	0x5a
#define TEST_PRIVATE	(MIGRATE_PFN_VALID | MIGRATE_PFN_DEVICE_PRIVATE)

struct test_map {
	struct dev_pagemap	pgmap;
	struct resource		*res;
	struct completion	unmapped;
	unsigned int		nr_freed;
	unsigned long		src[TEST_PAGES], dst[TEST_PAGES];
};

/* ---- device memory */

static vm_fault_t test_migrate_to_ram(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static void test_folio_free(struct folio *folio)
{
	container_of(folio->pgmap, struct test_map, pgmap)->nr_freed++;
}

static const struct dev_pagemap_ops test_ops = {
	.migrate_to_ram	= test_migrate_to_ram,
	.folio_free	= test_folio_free,
};

static void test_map_unmap(void *data)
{
	struct test_map *map = data;

	if (!completion_done(&map->unmapped))
		memunmap_pages(&map->pgmap);
	release_mem_region(map->res->start, resource_size(map->res));
	kfree(map);
}

static struct test_map *test_map_new(struct kunit *test)
{
	struct test_map *map = kzalloc_obj(*map);
	struct resource *res;

	KUNIT_ASSERT_NOT_NULL(test, map);
	init_completion(&map->unmapped);
	memset(map->src, TEST_POISON, sizeof(map->src));

	res = request_free_mem_region(&iomem_resource, TEST_PAGES * PAGE_SIZE,
				      "migrate_device_kunit");
	if (IS_ERR(res)) {
		kfree(map);
		kunit_skip(test, "no free region of physical address space");
	}
	map->res = res;
	map->pgmap.type = MEMORY_DEVICE_PRIVATE;
	map->pgmap.range.start = res->start;
	map->pgmap.range.end = res->start + TEST_PAGES * PAGE_SIZE - 1;
	map->pgmap.nr_range = 1;
	map->pgmap.ops = &test_ops;
	map->pgmap.owner = map;
	if (IS_ERR(memremap_pages(&map->pgmap, NUMA_NO_NODE)))
		complete_all(&map->unmapped);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, test_map_unmap, map));
	KUNIT_ASSERT_FALSE(test, completion_done(&map->unmapped));
	return map;
}

static struct page *test_page(struct test_map *map, unsigned long i)
{
	return pfn_to_page(PHYS_PFN(map->pgmap.range.start) + i);
}

static struct device_private_entry test_entry(struct test_map *map,
					      unsigned long i)
{
	return (struct device_private_entry) {
		.space = map->pgmap.space,
		.index = i,
	};
}

/* One reference, locked, as a driver has it before it migrates to a page */
static struct page *test_page_get(struct test_map *map, unsigned long i)
{
	struct page *page = test_page(map, i);

	zone_device_page_init(page, &map->pgmap, 0);
	return page;
}

/* ---- entries */

static void no_page(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, migrate_pfn_to_page(0));
	KUNIT_EXPECT_NULL(test, migrate_pfn_to_page(MIGRATE_PFN_MIGRATE));
	KUNIT_EXPECT_NULL(test, migrate_pfn_to_page(MIGRATE_PFN_DEVICE_PRIVATE));
	KUNIT_EXPECT_NULL(test, migrate_pfn_to_page(TEST_PRIVATE));
}

static void system_page(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long mpfn;

	KUNIT_ASSERT_NOT_NULL(test, page);
	mpfn = migrate_pfn_from_page(page);
	KUNIT_EXPECT_EQ(test, mpfn, migrate_pfn(page_to_pfn(page)));
	KUNIT_EXPECT_EQ(test, mpfn & TEST_PRIVATE, MIGRATE_PFN_VALID);
	KUNIT_EXPECT_PTR_EQ(test, migrate_pfn_to_page(mpfn), page);
	__free_page(page);
}

static void device_private_page(struct kunit *test)
{
	static const unsigned long index[] = { 0, 1, TEST_PAGES - 1 };
	unsigned long flags = (1UL << MIGRATE_PFN_SHIFT) - 1;
	struct test_map *map = test_map_new(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(index); i++) {
		struct page *page = test_page_get(map, index[i]);
		unsigned long mpfn = migrate_pfn_from_page(page);

		KUNIT_EXPECT_EQ(test, mpfn & flags, TEST_PRIVATE);
		KUNIT_EXPECT_EQ(test, mpfn >> MIGRATE_PFN_SHIFT,
				device_private_entry_pack(test_entry(map, index[i])));
		KUNIT_EXPECT_NE(test, mpfn >> MIGRATE_PFN_SHIFT,
				page_to_pfn(page));
		KUNIT_EXPECT_PTR_EQ(test, migrate_pfn_to_page(mpfn), page);
		KUNIT_EXPECT_PTR_EQ(test, migrate_pfn_to_page(mpfn | flags), page);
		unlock_page(page);
		put_page(page);
	}
}

static void highest_entry(struct kunit *test)
{
	struct device_private_entry back, entry = {
		.space = DEVICE_PRIVATE_SPACE_MAX,
		.index = DEVICE_PRIVATE_INDEX_MAX,
	};
	unsigned long mpfn = migrate_pfn_from_device_private(entry);

	back = device_private_entry_unpack(mpfn >> MIGRATE_PFN_SHIFT);
	KUNIT_EXPECT_EQ(test, back.space, entry.space);
	KUNIT_EXPECT_EQ(test, back.index, entry.index);
}

/* ---- collecting pages */

static void expect_only(struct kunit *test, struct test_map *map,
			unsigned long used, unsigned long mpfn)
{
	unsigned long i;

	for (i = 0; i < TEST_PAGES; i++)
		KUNIT_EXPECT_EQ_MSG(test, map->src[i], i == used ? mpfn : 0,
				    "entry %lu", i);
}

static int test_collect(struct test_map *map, unsigned long i,
			unsigned long npages)
{
	return migrate_device_private_range(map->src, test_entry(map, i),
					    npages);
}

/* Gives back what has been collected, nothing is migrated */
static void test_put_back(struct test_map *map)
{
	migrate_device_pages(map->src, map->dst, TEST_PAGES);
	migrate_device_finalize(map->src, map->dst, TEST_PAGES);
}

static void collect_range(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	struct page *page = test_page_get(map, 5);

	unlock_page(page);
	KUNIT_EXPECT_EQ(test, 0, test_collect(map, 0, TEST_PAGES));
	expect_only(test, map, 5, migrate_pfn_from_page(page) |
				  MIGRATE_PFN_MIGRATE);
	KUNIT_EXPECT_TRUE(test, PageLocked(page));
	KUNIT_EXPECT_EQ(test, page_count(page), 2);

	test_put_back(map);
	KUNIT_EXPECT_FALSE(test, PageLocked(page));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
	KUNIT_EXPECT_EQ(test, map->nr_freed, 1);
}

/* Upside down, with holes */
static void collect_pfns(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	struct page *page = test_page_get(map, 5);
	struct device_private_entry entry;
	unsigned long i;

	unlock_page(page);
	for (i = 0; i < TEST_PAGES; i++) {
		entry = test_entry(map, TEST_PAGES - 1 - i);
		map->src[i] = i % 7 == 3 ? 0 :
			      migrate_pfn_from_device_private(entry);
	}
	KUNIT_ASSERT_NE(test, (TEST_PAGES - 1 - 5) % 7, 3);
	KUNIT_EXPECT_EQ(test, 0, migrate_device_pfns(map->src, TEST_PAGES));
	expect_only(test, map, TEST_PAGES - 1 - 5,
		    migrate_pfn_from_page(page) | MIGRATE_PFN_MIGRATE);

	test_put_back(map);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
}

static void range_must_exist(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	struct device_private_entry none = {};

	KUNIT_EXPECT_EQ(test, -EINVAL,
			migrate_device_private_range(map->src, none, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, test_collect(map, TEST_PAGES, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, test_collect(map, 1, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, -EINVAL, test_collect(map, 0, 0));
	KUNIT_EXPECT_NULL(test, memchr_inv(map->src, TEST_POISON,
					   sizeof(map->src)));
	KUNIT_EXPECT_EQ(test, 0, test_collect(map, 1, TEST_PAGES - 1));
}

static void coherent_range_only(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	struct page *page = test_page_get(map, 0);

	unlock_page(page);
	kunit_warning_suppress(test) {
		KUNIT_EXPECT_EQ(test, -EINVAL,
				migrate_device_range(map->src,
						     page_to_pfn(page), 1));
	}
	KUNIT_EXPECT_FALSE(test, PageLocked(page));
	put_page(page);
}

/* ---- migrating */

static void migrate_page(struct kunit *test, bool typed)
{
	struct test_map *map = test_map_new(test);
	struct page *from = test_page_get(map, 5);
	struct page *to = test_page_get(map, 9);

	unlock_page(from);
	KUNIT_EXPECT_EQ(test, 0, test_collect(map, 5, 1));
	KUNIT_EXPECT_PTR_EQ(test, migrate_pfn_to_page(map->src[0]), from);
	put_page(from);

	map->dst[0] = typed ? migrate_pfn_from_page(to) :
			      migrate_pfn(page_to_pfn(to));
	kunit_warning_suppress(test) {
		migrate_device_pages(map->src, map->dst, 1);
		if (typed)
			KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 0);
	}
	KUNIT_EXPECT_EQ(test, !!(map->src[0] & MIGRATE_PFN_MIGRATE), typed);
	migrate_device_finalize(map->src, map->dst, 1);
	KUNIT_EXPECT_EQ(test, map->nr_freed, 2);
}

static void typed_destination(struct kunit *test)
{
	migrate_page(test, true);
}

static void no_fake_pfn_as_destination(struct kunit *test)
{
	migrate_page(test, false);
}

/* ---- against removal */

static int unmap_thread(void *data)
{
	struct test_map *map = data;

	memunmap_pages(&map->pgmap);
	complete_all(&map->unmapped);
	return 0;
}

static bool is_unmapping(struct device_private_entry entry)
{
	struct dev_pagemap *pgmap;
	int i;

	for (i = 0; i < TEST_POLL_MS; i++) {
		pgmap = device_private_get_pagemap(entry);
		if (!pgmap)
			return true;
		put_dev_pagemap(pgmap);
		fsleep(USEC_PER_MSEC);
	}
	return false;
}

/* A migration that has begun before memunmap_pages() can still be finished */
static void found_while_unmapping(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	struct page *page = test_page_get(map, 5);
	struct task_struct *task;

	unlock_page(page);
	KUNIT_EXPECT_EQ(test, 0, test_collect(map, 0, TEST_PAGES));
	put_page(page);

	task = kthread_run(unmap_thread, map, "migrate_device_kunit");
	KUNIT_EXPECT_FALSE(test, IS_ERR(task));
	if (!IS_ERR(task))
		KUNIT_EXPECT_TRUE(test, is_unmapping(test_entry(map, 5)));

	KUNIT_EXPECT_FALSE(test, completion_done(&map->unmapped));
	KUNIT_EXPECT_PTR_EQ(test, migrate_pfn_to_page(map->src[5]), page);
	if (migrate_pfn_to_page(map->src[5]) == page) {
		test_put_back(map);
	} else {	/* let the thread go */
		unlock_page(page);
		put_page(page);
	}

	if (!IS_ERR(task))
		wait_for_completion(&map->unmapped);
	KUNIT_EXPECT_EQ(test, map->nr_freed, 1);
	KUNIT_EXPECT_NULL(test, migrate_pfn_to_page(map->src[5]));
}

static struct kunit_case migrate_device_test_cases[] = {
	KUNIT_CASE(no_page),
	KUNIT_CASE(system_page),
	KUNIT_CASE(device_private_page),
	KUNIT_CASE(highest_entry),
	KUNIT_CASE(collect_range),
	KUNIT_CASE(collect_pfns),
	KUNIT_CASE(range_must_exist),
	KUNIT_CASE(coherent_range_only),
	KUNIT_CASE(typed_destination),
	KUNIT_CASE(no_fake_pfn_as_destination),
	KUNIT_CASE(found_while_unmapping),
	{}
};

static struct kunit_suite migrate_device_test_suite = {
	.name = "migrate_device",
	.test_cases = migrate_device_test_cases,
};

kunit_test_suite(migrate_device_test_suite);

MODULE_DESCRIPTION("KUnit tests of migrations of device memory");
MODULE_LICENSE("GPL");
