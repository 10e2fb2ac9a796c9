// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the names of device-private pages
 *
 * Most of them need a real pagemap, made of a region of physical address space
 * in which there is nothing. Its pages are never allocated, so there is nothing
 * to free either.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device_private.h>
#include <linux/ioport.h>
#include <linux/kthread.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include "../internal.h"

#define TEST_REGION_SIZE	SZ_2M
#define TEST_RACE_ROUNDS	16
#define TEST_POLL_MS		10000

struct test_map {
	struct dev_pagemap	pgmap;
	struct resource		*res;
	bool			mapped;

	/* For what runs in another thread */
	struct completion	done;
	struct device_private_entry entry;
	unsigned long		found, wrong, missed;
};

/* ---- a pagemap */

static vm_fault_t test_migrate_to_ram(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static void test_folio_free(struct folio *folio)
{
}

static const struct dev_pagemap_ops test_ops = {
	.migrate_to_ram	= test_migrate_to_ram,
	.folio_free	= test_folio_free,
};

static struct page *test_page(struct test_map *map, unsigned long i)
{
	return pfn_to_page(PHYS_PFN(map->pgmap.range.start) + i);
}

static unsigned long test_nr_pages(struct test_map *map)
{
	return range_len(&map->pgmap.range) >> PAGE_SHIFT;
}

static int test_map_pages(struct test_map *map)
{
	void *ptr;

	memset(&map->pgmap, 0, sizeof(map->pgmap));
	map->pgmap.type = MEMORY_DEVICE_PRIVATE;
	map->pgmap.range.start = map->res->start;
	map->pgmap.range.end = map->res->end;
	map->pgmap.nr_range = 1;
	map->pgmap.ops = &test_ops;
	map->pgmap.owner = map;

	ptr = memremap_pages(&map->pgmap, NUMA_NO_NODE);
	map->mapped = !IS_ERR(ptr);
	return PTR_ERR_OR_ZERO(ptr);
}

static void test_unmap_pages(struct test_map *map)
{
	if (map->mapped)
		memunmap_pages(&map->pgmap);
	map->mapped = false;
}

static void test_map_free(void *data)
{
	struct test_map *map = data;

	test_unmap_pages(map);
	release_mem_region(map->res->start, resource_size(map->res));
	kfree(map);
}

static struct test_map *test_map_new(struct kunit *test)
{
	struct test_map *map = kzalloc_obj(*map);
	struct resource *res;

	KUNIT_ASSERT_NOT_NULL(test, map);
	init_completion(&map->done);

	res = request_free_mem_region(&iomem_resource, TEST_REGION_SIZE,
				      "device_private_kunit");
	if (IS_ERR(res)) {
		kfree(map);
		kunit_skip(test, "no free region of physical address space");
	}
	map->res = res;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, test_map_free,
							   map));
	KUNIT_ASSERT_EQ(test, 0, test_map_pages(map));
	return map;
}

/* ---- integers */

static void pack_round_trip(struct kunit *test)
{
	static const struct device_private_entry entries[] = {
		{ .space = 1, .index = 0 },
		{ .space = 1, .index = 1 },
		{ .space = 1, .index = DEVICE_PRIVATE_INDEX_MAX },
		{ .space = 0x1234, .index = 0x567890123 },
		{ .space = DEVICE_PRIVATE_SPACE_MAX, .index = 0 },
		{ .space = DEVICE_PRIVATE_SPACE_MAX,
		  .index = DEVICE_PRIVATE_INDEX_MAX },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		unsigned long packed = device_private_entry_pack(entries[i]);
		struct device_private_entry entry;

		entry = device_private_entry_unpack(packed);
		KUNIT_EXPECT_EQ(test, entry.space, entries[i].space);
		KUNIT_EXPECT_EQ(test, entry.index, entries[i].index);
		KUNIT_EXPECT_NE(test, packed, 0);
		KUNIT_EXPECT_EQ(test, (u64)packed >> DEVICE_PRIVATE_ENTRY_BITS,
				0);
	}
}

static void pack_consecutive(struct kunit *test)
{
	struct device_private_entry entry = { .space = 7, .index = 41 };
	unsigned long packed = device_private_entry_pack(entry);

	entry.index++;
	KUNIT_EXPECT_EQ(test, device_private_entry_pack(entry), packed + 1);
}

static void unpack_ignores_flags(struct kunit *test)
{
	struct device_private_entry entry = {
		.space = DEVICE_PRIVATE_SPACE_MAX,
		.index = DEVICE_PRIVATE_INDEX_MAX - 2,
	};
	unsigned long flags = ~0UL << (DEVICE_PRIVATE_ENTRY_BITS - 1) << 1;
	struct device_private_entry back;

	back = device_private_entry_unpack(device_private_entry_pack(entry) |
					   flags);
	KUNIT_EXPECT_EQ(test, back.space, entry.space);
	KUNIT_EXPECT_EQ(test, back.index, entry.index);
}

static void entry_0_is_none(struct kunit *test)
{
	struct device_private_entry entry = device_private_entry_unpack(0);

	KUNIT_EXPECT_EQ(test, entry.space, 0);
	KUNIT_EXPECT_NULL(test, device_private_entry_to_page(entry));
	KUNIT_EXPECT_NULL(test, device_private_get_pagemap(entry));

	entry.index = 1;
	KUNIT_EXPECT_NULL(test, device_private_entry_to_page(entry));
	KUNIT_EXPECT_NULL(test, device_private_get_pagemap(entry));
}

/* ---- pages */

static void expect_page(struct kunit *test, struct test_map *map,
			unsigned long i)
{
	struct page *page = test_page(map, i);
	struct device_private_entry entry = page_to_device_private_entry(page);
	struct dev_pagemap *pgmap;

	KUNIT_EXPECT_EQ(test, entry.space, map->pgmap.space);
	KUNIT_EXPECT_EQ(test, entry.index, i);
	KUNIT_EXPECT_PTR_EQ(test, device_private_entry_to_page(entry), page);

	pgmap = device_private_get_pagemap(entry);
	KUNIT_EXPECT_PTR_EQ(test, pgmap, &map->pgmap);
	if (pgmap)
		put_dev_pagemap(pgmap);
}

static void expect_nothing(struct kunit *test, struct device_private_entry entry)
{
	struct dev_pagemap *pgmap = device_private_get_pagemap(entry);

	KUNIT_EXPECT_NULL(test, device_private_entry_to_page(entry));
	KUNIT_EXPECT_NULL(test, pgmap);
	if (pgmap)
		put_dev_pagemap(pgmap);
}

static void page_to_entry_and_back(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	unsigned long nr = test_nr_pages(map);

	KUNIT_EXPECT_NE(test, map->pgmap.space, 0);
	expect_page(test, map, 0);
	expect_page(test, map, 1);
	expect_page(test, map, nr / 2);
	expect_page(test, map, nr - 1);
}

static void index_out_of_range(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	struct device_private_entry entry = { .space = map->pgmap.space };

	entry.index = test_nr_pages(map);
	expect_nothing(test, entry);
	entry.index = DEVICE_PRIVATE_INDEX_MAX;
	expect_nothing(test, entry);
}

static void two_spaces(struct kunit *test)
{
	struct test_map *a = test_map_new(test);
	struct test_map *b = test_map_new(test);

	KUNIT_EXPECT_NE(test, a->pgmap.space, b->pgmap.space);
	expect_page(test, a, 3);
	expect_page(test, b, 3);

	test_unmap_pages(a);
	expect_page(test, b, 3);
}

static void stale_space(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	struct device_private_entry entry;

	entry = page_to_device_private_entry(test_page(map, 5));
	test_unmap_pages(map);
	expect_nothing(test, entry);

	/* The same pages again, but by another name */
	KUNIT_ASSERT_EQ(test, 0, test_map_pages(map));
	KUNIT_EXPECT_NE(test, map->pgmap.space, entry.space);
	expect_nothing(test, entry);
	expect_page(test, map, 5);
}

static void numbers_are_used_in_turn(struct kunit *test)
{
	struct dev_pagemap pgmap = { .range = { .end = PAGE_SIZE - 1 } };
	unsigned int first, i;

	KUNIT_ASSERT_EQ(test, 0, device_private_add_space(&pgmap));
	first = pgmap.space;
	device_private_remove_space(&pgmap);
	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, 0, device_private_add_space(&pgmap));
		KUNIT_EXPECT_NE(test, pgmap.space, first);
		device_private_remove_space(&pgmap);
	}
	synchronize_rcu();
}

/* ---- limits */

static void one_range_only(struct kunit *test)
{
	struct dev_pagemap *pgmap;
	void *ptr;

	pgmap = kunit_kzalloc(test, struct_size(pgmap, ranges, 2), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pgmap);
	pgmap->type = MEMORY_DEVICE_PRIVATE;
	pgmap->ops = &test_ops;
	pgmap->owner = pgmap;
	pgmap->nr_range = 2;

	kunit_warning_suppress(test) {
		ptr = memremap_pages(pgmap, NUMA_NO_NODE);
		KUNIT_EXPECT_PTR_EQ(test, ptr, ERR_PTR(-EINVAL));
		KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 1);
	}
	KUNIT_EXPECT_EQ(test, pgmap->space, 0);
}

static void too_many_pages(struct kunit *test)
{
	struct dev_pagemap pgmap = {};

	pgmap.range.end = (u64)PAGE_SIZE * (DEVICE_PRIVATE_INDEX_MAX + 2) - 1;
	KUNIT_EXPECT_EQ(test, -E2BIG, device_private_add_space(&pgmap));
	KUNIT_EXPECT_EQ(test, pgmap.space, 0);

	/* One less is as many as an index can count */
	pgmap.range.end -= PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, 0, device_private_add_space(&pgmap));
	KUNIT_EXPECT_NE(test, pgmap.space, 0);
	device_private_remove_space(&pgmap);
	synchronize_rcu();
}

/* Takes all numbers, returns how many that were and which one was the last */
static unsigned int take_all(struct kunit *test, struct dev_pagemap *pgmap,
			     u8 *taken, unsigned int *last)
{
	unsigned int n = 0;
	int ret;

	while (!(ret = device_private_add_space(pgmap))) {
		*last = pgmap->space;
		KUNIT_EXPECT_NE(test, *last, 0);
		KUNIT_EXPECT_EQ(test, taken[*last], 0);
		taken[*last] = 1;
		if (n++ > DEVICE_PRIVATE_SPACE_MAX)
			break;
		if (!(n % 1024))
			cond_resched();
	}
	KUNIT_EXPECT_EQ(test, -ENOSPC, ret);
	return n;
}

/* One dummy stands for all the pagemaps: nobody looks up its spaces */
static void exhaustion(struct kunit *test)
{
	struct dev_pagemap pgmap = { .range = { .end = PAGE_SIZE - 1 } };
	unsigned int n, i, last = 0;
	u8 *taken;

	taken = kunit_kzalloc(test, DEVICE_PRIVATE_SPACE_MAX + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, taken);

	n = take_all(test, &pgmap, taken, &last);
	KUNIT_EXPECT_LE(test, n, DEVICE_PRIVATE_SPACE_MAX);
	KUNIT_EXPECT_GT(test, n, DEVICE_PRIVATE_SPACE_MAX / 2);

	/* The only free number is found wherever it is */
	pgmap.space = last;
	device_private_remove_space(&pgmap);
	pgmap.space = 0;
	KUNIT_EXPECT_EQ(test, 0, device_private_add_space(&pgmap));
	KUNIT_EXPECT_EQ(test, pgmap.space, last);

	for (i = 1; i <= DEVICE_PRIVATE_SPACE_MAX; i++) {
		pgmap.space = i;
		if (taken[i])
			device_private_remove_space(&pgmap);
	}
	synchronize_rcu();

	pgmap.space = 0;
	KUNIT_EXPECT_EQ(test, 0, device_private_add_space(&pgmap));
	device_private_remove_space(&pgmap);
	synchronize_rcu();
}

static void remove_without_space(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	struct dev_pagemap pgmap = {};

	device_private_remove_space(&pgmap);
	expect_page(test, map, 0);
}

/* ---- against removal */

static int unmap_thread(void *data)
{
	struct test_map *map = data;

	memunmap_pages(&map->pgmap);
	complete(&map->done);
	return 0;
}

/* A reference delays the removal, but there is no second one */
static void no_reference_while_unmapping(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	struct dev_pagemap *pgmap, *second = NULL;
	struct device_private_entry entry;
	struct task_struct *task;
	int i;

	entry = page_to_device_private_entry(test_page(map, 9));
	pgmap = device_private_get_pagemap(entry);
	KUNIT_ASSERT_PTR_EQ(test, pgmap, &map->pgmap);

	task = kthread_run(unmap_thread, map, "device_private_kunit");
	if (IS_ERR(task)) {
		put_dev_pagemap(pgmap);
		KUNIT_FAIL_AND_ABORT(test, "no thread");
	}
	map->mapped = false;

	for (i = 0; i < TEST_POLL_MS; i++) {
		second = device_private_get_pagemap(entry);
		if (!second)
			break;
		put_dev_pagemap(second);
		fsleep(1000);
	}
	KUNIT_EXPECT_NULL(test, second);
	/* But what is held can be found, to migrate it away for example */
	KUNIT_EXPECT_PTR_EQ(test, device_private_entry_to_page(entry),
			    test_page(map, 9));
	KUNIT_EXPECT_FALSE(test, completion_done(&map->done));
	KUNIT_EXPECT_PTR_EQ(test, page_pgmap(test_page(map, 9)), pgmap);

	put_dev_pagemap(pgmap);
	wait_for_completion(&map->done);
	expect_nothing(test, entry);
}

/* The pagemap, if there is one, is ours and its page is there */
static int look_up_thread(void *data)
{
	struct test_map *map = data;
	struct dev_pagemap *pgmap;
	struct page *page;

	while (!kthread_should_stop()) {
		pgmap = device_private_get_pagemap(map->entry);
		if (!pgmap) {
			map->missed++;
			cond_resched();
			continue;
		}

		page = device_private_entry_to_page(map->entry);
		if (pgmap != &map->pgmap || !page || page_pgmap(page) != pgmap)
			map->wrong++;
		put_dev_pagemap(pgmap);
		map->found++;
	}
	return 0;
}

static bool counter_moves(unsigned long *counter, unsigned long from)
{
	int i;

	for (i = 0; i < TEST_POLL_MS && READ_ONCE(*counter) == from; i++)
		fsleep(1000);
	return READ_ONCE(*counter) != from;
}

static void race_once(struct kunit *test, struct test_map *map)
{
	struct task_struct *task;
	unsigned long found;

	map->entry = page_to_device_private_entry(test_page(map, 11));
	map->found = 0;
	map->missed = 0;
	task = kthread_run(look_up_thread, map, "device_private_kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);

	KUNIT_EXPECT_TRUE(test, counter_moves(&map->found, 0));
	test_unmap_pages(map);
	found = READ_ONCE(map->found);
	KUNIT_EXPECT_TRUE(test, counter_moves(&map->missed, 0));
	kthread_stop(task);

	/* One that was found before may have been counted after */
	KUNIT_EXPECT_LE(test, map->found, found + 1);
	KUNIT_EXPECT_EQ(test, map->wrong, 0);
}

static void erase_against_look_up(struct kunit *test)
{
	struct test_map *map = test_map_new(test);
	int i;

	for (i = 0; i < TEST_RACE_ROUNDS; i++) {
		race_once(test, map);
		KUNIT_ASSERT_EQ(test, 0, test_map_pages(map));
	}
}

static struct kunit_case device_private_test_cases[] = {
	KUNIT_CASE(pack_round_trip),
	KUNIT_CASE(pack_consecutive),
	KUNIT_CASE(unpack_ignores_flags),
	KUNIT_CASE(entry_0_is_none),
	KUNIT_CASE(page_to_entry_and_back),
	KUNIT_CASE(index_out_of_range),
	KUNIT_CASE(two_spaces),
	KUNIT_CASE(stale_space),
	KUNIT_CASE(numbers_are_used_in_turn),
	KUNIT_CASE(one_range_only),
	KUNIT_CASE(too_many_pages),
	KUNIT_CASE_SLOW(exhaustion),
	KUNIT_CASE(remove_without_space),
	KUNIT_CASE(no_reference_while_unmapping),
	KUNIT_CASE_SLOW(erase_against_look_up),
	{}
};

static struct kunit_suite device_private_test_suite = {
	.name = "device_private",
	.test_cases = device_private_test_cases,
};

kunit_test_suite(device_private_test_suite);

MODULE_DESCRIPTION("KUnit tests of the names of device-private pages");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
