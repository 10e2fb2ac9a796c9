/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_WQE_H
#define CONNECTX_CX_WQE_H

#include "connectx/cx.h"

#define CX_WQEBB	64u

enum cx_opcode {
	CX_OP_NOP = 0x00,
	CX_OP_SEND_INV = 0x01,
	CX_OP_WRITE = 0x08,
	CX_OP_WRITE_IMM = 0x09,
	CX_OP_SEND = 0x0a,
	CX_OP_SEND_IMM = 0x0b,
	CX_OP_READ = 0x10,
	CX_OP_CAS = 0x11,
	CX_OP_FAA = 0x12,
	CX_OP_LOCAL_INV = 0x1b,
	CX_OP_UMR = 0x25,
};

static inline bool cx_op_is_local(uint8_t opcode)
{
	return opcode == CX_OP_NOP || opcode == CX_OP_UMR ||
	       opcode == CX_OP_LOCAL_INV;
}

/* Answered with data: not acknowledged by what comes later. */
static inline bool cx_op_is_read(uint8_t opcode)
{
	return opcode == CX_OP_READ || opcode == CX_OP_CAS ||
	       opcode == CX_OP_FAA;
}

/* Only how many blocks the WQE at @index has (at least 1); -errno. */
int cx_wqe_blocks(struct cx *cx, const struct cx_qp *qp, uint16_t index);

/*
 * Reads and decodes the send WQE at block @index.  0, -errno of the DMA, or a
 * positive cx_syndrome if the WQE makes no sense (wqe->bbs is valid then).
 */
int cx_wqe_decode(struct cx *cx, const struct cx_qp *qp, uint16_t index,
		  struct cx_wqe *wqe);

#endif
