/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_INIT_SEG_H
#define CONNECTX_CX_INIT_SEG_H

#include "connectx/cx.h"

uint64_t cx_init_seg_read(struct cx *cx, uint64_t off, unsigned int size);
void cx_init_seg_write(struct cx *cx, uint64_t off, unsigned int size,
		       uint64_t val);

#endif
