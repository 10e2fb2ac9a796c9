// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Life of a channel: binding, loading its context from the instance block,
 * parking, dropping.
 *
 * Source: drivers/gpu/drm/nouveau/nvkm/engine/fifo/{gk104,gk110,gm107}.c and
 * NVIDIA's published dev_ram manual for the context layout: 0x08 USERD, 0x14
 * GP_GET, 0x48 GPFIFO base and size.  Between two segments there are GP_GET and
 * the objects of the subchannels to save, which a driver sets only once, so they
 * survive suspend with the instance memory.  Where the latter are is our choice:
 * nouveau does not touch the place.
 */
#include "gp100.h"

#include <inttypes.h>
#include <string.h>

#include "core/trace.h"

TRACE_CATEGORY(chan, "gpu.chan");

#define RAMFC_USERD	0x08
#define RAMFC_SIGNATURE	0x10
#define RAMFC_GP_GET	0x14
#define RAMFC_GP_BASE	0x48
#define RAMFC_CLASSES	0x180
#define RAMFC_SIZE	0x200
#define SIGNATURE	0x0000face

#define INST_BOUND	(1u << 31)

const char *gp100_park_name(enum gp100_park park)
{
	static const char *const names[] = {
		[GP100_PARK_NONE] = "no", [GP100_PARK_ACQUIRE] = "acquire",
		[GP100_PARK_FAULT] = "fault", [GP100_PARK_PBDMA] = "pbdma",
		[GP100_PARK_DEAD] = "dead",
	};

	return names[park];
}

bool gp100_chan_runnable(struct gp100 *g, const struct gp100_chan *ch)
{
	return ch->bound && ch->enabled && ch->listed &&
	       ch->park == GP100_PARK_NONE &&
	       !(g->fifo.blocked & 1u << ch->runlist);
}

void gp100_chan_park(struct gp100 *g, struct gp100_chan *ch,
		     enum gp100_park why)
{
	if (ch->park == GP100_PARK_ACQUIRE)
		g->fifo.acquiring--;
	ch->park = why;
	if (why == GP100_PARK_ACQUIRE)
		g->fifo.acquiring++;
	trace(chan, "%s: channel %u parked: %s", g->pci.name, ch->id,
	      gp100_park_name(why));
}

void gp100_chan_unpark(struct gp100 *g, struct gp100_chan *ch)
{
	gp100_chan_park(g, ch, GP100_PARK_NONE);
	gp100_fifo_kick(g, ch);
}

/* Forget what is loaded; the guest's memory is not touched. */
void gp100_chan_drop(struct gp100 *g, struct gp100_chan *ch)
{
	gp100_chan_park(g, ch, GP100_PARK_NONE);
	ch->epoch++;
	ch->loaded = false;
}

static uint8_t *chan_ramfc(struct gp100 *g, uint64_t inst)
{
	return gp100_vram_ptr(g, inst, RAMFC_SIZE);
}

void gp100_chan_save(struct gp100 *g, struct gp100_chan *ch)
{
	uint8_t *ramfc;

	if (!ch->loaded)
		return;
	ramfc = chan_ramfc(g, ch->inst);
	if (!ramfc)
		return;
	memcpy(ramfc + RAMFC_GP_GET, &ch->gp_get, 4);
	memcpy(ramfc + RAMFC_CLASSES, ch->classes, sizeof(ch->classes));
}

void gp100_chan_bind(struct gp100 *g, struct gp100_chan *ch, uint32_t val)
{
	gp100_chan_save(g, ch);
	gp100_chan_drop(g, ch);
	ch->inst_reg = val;
	ch->bound = val & INST_BOUND;
	ch->inst = (uint64_t)(val & 0x0fffffff) << 12;
	if (!ch->bound)
		ch->enabled = ch->listed = false;
	trace(chan, "%s: channel %u %s inst %" PRIx64, g->pci.name, ch->id,
	      ch->bound ? "bound" : "unbound", ch->inst);
}

static void chan_clear(struct gp100_chan *ch)
{
	ch->pb_dwords = 0;
	ch->mthd_left = 0;
	ch->sem_hi = ch->sem_lo = ch->sem_payload = ch->acquire = 0;
	memset(&ch->ce, 0, sizeof(ch->ce));
	memset(&ch->op, 0, sizeof(ch->op));
}

int gp100_chan_load(struct gp100 *g, struct gp100_chan *ch)
{
	const uint8_t *ramfc = chan_ramfc(g, ch->inst);
	uint32_t sig, hi;

	if (!ramfc || gp100_vmm_load(g, ch->inst, &ch->vmm))
		return -1;
	memcpy(&sig, ramfc + RAMFC_SIGNATURE, 4);
	if (sig != SIGNATURE)
		return -1;
	memcpy(&ch->userd, ramfc + RAMFC_USERD, 8);
	memcpy(&ch->gp_base, ramfc + RAMFC_GP_BASE, 8);
	hi = (uint32_t)(ch->gp_base >> 32);
	ch->gp_base &= 0xfffffffff8ull;		/* 40 bits */
	ch->gp_entries = 1u << (hi >> 16 & 31);
	memcpy(&ch->gp_get, ramfc + RAMFC_GP_GET, 4);
	ch->gp_get &= ch->gp_entries - 1;
	ch->userd &= ~0x1ffull;
	chan_clear(ch);
	memcpy(ch->classes, ramfc + RAMFC_CLASSES, sizeof(ch->classes));
	ch->loaded = true;
	trace(chan, "%s: channel %u loaded: userd %" PRIx64 " gpfifo %" PRIx64
	      " x %u, get %u, root %" PRIx64 "%s", g->pci.name, ch->id,
	      ch->userd, ch->gp_base, ch->gp_entries, ch->gp_get, ch->vmm.root,
	      ch->vmm.replay ? " replayable" : "");
	return 0;
}
