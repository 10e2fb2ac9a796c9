// SPDX-License-Identifier: GPL-2.0-or-later
/* A device that copies 64 bytes; see Documentation/lab/adding-a-model.rst. */
#include <errno.h>
#include <stdlib.h>

#include "core/model.h"
#include "core/trace.h"
#include "pci/pci_dev.h"

TRACE_CATEGORY(hello, "hello.copy");

enum { REG_GREETING = 0x00, REG_FROM = 0x08, REG_TO = 0x10, REG_GO = 0x18 };

#define COPY_SIZE	64

struct hello {
	struct pci_dev pci;
	struct loop_work copy;
	uint64_t greeting, from, to, result;
	uint64_t copies, unknown;
};

static struct hello *hello_of(struct pci_dev *dev)
{
	return pci_container_of(dev, struct hello, pci);
}

/* Work context: registers may change while the DMA waits. */
static void hello_copy(struct loop_work *work)
{
	struct hello *h = pci_container_of(work, struct hello, copy);
	uint64_t from = h->from, to = h->to;
	uint8_t buf[COPY_SIZE];
	int ret;

	ret = pci_dma_read(&h->pci, from, buf, sizeof(buf));
	if (!ret)
		ret = pci_dma_write(&h->pci, to, buf, sizeof(buf));
	h->result = (uint64_t)-ret;
	h->copies++;
	trace(hello, "%s: copied, result %d", h->pci.name, ret);
}

static uint64_t hello_read(struct pci_dev *dev, uint64_t off, unsigned int size)
{
	struct hello *h = hello_of(dev);

	(void)size;
	switch (off) {
	case REG_GREETING:
		return h->greeting;
	case REG_GO:
		return h->copy.queued ? EINPROGRESS : h->result;
	default:
		h->unknown++;
		return 0;
	}
}

/* Message context: no DMA here, so a copy is only queued. */
static void hello_write(struct pci_dev *dev, uint64_t off, unsigned int size,
			uint64_t val)
{
	struct hello *h = hello_of(dev);

	(void)size;
	if (off == REG_FROM)
		h->from = val;
	else if (off == REG_TO)
		h->to = val;
	else if (off == REG_GO)
		loop_work_queue(dev->loop, &h->copy);
	else
		h->unknown++;
}

static const struct pci_bar_ops hello_bar_ops = {
	.read = hello_read,
	.write = hello_write,
};

static void hello_reset(struct pci_dev *dev)
{
	struct hello *h = hello_of(dev);

	loop_work_cancel(dev->loop, &h->copy);
	h->from = h->to = h->result = 0;
}

static void hello_destroy(struct pci_dev *dev)
{
	loop_work_cancel(dev->loop, &hello_of(dev)->copy);
	free(hello_of(dev));
}

static const struct pci_dev_ops hello_ops = {
	.reset = hello_reset,
	.destroy = hello_destroy,
};

static const struct stat_desc hello_stats[] = {
	STAT_DESC(struct hello, copies, "copies"),
	STAT_DESC(struct hello, unknown, "unknown_regs"),
	{ }
};

static struct pci_dev *hello_create(const char *name, struct loop *loop,
				    struct model_params *params)
{
	struct hello *h = calloc(1, sizeof(*h));

	if (!h) {
		trace_warn("%s: out of memory", name);
		return NULL;
	}
	h->greeting = model_param_u64(params, "greeting", 1);
	h->copy.fn = hello_copy;
	h->pci.name = name;
	h->pci.loop = loop;
	h->pci.ids = (struct pci_ids) {
		.vendor = 0x1b36, .device = 0x00ee, .subsys_vendor = 0x1af4,
		.subsys = 0x1100, .class_code = 0xff0000,
	};
	h->pci.ops = &hello_ops;
	h->pci.stats = hello_stats;
	h->pci.stats_base = h;
	h->pci.bars[0] = (struct pci_bar) { .size = 4096, .ops = &hello_bar_ops };
	pci_cap_pm(&h->pci, 0x40);
	pci_cap_msi(&h->pci, 0x50, 1);
	pci_cap_pcie(&h->pci, 0x70, 3, 16);
	return &h->pci;
}

static const char *const hello_params[] = {
	"greeting=1  what the first register reads",
	NULL
};

const struct model hello_model = {
	.name = "hello",
	.params_help = hello_params,
	.create = hello_create,
};
