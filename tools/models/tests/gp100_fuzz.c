// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random guests: registers, BARs, tables and push buffers full of garbage.
 * What is asserted is that the model stays within its memory (sanitizers),
 * that it comes back, and that it works after a reset.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/gp100_env.h"

static uint64_t seed;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Values that matter: small, aligned, all ones, anything. */
static uint64_t rnd_value(void)
{
	switch (rnd() % 6) {
	case 0:
		return rnd() % 64;
	case 1:
		return ~0ull;
	case 2:
		return rnd() % GENV_VRAM >> 12 | 0x80000000;
	case 3:
		return rnd() % GENV_VRAM & ~0xfffull;
	case 4:
		return 1ull << rnd() % 64;
	default:
		return rnd();
	}
}

/* After it all the GPU must still do its work. */
static void check_alive(struct genv *e)
{
	struct gspace s;
	struct gchan c;

	fake_reset(e->dev);
	e->next = 1 << 20;
	s = gspace_new(e, false);
	c = gchan_new(e, &s, 3, 1);
	gce_release(e, &c, 0x600d);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &c), 0x600d);
	assert_int_equal(genv_rd(e, 0), 0x130000a1);
}

static void fuzz_register(struct genv *e)
{
	const struct gp100_regs *r = &e->g->regs;
	uint32_t off = r->slots[rnd() % r->count].offset;
	unsigned int size = 1u << rnd() % 4;

	/* the channel registers are many: half of the time another one */
	if (off >= 0x800000 && off < 0x900000 && rnd() % 2)
		off = (uint32_t)(0x2000 + rnd() % 0x1000) & ~7u;
	off &= ~(size - 1);
	if (rnd() % 4)
		fake_bar_write(e->dev, 0, off, size, rnd_value());
	else
		fake_bar_read(e->dev, 0, off, size);
}

static void test_random_registers(void **state)
{
	struct genv *e = *state;
	unsigned int i;

	seed = 0x1234567;
	for (i = 0; i < 300000; i++) {
		fuzz_register(e);
		if (i % 1000 == 0)
			fake_run_ms(e->h, 1);
		if (i % 50000 == 0)
			fake_reset(e->dev);
	}
	check_alive(e);
}

static void test_random_anywhere(void **state)
{
	struct genv *e = *state;
	unsigned int i, bar, size;
	uint64_t off;

	seed = 0x7654321;
	for (i = 0; i < 200000; i++) {
		bar = rnd() % 2 ? 0 : rnd() % 2 ? 1 : 3;
		size = 1u << rnd() % 4;
		off = rnd() % e->dev->bars[bar].size & ~(uint64_t)(size - 1);
		if (rnd() % 2)
			fake_bar_write(e->dev, bar, off, size, rnd_value());
		else
			fake_bar_read(e->dev, bar, off, size);
		if (i % 1000 == 0)
			fake_run_ms(e->h, 1);
	}
	check_alive(e);
}

/* Mostly known methods with strange values, sometimes any word. */
static void push_random(struct genv *e, struct gchan *c)
{
	static const uint16_t mthds[] = {
		0x00, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x240, 0x244, 0x260, 0x264,
		0x300, 0x400, 0x404, 0x408, 0x40c, 0x418, 0x41c, 0x700, 0x708,
	};
	uint16_t mthd = mthds[rnd() % 19];

	if (rnd() % 64 == 0)
		gchan_push(e, c, (uint32_t)rnd_value());
	else if (mthd == 0x300)
		gce_launch(e, c, rnd() % 4 ? rnd() & 0x3e18 : rnd_value());
	else if (mthd == 0)
		gce_bind(e, c);
	else
		gchan_mthd(e, c, 4, mthd, (uint32_t)rnd_value());
}

/* Clears what stopped the channel, as a driver that ignores all errors. */
static void carry_on(struct genv *e, struct gchan *c)
{
	genv_wr(e, 0x042108, ~0u);
	genv_wr(e, 0x259c, ~0u);
	genv_wr(e, 0x104410, ~0u);
	if (c->ch->park != GP100_PARK_NONE)
		gp100_chan_unpark(e->g, c->ch);
	c->ch->acquire = 0;
	c->ch->op.active = false;
}

static void test_random_push_buffers(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, true);
	struct gchan c = gchan_new(e, &s, 3, 1);
	uint64_t sys = fake_alloc(e->h, 1 << 20, 1 << 16);
	unsigned int round, i;

	seed = 0xabcdef;
	for (i = 0; i < 16; i++)
		gspace_map(e, &s, i * 0x200000ull, 21, i % 4 * 0x200000ull +
			   0x2000000, i & 4 ? PTE_RO : 0);
	gspace_map(e, &s, 0x8000000, 16, sys, PTE_SYS);
	for (round = 0; round < 3000; round++) {
		c.start = 0;
		gce_bind(e, &c);
		for (i = 0; i < 200; i++)
			push_random(e, &c);
		gchan_kick(e, &c);
		fake_run_ms(e->h, 1);
		carry_on(e, &c);
		if (round % 100 == 0)
			genv_wr(e, 0x100cbc, 0x8000000b);
	}
	assert_true(e->g->stats.methods > 10000);
	assert_true(e->g->stats.ce_launches > 100);
	check_alive(e);
}

/* Tables, contexts and GPFIFO of a running channel are overwritten. */
static void test_random_tables(void **state)
{
	struct genv *e = *state;
	unsigned int round, i;
	struct gspace s;
	struct gchan c;

	seed = 0xfedcba;
	for (round = 0; round < 200; round++) {
		e->next = 1 << 20;
		s = gspace_new(e, round & 1);
		c = gchan_new(e, &s, 3, 1);
		genv_bind_bar(e, 1, &s);
		gce_bind(e, &c);
		for (i = 0; i < 50; i++)
			push_random(e, &c);
		for (i = 0; i < 300; i++) {
			uint64_t v = rnd_value(), at = (1 << 20) + (rnd() %
				     (e->next - (1 << 20)) & ~7ull);

			memcpy(genv_ptr(e, at), &v, 8);
		}
		gchan_kick(e, &c);
		fake_run_ms(e->h, 1);
		for (i = 0; i < 50; i++)
			fake_bar_write64(e->dev, 1, rnd() %
					 e->dev->bars[1].size & ~7ull, rnd());
		fake_reset(e->dev);
	}
	check_alive(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, genv_setup, genv_teardown)
		TEST(test_random_registers),
		TEST(test_random_anywhere),
		TEST(test_random_push_buffers),
		TEST(test_random_tables),
	};

	return cmocka_run_group_tests_name("gp100_fuzz", tests, NULL, NULL);
}
