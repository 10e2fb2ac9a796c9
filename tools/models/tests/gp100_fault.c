// SPDX-License-Identifier: GPL-2.0-or-later
/* Replayable faults, replay, cancel and fatal faults of the GPU model. */
#include <string.h>

#include "tests/gp100_env.h"

#define BUF_VA		0x20000ull	/* of the fault buffer, in BAR2 */
#define SRC_VA		0x7f0012340000ull
#define DST_VA		0x7f0056780000ull

struct fenv {
	struct gspace bar, s;
	uint64_t buf;
};

static struct fenv fenv_new(struct genv *e)
{
	struct fenv f = {
		.bar = gspace_new(e, false), .s = gspace_new(e, true),
		.buf = genv_vram(e, 8192, 4096),
	};

	/* two pages that do not lie in a row */
	gspace_map(e, &f.bar, BUF_VA, 12, f.buf + 4096, 0);
	gspace_map(e, &f.bar, BUF_VA + 4096, 12, f.buf, 0);
	genv_bind_bar(e, 3, &f.bar);
	assert_int_equal(genv_rd(e, 0x2a78), 256);
	genv_wr(e, 0x2a74, 0);
	genv_wr(e, 0x2a70, BUF_VA);
	genv_wr(e, 0x2a70, genv_rd(e, 0x2a70) | 1);
	genv_wr(e, 0x160, 1 << 9);
	fake_irqs_clear(e->dev);
	return f;
}

static const uint32_t *entry(struct genv *e, struct fenv *f, unsigned int i)
{
	return genv_ptr(e, f->buf + (i < 128 ? 4096 : 0) + i % 128 * 32);
}

/* A copy of 64 bytes and then a semaphore. */
static struct gchan copier(struct genv *e, struct gspace *s, uint32_t id)
{
	struct gchan c = gchan_new(e, s, id, 1);
	uint32_t ids[64], n;

	for (n = 0; n <= id; n++)
		ids[n] = n;
	gchan_runlist(e, 1, ids, id + 1);
	gce_bind(e, &c);
	gce_setup(e, &c, SRC_VA + 0x10, DST_VA + 0x20, 0, 0, 64, 1);
	gce_launch(e, &c, 0);
	gce_release(e, &c, 0xd0e);
	return c;
}

static void replay(struct genv *e)
{
	genv_wr(e, 0x100cbc, 0x8000000b);
	fake_run(e->h);
}

static void test_fault_and_replay(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan c = copier(e, &f.s, 3);
	uint64_t a = genv_vram(e, 4096, 4096), b = genv_vram(e, 4096, 4096);
	const uint32_t *p = entry(e, &f, 0);

	memset(genv_ptr(e, a + 0x10), 0x5a, 64);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(genv_rd(e, 0x2a80), 1);
	assert_int_equal(p[0], c.ch->inst);
	assert_int_equal(p[1], 0);
	assert_int_equal(p[2], (uint32_t)SRC_VA);
	assert_int_equal(p[3], SRC_VA >> 32);
	assert_int_equal(p[6], 0x15);
	assert_int_equal(p[7], 1u << 31 | 1 << 20 | 1 << 8);
	gspace_map(e, &f.s, SRC_VA, 12, a, 0);
	replay(e);
	/* now the destination, a write */
	assert_int_equal(genv_rd(e, 0x2a80), 2);
	p = entry(e, &f, 1);
	assert_int_equal(p[2], (uint32_t)DST_VA);
	assert_int_equal(p[7] >> 16 & 15, 1);
	assert_int_equal(gce_sem(e, &c), 0);
	gspace_map(e, &f.s, DST_VA, 12, b, 0);
	replay(e);
	assert_int_equal(gce_sem(e, &c), 0xd0e);
	assert_int_equal(*(uint8_t *)genv_ptr(e, b + 0x20), 0x5a);
	assert_int_equal(*(uint8_t *)genv_ptr(e, b + 0x20 + 63), 0x5a);
	assert_int_equal(*(uint8_t *)genv_ptr(e, b + 0x20 + 64), 0);
	assert_int_equal(e->g->stats.faults_replayable, 2);
	assert_int_equal(e->g->stats.fault_replays, 2);
}

static void test_write_to_read_only(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan c = copier(e, &f.s, 3);
	uint64_t a = genv_vram(e, 4096, 4096);

	gspace_map(e, &f.s, SRC_VA, 12, a, PTE_RO);
	gspace_map(e, &f.s, DST_VA, 12, a, PTE_RO);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(genv_rd(e, 0x2a80), 1);
	assert_int_equal(entry(e, &f, 0)[7] & 0x1f, 6);
	gspace_map(e, &f.s, DST_VA, 12, a, 0);
	replay(e);
	assert_int_equal(gce_sem(e, &c), 0xd0e);
}

/* Latched when an entry is written, cleared by reading, latched again when
 * GET moves and something is left. */
static void test_fault_interrupt(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan a = copier(e, &f.s, 1), b = copier(e, &f.s, 2);

	gchan_kick(e, &a);
	gchan_kick(e, &b);
	fake_run(e->h);
	assert_int_equal(genv_rd(e, 0x2a80), 2);
	assert_int_equal(fake_irqs(e->dev, 0), 1);
	assert_int_equal(genv_rd(e, 0x100) & 1 << 9, 1 << 9);
	assert_int_equal(genv_rd(e, 0x100) & 1 << 9, 0);
	genv_wr(e, 0x2a7c, 1);
	assert_int_equal(fake_irqs(e->dev, 0), 2);
	assert_int_equal(genv_rd(e, 0x100) & 1 << 9, 1 << 9);
	genv_wr(e, 0x2a7c, 2);
	assert_int_equal(genv_rd(e, 0x100) & 1 << 9, 0);
	assert_int_equal(fake_irqs(e->dev, 0), 2);
}

/* The buffer wraps, and a full one loses entries but no faults. */
static void test_buffer_full(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan c = copier(e, &f.s, 3);
	unsigned int i;

	gchan_kick(e, &c);
	fake_run(e->h);
	for (i = 0; i < 255; i++)
		replay(e);
	assert_int_equal(genv_rd(e, 0x2a80), 255);
	assert_int_equal(e->g->stats.fault_overflows, 1);
	replay(e);
	assert_int_equal(genv_rd(e, 0x2a80), 255);
	assert_int_equal(e->g->stats.fault_overflows, 2);
	assert_int_equal(c.ch->park, GP100_PARK_FAULT);
	genv_wr(e, 0x2a7c, 10);
	replay(e);
	replay(e);
	assert_int_equal(genv_rd(e, 0x2a80), 1);	/* wrapped */
	assert_int_equal(entry(e, &f, 255)[2], (uint32_t)SRC_VA);
	assert_int_equal(e->g->stats.fault_overflows, 2);
}

static void test_buffer_not_mapped(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan c = copier(e, &f.s, 3);

	genv_wr(e, 0x2a70, 0x700001);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(genv_rd(e, 0x2a80), 0);
	assert_int_equal(e->g->stats.guest_errors, 1);
	assert_int_equal(c.ch->park, GP100_PARK_FAULT);
}

static void test_buffer_off_means_fatal(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan c = copier(e, &f.s, 3);

	genv_wr(e, 0x2a70, BUF_VA);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(genv_rd(e, 0x259c), 1 << 0x15);
	assert_int_equal(c.ch->park, GP100_PARK_DEAD);
}

static void test_not_replayable_space(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gspace s = gspace_new(e, false);
	struct gchan c = copier(e, &s, 3);

	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(genv_rd(e, 0x2a80), 0);
	assert_int_equal(genv_rd(e, 0x2950), c.ch->inst >> 12);
	assert_int_equal(genv_rd(e, 0x2954), (uint32_t)(SRC_VA + 0x10));
	assert_int_equal(genv_rd(e, 0x2958), SRC_VA >> 32);
	(void)f;
}

/* As gf100_gr_fecs_ctrl_ctxsw() does. */
static void ctxsw(struct genv *e, uint32_t mthd)
{
	genv_wr(e, 0x409804, ~0u);
	genv_wr(e, 0x409800, 0);
	genv_wr(e, 0x409500, ~0u);
	genv_wr(e, 0x409504, mthd);
	assert_int_equal(genv_rd(e, 0x409804), 1);
}

static void test_cancel(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan c = copier(e, &f.s, 3);

	gchan_kick(e, &c);
	fake_run(e->h);
	ctxsw(e, 0x38);
	assert_int_equal(genv_rd(e, 0x409b00), 0x80000000 | c.ch->inst >> 12);
	genv_wr(e, 0x100cbc, 0x8010041b);	/* another client */
	assert_int_equal(c.ch->park, GP100_PARK_FAULT);
	genv_wr(e, 0x100cbc, 0x8000021b);	/* a GPC's client */
	assert_int_equal(c.ch->park, GP100_PARK_FAULT);
	genv_wr(e, 0x100cbc, 0x8010021b);
	ctxsw(e, 0x39);
	assert_int_equal(c.ch->park, GP100_PARK_DEAD);
	assert_int_equal(genv_rd(e, 0x259c), 1 << 0x15);
	assert_int_equal(genv_rd(e, 0x2950), c.ch->inst >> 12);
	replay(e);
	assert_int_equal(c.ch->park, GP100_PARK_DEAD);
	assert_int_equal(gce_sem(e, &c), 0);
}

/* Each stop of the context switches shows another parked channel. */
static void test_cancel_finds_every_channel(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan a = copier(e, &f.s, 1), b = copier(e, &f.s, 2);
	uint32_t first, second;

	gchan_kick(e, &a);
	gchan_kick(e, &b);
	fake_run(e->h);
	ctxsw(e, 0x38);
	first = genv_rd(e, 0x409b00);
	ctxsw(e, 0x38);
	second = genv_rd(e, 0x409b00);
	assert_int_not_equal(first, second);
	genv_wr(e, 0x100cbc, 0x8010021b);
	assert_int_equal((a.ch->park == GP100_PARK_DEAD) +
			 (b.ch->park == GP100_PARK_DEAD), 1);
	ctxsw(e, 0x38);
	genv_wr(e, 0x100cbc, 0x8010021b);
	assert_int_equal(a.ch->park, GP100_PARK_DEAD);
	assert_int_equal(b.ch->park, GP100_PARK_DEAD);
	/* one set of registers: the second is shown after the first */
	first = genv_rd(e, 0x2950);
	genv_wr(e, 0x259c, 1 << 0x15);
	assert_int_equal(genv_rd(e, 0x259c), 1 << 0x15);
	assert_int_not_equal(genv_rd(e, 0x2950), first);
	genv_wr(e, 0x259c, 1 << 0x15);
	assert_int_equal(genv_rd(e, 0x259c), 0);
}

/* Progress is kept: after the fault in the middle nothing is copied twice. */
static void test_fault_in_the_middle(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan c = gchan_new(e, &f.s, 3, 1);
	uint64_t a = genv_vram(e, 8192, 4096), b = genv_vram(e, 8192, 4096);

	memset(genv_ptr(e, a), 0x11, 8192);
	gspace_map(e, &f.s, SRC_VA, 12, a, 0);
	gspace_map(e, &f.s, SRC_VA + 4096, 12, a + 4096, 0);
	gspace_map(e, &f.s, DST_VA, 12, b, 0);
	gce_bind(e, &c);
	gce_setup(e, &c, SRC_VA, DST_VA, 0, 0, 8192, 1);
	gce_launch(e, &c, 0);
	gce_release(e, &c, 1);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(entry(e, &f, 0)[2], (uint32_t)DST_VA + 4096);
	assert_int_equal(e->g->stats.ce_bytes_vram_vram, 4096);
	gspace_map(e, &f.s, DST_VA + 4096, 12, b + 4096, 0);
	replay(e);
	assert_int_equal(gce_sem(e, &c), 1);
	assert_int_equal(e->g->stats.ce_bytes_vram_vram, 8192);
	assert_memory_equal(genv_ptr(e, a), genv_ptr(e, b), 8192);
}

/* A kill while parked: disable and unbind; replay finds nothing. */
static void test_unbind_while_parked(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan c = copier(e, &f.s, 3);

	gchan_kick(e, &c);
	fake_run(e->h);
	genv_wr(e, 0x80001c, 0x800);
	genv_wr(e, 0x800018, 0);
	assert_int_equal(c.ch->park, GP100_PARK_NONE);
	replay(e);
	assert_int_equal(genv_rd(e, 0x2a80), 1);
	assert_int_equal(gce_sem(e, &c), 0);
}

static void test_reset_while_parked(void **state)
{
	struct genv *e = *state;
	struct fenv f = fenv_new(e);
	struct gchan c = copier(e, &f.s, 3);

	gchan_kick(e, &c);
	fake_run(e->h);
	fake_reset(e->dev);
	assert_int_equal(genv_rd(e, 0x2a80), 0);
	assert_int_equal(c.ch->park, GP100_PARK_NONE);
	replay(e);
	assert_int_equal(gce_sem(e, &c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, genv_setup, genv_teardown)
		TEST(test_fault_and_replay),
		TEST(test_write_to_read_only),
		TEST(test_fault_interrupt),
		TEST(test_buffer_full),
		TEST(test_buffer_not_mapped),
		TEST(test_buffer_off_means_fatal),
		TEST(test_not_replayable_space),
		TEST(test_cancel),
		TEST(test_cancel_finds_every_channel),
		TEST(test_fault_in_the_middle),
		TEST(test_unbind_while_parked),
		TEST(test_reset_while_parked),
	};

	return cmocka_run_group_tests_name("gp100_fault", tests, NULL, NULL);
}
