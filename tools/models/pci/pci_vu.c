// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Glue between a function and the vfio-user server: regions are BARs and
 * config space, interrupts are the capabilities' vectors.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/trace.h"
#include "pci/pci_bar.h"
#include "pci/pci_cfg.h"
#include "pci/pci_host.h"
#include "pci/pci_irq.h"
#include "pci/pci_off.h"
#include "pci/pci_vu.h"
#include "vfio-user/vu_server.h"

#include <linux/pci_regs.h>

struct pci_vu {
	struct pci_host host;
	struct pci_dev *dev;
	struct vu_server *server;
	void (*changed)(void *arg, bool connected);
	void *arg;
	bool connected;
};

static struct pci_vu *to_vu(struct pci_host *host)
{
	return pci_container_of(host, struct pci_vu, host);
}

/* ---- what the VMM asks of the function ---- */

static uint64_t region_size(void *ctx, unsigned int region)
{
	struct pci_vu *vu = ctx;

	if (region < PCI_NUM_BARS)
		return vu->dev->bars[region].size;
	return region == VU_REGION_CONFIG ? PCI_CFG_SIZE : 0;
}

static int region_read(void *ctx, unsigned int region, uint64_t off, void *buf,
		       size_t len)
{
	struct pci_vu *vu = ctx;

	if (pci_off_read(vu->dev, buf, len))
		return 0;
	if (region == VU_REGION_CONFIG)
		return pci_cfg_read(vu->dev, off, buf, len);
	return pci_bar_read(vu->dev, region, off, buf, len);
}

static int region_write(void *ctx, unsigned int region, uint64_t off,
			const void *buf, size_t len)
{
	struct pci_vu *vu = ctx;

	if (pci_off_write(vu->dev))
		return 0;
	if (region == VU_REGION_CONFIG)
		return pci_cfg_write(vu->dev, off, buf, len);
	return pci_bar_write(vu->dev, region, off, buf, len);
}

static unsigned int irq_count(void *ctx, enum vu_irq_index index)
{
	const struct pci_dev *dev = ((struct pci_vu *)ctx)->dev;

	switch (index) {
	case VU_IRQ_INTX:
		return dev->cfg[PCI_INTERRUPT_PIN] ? 1 : 0;
	case VU_IRQ_MSI:
		if (!dev->msi_cap)
			return 0;
		return 1u << ((pci_cfg_get16(dev, dev->msi_cap +
			       PCI_MSI_FLAGS) & PCI_MSI_FLAGS_QMASK) >> 1);
	case VU_IRQ_MSIX:
		return dev->msix_cap ? dev->num_vectors : 0;
	case VU_IRQ_ERR:	/* never sent, but VMMs like to ask for it */
		return 1;
	default:
		return 0;
	}
}

static void irq_changed(void *ctx, enum vu_irq_index index, bool off)
{
	struct pci_vu *vu = ctx;

	(void)index;
	if (off)
		pci_irq_forget(vu->dev);
	else
		pci_irq_flush(vu->dev);
}

static void reset(void *ctx)
{
	struct pci_vu *vu = ctx;

	pci_dev_reset(vu->dev);
}

static void connected(void *ctx, bool yes)
{
	struct pci_vu *vu = ctx;

	/* a client that never got as far as VERSION changed nothing */
	if (vu->connected == yes)
		return;
	vu->connected = yes;
	pci_dev_power_cycle(vu->dev);
	if (vu->changed)
		vu->changed(vu->arg, yes);
}

static const struct vu_ops vu_ops = {
	.region_size = region_size,
	.region_read = region_read,
	.region_write = region_write,
	.irq_count = irq_count,
	.irq_changed = irq_changed,
	.reset = reset,
	.connected = connected,
};

/* ---- what the function asks of the VMM ---- */

static int host_lookup(struct pci_host *host, uint64_t addr, bool write,
		       void **ptr, size_t *len)
{
	return vu_dma_find(to_vu(host)->server, addr, write, ptr, len);
}

/* The VMM's errno says what went wrong inside it; a device sees an error. */
static int host_dma(struct pci_host *host, bool write, uint64_t addr,
		    void *buf, size_t len)
{
	int rc = vu_dma_message(to_vu(host)->server, write, addr, buf, len);

	return rc && rc != -ECANCELED ? -EIO : rc;
}

static void host_cancel(struct pci_host *host)
{
	vu_dma_cancel(to_vu(host)->server);
}

static bool host_irq(struct pci_host *host, enum pci_irq_kind kind,
		     unsigned int vec)
{
	static const enum vu_irq_index indexes[] = {
		[PCI_IRQ_INTX] = VU_IRQ_INTX,
		[PCI_IRQ_MSI] = VU_IRQ_MSI,
		[PCI_IRQ_MSIX] = VU_IRQ_MSIX,
	};

	return vu_irq_trigger(to_vu(host)->server, indexes[kind], vec);
}

static const struct pci_host_ops host_ops = {
	.lookup = host_lookup,
	.dma = host_dma,
	.cancel = host_cancel,
	.irq = host_irq,
};

/* ---- life ---- */

struct pci_vu *pci_vu_create(struct pci_dev *dev, const char *socket_path,
			     void (*changed)(void *arg, bool connected),
			     void *arg)
{
	struct pci_vu *vu = calloc(1, sizeof(*vu));

	if (!vu)
		return NULL;
	vu->host.ops = &host_ops;
	vu->dev = dev;
	vu->changed = changed;
	vu->arg = arg;
	vu->server = vu_server_create(dev->loop, dev->name, socket_path,
				      &vu_ops, vu);
	if (!vu->server) {
		free(vu);
		return NULL;
	}
	dev->host = &vu->host;
	return vu;
}

void pci_vu_destroy(struct pci_vu *vu)
{
	if (!vu)
		return;
	vu->changed = NULL;
	vu_server_destroy(vu->server);
	vu->dev->host = NULL;
	free(vu);
}

void pci_vu_print_stats(const struct pci_vu *vu, FILE *out, bool *first)
{
	stats_print(out, vu_stats, vu->server, first);
}

void pci_vu_reset_stats(struct pci_vu *vu)
{
	stats_reset(vu_stats, vu->server);
}

bool pci_vu_connected(const struct pci_vu *vu)
{
	return vu->connected;
}
