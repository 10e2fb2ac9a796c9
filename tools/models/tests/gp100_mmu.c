// SPDX-License-Identifier: GPL-2.0-or-later
/* The page-table walker of the GPU model. */
#include <stdlib.h>
#include <string.h>

#include "tests/gp100_env.h"

#define VA	0x712345600000ull	/* 2 MiB aligned */

static void test_walk_page_sizes(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &s, VA, 12, 0x345000, 0);
	gspace_map(e, &s, VA + 0x200000, 16, 0x350000, 0);
	gspace_map(e, &s, VA + 0x400000, 21, 0x400000, 0);
	assert_int_equal(gspace_walk(e, &s, VA + 0xabc, &x), 0);
	assert_int_equal(x.addr, 0x345abc);
	assert_int_equal(x.shift, 12);
	assert_int_equal(x.aper, GP100_APER_VRAM);
	assert_int_equal(gspace_walk(e, &s, VA + 0x20fff0, &x), 0);
	assert_int_equal(x.addr, 0x35fff0);
	assert_int_equal(x.shift, 16);
	assert_int_equal(gspace_walk(e, &s, VA + 0x5ffff8, &x), 0);
	assert_int_equal(x.addr, 0x5ffff8);
	assert_int_equal(x.shift, 21);
}

static void test_walk_flags(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &s, VA, 12, 0x7fff12345000ull, PTE_SYS | PTE_RO);
	assert_int_equal(gspace_walk(e, &s, VA + 8, &x), 0);
	assert_int_equal(x.aper, GP100_APER_SYS_COH);
	assert_int_equal(x.addr, 0x7fff12345008ull);
	assert_true(x.ro);
	gspace_map(e, &s, VA, 12, 0x1000, PTE_PRIV | 0xdbull << 56);
	assert_int_equal(gspace_walk(e, &s, VA, &x), 0);
	assert_false(x.ro);
	assert_true(x.priv);
	assert_int_equal(x.kind, 0xdb);
}

static void test_walk_holes(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	assert_int_equal(gspace_walk(e, &s, VA, &x), GP100_FAULT_PDE);
	gspace_map(e, &s, VA, 12, 0x345000, 0);
	assert_int_equal(gspace_walk(e, &s, VA + 0x1000, &x), GP100_FAULT_PTE);
	assert_int_equal(gspace_walk(e, &s, VA + 0x200000, &x),
			 GP100_FAULT_PDE);
	gspace_unmap(e, &s, VA, 12);
	assert_int_equal(gspace_walk(e, &s, VA, &x), GP100_FAULT_PTE);
}

static void test_walk_sparse(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	*gspace_pte(e, &s, VA, 12) = PTE_SPARSE;
	assert_int_equal(gspace_walk(e, &s, VA, &x), 0);
	assert_true(x.sparse);
	assert_int_equal(x.shift, 12);
	*gspace_pte(e, &s, VA + 0x200000, 16) = PTE_SPARSE;
	assert_int_equal(gspace_walk(e, &s, VA + 0x200000, &x), 0);
	assert_true(x.sparse);
	*gspace_pte(e, &s, VA + 0x400000, 21) = PTE_SPARSE;
	assert_int_equal(gspace_walk(e, &s, VA + 0x400000, &x), 0);
	assert_true(x.sparse);
	/* a whole entry of the root */
	*(uint64_t *)genv_ptr(e, s.root) = PTE_SPARSE;
	assert_int_equal(gspace_walk(e, &s, 0x1000, &x), 0);
	assert_true(x.sparse);
}

/* Big entry valid: it wins.  Privileged but invalid: fault.  Zero: small. */
static void test_walk_big_or_small(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &s, VA, 12, 0x345000, 0);
	gspace_map(e, &s, VA, 16, 0x350000, 0);
	assert_int_equal(gspace_walk(e, &s, VA, &x), 0);
	assert_int_equal(x.addr, 0x350000);
	*gspace_pte(e, &s, VA, 16) = PTE_PRIV;
	assert_int_equal(gspace_walk(e, &s, VA, &x), GP100_FAULT_PTE);
	*gspace_pte(e, &s, VA, 16) = 0;
	assert_int_equal(gspace_walk(e, &s, VA, &x), 0);
	assert_int_equal(x.addr, 0x345000);
}

static void test_walk_limits(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &s, VA, 12, 0x345000, 0);
	s.vmm.limit = VA + 0xfff;
	assert_int_equal(gspace_walk(e, &s, VA + 0xfff, &x), 0);
	assert_int_equal(gspace_walk(e, &s, VA + 0x1000, &x),
			 GP100_FAULT_LIMIT);
	assert_int_equal(gspace_walk(e, &s, 1ull << 49, &x),
			 GP100_FAULT_LIMIT);
	assert_int_equal(gspace_walk(e, &s, ~0ull, &x), GP100_FAULT_LIMIT);
}

static void test_walk_bad_apertures(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;

	gspace_map(e, &s, VA, 12, 0x345000, PTE_PEER);
	assert_int_equal(gspace_walk(e, &s, VA, &x), GP100_FAULT_APERTURE);
	/* a table beyond the end of video memory */
	*(uint64_t *)genv_ptr(e, s.root) = (GENV_VRAM >> 12) << 8 | 2;
	assert_int_equal(gspace_walk(e, &s, 0, &x), GP100_FAULT_REGION);
	*(uint64_t *)genv_ptr(e, s.root) = ~0ull << 8 | 2;
	assert_int_equal(gspace_walk(e, &s, 0, &x), GP100_FAULT_REGION);
	s.vmm.root = 0xfffffffffffff000ull;
	assert_int_equal(gspace_walk(e, &s, 0, &x), GP100_FAULT_REGION);
	s.vmm.valid = false;
	assert_int_equal(gspace_walk(e, &s, 0, &x), GP100_FAULT_PDE);
}

static void test_walk_table_in_system_memory(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	uint64_t table = fake_alloc(e->h, 4096, 4096);
	uint64_t *pd0 = gspace_pte(e, &s, VA, 21);
	struct gp100_xlat x;

	pd0[1] = table >> 12 << 8 | 4;
	assert_int_equal(gspace_walk(e, &s, VA, &x), GP100_FAULT_PTE);
	*(uint64_t *)fake_mem(e->h, table, 8) = 0x346000 >> 12 << 8 | PTE_VALID;
	assert_int_equal(gspace_walk(e, &s, VA, &x), 0);
	assert_int_equal(x.addr, 0x346000);
	/* not while the VMM waits for an answer */
	assert_int_equal(gp100_mmu_walk(e->g, &s.vmm, VA, false, &x),
			 GP100_FAULT_APERTURE);
}

/* Every entry points back to the root: a walk ends, with or without a page. */
static void test_walk_loops(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	uint64_t *root = genv_ptr(e, s.root);
	struct gp100_xlat x;
	size_t i;
	int ret;

	for (i = 0; i < 512; i++)
		root[i] = s.root >> 12 << 8 | 2;
	ret = gspace_walk(e, &s, VA, &x);
	assert_true(ret == GP100_FAULT_PTE || ret == GP100_FAULT_APERTURE);
}

static void test_walk_garbage(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gp100_xlat x;
	uint64_t seed = 12345;
	unsigned int i, valid = 0, faults = 0;

	for (i = 0; i < GENV_VRAM / 8; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		/* mostly pointers into video memory */
		((uint64_t *)e->g->vram.mem)[i] =
			(seed >> 20 & 0x3fff) << 8 | (seed >> 56 & 0x7f);
	}
	for (i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		if (gspace_walk(e, &s, seed >> 15, &x))
			faults++;
		else
			valid++;
	}
	assert_int_equal(faults + valid, 20000);
	assert_true(faults > 100 && valid > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, genv_setup, genv_teardown)
		TEST(test_walk_page_sizes),
		TEST(test_walk_flags),
		TEST(test_walk_holes),
		TEST(test_walk_sparse),
		TEST(test_walk_big_or_small),
		TEST(test_walk_limits),
		TEST(test_walk_bad_apertures),
		TEST(test_walk_table_in_system_memory),
		TEST(test_walk_loops),
		TEST(test_walk_garbage),
	};

	return cmocka_run_group_tests_name("gp100_mmu", tests, NULL, NULL);
}
