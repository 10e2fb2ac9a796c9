/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine for unit tests of device models: guest memory, a fabric, one or
 * more functions, recorded interrupts.  No VMM, no sockets: BAR and config
 * accesses are direct calls, in message context as far as the model can tell.
 *
 *	struct fake_host *h = fake_host_new();
 *	struct pci_dev *gpu = fake_host_add(h, &gp100_model, "vram=64M");
 *	uint64_t buf = fake_alloc(h, 4096, 4096);
 *
 *	memset(fake_mem(h, buf, 4096), 0x5a, 4096);
 *	fake_bar_write32(gpu, 0, 0x100, 1);
 *	fake_run(h);
 *	assert_int_equal(fake_irqs(gpu, 0), 1);
 *	fake_host_free(h);
 *
 * A function is added with memory and bus master enabled, BARs assigned, MSI-X
 * or else MSI enabled.  What a test gets wrong (bad BAR offset, no memory
 * there) fails the test.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/model.h"
#include "pci/pci_dev.h"

#define FAKE_MEM_IOVA	0x100000000ull
#define FAKE_MEM_SIZE	(64ull << 20)

struct fake_host;

/* Guest memory of FAKE_MEM_SIZE bytes at FAKE_MEM_IOVA, zeroed. */
struct fake_host *fake_host_new(void);
void fake_host_free(struct fake_host *h);
struct loop *fake_loop(struct fake_host *h);

/*
 * Creates a function through the model; @params are "key=value" words
 * separated by blanks, or NULL.  fake_host_try_add() returns NULL where the
 * process would refuse to start; the other one fails the test.
 */
struct pci_dev *fake_host_add(struct fake_host *h, const struct model *model,
			      const char *params);
struct pci_dev *fake_host_try_add(struct fake_host *h,
				  const struct model *model,
				  const char *params);
/* A function made by the test itself. */
void fake_host_add_dev(struct fake_host *h, struct pci_dev *dev);

/* ---- guest memory ---- */
/* The next free bytes of guest memory: an IOVA, never 0, zeroed once. */
uint64_t fake_alloc(struct fake_host *h, size_t size, size_t align);
/* Where the test sees guest memory. */
void *fake_mem(struct fake_host *h, uint64_t iova, size_t len);
/* The VMM takes a range away from / back to / read-only for the functions. */
void fake_unmap(struct fake_host *h, uint64_t iova, uint64_t len);
void fake_map(struct fake_host *h, uint64_t iova, uint64_t len);
void fake_map_readonly(struct fake_host *h, uint64_t iova, uint64_t len);

/*
 * Addresses that are no memory are answered by @fn, as the VMM answers DMA
 * messages: returns 0 or -errno; it may access BARs, which is what a guest
 * does meanwhile.  Without it: -EFAULT.
 */
typedef int (*fake_dma_fn)(void *arg, bool write, uint64_t addr, void *buf,
			   size_t len);
void fake_set_dma(struct fake_host *h, fake_dma_fn fn, void *arg);

/* ---- BARs and config space ---- */
uint64_t fake_bar_read(struct pci_dev *dev, unsigned int bar, uint64_t off,
		       unsigned int size);
void fake_bar_write(struct pci_dev *dev, unsigned int bar, uint64_t off,
		    unsigned int size, uint64_t val);
static inline uint32_t fake_bar_read32(struct pci_dev *dev, unsigned int bar,
				       uint64_t off)
{
	return (uint32_t)fake_bar_read(dev, bar, off, 4);
}

static inline void fake_bar_write32(struct pci_dev *dev, unsigned int bar,
				    uint64_t off, uint32_t val)
{
	fake_bar_write(dev, bar, off, 4, val);
}

static inline uint64_t fake_bar_read64(struct pci_dev *dev, unsigned int bar,
				       uint64_t off)
{
	return fake_bar_read(dev, bar, off, 8);
}

static inline void fake_bar_write64(struct pci_dev *dev, unsigned int bar,
				    uint64_t off, uint64_t val)
{
	fake_bar_write(dev, bar, off, 8, val);
}

/* Bus address of a BAR: what a peer uses. */
uint64_t fake_bar_addr(struct pci_dev *dev, unsigned int bar);
uint32_t fake_cfg_read(struct pci_dev *dev, unsigned int off,
		       unsigned int size);
void fake_cfg_write(struct pci_dev *dev, unsigned int off, unsigned int size,
		    uint32_t val);
/* Reset as the VMM asks for it; FLR is a config write. */
void fake_reset(struct pci_dev *dev);

/* ---- running ---- */
/* Until no work is queued; fails the test after ten seconds. */
void fake_run(struct fake_host *h);
/* Work and timers for @ms milliseconds. */
void fake_run_ms(struct fake_host *h, unsigned int ms);
/* Until @done says so; false when @ms milliseconds were not enough. */
bool fake_run_until(struct fake_host *h, bool (*done)(void *arg), void *arg,
		    unsigned int ms);

/* ---- interrupts ---- */
/* Interrupts of @vec since the last fake_irqs_clear(). */
unsigned int fake_irqs(struct pci_dev *dev, unsigned int vec);
void fake_irqs_clear(struct pci_dev *dev);

/* ---- control commands ---- */
/* Runs "command arg arg" of the model; returns 0 or -errno.  *@answer, if
 * wanted, is to be freed. */
int fake_control(struct pci_dev *dev, const char *line, char **answer);

/* ---- a peer: a function with one BAR of plain memory ---- */
struct fake_peer {
	struct pci_dev dev;
	struct pci_bar_ops bar_ops;	/* may be replaced by the test */
	uint8_t *ram;
	size_t size;
	unsigned int block_reads, block_writes;	/* calls */
	unsigned int single_reads, single_writes;
};

/* A BAR0 of @size bytes (64-bit, prefetchable).  Freed with the host. */
struct fake_peer *fake_host_add_peer(struct fake_host *h, uint64_t size);

/* A machine with two of them, as cmocka's state. */
#define FAKE_PAIR_BAR	(1u << 20)

struct fake_pair {
	struct fake_host *h;
	struct fake_peer *a, *b;
};

int fake_pair_setup(void **state);
int fake_pair_teardown(void **state);

#endif
