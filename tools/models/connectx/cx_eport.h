/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_EPORT_H
#define CONNECTX_CX_EPORT_H

#include "connectx/cx.h"

/* Access registers of an Ethernet port; @write: the driver sets it. */
void cx_eport_ptys(struct cx *cx, uint8_t *reg);
void cx_eport_paos(struct cx *cx, uint8_t *reg, bool write);
void cx_eport_pmtu(struct cx *cx, uint8_t *reg, bool write);
void cx_eport_ppcnt(struct cx *cx, uint8_t *reg, bool write);
void cx_eport_pfcc(struct cx *cx, uint8_t *reg, bool write);
void cx_eport_pmlp(struct cx *cx, uint8_t *reg, bool write);

#endif
