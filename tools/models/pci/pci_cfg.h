/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Config space of a function, seen by whoever hosts it. */
#ifndef PCI_PCI_CFG_H
#define PCI_PCI_CFG_H

#include "pci/pci_dev.h"

/*
 * After the model's create(): header, BARs and write masks from the public
 * part.  False, after a warning, if the model asks for the impossible.
 */
bool pci_cfg_setup(struct pci_dev *dev);

/* Ranges are checked: -EINVAL. */
int pci_cfg_read(struct pci_dev *dev, uint64_t off, void *buf, size_t len);
int pci_cfg_write(struct pci_dev *dev, uint64_t off, const void *buf,
		  size_t len);

/* Reset by the VMM or by FLR; the VMM keeps BARs and interrupt registers. */
void pci_dev_reset(struct pci_dev *dev);
/* The VMM is gone: everything as at power-on. */
void pci_dev_power_cycle(struct pci_dev *dev);

bool pci_cfg_mem_enabled(const struct pci_dev *dev);
bool pci_cfg_bus_master(const struct pci_dev *dev);
/* Where the BAR is, regardless of memory enable. */
uint64_t pci_cfg_bar_addr(const struct pci_dev *dev, unsigned int bar);

uint16_t pci_cfg_get16(const struct pci_dev *dev, unsigned int off);
uint32_t pci_cfg_get32(const struct pci_dev *dev, unsigned int off);
void pci_cfg_set16(struct pci_dev *dev, unsigned int off, uint16_t val);
void pci_cfg_set32(struct pci_dev *dev, unsigned int off, uint32_t val);
/* Which bits the guest can write and which it clears by writing ones. */
void pci_cfg_wmask16(struct pci_dev *dev, unsigned int off, uint16_t mask);
void pci_cfg_wmask32(struct pci_dev *dev, unsigned int off, uint32_t mask);
void pci_cfg_w1c16(struct pci_dev *dev, unsigned int off, uint16_t mask);
void pci_cfg_w1c32(struct pci_dev *dev, unsigned int off, uint32_t mask);

/* pci_stats.c: counters that every function has, relative to the pci_dev */
extern const struct stat_desc pci_dev_stats[];

#endif
