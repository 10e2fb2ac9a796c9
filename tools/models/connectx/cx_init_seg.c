// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The initialization segment: firmware revision, command queue address and
 * doorbell, health.  Big-endian 32-bit registers.
 *
 * Source: include/linux/mlx5/device.h (order of the fields), core/main.c and
 * core/cmd.c (what is read and written when), core/health.c (the health
 * counter must move between polls, the rest of the buffer must be zero; a NIC
 * interface that is disabled under a running driver, as it is after a function
 * level reset, makes the driver recover the device).
 */
#include <endian.h>

#include "core/trace.h"
#include "connectx/cx_cmd.h"
#include "connectx/cx_init_seg.h"
#include "connectx/cx_inject.h"

TRACE_CATEGORY(init, "hca.init");

#define IS_FW_REV	0x0000
#define IS_CMDIF_REV	0x0004
#define IS_CMDQ_H	0x0010
#define IS_CMDQ_L	0x0014
#define IS_CMD_DBELL	0x0018
#define IS_TIMER_H	0x1000
#define IS_TIMER_L	0x1004
#define IS_HEALTH	0x1010

#define FW_MAJOR	28
#define FW_MINOR	43
#define FW_SUBMINOR	1002
#define CMDIF_REV	5

static uint32_t is_read32(struct cx *cx, uint32_t off)
{
	switch (off) {
	case IS_FW_REV:
		return FW_MINOR << 16 | FW_MAJOR;
	case IS_CMDIF_REV:
		return CMDIF_REV << 16 | FW_SUBMINOR;
	case IS_CMDQ_H:
		return cx->cmd.addr_h;
	case IS_CMDQ_L:
		return (uint32_t)cx->cmd.nic_state << 8 |
		       CX_CMD_LOG_SLOTS << 4 | CX_CMD_LOG_STRIDE;
	case IS_TIMER_H:
		return loop_now_ns() >> 32;
	case IS_TIMER_L:
		return (uint32_t)loop_now_ns();
	case IS_HEALTH:
		return (uint32_t)(cx_inject_health_ns(cx) / (100 * CX_MS));
	default:
		return 0;
	}
}

static void is_write32(struct cx *cx, uint32_t off, uint32_t val)
{
	switch (off) {
	case IS_CMDQ_H:
		cx->cmd.addr_h = val;
		break;
	case IS_CMDQ_L:
		cx->cmd.addr = (uint64_t)cx->cmd.addr_h << 32 |
			       (val & ~0xfffu);
		cx->cmd.nic_state = val >> 8 & 7;
		trace(init, "command queue at %#llx",
		      (unsigned long long)cx->cmd.addr);
		break;
	case IS_CMD_DBELL:
		cx_cmd_doorbell(cx, val);
		break;
	default:
		cx->stat.unknown_regs++;
		if (!cx->warned_bar)
			trace_warn("%s: write of %#x to BAR 0 %#x ignored",
				   cx->pci.name, val, off);
		cx->warned_bar = true;
	}
}

/* The bus is little-endian, the registers are not. */
uint64_t cx_init_seg_read(struct cx *cx, uint64_t off, unsigned int size)
{
	uint64_t val = htobe32(is_read32(cx, off & ~3ull));

	if (size == 8)
		return val | (uint64_t)htobe32(is_read32(cx, off + 4)) << 32;
	return val >> (off % 4 * 8) & (size == 4 ? UINT32_MAX :
				       (1ull << (size * 8)) - 1);
}

void cx_init_seg_write(struct cx *cx, uint64_t off, unsigned int size,
		       uint64_t val)
{
	if (size < 4) {
		cx->stat.unknown_regs++;
		return;
	}
	is_write32(cx, off, be32toh((uint32_t)val));
	if (size == 8)
		is_write32(cx, off + 4, be32toh((uint32_t)(val >> 32)));
}
