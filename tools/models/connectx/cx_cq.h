/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_CQ_H
#define CONNECTX_CX_CQ_H

#include "connectx/cx_cmd.h"

enum cx_cqe_opcode {
	CX_CQE_REQ = 0,
	CX_CQE_RESP_WR_IMM = 1,
	CX_CQE_RESP_SEND = 2,
	CX_CQE_RESP_SEND_IMM = 3,
	CX_CQE_RESP_SEND_INV = 4,
	CX_CQE_RESIZE = 5,
	CX_CQE_REQ_ERR = 13,
	CX_CQE_RESP_ERR = 14,
};

struct cx_cqe {
	uint8_t opcode, syndrome, vendor_syndrome;
	bool solicited;
	uint32_t user_index;		/* or SRQ number */
	uint32_t imm, byte_count;
	uint32_t qpn;
	uint8_t wqe_opcode;
	uint16_t wqe_counter;
	uint16_t slid;			/* datagrams */
	uint32_t flags_rqpn;
	bool eth;			/* a frame: what follows counts */
	uint8_t csum_ok, hdr_type;
	uint16_t check_sum, vlan;
};

/* False if the CQ is gone, in error or overrun. */
bool cx_cq_post(struct cx *cx, uint32_t cqn, const struct cx_cqe *cqe);
/* The same behind what cx_inject.c does to completions. */
bool cx_cq_write(struct cx *cx, uint32_t cqn, const struct cx_cqe *cqe);

/* Any context: arming only queues work. */
void cx_cq_doorbell(struct cx *cx, uint32_t uar, uint32_t high, uint32_t cqn);
void cx_cq_arm_work(struct loop_work *work);

int cx_cmd_create_cq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_cq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_cq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_modify_cq(struct cx *cx, struct cx_cmd *cmd);

#endif
