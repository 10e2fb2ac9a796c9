/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the PCI layer reaches the machine a function sits in.  pci_vu.c is the
 * real one (a VMM behind vfio-user), the unit tests have one of their own.
 */
#ifndef PCI_PCI_HOST_H
#define PCI_PCI_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pci_irq_kind { PCI_IRQ_INTX, PCI_IRQ_MSI, PCI_IRQ_MSIX };

struct pci_host;

struct pci_host_ops {
	/*
	 * What answers at @addr.  Shortens *@len to the part that is alike.
	 * *@ptr is the memory, or NULL if it has to go by message.  -EACCES:
	 * memory that must not be written.
	 */
	int (*lookup)(struct pci_host *host, uint64_t addr, bool write,
		      void **ptr, size_t *len);
	/* DMA by message, work context, at most PCI_HOST_DMA_MAX bytes. */
	int (*dma)(struct pci_host *host, bool write, uint64_t addr, void *buf,
		   size_t len);
	/* The function was reset: end a wait of dma(). */
	void (*cancel)(struct pci_host *host);
	/* False if nobody takes the interrupt now. */
	bool (*irq)(struct pci_host *host, enum pci_irq_kind kind,
		    unsigned int vec);
};

struct pci_host {
	const struct pci_host_ops *ops;
};

#define PCI_HOST_DMA_MAX	(1u << 20)

#endif
