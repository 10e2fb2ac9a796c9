/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_FLOW_H
#define CONNECTX_CX_FLOW_H

#include "connectx/cx_cmd.h"
#include "connectx/cx_frame.h"

#define CX_FLOW_HITS	16

struct cx_flow_hit {
	uint32_t tirn, tag;
};

/* Where a received frame goes: fills @hits, returns how many. */
unsigned int cx_flow_lookup(struct cx *cx, const struct cx_frame *f,
			    struct cx_flow_hit hits[CX_FLOW_HITS]);

int cx_cmd_create_flow_table(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_modify_flow_table(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_flow_table(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_set_flow_table_root(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_create_flow_group(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_flow_group(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_set_fte(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_delete_fte(struct cx *cx, struct cx_cmd *cmd);

#endif
