/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_UAR_H
#define CONNECTX_CX_UAR_H

#include "connectx/cx.h"

/* A write to a UAR page.  Message context. */
void cx_uar_write(struct cx *cx, uint64_t off, unsigned int size,
		  uint64_t val);

#endif
