/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_REQ_H
#define CONNECTX_CX_REQ_H

#include "connectx/cx.h"

/* Sends the segment at sq.nxt.  False if it has to wait. */
bool cx_req_send(struct cx_qp *qp);

/* An acknowledgement or response came in; takes @pkt over. */
void cx_req_response(struct cx_qp *qp, struct ib_pkt *pkt);

/* Holds the send queue up for a while. */
void cx_req_wait(struct cx_qp *qp, enum cx_wait wait, uint64_t ns);

/* ACK timeout, and the end of a wait. */
void cx_req_timer(struct loop_timer *timer);

/* Drops partial segments, held responses and page faults. */
void cx_req_abort(struct cx_qp *qp);

#endif
