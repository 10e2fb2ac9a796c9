// SPDX-License-Identifier: GPL-2.0-or-later
/* The teaching device; see the header. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/fake_edu.h"

static struct fake_edu *to_edu(struct pci_dev *dev)
{
	return pci_container_of(dev, struct fake_edu, dev);
}

static void run_dma(struct loop_work *work)
{
	struct fake_edu *edu = pci_container_of(work, struct fake_edu,
						dma_work);
	int rc;

	/* The client may have changed it since it wrote the command. */
	if (edu->dma_len > EDU_BUF_SIZE)
		rc = -EINVAL;
	else if (edu->dma_cmd == EDU_DMA_READ)
		rc = pci_dma_read(&edu->dev, edu->dma_addr, edu->buf,
				  edu->dma_len);
	else
		rc = pci_dma_write(&edu->dev, edu->dma_addr, edu->buf,
				   edu->dma_len);
	edu->dma_status = 0x100u | (unsigned int)-rc;
}

static uint64_t *reg_of(struct fake_edu *edu, uint64_t off)
{
	switch (off) {
	case EDU_DMA_ADDR:
		return &edu->dma_addr;
	case EDU_DMA_LEN:
		return &edu->dma_len;
	case EDU_DMA_STATUS:
		return &edu->dma_status;
	case EDU_SCRATCH:
		return &edu->scratch;
	default:
		return NULL;
	}
}

static uint64_t regs_read(struct pci_dev *dev, uint64_t off, unsigned int size)
{
	struct fake_edu *edu = to_edu(dev);
	const uint64_t *reg = reg_of(edu, off);
	uint64_t val = 0;

	edu->reg_reads++;
	if (reg)
		return *reg;
	if (off == EDU_ID)
		return EDU_ID_VALUE;
	if (off == EDU_RESETS)
		return edu->resets;
	if (off >= EDU_BUF && off < EDU_MSIX_TABLE)
		memcpy(&val, edu->buf + (off - EDU_BUF), size);
	return val;
}

static void regs_write(struct pci_dev *dev, uint64_t off, unsigned int size,
		       uint64_t val)
{
	struct fake_edu *edu = to_edu(dev);
	uint64_t *reg = reg_of(edu, off);

	edu->reg_writes++;
	if (reg)
		*reg = val;
	if (off == EDU_DMA_CMD && edu->dma_len <= EDU_BUF_SIZE) {
		edu->dma_cmd = val;
		edu->dma_status = 1;
		loop_work_queue(dev->loop, &edu->dma_work);
	} else if (off == EDU_IRQ) {
		pci_irq_raise(dev, (unsigned int)val);
	} else if (off >= EDU_BUF && off < EDU_MSIX_TABLE) {
		memcpy(edu->buf + (off - EDU_BUF), &val, size);
	}
}

static const struct pci_bar_ops regs_ops = {
	.read = regs_read,
	.write = regs_write,
};

static uint64_t ram_read(struct pci_dev *dev, uint64_t off, unsigned int size)
{
	uint64_t val = 0;

	memcpy(&val, to_edu(dev)->ram + off, size);
	return val;
}

static void ram_write(struct pci_dev *dev, uint64_t off, unsigned int size,
		      uint64_t val)
{
	memcpy(to_edu(dev)->ram + off, &val, size);
}

static int ram_read_block(struct pci_dev *dev, uint64_t off, void *buf,
			  size_t len)
{
	memcpy(buf, to_edu(dev)->ram + off, len);
	return 0;
}

static int ram_write_block(struct pci_dev *dev, uint64_t off, const void *buf,
			   size_t len)
{
	to_edu(dev)->block_writes++;
	memcpy(to_edu(dev)->ram + off, buf, len);
	return 0;
}

static const struct pci_bar_ops ram_ops = {
	.read = ram_read,
	.write = ram_write,
	.read_block = ram_read_block,
	.write_block = ram_write_block,
};

static void edu_reset(struct pci_dev *dev)
{
	struct fake_edu *edu = to_edu(dev);

	loop_work_cancel(dev->loop, &edu->dma_work);
	edu->dma_addr = edu->dma_len = edu->dma_status = edu->scratch = 0;
	edu->resets++;
}

static void edu_destroy(struct pci_dev *dev)
{
	struct fake_edu *edu = to_edu(dev);

	loop_work_cancel(dev->loop, &edu->dma_work);
	if (edu->ram)
		munmap(edu->ram, edu->ram_size);
	free(edu->buf);
	free(edu);
}

static const struct pci_dev_ops edu_ops = {
	.reset = edu_reset,
	.destroy = edu_destroy,
};

static void add_caps(struct pci_dev *dev, enum edu_irq irq)
{
	pci_cap_pm(dev, 0x40);
	if (irq == EDU_MSI)
		pci_cap_msi(dev, 0x50, EDU_VECTORS);
	if (irq == EDU_MSIX)
		pci_cap_msix(dev, 0x50, EDU_VECTORS, 0, EDU_MSIX_TABLE,
			     EDU_MSIX_PBA);
	pci_cap_pcie(dev, 0x70, 3, 16);
	pci_ext_cap_aer(dev);
	pci_ext_cap_acs(dev);
	pci_ext_cap_ats(dev);
}

struct fake_edu *fake_edu_new(const char *name, struct loop *loop,
			      enum edu_irq irq, uint64_t ram_size)
{
	struct fake_edu *edu = calloc(1, sizeof(*edu));

	edu->buf = calloc(1, EDU_BUF_SIZE);
	edu->dma_work.fn = run_dma;
	edu->dev.name = name;
	edu->dev.loop = loop;
	edu->dev.ids = (struct pci_ids) {
		.vendor = 0x1b36, .device = 0x00ed, .subsys_vendor = 0x1af4,
		.subsys = 0x1100, .class_code = 0xff0000, .revision = 2,
	};
	edu->dev.ops = &edu_ops;
	edu->dev.bars[0] = (struct pci_bar) {
		.size = EDU_REGS_SIZE, .ops = &regs_ops,
	};
	add_caps(&edu->dev, irq);
	if (!ram_size)
		return edu;
	edu->ram_size = ram_size;
	edu->ram = mmap(NULL, ram_size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	edu->dev.bars[1] = (struct pci_bar) {
		.size = ram_size, .is_64bit = true, .prefetchable = true,
		.ops = &ram_ops,
	};
	return edu;
}
