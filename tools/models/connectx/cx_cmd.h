/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_CMD_H
#define CONNECTX_CX_CMD_H

#include "connectx/cx.h"
#include "connectx/cx_ifc.h"

#define CX_CMD_LOG_SLOTS	5
#define CX_CMD_LOG_STRIDE	6
#define CX_NIC_DISABLED		1	/* until the driver sets a queue */
#define CX_CMD_MAX_IN		(1u << 20)
#define CX_CMD_MAX_OUT		(64u << 10)

/* Status of a command (first byte of its output). */
enum cx_status {
	CX_ST_OK = 0x00,
	CX_ST_INTERNAL = 0x01,
	CX_ST_BAD_OP = 0x02,
	CX_ST_BAD_PARAM = 0x03,
	CX_ST_BAD_SYS_STATE = 0x04,
	CX_ST_BAD_RES = 0x05,
	CX_ST_BUSY = 0x06,
	CX_ST_LIM = 0x08,
	CX_ST_BAD_RES_STATE = 0x09,
	CX_ST_BAD_INDEX = 0x0a,
	CX_ST_NO_RES = 0x0f,
	CX_ST_BAD_QP_STATE = 0x10,
	CX_ST_BAD_PKT = 0x30,
	CX_ST_BAD_SIZE_OUTS_CQES = 0x40,
	CX_ST_BAD_INP_LEN = 0x50,
	CX_ST_BAD_OUTP_LEN = 0x51,
};

struct cx_cmd {
	uint16_t opcode, op_mod;
	const uint8_t *in;
	uint32_t in_len;
	uint8_t *out;		/* zeroed, at least 8 KiB, whatever out_len */
	uint32_t out_len;
};

/*
 * @min_in and @min_out are checked before the handler runs; it returns a
 * cx_status and fills the output from byte 8 on.
 */
struct cx_cmd_desc {
	uint16_t opcode;
	uint16_t min_in, min_out;
	const char *name;
	int (*fn)(struct cx *cx, struct cx_cmd *cmd);
};

/* cx_cmd_table.c */
const struct cx_cmd_desc *cx_cmd_find(uint16_t opcode);

/* cx_cmd.c */
void cx_cmd_doorbell(struct cx *cx, uint32_t slots);	/* any context */
void cx_cmd_work(struct loop_work *work);
void cx_cmd_reset(struct cx *cx);

#endif
