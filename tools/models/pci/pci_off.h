/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function that is taken off the bus, and comes back. */
#ifndef PCI_PCI_OFF_H
#define PCI_PCI_OFF_H

#include "pci/pci_dev.h"

/* Work context. */
void pci_off_set(struct pci_dev *dev, bool off);
/* Back on the bus, as after a hot reset.  Work context. */
void pci_off_return(struct pci_dev *dev);

/* Whether an access is one to, or of, a function that is off; it is counted. */
bool pci_off_read(struct pci_dev *dev, void *buf, size_t len);
bool pci_off_write(struct pci_dev *dev);

#endif
