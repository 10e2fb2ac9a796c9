// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Channels of the GPU: push buffers, GPFIFO, channel contexts, runlists.
 *
 * First byte: bits 1:0 runlist, bit 2 faults can be replayed, bit 3 a second
 * channel.  Then steps:
 *	0..2	a method of host or copy engine: its number, value
 *	3	a launch of the copy engine: bits (16)
 *	4	any header: 32 bits, and as many values as it says (at most 8)
 *	5	what was pushed is submitted
 *	6	GP_PUT: value
 *	7	a GPFIFO entry: number, two values
 *	8	a word of the context: number, value; bit 7: bound again
 *	9	a runlist: number of entries, entries (16 bits), register (value)
 *	10	a driver that clears all errors and replays faults
 *	11	a translation: page size and rights, which one, address (value)
 *	12	channel registers: number, value
 *	13	time passes
 *	14	copy: source and destination (value each), pitches, length, lines
 *	15	the doorbell in BAR1
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "pci/pci_bar.h"
#include "tests/fake_time.h"
#include "tests/gp100_env.h"

#define MAX_DWORDS	8192
#define NUM_CHANS	2
#define NUM_PTES	32		/* of each page size */

static const struct {
	unsigned int shift;
	uint64_t va;
} ranges[] = { { 12, 0x4000000 }, { 16, 0x5000000 }, { 21, 0 } };

struct env {
	struct genv *g;
	struct gspace s;
	struct gchan c[NUM_CHANS];
	unsigned int chans;
	unsigned int runlist;
	uint64_t *pte[FUZZ_ARRAY(ranges)][NUM_PTES];
};

static const uint16_t methods[] = {
	0x00, 0x04, 0x08, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x2c, 0x30,
	0x50, 0x54, 0x58, 0x5c, 0x60, 0x74, 0x78, 0x7c, 0x80, 0xb0,
	0x240, 0x244, 0x248, 0x24c, 0x250, 0x254, 0x260, 0x264, 0x300, 0x400,
	0x404, 0x408, 0x40c, 0x410, 0x414, 0x418, 0x41c, 0x700, 0x704, 0x708,
	0x70c, 0x710, 0x714, 0x718, 0x71c, 0x720, 0x724, 0x728, 0x72c, 0x730,
};

static struct gchan *any_chan(struct env *e, uint8_t n)
{
	return &e->c[n % e->chans];
}

static bool room(const struct gchan *c, unsigned int dwords)
{
	return c->start + c->dwords + dwords < MAX_DWORDS;
}

static void any_method(struct fuzz_in *in, struct env *e)
{
	uint8_t n = fuzz_u8(in);
	struct gchan *c = any_chan(e, n >> 7);

	if (room(c, 2))
		gchan_mthd(e->g, c, 4, methods[n % FUZZ_ARRAY(methods)],
			   (uint32_t)fuzz_value(in));
}

static void any_header(struct fuzz_in *in, struct env *e)
{
	struct gchan *c = &e->c[0];
	uint32_t hdr = fuzz_u32(in);
	unsigned int n = hdr >> 16 & 7;

	if (!room(c, 9))
		return;
	gchan_push(e->g, c, hdr);
	while (n--)
		gchan_push(e->g, c, (uint32_t)fuzz_value(in));
}

static void copy(struct fuzz_in *in, struct env *e)
{
	uint64_t src = fuzz_value(in), dst = fuzz_value(in);
	uint32_t pitch_in = fuzz_u16(in), pitch_out = fuzz_u16(in);
	uint32_t len = (uint32_t)fuzz_value(in), lines = (uint32_t)fuzz_value(in);

	if (room(&e->c[0], 11)) {
		gce_setup(e->g, &e->c[0], src, dst, pitch_in, pitch_out, len,
			  lines);
		gce_launch(e->g, &e->c[0], fuzz_u16(in));
	}
}

static void entry(struct fuzz_in *in, struct env *e)
{
	uint32_t n = fuzz_u8(in) % GCHAN_ENTRIES;
	uint32_t words[2];

	words[0] = (uint32_t)fuzz_value(in);
	words[1] = (uint32_t)fuzz_value(in);
	memcpy(genv_ptr(e->g, e->c[0].gpfifo + n * 8), words, 8);
}

static void bind_again(struct env *e, struct gchan *c)
{
	uint32_t inst = genv_rd(e->g, 0x800000 + c->id * 8);

	genv_wr(e->g, 0x800000 + c->id * 8, inst);
	genv_wr(e->g, 0x800004 + c->id * 8, 0x400);
	gp100_fifo_kick(e->g->g, c->ch);	/* as the doorbell does */
}

static void context(struct fuzz_in *in, struct env *e)
{
	uint8_t n = fuzz_u8(in);
	struct gchan *c = &e->c[0];
	uint32_t val = (uint32_t)fuzz_value(in);

	memcpy(genv_ptr(e->g, (c->ch->inst & (GENV_VRAM - 4096)) + n % 128 * 4),
	       &val, 4);
	if (n & 0x80)
		bind_again(e, c);
}

static void runlist(struct fuzz_in *in, struct env *e)
{
	unsigned int n = fuzz_u8(in) % 16;
	uint32_t *list = genv_ptr(e->g, 0x80000);

	for (unsigned int i = 0; i < n; i++) {
		list[2 * i] = fuzz_u16(in);
		list[2 * i + 1] = 0;
	}
	if (n)
		list[2 * (n - 1)] = e->c[0].id;
	genv_wr(e->g, 0x2270, n & 8 ? (uint32_t)fuzz_value(in) : 0x80);
	genv_wr(e->g, 0x2274, n & 4 ? (uint32_t)fuzz_value(in) :
				      e->runlist << 20 | n);
}

static void clear_errors(struct env *e)
{
	for (unsigned int i = 0; i < GP100_NUM_PBDMAS; i++) {
		genv_wr(e->g, 0x040108 + i * 0x2000, ~0u);
		genv_wr(e->g, 0x040148 + i * 0x2000, ~0u);
	}
	genv_wr(e->g, 0x259c, ~0u);
	genv_wr(e->g, 0x104410, ~0u);
	genv_wr(e->g, 0x100cbc, 0x8000000b);
	if (e->c[0].ch->park == GP100_PARK_DEAD)
		bind_again(e, &e->c[0]);
	fake_run_ms(e->g->h, 1);
}

/* The tables themselves may be anything by now: the copy engine can reach them. */
static void translations(struct fuzz_in *in, struct env *e)
{
	uint8_t how = fuzz_u8(in);
	uint64_t *pte = e->pte[how % 3][fuzz_u8(in) % NUM_PTES];

	if (how & 0x80)
		*pte = 0;
	else if (how & 8)
		*pte = FAKE_MEM_IOVA >> 12 << 8 | PTE_SYS | PTE_VALID;
	else
		*pte = fuzz_value(in) >> 12 << 8 | (how & 0x60) | PTE_VALID;
	if (how & 4)
		gspace_invalidate(e->g, &e->s);
}

static void doorbell(struct fuzz_in *in, struct env *e)
{
	uint64_t off = 0x100000 + e->c[0].id * 512;

	genv_wr(e->g, 0x2254, 0x10000100);
	fuzz_pci_bar(in, e->g->dev, 1, off + 0x8c);
}

static void step(struct fuzz_in *in, struct env *e)
{
	uint8_t what = fuzz_u8(in) % 16;
	struct gchan *c = &e->c[0];

	switch (what) {
	case 0 ... 2:
		any_method(in, e);
		break;
	case 3:
		if (room(c, 2))
			gce_launch(e->g, c, fuzz_u16(in));
		break;
	case 4:
		any_header(in, e);
		break;
	case 5:
		gchan_kick(e->g, any_chan(e, fuzz_u8(in)));
		fake_run_ms(e->g->h, 1);
		break;
	case 6:
		gchan_ring(e->g, c, (uint32_t)fuzz_value(in));
		fake_run_ms(e->g->h, 1);
		break;
	case 7:
		entry(in, e);
		break;
	case 8:
		context(in, e);
		break;
	case 9:
		runlist(in, e);
		break;
	case 10:
		clear_errors(e);
		break;
	case 11:
		translations(in, e);
		break;
	case 12:
		genv_wr(e->g, 0x800000 + fuzz_u8(in) % 32 * 4,
			(uint32_t)fuzz_value(in));
		break;
	case 13:
		fake_run_ms(e->g->h, fuzz_u8(in));
		break;
	case 14:
		copy(in, e);
		break;
	default:
		doorbell(in, e);
	}
}

static void open_env(struct env *e, uint8_t how)
{
	memset(e, 0, sizeof(*e));
	genv_setup((void **)&e->g);
	e->s = gspace_new(e->g, how & 4);
	e->runlist = (how & 3) % GP100_NUM_RUNLISTS;
	e->chans = how & 8 ? 2 : 1;
	for (unsigned int r = 0; r < FUZZ_ARRAY(ranges); r++)
		for (uint64_t i = 0; i < NUM_PTES; i++)
			e->pte[r][i] = gspace_pte(e->g, &e->s, ranges[r].va +
						  (i << ranges[r].shift),
						  ranges[r].shift);
	for (unsigned int i = 0; i < 8; i++)
		gspace_map(e->g, &e->s, i * 0x200000ull, 21,
			   0x2000000 + i % 4 * 0x200000ull, i & 4 ? PTE_RO : 0);
	gspace_map(e->g, &e->s, 0x8000000, 16, FAKE_MEM_IOVA, PTE_SYS);
	for (unsigned int i = 0; i < e->chans; i++) {
		e->c[i] = gchan_new(e->g, &e->s, 3 + i,
				    i ? (e->runlist + 1) % 3 : e->runlist);
		gce_bind(e->g, &e->c[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct env e;

	fake_time_start();
	open_env(&e, fuzz_u8(&in));
	while (in.left)
		step(&in, &e);
	gchan_kick(e.g, &e.c[0]);
	fake_run_ms(e.g->h, 2);
	genv_teardown((void **)&e.g);
	return 0;
}
