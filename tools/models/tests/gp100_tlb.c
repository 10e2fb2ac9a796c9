// SPDX-License-Identifier: GPL-2.0-or-later
/* Translation cache and the BARs of the GPU model. */
#include <errno.h>
#include <string.h>

#include "tests/gp100_env.h"

#define VA	0x400000ull

static void test_stale_until_invalidated(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &s, VA, 12, 0x345000, 0);
	assert_int_equal(gspace_xlat(e, &s, VA + 4, false, &x), 0);
	assert_int_equal(x.addr, 0x345004);
	gspace_map(e, &s, VA, 12, 0x346000, 0);
	assert_int_equal(gspace_xlat(e, &s, VA + 4, false, &x), 0);
	assert_int_equal(x.addr, 0x345004);
	gspace_unmap(e, &s, VA, 12);
	assert_int_equal(gspace_xlat(e, &s, VA + 4, false, &x), 0);
	gspace_invalidate(e, &s);
	assert_int_equal(gspace_xlat(e, &s, VA, false, &x), GP100_FAULT_PTE);
	assert_int_equal(e->g->stats.tlb_hits, 2);
	assert_int_equal(e->g->stats.tlb_misses, 2);
	assert_int_equal(e->g->stats.tlb_invalidated_entries, 1);
}

static void test_faults_are_not_cached(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	assert_int_equal(gspace_xlat(e, &s, VA, false, &x), GP100_FAULT_PDE);
	gspace_map(e, &s, VA, 12, 0x345000, 0);
	assert_int_equal(gspace_xlat(e, &s, VA, false, &x), 0);
	assert_int_equal(x.addr, 0x345000);
}

static void test_permission_is_cached(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &s, VA, 12, 0x345000, PTE_RO);
	assert_int_equal(gspace_xlat(e, &s, VA, false, &x), 0);
	assert_int_equal(gspace_xlat(e, &s, VA, true, &x), GP100_FAULT_RO);
	gspace_map(e, &s, VA, 12, 0x345000, 0);
	assert_int_equal(gspace_xlat(e, &s, VA, true, &x), GP100_FAULT_RO);
	gspace_invalidate(e, &s);
	assert_int_equal(gspace_xlat(e, &s, VA, true, &x), 0);
}

static void test_invalidate_names_one_space(void **state)
{
	struct genv *e = *state;
	struct gspace a = gspace_new(e, false), b = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &a, VA, 12, 0x345000, 0);
	gspace_map(e, &b, VA, 21, 0x400000, 0);
	gspace_xlat(e, &a, VA, false, &x);
	gspace_xlat(e, &b, VA, false, &x);
	gspace_unmap(e, &a, VA, 12);
	gspace_unmap(e, &b, VA, 21);
	gspace_invalidate(e, &a);
	assert_int_equal(gspace_xlat(e, &a, VA, false, &x), GP100_FAULT_PTE);
	assert_int_equal(gspace_xlat(e, &b, VA + 0x1ffff0, false, &x), 0);
	assert_int_equal(x.addr, 0x5ffff0);
	genv_wr(e, 0x100cbc, 0x80000003);	/* all address spaces */
	assert_int_equal(gspace_xlat(e, &b, VA, false, &x), GP100_FAULT_PDE);
}

static void test_each_space_has_its_own(void **state)
{
	struct genv *e = *state;
	struct gspace a = gspace_new(e, false), b = gspace_new(e, false);
	struct gp100_xlat x;
	int i;

	gspace_map(e, &a, VA, 12, 0x345000, 0);
	gspace_map(e, &b, VA, 12, 0x678000, 0);
	for (i = 0; i < 2; i++) {	/* by a walk, then from the cache */
		assert_int_equal(gspace_xlat(e, &a, VA, false, &x), 0);
		assert_int_equal(x.addr, 0x345000);
		assert_int_equal(gspace_xlat(e, &b, VA, false, &x), 0);
		assert_int_equal(x.addr, 0x678000);
	}
}

static void test_hub_only_invalidates_the_hub(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &s, VA, 12, 0x345000, 0);
	gspace_xlat(e, &s, VA, false, &x);
	gspace_unmap(e, &s, VA, 12);
	genv_wr(e, 0x100cb8, (uint32_t)(s.root >> 12 << 4));
	genv_wr(e, 0x100cec, 0);
	genv_wr(e, 0x100cbc, 0x00000005);	/* not triggered */
	assert_int_equal(gspace_xlat(e, &s, VA, false, &x), 0);
	genv_wr(e, 0x100cbc, 0x80000004);	/* no page named: refused */
	assert_int_equal(gspace_xlat(e, &s, VA, false, &x), 0);
	assert_int_equal(e->g->stats.guest_errors, 1);
	genv_wr(e, 0x100cbc, 0x80000005);
	assert_int_equal(gspace_xlat(e, &s, VA, false, &x), GP100_FAULT_PTE);
}

/* More pages than entries: the oldest go, the translations stay right. */
static void test_eviction(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;
	uint64_t i;

	for (i = 0; i < 20000; i++)
		gspace_map(e, &s, VA + i * 4096, 12, i % 8192 * 4096, 0);
	for (i = 0; i < 40000; i++) {
		assert_int_equal(gspace_xlat(e, &s, VA + i % 20000 * 4096 + 16,
					     true, &x), 0);
		assert_int_equal(x.addr, i % 20000 % 8192 * 4096 + 16);
	}
	assert_int_equal(e->g->stats.tlb_evictions, 40000 - 16384);
	gspace_invalidate(e, &s);
	assert_int_equal(e->g->stats.tlb_invalidated_entries, 16384);
}

static void test_reset_empties_the_cache(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &s, VA, 12, 0x345000, 0);
	gspace_xlat(e, &s, VA, false, &x);
	fake_reset(e->dev);	/* the page tables are lost as well */
	assert_int_equal(gspace_xlat(e, &s, VA, false, &x), GP100_FAULT_PDE);
}

/* ---- BARs ---- */
static void test_bar_unbound_shows_vram(void **state)
{
	struct genv *e = *state;

	fake_bar_write64(e->dev, 1, 0x123458, 0x1122334455667788);
	assert_int_equal(*(uint64_t *)genv_ptr(e, 0x123458),
			 0x1122334455667788);
	assert_int_equal(fake_bar_read(e->dev, 3, 0x12345a, 2), 0x5566);
}

static void test_bar_bound(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	uint64_t page = genv_vram(e, 4096, 4096);

	gspace_map(e, &s, 0x5000, 12, page, 0);
	genv_bind_bar(e, 1, &s);
	assert_int_equal(genv_rd(e, 0x1710), 0);
	fake_bar_write32(e->dev, 1, 0x5ffc, 0xcafe);
	assert_int_equal(*(uint32_t *)genv_ptr(e, page + 0xffc), 0xcafe);
	fake_bar_write(e->dev, 1, 0x5ffd, 1, 0x77);
	assert_int_equal(fake_bar_read(e->dev, 1, 0x5ffc, 4), 0x77fe);
}

static void test_bar_fault_is_reported(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);

	genv_bind_bar(e, 1, &s);
	assert_int_equal(fake_bar_read32(e->dev, 1, 0x7000), ~0u);
	assert_int_equal(genv_rd(e, 0x259c), 1 << 4);
	assert_int_equal(genv_rd(e, 0x2840), s.inst >> 12);
	assert_int_equal(genv_rd(e, 0x2844), 0x7000);
	assert_int_equal(genv_rd(e, 0x284c) & 0x1f, 0);
	assert_int_equal(genv_rd(e, 0x2100) >> 28 & 1, 1);
	genv_wr(e, 0x259c, 1 << 4);
	assert_int_equal(genv_rd(e, 0x2100), 0);
	assert_int_equal(e->g->stats.bar_faults, 1);
}

static void test_bar_block_crosses_pages(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	uint64_t a = genv_vram(e, 4096, 4096), b = genv_vram(e, 65536, 65536);
	const struct pci_bar_ops *ops = e->dev->bars[1].ops;
	uint8_t data[6000], back[6000];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 1);
	/* a sparse page, a 4K page, then a 64K one */
	*gspace_pte(e, &s, 0xe000, 12) = PTE_SPARSE;
	gspace_map(e, &s, 0xf000, 12, a, 0);
	gspace_map(e, &s, 0x10000, 16, b, 0);
	genv_bind_bar(e, 1, &s);
	assert_int_equal(ops->write_block(e->dev, 0xef00, data, 6000), 0);
	assert_memory_equal(genv_ptr(e, a), data + 0x100, 4096);
	assert_memory_equal(genv_ptr(e, b), data + 0x1100, 6000 - 0x1100);
	assert_int_equal(ops->read_block(e->dev, 0xef00, back, 6000), 0);
	assert_memory_equal(back + 0x100, data + 0x100, 6000 - 0x100);
	assert_int_equal(back[0] | back[0xff], 0);
	assert_int_equal(e->g->stats.bar1_block_write_bytes, 6000);
	assert_int_equal(e->g->stats.bar1_block_read_bytes, 6000);
}

static void test_bar_block_refused(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	const struct pci_bar_ops *ops = e->dev->bars[1].ops;
	uint64_t page = genv_vram(e, 4096, 4096);
	uint8_t buf[8192] = { 1 };

	gspace_map(e, &s, 0, 12, page, 0);
	genv_bind_bar(e, 1, &s);
	/* the second page is not there; the first was written */
	assert_int_equal(ops->write_block(e->dev, 0, buf, 8192), -EFAULT);
	assert_int_equal(*(uint8_t *)genv_ptr(e, page), 1);
	gspace_map(e, &s, 0x1000, 12, FAKE_MEM_IOVA, PTE_SYS);
	assert_int_equal(ops->write_block(e->dev, 0x1000, buf, 16), -EFAULT);
	assert_int_equal(e->g->stats.bar_sysmem, 1);
	assert_int_equal(fake_bar_read32(e->dev, 1, 0x1000), ~0u);
	assert_int_equal(fake_control(e->dev, "inject bar1-fail 1", NULL), 0);
	assert_int_equal(ops->read_block(e->dev, 0, buf, 16), -EFAULT);
	assert_int_equal(ops->read_block(e->dev, 0, buf, 16), 0);
}

static void test_bar_read_only_page(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	uint64_t page = genv_vram(e, 4096, 4096);

	gspace_map(e, &s, 0, 12, page, PTE_RO);
	genv_bind_bar(e, 3, &s);
	fake_bar_write32(e->dev, 3, 0, 1);
	assert_int_equal(fake_bar_read32(e->dev, 3, 0), 0);
	assert_int_equal(genv_rd(e, 0x259c), 1 << 5);
	assert_int_equal(genv_rd(e, 0x285c) & 0x1f, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, genv_setup, genv_teardown)
		TEST(test_stale_until_invalidated),
		TEST(test_faults_are_not_cached),
		TEST(test_permission_is_cached),
		TEST(test_invalidate_names_one_space),
		TEST(test_each_space_has_its_own),
		TEST(test_hub_only_invalidates_the_hub),
		TEST(test_eviction),
		TEST(test_reset_empties_the_cache),
		TEST(test_bar_unbound_shows_vram),
		TEST(test_bar_bound),
		TEST(test_bar_fault_is_reported),
		TEST(test_bar_block_crosses_pages),
		TEST(test_bar_block_refused),
		TEST(test_bar_read_only_page),
	};

	return cmocka_run_group_tests_name("gp100_tlb", tests, NULL, NULL);
}
