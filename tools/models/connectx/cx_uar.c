// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UAR pages: doorbells of completion, event and send queues.
 *
 *	0x020	CQ: sn, command and consumer index, then the CQ number
 *	0x040	EQ: number and consumer index, and arm it
 *	0x048	EQ: the same, not armed
 *	0x800+	SQ: first 8 bytes of the WQE; the QP number is in the second
 *		word.  What follows is BlueFlame data, which is not used: WQEs
 *		are read from the queue.
 *
 * A doorbell counts only on the UAR page its queue was created with.
 *
 * Source: include/linux/mlx5/{cq,doorbell,device}.h, core/eq.c (eq_update_ci)
 * and drivers/infiniband/hw/mlx5/wr.c (which bytes are written).
 */
#include <endian.h>

#include "core/trace.h"
#include "connectx/cx_cq.h"
#include "connectx/cx_eq.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_uar.h"

TRACE_CATEGORY(db, "hca.db");

#define UAR_CQ		0x020
#define UAR_EQ_ARM	0x040
#define UAR_EQ		0x048
#define UAR_SQ		0x800

static void uar_unknown(struct cx *cx, uint64_t off)
{
	cx->stat.unknown_bar++;
	trace(db, "%s: BAR 0 %#llx: not a doorbell", cx->pci.name,
	      (unsigned long long)off);
}

static void uar_write32(struct cx *cx, uint64_t off, uint32_t val)
{
	uint32_t uar = off >> 12, reg = off & 0xfff;

	if (reg == UAR_CQ || (reg >= UAR_SQ && (reg & 0xff) == 0))
		cx->uar_high = val;
	else if (reg == UAR_CQ + 4)
		cx_cq_doorbell(cx, uar, cx->uar_high, val);
	else if (reg == UAR_EQ_ARM || reg == UAR_EQ)
		cx_eq_doorbell(cx, uar, val >> 24, val & 0xffffff,
			       reg == UAR_EQ_ARM);
	else if (reg >= UAR_SQ && (reg & 0xff) == 4)
		cx_qp_doorbell(cx, uar, val >> 8);
	else if (reg < UAR_SQ)
		uar_unknown(cx, off);
}

void cx_uar_write(struct cx *cx, uint64_t off, unsigned int size, uint64_t val)
{
	if (size < 4) {
		uar_unknown(cx, off);
		return;
	}
	uar_write32(cx, off, be32toh((uint32_t)val));
	if (size == 8)
		uar_write32(cx, off + 4, be32toh((uint32_t)(val >> 32)));
}
