// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PTIMER: nanoseconds that the driver sets to wall time, and one alarm.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/subdev/timer/nv04.c.  The driver reads
 * high, low, high and takes sixteen equal values for a stalled timer, so time
 * follows the host's clock.  An alarm time that just went by fires at once
 * instead of after the 4.3 s a real comparator would take to come around.
 */
#include "gp100.h"

uint64_t gp100_timer_now(struct gp100 *g)
{
	/* five low bits are not implemented in the hardware's counter */
	return (loop_now_ns() + (uint64_t)g->timer.offset_ns) & ~0x1full;
}

bool gp100_timer_pending(struct gp100 *g)
{
	return g->timer.alarm_pending && g->timer.alarm_enabled;
}

static void gp100_timer_arm(struct gp100 *g)
{
	int32_t delta;

	loop_timer_cancel(g->loop, &g->timer.timer);
	if (!g->timer.alarm_enabled || g->timer.alarm_pending)
		return;
	delta = (int32_t)(g->timer.alarm - (uint32_t)gp100_timer_now(g));
	loop_timer_arm(g->loop, &g->timer.timer, delta > 0 ? (uint32_t)delta : 0);
}

static void gp100_timer_fire(struct loop_timer *timer)
{
	struct gp100 *g = pci_container_of(timer, struct gp100, timer.timer);

	g->timer.alarm_pending = true;
	gp100_pmc_update(g);
}

void gp100_timer_init(struct gp100 *g)
{
	g->timer.timer.fn = gp100_timer_fire;
}

void gp100_timer_reset(struct gp100 *g)
{
	loop_timer_cancel(g->loop, &g->timer.timer);
	g->timer.offset_ns = 0;
	g->timer.latch_hi = 0;
	g->timer.alarm = 0;
	g->timer.alarm_pending = g->timer.alarm_enabled = false;
}

static uint32_t gp100_time_lo_read(struct gp100 *g, unsigned int i,
				   uint32_t stored)
{
	(void)i, (void)stored;
	return (uint32_t)gp100_timer_now(g);
}

static uint32_t gp100_time_hi_read(struct gp100 *g, unsigned int i,
				   uint32_t stored)
{
	(void)i, (void)stored;
	return (uint32_t)(gp100_timer_now(g) >> 32);
}

/* The high half is written first and takes effect with the low half. */
static void gp100_time_hi_write(struct gp100 *g, unsigned int i,
				uint32_t *stored, uint32_t val)
{
	(void)i, (void)stored;
	g->timer.latch_hi = val;
}

static void gp100_time_lo_write(struct gp100 *g, unsigned int i,
				uint32_t *stored, uint32_t val)
{
	uint64_t want = (uint64_t)g->timer.latch_hi << 32 | val;

	(void)i, (void)stored;
	g->timer.offset_ns = (int64_t)(want - loop_now_ns());
	gp100_timer_arm(g);
}

static void gp100_alarm_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			      uint32_t val)
{
	(void)i;
	*stored = val;
	g->timer.alarm = val;
	gp100_timer_arm(g);
}

static uint32_t gp100_timer_intr_read(struct gp100 *g, unsigned int i,
				      uint32_t stored)
{
	(void)i, (void)stored;
	return g->timer.alarm_pending;
}

static void gp100_timer_intr_write(struct gp100 *g, unsigned int i,
				   uint32_t *stored, uint32_t val)
{
	(void)i, (void)stored;
	if (val & 1)
		g->timer.alarm_pending = false;
	gp100_pmc_update(g);
}

static void gp100_timer_enable_write(struct gp100 *g, unsigned int i,
				     uint32_t *stored, uint32_t val)
{
	(void)i;
	*stored = val & 1;
	g->timer.alarm_enabled = val & 1;
	gp100_timer_arm(g);
	gp100_pmc_update(g);
}

const struct gp100_reg gp100_timer_regs[] = {
	{ 0x009100, .name = "PTIMER_INTR", .read = gp100_timer_intr_read,
	  .write = gp100_timer_intr_write },
	{ 0x009140, .name = "PTIMER_INTR_EN",
	  .write = gp100_timer_enable_write },
	{ 0x009400, .name = "PTIMER_TIME_0", .read = gp100_time_lo_read,
	  .write = gp100_time_lo_write },
	{ 0x009410, .name = "PTIMER_TIME_1", .read = gp100_time_hi_read,
	  .write = gp100_time_hi_write },
	{ 0x009420, .name = "PTIMER_ALARM", .write = gp100_alarm_write },
	{ }
};
