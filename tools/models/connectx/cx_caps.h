/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_CAPS_H
#define CONNECTX_CX_CAPS_H

#include "connectx/cx_cmd.h"

bool cx_caps_init(struct cx *cx);
void cx_caps_reset(struct cx *cx);	/* current = power-on values */
void cx_caps_free(struct cx *cx);

/* The memory page fault scheme is switched on. */
bool cx_caps_mem_fault(const struct cx *cx);

int cx_cmd_query_hca_cap(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_set_hca_cap(struct cx *cx, struct cx_cmd *cmd);

#endif
