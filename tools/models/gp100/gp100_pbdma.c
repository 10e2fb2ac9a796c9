// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pushbuffer DMA unit: takes entries from the GPFIFO, reads the segments
 * they name and hands the methods to the host or to an engine.
 *
 * Source: drivers/gpu/drm/nouveau/nouveau_dma.c, nvif/{chan,chan906f}.c and
 * include/nvhw/class/cl906f.h (formats), nvkm/engine/fifo/{gf100,gk104}.c
 * (registers).  An error stops the channel until the driver has cleared the
 * interrupt; what could not be understood is skipped.
 */
#include "gp100.h"

#include <inttypes.h>
#include <string.h>

#include "core/trace.h"

TRACE_CATEGORY(pb, "gpu.pb");

#define PB_CHUNK	256u		/* dwords fetched at once */
#define USERD_GP_GET	0x88
#define USERD_GP_PUT	0x8c

#define PB_INTR_GPPTR	(1u << 14)
#define PB_INTR_PBENTRY	(1u << 17)
#define PB_INTR_DEVICE	(1u << 23)

#define CLASS_CE	0xc0b5
#define STEP_ONCE	0xff

/* ---- errors ---- */
uint32_t gp100_pbdma_pending(struct gp100 *g)
{
	const struct gp100_pbdma *p = g->pbdma;
	uint32_t val = 0;
	unsigned int i;

	for (i = 0; i < GP100_NUM_PBDMAS; i++, p++)
		if (p->intr & p->intr_enable || p->hce_intr & p->hce_enable)
			val |= 1u << i;
	return val;
}

void gp100_pbdma_error(struct gp100_turn *t, uint32_t bit, uint32_t mthd,
		       uint32_t data)
{
	struct gp100_pbdma *p = &t->g->pbdma[t->ch->runlist];

	t->g->stats.pbdma_errors++;
	gp100_gripe(t->g, GP100_GRIPE_PUSHBUF,
		    "channel %u: push buffer error %08x at method %04x, data %08x",
		    t->ch->id, bit, mthd, data);
	p->intr |= bit;
	p->mthd = mthd | (uint32_t)t->ch->subc << 16;
	p->data = data;
	p->chid = t->ch->id;
	t->ch->mthd_left = 0;
	gp100_chan_park(t->g, t->ch, GP100_PARK_PBDMA);
	gp100_pmc_update(t->g);
}

enum gp100_step gp100_pbdma_fault(struct gp100_turn *t, int fault, uint64_t va,
				  bool write)
{
	struct gp100_fault_info info = {
		.va = va,
		.unit = (uint8_t)(GP100_UNIT_HOST0 + t->ch->runlist),
		.client = GP100_CLIENT_HOST,
		.reason = (uint8_t)GP100_FAULT_REASON(fault),
		.access = write ? GP100_ACCESS_WRITE : GP100_ACCESS_READ,
	};

	if (fault != GP100_XLAT_RESET && !gp100_turn_stale(t))
		gp100_fault_chan(t->g, t->ch, &info);
	return GP100_STEP_STOP;
}

/* ---- methods ---- */
static enum gp100_step pb_method(struct gp100_turn *t, uint32_t mthd,
				 uint32_t data)
{
	uint16_t class = t->ch->classes[t->ch->subc];

	t->g->stats.methods++;
	trace(pb, "%s: channel %u subc %u class %04x method %04x = %08x",
	      t->g->pci.name, t->ch->id, t->ch->subc, class, mthd, data);
	if (mthd < 0x100)
		return gp100_host_method(t, mthd, data);
	if (class == CLASS_CE)
		return gp100_ce_method(t, mthd, data);
	if (!class) {
		gp100_pbdma_error(t, PB_INTR_DEVICE, mthd, data);
		return GP100_STEP_STOP;
	}
	t->g->stats.unknown_methods++;
	gp100_gripe(t->g, GP100_GRIPE_CLASS,
		    "channel %u: method %04x for class %04x, which is not modelled",
		    t->ch->id, mthd, class);
	return GP100_STEP_DONE;
}

static void pb_header_fields(struct gp100_chan *ch, uint32_t hdr, uint8_t step)
{
	ch->mthd = (uint16_t)((hdr & 0xfff) << 2);
	ch->subc = hdr >> 13 & 7;
	ch->mthd_left = hdr >> 16 & 0x1fff;
	ch->step = step;
}

static enum gp100_step pb_header(struct gp100_turn *t, uint32_t hdr)
{
	struct gp100_chan *ch = t->ch;

	switch (hdr >> 29) {
	case 0:
		/* bits 17:16: old-style increment, or sub-device masks */
		if (!(hdr >> 16 & 3)) {
			pb_header_fields(ch, hdr, 4);
			ch->mthd = hdr & 0x1ffc;
			ch->mthd_left = hdr >> 18 & 0x7ff;
		}
		return GP100_STEP_DONE;
	case 1:
		pb_header_fields(ch, hdr, 4);
		return GP100_STEP_DONE;
	case 3:
		pb_header_fields(ch, hdr, 0);
		return GP100_STEP_DONE;
	case 5:
		pb_header_fields(ch, hdr, STEP_ONCE);
		return GP100_STEP_DONE;
	case 4:
		pb_header_fields(ch, hdr, 0);
		ch->mthd_left = 0;
		return pb_method(t, ch->mthd, hdr >> 16 & 0x1fff);
	case 7:
		ch->pb_dwords = 0;	/* end of segment */
		return GP100_STEP_DONE;
	default:
		gp100_pbdma_error(t, PB_INTR_PBENTRY, hdr & 0xfff, hdr);
		return GP100_STEP_STOP;
	}
}

static enum gp100_step pb_dword(struct gp100_turn *t, uint32_t val)
{
	struct gp100_chan *ch = t->ch;
	uint32_t mthd = ch->mthd;

	if (!ch->mthd_left)
		return pb_header(t, val);
	ch->mthd_left--;
	if (ch->step == STEP_ONCE) {
		ch->mthd += 4;
		ch->step = 0;
	} else {
		ch->mthd += ch->step;
	}
	return pb_method(t, mthd & 0x3ffc, val);
}

static enum gp100_step pb_segment(struct gp100_turn *t)
{
	struct gp100_chan *ch = t->ch;
	uint32_t buf[PB_CHUNK], i, n = ch->pb_dwords;
	enum gp100_step step = GP100_STEP_DONE;
	uint64_t fault_va;
	int ret;

	if (n > PB_CHUNK)
		n = PB_CHUNK;
	ret = gp100_mem_vread(t->g, &ch->vmm, ch->pb_addr, buf, n * 4,
			      &fault_va);
	if (ret)
		return gp100_pbdma_fault(t, ret, fault_va, false);
	if (gp100_turn_stale(t))
		return GP100_STEP_STOP;
	for (i = 0; i < n && ch->pb_dwords && step == GP100_STEP_DONE; i++) {
		ch->pb_addr += 4;
		ch->pb_dwords--;
		step = pb_dword(t, buf[i]);
		if (step == GP100_STEP_STOP && gp100_turn_stale(t))
			return step;
	}
	return step;
}

/* ---- GPFIFO ---- */
static void pb_entry(struct gp100_turn *t, uint32_t lo, uint32_t hi)
{
	struct gp100_chan *ch = t->ch;

	t->g->stats.gp_entries++;
	ch->pb_addr = (uint64_t)(hi & 0xff) << 32 | (lo & ~3u);
	ch->pb_dwords = hi >> 10 & 0x1fffff;	/* 0: control entry, ignored */
	trace(pb, "%s: channel %u entry %u: %u dwords at %" PRIx64,
	      t->g->pci.name, ch->id, ch->gp_get, ch->pb_dwords, ch->pb_addr);
	ch->gp_get = (ch->gp_get + 1) & (ch->gp_entries - 1);
}

/* The next entry; STOP if there is none. */
static enum gp100_step pb_fetch(struct gp100_turn *t)
{
	struct gp100_chan *ch = t->ch;
	uint8_t *userd = gp100_vram_ptr(t->g, ch->userd, 0x200);
	uint32_t put, entry[2];
	uint64_t fault_va;
	int ret;

	if (!userd)
		return gp100_pbdma_fault(t, GP100_FAULT_REGION, ch->userd,
					 false);
	memcpy(userd + USERD_GP_GET, &ch->gp_get, 4);
	memcpy(&put, userd + USERD_GP_PUT, 4);
	if (put == ch->gp_get)
		return GP100_STEP_STOP;
	if (put >= ch->gp_entries) {
		gp100_pbdma_error(t, PB_INTR_GPPTR, 0, put);
		return GP100_STEP_STOP;
	}
	ret = gp100_mem_vread(t->g, &ch->vmm, ch->gp_base + ch->gp_get * 8ull,
			      entry, sizeof(entry), &fault_va);
	if (ret)
		return gp100_pbdma_fault(t, ret, fault_va, false);
	if (gp100_turn_stale(t))
		return GP100_STEP_STOP;
	pb_entry(t, entry[0], entry[1]);
	return GP100_STEP_DONE;
}

enum gp100_step gp100_pbdma_run(struct gp100_turn *t)
{
	struct gp100_chan *ch = t->ch;
	enum gp100_step step;

	do {
		if (ch->acquire)
			step = gp100_host_method(t, 0x1c, ch->acquire);
		else if (ch->op.active)
			step = gp100_ce_run(t);
		else if (ch->pb_dwords)
			step = pb_segment(t);
		else
			step = pb_fetch(t);
		if (step != GP100_STEP_DONE)
			return step;
	} while (!gp100_turn_over(t));
	return GP100_STEP_AGAIN;
}

/* ---- registers ---- */
void gp100_pbdma_reset(struct gp100 *g)
{
	memset(g->pbdma, 0, sizeof(g->pbdma));
}

/* All errors cleared: what waits for that goes on. */
static void pb_resume(struct gp100 *g, unsigned int i)
{
	struct gp100_chan *ch = g->fifo.chans;
	uint32_t n;

	if (!g->pbdma[i].intr)
		for (n = 0; n < g->fifo.num_chans; n++, ch++)
			if (ch->park == GP100_PARK_PBDMA && ch->runlist == i)
				gp100_chan_unpark(g, ch);
	gp100_pmc_update(g);
}

static uint32_t pb_intr_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->pbdma[i].intr;
}

static void pb_intr_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			  uint32_t val)
{
	(void)stored;
	g->pbdma[i].intr &= ~val;
	pb_resume(g, i);
}

static void pb_enable_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			    uint32_t val)
{
	*stored = g->pbdma[i].intr_enable = val;
	gp100_pmc_update(g);
}

static uint32_t pb_hce_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->pbdma[i].hce_intr;
}

static void pb_hce_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			 uint32_t val)
{
	(void)stored;
	g->pbdma[i].hce_intr &= ~val;
	pb_resume(g, i);
}

static void pb_hce_enable_write(struct gp100 *g, unsigned int i,
				uint32_t *stored, uint32_t val)
{
	*stored = g->pbdma[i].hce_enable = val;
	gp100_pmc_update(g);
}

static uint32_t pb_mthd_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->pbdma[i].mthd;
}

static void pb_mthd_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			  uint32_t val)
{
	(void)stored;
	g->pbdma[i].mthd = val;
}

static uint32_t pb_data_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->pbdma[i].data;
}

static uint32_t pb_chid_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->pbdma[i].chid;
}

static uint32_t pb_pending_read(struct gp100 *g, unsigned int i,
				uint32_t stored)
{
	(void)i, (void)stored;
	return gp100_pbdma_pending(g);
}

#define PB_REG(off)	(off), GP100_NUM_PBDMAS, 0x2000

const struct gp100_reg gp100_pbdma_regs[] = {
	{ 0x0025a0, .name = "FIFO_PBDMA_INTR", .ro = true,
	  .read = pb_pending_read },
	{ PB_REG(0x0400c0), .name = "PBDMA_METHOD", .read = pb_mthd_read,
	  .write = pb_mthd_write },
	{ PB_REG(0x0400c4), .name = "PBDMA_DATA", .ro = true,
	  .read = pb_data_read },
	{ PB_REG(0x040108), .name = "PBDMA_INTR", .read = pb_intr_read,
	  .write = pb_intr_write },
	{ PB_REG(0x04010c), .name = "PBDMA_INTR_EN",
	  .write = pb_enable_write },
	{ PB_REG(0x040120), .name = "PBDMA_CHANNEL", .ro = true,
	  .read = pb_chid_read },
	{ PB_REG(0x04012c), .name = "PBDMA_TIMEOUT" },
	{ PB_REG(0x04013c), .name = "PBDMA_UNK_13C" },
	{ PB_REG(0x040148), .name = "PBDMA_HCE_INTR", .read = pb_hce_read,
	  .write = pb_hce_write },
	{ PB_REG(0x04014c), .name = "PBDMA_HCE_INTR_EN",
	  .write = pb_hce_enable_write },
	{ PB_REG(0x040150), .name = "PBDMA_HCE_DATA_0", .ro = true },
	{ PB_REG(0x040154), .name = "PBDMA_HCE_DATA_1", .ro = true },
	{ }
};
