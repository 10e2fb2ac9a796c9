// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Config space: storage, write masks, command register, BARs, reset.
 *
 * Source: PCI Local Bus Specification 3.0 chapter 6, PCI Express Base
 * Specification chapter 6.6.2 (FLR); names from <linux/pci_regs.h>.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "core/trace.h"
#include "pci/pci_cfg.h"
#include "pci/pci_fabric.h"
#include "pci/pci_host.h"

TRACE_CATEGORY(cfg, "pci.cfg");

/* ---- bytes, little-endian whatever the host is ---- */

uint16_t pci_cfg_get16(const struct pci_dev *dev, unsigned int off)
{
	return (uint16_t)(dev->cfg[off] | dev->cfg[off + 1] << 8);
}

uint32_t pci_cfg_get32(const struct pci_dev *dev, unsigned int off)
{
	return pci_cfg_get16(dev, off) |
	       (uint32_t)pci_cfg_get16(dev, off + 2) << 16;
}

static void put16(uint8_t *p, uint16_t val)
{
	p[0] = (uint8_t)val;
	p[1] = (uint8_t)(val >> 8);
}

static void put32(uint8_t *p, uint32_t val)
{
	put16(p, (uint16_t)val);
	put16(p + 2, (uint16_t)(val >> 16));
}

void pci_cfg_set16(struct pci_dev *dev, unsigned int off, uint16_t val)
{
	put16(&dev->cfg[off], val);
}

void pci_cfg_set32(struct pci_dev *dev, unsigned int off, uint32_t val)
{
	put32(&dev->cfg[off], val);
}

void pci_cfg_wmask16(struct pci_dev *dev, unsigned int off, uint16_t mask)
{
	put16(&dev->cfg_wmask[off], mask);
}

void pci_cfg_wmask32(struct pci_dev *dev, unsigned int off, uint32_t mask)
{
	put32(&dev->cfg_wmask[off], mask);
}

void pci_cfg_w1c16(struct pci_dev *dev, unsigned int off, uint16_t mask)
{
	put16(&dev->cfg_w1c[off], mask);
}

void pci_cfg_w1c32(struct pci_dev *dev, unsigned int off, uint32_t mask)
{
	put32(&dev->cfg_w1c[off], mask);
}

/* ---- set-up ---- */

static bool bar_valid(const struct pci_dev *dev, unsigned int nr)
{
	const struct pci_bar *bar = &dev->bars[nr];
	uint64_t limit = bar->is_64bit ? 1ull << 62 : 1ull << 31;

	if (bar->size < 16 || bar->size > limit ||
	    (bar->size & (bar->size - 1)))
		return false;
	if (!bar->ops || !bar->ops->read || !bar->ops->write)
		return false;
	return !bar->is_64bit ||
	       (nr + 1 < PCI_NUM_BARS && !dev->bars[nr + 1].size);
}

static bool setup_bar(struct pci_dev *dev, unsigned int nr)
{
	const struct pci_bar *bar = &dev->bars[nr];
	unsigned int off = PCI_BASE_ADDRESS_0 + 4 * nr;
	uint64_t mask = ~(bar->size - 1);
	uint32_t type = 0;

	if (!bar->size)
		return true;
	if (!bar_valid(dev, nr)) {
		trace_warn("%s: BAR%u: bad size, type or handlers", dev->name,
			   nr);
		return false;
	}
	if (bar->is_64bit)
		type |= PCI_BASE_ADDRESS_MEM_TYPE_64;
	if (bar->prefetchable)
		type |= PCI_BASE_ADDRESS_MEM_PREFETCH;
	pci_cfg_set32(dev, off, type);
	pci_cfg_wmask32(dev, off, (uint32_t)mask);
	if (bar->is_64bit)
		pci_cfg_wmask32(dev, off + 4, (uint32_t)(mask >> 32));
	return true;
}

static void setup_header(struct pci_dev *dev)
{
	const struct pci_ids *ids = &dev->ids;

	pci_cfg_set16(dev, PCI_VENDOR_ID, ids->vendor);
	pci_cfg_set16(dev, PCI_DEVICE_ID, ids->device);
	pci_cfg_set16(dev, PCI_SUBSYSTEM_VENDOR_ID, ids->subsys_vendor);
	pci_cfg_set16(dev, PCI_SUBSYSTEM_ID, ids->subsys);
	pci_cfg_set32(dev, PCI_CLASS_REVISION,
		      ids->class_code << 8 | ids->revision);
	pci_cfg_wmask16(dev, PCI_COMMAND, PCI_COMMAND_MEMORY |
			PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
			PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	pci_cfg_w1c16(dev, PCI_STATUS, PCI_STATUS_PARITY |
		      PCI_STATUS_SIG_TARGET_ABORT |
		      PCI_STATUS_REC_TARGET_ABORT |
		      PCI_STATUS_REC_MASTER_ABORT |
		      PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY);
	if (dev->cfg[PCI_CAPABILITY_LIST])
		pci_cfg_set16(dev, PCI_STATUS, PCI_STATUS_CAP_LIST);
	dev->cfg_wmask[PCI_CACHE_LINE_SIZE] = 0xff;
	dev->cfg_wmask[PCI_INTERRUPT_LINE] = 0xff;
	/* With MSI-X no driver wants INTx, and the VMM need not set it up. */
	dev->cfg[PCI_INTERRUPT_PIN] = dev->msix_cap ? 0 : 1;
}

bool pci_cfg_setup(struct pci_dev *dev)
{
	unsigned int nr;

	setup_header(dev);
	for (nr = 0; nr < PCI_NUM_BARS; nr++)
		if (!setup_bar(dev, nr))
			return false;
	memcpy(dev->cfg_init, dev->cfg, sizeof(dev->cfg));
	return true;
}

/* ---- state ---- */

static bool in_d0(const struct pci_dev *dev)
{
	return !dev->pm_cap ||
	       !(pci_cfg_get16(dev, dev->pm_cap + PCI_PM_CTRL) &
		 PCI_PM_CTRL_STATE_MASK);
}

bool pci_cfg_mem_enabled(const struct pci_dev *dev)
{
	return in_d0(dev) &&
	       (pci_cfg_get16(dev, PCI_COMMAND) & PCI_COMMAND_MEMORY);
}

bool pci_cfg_bus_master(const struct pci_dev *dev)
{
	return in_d0(dev) &&
	       (pci_cfg_get16(dev, PCI_COMMAND) & PCI_COMMAND_MASTER);
}

uint64_t pci_cfg_bar_addr(const struct pci_dev *dev, unsigned int nr)
{
	unsigned int off = PCI_BASE_ADDRESS_0 + 4 * nr;
	uint64_t addr = pci_cfg_get32(dev, off) &
			(uint32_t)PCI_BASE_ADDRESS_MEM_MASK;

	if (dev->bars[nr].is_64bit)
		addr |= (uint64_t)pci_cfg_get32(dev, off + 4) << 32;
	return addr;
}

/* ---- reset ---- */

/*
 * The VMM shows the guest its own copy of the BARs and of the MSI registers.
 * The guest restores only what reads back changed, so these must survive here
 * for both copies to stay the same.
 */
static void restore_cfg(struct pci_dev *dev)
{
	uint8_t old[PCI_CFG_SIZE];
	unsigned int line = PCI_INTERRUPT_LINE;

	memcpy(old, dev->cfg, sizeof(old));
	memcpy(dev->cfg, dev->cfg_init, sizeof(old));
	memcpy(&dev->cfg[PCI_BASE_ADDRESS_0], &old[PCI_BASE_ADDRESS_0],
	       4 * PCI_NUM_BARS);
	dev->cfg[line] = old[line];
	if (dev->msi_cap)
		memcpy(&dev->cfg[dev->msi_cap], &old[dev->msi_cap], 14);
	if (dev->msix_cap)
		memcpy(&dev->cfg[dev->msix_cap], &old[dev->msix_cap],
		       PCI_CAP_MSIX_SIZEOF);
}

static void reset_function(struct pci_dev *dev)
{
	dev->reset_count++;
	dev->irq_pending = 0;
	pci_fabric_update(dev);
	if (dev->host && dev->host->ops->cancel)
		dev->host->ops->cancel(dev->host);
	if (dev->ops && dev->ops->reset)
		dev->ops->reset(dev);
}

void pci_dev_reset(struct pci_dev *dev)
{
	trace(cfg, "%s: reset", dev->name);
	restore_cfg(dev);
	reset_function(dev);
}

void pci_dev_power_cycle(struct pci_dev *dev)
{
	trace(cfg, "%s: power cycle", dev->name);
	memcpy(dev->cfg, dev->cfg_init, sizeof(dev->cfg));
	dev->off_bus = false;
	reset_function(dev);
}

/* ---- access ---- */

static bool cfg_range_ok(uint64_t off, size_t len)
{
	return off < PCI_CFG_SIZE && len <= PCI_CFG_SIZE - off;
}

int pci_cfg_read(struct pci_dev *dev, uint64_t off, void *buf, size_t len)
{
	if (!cfg_range_ok(off, len))
		return -EINVAL;
	memcpy(buf, &dev->cfg[off], len);
	return 0;
}

static bool touches(uint64_t off, size_t len, unsigned int reg,
		    unsigned int size)
{
	return off < reg + size && reg < off + len;
}

static bool touches_decode(const struct pci_dev *dev, uint64_t off, size_t len)
{
	return touches(off, len, PCI_COMMAND, 2) ||
	       touches(off, len, PCI_BASE_ADDRESS_0, 4 * PCI_NUM_BARS) ||
	       (dev->pm_cap && touches(off, len, dev->pm_cap + PCI_PM_CTRL, 2));
}

/* Bit 15 of Device Control reads as zero: look at what was written. */
static bool starts_flr(const struct pci_dev *dev, uint64_t off,
		       const uint8_t *buf, size_t len)
{
	unsigned int hi = dev->pcie_cap + PCI_EXP_DEVCTL + 1u;

	return dev->pcie_cap && touches(off, len, hi, 1) &&
	       (buf[hi - off] & PCI_EXP_DEVCTL_BCR_FLR >> 8);
}

int pci_cfg_write(struct pci_dev *dev, uint64_t off, const void *buf,
		  size_t len)
{
	const uint8_t *val = buf;
	size_t i;

	if (!cfg_range_ok(off, len))
		return -EINVAL;
	for (i = 0; i < len; i++) {
		uint8_t *reg = &dev->cfg[off + i];
		uint8_t mask = dev->cfg_wmask[off + i];

		*reg = (uint8_t)((*reg & ~mask) | (val[i] & mask));
		*reg = (uint8_t)(*reg & ~(val[i] & dev->cfg_w1c[off + i]));
	}
	trace(cfg, "%s: write %zu bytes at 0x%03x: 0x%02x...", dev->name, len,
	      (unsigned int)off, len ? val[0] : 0);
	if (touches_decode(dev, off, len))
		pci_fabric_update(dev);
	if (starts_flr(dev, off, val, len))
		pci_dev_reset(dev);
	return 0;
}
