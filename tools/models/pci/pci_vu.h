/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function behind a vfio-user socket. */
#ifndef PCI_PCI_VU_H
#define PCI_PCI_VU_H

#include "pci/pci_dev.h"

struct pci_vu;

/* @changed (may be NULL) is told when a VMM comes or goes. */
struct pci_vu *pci_vu_create(struct pci_dev *dev, const char *socket_path,
			     void (*changed)(void *arg, bool connected),
			     void *arg);
void pci_vu_destroy(struct pci_vu *vu);

/* Counters of the link. */
void pci_vu_print_stats(const struct pci_vu *vu, FILE *out, bool *first);
void pci_vu_reset_stats(struct pci_vu *vu);
bool pci_vu_connected(const struct pci_vu *vu);

#endif
