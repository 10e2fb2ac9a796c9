/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_EQ_H
#define CONNECTX_CX_EQ_H

#include "connectx/cx_cmd.h"

#define CX_EQE_SIZE	64
#define CX_EQE_DATA	28

enum cx_event {
	CX_EVENT_COMP = 0x00,
	CX_EVENT_CQ_ERROR = 0x04,
	CX_EVENT_WQ_CATAS = 0x05,
	CX_EVENT_PORT_CHANGE = 0x09,
	CX_EVENT_CMD = 0x0a,
	CX_EVENT_PAGE_FAULT = 0x0c,
	CX_EVENT_WQ_INVAL_REQ = 0x10,
	CX_EVENT_WQ_ACCESS = 0x11,
	CX_EVENT_SRQ_CATAS = 0x12,
	CX_EVENT_SRQ_LAST_WQE = 0x13,
	CX_EVENT_SRQ_LIMIT = 0x14,
};

/* Is there an EQ for this kind of event?  Any context. */
bool cx_eq_wanted(struct cx *cx, enum cx_event type);

/* Posts to every EQ that asked for @type.  False if nobody got it. */
bool cx_eq_event(struct cx *cx, enum cx_event type, uint8_t sub_type,
		 const uint8_t data[CX_EQE_DATA]);
/* Posts to the EQ of that number (completion events). */
bool cx_eq_post(struct cx *cx, uint32_t eqn, enum cx_event type,
		uint8_t sub_type, const uint8_t data[CX_EQE_DATA]);
/* An event about a QP, an SRQ or a CQ. */
void cx_eq_object_event(struct cx *cx, enum cx_event type, uint32_t num);

void cx_eq_doorbell(struct cx *cx, uint32_t uar, uint32_t eqn, uint32_t ci,
		    bool arm);	/* any context */

int cx_cmd_create_eq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_destroy_eq(struct cx *cx, struct cx_cmd *cmd);
int cx_cmd_query_eq(struct cx *cx, struct cx_cmd *cmd);

#endif
