// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Off the bus: what a link that is down looks like.  Reads return all ones,
 * writes are lost, the switch answers peers with an unsupported request, own DMA
 * and interrupts go nowhere.  Back on, the function has its state still, as
 * if it had only not answered, or is as after the hot reset that a link does to
 * what is behind it when it was down.
 *
 * Source: PCI Express Base Specification, 2.3.2 (root complexes answer a read
 * that fails with all ones), 2.9.1 (transactions while the link is down) and
 * 6.6.1 (a link that was down resets what is behind it).
 */
#include <string.h>

#include "core/trace.h"
#include "pci/pci_cfg.h"
#include "pci/pci_off.h"

TRACE_CATEGORY(off, "pci.off");

void pci_off_set(struct pci_dev *dev, bool off)
{
	dev->off_bus = off;
	trace(off, "%s: %s the bus", dev->name, off ? "off" : "on");
}

void pci_off_return(struct pci_dev *dev)
{
	pci_off_set(dev, false);
	pci_dev_reset(dev);
}

bool pci_off_read(struct pci_dev *dev, void *buf, size_t len)
{
	if (!dev->off_bus)
		return false;
	memset(buf, 0xff, len);
	dev->stat_off_bus++;
	return true;
}

bool pci_off_write(struct pci_dev *dev)
{
	dev->stat_off_bus += dev->off_bus;
	return dev->off_bus;
}
