/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_ROCE_H
#define CONNECTX_CX_ROCE_H

#include "connectx/cx_cmd.h"

/* Addresses of what a QP sends.  Without a source address it gets lost. */
void cx_roce_connected(const struct cx_qp *qp, struct ib_pkt *pkt);
void cx_roce_datagram(const struct cx_qp *qp, const struct cx_wqe *wqe,
		      struct ib_pkt *pkt);

/* Is @pkt for an address of this port, and from the peer of @qp? */
bool cx_roce_accept(const struct cx_qp *qp, const struct ib_pkt *pkt);

/* The 40 bytes before a received datagram. */
void cx_roce_grh(const struct ib_pkt *pkt, uint8_t grh[40]);

int cx_cmd_set_roce_address(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_roce_address(struct cx *cx, struct cx_cmd *cmd);

#endif
