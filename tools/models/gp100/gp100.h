/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Software model of a Tesla P100 (GP100), as far as the nouveau driver of
 * Linux 7.3 uses one for copies and shared virtual memory.
 *
 * This header holds the state of one GPU and the functions its blocks offer
 * each other.  Each block is a file gp100_*.c, which also names the source of
 * its facts and brings its own table of BAR0 registers.
 */
#ifndef GP100_GP100_H
#define GP100_GP100_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/loop.h"
#include "core/model.h"
#include "pci/pci_dev.h"

#define GP100_BAR0_SIZE		(16u << 20)
#define GP100_VBIOS_SIZE	8192
#define GP100_MAX_CHANNELS	4096
#define GP100_NUM_RUNLISTS	3
#define GP100_NUM_PBDMAS	3
#define GP100_NUM_CES		2
#define GP100_NUM_UNITS		32	/* MMU fault units */
#define GP100_PAGE_SIZE		4096u

struct gp100;
struct gp100_chan;

/* ---- gp100_stats.c ---- */
struct gp100_stats {
	uint64_t bar0_reads, bar0_writes;
	uint64_t bar1_reads, bar1_writes, bar3_reads, bar3_writes;
	uint64_t bar1_block_reads, bar1_block_writes;
	uint64_t bar1_block_read_bytes, bar1_block_write_bytes;
	uint64_t bar1_failed, bar_faults, bar_sysmem;
	uint64_t tlb_hits, tlb_misses, tlb_evictions;
	uint64_t tlb_invalidates, tlb_invalidated_entries;
	uint64_t faults_replayable, faults_fatal, fault_overflows;
	uint64_t fault_replays, fault_cancels;
	uint64_t doorbells, gp_entries, methods, runlist_updates;
	uint64_t sem_acquires, sem_acquire_waits, sem_releases;
	uint64_t nonstall_irqs, pbdma_errors;
	uint64_t ce_launches, ce_launch_errors;
	uint64_t ce_bytes_vram_vram, ce_bytes_vram_sys;
	uint64_t ce_bytes_sys_vram, ce_bytes_sys_sys, ce_bytes_fill;
	uint64_t dma_errors, resets, irqs;
	uint64_t unknown_regs, unknown_methods, guest_errors;
};

extern const struct stat_desc gp100_stat_table[];

/* Why something the guest did was refused; each is explained once. */
enum gp100_gripe {
	GP100_GRIPE_VRAM_RANGE,
	GP100_GRIPE_BAR_SYSMEM,
	GP100_GRIPE_BAR_FAULT,
	GP100_GRIPE_RUNLIST,
	GP100_GRIPE_CHANNEL,
	GP100_GRIPE_PUSHBUF,
	GP100_GRIPE_CLASS,
	GP100_GRIPE_METHOD,
	GP100_GRIPE_LAUNCH,
	GP100_GRIPE_DMA,
	GP100_GRIPE_INVALIDATE,
	GP100_GRIPE_FAULT_BUFFER,
	GP100_NUM_GRIPES,
};

/* Count a guest error and, the first time for this cause, say so. */
void gp100_gripe(struct gp100 *g, enum gp100_gripe cause, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- gp100_reg.c: BAR0 ---- */
struct gp100_reg {
	uint32_t offset;
	uint32_t count;			/* 0: one */
	uint32_t stride;
	const char *name;
	uint32_t reset;			/* power-on value */
	bool ro;			/* writes have no effect */
	/* NULL: the stored value */
	uint32_t (*read)(struct gp100 *g, unsigned int i, uint32_t stored);
	/* NULL: stores the value */
	void (*write)(struct gp100 *g, unsigned int i, uint32_t *stored,
		      uint32_t val);
};

struct gp100_reg_slot {
	uint32_t offset;
	const struct gp100_reg *reg;
	unsigned int index;
};

struct gp100_regs {
	struct gp100_reg_slot *slots;	/* sorted by offset */
	uint32_t *values;		/* one per slot */
	size_t count;
	uint8_t *unknown_seen;		/* bit per dword of BAR0 */
	unsigned int unknown_logged;
};

extern const struct pci_bar_ops gp100_bar0_ops;
int gp100_reg_init(struct gp100 *g);
void gp100_reg_reset(struct gp100 *g);
void gp100_reg_destroy(struct gp100 *g);
/* What a plain register holds; 0 if there is none. */
uint32_t gp100_reg_stored(struct gp100 *g, uint32_t off);

/* Tables of the blocks, each ended by an entry without a name. */
extern const struct gp100_reg gp100_pmc_regs[];
extern const struct gp100_reg gp100_timer_regs[];
extern const struct gp100_reg gp100_top_regs[];
extern const struct gp100_reg gp100_bar_regs[];
extern const struct gp100_reg gp100_tlb_regs[];
extern const struct gp100_reg gp100_fifo_regs[];
extern const struct gp100_reg gp100_pbdma_regs[];
extern const struct gp100_reg gp100_ce_regs[];
extern const struct gp100_reg gp100_fault_regs[];

/* ---- gp100_pmc.c: interrupt tree ---- */
struct gp100_pmc {
	uint32_t enable[2];
	uint32_t asserted[2];		/* pending & enable, as of last look */
	bool fault_latched;
};

void gp100_pmc_reset(struct gp100 *g);
/* Some interrupt source changed: tell the guest what became pending. */
void gp100_pmc_update(struct gp100 *g);

/* ---- gp100_timer.c ---- */
struct gp100_timer {
	int64_t offset_ns;		/* GPU time - monotonic time */
	uint32_t latch_hi;
	bool alarm_pending, alarm_enabled;
	uint32_t alarm;
	struct loop_timer timer;
};

void gp100_timer_init(struct gp100 *g);
void gp100_timer_reset(struct gp100 *g);
uint64_t gp100_timer_now(struct gp100 *g);
bool gp100_timer_pending(struct gp100 *g);

/* ---- gp100_vbios.c, gp100_fw.c ---- */
void gp100_vbios_make(uint8_t *rom, uint16_t device_id);
/* The files nouveau wants in /lib/firmware/nvidia/gp100.  0 or -errno. */
int gp100_fw_write(const char *dir);

/* ---- gp100_vram.c ---- */
struct gp100_vram {
	uint8_t *mem;
	uint64_t size;
};

int gp100_vram_init(struct gp100 *g, uint64_t size);
void gp100_vram_reset(struct gp100 *g);
void gp100_vram_destroy(struct gp100 *g);
/* NULL if any of @len bytes at @addr is not there. */
void *gp100_vram_ptr(struct gp100 *g, uint64_t addr, uint64_t len);
uint32_t gp100_pramin_read(struct gp100 *g, uint32_t off);
void gp100_pramin_write(struct gp100 *g, uint32_t off, uint32_t val);

/* ---- gp100_mmu.c: page tables ---- */
enum gp100_aper {
	GP100_APER_VRAM = 0,
	GP100_APER_PEER = 1,
	GP100_APER_SYS_COH = 2,
	GP100_APER_SYS_NCOH = 3,
};

/*
 * Result of a translation: 0, or bit 8 set and the reason code of the fault
 * in the low bits, or GP100_XLAT_RESET.
 */
#define GP100_FAULT(reason)		(0x100 | (reason))
#define GP100_FAULT_PDE			GP100_FAULT(0x00)
#define GP100_FAULT_PTE			GP100_FAULT(0x02)
#define GP100_FAULT_LIMIT		GP100_FAULT(0x03)
#define GP100_FAULT_RO			GP100_FAULT(0x06)
#define GP100_FAULT_APERTURE		GP100_FAULT(0x0a)
#define GP100_FAULT_REGION		GP100_FAULT(0x0d)
#define GP100_FAULT_REASON(fault)	((fault) & 0x1f)
#define GP100_XLAT_RESET		0x200	/* the device was reset */

#define GP100_VA_BITS		49
#define GP100_VA_MASK		((1ull << GP100_VA_BITS) - 1)

struct gp100_vmm {
	bool valid;
	bool replay;			/* faults are replayable */
	enum gp100_aper aper;		/* where the root table is */
	uint64_t root;
	uint64_t limit;			/* last valid address */
};

struct gp100_xlat {
	uint64_t addr;			/* of the byte asked for */
	enum gp100_aper aper;
	uint8_t shift;			/* page size */
	uint8_t kind;
	bool ro, sparse, priv, no_atomic;
};

/* The address space of the instance block at @inst (VRAM). */
int gp100_vmm_load(struct gp100 *g, uint64_t inst, struct gp100_vmm *vmm);
/*
 * Walk the tables for @va.  @work: in work context, so tables in system
 * memory can be read.
 */
int gp100_mmu_walk(struct gp100 *g, const struct gp100_vmm *vmm, uint64_t va,
		   bool work, struct gp100_xlat *x);

/* ---- gp100_tlb.c ---- */
struct gp100_tlb_entry {
	uint64_t root;			/* with the aperture in bits 1:0 */
	uint64_t vpn;
	struct gp100_xlat page;		/* .addr: of the page's start */
	uint32_t next;			/* in the bucket or free list; 0: end */
	bool used;
};

struct gp100_tlb {
	struct gp100_tlb_entry *entries;	/* index 0 is not used */
	uint32_t *buckets;
	uint32_t hand;			/* next victim */
	uint32_t free;			/* list of unused entries */
	uint32_t high;			/* none is used above this */
	uint32_t per_shift[3];		/* number of 4K, 64K, 2M entries */
	bool off;			/* injected: walk every time */
};

int gp100_tlb_init(struct gp100 *g);
void gp100_tlb_destroy(struct gp100 *g);
void gp100_tlb_reset(struct gp100 *g);
/* gp100_mmu_walk() through the cache; checks @write against the page. */
int gp100_tlb_translate(struct gp100 *g, const struct gp100_vmm *vmm,
			uint64_t va, bool write, bool work,
			struct gp100_xlat *x);

/* ---- gp100_bar.c ---- */
enum gp100_bar_id { GP100_BAR1, GP100_BAR3, GP100_NUM_BARS };

struct gp100_bar {
	uint32_t bind;			/* register value */
	struct gp100_vmm vmm;		/* valid: translated */
};

extern const struct pci_bar_ops gp100_bar1_ops, gp100_bar3_ops;
void gp100_bar_reset(struct gp100 *g);
int gp100_bar_translate(struct gp100 *g, enum gp100_bar_id id, uint64_t off,
			bool write, struct gp100_xlat *x);

/* ---- gp100_mem.c: GPU memory accesses in work context ---- */
/*
 * 0; -ERANGE: VRAM that is not there; -ECANCELED: the device was reset.
 * System memory that does not answer reads as ones and ignores writes.
 */
int gp100_mem_read(struct gp100 *g, enum gp100_aper aper, uint64_t addr,
		   void *buf, size_t len);
int gp100_mem_write(struct gp100 *g, enum gp100_aper aper, uint64_t addr,
		    const void *buf, size_t len);
/* At a virtual address, page by page.  0 or as gp100_tlb_translate(). */
int gp100_mem_vread(struct gp100 *g, const struct gp100_vmm *vmm, uint64_t va,
		    void *buf, size_t len, uint64_t *fault_va);
int gp100_mem_vwrite(struct gp100 *g, const struct gp100_vmm *vmm, uint64_t va,
		     const void *buf, size_t len, uint64_t *fault_va);
/*
 * A semaphore: @payload, with @stamp also zero and the time behind it; the
 * payload becomes visible last.
 */
int gp100_mem_vrelease(struct gp100 *g, const struct gp100_vmm *vmm,
		       uint64_t va, uint32_t payload, bool stamp,
		       uint64_t *fault_va);

/* ---- gp100_ce.c: copy engine ---- */
struct gp100_ce_regs {
	uint32_t sem_hi, sem_lo, sem_payload;
	uint32_t src_phys, dst_phys;
	uint32_t in_hi, in_lo, out_hi, out_lo, pitch_in, pitch_out;
	uint32_t line_length, line_count;
	uint32_t const_a, const_b, remap;
};

/* Sizes in the remap register: of a component, of elements in components */
#define GP100_REMAP_SIZE(r)	(((r) >> 16 & 3) + 1)
#define GP100_REMAP_NUM_SRC(r)	(((r) >> 20 & 3) + 1)
#define GP100_REMAP_NUM_DST(r)	(((r) >> 24 & 3) + 1)

/* One side of a copy. */
struct gp100_ce_side {
	uint64_t base;
	int64_t pitch;
	bool phys;
	enum gp100_aper aper;		/* of a physical address */
};

struct gp100_ce_op {
	bool active, remap, copied;
	uint32_t launch;
	struct gp100_ce_side src, dst;
	uint64_t src_len, dst_len;	/* of a line, in bytes */
	uint64_t lines, line;
	uint64_t pos;			/* in the line: bytes or elements */
	uint64_t elements;		/* of a line, with remap */
};

struct gp100_ce_irq {
	uint32_t enable, pending, error;
};

/* ---- gp100_fifo.c, gp100_chan.c ---- */
enum gp100_park {
	GP100_PARK_NONE,
	GP100_PARK_ACQUIRE,		/* semaphore not there yet */
	GP100_PARK_FAULT,		/* replayable fault */
	GP100_PARK_PBDMA,		/* error, until the driver clears it */
	GP100_PARK_DEAD,		/* fatal fault, until unbound */
};

struct gp100_fault_info {
	uint64_t va;
	uint8_t unit, client, reason, access;
	bool unreported;		/* fatal one waits for its register */
};

struct gp100_chan {
	uint16_t id;
	uint8_t runlist;
	bool bound, enabled, listed;
	bool loaded;			/* the fields below are valid */
	uint32_t inst_reg, ctrl;
	uint64_t inst;
	uint32_t epoch;			/* changes when the state is dropped */
	enum gp100_park park;
	struct gp100_fault_info fault;

	struct gp100_vmm vmm;
	uint64_t userd;
	uint64_t gp_base;
	uint32_t gp_entries, gp_get;

	/* the push buffer segment being read */
	uint64_t pb_addr;
	uint32_t pb_dwords;
	/* the method header being worked off */
	uint16_t mthd;			/* byte offset */
	uint8_t subc;
	uint8_t step;			/* added to mthd; 0xff: once */
	uint16_t mthd_left;

	uint16_t classes[8];
	uint32_t sem_hi, sem_lo, sem_payload;
	uint32_t acquire;		/* operation still to be satisfied */
	struct gp100_ce_regs ce;
	struct gp100_ce_op op;
};

struct gp100_runlist {
	uint32_t base;
};

struct gp100_fifo {
	struct gp100_chan *chans;
	uint32_t num_chans;
	uint32_t intr, intr_enable;	/* latched bits only */
	uint32_t runlist_intr;
	uint32_t blocked;		/* bit per runlist */
	uint32_t userd_poll;
	uint64_t *ready;		/* bit per channel */
	uint32_t next;			/* where the scheduler goes on */
	uint32_t acquiring;		/* number of channels */
	bool hang;			/* injected: nothing runs */
	struct loop_work work;
	struct loop_timer acquire_timer;
};

int gp100_fifo_init(struct gp100 *g);
void gp100_fifo_destroy(struct gp100 *g);
void gp100_fifo_reset(struct gp100 *g);
bool gp100_fifo_irq(struct gp100 *g);
/* BAR1 was written at @off: is it a doorbell? */
void gp100_fifo_bar1_written(struct gp100 *g, uint64_t off, uint64_t len);
/* There may be something to do for @ch. */
void gp100_fifo_kick(struct gp100 *g, struct gp100_chan *ch);
void gp100_fifo_kick_all(struct gp100 *g);
void gp100_fifo_kick_acquiring(struct gp100 *g);
void gp100_fifo_set_nonstall(struct gp100 *g);

bool gp100_chan_runnable(struct gp100 *g, const struct gp100_chan *ch);
void gp100_chan_drop(struct gp100 *g, struct gp100_chan *ch);
void gp100_chan_bind(struct gp100 *g, struct gp100_chan *ch, uint32_t val);
int gp100_chan_load(struct gp100 *g, struct gp100_chan *ch);
void gp100_chan_save(struct gp100 *g, struct gp100_chan *ch);
void gp100_chan_park(struct gp100 *g, struct gp100_chan *ch,
		     enum gp100_park why);
void gp100_chan_unpark(struct gp100 *g, struct gp100_chan *ch);
const char *gp100_park_name(enum gp100_park park);

/*
 * One turn of a channel.  Whatever may wait (DMA) may find @epoch changed
 * afterwards: then nothing of the channel may be touched any more.
 */
struct gp100_turn {
	struct gp100 *g;
	struct gp100_chan *ch;
	uint32_t epoch;
	uint64_t deadline_ns;
};

static inline bool gp100_turn_stale(const struct gp100_turn *t)
{
	return t->ch->epoch != t->epoch;
}

static inline bool gp100_turn_over(const struct gp100_turn *t)
{
	return loop_now_ns() >= t->deadline_ns;
}

enum gp100_step {
	GP100_STEP_DONE,		/* go on with the next thing */
	GP100_STEP_AGAIN,		/* time is up, not finished */
	GP100_STEP_STOP,		/* idle, parked or stale */
};

/* ---- gp100_pbdma.c, gp100_host.c ---- */
struct gp100_pbdma {
	uint32_t intr, intr_enable, hce_intr, hce_enable;
	uint32_t mthd, data, chid;	/* of the error */
};

void gp100_pbdma_reset(struct gp100 *g);
uint32_t gp100_pbdma_pending(struct gp100 *g);	/* bit per PBDMA */
enum gp100_step gp100_pbdma_run(struct gp100_turn *t);
void gp100_pbdma_error(struct gp100_turn *t, uint32_t bit, uint32_t mthd,
		       uint32_t data);
/* A host access faulted.  These are never replayable. */
enum gp100_step gp100_pbdma_fault(struct gp100_turn *t, int fault, uint64_t va,
				  bool write);
/* A method below 0x100. */
enum gp100_step gp100_host_method(struct gp100_turn *t, uint32_t mthd,
				  uint32_t data);

void gp100_ce_reset(struct gp100 *g);
bool gp100_ce_irq(struct gp100 *g, unsigned int ce);
enum gp100_step gp100_ce_method(struct gp100_turn *t, uint32_t mthd,
				uint32_t data);
/* Go on with the operation of t->ch. */
enum gp100_step gp100_ce_run(struct gp100_turn *t);
/* gp100_top.c: the copy engine behind a runlist; CE0 also serves GR's */
unsigned int gp100_ce_of_runlist(unsigned int runlist);

/* gp100_ce_copy.c: move the data; each call a bounded amount */
enum gp100_step gp100_ce_copy(struct gp100_turn *t);
enum gp100_step gp100_ce_remap(struct gp100_turn *t);
enum gp100_step gp100_ce_fault(struct gp100_turn *t, int fault, uint64_t va,
			       bool write);

/* ---- gp100_fault.c ---- */
#define GP100_UNIT_BAR1		0x04
#define GP100_UNIT_BAR2		0x05
#define GP100_UNIT_HOST0	0x06
#define GP100_UNIT_CE0		0x15
#define GP100_CLIENT_CE0	0x01
#define GP100_CLIENT_HOST	0x06
#define GP100_CLIENT_HOST_CPU	0x07
#define GP100_ACCESS_READ	0
#define GP100_ACCESS_WRITE	1
#define GP100_ACCESS_ATOMIC	2

struct gp100_fault {
	uint32_t lo, hi, get, put;	/* replayable fault buffer */
	uint32_t unit_mask;		/* fatal faults pending */
	struct {
		uint32_t inst, va_lo, va_hi, info;
	} unit[GP100_NUM_UNITS];
	uint32_t fecs_data, fecs_status, fecs_ctx;
	uint16_t fecs_chan;		/* whose turn it is to be "current" */
};

void gp100_fault_reset(struct gp100 *g);
/* An access of @ch faulted; parks it. */
void gp100_fault_chan(struct gp100 *g, struct gp100_chan *ch,
		      const struct gp100_fault_info *info);
void gp100_fault_bar(struct gp100 *g, unsigned int unit, uint64_t inst,
		     uint64_t va, int fault, bool write);
void gp100_fault_replay(struct gp100 *g);
void gp100_fault_cancel(struct gp100 *g, bool targeted, bool hub,
			unsigned int gpc, unsigned int client);

/* ---- gp100_ctl.c ---- */
extern const char *const gp100_ctl_help[];
int gp100_ctl(struct pci_dev *dev, int argc, char **argv, FILE *out);

struct gp100_inject {
	uint64_t bar1_fail;		/* next block accesses fail */
	uint64_t ce_fault;		/* next CE translations fault */
	uint64_t fault_atomic;		/* next faults come with an atomic one */
};

/* ---- gp100.c ---- */
struct gp100 {
	struct pci_dev pci;
	struct loop *loop;
	uint32_t generation;		/* number of resets */
	uint32_t gripes;		/* bit per enum gp100_gripe */
	uint8_t rom[GP100_VBIOS_SIZE];
	struct gp100_stats stats;
	struct gp100_vram vram;
	struct gp100_regs regs;
	struct gp100_pmc pmc;
	struct gp100_timer timer;
	struct gp100_tlb tlb;
	struct gp100_bar bar[GP100_NUM_BARS];
	struct gp100_fifo fifo;
	struct gp100_pbdma pbdma[GP100_NUM_PBDMAS];
	struct gp100_ce_irq ce[GP100_NUM_CES];
	struct gp100_fault fault;
	struct gp100_inject inject;
};

static inline struct gp100 *gp100_of(struct pci_dev *dev)
{
	return pci_container_of(dev, struct gp100, pci);
}

static inline uint64_t gp100_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
