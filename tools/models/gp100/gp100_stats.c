// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters, and complaints about the guest. */
#include "gp100.h"

#include <stdarg.h>

#include "core/stats.h"
#include "core/trace.h"

#define STAT(member, name)	STAT_DESC(struct gp100_stats, member, name)

const struct stat_desc gp100_stat_table[] = {
	STAT(bar0_reads, "bar0.reads"),
	STAT(bar0_writes, "bar0.writes"),
	STAT(bar1_reads, "bar1.reads"),
	STAT(bar1_writes, "bar1.writes"),
	STAT(bar1_block_reads, "bar1.block_reads"),
	STAT(bar1_block_writes, "bar1.block_writes"),
	STAT(bar1_block_read_bytes, "bar1.peer_read_bytes"),
	STAT(bar1_block_write_bytes, "bar1.peer_write_bytes"),
	STAT(bar3_reads, "bar3.reads"),
	STAT(bar3_writes, "bar3.writes"),
	STAT(bar1_failed, "inject.bar1_failed"),
	STAT(bar_faults, "bar.faults"),
	STAT(bar_sysmem, "bar.sysmem"),
	STAT(tlb_hits, "tlb.hits"),
	STAT(tlb_misses, "tlb.misses"),
	STAT(tlb_evictions, "tlb.evictions"),
	STAT(tlb_invalidates, "tlb.invalidates"),
	STAT(tlb_invalidated_entries, "tlb.invalidated_entries"),
	STAT(faults_replayable, "fault.replayable"),
	STAT(faults_fatal, "fault.fatal"),
	STAT(fault_overflows, "fault.overflows"),
	STAT(fault_replays, "fault.replays"),
	STAT(fault_cancels, "fault.cancels"),
	STAT(doorbells, "fifo.doorbells"),
	STAT(gp_entries, "fifo.entries"),
	STAT(methods, "fifo.methods"),
	STAT(runlist_updates, "fifo.runlist_updates"),
	STAT(sem_acquires, "fifo.acquires"),
	STAT(sem_acquire_waits, "fifo.acquire_waits"),
	STAT(sem_releases, "fifo.releases"),
	STAT(nonstall_irqs, "fifo.nonstall"),
	STAT(pbdma_errors, "fifo.errors"),
	STAT(ce_launches, "ce.launches"),
	STAT(ce_launch_errors, "ce.launch_errors"),
	STAT(ce_bytes_vram_vram, "ce.bytes_vram_to_vram"),
	STAT(ce_bytes_vram_sys, "ce.bytes_vram_to_sys"),
	STAT(ce_bytes_sys_vram, "ce.bytes_sys_to_vram"),
	STAT(ce_bytes_sys_sys, "ce.bytes_sys_to_sys"),
	STAT(ce_bytes_fill, "ce.bytes_remap"),
	STAT(dma_errors, "dma.errors"),
	STAT(resets, "resets"),
	STAT(irqs, "irqs"),
	STAT(unknown_regs, "unknown.registers"),
	STAT(unknown_methods, "unknown.methods"),
	STAT(guest_errors, "guest_errors"),
	{ }
};

void gp100_gripe(struct gp100 *g, enum gp100_gripe cause, const char *fmt, ...)
{
	char msg[200];
	va_list ap;

	g->stats.guest_errors++;
	if (g->gripes & 1u << cause)
		return;
	g->gripes |= 1u << cause;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	trace_warn("%s: %s", g->pci.name, msg);
}
