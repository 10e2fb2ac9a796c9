/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_RESP_H
#define CONNECTX_CX_RESP_H

#include "connectx/cx.h"

void cx_resp_init(struct cx_qp *qp);
/* A request arrived; takes @pkt over. */
void cx_resp_request(struct cx_qp *qp, struct ib_pkt *pkt);
void cx_resp_reset(struct cx_qp *qp);	/* as created */
void cx_resp_abort(struct cx_qp *qp);	/* drops what is held */

#endif
