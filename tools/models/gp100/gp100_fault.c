// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MMU faults: the replayable fault buffer with replay and cancel, the fatal
 * faults of PFIFO, and the FECS registers that cancel asks which context runs.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/subdev/fault/gp100.c, nouveau_svm.c
 * (entry layout, GET and PUT), nvkm/subdev/mmu/vmmgp100.c (replay, cancel),
 * nvkm/engine/fifo/{gf100,gp100}.c (0x259c, 0x2800), engine/gr/gf100.c (FECS).
 *
 * A replayable fault parks its channel; a replay lets all of them try again.
 * If the buffer is full the entry is lost and the fault comes back with the
 * next replay.  A cancel turns the fault of the current context into a fatal
 * one, upon which the driver kills the channel.  There is no GR engine: the
 * "current context" is a parked channel, another one each time the driver
 * stops context switches, so that it meets each of them.
 */
#include "gp100.h"

#include <inttypes.h>
#include <string.h>

#include "core/trace.h"

TRACE_CATEGORY(fault, "gpu.fault");

#define FAULT_ENTRIES		256u
#define FAULT_ENTRY_SIZE	32u
#define FAULT_ENABLE		1u

#define INFO_VALID		(1u << 31)
#define INFO_HUB		(1u << 20)
#define FECS_STOP_CTXSW		0x38
#define FECS_CTX_VALID		(1u << 31)

/* ---- replayable ---- */
static bool fault_waiting(struct gp100 *g)
{
	return g->fault.get != g->fault.put;
}

static uint32_t fault_info_word(const struct gp100_fault_info *info)
{
	return (uint32_t)info->access << 16 | INFO_HUB |
	       (uint32_t)info->client << 8 | info->reason;
}

static bool fault_write_entry(struct gp100 *g, const uint32_t *entry)
{
	uint64_t va = ((uint64_t)g->fault.hi << 32 | (g->fault.lo & ~0xfffu)) +
		      g->fault.put * FAULT_ENTRY_SIZE;
	struct gp100_xlat x;
	void *p = NULL;

	if (!gp100_bar_translate(g, GP100_BAR3, va, true, &x) && !x.sparse &&
	    x.aper == GP100_APER_VRAM)
		p = gp100_vram_ptr(g, x.addr, FAULT_ENTRY_SIZE);
	if (!p) {
		gp100_gripe(g, GP100_GRIPE_FAULT_BUFFER,
			    "fault buffer at %" PRIx64 " is not mapped", va);
		return false;
	}
	memcpy(p, entry, FAULT_ENTRY_SIZE);
	return true;
}

static void fault_put(struct gp100 *g, const struct gp100_chan *ch,
		      const struct gp100_fault_info *info)
{
	uint32_t next = (g->fault.put + 1) % FAULT_ENTRIES;
	uint64_t now = gp100_timer_now(g), va = info->va & ~0xfffull;
	uint32_t entry[FAULT_ENTRY_SIZE / 4] = {
		(uint32_t)ch->inst, (uint32_t)(ch->inst >> 32),
		(uint32_t)va, (uint32_t)(va >> 32),
		(uint32_t)now, (uint32_t)(now >> 32),
		info->unit, fault_info_word(info) | INFO_VALID,
	};

	if (next == g->fault.get) {
		g->stats.fault_overflows++;
		return;
	}
	if (!fault_write_entry(g, entry))
		return;
	g->fault.put = next;
	g->pmc.fault_latched = true;
	gp100_pmc_update(g);
}

void gp100_fault_replay(struct gp100 *g)
{
	struct gp100_chan *ch = g->fifo.chans;
	uint32_t i;

	g->stats.fault_replays++;
	trace(fault, "%s: replay", g->pci.name);
	for (i = 0; i < g->fifo.num_chans; i++, ch++)
		if (ch->park == GP100_PARK_FAULT)
			gp100_chan_unpark(g, ch);
}

/* ---- fatal ---- */
static bool fault_post(struct gp100 *g, unsigned int unit, uint64_t inst,
		       uint64_t va, uint32_t info)
{
	if (g->fault.unit_mask & 1u << unit)
		return false;
	g->fault.unit[unit].inst = (uint32_t)(inst >> 12);
	g->fault.unit[unit].va_lo = (uint32_t)va;
	g->fault.unit[unit].va_hi = (uint32_t)(va >> 32);
	g->fault.unit[unit].info = info;
	g->fault.unit_mask |= 1u << unit;
	gp100_pmc_update(g);
	return true;
}

/* If the unit's registers are taken, it is posted when they become free. */
static void fault_fatal(struct gp100 *g, struct gp100_chan *ch)
{
	g->stats.faults_fatal++;
	gp100_chan_park(g, ch, GP100_PARK_DEAD);
	ch->fault.unreported = !fault_post(g, ch->fault.unit, ch->inst,
					   ch->fault.va,
					   fault_info_word(&ch->fault));
}

static void fault_post_next(struct gp100 *g, unsigned int unit)
{
	struct gp100_chan *ch = g->fifo.chans;
	uint32_t i;

	for (i = 0; i < g->fifo.num_chans; i++, ch++) {
		if (ch->park != GP100_PARK_DEAD || !ch->fault.unreported ||
		    ch->fault.unit != unit)
			continue;
		ch->fault.unreported = false;
		fault_post(g, unit, ch->inst, ch->fault.va,
			   fault_info_word(&ch->fault));
		return;
	}
}

void gp100_fault_bar(struct gp100 *g, unsigned int unit, uint64_t inst,
		     uint64_t va, int fault, bool write)
{
	struct gp100_fault_info info = {
		.client = GP100_CLIENT_HOST_CPU,
		.reason = (uint8_t)GP100_FAULT_REASON(fault),
		.access = write ? GP100_ACCESS_WRITE : GP100_ACCESS_READ,
	};

	fault_post(g, unit, inst, va, fault_info_word(&info));
}

static bool fault_replayable(struct gp100 *g, const struct gp100_chan *ch,
			     const struct gp100_fault_info *info)
{
	int fault = GP100_FAULT(info->reason);

	return ch->vmm.replay && info->unit >= GP100_UNIT_CE0 &&
	       g->fault.lo & FAULT_ENABLE && fault != GP100_FAULT_REGION &&
	       fault != GP100_FAULT_APERTURE;
}

/* As if another thread of the same program did an atomic access next to it. */
static void fault_put_atomic(struct gp100 *g, const struct gp100_chan *ch,
			     const struct gp100_fault_info *info)
{
	struct gp100_fault_info atomic = *info;

	if (!g->inject.fault_atomic)
		return;
	g->inject.fault_atomic--;
	atomic.va -= GP100_PAGE_SIZE;
	atomic.access = GP100_ACCESS_ATOMIC;
	fault_put(g, ch, &atomic);
}

void gp100_fault_chan(struct gp100 *g, struct gp100_chan *ch,
		      const struct gp100_fault_info *info)
{
	bool replayable = fault_replayable(g, ch, info);

	trace(fault, "%s: channel %u %s fault at %" PRIx64 " reason %02x %s",
	      g->pci.name, ch->id, replayable ? "replayable" : "fatal",
	      info->va, info->reason, info->access ? "write" : "read");
	ch->fault = *info;
	if (!replayable) {
		fault_fatal(g, ch);
		return;
	}
	g->stats.faults_replayable++;
	gp100_chan_park(g, ch, GP100_PARK_FAULT);
	fault_put_atomic(g, ch, info);
	fault_put(g, ch, info);
}

/* ---- cancel ---- */
static uint32_t fault_ctx_word(const struct gp100_chan *ch)
{
	return FECS_CTX_VALID | (uint32_t)(ch->inst >> 12);
}

void gp100_fault_cancel(struct gp100 *g, bool targeted, bool hub,
			unsigned int gpc, unsigned int client)
{
	struct gp100_chan *ch = g->fifo.chans;
	uint32_t i;

	g->stats.fault_cancels++;
	for (i = 0; i < g->fifo.num_chans; i++, ch++) {
		if (ch->park != GP100_PARK_FAULT)
			continue;
		if (targeted && (!hub || gpc || client != ch->fault.client ||
				 fault_ctx_word(ch) != g->fault.fecs_ctx))
			continue;
		trace(fault, "%s: channel %u cancelled", g->pci.name, ch->id);
		fault_fatal(g, ch);
	}
}

/* ---- FECS: the part that stops and starts context switches ---- */
static uint32_t fault_next_ctx(struct gp100 *g)
{
	const struct gp100_chan *ch;
	uint32_t i;

	for (i = 1; i <= g->fifo.num_chans; i++) {
		ch = &g->fifo.chans[(g->fault.fecs_chan + i) %
				    g->fifo.num_chans];
		if (ch->park != GP100_PARK_FAULT)
			continue;
		g->fault.fecs_chan = ch->id;
		return fault_ctx_word(ch);
	}
	return 0;
}

static void fecs_method_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			      uint32_t val)
{
	(void)i;
	*stored = val;
	if (val == FECS_STOP_CTXSW)
		g->fault.fecs_ctx = fault_next_ctx(g);
	g->fault.fecs_status = 1;	/* done */
}

static uint32_t fecs_status_read(struct gp100 *g, unsigned int i,
				 uint32_t stored)
{
	(void)i, (void)stored;
	return g->fault.fecs_status;
}

/* A mailbox: the driver fills it, the answer to a method replaces that. */
static void fecs_status_write(struct gp100 *g, unsigned int i,
			      uint32_t *stored, uint32_t val)
{
	(void)i, (void)stored;
	g->fault.fecs_status = val;
}

static uint32_t fecs_ctx_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)i, (void)stored;
	return g->fault.fecs_ctx;
}

/* ---- registers of buffer and fatal faults ---- */
static uint32_t fault_lo_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)i, (void)stored;
	return g->fault.lo;
}

static void fault_lo_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			   uint32_t val)
{
	(void)i, (void)stored;
	g->fault.lo = val;
}

static void fault_hi_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			   uint32_t val)
{
	(void)i;
	*stored = g->fault.hi = val;
}

static uint32_t fault_get_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)i, (void)stored;
	return g->fault.get;
}

/* What is still there after GET moved is announced again. */
static void fault_get_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			    uint32_t val)
{
	(void)i, (void)stored;
	g->fault.get = (val & 0xfffff) % FAULT_ENTRIES;
	g->pmc.fault_latched = fault_waiting(g);
	gp100_pmc_update(g);
}

static uint32_t fault_put_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)i, (void)stored;
	return g->fault.put;
}

static uint32_t unit_mask_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)i, (void)stored;
	return g->fault.unit_mask;
}

static void unit_mask_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			    uint32_t val)
{
	unsigned int unit;

	(void)i, (void)stored;
	val &= g->fault.unit_mask;
	g->fault.unit_mask &= ~val;
	gp100_pmc_update(g);
	for (unit = 0; unit < GP100_NUM_UNITS; unit++)
		if (val & 1u << unit)
			fault_post_next(g, unit);
}

static uint32_t unit_inst_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->fault.unit[i].inst;
}

static uint32_t unit_va_lo_read(struct gp100 *g, unsigned int i,
				uint32_t stored)
{
	(void)stored;
	return g->fault.unit[i].va_lo;
}

static uint32_t unit_va_hi_read(struct gp100 *g, unsigned int i,
				uint32_t stored)
{
	(void)stored;
	return g->fault.unit[i].va_hi;
}

static uint32_t unit_info_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->fault.unit[i].info;
}

const struct gp100_reg gp100_fault_regs[] = {
	{ 0x00259c, .name = "FIFO_FAULT_UNITS", .read = unit_mask_read,
	  .write = unit_mask_write },
	{ 0x002800, GP100_NUM_UNITS, 16, .name = "FIFO_FAULT_INST",
	  .ro = true, .read = unit_inst_read },
	{ 0x002804, GP100_NUM_UNITS, 16, .name = "FIFO_FAULT_VA_LO",
	  .ro = true, .read = unit_va_lo_read },
	{ 0x002808, GP100_NUM_UNITS, 16, .name = "FIFO_FAULT_VA_HI",
	  .ro = true, .read = unit_va_hi_read },
	{ 0x00280c, GP100_NUM_UNITS, 16, .name = "FIFO_FAULT_INFO",
	  .ro = true, .read = unit_info_read },
	{ 0x002a70, .name = "FAULT_BUFFER_LO", .read = fault_lo_read,
	  .write = fault_lo_write },
	{ 0x002a74, .name = "FAULT_BUFFER_HI", .write = fault_hi_write },
	{ 0x002a78, .name = "FAULT_BUFFER_SIZE", .ro = true,
	  .reset = FAULT_ENTRIES },
	{ 0x002a7c, .name = "FAULT_BUFFER_GET", .read = fault_get_read,
	  .write = fault_get_write },
	{ 0x002a80, .name = "FAULT_BUFFER_PUT", .ro = true,
	  .read = fault_put_read },
	/* falcons FECS and GPCCS: no memory to load firmware into */
	{ 0x409108, .name = "FECS_FALCON_LIMITS", .ro = true },
	{ 0x40912c, .name = "FECS_FALCON_VERSION", .ro = true },
	{ 0x41a108, .name = "GPCCS_FALCON_LIMITS", .ro = true },
	{ 0x41a12c, .name = "GPCCS_FALCON_VERSION", .ro = true },
	{ 0x409500, .name = "FECS_METHOD_DATA" },
	{ 0x409504, .name = "FECS_METHOD", .write = fecs_method_write },
	{ 0x409800, .name = "FECS_MAILBOX_0" },
	{ 0x409804, .name = "FECS_MAILBOX_1", .read = fecs_status_read,
	  .write = fecs_status_write },
	{ 0x409b00, .name = "FECS_CURRENT_CTX", .ro = true,
	  .read = fecs_ctx_read },
	{ }
};

void gp100_fault_reset(struct gp100 *g)
{
	memset(&g->fault, 0, sizeof(g->fault));
}
