// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The copy engine's data path.  An operation keeps its progress in the
 * channel, so it stops at the end of a turn or at a fault and goes on from
 * there.  Every step moves at most 256 KiB and stays within one page of each
 * side, whatever the operation's geometry is.
 *
 * Source: as gp100_ce.c.  Remap: each element of the destination is built from
 * components of the source element or two constants.
 */
#include "gp100.h"

#include <string.h>

#define CE_STEP		(256u << 10)
#define CE_BOUNCE	(64u << 10)

#define REMAP_SELECT(r, i)	((r) >> (i) * 4 & 7)
#define REMAP_CONST_A		4
#define REMAP_CONST_B		5

/* Work functions are never nested, so one buffer serves all devices. */
static uint8_t *ce_bounce(size_t *size)
{
	static uint8_t buf[CE_BOUNCE];

	*size = sizeof(buf);
	return buf;
}

static int ce_reach(struct gp100_turn *t, const struct gp100_ce_side *side,
		    uint64_t addr, bool write, struct gp100_xlat *x,
		    uint64_t *run)
{
	uint64_t left;
	int ret;

	addr &= GP100_VA_MASK;
	if (side->phys) {
		*x = (struct gp100_xlat) { .addr = addr, .aper = side->aper };
		return 0;
	}
	if (t->g->inject.ce_fault) {
		t->g->inject.ce_fault--;
		return GP100_FAULT_PTE;
	}
	ret = gp100_tlb_translate(t->g, &t->ch->vmm, addr, write, true, x);
	if (ret)
		return ret;
	left = (1ull << x->shift) - (addr & ((1ull << x->shift) - 1));
	*run = gp100_min(*run, left);
	return 0;
}

/* ---- copy ---- */
static void ce_count(struct gp100 *g, const struct gp100_xlat *src,
		     const struct gp100_xlat *dst, uint64_t len)
{
	bool from_vram = src->aper == GP100_APER_VRAM;
	bool to_vram = dst->aper == GP100_APER_VRAM;

	if (from_vram && to_vram)
		g->stats.ce_bytes_vram_vram += len;
	else if (from_vram)
		g->stats.ce_bytes_vram_sys += len;
	else if (to_vram)
		g->stats.ce_bytes_sys_vram += len;
	else
		g->stats.ce_bytes_sys_sys += len;
}

/* Both in video memory, or one side directly by DMA, or through a buffer. */
static int ce_move(struct gp100 *g, const struct gp100_xlat *src,
		   const struct gp100_xlat *dst, uint64_t *len)
{
	uint8_t *from = NULL, *to = NULL, *buf;
	size_t size;
	int ret;

	if (!src->sparse && src->aper == GP100_APER_VRAM) {
		from = gp100_vram_ptr(g, src->addr, *len);
		if (!from)
			return -1;
	}
	if (!dst->sparse && dst->aper == GP100_APER_VRAM) {
		to = gp100_vram_ptr(g, dst->addr, *len);
		if (!to)
			return -1;
	}
	if (dst->sparse)
		return 0;
	if (from && to) {
		memmove(to, from, *len);
		return 0;
	}
	if (from)
		return gp100_mem_write(g, dst->aper, dst->addr, from, *len);
	if (to && !src->sparse)
		return gp100_mem_read(g, src->aper, src->addr, to, *len);
	buf = ce_bounce(&size);
	*len = gp100_min(*len, size);
	memset(buf, 0, *len);
	ret = 0;
	if (!src->sparse)
		ret = gp100_mem_read(g, src->aper, src->addr, buf, *len);
	return ret ? ret : gp100_mem_write(g, dst->aper, dst->addr, buf, *len);
}

/* Up to @run bytes from @src to @dst; progress in @run. */
static enum gp100_step ce_copy_run(struct gp100_turn *t, uint64_t src,
				   uint64_t dst, uint64_t *run)
{
	struct gp100_ce_op *op = &t->ch->op;
	struct gp100_xlat from, to;
	int ret;

	ret = ce_reach(t, &op->src, src, false, &from, run);
	if (ret)
		return gp100_ce_fault(t, ret, src & GP100_VA_MASK, false);
	ret = ce_reach(t, &op->dst, dst, true, &to, run);
	if (ret)
		return gp100_ce_fault(t, ret, dst & GP100_VA_MASK, true);
	ret = ce_move(t->g, &from, &to, run);
	if (gp100_turn_stale(t))
		return GP100_STEP_STOP;
	if (ret)
		return gp100_ce_fault(t, GP100_FAULT_REGION, dst & GP100_VA_MASK,
				      true);
	ce_count(t->g, &from, &to, *run);
	return GP100_STEP_DONE;
}

enum gp100_step gp100_ce_copy(struct gp100_turn *t)
{
	struct gp100_ce_op *op = &t->ch->op;
	enum gp100_step step;
	uint64_t run;

	if (!op->dst_len)
		return GP100_STEP_DONE;
	while (op->line < op->lines) {
		run = gp100_min(op->dst_len - op->pos, CE_STEP);
		step = ce_copy_run(t, op->src.base + op->pos +
				   (uint64_t)op->src.pitch * op->line,
				   op->dst.base + op->pos +
				   (uint64_t)op->dst.pitch * op->line, &run);
		if (step != GP100_STEP_DONE)
			return step;
		op->pos += run;
		if (op->pos == op->dst_len) {
			op->pos = 0;
			op->line++;
		}
		if (op->line < op->lines && gp100_turn_over(t))
			return GP100_STEP_AGAIN;
	}
	return GP100_STEP_DONE;
}

/* ---- remap ---- */
/*
 * A few elements at @addr, between memory and @buf; they may cross pages.
 */
static enum gp100_step ce_elements(struct gp100_turn *t,
				   const struct gp100_ce_side *side,
				   uint64_t addr, uint8_t *buf, uint64_t len,
				   bool write)
{
	struct gp100_xlat x;
	uint64_t run;
	int ret;

	for (; len; len -= run, addr += run, buf += run) {
		run = len;
		ret = ce_reach(t, side, addr, write, &x, &run);
		if (ret)
			return gp100_ce_fault(t, ret, addr & GP100_VA_MASK, write);
		if (x.sparse && !write)
			memset(buf, 0, run);
		else if (!x.sparse && write)
			ret = gp100_mem_write(t->g, x.aper, x.addr, buf, run);
		else if (!x.sparse)
			ret = gp100_mem_read(t->g, x.aper, x.addr, buf, run);
		if (gp100_turn_stale(t))
			return GP100_STEP_STOP;
		if (ret)
			return gp100_ce_fault(t, GP100_FAULT_REGION,
					      addr & GP100_VA_MASK, write);
	}
	return GP100_STEP_DONE;
}

static void ce_remap_build(const struct gp100_ce_regs *r, const uint8_t *src,
			   uint8_t *dst, uint64_t count)
{
	unsigned int size = GP100_REMAP_SIZE(r->remap), i, sel;
	unsigned int num_src = GP100_REMAP_NUM_SRC(r->remap);
	unsigned int num_dst = GP100_REMAP_NUM_DST(r->remap);

	for (; count; count--, src += size * num_src) {
		for (i = 0; i < num_dst; i++, dst += size) {
			sel = REMAP_SELECT(r->remap, i);
			if (sel == REMAP_CONST_A)
				memcpy(dst, &r->const_a, size);
			else if (sel == REMAP_CONST_B)
				memcpy(dst, &r->const_b, size);
			else if (sel < num_src)
				memcpy(dst, src + sel * size, size);
			/* else: keep what is there */
		}
	}
}

/* Does any component come from the source, or stay as it was? */
static void ce_remap_needs(const struct gp100_ce_regs *r, bool *src, bool *dst)
{
	unsigned int i, sel;

	*src = *dst = false;
	for (i = 0; i < GP100_REMAP_NUM_DST(r->remap); i++) {
		sel = REMAP_SELECT(r->remap, i);
		if (sel < GP100_REMAP_NUM_SRC(r->remap))
			*src = true;
		else if (sel != REMAP_CONST_A && sel != REMAP_CONST_B)
			*dst = true;
	}
}

static enum gp100_step ce_remap_run(struct gp100_turn *t, uint64_t count)
{
	const struct gp100_ce_regs *r = &t->ch->ce;
	struct gp100_ce_op *op = &t->ch->op;
	uint64_t size = GP100_REMAP_SIZE(r->remap);
	uint64_t src_size = size * GP100_REMAP_NUM_SRC(r->remap);
	uint64_t dst_size = size * GP100_REMAP_NUM_DST(r->remap);
	uint64_t src = op->src.base + (uint64_t)op->src.pitch * op->line +
		       op->pos * src_size;
	uint64_t dst = op->dst.base + (uint64_t)op->dst.pitch * op->line +
		       op->pos * dst_size;
	bool need_src, need_dst;
	enum gp100_step step = GP100_STEP_DONE;
	uint8_t *in, *out;
	size_t bounce;

	in = ce_bounce(&bounce);
	out = in + bounce / 2;
	ce_remap_needs(r, &need_src, &need_dst);
	if (need_src)
		step = ce_elements(t, &op->src, src, in, count * src_size,
				   false);
	if (step == GP100_STEP_DONE && need_dst)
		step = ce_elements(t, &op->dst, dst, out, count * dst_size,
				   false);
	if (step != GP100_STEP_DONE)
		return step;
	ce_remap_build(r, in, out, count);
	t->g->stats.ce_bytes_fill += count * dst_size;
	return ce_elements(t, &op->dst, dst, out, count * dst_size, true);
}

/* Elements have at most 16 bytes: 2048 of them fill half of the buffer. */
#define REMAP_STEP	(CE_BOUNCE / 2 / 16)

enum gp100_step gp100_ce_remap(struct gp100_turn *t)
{
	struct gp100_ce_op *op = &t->ch->op;
	enum gp100_step step;
	uint64_t count;

	if (!op->elements)
		return GP100_STEP_DONE;
	while (op->line < op->lines) {
		count = gp100_min(op->elements - op->pos, REMAP_STEP);
		step = ce_remap_run(t, count);
		if (step != GP100_STEP_DONE)
			return step;
		op->pos += count;
		if (op->pos == op->elements) {
			op->pos = 0;
			op->line++;
		}
		if (op->line < op->lines && gp100_turn_over(t))
			return GP100_STEP_AGAIN;
	}
	return GP100_STEP_DONE;
}
