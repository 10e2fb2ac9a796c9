// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page-table walker: instance blocks and the five-level "version 2" format
 * with 49-bit addresses.
 *
 *	PD3 48:47, PD2 46:38, PD1 37:29: 8-byte entries
 *	PD0 28:21: 16-byte entries, low half for the 64 KiB table (or a 2 MiB
 *	    page), high half for the 4 KiB table
 *	64 KiB table 20:16 (256-byte aligned), 4 KiB table 20:12
 *
 * A 64 KiB entry that is valid or sparse wins.  One that is not, but has its
 * "privileged" bit set, hides the 4 KiB table; all zero means: look there.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/subdev/mmu/{vmmgp100,vmmgf100}.c.  What
 * the entries hold is the guest's: every address is checked before use, and a
 * walk has five steps whatever the tables look like.
 */
#include "gp100.h"

#include <inttypes.h>
#include <string.h>

#include "core/trace.h"

TRACE_CATEGORY(mmu, "gpu.mmu");

#define INST_PDB		0x200
#define PDB_REPLAY		(3ull << 4)
#define PDB_APER(v)		((enum gp100_aper)((v) & 3))

#define PTE_VALID		(1ull << 0)
#define PTE_VOL			(1ull << 3)
#define PTE_PRIV		(1ull << 5)
#define PTE_RO			(1ull << 6)
#define PTE_ATOMIC_OFF		(1ull << 7)

int gp100_vmm_load(struct gp100 *g, uint64_t inst, struct gp100_vmm *vmm)
{
	uint64_t words[2];
	const void *p = gp100_vram_ptr(g, inst + INST_PDB, sizeof(words));

	*vmm = (struct gp100_vmm) { };
	if (!p)
		return GP100_FAULT_REGION;
	memcpy(words, p, sizeof(words));
	vmm->root = words[0] & 0x000ffffffffff000ull;
	vmm->aper = PDB_APER(words[0]);
	vmm->replay = words[0] & PDB_REPLAY;
	vmm->limit = words[1] | 0xfff;
	vmm->valid = true;
	return 0;
}

/* One table, or the lack of it. */
struct mmu_table {
	enum gp100_aper aper;
	uint64_t addr;
};

/* A pointer to a table: aperture 1 is video memory here, 0 means none. */
static bool mmu_pde(uint64_t pde, unsigned int shift, struct mmu_table *t)
{
	static const enum gp100_aper apers[] = {
		[1] = GP100_APER_VRAM, [2] = GP100_APER_SYS_COH,
		[3] = GP100_APER_SYS_NCOH,
	};
	unsigned int aper = pde >> 1 & 3;

	if (!aper)
		return false;
	t->aper = apers[aper];
	t->addr = (pde >> 8 & 0x3ffffffffffull) << 12;
	if (shift == 8)		/* finer: bits 4.. in units of 256 bytes */
		t->addr = (pde >> 4 & 0x3fffffffffffull) << 8;
	return true;
}

static int mmu_read(struct gp100 *g, const struct mmu_table *t, uint64_t off,
		    void *buf, size_t len, bool work)
{
	const void *p;

	if (t->aper == GP100_APER_VRAM) {
		p = gp100_vram_ptr(g, t->addr + off, len);
		if (!p)
			return GP100_FAULT_REGION;
		memcpy(buf, p, len);
		return 0;
	}
	if (t->aper == GP100_APER_PEER || !work)
		return GP100_FAULT_APERTURE;
	if (gp100_mem_read(g, t->aper, t->addr + off, buf, len))
		return GP100_XLAT_RESET;
	return 0;
}

static int mmu_sparse(unsigned int shift, struct gp100_xlat *x)
{
	*x = (struct gp100_xlat) { .sparse = true, .shift = (uint8_t)shift };
	return 0;
}

static int mmu_page(uint64_t pte, unsigned int shift, uint64_t va,
		    struct gp100_xlat *x)
{
	uint64_t offset = va & ((1ull << shift) - 1);
	enum gp100_aper aper = pte >> 1 & 3;
	uint64_t frame;

	/* 25 bits of frame number in video memory, 46 in system memory */
	frame = pte >> 8 & (aper == GP100_APER_VRAM ? 0x1ffffffull :
						      0x3fffffffffffull);
	*x = (struct gp100_xlat) {
		.addr = (frame << 12 & ~((1ull << shift) - 1)) | offset,
		.aper = aper,
		.shift = (uint8_t)shift,
		.kind = (uint8_t)(pte >> 56),
		.ro = pte & PTE_RO,
		.priv = pte & PTE_PRIV,
		.no_atomic = pte & PTE_ATOMIC_OFF,
	};
	return aper == GP100_APER_PEER ? GP100_FAULT_APERTURE : 0;
}

/* The 64 KiB table.  -1: look in the 4 KiB table. */
static int mmu_walk_big(struct gp100 *g, const struct mmu_table *t, uint64_t va,
			bool work, struct gp100_xlat *x)
{
	uint64_t pte;
	int ret = mmu_read(g, t, (va >> 16 & 31) * 8, &pte, sizeof(pte), work);

	if (ret)
		return ret;
	if (pte & PTE_VALID)
		return mmu_page(pte, 16, va, x);
	if (pte & PTE_VOL)
		return mmu_sparse(16, x);
	return pte & PTE_PRIV ? GP100_FAULT_PTE : -1;
}

static int mmu_walk_small(struct gp100 *g, const struct mmu_table *t,
			  uint64_t va, bool work, struct gp100_xlat *x)
{
	uint64_t pte;
	int ret = mmu_read(g, t, (va >> 12 & 511) * 8, &pte, sizeof(pte), work);

	if (ret)
		return ret;
	if (pte & PTE_VALID)
		return mmu_page(pte, 12, va, x);
	return pte & PTE_VOL ? mmu_sparse(12, x) : GP100_FAULT_PTE;
}

static int mmu_walk_pd0(struct gp100 *g, const struct mmu_table *pd0,
			uint64_t va, bool work, struct gp100_xlat *x)
{
	uint64_t pde[2];
	struct mmu_table t;
	int ret = mmu_read(g, pd0, (va >> 21 & 255) * 16, pde, sizeof(pde),
			   work);

	if (ret)
		return ret;
	if (pde[0] & PTE_VALID)
		return mmu_page(pde[0], 21, va, x);
	if (mmu_pde(pde[0], 8, &t)) {
		ret = mmu_walk_big(g, &t, va, work, x);
		if (ret >= 0)
			return ret;
	}
	if (mmu_pde(pde[1], 12, &t))
		return mmu_walk_small(g, &t, va, work, x);
	if (!(pde[0] >> 1 & 3) && pde[0] & PTE_VOL)
		return mmu_sparse(21, x);
	return GP100_FAULT_PDE;
}

int gp100_mmu_walk(struct gp100 *g, const struct gp100_vmm *vmm, uint64_t va,
		   bool work, struct gp100_xlat *x)
{
	static const struct {
		uint8_t shift;
		uint16_t mask;
	} levels[] = { { 47, 3 }, { 38, 511 }, { 29, 511 } };
	struct mmu_table t = { vmm->aper, vmm->root };
	uint64_t pde;
	size_t i;
	int ret;

	if (!vmm->valid)
		return GP100_FAULT_PDE;
	if (va >> GP100_VA_BITS || va > vmm->limit)
		return GP100_FAULT_LIMIT;
	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		ret = mmu_read(g, &t, (va >> levels[i].shift & levels[i].mask) *
			       8, &pde, sizeof(pde), work);
		if (ret)
			return ret;
		if (mmu_pde(pde, 12, &t))
			continue;
		/* a hole of this level's size; cached in pieces of 2 MiB */
		return pde & PTE_VOL ? mmu_sparse(21, x) : GP100_FAULT_PDE;
	}
	ret = mmu_walk_pd0(g, &t, va, work, x);
	trace(mmu, "%s: root %" PRIx64 " va %" PRIx64 " -> %s %x:%" PRIx64,
	      g->pci.name, vmm->root, va, ret ? "fault" : "page",
	      ret ? (unsigned int)ret : x->aper, ret ? 0 : x->addr);
	return ret;
}
