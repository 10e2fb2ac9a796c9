/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_QP_H
#define CONNECTX_CX_QP_H

#include "connectx/cx_cmd.h"

static inline struct cx_qp *cx_qp_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_qp *)cx_tbl_get(&cx->qps, num);
}

static inline bool cx_qp_reliable(const struct cx_qp *qp)
{
	return qp->st == CX_ST_RC || qp->st == CX_ST_XRC;
}

static inline bool cx_qp_datagram(const struct cx_qp *qp)
{
	return qp->st == CX_ST_UD || qp->st == CX_ST_QP0 ||
	       qp->st == CX_ST_QP1;
}

/* 24-bit sequence numbers */
static inline uint32_t cx_psn_add(uint32_t psn, uint32_t n)
{
	return (psn + n) & 0xffffff;
}

static inline int32_t cx_psn_diff(uint32_t a, uint32_t b)
{
	return (int32_t)((a - b) << 8) >> 8;
}

/* To the error state: queues are flushed from work context. */
void cx_qp_error(struct cx_qp *qp);
/* Same, and an asynchronous event says why (CX_EVENT_WQ_*). */
void cx_qp_error_event(struct cx_qp *qp, uint8_t event);

/* All its work, timers and packets away; reset does not come through here. */
void cx_qp_quiesce_all(struct cx *cx);

/* Addresses a packet to the peer of a connected QP. */
void cx_qp_address(const struct cx_qp *qp, struct ib_pkt *pkt);

void cx_qp_doorbell(struct cx *cx, uint32_t uar, uint32_t qpn);

int cx_cmd_create_qp(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_qp(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_modify_qp(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_qp(struct cx *cx, struct cx_cmd *cmd);

#endif
