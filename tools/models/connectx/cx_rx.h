/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_RX_H
#define CONNECTX_CX_RX_H

#include "connectx/cx.h"

void cx_rx_notify(struct ib_port *port);
void cx_rx_work(struct loop_work *work);

#endif
