/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_SQ_H
#define CONNECTX_CX_SQ_H

#include "connectx/cx.h"
#include "connectx/cx_rq.h"

void cx_sq_init(struct cx_qp *qp);
void cx_sq_start(struct cx_qp *qp, uint32_t psn);	/* RTR -> RTS */
void cx_sq_reset(struct cx_qp *qp);	/* empty, as created */
void cx_sq_abort(struct cx_qp *qp);	/* stop the transport, keep WQEs */
bool cx_sq_flush(struct cx_qp *qp);	/* true if something may be left */
void cx_qp_flush(struct cx_qp *qp);	/* in cx_qp.c */
void cx_sq_kick(struct cx_qp *qp);

/* The ring of WQEs being executed; @i 0 is the oldest. */
struct cx_inflight *cx_sq_at(struct cx_qp *qp, unsigned int i);
struct cx_inflight *cx_sq_by_psn(struct cx_qp *qp, uint32_t psn);

/* Completes the oldest WQE.  A syndrome takes the QP to error. */
void cx_sq_complete(struct cx_qp *qp, uint8_t syndrome);

#endif
