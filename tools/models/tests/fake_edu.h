/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small teaching device for tests of the link to the VMM: registers that
 * start DMA and raise interrupts, and a BAR of plain memory.
 */
#ifndef TESTS_FAKE_EDU_H
#define TESTS_FAKE_EDU_H

#include "pci/pci_dev.h"

#define EDU_ID		0x00	/* reads as EDU_ID_VALUE */
#define EDU_SCRATCH	0x08
#define EDU_DMA_ADDR	0x10	/* 64 bits */
#define EDU_DMA_LEN	0x18	/* at most EDU_BUF_SIZE */
#define EDU_DMA_CMD	0x20	/* EDU_DMA_*: starts */
#define EDU_DMA_STATUS	0x28	/* 1: busy, else 0x100 | errno */
#define EDU_IRQ		0x30	/* raises the vector written */
#define EDU_RESETS	0x38
#define EDU_BUF		0x1000	/* the first 4 KiB of the DMA buffer */
#define EDU_MSIX_TABLE	0x2000
#define EDU_MSIX_PBA	0x3000
#define EDU_REGS_SIZE	0x4000

#define EDU_ID_VALUE	0xed0c0de5u
#define EDU_DMA_READ	1	/* memory to buffer */
#define EDU_DMA_WRITE	2
#define EDU_BUF_SIZE	(2u << 20)
#define EDU_VECTORS	8

/* Which interrupts it has besides INTx. */
enum edu_irq { EDU_INTX, EDU_MSI, EDU_MSIX };

struct fake_edu {
	struct pci_dev dev;
	struct loop_work dma_work;
	uint64_t dma_addr, dma_len, dma_cmd, dma_status, scratch;
	unsigned int resets;
	unsigned int reg_reads, reg_writes;
	unsigned int block_writes;	/* into BAR1 */
	uint8_t *buf;
	uint8_t *ram;
	uint64_t ram_size;
};

/* BAR0: registers, BAR1 (64-bit): @ram_size bytes of memory, if not 0. */
struct fake_edu *fake_edu_new(const char *name, struct loop *loop,
			      enum edu_irq irq, uint64_t ram_size);

#endif
