/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_ETHRQ_H
#define CONNECTX_CX_ETHRQ_H

#include "connectx/cx_cmd.h"

/* A frame arrived; takes @pkt over. */
void cx_ethrq_frame(struct cx *cx, struct ib_pkt *pkt);

int cx_cmd_create_rq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_modify_rq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_rq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_rq(struct cx *cx, struct cx_cmd *cmd);

#endif
