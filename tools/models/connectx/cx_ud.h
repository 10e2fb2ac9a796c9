/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_UD_H
#define CONNECTX_CX_UD_H

#include "connectx/cx.h"

/* Fills in where @pkt goes.  False if the address makes no sense. */
bool cx_ud_address(struct cx_qp *qp, const struct cx_wqe *wqe,
		   struct ib_pkt *pkt);
/* May @qp receive @pkt (Q_Key)? */
bool cx_ud_accept(const struct cx_qp *qp, const struct ib_pkt *pkt);

#endif
