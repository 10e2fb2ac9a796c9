// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The translation cache of the hub (BARs, host, copy engines), and the
 * register by which the driver invalidates it.
 *
 * A translation that was used once stays until it is invalidated, so that a
 * missing invalidate shows as it does on hardware; only when all entries are
 * taken the oldest one goes.  Faults are not cached.  The key is the root
 * table and its aperture, which is also what an invalidate names.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/subdev/mmu/{vmmgf100,vmmgp100}.c: type
 * bits 0 all pages, 1 all address spaces, 2 hub only; bits 5:3 1 replay, 3
 * cancel of one client, with hub 20, gpc 19:15 and client 14:9.  Replay and
 * cancel invalidate too, as their type bits say.
 */
#include "gp100.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/trace.h"

TRACE_CATEGORY(tlb, "gpu.tlb");

#define TLB_ENTRIES	16384u
#define TLB_BUCKETS	16384u

static const uint8_t tlb_shifts[] = { 21, 12, 16 };

static unsigned int tlb_shift_index(unsigned int shift)
{
	return shift == 21 ? 0 : shift == 12 ? 1 : 2;
}

static uint64_t tlb_root(const struct gp100_vmm *vmm)
{
	return vmm->root | vmm->aper;
}

static uint32_t *tlb_bucket(struct gp100_tlb *tlb, uint64_t root, uint64_t vpn,
			    unsigned int shift)
{
	uint64_t h = (root >> 12) * 0x9e3779b97f4a7c15ull;

	h = (h ^ vpn ^ ((uint64_t)shift << 40)) * 0xbf58476d1ce4e5b9ull;
	return &tlb->buckets[h >> 40 & (TLB_BUCKETS - 1)];
}

int gp100_tlb_init(struct gp100 *g)
{
	struct gp100_tlb *tlb = &g->tlb;

	tlb->entries = calloc(TLB_ENTRIES + 1, sizeof(*tlb->entries));
	tlb->buckets = calloc(TLB_BUCKETS, sizeof(*tlb->buckets));
	if (!tlb->entries || !tlb->buckets)
		return -ENOMEM;
	gp100_tlb_reset(g);
	return 0;
}

void gp100_tlb_destroy(struct gp100 *g)
{
	free(g->tlb.entries);
	free(g->tlb.buckets);
}

void gp100_tlb_reset(struct gp100 *g)
{
	struct gp100_tlb *tlb = &g->tlb;
	uint32_t i;

	memset(tlb->buckets, 0, TLB_BUCKETS * sizeof(*tlb->buckets));
	memset(tlb->per_shift, 0, sizeof(tlb->per_shift));
	for (i = 1; i <= TLB_ENTRIES; i++) {
		tlb->entries[i].used = false;
		tlb->entries[i].next = i == TLB_ENTRIES ? 0 : i + 1;
	}
	tlb->free = tlb->hand = 1;
	tlb->high = 0;
	tlb->off = false;
}

static void tlb_drop(struct gp100_tlb *tlb, uint32_t idx)
{
	struct gp100_tlb_entry *e = &tlb->entries[idx];
	uint32_t *link = tlb_bucket(tlb, e->root, e->vpn, e->page.shift);

	while (*link && *link != idx)
		link = &tlb->entries[*link].next;
	if (*link)
		*link = e->next;
	tlb->per_shift[tlb_shift_index(e->page.shift)]--;
	e->used = false;
	e->next = tlb->free;
	tlb->free = idx;
}

/* A free entry; if there is none, that of the next victim. */
static uint32_t tlb_take(struct gp100 *g)
{
	struct gp100_tlb *tlb = &g->tlb;
	uint32_t idx;

	if (!tlb->free) {
		g->stats.tlb_evictions++;
		tlb_drop(tlb, tlb->hand);
		tlb->hand = tlb->hand == TLB_ENTRIES ? 1 : tlb->hand + 1;
	}
	idx = tlb->free;
	tlb->free = tlb->entries[idx].next;
	if (idx > tlb->high)
		tlb->high = idx;
	return idx;
}

static struct gp100_tlb_entry *tlb_find(struct gp100_tlb *tlb, uint64_t root,
					uint64_t va)
{
	struct gp100_tlb_entry *e;
	uint32_t idx;
	size_t i;

	for (i = 0; i < sizeof(tlb_shifts); i++) {
		unsigned int shift = tlb_shifts[i];

		if (!tlb->per_shift[i])
			continue;
		idx = *tlb_bucket(tlb, root, va >> shift, shift);
		for (; idx; idx = e->next) {
			e = &tlb->entries[idx];
			if (e->root == root && e->vpn == va >> shift &&
			    e->page.shift == shift)
				return e;
		}
	}
	return NULL;
}

static void tlb_insert(struct gp100 *g, uint64_t root, uint64_t va,
		       const struct gp100_xlat *x)
{
	struct gp100_tlb *tlb = &g->tlb;
	uint32_t idx = tlb_take(g);
	struct gp100_tlb_entry *e = &tlb->entries[idx];
	uint32_t *bucket = tlb_bucket(tlb, root, va >> x->shift, x->shift);

	*e = (struct gp100_tlb_entry) {
		.root = root, .vpn = va >> x->shift, .page = *x,
		.next = *bucket, .used = true,
	};
	e->page.addr &= ~((1ull << x->shift) - 1);
	*bucket = idx;
	tlb->per_shift[tlb_shift_index(x->shift)]++;
}

int gp100_tlb_translate(struct gp100 *g, const struct gp100_vmm *vmm,
			uint64_t va, bool write, bool work,
			struct gp100_xlat *x)
{
	struct gp100_tlb_entry *e = NULL;
	uint32_t generation = g->generation;
	int ret;

	if (!vmm->valid)
		return GP100_FAULT_PDE;
	if (!g->tlb.off)
		e = tlb_find(&g->tlb, tlb_root(vmm), va);
	if (e) {
		g->stats.tlb_hits++;
		*x = e->page;
		x->addr |= va & ((1ull << x->shift) - 1);
	} else {
		g->stats.tlb_misses++;
		ret = gp100_mmu_walk(g, vmm, va, work, x);
		if (g->generation != generation)
			return GP100_XLAT_RESET;
		if (ret)
			return ret;
		tlb_insert(g, tlb_root(vmm), va, x);
	}
	return write && x->ro ? GP100_FAULT_RO : 0;
}

static void tlb_invalidate(struct gp100 *g, bool all, uint64_t root)
{
	uint64_t before = g->stats.tlb_invalidated_entries;
	uint32_t i, high = 0;

	g->stats.tlb_invalidates++;
	for (i = 1; i <= g->tlb.high; i++) {
		struct gp100_tlb_entry *e = &g->tlb.entries[i];

		if (!e->used)
			continue;
		if (!all && e->root != root) {
			high = i;
			continue;
		}
		tlb_drop(&g->tlb, i);
		g->stats.tlb_invalidated_entries++;
	}
	g->tlb.high = high;
	trace(tlb, "%s: invalidate %s %" PRIx64 ": %" PRIu64 " entries",
	      g->pci.name, all ? "all" : "root", root,
	      g->stats.tlb_invalidated_entries - before);
}

#define INVAL_TRIGGER		(1u << 31)
#define INVAL_PAGE_ALL		(1u << 0)
#define INVAL_ALL_PDB		(1u << 1)
#define INVAL_REPLAY(v)		((v) >> 3 & 7)

#define REG_PDB_LO	0x100cb8
#define REG_PDB_HI	0x100cec

/* The root as named by the registers: (address >> 12) << 4 | aperture. */
static uint64_t tlb_named_root(struct gp100 *g)
{
	uint64_t pdb = (uint64_t)gp100_reg_stored(g, REG_PDB_HI) << 32 |
		       gp100_reg_stored(g, REG_PDB_LO);

	return (pdb >> 4) << 12 | (pdb & 3);
}

static void gp100_invalidate_write(struct gp100 *g, unsigned int i,
				   uint32_t *stored, uint32_t val)
{
	(void)i;
	*stored = val & ~INVAL_TRIGGER;
	if (!(val & INVAL_TRIGGER))
		return;
	if (val & INVAL_PAGE_ALL)
		tlb_invalidate(g, val & INVAL_ALL_PDB, tlb_named_root(g));
	else
		gp100_gripe(g, GP100_GRIPE_INVALIDATE,
			    "invalidate of a single page (%08x) is not modelled",
			    val);
	switch (INVAL_REPLAY(val)) {
	case 0:
		break;
	case 1:
	case 2:
		gp100_fault_replay(g);
		break;
	case 3:
		gp100_fault_cancel(g, true, val >> 20 & 1, val >> 15 & 31,
				   val >> 9 & 63);
		break;
	default:
		gp100_fault_cancel(g, false, false, 0, 0);
		break;
	}
}

/* There is always a free slot, and everything is queued. */
static uint32_t gp100_mmu_ctrl_read(struct gp100 *g, unsigned int i,
				    uint32_t stored)
{
	(void)g, (void)i;
	return stored | 0x00ff8000;
}

static void gp100_mmu_ctrl_write(struct gp100 *g, unsigned int i,
				 uint32_t *stored, uint32_t val)
{
	(void)g, (void)i;
	*stored = val & ~0x00ff8000u;
}

const struct gp100_reg gp100_tlb_regs[] = {
	{ 0x100c80, .name = "MMU_CTRL", .read = gp100_mmu_ctrl_read,
	  .write = gp100_mmu_ctrl_write },
	{ REG_PDB_LO, .name = "MMU_INVALIDATE_PDB" },
	{ REG_PDB_HI, .name = "MMU_INVALIDATE_PDB_HI" },
	{ 0x100cbc, .name = "MMU_INVALIDATE",
	  .write = gp100_invalidate_write },
	{ }
};
