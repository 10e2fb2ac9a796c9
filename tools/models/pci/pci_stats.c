// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters that every function has. */
#include "pci/pci_cfg.h"

const struct stat_desc pci_dev_stats[] = {
	STAT_DESC(struct pci_dev, stat_dma_read, "pci.dma_read_bytes"),
	STAT_DESC(struct pci_dev, stat_dma_write, "pci.dma_write_bytes"),
	STAT_DESC(struct pci_dev, stat_peer_read, "pci.peer_read_bytes"),
	STAT_DESC(struct pci_dev, stat_peer_write, "pci.peer_write_bytes"),
	STAT_DESC(struct pci_dev, stat_dma_msg, "pci.dma_messages"),
	STAT_DESC(struct pci_dev, stat_dma_error, "pci.dma_errors"),
	STAT_DESC(struct pci_dev, stat_irq, "pci.irqs"),
	STAT_DESC(struct pci_dev, stat_off_bus, "pci.off_bus_accesses"),
	{ }
};
