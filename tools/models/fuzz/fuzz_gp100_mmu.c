// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page tables of the GPU with anything in them, walked for BAR1, BAR3, the copy
 * engine and by themselves.
 *
 * First byte: bit 0 faults can be replayed, bit 1 the root table is that of the
 * input (its word follows).  Then steps:
 *	0..2	an entry: which of the tables, index, what (a value; a pointer to a
 *		table, also to itself; a page in VRAM, memory or nowhere)
 *	3	a translation: address (base and offset), read or write, cached or not
 *	4, 5	an access to BAR1 or BAR3 (offset 32 bits)
 *	6	an invalidate: table and trigger words
 *	7	the BARs are bound, to the instance block or to a value
 *	8	a word of the instance block
 *	9	a copy from one address to another
 *	10	replay, cancel, fault buffer registers
 *	11	time passes
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "tests/fake_time.h"
#include "tests/gp100_env.h"

#define FIRST_TABLE	0x100000ull
#define NUM_TABLES	64

struct env {
	struct genv *g;
	struct gspace s;
	struct gchan c;
};

static uint64_t any_table(uint8_t n)
{
	return FIRST_TABLE + n % NUM_TABLES * 4096ull;
}

static uint64_t any_entry(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);

	switch (how % 4) {
	case 0:		/* a table: aperture in bits 2:1, address from bit 8 */
		return any_table(fuzz_u8(in)) >> 12 << 8 | (how >> 2 & 0xf);
	case 1:		/* a page */
		return (uint64_t)fuzz_u16(in) << 8 | (how >> 1 & 0x7e) | 1;
	case 2:		/* memory of the machine */
		return (FAKE_MEM_IOVA + ((uint64_t)fuzz_u16(in) << 12)) >> 12 << 8 |
		       PTE_SYS | (how >> 2 & 0x3b);
	default:
		return fuzz_value(in);
	}
}

static uint64_t any_va(struct fuzz_in *in)
{
	static const uint64_t bases[] = {
		0, 0x200000, 0x8000000, GCHAN_PB_VA, 1ull << 38, 1ull << 47,
	};
	uint8_t n = fuzz_u8(in);

	return n & 0x80 ? fuzz_value(in) :
			  bases[n % FUZZ_ARRAY(bases)] + fuzz_u32(in) % 0x400000;
}

static void set_entry(struct fuzz_in *in, struct env *e)
{
	uint64_t at = any_table(fuzz_u8(in)), index = fuzz_u16(in) % 512, val;

	val = any_entry(in);
	memcpy(genv_ptr(e->g, at + index * 8), &val, 8);
}

static void translate(struct fuzz_in *in, struct env *e)
{
	uint8_t how = fuzz_u8(in);
	uint64_t va = any_va(in);
	struct gp100_xlat x;

	if (how & 4)
		gp100_vmm_load(e->g->g, e->s.inst, &e->s.vmm);
	if (how & 1)
		gspace_walk(e->g, &e->s, va, &x);
	else
		gspace_xlat(e->g, &e->s, va, how & 2, &x);
}

static void invalidate(struct fuzz_in *in, struct env *e)
{
	uint8_t how = fuzz_u8(in);

	if (!(how & 1)) {
		gspace_invalidate(e->g, &e->s);
		return;
	}
	genv_wr(e->g, 0x100cb8, (uint32_t)fuzz_value(in));
	genv_wr(e->g, 0x100cec, (uint32_t)fuzz_value(in));
	genv_wr(e->g, 0x100cbc, fuzz_u32(in) | 0x80000000);
}

static void bind_bars(struct fuzz_in *in, struct env *e)
{
	uint8_t how = fuzz_u8(in);

	if (how & 1) {
		genv_bind_bar(e->g, 1, &e->s);
		genv_bind_bar(e->g, 3, &e->s);
	} else {
		genv_wr(e->g, how & 2 ? 0x1704 : 0x1714, (uint32_t)fuzz_value(in));
	}
}

static void instance_word(struct fuzz_in *in, struct env *e)
{
	unsigned int n = fuzz_u8(in) % 8;
	uint32_t val = (uint32_t)fuzz_value(in);

	memcpy(genv_ptr(e->g, e->s.inst + 0x200 + n * 4), &val, 4);
	memcpy(genv_ptr(e->g, e->c.ch->inst % GENV_VRAM + 0x200 + n * 4), &val,
	       4);
	gp100_vmm_load(e->g->g, e->s.inst, &e->s.vmm);
}

static void copy(struct fuzz_in *in, struct env *e)
{
	uint64_t src = any_va(in), dst = any_va(in);
	uint32_t pitch_in = fuzz_u16(in), pitch_out = fuzz_u16(in);
	uint32_t len = fuzz_u16(in), lines = 1 + fuzz_u8(in);

	e->c.start = 0;
	gce_bind(e->g, &e->c);
	gce_setup(e->g, &e->c, src, dst, pitch_in, pitch_out, len, lines);
	gce_launch(e->g, &e->c, CE_MULTI);
	gchan_kick(e->g, &e->c);
	fake_run_ms(e->g->h, 1);
}

static void fault_registers(struct fuzz_in *in, struct env *e)
{
	static const uint32_t regs[] = {
		0x002a70, 0x002a74, 0x002a78, 0x002a7c, 0x002a80, 0x259c,
		0x104410, 0x2800, 0x2804, 0x2808, 0x280c, 0x409504, 0x100c80,
	};
	uint8_t n = fuzz_u8(in);

	if (n & 0x80) {		/* all that is in it was read */
		genv_wr(e->g, 0x002a7c, genv_rd(e->g, 0x002a80));
		genv_wr(e->g, 0x100cbc, n & 1 ? 0x8000000b : 0x80000013);
	} else {
		genv_wr(e->g, regs[n % FUZZ_ARRAY(regs)],
			(uint32_t)fuzz_value(in));
	}
	/* a channel that is dead starts again */
	if (n & 0x40)
		genv_wr(e->g, 0x800000 + e->c.id * 8,
			genv_rd(e->g, 0x800000 + e->c.id * 8));
	genv_wr(e->g, 0x800004 + e->c.id * 8, 0x400);
}

static void step(struct fuzz_in *in, struct env *e)
{
	uint8_t what = fuzz_u8(in) % 12;

	switch (what) {
	case 0 ... 2:
		set_entry(in, e);
		break;
	case 3:
		translate(in, e);
		break;
	case 4 ... 5:
		fuzz_pci_bar(in, e->g->dev, what == 4 ? 1 : 3,
			     fuzz_u32(in) & 0xffffff);
		break;
	case 6:
		invalidate(in, e);
		break;
	case 7:
		bind_bars(in, e);
		break;
	case 8:
		instance_word(in, e);
		break;
	case 9:
		copy(in, e);
		break;
	case 10:
		fault_registers(in, e);
		break;
	default:
		fake_run_ms(e->g->h, 1);
	}
}

static void open_env(struct env *e, struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);

	genv_setup((void **)&e->g);
	e->s = gspace_new(e->g, how & 1);
	gspace_map(e->g, &e->s, 0, 12, 0x2000000, 0);
	gspace_map(e->g, &e->s, 0x10000, 16, 0x2010000, PTE_VOL);
	gspace_map(e->g, &e->s, 0x200000, 21, 0x2200000, PTE_RO);
	gspace_map(e->g, &e->s, 0x8000000, 16, FAKE_MEM_IOVA, PTE_SYS);
	gspace_map(e->g, &e->s, 1ull << 38, 21, 0x2400000, 0);
	e->c = gchan_new(e->g, &e->s, 3, 1);
	if (how & 2) {
		uint64_t root = fuzz_value(in);

		memcpy(genv_ptr(e->g, e->s.inst + 0x200), &root, 8);
		gp100_vmm_load(e->g->g, e->s.inst, &e->s.vmm);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct env e;

	fake_time_start();
	open_env(&e, &in);
	while (in.left)
		step(&in, &e);
	fake_run_ms(e.g->h, 2);
	genv_teardown((void **)&e.g);
	return 0;
}
