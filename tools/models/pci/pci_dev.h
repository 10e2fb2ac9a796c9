/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI function as a model sees it: identity, BARs, capabilities, interrupts,
 * DMA.  How it reaches the guest (vfio-user) and its peers (pci_fabric) is
 * hidden behind this interface.
 */
#ifndef PCI_PCI_DEV_H
#define PCI_PCI_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "core/loop.h"
#include "core/stats.h"

#define PCI_NUM_BARS	6
#define PCI_CFG_SIZE	4096
#define PCI_MAX_VECTORS	64

struct pci_dev;

/*
 * Access to one BAR.  Message context: no DMA, no waiting.  Offsets and sizes
 * are checked against the BAR before the call; @size is 1, 2, 4 or 8, the
 * access is naturally aligned, values are host-endian.
 *
 * The block functions carry a peer's DMA (and so run in the *peer's* work
 * context) and wide accesses; NULL means "split into 8-byte accesses".  They
 * return 0 or -errno (-EFAULT: nothing answers there; the initiator sees an
 * unsupported request).  All bytes or an error; what was written before an
 * error stays written, as on a bus.
 */
struct pci_bar_ops {
	uint64_t (*read)(struct pci_dev *dev, uint64_t off, unsigned int size);
	void (*write)(struct pci_dev *dev, uint64_t off, unsigned int size,
		      uint64_t val);
	int (*read_block)(struct pci_dev *dev, uint64_t off, void *buf,
			  size_t len);
	int (*write_block)(struct pci_dev *dev, uint64_t off, const void *buf,
			   size_t len);
};

struct pci_bar {
	uint64_t size;			/* power of two, 0: not there */
	bool is_64bit, prefetchable;	/* a 64-bit BAR takes the next slot */
	const struct pci_bar_ops *ops;
};

struct pci_dev_ops {
	/*
	 * Function level, bus or guest reset: everything back to power-on,
	 * queued work cancelled.  Config space is the PCI layer's business.
	 * Message context.
	 */
	void (*reset)(struct pci_dev *dev);
	/*
	 * A command of the control socket that the PCI layer does not know,
	 * split into words.  Writes its answer (JSON value) to @out.  Returns 0
	 * or -errno (-ENOSYS: unknown command, -EINVAL: wrong arguments).
	 * Work context.
	 */
	int (*control)(struct pci_dev *dev, int argc, char **argv, FILE *out);
	/* One line per control command, for "help"; NULL-terminated. */
	const char *const *control_help;
	void (*destroy)(struct pci_dev *dev);
};

struct pci_ids {
	uint16_t vendor, device, subsys_vendor, subsys;
	uint32_t class_code;		/* 24 bits */
	uint8_t revision;
};

struct pci_host;			/* link to the VMM, pci_host.h */
struct pci_fabric;

/* Embedded in a model's state; container_of() leads back. */
struct pci_dev {
	const char *name;		/* from the topology: "gpu0" */
	struct pci_ids ids;
	struct pci_bar bars[PCI_NUM_BARS];
	const struct pci_dev_ops *ops;
	const struct stat_desc *stats;	/* offsets relative to @stats_base */
	void *stats_base;

	/* Owned by the PCI layer from here on. */
	struct loop *loop;
	struct pci_fabric *fabric;
	struct pci_host *host;
	struct pci_dev *next;
	uint8_t cfg[PCI_CFG_SIZE];
	uint8_t cfg_init[PCI_CFG_SIZE];		/* as at power-on */
	uint8_t cfg_wmask[PCI_CFG_SIZE];	/* guest-writable bits */
	uint8_t cfg_w1c[PCI_CFG_SIZE];		/* write-one-to-clear bits */
	uint16_t cap_tail, ext_cap_tail;
	uint16_t msi_cap, msix_cap, pcie_cap;	/* offset or 0 */
	uint16_t pm_cap;
	unsigned int num_vectors;
	uint64_t irq_pending;		/* vectors the VMM does not take now */
	uint32_t reset_count;		/* a DMA that waits sees the reset */
	bool off_bus;			/* injected, see pci_off.c */
	uint64_t stat_dma_read, stat_dma_write;		/* bytes, guest RAM */
	uint64_t stat_peer_read, stat_peer_write;	/* bytes, other BARs */
	uint64_t stat_dma_msg;		/* DMA messages through the VMM */
	uint64_t stat_dma_error;
	uint64_t stat_irq;
	uint64_t stat_off_bus;		/* accesses while off the bus */
};

/*
 * ---- capabilities: call from the model's create function, in the order in
 * which they shall appear ----
 */
void pci_cap_pm(struct pci_dev *dev, uint8_t offset);
void pci_cap_msi(struct pci_dev *dev, uint8_t offset, unsigned int vectors);
/* Table and PBA live in @bar at the given offsets; the VMM emulates them. */
void pci_cap_msix(struct pci_dev *dev, uint8_t offset, unsigned int vectors,
		  unsigned int bar, uint32_t table, uint32_t pba);
/* PCIe v2 endpoint with FLR; link speed code (1: 2.5 ... 4: 16 GT/s), width */
void pci_cap_pcie(struct pci_dev *dev, uint8_t offset, unsigned int speed,
		  unsigned int width);
void pci_ext_cap_aer(struct pci_dev *dev);
void pci_ext_cap_ats(struct pci_dev *dev);
void pci_ext_cap_acs(struct pci_dev *dev);

/*
 * ---- DMA, work context only ----
 * @addr is a bus address: a peer's BAR (routed by the fabric, as a switch
 * does), guest memory (through its mapping) or anything else that the VMM
 * maps (by message).  Any length; may cross borders of these kinds.
 * Returns 0, or -errno and then an unknown part was done: -EPERM bus master
 * enable is off, -EFAULT nobody answers, -EACCES read-only, -EIO the VMM
 * refused or is gone, -ECANCELED the device was reset while waiting.
 */
int pci_dma_read(struct pci_dev *dev, uint64_t addr, void *buf, size_t len);
int pci_dma_write(struct pci_dev *dev, uint64_t addr, const void *buf,
		  size_t len);

/*
 * Atomic with respect to guest CPUs where the memory is mapped: the old value
 * is returned in @old, host-endian.  Same errors; -EINVAL if not aligned.
 */
int pci_dma_cmpswap64(struct pci_dev *dev, uint64_t addr, uint64_t compare,
		      uint64_t swap, uint64_t *old);
int pci_dma_fetchadd64(struct pci_dev *dev, uint64_t addr, uint64_t add,
		       uint64_t *old);

/*
 * Does the bus address belong to a BAR of another function?  Its name in
 * @owner if so (may be NULL).  For statistics; DMA needs no such test.
 */
bool pci_addr_is_peer(struct pci_dev *dev, uint64_t addr, const char **owner);
/*
 * How many of the bytes at @addr are in other functions.  Where an IOMMU translates,
 * only the VMM knows whose BAR it is; what counts then is that it is no memory.  For
 * statistics, too.
 */
size_t pci_addr_device_bytes(struct pci_dev *dev, uint64_t addr, size_t len);

/*
 * A store that becomes visible after everything written before it (valid and
 * owner bits of queue entries).  1, 2, 4 or 8 bytes, aligned.
 */
int pci_dma_write_release(struct pci_dev *dev, uint64_t addr,
			  const void *buf, size_t len);

/* ---- interrupts, any context ---- */
/* Send vector @vec by MSI-X, MSI or (vec 0) INTx, whichever is on. */
void pci_irq_raise(struct pci_dev *dev, unsigned int vec);

#define pci_container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#endif
