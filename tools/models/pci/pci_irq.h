/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the link to the VMM tells the interrupt code. */
#ifndef PCI_PCI_IRQ_H
#define PCI_PCI_IRQ_H

#include "pci/pci_dev.h"

/* The VMM began to take some interrupts: send those that wait for it. */
void pci_irq_flush(struct pci_dev *dev);
/* The VMM takes no interrupt any more; if the guest said so, forget them. */
void pci_irq_forget(struct pci_dev *dev);

#endif
