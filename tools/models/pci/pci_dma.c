// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DMA of a function: to a peer's BAR by the fabric, to guest memory through
 * its mapping, to anything else by message to the VMM.
 */
#include <errno.h>
#include <string.h>

#include "core/trace.h"
#include "pci/pci_bar.h"
#include "pci/pci_cfg.h"
#include "pci/pci_fabric.h"
#include "pci/pci_host.h"
#include "pci/pci_off.h"

TRACE_CATEGORY(dma, "pci.dma");

static int peer_access(struct pci_dev *dev, const struct pci_fabric_hit *hit,
		       bool write, void *buf, size_t len)
{
	int rc;

	/* A request never comes back on the link it was sent by. */
	if (hit->dev == dev || pci_off_write(hit->dev))
		return -EFAULT;
	if (write) {
		rc = pci_bar_write(hit->dev, hit->bar, hit->off, buf, len);
		dev->stat_peer_write += rc ? 0 : len;
	} else {
		rc = pci_bar_read(hit->dev, hit->bar, hit->off, buf, len);
		dev->stat_peer_read += rc ? 0 : len;
	}
	return rc;
}

static int message_access(struct pci_dev *dev, uint64_t addr, bool write,
			  void *buf, size_t len)
{
	uint32_t resets = dev->reset_count;
	int rc;

	dev->stat_dma_msg++;
	rc = dev->host->ops->dma(dev->host, write, addr, buf, len);
	return dev->reset_count != resets ? -ECANCELED : rc;
}

static int host_access(struct pci_dev *dev, uint64_t addr, bool write,
		       void *buf, size_t *len)
{
	void *mem;
	int rc;

	rc = dev->host->ops->lookup(dev->host, addr, write, &mem, len);
	if (rc)
		return rc;
	if (mem) {
		memcpy(write ? mem : buf, write ? buf : mem, *len);
	} else {
		if (*len > PCI_HOST_DMA_MAX)
			*len = PCI_HOST_DMA_MAX;
		rc = message_access(dev, addr, write, buf, *len);
		if (rc)
			return rc;
	}
	if (write)
		dev->stat_dma_write += *len;
	else
		dev->stat_dma_read += *len;
	return 0;
}

/* One part of a transfer; *@len becomes what it covered. */
static int dma_part(struct pci_dev *dev, uint64_t addr, bool write, void *buf,
		    size_t *len)
{
	struct pci_fabric_hit hit;

	if (!pci_cfg_bus_master(dev))
		return -EPERM;
	if (!pci_fabric_decode(dev->fabric, addr, &hit)) {
		*len = pci_fabric_clip(dev->fabric, addr, *len);
		return host_access(dev, addr, write, buf, len);
	}
	if (*len > hit.room)
		*len = (size_t)hit.room;
	return peer_access(dev, &hit, write, buf, *len);
}

static int dma_access(struct pci_dev *dev, uint64_t addr, bool write,
		      void *buf, size_t len)
{
	uint8_t *pos = buf;
	int rc = 0;

	if (!dev->host)
		rc = -EIO;
	else if (pci_off_write(dev))
		rc = -EIO;
	else if (len && addr + (len - 1) < addr)
		rc = -EFAULT;
	while (!rc && len) {
		size_t part = len;

		rc = dma_part(dev, addr, write, pos, &part);
		addr += part;
		pos += part;
		len -= part;
	}
	if (!rc)
		return 0;
	dev->stat_dma_error++;
	trace(dma, "%s: %s at 0x%llx failed: %s", dev->name, write ? "write" :
	      "read", (unsigned long long)addr, strerror(-rc));
	return rc;
}

int pci_dma_read(struct pci_dev *dev, uint64_t addr, void *buf, size_t len)
{
	return dma_access(dev, addr, false, buf, len);
}

int pci_dma_write(struct pci_dev *dev, uint64_t addr, const void *buf,
		  size_t len)
{
	/* never written to: the direction says so */
	return dma_access(dev, addr, true, (void *)(uintptr_t)buf, len);
}

/*
 * The memory behind an aligned access of @len <= 8 bytes.  NULL if it is not
 * directly reachable (then the ordinary path finds out why).
 */
static void *direct_memory(struct pci_dev *dev, uint64_t addr, size_t len)
{
	struct pci_fabric_hit hit;
	size_t room = len;
	void *mem;

	if (!dev->host || dev->off_bus || !pci_cfg_bus_master(dev) ||
	    pci_fabric_decode(dev->fabric, addr, &hit) ||
	    dev->host->ops->lookup(dev->host, addr, true, &mem, &room) ||
	    room < len || !mem || ((uintptr_t)mem & (len - 1)))
		return NULL;
	return mem;
}

int pci_dma_cmpswap64(struct pci_dev *dev, uint64_t addr, uint64_t compare,
		      uint64_t swap, uint64_t *old)
{
	uint64_t *mem;
	int rc;

	if (addr & 7)
		return -EINVAL;
	*old = compare;
	mem = direct_memory(dev, addr, 8);
	if (mem) {
		__atomic_compare_exchange_n(mem, old, swap, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		dev->stat_dma_read += 8;
		dev->stat_dma_write += 8;
		return 0;
	}
	rc = pci_dma_read(dev, addr, old, 8);
	if (rc || *old != compare)
		return rc;
	return pci_dma_write(dev, addr, &swap, 8);
}

int pci_dma_fetchadd64(struct pci_dev *dev, uint64_t addr, uint64_t add,
		       uint64_t *old)
{
	uint64_t *mem, sum;
	int rc;

	if (addr & 7)
		return -EINVAL;
	mem = direct_memory(dev, addr, 8);
	if (mem) {
		*old = __atomic_fetch_add(mem, add, __ATOMIC_SEQ_CST);
		dev->stat_dma_read += 8;
		dev->stat_dma_write += 8;
		return 0;
	}
	rc = pci_dma_read(dev, addr, old, 8);
	if (rc)
		return rc;
	sum = *old + add;
	return pci_dma_write(dev, addr, &sum, 8);
}

static void store_release(void *mem, const void *buf, size_t len)
{
	uint64_t val = 0;

	memcpy(&val, buf, len);
	switch (len) {
	case 1:
		__atomic_store_n((uint8_t *)mem, (uint8_t)val, __ATOMIC_RELEASE);
		break;
	case 2:
		__atomic_store_n((uint16_t *)mem, (uint16_t)val,
				 __ATOMIC_RELEASE);
		break;
	case 4:
		__atomic_store_n((uint32_t *)mem, (uint32_t)val,
				 __ATOMIC_RELEASE);
		break;
	default:
		__atomic_store_n((uint64_t *)mem, val, __ATOMIC_RELEASE);
	}
}

int pci_dma_write_release(struct pci_dev *dev, uint64_t addr, const void *buf,
			  size_t len)
{
	void *mem;

	if ((len != 1 && len != 2 && len != 4 && len != 8) ||
	    (addr & (len - 1)))
		return -EINVAL;
	mem = direct_memory(dev, addr, len);
	if (!mem)
		return pci_dma_write(dev, addr, buf, len);
	store_release(mem, buf, len);
	dev->stat_dma_write += len;
	return 0;
}

bool pci_addr_is_peer(struct pci_dev *dev, uint64_t addr, const char **owner)
{
	struct pci_fabric_hit hit;

	if (!pci_fabric_decode(dev->fabric, addr, &hit) || hit.dev == dev)
		return false;
	if (owner)
		*owner = hit.dev->name;
	return true;
}

/* Of a part that is alike; *@len becomes what that is. */
static bool is_device(struct pci_dev *dev, uint64_t addr, size_t *len)
{
	struct pci_fabric_hit hit;
	void *mem;

	if (pci_fabric_decode(dev->fabric, addr, &hit)) {
		if (*len > hit.room)
			*len = (size_t)hit.room;
		return hit.dev != dev;
	}
	*len = pci_fabric_clip(dev->fabric, addr, *len);
	return dev->host &&
	       !dev->host->ops->lookup(dev->host, addr, false, &mem, len) && !mem;
}

size_t pci_addr_device_bytes(struct pci_dev *dev, uint64_t addr, size_t len)
{
	size_t sum = 0, part;

	if (len && addr + (len - 1) < addr)
		return 0;	/* DMA is refused, too */
	for (; len; addr += part, len -= part) {
		part = len;
		if (is_device(dev, addr, &part))
			sum += part;
	}
	return sum;
}
