// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copy engine, class 0xc0b5 (PASCAL_DMA_COPY_A): methods, launch, completion,
 * interrupts.  The data is moved by gp100_ce_copy.c.
 *
 * Source: drivers/gpu/drm/nouveau/include/nvhw/class/cla0b5.h (Kepler's class,
 * which nouveau uses for Pascal too; addresses have 49 bits since),
 * nouveau_{boa0b5,dmem}.c, nvkm/engine/ce/gp100.c (launch errors).
 * Not modelled: block-linear layouts and semaphore reductions; both are
 * refused with a launch error.
 */
#include "gp100.h"

#include <inttypes.h>
#include <string.h>

#include "core/trace.h"

TRACE_CATEGORY(ce, "gpu.ce");

#define CE_LAUNCH	0x300

#define LAUNCH_TYPE(l)		((l) & 3)
#define LAUNCH_SEM(l)		((l) >> 3 & 3)
#define LAUNCH_INTR(l)		((l) >> 5 & 3)
#define LAUNCH_SRC_PITCH	(1u << 7)
#define LAUNCH_DST_PITCH	(1u << 8)
#define LAUNCH_MULTI_LINE	(1u << 9)
#define LAUNCH_REMAP		(1u << 10)
#define LAUNCH_SRC_PHYS		(1u << 12)
#define LAUNCH_DST_PHYS		(1u << 13)
#define LAUNCH_REDUCTION	(1u << 19)

#define CE_INTR_BLOCK		(1u << 0)
#define CE_INTR_NONBLOCK	(1u << 1)
#define CE_INTR_LAUNCHERR	(1u << 2)

#define CE_ERR_INVALID_VALUE	0x9
#define CE_ERR_INVALID_OP	0xb
#define CE_ERR_INVALID_CONFIG	0xd

bool gp100_ce_irq(struct gp100 *g, unsigned int ce)
{
	return g->ce[ce].pending & g->ce[ce].enable;
}

static void ce_raise(struct gp100_turn *t, uint32_t bits, uint32_t error)
{
	unsigned int ce = gp100_ce_of_runlist(t->ch->runlist);
	struct gp100_ce_irq *irq = &t->g->ce[ce];

	irq->pending |= bits;
	if (error)
		irq->error = error;
	gp100_pmc_update(t->g);
}

static enum gp100_step ce_refuse(struct gp100_turn *t, uint32_t error)
{
	t->g->stats.ce_launch_errors++;
	gp100_gripe(t->g, GP100_GRIPE_LAUNCH,
		    "channel %u: launch %08x refused, error %x", t->ch->id,
		    t->ch->op.launch, error);
	t->ch->op.active = false;
	ce_raise(t, CE_INTR_LAUNCHERR, error);
	return GP100_STEP_DONE;
}

/* ---- launch ---- */
static const enum gp100_aper ce_phys_apers[] = {
	GP100_APER_VRAM, GP100_APER_SYS_COH, GP100_APER_SYS_NCOH,
};

static bool ce_side(struct gp100_ce_side *side, uint32_t hi, uint32_t lo,
		    uint32_t pitch, bool phys, uint32_t target)
{
	if (phys && (target & 3) == 3)
		return false;
	*side = (struct gp100_ce_side) {
		.base = ((uint64_t)hi << 32 | lo) & GP100_VA_MASK,
		.pitch = (int32_t)pitch,
		.phys = phys,
		.aper = phys ? ce_phys_apers[target & 3] : GP100_APER_VRAM,
	};
	return true;
}

static void ce_geometry(struct gp100_chan *ch)
{
	const struct gp100_ce_regs *r = &ch->ce;
	struct gp100_ce_op *op = &ch->op;

	op->lines = op->launch & LAUNCH_MULTI_LINE ? r->line_count : 1;
	op->remap = op->launch & LAUNCH_REMAP;
	op->elements = r->line_length;
	op->src_len = op->dst_len = r->line_length;
	if (op->remap) {
		op->src_len *= GP100_REMAP_SIZE(r->remap) *
			       GP100_REMAP_NUM_SRC(r->remap);
		op->dst_len *= GP100_REMAP_SIZE(r->remap) *
			       GP100_REMAP_NUM_DST(r->remap);
	} else if (op->src.pitch == op->dst.pitch &&
		   op->src.pitch == (int64_t)op->src_len) {
		/* lines without gaps are one long line */
		op->src_len = op->dst_len *= op->lines;
		op->lines = op->lines ? 1 : 0;
	}
}

static enum gp100_step ce_launch(struct gp100_turn *t, uint32_t launch)
{
	struct gp100_ce_regs *r = &t->ch->ce;
	struct gp100_ce_op *op = &t->ch->op;

	*op = (struct gp100_ce_op) { .launch = launch };
	t->g->stats.ce_launches++;
	if (LAUNCH_TYPE(launch) == 3 || LAUNCH_SEM(launch) == 3 ||
	    LAUNCH_INTR(launch) == 3)
		return ce_refuse(t, CE_ERR_INVALID_VALUE);
	if (launch & LAUNCH_REDUCTION)
		return ce_refuse(t, CE_ERR_INVALID_OP);
	op->copied = LAUNCH_TYPE(launch) == 0;
	if (!op->copied && (!(launch & LAUNCH_SRC_PITCH) ||
			    !(launch & LAUNCH_DST_PITCH)))
		return ce_refuse(t, CE_ERR_INVALID_CONFIG);
	if (!ce_side(&op->src, r->in_hi, r->in_lo, r->pitch_in,
		     launch & LAUNCH_SRC_PHYS, r->src_phys) ||
	    !ce_side(&op->dst, r->out_hi, r->out_lo, r->pitch_out,
		     launch & LAUNCH_DST_PHYS, r->dst_phys))
		return ce_refuse(t, CE_ERR_INVALID_VALUE);
	ce_geometry(t->ch);
	op->active = true;
	trace(ce, "%s: channel %u launch %08x %s%" PRIx64 " -> %s%" PRIx64
	      " %" PRIu64 " x %" PRIu64, t->g->pci.name, t->ch->id, launch,
	      op->src.phys ? "phys " : "", op->src.base,
	      op->dst.phys ? "phys " : "", op->dst.base, op->dst_len,
	      op->lines);
	return gp100_ce_run(t);
}

/* ---- completion ---- */
static enum gp100_step ce_finish(struct gp100_turn *t)
{
	struct gp100_chan *ch = t->ch;
	uint64_t va = ((uint64_t)ch->ce.sem_hi << 32 | ch->ce.sem_lo) &
		      GP100_VA_MASK, fault_va;
	unsigned int sem = LAUNCH_SEM(ch->op.launch);
	int ret;

	if (sem) {
		ret = gp100_mem_vrelease(t->g, &ch->vmm, va, ch->ce.sem_payload,
					 sem == 2, &fault_va);
		if (ret)
			return gp100_ce_fault(t, ret, fault_va, true);
		t->g->stats.sem_releases++;
		gp100_fifo_kick_acquiring(t->g);
		if (gp100_turn_stale(t))
			return GP100_STEP_STOP;
	}
	ch->op.active = false;
	if (LAUNCH_INTR(ch->op.launch))
		ce_raise(t, LAUNCH_INTR(ch->op.launch) == 1 ? CE_INTR_BLOCK :
						     CE_INTR_NONBLOCK, 0);
	return GP100_STEP_DONE;
}

enum gp100_step gp100_ce_run(struct gp100_turn *t)
{
	struct gp100_ce_op *op = &t->ch->op;
	enum gp100_step step = GP100_STEP_DONE;

	if (!op->copied)
		step = op->remap ? gp100_ce_remap(t) : gp100_ce_copy(t);
	if (step != GP100_STEP_DONE)
		return step;
	op->copied = true;
	return ce_finish(t);
}

/*
 * The engine's accesses are replayable where the address space says so.  Real
 * hardware replays only faults of the graphics clusters and kills the channel
 * of a copy engine; this deviation is on purpose, as the model has no shader
 * that could touch shared virtual memory.  The driver does not look at the
 * client of a fault.
 */
enum gp100_step gp100_ce_fault(struct gp100_turn *t, int fault, uint64_t va,
			       bool write)
{
	unsigned int ce = gp100_ce_of_runlist(t->ch->runlist);
	struct gp100_fault_info info = {
		.va = va,
		.unit = (uint8_t)(GP100_UNIT_CE0 + ce),
		.client = (uint8_t)(GP100_CLIENT_CE0 + ce),
		.reason = (uint8_t)GP100_FAULT_REASON(fault),
		.access = write ? GP100_ACCESS_WRITE : GP100_ACCESS_READ,
	};

	if (fault != GP100_XLAT_RESET && !gp100_turn_stale(t))
		gp100_fault_chan(t->g, t->ch, &info);
	return GP100_STEP_STOP;
}

/* ---- methods ---- */
static const struct {
	uint16_t mthd;
	uint16_t field;
} ce_methods[] = {
	{ 0x240, offsetof(struct gp100_ce_regs, sem_hi) },
	{ 0x244, offsetof(struct gp100_ce_regs, sem_lo) },
	{ 0x248, offsetof(struct gp100_ce_regs, sem_payload) },
	{ 0x260, offsetof(struct gp100_ce_regs, src_phys) },
	{ 0x264, offsetof(struct gp100_ce_regs, dst_phys) },
	{ 0x400, offsetof(struct gp100_ce_regs, in_hi) },
	{ 0x404, offsetof(struct gp100_ce_regs, in_lo) },
	{ 0x408, offsetof(struct gp100_ce_regs, out_hi) },
	{ 0x40c, offsetof(struct gp100_ce_regs, out_lo) },
	{ 0x410, offsetof(struct gp100_ce_regs, pitch_in) },
	{ 0x414, offsetof(struct gp100_ce_regs, pitch_out) },
	{ 0x418, offsetof(struct gp100_ce_regs, line_length) },
	{ 0x41c, offsetof(struct gp100_ce_regs, line_count) },
	{ 0x700, offsetof(struct gp100_ce_regs, const_a) },
	{ 0x704, offsetof(struct gp100_ce_regs, const_b) },
	{ 0x708, offsetof(struct gp100_ce_regs, remap) },
};

enum gp100_step gp100_ce_method(struct gp100_turn *t, uint32_t mthd,
				uint32_t data)
{
	size_t i, n = sizeof(ce_methods) / sizeof(ce_methods[0]);

	if (mthd == CE_LAUNCH)
		return ce_launch(t, data);
	for (i = 0; i < n; i++) {
		if (ce_methods[i].mthd != mthd)
			continue;
		memcpy((uint8_t *)&t->ch->ce + ce_methods[i].field, &data,
		       sizeof(data));
		return GP100_STEP_DONE;
	}
	t->g->stats.unknown_methods++;
	gp100_gripe(t->g, GP100_GRIPE_METHOD,
		    "channel %u: copy engine method %04x is not modelled",
		    t->ch->id, mthd);
	return GP100_STEP_DONE;
}

/* ---- registers ---- */
void gp100_ce_reset(struct gp100 *g)
{
	unsigned int i;

	for (i = 0; i < GP100_NUM_CES; i++)
		g->ce[i] = (struct gp100_ce_irq) { .enable = 7 };
}

static uint32_t ce_enable_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->ce[i].enable;
}

static void ce_enable_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			    uint32_t val)
{
	(void)stored;
	g->ce[i].enable = val;
	gp100_pmc_update(g);
}

static uint32_t ce_intr_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->ce[i].pending;
}

static void ce_intr_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			  uint32_t val)
{
	(void)stored;
	g->ce[i].pending &= ~val;
	gp100_pmc_update(g);
}

static uint32_t ce_error_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)stored;
	return g->ce[i].error;
}

const struct gp100_reg gp100_ce_regs[] = {
	{ 0x10440c, GP100_NUM_CES, 0x80, .name = "CE_INTR_EN",
	  .read = ce_enable_read, .write = ce_enable_write },
	{ 0x104410, GP100_NUM_CES, 0x80, .name = "CE_INTR",
	  .read = ce_intr_read, .write = ce_intr_write },
	{ 0x104418, GP100_NUM_CES, 0x80, .name = "CE_LAUNCH_ERROR", .ro = true,
	  .read = ce_error_read },
	{ }
};
