/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_SRQ_H
#define CONNECTX_CX_SRQ_H

#include "connectx/cx_cmd.h"
#include "connectx/cx_rq.h"

enum cx_recv_result cx_srq_take(struct cx *cx, struct cx_qp *qp,
				uint32_t srqn, struct cx_recv *recv);

int cx_cmd_create_rmp(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_modify_rmp(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_rmp(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_rmp(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_create_xrc_srq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_xrc_srq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_xrc_srq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_arm_srq(struct cx *cx, struct cx_cmd *cmd);

#endif
