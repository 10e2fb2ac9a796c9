// SPDX-License-Identifier: GPL-2.0-or-later
/* Accesses of any kind, see fuzz.h.  What is outside must be refused. */
#include "fuzz/fuzz.h"

#include "pci/pci_bar.h"
#include "pci/pci_cfg.h"

#define BLOCK	512u

/* Bits 1:0: log of the size, or bit 2: any size; bit 3: write. */
static size_t access_size(struct fuzz_in *in, uint8_t how)
{
	return how & 4 ? fuzz_u16(in) % (BLOCK + 1) : 1u << (how & 3);
}

void fuzz_pci_config(struct fuzz_in *in, struct pci_dev *dev)
{
	uint8_t how = fuzz_u8(in), buf[BLOCK];
	uint64_t off = how & 0x10 ? fuzz_value(in) : fuzz_u16(in) % 4096;
	size_t len = access_size(in, how);

	if (how & 8) {
		fuzz_bytes(in, buf, len);
		pci_cfg_write(dev, off, buf, len);
	} else {
		pci_cfg_read(dev, off, buf, len);
	}
}

void fuzz_pci_bar(struct fuzz_in *in, struct pci_dev *dev, unsigned int bar,
		  uint64_t off)
{
	uint8_t how = fuzz_u8(in), buf[BLOCK];
	size_t len = access_size(in, how);
	uint64_t val;

	if (!(how & 0x10) && !(how & 4))
		off &= ~(uint64_t)(len - 1);
	if (!(how & 8)) {
		pci_bar_read(dev, bar, off, buf, len);
		return;
	}
	if (how & 4) {
		fuzz_bytes(in, buf, len);
		pci_bar_write(dev, bar, off, buf, len);
		return;
	}
	val = fuzz_value(in);
	pci_bar_write(dev, bar, off, &val, len);
}
