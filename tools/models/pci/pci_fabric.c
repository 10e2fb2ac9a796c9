// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decoding of bus addresses.  Few functions, so a flat array of the ranges
 * that answer, kept up to date by config writes, is searched.
 */
#include <stdlib.h>

#include "core/trace.h"
#include "pci/pci_cfg.h"
#include "pci/pci_fabric.h"

TRACE_CATEGORY(fabric, "pci.fabric");

#define FABRIC_MAX_RANGES	192

struct range {
	uint64_t start, last;
	struct pci_dev *dev;
	unsigned int bar;
};

struct pci_fabric {
	struct range ranges[FABRIC_MAX_RANGES];
	unsigned int num;
	unsigned int num_devs;
	uint64_t start, last;		/* envelope of all ranges */
};

struct pci_fabric *pci_fabric_create(void)
{
	struct pci_fabric *fabric = calloc(1, sizeof(*fabric));

	if (fabric)
		fabric->start = UINT64_MAX;
	return fabric;
}

void pci_fabric_destroy(struct pci_fabric *fabric)
{
	free(fabric);
}

static void update_envelope(struct pci_fabric *fabric)
{
	unsigned int i;

	fabric->start = UINT64_MAX;
	fabric->last = 0;
	for (i = 0; i < fabric->num; i++) {
		const struct range *r = &fabric->ranges[i];

		if (r->start < fabric->start)
			fabric->start = r->start;
		if (r->last > fabric->last)
			fabric->last = r->last;
	}
}

static void drop_ranges(struct pci_fabric *fabric, const struct pci_dev *dev)
{
	unsigned int from, to = 0;

	for (from = 0; from < fabric->num; from++)
		if (fabric->ranges[from].dev != dev)
			fabric->ranges[to++] = fabric->ranges[from];
	fabric->num = to;
}

/* An address of zero means "not assigned", also to the VMM. */
static void add_range(struct pci_fabric *fabric, struct pci_dev *dev,
		      unsigned int bar)
{
	uint64_t start = pci_cfg_bar_addr(dev, bar);
	uint64_t last = start + dev->bars[bar].size - 1;

	if (!start || last < start)
		return;
	fabric->ranges[fabric->num++] = (struct range) {
		.start = start, .last = last, .dev = dev, .bar = bar,
	};
	trace(fabric, "%s: BAR%u answers at 0x%llx-0x%llx", dev->name, bar,
	      (unsigned long long)start, (unsigned long long)last);
}

void pci_fabric_update(struct pci_dev *dev)
{
	struct pci_fabric *fabric = dev->fabric;
	unsigned int bar;

	if (!fabric)
		return;
	drop_ranges(fabric, dev);
	for (bar = 0; bar < PCI_NUM_BARS && pci_cfg_mem_enabled(dev); bar++)
		if (dev->bars[bar].size)
			add_range(fabric, dev, bar);
	update_envelope(fabric);
}

bool pci_fabric_add(struct pci_fabric *fabric, struct pci_dev *dev)
{
	if ((fabric->num_devs + 1) * PCI_NUM_BARS > FABRIC_MAX_RANGES) {
		trace_warn("%s: more than %d functions", dev->name,
			   FABRIC_MAX_RANGES / PCI_NUM_BARS);
		return false;
	}
	fabric->num_devs++;
	dev->fabric = fabric;
	pci_fabric_update(dev);
	return true;
}

void pci_fabric_remove(struct pci_dev *dev)
{
	if (!dev->fabric)
		return;
	drop_ranges(dev->fabric, dev);
	update_envelope(dev->fabric);
	dev->fabric->num_devs--;
	dev->fabric = NULL;
}

bool pci_fabric_decode(const struct pci_fabric *fabric, uint64_t addr,
		       struct pci_fabric_hit *hit)
{
	unsigned int i;

	if (!fabric || addr < fabric->start || addr > fabric->last)
		return false;
	for (i = 0; i < fabric->num; i++) {
		const struct range *r = &fabric->ranges[i];

		if (addr < r->start || addr > r->last)
			continue;
		hit->dev = r->dev;
		hit->bar = r->bar;
		hit->off = addr - r->start;
		hit->room = r->last - addr + 1;
		return true;
	}
	return false;
}

size_t pci_fabric_clip(const struct pci_fabric *fabric, uint64_t addr,
		       size_t len)
{
	unsigned int i;

	for (i = 0; fabric && i < fabric->num; i++) {
		uint64_t start = fabric->ranges[i].start;

		if (start > addr && start - addr < len)
			len = (size_t)(start - addr);
	}
	return len;
}
