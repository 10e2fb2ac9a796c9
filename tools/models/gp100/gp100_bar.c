// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BAR1 (memory aperture) and BAR3 (which the driver calls BAR2: instance
 * memory).  Bound to an instance block they are translated by its page tables,
 * otherwise they show video memory from its start.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/subdev/bar/{gf100,gm107}.c.  The address
 * space is taken from the instance block at the time of binding.  A page in
 * system memory cannot be served while the VMM waits for the answer; the
 * driver has none there, so such an access is refused and counted.
 */
#include "gp100.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/trace.h"

TRACE_CATEGORY(bar, "gpu.bar");

#define BIND_VIRTUAL	(1u << 31)
#define BIND_INST(v)	(((uint64_t)(v) & 0x0fffffff) << 12)

static const uint8_t gp100_bar_units[] = {
	[GP100_BAR1] = GP100_UNIT_BAR1, [GP100_BAR3] = GP100_UNIT_BAR2,
};

static const uint8_t gp100_bar_slots[] = { [GP100_BAR1] = 1, [GP100_BAR3] = 3 };

void gp100_bar_reset(struct gp100 *g)
{
	memset(g->bar, 0, sizeof(g->bar));
}

static void gp100_bind_write(struct gp100 *g, unsigned int i, uint32_t *stored,
			     uint32_t val)
{
	struct gp100_bar *bar = &g->bar[i];

	*stored = val;
	bar->bind = val;
	bar->vmm = (struct gp100_vmm) { };
	if (val & BIND_VIRTUAL)
		gp100_vmm_load(g, BIND_INST(val), &bar->vmm);
	trace(bar, "%s: BAR%u bound %08x root %" PRIx64, g->pci.name,
	      gp100_bar_slots[i], val, bar->vmm.root);
}

const struct gp100_reg gp100_bar_regs[] = {
	{ 0x001700, .name = "PRAMIN_BASE" },
	{ 0x001704, 2, 0x10, "BAR_BIND", .write = gp100_bind_write },
	{ 0x001710, .name = "BAR_BIND_STATUS", .ro = true },
	{ 0x001718, .name = "IFB_BIND" },
	{ }
};

int gp100_bar_translate(struct gp100 *g, enum gp100_bar_id id, uint64_t off,
			bool write, struct gp100_xlat *x)
{
	const struct gp100_bar *bar = &g->bar[id];

	if (bar->bind & BIND_VIRTUAL)
		return gp100_tlb_translate(g, &bar->vmm, off, write, false, x);
	*x = (struct gp100_xlat) {
		.addr = off, .aper = GP100_APER_VRAM, .shift = 21,
	};
	return 0;
}

static void gp100_bar_fault(struct gp100 *g, enum gp100_bar_id id, uint64_t off,
			    int fault, bool write)
{
	g->stats.bar_faults++;
	gp100_gripe(g, GP100_GRIPE_BAR_FAULT,
		    "BAR%u: %s of unmapped offset %" PRIx64 " (reason %02x)",
		    gp100_bar_slots[id], write ? "write" : "read", off,
		    GP100_FAULT_REASON(fault));
	gp100_fault_bar(g, gp100_bar_units[id], BIND_INST(g->bar[id].bind), off,
			fault, write);
}

/*
 * Where the access at @off goes: @run is the number of bytes up to the end of
 * the page.  Returns 0 and the memory, or NULL in it for a sparse page; or
 * -EFAULT.
 */
static int gp100_bar_ptr(struct gp100 *g, enum gp100_bar_id id, uint64_t off,
			 bool write, uint64_t len, uint8_t **mem, uint64_t *run)
{
	struct gp100_xlat x;
	int fault = gp100_bar_translate(g, id, off, write, &x);

	if (fault) {
		gp100_bar_fault(g, id, off, fault, write);
		return -EFAULT;
	}
	*run = gp100_min((1ull << x.shift) - (off & ((1ull << x.shift) - 1)),
			 len);
	*mem = NULL;
	if (x.sparse)
		return 0;
	if (x.aper != GP100_APER_VRAM) {
		g->stats.bar_sysmem++;
		gp100_gripe(g, GP100_GRIPE_BAR_SYSMEM,
			    "BAR%u: offset %" PRIx64 " is in system memory",
			    gp100_bar_slots[id], off);
		return -EFAULT;
	}
	*mem = gp100_vram_ptr(g, x.addr, *run);
	return *mem ? 0 : -EFAULT;
}

static uint64_t gp100_bar_load(struct gp100 *g, enum gp100_bar_id id,
			       uint64_t off, unsigned int size)
{
	uint64_t val = 0, run;
	uint8_t *mem;

	if (gp100_bar_ptr(g, id, off, false, size, &mem, &run))
		return size == 8 ? ~0ull : (1ull << size * 8) - 1;
	if (mem)
		memcpy(&val, mem, size);
	trace(bar, "%s: BAR%u rd %" PRIx64 " = %" PRIx64, g->pci.name,
	      gp100_bar_slots[id], off, val);
	return val;
}

static void gp100_bar_store(struct gp100 *g, enum gp100_bar_id id, uint64_t off,
			    unsigned int size, uint64_t val)
{
	uint8_t *mem;
	uint64_t run;

	trace(bar, "%s: BAR%u wr %" PRIx64 " = %" PRIx64, g->pci.name,
	      gp100_bar_slots[id], off, val);
	if (!gp100_bar_ptr(g, id, off, true, size, &mem, &run) && mem)
		memcpy(mem, &val, size);
}

/* Runs of pages, each copied at once. */
static int gp100_bar_block(struct gp100 *g, enum gp100_bar_id id, uint64_t off,
			   uint8_t *buf, const uint8_t *data, uint64_t len)
{
	uint64_t run;
	uint8_t *mem;

	for (; len; len -= run, off += run) {
		if (gp100_bar_ptr(g, id, off, data, len, &mem, &run))
			return -EFAULT;
		if (data && mem)
			memcpy(mem, data, run);
		else if (buf && mem)
			memcpy(buf, mem, run);
		else if (buf)
			memset(buf, 0, run);
		if (data)
			data += run;
		else
			buf += run;
	}
	return 0;
}

/* ---- BAR1 ---- */
static uint64_t gp100_bar1_read(struct pci_dev *dev, uint64_t off,
				unsigned int size)
{
	struct gp100 *g = gp100_of(dev);

	g->stats.bar1_reads++;
	return gp100_bar_load(g, GP100_BAR1, off, size);
}

static void gp100_bar1_write(struct pci_dev *dev, uint64_t off,
			     unsigned int size, uint64_t val)
{
	struct gp100 *g = gp100_of(dev);

	g->stats.bar1_writes++;
	gp100_bar_store(g, GP100_BAR1, off, size, val);
	gp100_fifo_bar1_written(g, off, size);
}

static bool gp100_bar1_injected(struct gp100 *g)
{
	if (!g->inject.bar1_fail)
		return false;
	g->inject.bar1_fail--;
	g->stats.bar1_failed++;
	return true;
}

static int gp100_bar1_read_block(struct pci_dev *dev, uint64_t off, void *buf,
				 size_t len)
{
	struct gp100 *g = gp100_of(dev);

	g->stats.bar1_block_reads++;
	if (gp100_bar1_injected(g))
		return -EFAULT;
	g->stats.bar1_block_read_bytes += len;
	return gp100_bar_block(g, GP100_BAR1, off, buf, NULL, len);
}

static int gp100_bar1_write_block(struct pci_dev *dev, uint64_t off,
				  const void *buf, size_t len)
{
	struct gp100 *g = gp100_of(dev);
	int ret;

	g->stats.bar1_block_writes++;
	if (gp100_bar1_injected(g))
		return -EFAULT;
	g->stats.bar1_block_write_bytes += len;
	ret = gp100_bar_block(g, GP100_BAR1, off, NULL, buf, len);
	gp100_fifo_bar1_written(g, off, len);
	return ret;
}

const struct pci_bar_ops gp100_bar1_ops = {
	.read = gp100_bar1_read,
	.write = gp100_bar1_write,
	.read_block = gp100_bar1_read_block,
	.write_block = gp100_bar1_write_block,
};

/* ---- BAR3 ---- */
static uint64_t gp100_bar3_read(struct pci_dev *dev, uint64_t off,
				unsigned int size)
{
	struct gp100 *g = gp100_of(dev);

	g->stats.bar3_reads++;
	return gp100_bar_load(g, GP100_BAR3, off, size);
}

static void gp100_bar3_write(struct pci_dev *dev, uint64_t off,
			     unsigned int size, uint64_t val)
{
	struct gp100 *g = gp100_of(dev);

	g->stats.bar3_writes++;
	gp100_bar_store(g, GP100_BAR3, off, size, val);
}

static int gp100_bar3_read_block(struct pci_dev *dev, uint64_t off, void *buf,
				 size_t len)
{
	return gp100_bar_block(gp100_of(dev), GP100_BAR3, off, buf, NULL, len);
}

static int gp100_bar3_write_block(struct pci_dev *dev, uint64_t off,
				  const void *buf, size_t len)
{
	return gp100_bar_block(gp100_of(dev), GP100_BAR3, off, NULL, buf, len);
}

const struct pci_bar_ops gp100_bar3_ops = {
	.read = gp100_bar3_read,
	.write = gp100_bar3_write,
	.read_block = gp100_bar3_read_block,
	.write_block = gp100_bar3_write_block,
};
