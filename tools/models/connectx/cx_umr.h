/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_UMR_H
#define CONNECTX_CX_UMR_H

#include "connectx/cx.h"

/*
 * Executes a UMR WQE (opcode 0x25) of @qp.  Returns a syndrome for its
 * completion, CX_SYN_NONE if it succeeded.
 */
enum cx_syndrome cx_umr_execute(struct cx *cx, struct cx_qp *qp,
				const struct cx_wqe *wqe);
/* Executes a local invalidate: the key becomes free. */
enum cx_syndrome cx_umr_local_inv(struct cx *cx, struct cx_qp *qp,
				  uint32_t key);

#endif
