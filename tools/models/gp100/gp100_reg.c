// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BAR0: finds the register or window of an access.  Registers are described by
 * the tables of the blocks; a plain one just stores what is written.  An
 * offset nobody describes reads 0, ignores writes and is reported once.
 *
 * Source: which registers exist is what the driver touches; each table names
 * the files.  Windows: drivers/gpu/drm/nouveau/nvkm/subdev/instmem/nv50.c
 * (PRAMIN), .../bios/shadowrom.c (PROM), .../pci/nv40.c (config mirror).
 */
#include "gp100.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/trace.h"

TRACE_CATEGORY(reg, "gpu.reg");

#define GP100_MAX_UNKNOWN	100u	/* messages */

static const struct gp100_reg *const gp100_reg_tables[] = {
	gp100_pmc_regs, gp100_timer_regs, gp100_top_regs, gp100_bar_regs,
	gp100_tlb_regs, gp100_fifo_regs, gp100_pbdma_regs, gp100_ce_regs,
	gp100_fault_regs,
};

#define GP100_NUM_TABLES \
	(sizeof(gp100_reg_tables) / sizeof(gp100_reg_tables[0]))

/* ---- windows ---- */
static uint32_t gp100_prom_read(struct gp100 *g, uint32_t off)
{
	uint32_t val = 0;

	if (off + 4 <= sizeof(g->rom))
		memcpy(&val, g->rom + off, sizeof(val));
	return val;
}

static uint32_t gp100_cfg_read(struct gp100 *g, uint32_t off)
{
	uint32_t val;

	memcpy(&val, g->pci.cfg + off, sizeof(val));
	return val;
}

struct gp100_window {
	uint32_t start, size;
	uint32_t (*read)(struct gp100 *g, uint32_t off);
	void (*write)(struct gp100 *g, uint32_t off, uint32_t val);
};

static const struct gp100_window gp100_windows[] = {
	{ 0x700000, 0x100000, gp100_pramin_read, gp100_pramin_write },
	{ 0x300000, 0x100000, gp100_prom_read, NULL },
	{ 0x088000, PCI_CFG_SIZE, gp100_cfg_read, NULL },
};

static const struct gp100_window *gp100_window_find(uint32_t off)
{
	const struct gp100_window *w = gp100_windows;
	size_t n = sizeof(gp100_windows) / sizeof(gp100_windows[0]);

	for (; n; n--, w++)
		if (off >= w->start && off - w->start < w->size)
			return w;
	return NULL;
}

/* ---- register look-up ---- */
static size_t gp100_reg_count(const struct gp100_reg *reg)
{
	return reg->count ? reg->count : 1;
}

static int gp100_slot_cmp(const void *a, const void *b)
{
	const struct gp100_reg_slot *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void gp100_reg_fill(struct gp100_reg_slot *slot)
{
	const struct gp100_reg *reg;
	size_t t, i;

	for (t = 0; t < GP100_NUM_TABLES; t++)
		for (reg = gp100_reg_tables[t]; reg->name; reg++)
			for (i = 0; i < gp100_reg_count(reg); i++)
				*slot++ = (struct gp100_reg_slot) {
					.offset = reg->offset +
						  (uint32_t)i * reg->stride,
					.reg = reg,
					.index = (unsigned int)i,
				};
}

int gp100_reg_init(struct gp100 *g)
{
	const struct gp100_reg *reg;
	size_t t, n = 0;

	for (t = 0; t < GP100_NUM_TABLES; t++)
		for (reg = gp100_reg_tables[t]; reg->name; reg++)
			n += gp100_reg_count(reg);
	g->regs.count = n;
	g->regs.slots = calloc(n, sizeof(*g->regs.slots));
	g->regs.values = calloc(n, sizeof(*g->regs.values));
	g->regs.unknown_seen = calloc(1, GP100_BAR0_SIZE / 4 / 8);
	if (!g->regs.slots || !g->regs.values || !g->regs.unknown_seen)
		return -ENOMEM;
	gp100_reg_fill(g->regs.slots);
	qsort(g->regs.slots, n, sizeof(*g->regs.slots), gp100_slot_cmp);
	gp100_reg_reset(g);
	return 0;
}

void gp100_reg_reset(struct gp100 *g)
{
	size_t i;

	for (i = 0; i < g->regs.count; i++)
		g->regs.values[i] = g->regs.slots[i].reg->reset;
}

void gp100_reg_destroy(struct gp100 *g)
{
	free(g->regs.slots);
	free(g->regs.values);
	free(g->regs.unknown_seen);
}

/* Index of the slot at @off, or g->regs.count. */
static size_t gp100_reg_find(struct gp100 *g, uint32_t off)
{
	struct gp100_reg_slot key = { .offset = off }, *slot;

	slot = bsearch(&key, g->regs.slots, g->regs.count, sizeof(key),
		       gp100_slot_cmp);
	return slot ? (size_t)(slot - g->regs.slots) : g->regs.count;
}

uint32_t gp100_reg_stored(struct gp100 *g, uint32_t off)
{
	size_t i = gp100_reg_find(g, off);

	return i < g->regs.count ? g->regs.values[i] : 0;
}

static void gp100_reg_unknown(struct gp100 *g, const char *what, uint32_t off,
			      uint32_t val)
{
	uint8_t *seen = &g->regs.unknown_seen[off / 32];
	uint8_t bit = (uint8_t)(1u << (off / 4 % 8));

	g->stats.unknown_regs++;
	if (*seen & bit)
		return;
	*seen |= bit;
	if (g->regs.unknown_logged++ == GP100_MAX_UNKNOWN)
		trace_warn("%s: more unknown registers are only counted",
			   g->pci.name);
	if (g->regs.unknown_logged > GP100_MAX_UNKNOWN)
		return;
	trace_warn("%s: unknown register %06x %s %08x", g->pci.name, off, what,
		   val);
}

static uint32_t gp100_reg_read32(struct gp100 *g, uint32_t off)
{
	size_t i = gp100_reg_find(g, off);
	const struct gp100_window *w;
	const struct gp100_reg *reg;
	uint32_t val;

	if (i == g->regs.count) {
		w = gp100_window_find(off);
		if (w)
			return w->read(g, off - w->start);
		gp100_reg_unknown(g, "read", off, 0);
		return 0;
	}
	reg = g->regs.slots[i].reg;
	val = g->regs.values[i];
	if (reg->read)
		val = reg->read(g, g->regs.slots[i].index, val);
	trace(reg, "%s: rd %06x %s = %08x", g->pci.name, off, reg->name, val);
	return val;
}

static void gp100_reg_write32(struct gp100 *g, uint32_t off, uint32_t val)
{
	size_t i = gp100_reg_find(g, off);
	const struct gp100_window *w;
	const struct gp100_reg *reg;

	if (i == g->regs.count) {
		w = gp100_window_find(off);
		if (!w)
			gp100_reg_unknown(g, "write", off, val);
		else if (w->write)
			w->write(g, off - w->start, val);
		return;
	}
	reg = g->regs.slots[i].reg;
	trace(reg, "%s: wr %06x %s = %08x", g->pci.name, off, reg->name, val);
	if (reg->write)
		reg->write(g, g->regs.slots[i].index, &g->regs.values[i], val);
	else if (!reg->ro)
		g->regs.values[i] = val;
}

/* ---- the BAR: registers are 32 bits wide ---- */
static uint64_t gp100_bar0_read(struct pci_dev *dev, uint64_t off,
				unsigned int size)
{
	struct gp100 *g = gp100_of(dev);
	uint64_t val;

	g->stats.bar0_reads++;
	if (size == 8) {
		val = gp100_reg_read32(g, (uint32_t)off);
		return val | (uint64_t)gp100_reg_read32(g, (uint32_t)off + 4)
			     << 32;
	}
	val = gp100_reg_read32(g, (uint32_t)off & ~3u);
	val >>= (off & 3) * 8;
	return size == 4 ? val : val & ((1u << size * 8) - 1);
}

/* A narrow write replaces its bytes of what the register reads. */
static void gp100_bar0_write_narrow(struct gp100 *g, uint32_t off,
				    unsigned int size, uint32_t val)
{
	unsigned int shift = (off & 3) * 8;
	uint32_t mask = ((1u << size * 8) - 1) << shift;
	uint32_t old = gp100_reg_read32(g, off & ~3u);

	gp100_reg_write32(g, off & ~3u, (old & ~mask) | (val << shift & mask));
}

static void gp100_bar0_write(struct pci_dev *dev, uint64_t off,
			     unsigned int size, uint64_t val)
{
	struct gp100 *g = gp100_of(dev);

	g->stats.bar0_writes++;
	if (size < 4) {
		gp100_bar0_write_narrow(g, (uint32_t)off, size, (uint32_t)val);
		return;
	}
	gp100_reg_write32(g, (uint32_t)off, (uint32_t)val);
	if (size == 8)
		gp100_reg_write32(g, (uint32_t)off + 4, (uint32_t)(val >> 32));
}

const struct pci_bar_ops gp100_bar0_ops = {
	.read = gp100_bar0_read,
	.write = gp100_bar0_write,
};
