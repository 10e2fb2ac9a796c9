// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PMC: identification, engine enables and the interrupt tree.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/subdev/mc/{nv04,gp100}.c (registers,
 * bits of leaf 0), .../core/intr.c (the sequence of the handler),
 * .../engine/device/base.c (BOOT_0), .../subdev/bus/gf100.c,
 * .../subdev/gpio/gk104.c, .../engine/disp/vga.c.
 *
 * The driver masks everything, reads the leaves, serves the sources and
 * enables again.  One message is sent whenever a bit of (pending & enable)
 * rises, so nothing is lost while it was masked.  A replayable fault is
 * latched when its entry is written and cleared by reading the leaf: the
 * driver serves it much later, in a work item, without masking it.
 */
#include "gp100.h"

#include "core/trace.h"

TRACE_CATEGORY(irq, "gpu.irq");

#define GP100_BOOT_0		0x130000a1u
#define GP100_LEAF_CE0		5	/* as in the TOP table */
#define GP100_LEAF_FIFO		8
#define GP100_LEAF_FAULT	9
#define GP100_LEAF_TIMER	20

static uint32_t gp100_pmc_pending(struct gp100 *g)
{
	uint32_t val = 0;
	unsigned int i;

	for (i = 0; i < GP100_NUM_CES; i++)
		if (gp100_ce_irq(g, i))
			val |= 1u << (GP100_LEAF_CE0 + i);
	if (gp100_fifo_irq(g))
		val |= 1u << GP100_LEAF_FIFO;
	if (g->pmc.fault_latched)
		val |= 1u << GP100_LEAF_FAULT;
	if (gp100_timer_pending(g))
		val |= 1u << GP100_LEAF_TIMER;
	return val;
}

void gp100_pmc_update(struct gp100 *g)
{
	uint32_t now = gp100_pmc_pending(g) & g->pmc.enable[0];
	uint32_t risen = now & ~g->pmc.asserted[0];

	g->pmc.asserted[0] = now;
	if (!risen)
		return;
	trace(irq, "%s: leaf 0 %08x, new %08x", g->pci.name, now, risen);
	g->stats.irqs++;
	pci_irq_raise(&g->pci, 0);
}

void gp100_pmc_reset(struct gp100 *g)
{
	g->pmc = (struct gp100_pmc) { };
}

static uint32_t gp100_leaf_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	uint32_t val;

	(void)stored;
	if (i)
		return 0;
	val = gp100_pmc_pending(g);
	g->pmc.fault_latched = false;
	gp100_pmc_update(g);
	return val;
}

static void gp100_enable_set(struct gp100 *g, unsigned int i, uint32_t *stored,
			     uint32_t val)
{
	(void)stored;
	g->pmc.enable[i] |= val;
	gp100_pmc_update(g);
}

static void gp100_enable_clear(struct gp100 *g, unsigned int i,
			       uint32_t *stored, uint32_t val)
{
	(void)stored;
	g->pmc.enable[i] &= ~val;
	gp100_pmc_update(g);
}

static uint32_t gp100_enable_read(struct gp100 *g, unsigned int i,
				  uint32_t stored)
{
	(void)stored;
	return g->pmc.enable[i];
}

const struct gp100_reg gp100_pmc_regs[] = {
	{ 0x000000, .name = "PMC_BOOT_0", .reset = GP100_BOOT_0, .ro = true },
	{ 0x000004, .name = "PMC_BOOT_1", .ro = true },
	{ 0x000100, 2, 4, "PMC_INTR", .ro = true, .read = gp100_leaf_read },
	{ 0x000140, 2, 4, "PMC_INTR_EN", .ro = true,
	  .read = gp100_enable_read },
	{ 0x000160, 2, 4, "PMC_INTR_EN_SET", .read = gp100_enable_read,
	  .write = gp100_enable_set },
	{ 0x000180, 2, 4, "PMC_INTR_EN_CLEAR", .read = gp100_enable_read,
	  .write = gp100_enable_clear },
	{ 0x000200, .name = "PMC_ENABLE" },
	{ 0x000204, .name = "PMC_ENABLE_PBDMA" },
	{ 0x001100, .name = "PBUS_INTR", .ro = true },
	{ 0x001140, .name = "PBUS_INTR_EN" },
	/* GPIO and I2C interrupt status and enables, all quiet */
	{ 0x00dc00, 2, 8, "GPIO_INTR_0", .ro = true },
	{ 0x00dc60, 2, 8, "I2C_INTR", .ro = true },
	{ 0x00dc80, 2, 8, "GPIO_INTR_1", .ro = true },
	{ 0x088050, .name = "PCI_ROM_SHADOW" },
	{ 0x088704, .name = "PCI_MSI_REARM" },
	/* VGA CRTC index and data, locked at start-up */
	{ 0x6013d4, .name = "VGA_CRTC" },
	{ }
};
