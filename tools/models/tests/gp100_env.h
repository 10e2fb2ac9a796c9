/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the GPU model share: a GPU with 64 MiB, a builder of page
 * tables and instance blocks, channels with a GPFIFO, and push buffers.
 */
#ifndef TESTS_GP100_ENV_H
#define TESTS_GP100_ENV_H

#include "gp100/gp100.h"
#include "tests/fake_host.h"

#define GENV_VRAM	(64ull << 20)

struct genv {
	struct fake_host *h;
	struct pci_dev *dev;
	struct gp100 *g;
	uint64_t next;			/* free video memory */
};

int genv_setup(void **state);
int genv_teardown(void **state);

/* Zeroed video memory. */
uint64_t genv_vram(struct genv *e, uint64_t size, uint64_t align);
void *genv_ptr(struct genv *e, uint64_t addr);
uint32_t genv_rd(struct genv *e, uint32_t reg);
void genv_wr(struct genv *e, uint32_t reg, uint32_t val);

/* ---- address spaces ---- */
#define PTE_VALID	0x01ull
#define PTE_PEER	0x02ull
#define PTE_SYS		0x04ull		/* coherent */
#define PTE_VOL		0x08ull
#define PTE_PRIV	0x20ull
#define PTE_RO		0x40ull
#define PTE_SPARSE	PTE_VOL		/* without PTE_VALID */

struct gspace {
	uint64_t inst, root;
	struct gp100_vmm vmm;
};

struct gspace gspace_new(struct genv *e, bool replay);
/* The entry for @va at a page size, tables made as needed. */
uint64_t *gspace_pte(struct genv *e, struct gspace *s, uint64_t va,
		     unsigned int shift);
/* Map one page of 1 << @shift bytes; no invalidate. */
void gspace_map(struct genv *e, struct gspace *s, uint64_t va,
		unsigned int shift, uint64_t pa, uint64_t bits);
void gspace_unmap(struct genv *e, struct gspace *s, uint64_t va,
		  unsigned int shift);
/* As the driver does after changing tables. */
void gspace_invalidate(struct genv *e, struct gspace *s);
int gspace_walk(struct genv *e, struct gspace *s, uint64_t va,
		struct gp100_xlat *x);
/* Through the cache. */
int gspace_xlat(struct genv *e, struct gspace *s, uint64_t va, bool write,
		struct gp100_xlat *x);
void genv_bind_bar(struct genv *e, unsigned int bar, struct gspace *s);

/* ---- channels ---- */
#define GCHAN_GP_VA	0x10000000ull
#define GCHAN_PB_VA	0x10100000ull
#define GCHAN_SEM_VA	0x10200000ull
#define GCHAN_ENTRIES	64

struct gchan {
	struct gp100_chan *ch;
	struct gspace *space;
	uint32_t id;
	uint64_t userd, gpfifo, pb, sem;	/* in video memory */
	uint64_t va;			/* added to the addresses above */
	uint32_t put;			/* GPFIFO */
	uint32_t start, dwords;		/* push buffer, not submitted */
};

/* Channel @id on @runlist, bound, enabled, listed. */
struct gchan gchan_new(struct genv *e, struct gspace *s, uint32_t id,
		       unsigned int runlist);
void gchan_runlist(struct genv *e, unsigned int runlist, const uint32_t *ids,
		   unsigned int count);
void gchan_push(struct genv *e, struct gchan *c, uint32_t val);
/* An incrementing method with one value. */
void gchan_mthd(struct genv *e, struct gchan *c, unsigned int subc,
		uint32_t mthd, uint32_t val);
/* Puts what was pushed into the GPFIFO and rings. */
void gchan_kick(struct genv *e, struct gchan *c);
void gchan_ring(struct genv *e, struct gchan *c, uint32_t put);

/* ---- copies on sub-channel 4 ---- */
#define CE_PITCH	0x182u		/* pitch both, non-pipelined */
#define CE_MULTI	(1u << 9)
#define CE_REMAP	(1u << 10)
#define CE_SRC_PHYS	(1u << 12)
#define CE_DST_PHYS	(1u << 13)

void gce_bind(struct genv *e, struct gchan *c);
void gce_setup(struct genv *e, struct gchan *c, uint64_t src, uint64_t dst,
	       uint32_t pitch_in, uint32_t pitch_out, uint32_t len,
	       uint32_t lines);
void gce_launch(struct genv *e, struct gchan *c, uint32_t bits);
void gce_release(struct genv *e, struct gchan *c, uint32_t payload);
uint32_t gce_sem(struct genv *e, struct gchan *c);

#endif
