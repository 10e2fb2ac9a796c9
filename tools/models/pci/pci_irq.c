// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interrupts.  The VMM implements MSI and MSI-X masks of vectors it has given
 * an eventfd for; a vector without one is masked from the function's view and
 * becomes pending, as in hardware's pending bit array.
 *
 * Source: PCI 3.0 chapter 6.8.
 */
#include <linux/pci_regs.h>

#include "core/trace.h"
#include "pci/pci_cfg.h"
#include "pci/pci_host.h"
#include "pci/pci_irq.h"

TRACE_CATEGORY(irq, "pci.irq");

static bool msix_on(const struct pci_dev *dev)
{
	return dev->msix_cap &&
	       (pci_cfg_get16(dev, dev->msix_cap + PCI_MSIX_FLAGS) &
		PCI_MSIX_FLAGS_ENABLE);
}

static bool msi_on(const struct pci_dev *dev)
{
	return dev->msi_cap &&
	       (pci_cfg_get16(dev, dev->msi_cap + PCI_MSI_FLAGS) &
		PCI_MSI_FLAGS_ENABLE);
}

/* A function that was given fewer vectors than it has folds them. */
static unsigned int msi_fold(const struct pci_dev *dev, unsigned int vec)
{
	unsigned int log = (pci_cfg_get16(dev, dev->msi_cap + PCI_MSI_FLAGS) &
			    PCI_MSI_FLAGS_QSIZE) >> 4;

	return vec & ((1u << (log > 5 ? 5 : log)) - 1);
}

static bool intx_on(const struct pci_dev *dev)
{
	return dev->cfg[PCI_INTERRUPT_PIN] &&
	       !(pci_cfg_get16(dev, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE);
}

/* False: the guest has no kind of interrupt switched on for the vector. */
static bool choose_kind(const struct pci_dev *dev, enum pci_irq_kind *kind,
			unsigned int *vec)
{
	if (msix_on(dev)) {
		*kind = PCI_IRQ_MSIX;
		return true;
	}
	if (msi_on(dev)) {
		*kind = PCI_IRQ_MSI;
		*vec = msi_fold(dev, *vec);
		return true;
	}
	*kind = PCI_IRQ_INTX;
	return !*vec && intx_on(dev);
}

void pci_irq_raise(struct pci_dev *dev, unsigned int vec)
{
	enum pci_irq_kind kind;

	if (vec >= PCI_MAX_VECTORS || !dev->host || dev->off_bus)
		return;
	if (!choose_kind(dev, &kind, &vec)) {
		trace(irq, "%s: vector %u is off", dev->name, vec);
		return;
	}
	if (!dev->host->ops->irq(dev->host, kind, vec)) {
		trace(irq, "%s: vector %u pending", dev->name, vec);
		dev->irq_pending |= 1ull << vec;
		return;
	}
	trace(irq, "%s: vector %u sent", dev->name, vec);
	dev->irq_pending &= ~(1ull << vec);
	dev->stat_irq++;
}

void pci_irq_flush(struct pci_dev *dev)
{
	uint64_t pending = dev->irq_pending;
	unsigned int vec;

	for (vec = 0; pending; vec++, pending >>= 1)
		if (pending & 1)
			pci_irq_raise(dev, vec);
}

/* A VMM may also take all eventfds away to give more of them. */
void pci_irq_forget(struct pci_dev *dev)
{
	if (!msix_on(dev) && !msi_on(dev))
		dev->irq_pending = 0;
}
