// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accesses to the GPU's config space and BARs.
 *
 * First byte: bit 0 a channel is running, bit 1 BAR1 and BAR3 have an address
 * space.  Then steps:
 *	0..3	a register that exists: its number (16 bits), access
 *	4	a place in BAR0 (32 bits), access
 *	5, 6	a place in BAR1 or BAR3 (32 bits), access
 *	7	config space
 *	8	time passes
 *	9	reset
 */
#include "fuzz/fuzz.h"
#include "tests/fake_time.h"
#include "tests/gp100_env.h"

static void prepare(struct genv *e, uint8_t how)
{
	struct gspace s = gspace_new(e, true);

	gspace_map(e, &s, 0, 21, 0x2000000, 0);
	if (how & 1)
		gchan_new(e, &s, 3, 1);
	if (how & 2) {
		genv_bind_bar(e, 1, &s);
		genv_bind_bar(e, 3, &s);
	}
}

static void step(struct fuzz_in *in, struct genv *e)
{
	const struct gp100_regs *r = &e->g->regs;
	uint8_t what = fuzz_u8(in) % 10;

	switch (what) {
	case 0 ... 3:
		fuzz_pci_bar(in, e->dev, 0,
			     r->slots[fuzz_u16(in) % r->count].offset);
		break;
	case 4 ... 6:
		fuzz_pci_bar(in, e->dev, what == 4 ? 0 : what == 5 ? 1 : 3,
			     fuzz_u32(in) & 0x1ffffff);
		break;
	case 7:
		fuzz_pci_config(in, e->dev);
		break;
	case 8:
		fake_run_ms(e->h, 1);
		break;
	default:
		fake_reset(e->dev);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	void *state;

	fake_time_start();
	genv_setup(&state);
	prepare(state, fuzz_u8(&in));
	while (in.left)
		step(&in, state);
	fake_run_ms(((struct genv *)state)->h, 2);
	genv_teardown(&state);
	return 0;
}
