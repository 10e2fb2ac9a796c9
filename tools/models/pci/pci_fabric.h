/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCIe fabric between the functions of this process: decodes bus
 * addresses to BARs, as a switch routes a request to the port behind which
 * the address lies.
 */
#ifndef PCI_PCI_FABRIC_H
#define PCI_PCI_FABRIC_H

#include "pci/pci_dev.h"

struct pci_fabric_hit {
	struct pci_dev *dev;
	unsigned int bar;
	uint64_t off;		/* in the BAR */
	uint64_t room;		/* bytes to its end */
};

struct pci_fabric *pci_fabric_create(void);
void pci_fabric_destroy(struct pci_fabric *fabric);

/* False, after a warning, when there are too many functions. */
bool pci_fabric_add(struct pci_fabric *fabric, struct pci_dev *dev);
void pci_fabric_remove(struct pci_dev *dev);

/* The function's command register, power state or a BAR changed. */
void pci_fabric_update(struct pci_dev *dev);

/* Does a BAR answer at @addr? */
bool pci_fabric_decode(const struct pci_fabric *fabric, uint64_t addr,
		       struct pci_fabric_hit *hit);
/* Bytes from @addr, at most @len, in which no BAR begins. */
size_t pci_fabric_clip(const struct pci_fabric *fabric, uint64_t addr,
		       size_t len);

#endif
