// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the chip has: the TOP table of engines, fuses, straps, size and shape
 * of the memory, and the registers of small units that are only configured.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/subdev/top/gk104.c (table format),
 * .../devinit/{gf100,gm107}.c (fuses), .../fb/{ramgf100,ramgm107,ramgm200,
 * ramgp100,gm200,gp100}.c, .../ltc/{gm107,gp100}.c, .../therm/gp100.c,
 * .../bar/g84.c and .../ltc/gf100.c (flushes).
 */
#include "gp100.h"

/* One engine is three chained words: data, enumeration, type. */
#define GP100_TOP_DATA(inst, addr, fault) \
	(0x80000001u | (inst) << 26 | ((addr) & 0xfff000u) | 4 | (fault) << 3)
#define GP100_TOP_ENUM(engine, runlist, intr, reset) \
	(0x80000002u | (engine) << 26 | (runlist) << 21 | 0x10 | 8 | \
	 (intr) << 15 | 0x20 | (reset) << 9 | 4)
#define GP100_TOP_TYPE(type)	(3u | (type) << 2)
#define GP100_TOP_GR		0x00u
#define GP100_TOP_LCE		0x13u

/* GR, CE0, CE1: each engine has the runlist of its own number. */
unsigned int gp100_ce_of_runlist(unsigned int runlist)
{
	return runlist == 2;
}

static uint32_t gp100_top_word(unsigned int engine, unsigned int word)
{
	static const struct {
		uint32_t data, type;
		uint8_t intr, reset;
	} engines[] = {
		{ GP100_TOP_DATA(0u, 0x400000u, 0x00u), GP100_TOP_GR, 12, 12 },
		{ GP100_TOP_DATA(0u, 0x104000u, 0x15u), GP100_TOP_LCE, 5, 6 },
		{ GP100_TOP_DATA(1u, 0x104000u, 0x16u), GP100_TOP_LCE, 6, 7 },
	};

	if (engine >= sizeof(engines) / sizeof(engines[0]))
		return 0;
	switch (word) {
	case 0:
		return engines[engine].data;
	case 1:
		return GP100_TOP_ENUM((uint32_t)engine, (uint32_t)engine,
				      (uint32_t)engines[engine].intr,
				      (uint32_t)engines[engine].reset);
	default:
		return GP100_TOP_TYPE(engines[engine].type);
	}
}

static uint32_t gp100_top_read(struct gp100 *g, unsigned int i, uint32_t stored)
{
	(void)g, (void)stored;
	return gp100_top_word(i / 3, i % 3);
}

static uint32_t gp100_vram_size_read(struct gp100 *g, unsigned int i,
				     uint32_t stored)
{
	(void)i, (void)stored;
	return (uint32_t)(g->vram.size >> 20);
}

/* Flushes are done as soon as they are asked for. */
static void gp100_flush_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			      uint32_t val)
{
	(void)g, (void)i, (void)val;
	*stored = 0;
}

const struct gp100_reg gp100_top_regs[] = {
	{ 0x020460, .name = "THERM_TEMP", .ro = true,
	  .reset = 0x20000000 | 40 << 8 },
	{ 0x021c00, .name = "FUSE_CE", .ro = true },
	{ 0x021c04, .name = "FUSE_DISP", .ro = true, .reset = 1 },
	{ 0x021c14, .name = "FUSE_FBPA", .ro = true },
	{ 0x021d38, .name = "FUSE_FBP", .ro = true },
	{ 0x021d70, .name = "FUSE_LTC", .ro = true },
	{ 0x02240c, .name = "DEVINIT_STATUS", .reset = 2 },
	{ 0x022438, .name = "TOP_NUM_FBPS", .ro = true, .reset = 1 },
	{ 0x022450, .name = "TOP_LTC_PER_FBP", .ro = true, .reset = 1 },
	{ 0x022458, .name = "TOP_FBPA_PER_FBP", .ro = true, .reset = 1 },
	{ 0x022700, 64, 4, "TOP_DEVICE", .ro = true, .read = gp100_top_read },
	{ 0x070000, .name = "FLUSH_SYSMEM", .write = gp100_flush_write },
	{ 0x070004, .name = "LTC_INVALIDATE", .write = gp100_flush_write },
	{ 0x070010, .name = "LTC_FLUSH", .write = gp100_flush_write },
	{ 0x100c10, .name = "FB_SYSMEM_FLUSH_PAGE" },
	{ 0x100c14, .name = "FB_UNK_C14" },
	{ 0x100cc4, 3, 4, .name = "FB_MMU_DEBUG" },
	{ 0x101000, .name = "STRAPS", .ro = true },
	{ 0x10ecc0, .name = "FB_INTR" },
	{ 0x12006c, .name = "PRI_NUM_LTCS", .ro = true, .reset = 1 },
	{ 0x17e280, .name = "LTC_SLICES", .ro = true, .reset = 1u << 28 },
	{ 0x17e338, 6, 4, .name = "LTC_ZBC" },
	{ 0x1fac80, .name = "FB_MMU_CTRL_COPY" },
	{ 0x1facc4, 3, 4, .name = "FB_MMU_DEBUG_COPY" },
	{ 0x90020c, .name = "FBPA_VRAM_MIB", .ro = true,
	  .read = gp100_vram_size_read },
	{ 0x9a0160, .name = "FBPA_UNK_160" },
	{ 0x9a0584, .name = "FBPA_UNK_584" },
	{ 0x9a065c, .name = "FBPA_UNK_65C" },
	{ }
};
