// SPDX-License-Identifier: GPL-2.0-or-later
/* See gp100_env.h.  Formats as the driver writes them. */
#include "tests/gp100_env.h"

#include <stdlib.h>
#include <string.h>

int genv_setup(void **state)
{
	struct genv *e = calloc(1, sizeof(*e));

	e->h = fake_host_new();
	e->dev = fake_host_add(e->h, &gp100_model,
			       "vram=64M bar1=16M bar3=4M channels=64");
	e->g = pci_container_of(e->dev, struct gp100, pci);
	e->next = 1 << 20;
	*state = e;
	return 0;
}

int genv_teardown(void **state)
{
	struct genv *e = *state;

	fake_host_free(e->h);
	free(e);
	return 0;
}

uint64_t genv_vram(struct genv *e, uint64_t size, uint64_t align)
{
	uint64_t at = (e->next + align - 1) & ~(align - 1);

	assert_true(at + size <= GENV_VRAM);
	e->next = at + size;
	memset(e->g->vram.mem + at, 0, size);
	return at;
}

void *genv_ptr(struct genv *e, uint64_t addr)
{
	assert_true(addr < GENV_VRAM);
	return e->g->vram.mem + addr;
}

uint32_t genv_rd(struct genv *e, uint32_t reg)
{
	return fake_bar_read32(e->dev, 0, reg);
}

void genv_wr(struct genv *e, uint32_t reg, uint32_t val)
{
	fake_bar_write32(e->dev, 0, reg, val);
}

/* ---- address spaces ---- */
struct gspace gspace_new(struct genv *e, bool replay)
{
	struct gspace s = {
		.inst = genv_vram(e, 4096, 4096),
		.root = genv_vram(e, 4096, 4096),
	};
	uint64_t words[2] = { s.root | 0xc00 | (replay ? 0x30 : 0),
			      (1ull << 49) - 1 };

	memcpy(genv_ptr(e, s.inst + 0x200), words, sizeof(words));
	assert_int_equal(gp100_vmm_load(e->g, s.inst, &s.vmm), 0);
	return s;
}

static uint64_t gspace_next(struct genv *e, uint64_t table, uint64_t index)
{
	uint64_t *pde = genv_ptr(e, table + index * 8);

	if (!*pde)
		*pde = genv_vram(e, 4096, 4096) >> 12 << 8 | 2;
	return *pde >> 8 << 12;
}

uint64_t *gspace_pte(struct genv *e, struct gspace *s, uint64_t va,
		     unsigned int shift)
{
	uint64_t t = s->root, *pd0;

	t = gspace_next(e, t, va >> 47 & 3);
	t = gspace_next(e, t, va >> 38 & 511);
	t = gspace_next(e, t, va >> 29 & 511);
	pd0 = genv_ptr(e, t + (va >> 21 & 255) * 16);
	if (shift == 21)
		return pd0;
	if (shift == 16) {
		if (!pd0[0])
			pd0[0] = genv_vram(e, 256, 256) >> 8 << 4 | 2;
		return genv_ptr(e, (pd0[0] >> 4 << 8) + (va >> 16 & 31) * 8);
	}
	if (!pd0[1])
		pd0[1] = genv_vram(e, 4096, 4096) >> 12 << 8 | 2;
	return genv_ptr(e, (pd0[1] >> 8 << 12) + (va >> 12 & 511) * 8);
}

void gspace_map(struct genv *e, struct gspace *s, uint64_t va,
		unsigned int shift, uint64_t pa, uint64_t bits)
{
	*gspace_pte(e, s, va, shift) = pa >> 12 << 8 | bits | PTE_VALID;
}

void gspace_unmap(struct genv *e, struct gspace *s, uint64_t va,
		  unsigned int shift)
{
	*gspace_pte(e, s, va, shift) = 0;
}

void gspace_invalidate(struct genv *e, struct gspace *s)
{
	uint64_t pdb = s->root >> 12 << 4;

	genv_wr(e, 0x100cb8, (uint32_t)pdb);
	genv_wr(e, 0x100cec, (uint32_t)(pdb >> 32));
	genv_wr(e, 0x100cbc, 0x80000001);
}

int gspace_walk(struct genv *e, struct gspace *s, uint64_t va,
		struct gp100_xlat *x)
{
	return gp100_mmu_walk(e->g, &s->vmm, va, true, x);
}

int gspace_xlat(struct genv *e, struct gspace *s, uint64_t va, bool write,
		struct gp100_xlat *x)
{
	return gp100_tlb_translate(e->g, &s->vmm, va, write, true, x);
}

void genv_bind_bar(struct genv *e, unsigned int bar, struct gspace *s)
{
	genv_wr(e, bar == 1 ? 0x1704 : 0x1714,
		(uint32_t)(s->inst >> 12) | 0x80000000);
}

/* ---- channels ---- */
static void gchan_context(struct genv *e, struct gchan *c, uint64_t inst)
{
	uint64_t gp = GCHAN_GP_VA + c->va;
	uint32_t words[] = {
		0x08, (uint32_t)c->userd, 0x0c, (uint32_t)(c->userd >> 32),
		0x10, 0xface, 0x14, 0, 0x48, (uint32_t)gp,
		0x4c, (uint32_t)(gp >> 32) | 6u << 16, 0xe8, c->id,
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i += 2)
		memcpy(genv_ptr(e, inst + words[i]), &words[i + 1], 4);
}

struct gchan gchan_new(struct genv *e, struct gspace *s, uint32_t id,
		       unsigned int runlist)
{
	struct gchan c = {
		.ch = &e->g->fifo.chans[id], .space = s, .id = id,
		.userd = genv_vram(e, 512, 512),
		.gpfifo = genv_vram(e, 4096, 4096),
		.pb = genv_vram(e, 65536, 65536),
		.sem = genv_vram(e, 4096, 4096),
		.va = id * 0x1000000ull,
	};
	uint64_t inst = genv_vram(e, 4096, 4096);

	/* an instance block of its own, with the same address space */
	memcpy(genv_ptr(e, inst), genv_ptr(e, s->inst), 4096);
	gchan_context(e, &c, inst);
	gspace_map(e, s, GCHAN_GP_VA + c.va, 12, c.gpfifo, 0);
	gspace_map(e, s, GCHAN_PB_VA + c.va, 16, c.pb, 0);
	gspace_map(e, s, GCHAN_SEM_VA + c.va, 12, c.sem, 0);
	genv_wr(e, 0x800000 + id * 8, (uint32_t)(inst >> 12) | 0x80000000);
	genv_wr(e, 0x800004 + id * 8, 0x400);
	gchan_runlist(e, runlist, &id, 1);
	return c;
}

void gchan_runlist(struct genv *e, unsigned int runlist, const uint32_t *ids,
		   unsigned int count)
{
	uint64_t at = genv_vram(e, 4096, 4096);
	uint32_t *list = genv_ptr(e, at);
	unsigned int i;

	list[0] = count << 26 | 0x2000;
	for (i = 0; i < count; i++)
		list[2 + 2 * i] = ids[i];
	genv_wr(e, 0x2270, (uint32_t)(at >> 12));
	genv_wr(e, 0x2274, runlist << 20 | (count + 1));
}

void gchan_push(struct genv *e, struct gchan *c, uint32_t val)
{
	uint32_t at = c->start + c->dwords++;

	assert_true(at < 65536 / 4);
	memcpy(genv_ptr(e, c->pb + at * 4ull), &val, 4);
}

void gchan_mthd(struct genv *e, struct gchan *c, unsigned int subc,
		uint32_t mthd, uint32_t val)
{
	gchan_push(e, c, 1u << 29 | 1u << 16 | subc << 13 | mthd >> 2);
	gchan_push(e, c, val);
}

/* The doorbell is a write to BAR1; the tests have no BAR1 tables. */
void gchan_ring(struct genv *e, struct gchan *c, uint32_t put)
{
	memcpy(genv_ptr(e, c->userd + 0x8c), &put, 4);
	gp100_fifo_kick(e->g, c->ch);
}

void gchan_kick(struct genv *e, struct gchan *c)
{
	uint64_t va = GCHAN_PB_VA + c->va + c->start * 4ull;
	uint32_t entry[2] = { (uint32_t)va,
			      (uint32_t)(va >> 32) | c->dwords << 10 };

	memcpy(genv_ptr(e, c->gpfifo + c->put * 8), entry, 8);
	c->put = (c->put + 1) % GCHAN_ENTRIES;
	c->start += c->dwords;
	c->dwords = 0;
	gchan_ring(e, c, c->put);
}

/* ---- copies ---- */
void gce_bind(struct genv *e, struct gchan *c)
{
	gchan_mthd(e, c, 4, 0, 0xc0b5);
}

void gce_setup(struct genv *e, struct gchan *c, uint64_t src, uint64_t dst,
	       uint32_t pitch_in, uint32_t pitch_out, uint32_t len,
	       uint32_t lines)
{
	uint32_t vals[] = {
		(uint32_t)(src >> 32), (uint32_t)src, (uint32_t)(dst >> 32),
		(uint32_t)dst, pitch_in, pitch_out, len, lines,
	};
	unsigned int i;

	gchan_push(e, c, 1u << 29 | 8u << 16 | 4u << 13 | 0x400 >> 2);
	for (i = 0; i < 8; i++)
		gchan_push(e, c, vals[i]);
}

void gce_launch(struct genv *e, struct gchan *c, uint32_t bits)
{
	gchan_mthd(e, c, 4, 0x300, CE_PITCH | bits);
}

void gce_release(struct genv *e, struct gchan *c, uint32_t payload)
{
	uint64_t va = GCHAN_SEM_VA + c->va;

	gchan_push(e, c, 1u << 29 | 4u << 16 | 0x10 >> 2);
	gchan_push(e, c, (uint32_t)(va >> 32));
	gchan_push(e, c, (uint32_t)va);
	gchan_push(e, c, payload);
	gchan_push(e, c, 0x01000002);
}

uint32_t gce_sem(struct genv *e, struct gchan *c)
{
	uint32_t val;

	memcpy(&val, genv_ptr(e, c->sem), 4);
	return val;
}
