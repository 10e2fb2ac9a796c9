// SPDX-License-Identifier: GPL-2.0-or-later
/* Push buffers, host methods and channel control of the GPU model. */
#include <string.h>

#include "tests/gp100_env.h"

#define HDR(op, count, subc, mthd) \
	((uint32_t)(op) << 29 | (uint32_t)(count) << 16 | \
	 (uint32_t)(subc) << 13 | (mthd) >> 2)

static void test_release(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);

	gchan_push(e, &c, 0);			/* no operation */
	gce_release(e, &c, 0x12345678);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &c), 0x12345678);
	assert_int_equal(*(uint32_t *)genv_ptr(e, c.userd + 0x88), 1);
	assert_int_equal(e->g->stats.methods, 4);
	assert_int_equal(e->g->stats.gp_entries, 1);
}

static void test_release_with_time_stamp(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);
	uint64_t va = GCHAN_SEM_VA + c.va, *sem = genv_ptr(e, c.sem);

	sem[0] = sem[1] = ~0ull;
	gchan_push(e, &c, HDR(1, 4, 0, 0x10));
	gchan_push(e, &c, (uint32_t)(va >> 32));
	gchan_push(e, &c, (uint32_t)va);
	gchan_push(e, &c, 77);
	gchan_push(e, &c, 2);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(sem[0], 77);
	assert_true(sem[1] && sem[1] != ~0ull);
	assert_true(gp100_timer_now(e->g) - sem[1] < 10000000000ull);
}

static void test_release_to_system_memory(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);
	uint64_t iova = fake_alloc(e->h, 4096, 4096);

	gspace_map(e, &s, GCHAN_SEM_VA + c.va, 12, iova, PTE_SYS);
	gce_release(e, &c, 5);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(*(uint32_t *)fake_mem(e->h, iova, 4), 5);
	assert_int_equal(gce_sem(e, &c), 0);
}

/* The same value by each header: incrementing, once, not, immediate. */
static void test_header_kinds(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);

	gchan_push(e, &c, HDR(4, 0x1abc, 5, 0));	/* immediate: object */
	gchan_push(e, &c, HDR(3, 3, 0, 0x18));		/* payload three times */
	gchan_push(e, &c, 1);
	gchan_push(e, &c, 2);
	gchan_push(e, &c, 3);
	gchan_push(e, &c, HDR(5, 3, 0, 0x10));		/* hi, then lo twice */
	gchan_push(e, &c, 0xa1);
	gchan_push(e, &c, 0xb1);
	gchan_push(e, &c, 0xb2);
	gchan_push(e, &c, HDR(7, 0, 0, 0));		/* end of segment */
	gchan_push(e, &c, HDR(6, 0, 0, 0));		/* never read */
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(c.ch->classes[5], 0x1abc);
	assert_int_equal(c.ch->sem_payload, 3);
	assert_int_equal(c.ch->sem_hi, 0xa1);
	assert_int_equal(c.ch->sem_lo, 0xb2);
	assert_int_equal(e->g->stats.pbdma_errors, 0);
}

static void push_acquire(struct genv *e, struct gchan *c, uint32_t op,
			 uint32_t payload)
{
	uint64_t va = GCHAN_SEM_VA + c->va;

	gchan_push(e, c, HDR(1, 4, 0, 0x10));
	gchan_push(e, c, (uint32_t)(va >> 32));
	gchan_push(e, c, (uint32_t)va + 0x100);
	gchan_push(e, c, payload);
	gchan_push(e, c, op);
}

static void check_acquire(struct genv *e, uint32_t id, uint32_t op,
			  uint32_t payload, uint32_t no, uint32_t yes)
{
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, id, 1);
	uint32_t *sem = genv_ptr(e, c.sem + 0x100);

	*sem = no;
	push_acquire(e, &c, op, payload);
	gce_release(e, &c, 0x600d);
	gchan_kick(e, &c);
	fake_run_ms(e->h, 5);
	assert_int_equal(gce_sem(e, &c), 0);
	assert_int_equal(c.ch->park, GP100_PARK_ACQUIRE);
	*sem = yes;
	fake_run_ms(e->h, 5);
	assert_int_equal(gce_sem(e, &c), 0x600d);
	assert_int_equal(e->g->fifo.acquiring, 0);
}

static void test_acquire(void **state)
{
	struct genv *e = *state;

	check_acquire(e, 1, 1, 9, 10, 9);
	check_acquire(e, 2, 4, 9, 8, 10);
	check_acquire(e, 3, 4, 0, 0xffffffff, 1);	/* wraps */
	check_acquire(e, 4, 8, 0xf0, 0x0f, 0x1f);
	assert_int_equal(e->g->stats.sem_acquires, 4);
	assert_int_equal(e->g->stats.sem_acquire_waits, 4);
}

/* One channel waits for the other; both on one runlist. */
static void test_acquire_lets_others_run(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan a = gchan_new(e, &s, 1, 1), b = gchan_new(e, &s, 2, 1);
	uint32_t ids[] = { 1, 2 };

	gchan_runlist(e, 1, ids, 2);
	push_acquire(e, &a, 1, 0x99);
	gce_release(e, &a, 1);
	gspace_map(e, &s, GCHAN_SEM_VA + b.va, 12, a.sem, 0);
	gchan_push(e, &b, HDR(1, 4, 0, 0x10));
	gchan_push(e, &b, 0);
	gchan_push(e, &b, (uint32_t)(GCHAN_SEM_VA + b.va + 0x100));
	gchan_push(e, &b, 0x99);
	gchan_push(e, &b, 0x01000002);
	gchan_kick(e, &a);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &a), 0);
	gchan_kick(e, &b);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &a), 1);
}

static void test_nonstall_interrupt(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);

	genv_wr(e, 0x160, 1 << 8);
	genv_wr(e, 0x2a00, ~0u);
	fake_irqs_clear(e->dev);
	gchan_mthd(e, &c, 0, 0x20, 0);
	gchan_kick(e, &c);
	fake_run(e->h);
	/* latched, but nobody waits */
	assert_int_equal(genv_rd(e, 0x2100), 0x80000000);
	assert_int_equal(fake_irqs(e->dev, 0), 0);
	genv_wr(e, 0x2140, 0x80000000);
	assert_int_equal(fake_irqs(e->dev, 0), 1);
	assert_int_equal(genv_rd(e, 0x100), 1 << 8);
	genv_wr(e, 0x2100, 0x80000000);
	assert_int_equal(genv_rd(e, 0x100), 0);
}

static void check_error(struct genv *e, struct gchan *c, uint32_t bit)
{
	fake_run(e->h);
	assert_int_equal(genv_rd(e, 0x042108), bit);
	assert_int_equal(genv_rd(e, 0x0025a0), 2);
	assert_int_equal(genv_rd(e, 0x042120), c->id);
	assert_int_equal(genv_rd(e, 0x2100) & 0x20000000, 0x20000000);
	assert_int_equal(c->ch->park, GP100_PARK_PBDMA);
	genv_wr(e, 0x042108, bit);
	assert_int_equal(c->ch->park, GP100_PARK_NONE);
	assert_int_equal(genv_rd(e, 0x0025a0), 0);
	fake_run(e->h);
}

static void test_errors_stop_until_cleared(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);

	genv_wr(e, 0x04210c, ~0u);
	gchan_push(e, &c, HDR(6, 0, 0, 0));		/* no such header */
	gchan_kick(e, &c);
	check_error(e, &c, 1 << 17);
	gchan_mthd(e, &c, 0, 0xc0, 0);			/* no such method */
	gchan_kick(e, &c);
	check_error(e, &c, 1 << 21);
	gchan_mthd(e, &c, 6, 0x300, 0);			/* empty sub-channel */
	gce_release(e, &c, 0xfee1);
	gchan_kick(e, &c);
	check_error(e, &c, 1 << 23);
	assert_int_equal(gce_sem(e, &c), 0xfee1);	/* goes on behind it */
	gchan_mthd(e, &c, 0, 0x14, 0x1001);
	gchan_mthd(e, &c, 0, 0x1c, 0x01000002);		/* misaligned */
	gchan_kick(e, &c);
	check_error(e, &c, 1 << 25);
	gchan_ring(e, &c, GCHAN_ENTRIES);		/* GP_PUT too large */
	fake_run(e->h);
	assert_int_equal(genv_rd(e, 0x042108), 1 << 14);
	assert_int_equal(e->g->stats.pbdma_errors, 5);
}

static void test_other_class_is_counted(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 0);

	gchan_mthd(e, &c, 1, 0, 0xc097);
	gchan_mthd(e, &c, 1, 0x1234, 7);
	gce_release(e, &c, 1);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(e->g->stats.unknown_methods, 1);
	assert_int_equal(gce_sem(e, &c), 1);
}

/* A hole in the push buffer: fatal, reported with address and instance. */
static void test_host_fault_is_fatal(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, true);
	struct gchan c = gchan_new(e, &s, 3, 1);
	uint32_t entry[2] = { 0x30000000, 4 << 10 };

	memcpy(genv_ptr(e, c.gpfifo), entry, 8);
	gchan_ring(e, &c, 1);
	fake_run(e->h);
	assert_int_equal(genv_rd(e, 0x259c), 1 << 7);	/* HOST1 */
	assert_int_equal(genv_rd(e, 0x2870), c.ch->inst >> 12);
	assert_int_equal(genv_rd(e, 0x2874), 0x30000000);
	assert_int_equal(genv_rd(e, 0x287c), 1 << 20 | 6 << 8);
	assert_int_equal(c.ch->park, GP100_PARK_DEAD);
	assert_int_equal(e->g->stats.faults_replayable, 0);
}

static void test_disable_and_block(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);

	genv_wr(e, 0x80001c, 0x800);			/* disable */
	assert_int_equal(genv_rd(e, 0x80001c), 0);
	gce_release(e, &c, 1);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &c), 0);
	genv_wr(e, 0x2630, 2);
	genv_wr(e, 0x80001c, 0x400);			/* enable: blocked */
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &c), 0);
	genv_wr(e, 0x2630, 0);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &c), 1);
}

static void test_unlisted_channel_does_not_run(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);

	gchan_runlist(e, 1, NULL, 0);
	gce_release(e, &c, 1);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &c), 0);
}

/* GP_GET is in the context, so a channel goes on after unbind and bind. */
static void test_rebind_goes_on(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);
	uint32_t inst = genv_rd(e, 0x800018), id = 3;
	uint64_t ctx = (uint64_t)(inst & 0x0fffffff) << 12;

	gce_release(e, &c, 1);
	gchan_kick(e, &c);
	fake_run(e->h);
	genv_wr(e, 0x2634, 0x01000003);
	genv_wr(e, 0x800018, 0);
	assert_int_equal(*(uint32_t *)genv_ptr(e, ctx + 0x14), 1);
	genv_wr(e, 0x800018, inst);
	genv_wr(e, 0x80001c, 0x400);
	gchan_runlist(e, 1, &id, 1);
	gce_release(e, &c, 2);
	gchan_kick(e, &c);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &c), 2);
	assert_int_equal(e->g->stats.gp_entries, 2);
}

static void test_bad_runlists_are_refused(void **state)
{
	struct genv *e = *state;

	genv_wr(e, 0x2270, 0x30000000);
	genv_wr(e, 0x2274, 1 << 20 | 1);		/* system memory */
	genv_wr(e, 0x2270, 0x0fffffff);
	genv_wr(e, 0x2274, 1 << 20 | 1);		/* not there */
	genv_wr(e, 0x2270, 0x100);
	genv_wr(e, 0x2274, 7 << 20 | 1);		/* no such runlist */
	genv_wr(e, 0x2274, 1 << 20 | 0xffff);		/* too long */
	assert_int_equal(e->g->stats.guest_errors, 4);
	assert_int_equal(genv_rd(e, 0x2a00), 0);
}

static void test_channel_without_context(void **state)
{
	struct genv *e = *state;
	uint32_t id = 7;

	genv_wr(e, 0x800038, 0x80000000 | 0x0fffffff);
	genv_wr(e, 0x80003c, 0x400);
	gchan_runlist(e, 1, &id, 1);
	fake_run(e->h);
	assert_int_equal(e->g->fifo.chans[7].park, GP100_PARK_DEAD);
}

static void test_doorbell(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan c = gchan_new(e, &s, 3, 1);
	uint64_t area = c.userd & ~0xfffull;

	/* BAR1 unbound shows video memory: the poll area starts at id 0 */
	assert_int_equal(c.userd % 4096 / 512, 0);
	genv_wr(e, 0x2254, 0x10000000 | (uint32_t)(area >> 12));
	memcpy(genv_ptr(e, c.ch->inst + 8), &(uint32_t){
	       (uint32_t)(area + 3 * 512) }, 4);
	gce_release(e, &c, 8);
	gchan_kick(e, &c);
	fake_run(e->h);			/* loaded; put of the new USERD is 0 */
	assert_int_equal(gce_sem(e, &c), 0);
	fake_bar_write32(e->dev, 1, area + 3 * 512 + 0x88, 1);
	assert_int_equal(e->g->stats.doorbells, 0);
	fake_bar_write32(e->dev, 1, area + 3 * 512 + 0x8c, 1);
	assert_int_equal(e->g->stats.doorbells, 1);
	fake_run(e->h);
	assert_int_equal(gce_sem(e, &c), 8);
}

/* Millions of no-operations do not keep the loop from serving others. */
static void test_long_segment_is_sliced(void **state)
{
	struct genv *e = *state;
	struct gspace s = gspace_new(e, false);
	struct gchan a = gchan_new(e, &s, 1, 1), b = gchan_new(e, &s, 2, 2);
	uint32_t entry[2] = { 0x40000000, 0x1fffffu << 10 }, i;

	for (i = 0; i < 4; i++)
		gspace_map(e, &s, 0x40000000 + i * 0x200000ull, 21, 0x3e00000,
			   0);
	memset(genv_ptr(e, 0x3e00000), 0, 0x200000);
	for (i = 0; i < GCHAN_ENTRIES - 1; i++)
		memcpy(genv_ptr(e, a.gpfifo + i * 8), entry, 8);
	gchan_ring(e, &a, GCHAN_ENTRIES - 1);
	fake_run_ms(e->h, 2);
	assert_true(a.ch->pb_dwords || a.ch->gp_get < GCHAN_ENTRIES - 1);
	gce_release(e, &b, 1);
	gchan_kick(e, &b);
	fake_run_ms(e->h, 5);
	assert_int_equal(gce_sem(e, &b), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, genv_setup, genv_teardown)
		TEST(test_release),
		TEST(test_release_with_time_stamp),
		TEST(test_release_to_system_memory),
		TEST(test_header_kinds),
		TEST(test_acquire),
		TEST(test_acquire_lets_others_run),
		TEST(test_nonstall_interrupt),
		TEST(test_errors_stop_until_cleared),
		TEST(test_other_class_is_counted),
		TEST(test_host_fault_is_fatal),
		TEST(test_disable_and_block),
		TEST(test_unlisted_channel_does_not_run),
		TEST(test_rebind_goes_on),
		TEST(test_bad_runlists_are_refused),
		TEST(test_channel_without_context),
		TEST(test_doorbell),
		TEST(test_long_segment_is_sliced),
	};

	return cmocka_run_group_tests_name("gp100_pb", tests, NULL, NULL);
}
