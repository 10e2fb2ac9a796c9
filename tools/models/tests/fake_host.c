// SPDX-License-Identifier: GPL-2.0-or-later
/* The test machine; see the header. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/params.h"
#include "core/trace.h"
#include "pci/pci_bar.h"
#include "pci/pci_cfg.h"
#include "pci/pci_fabric.h"
#include "pci/pci_host.h"
#include "pci/pci_irq.h"
#include "tests/fake_host.h"

#define PAGE		4096u
#define NUM_PAGES	(FAKE_MEM_SIZE / PAGE)
#define RUN_LIMIT_MS	10000

enum page_state { PAGE_RW, PAGE_RO, PAGE_NONE };

struct fake_slot {
	struct pci_host host;
	struct fake_host *owner;
	struct pci_dev *dev;
	struct fake_slot *next;
	unsigned int irqs[PCI_MAX_VECTORS];
	char name[16];
};

struct fake_host {
	struct loop *loop;
	struct pci_fabric *fabric;
	struct fake_slot *slots;
	unsigned int num_slots;
	uint8_t *mem;
	uint8_t pages[NUM_PAGES];	/* enum page_state */
	uint64_t next_alloc;
	uint64_t next_bar;
	fake_dma_fn dma;
	void *dma_arg;
};

/* TEST_TRACE=vu,pci.irq traces while a test program runs. */
static void __attribute__((constructor(65535))) enable_trace(void)
{
	const char *list = getenv("TEST_TRACE");

	if (list)
		trace_enable(list);
}

/* ---- as the PCI layer sees it ---- */

static int fake_lookup(struct pci_host *host, uint64_t addr, bool write,
		       void **ptr, size_t *len)
{
	struct fake_slot *slot = pci_container_of(host, struct fake_slot, host);
	struct fake_host *h = slot->owner;
	uint64_t off = addr - FAKE_MEM_IOVA;
	size_t room;

	*ptr = NULL;
	if (off >= FAKE_MEM_SIZE)
		return 0;
	room = PAGE - (size_t)(off % PAGE);
	if (*len > room)
		*len = room;
	if (h->pages[off / PAGE] == PAGE_NONE)
		return 0;
	if (write && h->pages[off / PAGE] == PAGE_RO)
		return -EACCES;
	*ptr = h->mem + off;
	return 0;
}

static int fake_dma(struct pci_host *host, bool write, uint64_t addr, void *buf,
		    size_t len)
{
	struct fake_slot *slot = pci_container_of(host, struct fake_slot, host);
	struct fake_host *h = slot->owner;

	return h->dma ? h->dma(h->dma_arg, write, addr, buf, len) : -EFAULT;
}

static bool fake_irq(struct pci_host *host, enum pci_irq_kind kind,
		     unsigned int vec)
{
	struct fake_slot *slot = pci_container_of(host, struct fake_slot, host);

	(void)kind;
	if (vec >= slot->dev->num_vectors && vec)
		return false;
	slot->irqs[vec]++;
	return true;
}

static const struct pci_host_ops fake_host_ops = {
	.lookup = fake_lookup,
	.dma = fake_dma,
	.irq = fake_irq,
};

/* ---- the machine ---- */

struct fake_host *fake_host_new(void)
{
	struct fake_host *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	h->loop = loop_create();
	h->fabric = pci_fabric_create();
	h->mem = mmap(NULL, FAKE_MEM_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_non_null(h->loop);
	assert_non_null(h->fabric);
	assert_ptr_not_equal(h->mem, MAP_FAILED);
	h->next_alloc = FAKE_MEM_IOVA;
	h->next_bar = 0xe000000000ull;
	return h;
}

void fake_host_free(struct fake_host *h)
{
	struct fake_slot *slot;

	while ((slot = h->slots)) {
		h->slots = slot->next;
		pci_fabric_remove(slot->dev);
		slot->dev->ops->destroy(slot->dev);
		free(slot);
	}
	pci_fabric_destroy(h->fabric);
	loop_destroy(h->loop);
	munmap(h->mem, FAKE_MEM_SIZE);
	free(h);
}

struct loop *fake_loop(struct fake_host *h)
{
	return h->loop;
}

/* ---- functions ---- */

static struct fake_slot *slot_of(struct pci_dev *dev)
{
	return pci_container_of(dev->host, struct fake_slot, host);
}

static struct fake_slot *new_slot(struct fake_host *h)
{
	struct fake_slot *slot = calloc(1, sizeof(*slot));

	assert_non_null(slot);
	slot->owner = h;
	slot->host.ops = &fake_host_ops;
	snprintf(slot->name, sizeof(slot->name), "dev%u", h->num_slots++);
	return slot;
}

static void assign_bars(struct fake_host *h, struct pci_dev *dev)
{
	uint64_t low = 0x80000000ull + 0x8000000ull * h->num_slots;
	unsigned int i;

	for (i = 0; i < PCI_NUM_BARS; i++) {
		const struct pci_bar *bar = &dev->bars[i];
		uint64_t *next = bar->is_64bit ? &h->next_bar : &low;
		unsigned int off = PCI_BASE_ADDRESS_0 + 4 * i;

		if (!bar->size)
			continue;
		*next = (*next + bar->size - 1) & ~(bar->size - 1);
		fake_cfg_write(dev, off, 4, (uint32_t)*next);
		if (bar->is_64bit)
			fake_cfg_write(dev, off + 4, 4,
				       (uint32_t)(*next >> 32));
		*next += bar->size;
	}
}

static void enable(struct pci_dev *dev)
{
	fake_cfg_write(dev, PCI_COMMAND, 2,
		       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	if (dev->msix_cap)
		fake_cfg_write(dev, dev->msix_cap + PCI_MSIX_FLAGS, 2,
			       PCI_MSIX_FLAGS_ENABLE);
	else if (dev->msi_cap)
		fake_cfg_write(dev, dev->msi_cap + PCI_MSI_FLAGS, 2,
			       PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
}

static void plug(struct fake_host *h, struct fake_slot *slot,
		 struct pci_dev *dev)
{
	slot->dev = dev;
	slot->next = h->slots;
	h->slots = slot;
	dev->loop = h->loop;
	dev->host = &slot->host;
	if (!dev->name)
		dev->name = slot->name;
	assert_true(pci_cfg_setup(dev));
	assert_true(pci_fabric_add(h->fabric, dev));
	assign_bars(h, dev);
	enable(dev);
}

void fake_host_add_dev(struct fake_host *h, struct pci_dev *dev)
{
	plug(h, new_slot(h), dev);
}

static bool add_params(struct model_params *params, const char *text)
{
	char *copy = strdup(text ? text : ""), *pos = copy, *word;
	bool ok = true;

	assert_non_null(copy);
	while (ok && (word = strsep(&pos, " ")))
		ok = !*word || model_params_add(params, word);
	free(copy);
	return ok;
}

struct pci_dev *fake_host_try_add(struct fake_host *h,
				  const struct model *model, const char *text)
{
	struct fake_slot *slot = new_slot(h);
	struct model_params params = { .device = slot->name };
	struct pci_dev *dev = NULL;

	if (add_params(&params, text))
		dev = model->create(slot->name, h->loop, &params);
	if (dev && !model_params_check(&params)) {
		dev->ops->destroy(dev);
		dev = NULL;
	}
	model_params_free(&params);
	if (dev)
		plug(h, slot, dev);
	else
		free(slot);
	return dev;
}

struct pci_dev *fake_host_add(struct fake_host *h, const struct model *model,
			      const char *params)
{
	struct pci_dev *dev = fake_host_try_add(h, model, params);

	assert_non_null(dev);
	return dev;
}

/* ---- guest memory ---- */

uint64_t fake_alloc(struct fake_host *h, size_t size, size_t align)
{
	uint64_t iova = (h->next_alloc + align - 1) & ~(uint64_t)(align - 1);

	assert_true(iova + size <= FAKE_MEM_IOVA + FAKE_MEM_SIZE);
	h->next_alloc = iova + size;
	return iova;
}

void *fake_mem(struct fake_host *h, uint64_t iova, size_t len)
{
	assert_true(iova >= FAKE_MEM_IOVA);
	assert_true(iova + len <= FAKE_MEM_IOVA + FAKE_MEM_SIZE);
	return h->mem + (iova - FAKE_MEM_IOVA);
}

static void set_pages(struct fake_host *h, uint64_t iova, uint64_t len,
		      enum page_state state)
{
	uint64_t off = iova - FAKE_MEM_IOVA;

	assert_true(off % PAGE == 0 && len % PAGE == 0);
	assert_true(off + len <= FAKE_MEM_SIZE);
	memset(&h->pages[off / PAGE], state, len / PAGE);
}

void fake_unmap(struct fake_host *h, uint64_t iova, uint64_t len)
{
	set_pages(h, iova, len, PAGE_NONE);
}

void fake_map(struct fake_host *h, uint64_t iova, uint64_t len)
{
	set_pages(h, iova, len, PAGE_RW);
}

void fake_map_readonly(struct fake_host *h, uint64_t iova, uint64_t len)
{
	set_pages(h, iova, len, PAGE_RO);
}

void fake_set_dma(struct fake_host *h, fake_dma_fn fn, void *arg)
{
	h->dma = fn;
	h->dma_arg = arg;
}

/* ---- BARs and config space ---- */

uint64_t fake_bar_read(struct pci_dev *dev, unsigned int bar, uint64_t off,
		       unsigned int size)
{
	uint64_t val = 0;

	assert_int_equal(pci_bar_read(dev, bar, off, &val, size), 0);
	return val;
}

void fake_bar_write(struct pci_dev *dev, unsigned int bar, uint64_t off,
		    unsigned int size, uint64_t val)
{
	assert_int_equal(pci_bar_write(dev, bar, off, &val, size), 0);
}

uint64_t fake_bar_addr(struct pci_dev *dev, unsigned int bar)
{
	return pci_cfg_bar_addr(dev, bar);
}

uint32_t fake_cfg_read(struct pci_dev *dev, unsigned int off, unsigned int size)
{
	uint32_t val = 0;

	assert_true(size <= sizeof(val));
	assert_int_equal(pci_cfg_read(dev, off, &val, size), 0);
	return val;
}

void fake_cfg_write(struct pci_dev *dev, unsigned int off, unsigned int size,
		    uint32_t val)
{
	assert_true(size <= sizeof(val));
	assert_int_equal(pci_cfg_write(dev, off, &val, size), 0);
}

void fake_reset(struct pci_dev *dev)
{
	pci_dev_reset(dev);
}

/* ---- running ---- */

static bool loop_has_no_work(void *arg)
{
	return loop_idle(arg);
}

bool fake_run_until(struct fake_host *h, bool (*done)(void *arg), void *arg,
		    unsigned int ms)
{
	uint64_t end = loop_now_ns() + ms * 1000000ull;

	while (!done(arg)) {
		uint64_t now = loop_now_ns();

		if (now >= end)
			return false;
		loop_run_once(h->loop, (int)((end - now + 999999) / 1000000));
	}
	return true;
}

void fake_run(struct fake_host *h)
{
	assert_true(fake_run_until(h, loop_has_no_work, h->loop,
				   RUN_LIMIT_MS));
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

void fake_run_ms(struct fake_host *h, unsigned int ms)
{
	fake_run_until(h, never, NULL, ms);
}

/* ---- interrupts ---- */

unsigned int fake_irqs(struct pci_dev *dev, unsigned int vec)
{
	assert_true(vec < PCI_MAX_VECTORS);
	return slot_of(dev)->irqs[vec];
}

void fake_irqs_clear(struct pci_dev *dev)
{
	memset(slot_of(dev)->irqs, 0, sizeof(slot_of(dev)->irqs));
}

/* ---- control commands ---- */

int fake_control(struct pci_dev *dev, const char *line, char **answer)
{
	char *copy = strdup(line), *pos = copy, *argv[64], *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int argc = 0, rc;

	assert_non_null(copy);
	assert_non_null(out);
	while (argc < 63 && (argv[argc] = strsep(&pos, " ")))
		argc += *argv[argc] != '\0';
	argv[argc] = NULL;
	rc = dev->ops->control(dev, argc, argv, out);
	fclose(out);
	if (answer)
		*answer = text;
	else
		free(text);
	free(copy);
	return rc;
}
