// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Methods of the host interface, below 0x100 on every sub-channel: objects,
 * semaphores, the non-stall interrupt.
 *
 * Source: drivers/gpu/drm/nouveau/include/nvhw/class/cl906f.h, nvif/chan906f.c,
 * nvc0_fence.c.  An acquire that is not satisfied parks the channel; it is
 * tried again whenever a semaphore is released and every 100 us.
 */
#include "gp100.h"

#include <inttypes.h>

#include "core/trace.h"

TRACE_CATEGORY(host, "gpu.host");

#define HOST_SET_OBJECT		0x00
#define HOST_NOP		0x08
#define HOST_SEM_A		0x10
#define HOST_SEM_B		0x14
#define HOST_SEM_C		0x18
#define HOST_SEM_D		0x1c
#define HOST_NON_STALL		0x20
#define HOST_FB_FLUSH		0x24
#define HOST_SET_REFERENCE	0x50
#define HOST_WFI		0x78
#define HOST_CRC_CHECK		0x7c
#define HOST_YIELD		0x80

#define SEM_OP(d)		((d) & 15)
#define SEM_OP_ACQUIRE		1
#define SEM_OP_RELEASE		2
#define SEM_OP_ACQ_GEQ		4
#define SEM_OP_ACQ_AND		8
#define SEM_RELEASE_4BYTE	(1u << 24)

#define PB_INTR_METHOD		(1u << 21)
#define PB_INTR_SEMAPHORE	(1u << 25)

static bool host_satisfied(uint32_t op, uint32_t mem, uint32_t payload)
{
	switch (op) {
	case SEM_OP_ACQUIRE:
		return mem == payload;
	case SEM_OP_ACQ_GEQ:
		return (int32_t)(mem - payload) >= 0;
	default:
		return mem & payload;
	}
}

static enum gp100_step host_acquire(struct gp100_turn *t, uint64_t va,
				    uint32_t data)
{
	struct gp100_chan *ch = t->ch;
	uint64_t fault_va;
	uint32_t mem;
	int ret;

	ret = gp100_mem_vread(t->g, &ch->vmm, va, &mem, sizeof(mem), &fault_va);
	if (ret)
		return gp100_pbdma_fault(t, ret, fault_va, false);
	if (gp100_turn_stale(t))
		return GP100_STEP_STOP;
	if (host_satisfied(SEM_OP(data), mem, ch->sem_payload)) {
		ch->acquire = 0;
		t->g->stats.sem_acquires++;
		return GP100_STEP_DONE;
	}
	if (!ch->acquire)
		t->g->stats.sem_acquire_waits++;
	ch->acquire = data;
	gp100_chan_park(t->g, ch, GP100_PARK_ACQUIRE);
	return GP100_STEP_STOP;
}

static enum gp100_step host_release(struct gp100_turn *t, uint64_t va,
				    uint32_t data)
{
	struct gp100_chan *ch = t->ch;
	uint64_t fault_va;
	int ret;

	ret = gp100_mem_vrelease(t->g, &ch->vmm, va, ch->sem_payload,
				 !(data & SEM_RELEASE_4BYTE), &fault_va);
	if (ret)
		return gp100_pbdma_fault(t, ret, fault_va, true);
	trace(host, "%s: channel %u released %08x at %" PRIx64, t->g->pci.name,
	      ch->id, ch->sem_payload, va);
	t->g->stats.sem_releases++;
	gp100_fifo_kick_acquiring(t->g);
	return gp100_turn_stale(t) ? GP100_STEP_STOP : GP100_STEP_DONE;
}

static enum gp100_step host_semaphore(struct gp100_turn *t, uint32_t data)
{
	struct gp100_chan *ch = t->ch;
	uint64_t va = (uint64_t)(ch->sem_hi & 0xff) << 32 | ch->sem_lo;
	uint64_t align = 4;

	if (SEM_OP(data) == SEM_OP_RELEASE && !(data & SEM_RELEASE_4BYTE))
		align = 16;
	if (va & (align - 1)) {
		gp100_pbdma_error(t, PB_INTR_SEMAPHORE, HOST_SEM_D, data);
		return GP100_STEP_STOP;
	}
	switch (SEM_OP(data)) {
	case SEM_OP_RELEASE:
		return host_release(t, va, data);
	case SEM_OP_ACQUIRE:
	case SEM_OP_ACQ_GEQ:
	case SEM_OP_ACQ_AND:
		return host_acquire(t, va, data);
	default:
		gp100_pbdma_error(t, PB_INTR_SEMAPHORE, HOST_SEM_D, data);
		return GP100_STEP_STOP;
	}
}

enum gp100_step gp100_host_method(struct gp100_turn *t, uint32_t mthd,
				  uint32_t data)
{
	struct gp100_chan *ch = t->ch;

	switch (mthd) {
	case HOST_SET_OBJECT:
		ch->classes[ch->subc] = (uint16_t)data;
		return GP100_STEP_DONE;
	case HOST_SEM_A:
		ch->sem_hi = data;
		return GP100_STEP_DONE;
	case HOST_SEM_B:
		ch->sem_lo = data;
		return GP100_STEP_DONE;
	case HOST_SEM_C:
		ch->sem_payload = data;
		return GP100_STEP_DONE;
	case HOST_SEM_D:
		return host_semaphore(t, data);
	case HOST_NON_STALL:
		gp100_fifo_set_nonstall(t->g);
		return GP100_STEP_DONE;
	case HOST_NOP:
	case HOST_FB_FLUSH:
	case HOST_SET_REFERENCE:
	case HOST_WFI:
	case HOST_CRC_CHECK:
	case HOST_YIELD:
		return GP100_STEP_DONE;	/* everything before is done */
	default:
		t->g->stats.unknown_methods++;
		gp100_pbdma_error(t, PB_INTR_METHOD, mthd, data);
		return GP100_STEP_STOP;
	}
}
