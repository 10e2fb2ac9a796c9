/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_PORT_H
#define CONNECTX_CX_PORT_H

#include "connectx/cx_cmd.h"

#define CX_PORT_MTU	4096u

void cx_port_gid(const struct cx *cx, unsigned int index, uint8_t gid[16]);

int cx_cmd_query_hca_vport_context(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_hca_vport_gid(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_hca_vport_pkey(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_vport_counter(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_vport_state(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_adapter(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_access_reg(struct cx *cx, struct cx_cmd *cmd);

#endif
