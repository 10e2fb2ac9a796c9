// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accesses to the HCA's config space and to BAR0: initialization segment, UARs.
 *
 * First byte: link and page fault scheme, see fuzz_cx.h.  Then steps:
 *	0, 1	initialization segment: offset (16 bits), access
 *	2, 3	UAR of the queues: offset (16 bits), access
 *	4	a place in BAR0 (32 bits), access
 *	5	doorbell of a queue: the UAR's register, number (value), rest
 *	6	config space
 *	7	time passes
 *	8	reset
 */
#include "fuzz/fuzz_cx.h"

#include "pci/pci_bar.h"
#include "tests/fake_time.h"

static void doorbell(struct fuzz_in *in, struct tpair *p)
{
	static const uint16_t regs[] = { 0x20, 0x40, 0x48, 0x800, 0xa00 };
	uint16_t reg = regs[fuzz_u8(in) % FUZZ_ARRAY(regs)];
	uint8_t db[8];

	cx_put_be32(db, fuzz_u32(in));
	cx_put_be32(db + 4, (uint32_t)fuzz_value(in) <<
			    (reg >= 0x800 ? 8 : 0));
	pci_bar_write(p->a->dev, 0, p->a->uar * 4096ull + reg, db, 8);
}

static void step(struct fuzz_in *in, struct tpair *p)
{
	struct pci_dev *dev = p->a->dev;

	switch (fuzz_u8(in) % 9) {
	case 0 ... 1:
		fuzz_pci_bar(in, dev, 0, fuzz_u16(in) % 4096);
		break;
	case 2 ... 3:
		fuzz_pci_bar(in, dev, 0, p->a->uar * 4096ull +
			     fuzz_u16(in) % 8192);
		break;
	case 4:
		fuzz_pci_bar(in, dev, 0, fuzz_u32(in) & (2 * CX_BAR_SIZE - 1));
		break;
	case 5:
		doorbell(in, p);
		break;
	case 6:
		fuzz_pci_config(in, dev);
		break;
	case 7:
		fake_run_ms(p->h, 1);
		break;
	default:
		fake_reset(dev);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct tpair *p;

	fake_time_start();
	p = fuzz_cx_pair(fuzz_u8(&in));
	while (in.left)
		step(&in, p);
	fake_run_ms(p->h, 2);
	tpair_teardown((void **)&p);
	return 0;
}
