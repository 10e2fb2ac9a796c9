// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Video memory: one sparse mapping; pages the guest never touched cost nothing.
 * QEMU resets a device when the machine is switched on or wakes from S3, where the
 * device had no power: the content is lost.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/subdev/instmem/nv50.c (PRAMIN window).
 */
#include "gp100.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#define GP100_REG_PRAMIN_BASE	0x001700

int gp100_vram_init(struct gp100 *g, uint64_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED)
		return -errno;
	g->vram.mem = mem;
	g->vram.size = size;
	return 0;
}

void gp100_vram_reset(struct gp100 *g)
{
	madvise(g->vram.mem, g->vram.size, MADV_DONTNEED);
}

void gp100_vram_destroy(struct gp100 *g)
{
	if (g->vram.mem)
		munmap(g->vram.mem, g->vram.size);
	g->vram.mem = NULL;
}

void *gp100_vram_ptr(struct gp100 *g, uint64_t addr, uint64_t len)
{
	if (addr > g->vram.size || len > g->vram.size - addr) {
		gp100_gripe(g, GP100_GRIPE_VRAM_RANGE,
			    "%" PRIu64 " bytes at %" PRIx64
			    " are outside of video memory", len, addr);
		return NULL;
	}
	return g->vram.mem + addr;
}

static void *gp100_pramin_ptr(struct gp100 *g, uint32_t off)
{
	uint64_t base = gp100_reg_stored(g, GP100_REG_PRAMIN_BASE) & 0x00ffffff;

	return gp100_vram_ptr(g, (base << 16) + off, 4);
}

uint32_t gp100_pramin_read(struct gp100 *g, uint32_t off)
{
	void *p = gp100_pramin_ptr(g, off);
	uint32_t val = ~0u;

	if (p)
		memcpy(&val, p, sizeof(val));
	return val;
}

void gp100_pramin_write(struct gp100 *g, uint32_t off, uint32_t val)
{
	void *p = gp100_pramin_ptr(g, off);

	if (p)
		memcpy(p, &val, sizeof(val));
}
