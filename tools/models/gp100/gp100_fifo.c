// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PFIFO: runlists, channel control, doorbells, and the scheduler that gives
 * every channel with work a short turn, one after the other.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/engine/fifo/{gf100,gk104,gk110,gm107,
 * gm200,gp100}.c.  The doorbell is the CPU's write of GP_PUT to the channel's
 * USERD, which lies in BAR1 at the offset given by register 0x2254.
 */
#include "gp100.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/trace.h"

TRACE_CATEGORY(fifo, "gpu.fifo");

#define TURN_NS			400000u	/* of one channel */
#define ACQUIRE_POLL_NS		100000u
#define RUNLIST_MAX_ENTRIES	(2u * GP100_MAX_CHANNELS)

#define USERD_SIZE		0x200u
#define USERD_GP_PUT		0x8cu
#define USERD_POLL_ENABLE	(1u << 28)

#define FIFO_INTR_NONSTALL	(1u << 31)
#define FIFO_INTR_RUNLIST	(1u << 30)
#define FIFO_INTR_PBDMA		(1u << 29)
#define FIFO_INTR_FAULT		(1u << 28)

/* ---- interrupts ---- */
/* Enabled or not. */
static uint32_t fifo_intr_pending(struct gp100 *g)
{
	uint32_t val = g->fifo.intr;

	if (g->fifo.runlist_intr)
		val |= FIFO_INTR_RUNLIST;
	if (gp100_pbdma_pending(g))
		val |= FIFO_INTR_PBDMA;
	if (g->fault.unit_mask)
		val |= FIFO_INTR_FAULT;
	return val;
}

bool gp100_fifo_irq(struct gp100 *g)
{
	return fifo_intr_pending(g) & g->fifo.intr_enable;
}

void gp100_fifo_set_nonstall(struct gp100 *g)
{
	g->stats.nonstall_irqs++;
	g->fifo.intr |= FIFO_INTR_NONSTALL;
	gp100_pmc_update(g);
}

/* ---- scheduler ---- */
void gp100_fifo_kick(struct gp100 *g, struct gp100_chan *ch)
{
	g->fifo.ready[ch->id / 64] |= 1ull << ch->id % 64;
	if (!g->fifo.hang)
		loop_work_queue(g->loop, &g->fifo.work);
}

void gp100_fifo_kick_all(struct gp100 *g)
{
	uint32_t i;

	for (i = 0; i < g->fifo.num_chans; i++)
		if (g->fifo.chans[i].bound)
			gp100_fifo_kick(g, &g->fifo.chans[i]);
}

/* A semaphore was written, or time passed: look again. */
void gp100_fifo_kick_acquiring(struct gp100 *g)
{
	uint32_t i;

	for (i = 0; g->fifo.acquiring && i < g->fifo.num_chans; i++)
		if (g->fifo.chans[i].park == GP100_PARK_ACQUIRE)
			gp100_chan_unpark(g, &g->fifo.chans[i]);
}

static void fifo_acquire_poll(struct loop_timer *timer)
{
	struct gp100 *g = pci_container_of(timer, struct gp100,
					   fifo.acquire_timer);

	gp100_fifo_kick_acquiring(g);
}

/* The next channel in turn that can run, or NULL. */
static struct gp100_chan *fifo_pick(struct gp100 *g)
{
	struct gp100_fifo *fifo = &g->fifo;
	uint32_t i, id;

	for (i = 0; i < fifo->num_chans; i++) {
		id = (fifo->next + i) % fifo->num_chans;
		if (!(fifo->ready[id / 64] & 1ull << id % 64))
			continue;
		if (gp100_chan_runnable(g, &fifo->chans[id])) {
			fifo->next = (id + 1) % fifo->num_chans;
			return &fifo->chans[id];
		}
		/* whatever makes it runnable kicks it again */
		fifo->ready[id / 64] &= ~(1ull << id % 64);
	}
	return NULL;
}

static void fifo_turn(struct gp100 *g, struct gp100_chan *ch)
{
	struct gp100_turn turn = {
		.g = g, .ch = ch, .epoch = ch->epoch,
		.deadline_ns = loop_now_ns() + TURN_NS,
	};

	if (!ch->loaded && gp100_chan_load(g, ch)) {
		gp100_gripe(g, GP100_GRIPE_CHANNEL,
			    "channel %u: no context at %" PRIx64, ch->id,
			    ch->inst);
		gp100_chan_park(g, ch, GP100_PARK_DEAD);
		return;
	}
	if (gp100_pbdma_run(&turn) == GP100_STEP_AGAIN)
		gp100_fifo_kick(g, ch);
	if (g->fifo.acquiring && !g->fifo.acquire_timer.armed)
		loop_timer_arm(g->loop, &g->fifo.acquire_timer,
			       ACQUIRE_POLL_NS);
}

static void fifo_work(struct loop_work *work)
{
	struct gp100 *g = pci_container_of(work, struct gp100, fifo.work);
	struct gp100_chan *ch = g->fifo.hang ? NULL : fifo_pick(g);

	if (!ch)
		return;
	g->fifo.ready[ch->id / 64] &= ~(1ull << ch->id % 64);
	fifo_turn(g, ch);
	loop_work_queue(g->loop, &g->fifo.work);
}

/* ---- doorbell ---- */
void gp100_fifo_bar1_written(struct gp100 *g, uint64_t off, uint64_t len)
{
	uint64_t poll = (uint64_t)(g->fifo.userd_poll & 0x0fffffff) << 12;
	uint64_t put, id, last;

	if (!(g->fifo.userd_poll & USERD_POLL_ENABLE) || off + len <= poll ||
	    off >= poll + (uint64_t)g->fifo.num_chans * USERD_SIZE)
		return;
	id = off < poll ? 0 : (off - poll) / USERD_SIZE;
	last = gp100_min((off + len - 1 - poll) / USERD_SIZE,
			 g->fifo.num_chans - 1);
	for (; id <= last; id++) {
		put = poll + id * USERD_SIZE + USERD_GP_PUT;
		if (off >= put + 4 || off + len <= put)
			continue;
		g->stats.doorbells++;
		trace(fifo, "%s: doorbell of channel %" PRIu64, g->pci.name, id);
		gp100_fifo_kick(g, &g->fifo.chans[id]);
	}
}

/* ---- runlists ---- */
#define RL_IS_TSG(lo)	((lo) & 1u << 13)
#define RL_CHID(lo)	((lo) & 0xfffu)

static void fifo_runlist_take(struct gp100 *g, unsigned int runlist,
			      const uint8_t *list, uint32_t count)
{
	struct gp100_chan *ch;
	uint32_t i, lo;

	for (i = 0; i < g->fifo.num_chans; i++)
		if (g->fifo.chans[i].runlist == runlist)
			g->fifo.chans[i].listed = false;
	for (i = 0; i < count; i++) {
		memcpy(&lo, list + i * 8, sizeof(lo));
		if (RL_IS_TSG(lo))
			continue;
		if (RL_CHID(lo) >= g->fifo.num_chans) {
			gp100_gripe(g, GP100_GRIPE_RUNLIST,
				    "runlist %u names channel %u", runlist,
				    RL_CHID(lo));
			continue;
		}
		ch = &g->fifo.chans[RL_CHID(lo)];
		ch->listed = true;
		ch->runlist = (uint8_t)runlist;
		gp100_fifo_kick(g, ch);
	}
}

static void gp100_runlist_submit(struct gp100 *g, unsigned int i,
				 uint32_t *stored, uint32_t val)
{
	uint32_t base = gp100_reg_stored(g, 0x002270);
	unsigned int runlist = val >> 20 & 15;
	uint32_t count = val & 0xffff;
	const uint8_t *list;

	(void)i;
	*stored = val;
	g->stats.runlist_updates++;
	trace(fifo, "%s: runlist %u: %u entries at %08x", g->pci.name, runlist,
	      count, base);
	if (runlist >= GP100_NUM_RUNLISTS || count > RUNLIST_MAX_ENTRIES ||
	    base >> 28) {
		gp100_gripe(g, GP100_GRIPE_RUNLIST,
			    "runlist %u with %u entries at %08x refused",
			    runlist, count, base);
		return;
	}
	list = gp100_vram_ptr(g, (uint64_t)base << 12, count * 8ull);
	if (!list)
		return;
	fifo_runlist_take(g, runlist, list, count);
	g->fifo.runlist_intr |= 1u << runlist;
	gp100_pmc_update(g);
}

static void gp100_blocked_write(struct gp100 *g, unsigned int i,
				uint32_t *stored, uint32_t val)
{
	(void)i;
	*stored = g->fifo.blocked = val;
	gp100_fifo_kick_all(g);
}

/*
 * A preempted channel has its context saved.  As turns end between two
 * messages of the VMM, it is off the engine by the time this is written.
 */
static void gp100_preempt_write(struct gp100 *g, unsigned int i,
				uint32_t *stored, uint32_t val)
{
	uint32_t id;

	(void)i, (void)val;
	*stored = 0;
	for (id = 0; id < g->fifo.num_chans; id++)
		gp100_chan_save(g, &g->fifo.chans[id]);
}

/* ---- channel control ---- */
#define CTRL_ENABLE	(1u << 10)
#define CTRL_DISABLE	(1u << 11)

static uint32_t gp100_chan_inst_read(struct gp100 *g, unsigned int i,
				     uint32_t stored)
{
	(void)stored;
	return i < g->fifo.num_chans ? g->fifo.chans[i].inst_reg : 0;
}

static void gp100_chan_inst_write(struct gp100 *g, unsigned int i,
				  uint32_t *stored, uint32_t val)
{
	(void)stored;
	if (i < g->fifo.num_chans)
		gp100_chan_bind(g, &g->fifo.chans[i], val);
}

static uint32_t gp100_chan_ctrl_read(struct gp100 *g, unsigned int i,
				     uint32_t stored)
{
	(void)stored;
	return i < g->fifo.num_chans ? g->fifo.chans[i].ctrl : 0;
}

static void gp100_chan_ctrl_write(struct gp100 *g, unsigned int i,
				  uint32_t *stored, uint32_t val)
{
	struct gp100_chan *ch;

	(void)stored;
	if (i >= g->fifo.num_chans)
		return;
	ch = &g->fifo.chans[i];
	/* enable and disable are triggers and read back as zero */
	ch->ctrl = val & ~(CTRL_ENABLE | CTRL_DISABLE);
	if (val & CTRL_DISABLE)
		ch->enabled = false;
	if (val & CTRL_ENABLE) {
		ch->enabled = true;
		gp100_fifo_kick(g, ch);
	}
}

/* ---- registers ---- */
static uint32_t gp100_fifo_intr_read(struct gp100 *g, unsigned int i,
				     uint32_t stored)
{
	(void)i, (void)stored;
	return fifo_intr_pending(g);
}

static void gp100_fifo_intr_write(struct gp100 *g, unsigned int i,
				  uint32_t *stored, uint32_t val)
{
	(void)i, (void)stored;
	g->fifo.intr &= ~val;
	gp100_pmc_update(g);
}

static void gp100_fifo_enable_write(struct gp100 *g, unsigned int i,
				    uint32_t *stored, uint32_t val)
{
	(void)i;
	*stored = g->fifo.intr_enable = val;
	gp100_pmc_update(g);
}

static uint32_t gp100_runlist_intr_read(struct gp100 *g, unsigned int i,
					uint32_t stored)
{
	(void)i, (void)stored;
	return g->fifo.runlist_intr;
}

static void gp100_runlist_intr_write(struct gp100 *g, unsigned int i,
				     uint32_t *stored, uint32_t val)
{
	(void)i, (void)stored;
	g->fifo.runlist_intr &= ~val;
	gp100_pmc_update(g);
}

static void gp100_poll_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			     uint32_t val)
{
	(void)i;
	*stored = g->fifo.userd_poll = val;
}

static uint32_t gp100_num_chans_read(struct gp100 *g, unsigned int i,
				     uint32_t stored)
{
	(void)i, (void)stored;
	return g->fifo.num_chans;
}

static uint32_t gp100_runm_read(struct gp100 *g, unsigned int i,
				uint32_t stored)
{
	(void)g, (void)stored;
	return 1u << i;		/* PBDMA i serves runlist i */
}

const struct gp100_reg gp100_fifo_regs[] = {
	{ 0x002004, .name = "FIFO_NUM_PBDMAS", .ro = true,
	  .reset = GP100_NUM_PBDMAS },
	{ 0x002008, .name = "FIFO_NUM_CHANNELS", .ro = true,
	  .read = gp100_num_chans_read },
	{ 0x002100, .name = "FIFO_INTR", .read = gp100_fifo_intr_read,
	  .write = gp100_fifo_intr_write },
	{ 0x002140, .name = "FIFO_INTR_EN", .write = gp100_fifo_enable_write },
	{ 0x002204, .name = "FIFO_UNK_204" },
	{ 0x002254, .name = "FIFO_USERD_POLL", .write = gp100_poll_write },
	{ 0x002270, .name = "FIFO_RUNLIST_BASE" },
	{ 0x002274, .name = "FIFO_RUNLIST", .write = gp100_runlist_submit },
	{ 0x002284, GP100_NUM_RUNLISTS, 8, .name = "FIFO_RUNLIST_PENDING",
	  .ro = true },
	{ 0x002390, GP100_NUM_PBDMAS, 4, .name = "FIFO_PBDMA_RUNLISTS",
	  .ro = true, .read = gp100_runm_read },
	{ 0x00252c, .name = "FIFO_BIND_ERROR", .ro = true },
	{ 0x00254c, .name = "FIFO_SCHED_ERROR", .ro = true },
	{ 0x00256c, .name = "FIFO_CHSW_ERROR", .ro = true },
	{ 0x00262c, .name = "FIFO_FAULT_CLEAR", .ro = true },
	{ 0x002630, .name = "FIFO_RUNLIST_BLOCK",
	  .write = gp100_blocked_write },
	{ 0x002634, .name = "FIFO_PREEMPT", .write = gp100_preempt_write },
	{ 0x002640, 16, 8, .name = "FIFO_ENGINE_STATUS", .ro = true },
	{ 0x002a00, .name = "FIFO_RUNLIST_INTR",
	  .read = gp100_runlist_intr_read, .write = gp100_runlist_intr_write },
	{ 0x002a04, .name = "FIFO_RUNLIST_INTR_EN" },
	{ 0x002a30, 16, 4, .name = "FIFO_FAULT_TRIGGER" },
	{ 0x003080, GP100_NUM_PBDMAS, 4, .name = "FIFO_PBDMA_STATUS",
	  .ro = true },
	{ 0x800000, GP100_MAX_CHANNELS, 8, .name = "CHANNEL_INST",
	  .read = gp100_chan_inst_read, .write = gp100_chan_inst_write },
	{ 0x800004, GP100_MAX_CHANNELS, 8, .name = "CHANNEL_CTRL",
	  .read = gp100_chan_ctrl_read, .write = gp100_chan_ctrl_write },
	{ }
};

/* ---- life ---- */
int gp100_fifo_init(struct gp100 *g)
{
	uint32_t i, n = g->fifo.num_chans;

	g->fifo.chans = calloc(n, sizeof(*g->fifo.chans));
	g->fifo.ready = calloc((n + 63) / 64, sizeof(*g->fifo.ready));
	if (!g->fifo.chans || !g->fifo.ready)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		g->fifo.chans[i].id = (uint16_t)i;
	g->fifo.work.fn = fifo_work;
	g->fifo.acquire_timer.fn = fifo_acquire_poll;
	return 0;
}

void gp100_fifo_destroy(struct gp100 *g)
{
	free(g->fifo.chans);
	free(g->fifo.ready);
}

void gp100_fifo_reset(struct gp100 *g)
{
	struct gp100_fifo *fifo = &g->fifo;
	struct gp100_chan *ch;
	uint32_t i;

	loop_work_cancel(g->loop, &fifo->work);
	loop_timer_cancel(g->loop, &fifo->acquire_timer);
	for (i = 0; i < fifo->num_chans; i++) {
		ch = &fifo->chans[i];
		gp100_chan_drop(g, ch);
		ch->bound = ch->enabled = ch->listed = false;
		ch->runlist = 0;
		ch->inst_reg = ch->ctrl = 0;
	}
	memset(fifo->ready, 0, (fifo->num_chans + 63) / 64 * 8);
	fifo->intr = fifo->intr_enable = fifo->runlist_intr = 0;
	fifo->blocked = fifo->userd_poll = fifo->next = 0;
	fifo->hang = false;
}
