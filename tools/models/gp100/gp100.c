// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A Tesla P100 as a PCI function: identity, BARs, life.
 *
 * Source: drivers/gpu/drm/nouveau/nouveau_drm.c (what it binds to),
 * nvkm/subdev/pci/base.c, nvkm/engine/device/{base,pci}.c (BARs, identifiers).
 * The class is 3D controller: no VGA resources, and no NVIDIA quirks in QEMU.
 */
#include "gp100.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/trace.h"

#define MIN_VRAM	(64ull << 20)
#define MAX_VRAM	(16ull << 30)
#define MIN_BAR		(1ull << 20)
#define MAX_BAR1	(16ull << 30)
#define MAX_BAR3	(1ull << 30)

static void gp100_power_on(struct gp100 *g)
{
	gp100_fifo_reset(g);
	gp100_timer_reset(g);
	gp100_pbdma_reset(g);
	gp100_ce_reset(g);
	gp100_fault_reset(g);
	gp100_bar_reset(g);
	gp100_tlb_reset(g);
	gp100_pmc_reset(g);
	gp100_reg_reset(g);
	memset(&g->inject, 0, sizeof(g->inject));
}

static void gp100_reset(struct pci_dev *dev)
{
	struct gp100 *g = gp100_of(dev);

	g->generation++;
	g->stats.resets++;
	gp100_power_on(g);
	gp100_vram_reset(g);
}

static void gp100_free(struct gp100 *g)
{
	gp100_fifo_destroy(g);
	gp100_tlb_destroy(g);
	gp100_reg_destroy(g);
	gp100_vram_destroy(g);
	free(g);
}

static void gp100_destroy(struct pci_dev *dev)
{
	struct gp100 *g = gp100_of(dev);

	gp100_fifo_reset(g);
	gp100_timer_reset(g);
	gp100_free(g);
}

static const struct pci_dev_ops gp100_dev_ops = {
	.reset = gp100_reset,
	.control = gp100_ctl,
	.control_help = gp100_ctl_help,
	.destroy = gp100_destroy,
};

static const char *const gp100_params_help[] = {
	"vram=1G        video memory, 64M to 16G in units of 1M",
	"bar1=256M      size of the memory aperture, a power of two",
	"bar3=32M       size of the instance memory aperture, a power of two",
	"channels=512   number of channels, 32 to 4096, a multiple of 32",
	NULL
};

static bool gp100_is_pow2(uint64_t v, uint64_t min, uint64_t max)
{
	return v >= min && v <= max && !(v & (v - 1));
}

static bool gp100_take_params(struct gp100 *g, const char *name,
			      struct model_params *params, uint64_t *vram)
{
	uint64_t bar1 = model_param_size(params, "bar1", 256ull << 20);
	uint64_t bar3 = model_param_size(params, "bar3", 32ull << 20);
	uint64_t chans = model_param_u64(params, "channels", 512);

	*vram = model_param_size(params, "vram", 1ull << 30);
	if (*vram < MIN_VRAM || *vram > MAX_VRAM || *vram & 0xfffff) {
		trace_warn("%s: bad vram=: %s", name, gp100_params_help[0]);
		return false;
	}
	if (!gp100_is_pow2(bar1, MIN_BAR, MAX_BAR1) ||
	    !gp100_is_pow2(bar3, MIN_BAR, MAX_BAR3)) {
		trace_warn("%s: bar1= and bar3= are powers of two from 1M",
			   name);
		return false;
	}
	if (chans < 32 || chans > GP100_MAX_CHANNELS || chans % 32) {
		trace_warn("%s: bad channels=: %s", name, gp100_params_help[3]);
		return false;
	}
	g->fifo.num_chans = (uint32_t)chans;
	g->pci.bars[0] = (struct pci_bar) {
		.size = GP100_BAR0_SIZE, .ops = &gp100_bar0_ops,
	};
	g->pci.bars[1] = (struct pci_bar) {
		.size = bar1, .is_64bit = true, .prefetchable = true,
		.ops = &gp100_bar1_ops,
	};
	g->pci.bars[3] = (struct pci_bar) {
		.size = bar3, .is_64bit = true, .prefetchable = true,
		.ops = &gp100_bar3_ops,
	};
	return true;
}

static struct pci_dev *gp100_create(const char *name, struct loop *loop,
				    struct model_params *params)
{
	struct gp100 *g = calloc(1, sizeof(*g));
	uint64_t vram;

	if (!g)
		return NULL;
	g->loop = loop;
	g->pci.name = name;
	g->pci.ids = (struct pci_ids) {
		.vendor = 0x10de, .device = 0x15f8,
		.subsys_vendor = 0x10de, .subsys = 0x118f,
		.class_code = 0x030200, .revision = 0xa1,
	};
	g->pci.ops = &gp100_dev_ops;
	g->pci.stats = gp100_stat_table;
	g->pci.stats_base = &g->stats;
	if (!gp100_take_params(g, name, params, &vram))
		goto out_free;
	if (gp100_vram_init(g, vram) || gp100_reg_init(g) ||
	    gp100_tlb_init(g) || gp100_fifo_init(g)) {
		trace_warn("%s: out of memory", name);
		goto out_free;
	}
	gp100_timer_init(g);
	gp100_vbios_make(g->rom, g->pci.ids.device);
	gp100_power_on(g);
	pci_cap_pm(&g->pci, 0x60);
	pci_cap_msi(&g->pci, 0x68, 1);
	pci_cap_pcie(&g->pci, 0x78, 3, 16);
	return &g->pci;

out_free:
	gp100_free(g);
	return NULL;
}

const struct model gp100_model = {
	.name = "gp100",
	.params_help = gp100_params_help,
	.create = gp100_create,
};
