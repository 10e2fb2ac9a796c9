/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_RQ_H
#define CONNECTX_CX_RQ_H

#include "connectx/cx.h"
#include "connectx/cx_cq.h"

enum cx_recv_result {
	CX_RECV_OK,
	CX_RECV_EMPTY,		/* nothing posted: RNR */
	CX_RECV_BROKEN,		/* queue or WQE is unusable */
	CX_RECV_RESET,
};

/* Takes the next receive WQE of @qp (or of SRQ @srqn for XRC). */
enum cx_recv_result cx_rq_take(struct cx *cx, struct cx_qp *qp,
			       uint32_t srqn, struct cx_recv *recv);

/* Posts the completion of @recv; @cqe has opcode, lengths, immediate. */
bool cx_rq_complete(struct cx *cx, struct cx_qp *qp, struct cx_recv *recv,
		    struct cx_cqe *cqe);

/* Completes posted WQEs of a QP in error.  True if some may be left. */
bool cx_rq_flush(struct cx *cx, struct cx_qp *qp);

/* Decodes a list of data segments; false if a segment is absurd. */
bool cx_rq_decode_sges(const uint8_t *seg, uint32_t bytes,
		       struct cx_recv *recv);

#endif
