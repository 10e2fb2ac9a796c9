/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_ETHSQ_H
#define CONNECTX_CX_ETHSQ_H

#include "connectx/cx_cmd.h"

/* Numbers of Ethernet send queues begin here, those of QPs end before. */
#define CX_FIRST_ETHSQ	(1u << CX_LOG_MAX_QP)

void cx_ethsq_doorbell(struct cx *cx, uint32_t uar, uint32_t num);
/* Their work away, before a reset. */
void cx_ethsq_quiesce_all(struct cx *cx);

int cx_cmd_create_sq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_modify_sq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_sq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_sq(struct cx *cx, struct cx_cmd *cmd);

#endif
