/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_VPORT_H
#define CONNECTX_CX_VPORT_H

#include "connectx/cx_cmd.h"

#define CX_VPORT_MTU_MAX	9216u	/* of frames, with their header */

void cx_vport_reset(struct cx *cx);
/* Largest frame that the port sends, with header and VLAN tag. */
uint32_t cx_vport_frame_max(const struct cx *cx);

/* Whether the link is up, for the guest; tells it about changes. */
bool cx_vport_link(const struct cx *cx);
void cx_vport_set_admin(struct cx *cx, bool up);
void cx_vport_set_plug(struct cx *cx, bool plugged);

int cx_cmd_query_nic_vport_context(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_modify_nic_vport_context(struct cx *cx, struct cx_cmd *cmd);

#endif
