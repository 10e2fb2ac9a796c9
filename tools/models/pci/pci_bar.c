// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Splits accesses to a BAR into what a model accepts: naturally aligned ones
 * of 1, 2, 4 or 8 bytes, or blocks where the model takes them.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "pci/pci_bar.h"
#include "pci/pci_cfg.h"

static bool range_ok(const struct pci_dev *dev, unsigned int bar, uint64_t off,
		     size_t len)
{
	uint64_t size;

	if (bar >= PCI_NUM_BARS)
		return false;
	size = dev->bars[bar].size;
	return off < size && len <= size - off;
}

static bool is_single(uint64_t off, size_t len)
{
	return (len == 1 || len == 2 || len == 4 || len == 8) &&
	       !(off & (len - 1));
}

/* The largest naturally aligned access at @off that fits. */
static unsigned int piece_size(uint64_t off, size_t len)
{
	unsigned int size = 8;

	while ((off & (size - 1)) || size > len)
		size >>= 1;
	return size;
}

/*
 * The VMM emulates the MSI-X table but may ask for the pending bits, which
 * the PCI layer keeps for the model.
 */
static bool in_pba(const struct pci_dev *dev, unsigned int bar, uint64_t off)
{
	uint32_t pba;

	if (!dev->msix_cap)
		return false;
	pba = pci_cfg_get32(dev, dev->msix_cap + PCI_MSIX_PBA);
	return (pba & PCI_MSIX_PBA_BIR) == bar &&
	       off >= (pba & PCI_MSIX_PBA_OFFSET) &&
	       off < (uint64_t)(pba & PCI_MSIX_PBA_OFFSET) +
		     sizeof(dev->irq_pending);
}

static uint64_t read_single(struct pci_dev *dev, unsigned int bar,
			    uint64_t off, unsigned int size)
{
	if (in_pba(dev, bar, off))
		return dev->irq_pending >> (8 * (off & 7));
	return dev->bars[bar].ops->read(dev, off, size);
}

int pci_bar_read(struct pci_dev *dev, unsigned int bar, uint64_t off,
		 void *buf, size_t len)
{
	const struct pci_bar_ops *ops;
	uint8_t *pos = buf;

	if (!range_ok(dev, bar, off, len))
		return -EINVAL;
	ops = dev->bars[bar].ops;
	if (ops->read_block && !is_single(off, len))
		return ops->read_block(dev, off, buf, len);
	while (len) {
		unsigned int size = piece_size(off, len);
		uint64_t val = read_single(dev, bar, off, size);

		memcpy(pos, &val, size);
		pos += size;
		off += size;
		len -= size;
	}
	return 0;
}

int pci_bar_write(struct pci_dev *dev, unsigned int bar, uint64_t off,
		  const void *buf, size_t len)
{
	const struct pci_bar_ops *ops;
	const uint8_t *pos = buf;

	if (!range_ok(dev, bar, off, len))
		return -EINVAL;
	ops = dev->bars[bar].ops;
	if (ops->write_block && !is_single(off, len))
		return ops->write_block(dev, off, buf, len);
	while (len) {
		unsigned int size = piece_size(off, len);
		uint64_t val = 0;

		memcpy(&val, pos, size);
		ops->write(dev, off, size, val);
		pos += size;
		off += size;
		len -= size;
	}
	return 0;
}
