// SPDX-License-Identifier: GPL-2.0-or-later
/* The copy engine of the GPU model: geometry, apertures, bad launches. */
#include <errno.h>
#include <string.h>

#include "tests/gp100_env.h"

struct cenv {
	struct gspace s;
	struct gchan c;
};

static struct cenv cenv_new(struct genv *e)
{
	struct cenv v = { .s = gspace_new(e, false) };

	v.c = gchan_new(e, &v.s, 3, 1);
	v.c.space = NULL;	/* v moves */
	gce_bind(e, &v.c);
	return v;
}

static void fill(uint8_t *p, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)((i + seed) * 131 >> 3);
}

/* Phys modes: 0 video memory, 1 coherent system memory. */
static void phys(struct genv *e, struct gchan *c, uint32_t src, uint32_t dst)
{
	gchan_mthd(e, c, 4, 0x260, src);
	gchan_mthd(e, c, 4, 0x264, dst);
}

static void finish(struct genv *e, struct gchan *c)
{
	gce_release(e, c, 0xd0e);
	gchan_kick(e, c);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, c), 0xd0e);
}

/* As the driver migrates: physical pages, 512 lines of 4 KiB each way. */
static void test_migrate_copy(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	uint64_t sys = fake_alloc(e->h, 2 << 20, 4096);
	uint64_t back = fake_alloc(e->h, 2 << 20, 4096);
	uint64_t vram = genv_vram(e, 2 << 20, 2 << 20);

	fill(fake_mem(e->h, sys, 2 << 20), 2 << 20, 1);
	phys(e, &v.c, 1, 0);
	gce_setup(e, &v.c, sys, vram, 4096, 4096, 4096, 512);
	gce_launch(e, &v.c, CE_MULTI | CE_SRC_PHYS | CE_DST_PHYS);
	phys(e, &v.c, 0, 2);
	gce_setup(e, &v.c, vram, back, 4096, 4096, 4096, 512);
	gce_launch(e, &v.c, CE_MULTI | CE_SRC_PHYS | CE_DST_PHYS);
	finish(e, &v.c);
	assert_memory_equal(genv_ptr(e, vram), fake_mem(e->h, sys, 2 << 20),
			    2 << 20);
	assert_memory_equal(fake_mem(e->h, back, 2 << 20),
			    genv_ptr(e, vram), 2 << 20);
	assert_int_equal(e->g->stats.ce_bytes_sys_vram, 2 << 20);
	assert_int_equal(e->g->stats.ce_bytes_vram_sys, 2 << 20);
	assert_int_equal(e->g->stats.ce_launches, 2);
}

/* Virtual, unaligned, pitches that differ, pages scattered. */
static void test_virtual_pitch_copy(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	uint64_t a = genv_vram(e, 4 * 4096, 4096);
	uint64_t b = genv_vram(e, 65536, 65536);
	uint8_t *src = genv_ptr(e, a), *dst = genv_ptr(e, b), want[65536] = { 0 };
	uint32_t i, line;

	fill(src, 4 * 4096, 5);
	for (i = 0; i < 4; i++)		/* in reverse order */
		gspace_map(e, &v.s, 0x500000 + i * 4096, 12,
			   a + (3 - i) * 4096, 0);
	gspace_map(e, &v.s, 0x600000, 16, b, 0);
	gce_setup(e, &v.c, 0x500123, 0x600045, 1111, 999, 777, 11);
	gce_launch(e, &v.c, CE_MULTI);
	finish(e, &v.c);
	for (line = 0; line < 11; line++)
		for (i = 0; i < 777; i++) {
			uint32_t from = 0x123 + line * 1111 + i;

			want[0x45 + line * 999 + i] =
				src[(3 - from / 4096) * 4096 + from % 4096];
		}
	assert_memory_equal(dst, want, sizeof(want));
	assert_int_equal(e->g->stats.ce_bytes_vram_vram, 11 * 777);
}

static void test_negative_pitch(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	uint64_t a = genv_vram(e, 4096, 4096), b = genv_vram(e, 4096, 4096);

	fill(genv_ptr(e, a), 256, 9);
	gce_setup(e, &v.c, a, b + 3 * 64, 64, (uint32_t)-64, 64, 4);
	gce_launch(e, &v.c, CE_MULTI | CE_SRC_PHYS | CE_DST_PHYS);
	finish(e, &v.c);
	for (int i = 0; i < 4; i++)
		assert_memory_equal(genv_ptr(e, b + (3 - i) * 64),
				    genv_ptr(e, a + i * 64), 64);
}

static void test_without_multi_line_one_line(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	uint64_t a = genv_vram(e, 4096, 4096), b = genv_vram(e, 4096, 4096);

	memset(genv_ptr(e, a), 7, 4096);
	gce_setup(e, &v.c, a, b, 16, 16, 16, 100);
	gce_launch(e, &v.c, CE_SRC_PHYS | CE_DST_PHYS);
	finish(e, &v.c);
	assert_int_equal(*(uint8_t *)genv_ptr(e, b + 15), 7);
	assert_int_equal(*(uint8_t *)genv_ptr(e, b + 16), 0);
}

static void test_system_to_system(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	uint64_t a = fake_alloc(e->h, 300000, 4096);
	uint64_t b = fake_alloc(e->h, 300000, 4096);

	fill(fake_mem(e->h, a, 300000), 300000, 3);
	phys(e, &v.c, 1, 1);
	gce_setup(e, &v.c, a, b, 0, 0, 300000, 1);
	gce_launch(e, &v.c, CE_SRC_PHYS | CE_DST_PHYS);
	finish(e, &v.c);
	assert_memory_equal(fake_mem(e->h, b, 300000),
			    fake_mem(e->h, a, 300000), 300000);
	assert_int_equal(e->g->stats.ce_bytes_sys_sys, 300000);
}

static void remap(struct genv *e, struct gchan *c, uint32_t a, uint32_t b,
		  uint32_t components)
{
	gchan_mthd(e, c, 4, 0x700, a);
	gchan_mthd(e, c, 4, 0x704, b);
	gchan_mthd(e, c, 4, 0x708, components);
}

/* As the driver clears a page: two components of four bytes. */
static void test_remap_clear(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	uint64_t vram = genv_vram(e, 12288, 4096), i;
	uint8_t *p = genv_ptr(e, vram);

	memset(p, 0xff, 12288);
	phys(e, &v.c, 0, 0);
	remap(e, &v.c, 0, 0, 1 << 24 | 3 << 16 | 5 << 4 | 4);
	gce_setup(e, &v.c, 0, vram + 4096, 0, 0, 4096 / 8, 1);
	gce_launch(e, &v.c, CE_REMAP | CE_SRC_PHYS | CE_DST_PHYS);
	finish(e, &v.c);
	for (i = 0; i < 12288; i++)
		assert_int_equal(p[i], i >= 4096 && i < 8192 ? 0 : 0xff);
	assert_int_equal(e->g->stats.ce_bytes_fill, 4096);
}

/* Swap bytes 0 and 2, byte 1 constant, byte 3 kept; across a page. */
static void test_remap_swizzle(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	uint64_t a = genv_vram(e, 8192, 4096), b = genv_vram(e, 8192, 4096);
	uint8_t *src = genv_ptr(e, a + 4000), *dst = genv_ptr(e, b + 4000);

	fill(genv_ptr(e, a), 8192, 2);
	memset(genv_ptr(e, b), 0xee, 8192);
	gspace_map(e, &v.s, 0x500000, 12, a, 0);
	gspace_map(e, &v.s, 0x501000, 12, a + 4096, 0);
	gspace_map(e, &v.s, 0x600000, 12, b, 0);
	gspace_map(e, &v.s, 0x601000, 12, b + 4096, 0);
	remap(e, &v.c, 0x55, 0, 3 << 24 | 3 << 20 | 6 << 12 | 0 << 8 | 4 << 4 | 2);
	gce_setup(e, &v.c, 0x500000 + 4000, 0x600000 + 4000, 0, 0, 100, 1);
	gce_launch(e, &v.c, CE_REMAP);
	finish(e, &v.c);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(dst[4 * i], src[4 * i + 2]);
		assert_int_equal(dst[4 * i + 1], 0x55);
		assert_int_equal(dst[4 * i + 2], src[4 * i]);
		assert_int_equal(dst[4 * i + 3], 0xee);
	}
	assert_int_equal(dst[400], 0xee);
}

static void test_engine_semaphore(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	uint64_t va = GCHAN_SEM_VA + v.c.va + 0x40;

	gchan_mthd(e, &v.c, 4, 0x240, (uint32_t)(va >> 32));
	gchan_mthd(e, &v.c, 4, 0x244, (uint32_t)va);
	gchan_mthd(e, &v.c, 4, 0x248, 0xabcd);
	gchan_mthd(e, &v.c, 4, 0x300, 1 << 3);		/* no data, one word */
	finish(e, &v.c);
	assert_int_equal(*(uint64_t *)genv_ptr(e, v.c.sem + 0x40), 0xabcd);
}

static void check_refused(struct genv *e, struct gchan *c, uint32_t launch,
			  uint32_t error)
{
	uint64_t errors = e->g->stats.ce_launch_errors;

	gchan_mthd(e, c, 4, 0x300, launch);
	finish(e, c);
	assert_int_equal(e->g->stats.ce_launch_errors, errors + 1);
	assert_int_equal(genv_rd(e, 0x104410), 4);
	assert_int_equal(genv_rd(e, 0x104418), error);
	assert_int_equal(genv_rd(e, 0x100) & 1 << 5, 1 << 5);
	genv_wr(e, 0x104410, 4);
	assert_int_equal(genv_rd(e, 0x100) & 1 << 5, 0);
}

static void test_bad_launches(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);

	check_refused(e, &v.c, 0x183, 9);		/* transfer type 3 */
	check_refused(e, &v.c, 0x102, 0xd);		/* block-linear source */
	check_refused(e, &v.c, 0x082, 0xd);
	check_refused(e, &v.c, 0x182 | 1 << 19, 0xb);	/* reduction */
	phys(e, &v.c, 3, 0);
	check_refused(e, &v.c, 0x182 | CE_SRC_PHYS, 9);
}

static void test_physical_address_out_of_range(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);

	gce_setup(e, &v.c, 0, GENV_VRAM - 16, 0, 0, 32, 1);
	gce_launch(e, &v.c, CE_SRC_PHYS | CE_DST_PHYS);
	gchan_kick(e, &v.c);
	fake_run(e->h);
	assert_int_equal(v.c.ch->park, GP100_PARK_DEAD);
	assert_int_equal(genv_rd(e, 0x259c), 1 << 0x15);
	assert_int_equal(genv_rd(e, 0x295c) & 0x1f, 0xd);
}

/* 2^32 lines of 2^32 bytes: work is sliced, and ends with the channel. */
static void test_absurd_size_can_be_stopped(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);

	gce_setup(e, &v.c, 0x100000, 0x200000, 0, 0, 0x100000, ~0u);
	gce_launch(e, &v.c, CE_MULTI | CE_SRC_PHYS | CE_DST_PHYS);
	gchan_kick(e, &v.c);
	fake_run_ms(e->h, 20);
	assert_true(v.c.ch->op.active);
	genv_wr(e, 0x800018, 0);
	fake_run(e->h);
	assert_int_equal(v.c.ch->loaded, false);
}

static void test_absurd_sizes_do_not_escape(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 0x7fffffff, 0xffffffff };
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	unsigned int i, flags;

	for (i = 0; i < 4 * 4 * 8; i++) {
		flags = (i & 1 ? CE_MULTI : 0) | (i & 2 ? CE_REMAP : 0) |
			(i & 4 ? CE_SRC_PHYS | CE_DST_PHYS : 0);
		remap(e, &v.c, 0, 0, 0x03330000 | (i & 8 ? 0x4444 : 0x3210));
		gce_setup(e, &v.c, ~0ull, 0x1fffffffffff0ull, sizes[i / 8 % 4],
			  ~0u, sizes[i / 32 % 4], sizes[i / 8 % 4]);
		gce_launch(e, &v.c, flags);
		gchan_kick(e, &v.c);
		fake_run_ms(e->h, 1);
		if (v.c.ch->park == GP100_PARK_DEAD) {
			genv_wr(e, 0x259c, ~0u);
			gp100_chan_unpark(e->g, v.c.ch);
		}
		v.c.ch->op.active = false;
		v.c.start = 0;
	}
	gce_setup(e, &v.c, 0, 0, 0, 0, 0, 0);
	finish(e, &v.c);
}

static void test_dma_error_reads_ones(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);
	uint64_t vram = genv_vram(e, 4096, 4096);

	phys(e, &v.c, 1, 0);
	gce_setup(e, &v.c, 0x1000, vram, 0, 0, 64, 1);
	gce_launch(e, &v.c, CE_SRC_PHYS | CE_DST_PHYS);
	finish(e, &v.c);
	assert_int_equal(*(uint64_t *)genv_ptr(e, vram + 56), ~0ull);
	assert_int_equal(e->g->stats.dma_errors, 1);
}

static int reset_during_dma(void *arg, bool write, uint64_t addr, void *buf,
			    size_t len)
{
	(void)write, (void)addr, (void)buf, (void)len;
	fake_reset(((struct genv *)arg)->dev);
	return 0;
}

static void test_reset_during_dma(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);

	fake_set_dma(e->h, reset_during_dma, e);
	phys(e, &v.c, 1, 0);
	gce_setup(e, &v.c, 0x1000, genv_vram(e, 4096, 4096), 0, 0, 4096, 1);
	gce_launch(e, &v.c, CE_SRC_PHYS | CE_DST_PHYS);
	gce_release(e, &v.c, 1);
	gchan_kick(e, &v.c);
	fake_run(e->h);
	assert_int_equal(e->g->generation, 1);
	assert_int_equal(gce_sem(e, &v.c), 0);
	assert_int_equal(v.c.ch->bound, false);
	assert_int_equal(e->g->stats.gp_entries, 1);
}

static int unbind_during_dma(void *arg, bool write, uint64_t addr, void *buf,
			     size_t len)
{
	(void)write, (void)addr, (void)buf, (void)len;
	genv_wr(arg, 0x800018, 0);
	return 0;
}

static void test_unbind_during_dma(void **state)
{
	struct genv *e = *state;
	struct cenv v = cenv_new(e);

	fake_set_dma(e->h, unbind_during_dma, e);
	phys(e, &v.c, 1, 1);
	gce_setup(e, &v.c, 0x1000, 0x2000, 0, 0, 4096, 1);
	gce_launch(e, &v.c, CE_SRC_PHYS | CE_DST_PHYS);
	gce_release(e, &v.c, 1);
	gchan_kick(e, &v.c);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &v.c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, genv_setup, genv_teardown)
		TEST(test_migrate_copy),
		TEST(test_virtual_pitch_copy),
		TEST(test_negative_pitch),
		TEST(test_without_multi_line_one_line),
		TEST(test_system_to_system),
		TEST(test_remap_clear),
		TEST(test_remap_swizzle),
		TEST(test_engine_semaphore),
		TEST(test_bad_launches),
		TEST(test_physical_address_out_of_range),
		TEST(test_absurd_size_can_be_stopped),
		TEST(test_absurd_sizes_do_not_escape),
		TEST(test_dma_error_reads_ones),
		TEST(test_reset_during_dma),
		TEST(test_unbind_during_dma),
	};

	return cmocka_run_group_tests_name("gp100_ce", tests, NULL, NULL);
}
