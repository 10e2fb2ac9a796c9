// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory as the engines see it: video memory directly, system memory by DMA,
 * both by physical or virtual address.  Work context only.
 *
 * A DMA may take a while, and the device may be reset meanwhile; the number of
 * resets tells.  System memory that does not answer behaves as on the bus: it
 * reads as ones, writes are lost.
 */
#include "gp100.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int mem_dma_result(struct gp100 *g, int ret, uint32_t generation,
			  uint64_t addr)
{
	if (g->generation != generation)
		return -ECANCELED;
	if (!ret)
		return 0;
	g->stats.dma_errors++;
	gp100_gripe(g, GP100_GRIPE_DMA, "DMA at %" PRIx64 " failed: %s", addr,
		    strerror(-ret));
	return 1;
}

int gp100_mem_read(struct gp100 *g, enum gp100_aper aper, uint64_t addr,
		   void *buf, size_t len)
{
	uint32_t generation = g->generation;
	const void *p;
	int ret;

	if (aper == GP100_APER_VRAM) {
		p = gp100_vram_ptr(g, addr, len);
		if (!p)
			return -ERANGE;
		memcpy(buf, p, len);
		return 0;
	}
	ret = pci_dma_read(&g->pci, addr, buf, len);
	ret = mem_dma_result(g, ret, generation, addr);
	if (ret > 0)
		memset(buf, 0xff, len);
	return ret < 0 ? ret : 0;
}

int gp100_mem_write(struct gp100 *g, enum gp100_aper aper, uint64_t addr,
		    const void *buf, size_t len)
{
	uint32_t generation = g->generation;
	void *p;
	int ret;

	if (aper == GP100_APER_VRAM) {
		p = gp100_vram_ptr(g, addr, len);
		if (!p)
			return -ERANGE;
		memcpy(p, buf, len);
		return 0;
	}
	ret = pci_dma_write(&g->pci, addr, buf, len);
	ret = mem_dma_result(g, ret, generation, addr);
	return ret < 0 ? ret : 0;
}

static int mem_virtual(struct gp100 *g, const struct gp100_vmm *vmm,
		       uint64_t va, uint8_t *buf, const uint8_t *data,
		       size_t len, uint64_t *fault_va)
{
	struct gp100_xlat x;
	size_t run;
	int ret;

	for (; len; len -= run, va += run) {
		*fault_va = va;
		ret = gp100_tlb_translate(g, vmm, va, data, true, &x);
		if (ret)
			return ret;
		run = gp100_min((1ull << x.shift) -
				(va & ((1ull << x.shift) - 1)), len);
		if (x.sparse && buf)
			memset(buf, 0, run);
		else if (!x.sparse && buf)
			ret = gp100_mem_read(g, x.aper, x.addr, buf, run);
		else if (!x.sparse)
			ret = gp100_mem_write(g, x.aper, x.addr, data, run);
		if (ret)
			return ret == -ERANGE ? GP100_FAULT_REGION :
						GP100_XLAT_RESET;
		if (buf)
			buf += run;
		else
			data += run;
	}
	return 0;
}

int gp100_mem_vread(struct gp100 *g, const struct gp100_vmm *vmm, uint64_t va,
		    void *buf, size_t len, uint64_t *fault_va)
{
	return mem_virtual(g, vmm, va, buf, NULL, len, fault_va);
}

int gp100_mem_vwrite(struct gp100 *g, const struct gp100_vmm *vmm, uint64_t va,
		     const void *buf, size_t len, uint64_t *fault_va)
{
	return mem_virtual(g, vmm, va, NULL, buf, len, fault_va);
}

static int mem_release_payload(struct gp100 *g, const struct gp100_vmm *vmm,
			       uint64_t va, uint32_t payload)
{
	uint32_t generation = g->generation;
	struct gp100_xlat x;
	int ret;

	ret = gp100_tlb_translate(g, vmm, va, true, true, &x);
	if (ret || x.sparse)
		return ret;
	if (x.aper == GP100_APER_VRAM) {
		ret = gp100_mem_write(g, x.aper, x.addr, &payload, 4);
		return ret ? GP100_FAULT_REGION : 0;
	}
	ret = pci_dma_write_release(&g->pci, x.addr, &payload, 4);
	ret = mem_dma_result(g, ret, generation, x.addr);
	return ret < 0 ? GP100_XLAT_RESET : 0;
}

int gp100_mem_vrelease(struct gp100 *g, const struct gp100_vmm *vmm,
		       uint64_t va, uint32_t payload, bool stamp,
		       uint64_t *fault_va)
{
	uint64_t now = gp100_timer_now(g);
	uint32_t rest[3] = { 0, (uint32_t)now, (uint32_t)(now >> 32) };
	int ret = 0;

	if (stamp)
		ret = gp100_mem_vwrite(g, vmm, va + 4, rest, sizeof(rest),
				       fault_va);
	if (ret)
		return ret;
	*fault_va = va;
	return mem_release_payload(g, vmm, va, payload);
}
