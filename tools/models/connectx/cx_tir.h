/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_TIR_H
#define CONNECTX_CX_TIR_H

#include "connectx/cx_cmd.h"
#include "connectx/cx_frame.h"

/* The receive queue that TIR @tirn has for the frame; 0: none. */
uint32_t cx_tir_rqn(const struct cx *cx, uint32_t tirn,
		    const struct cx_frame *f);

int cx_cmd_create_tir(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_modify_tir(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_tir(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_create_rqt(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_modify_rqt(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_rqt(struct cx *cx, struct cx_cmd *cmd);

#endif
