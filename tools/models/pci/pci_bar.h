/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access to a BAR of any length and alignment, on behalf of VMM or peer. */
#ifndef PCI_PCI_BAR_H
#define PCI_PCI_BAR_H

#include "pci/pci_dev.h"

/* 0, -EINVAL outside the BAR, or what the model's block functions return. */
int pci_bar_read(struct pci_dev *dev, unsigned int bar, uint64_t off,
		 void *buf, size_t len);
int pci_bar_write(struct pci_dev *dev, unsigned int bar, uint64_t off,
		  const void *buf, size_t len);

#endif
