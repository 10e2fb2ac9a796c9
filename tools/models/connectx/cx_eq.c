// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Event queues.
 *
 * An event goes to every EQ whose mask has its type, completion events to the
 * EQ of their CQ.  The interrupt fires when an entry is written to an armed EQ
 * or when an EQ with unseen entries is armed, and disarms it.  The consumer
 * index is known from doorbells; an EQ that would overrun it drops the event.
 * irq-delay= makes interrupts late, so that nobody sees an event any other way
 * than by being woken up: measurements need that to repeat themselves.
 *
 * Source: core/eq.c (layout, owner bit, arming), core/cmd.c and
 * drivers/infiniband/hw/mlx5/odp.c (what the events carry).
 */
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_eq.h"

TRACE_CATEGORY(eq, "hca.eq");

#define EQE_TYPE	1
#define EQE_SUB_TYPE	3
#define EQE_DATA_OFF	32
#define EQE_SIGN_OWN	60	/* signature and owner are in the last word */
#define EQE_OBJECT_OFF	24	/* in data: QP, CQ or SRQ number */

#define EQ_INDEX_MASK	0xffffffu

static struct cx_eq *eq_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_eq *)cx_tbl_get(&cx->eqs, num);
}

static bool eq_has(const struct cx_eq *eq, enum cx_event type)
{
	return eq->mask[type / 64] >> type % 64 & 1;
}

bool cx_eq_wanted(struct cx *cx, enum cx_event type)
{
	for (uint32_t n = cx->eqs.first; n <= cx->eqs.last; n++) {
		struct cx_eq *eq = eq_get(cx, n);

		if (eq && eq_has(eq, type))
			return true;
	}
	return false;
}

static void eq_interrupt(struct loop_timer *timer)
{
	struct cx_eq *eq = pci_container_of(timer, struct cx_eq, interrupt);

	pci_irq_raise(&eq->obj.cx->pci, eq->vector);
}

static void eq_fire(struct cx *cx, struct cx_eq *eq)
{
	if (!eq->armed)
		return;
	eq->armed = false;
	if (cx->par.irq_delay_ns)
		loop_timer_arm(cx->pci.loop, &eq->interrupt,
			       cx->par.irq_delay_ns);
	else
		pci_irq_raise(&cx->pci, eq->vector);
}

static bool eq_write(struct cx *cx, struct cx_eq *eq, enum cx_event type,
		     uint8_t sub_type, const uint8_t *data)
{
	uint64_t off = (uint64_t)(eq->pi & ((1u << eq->log_size) - 1)) *
		       CX_EQE_SIZE;
	uint8_t eqe[CX_EQE_SIZE] = { 0 };

	if (((eq->pi - eq->ci) & EQ_INDEX_MASK) >= 1u << eq->log_size) {
		cx->stat.eq_overflows++;
		if (!eq->overflow)
			trace_warn("%s: EQ %u overrun, event %#x lost",
				   cx->pci.name, eq->obj.num, type);
		eq->overflow = true;
		return false;
	}
	eqe[EQE_TYPE] = type;
	eqe[EQE_SUB_TYPE] = sub_type;
	memcpy(eqe + EQE_DATA_OFF, data, CX_EQE_DATA);
	eqe[CX_EQE_SIZE - 1] = eq->pi >> eq->log_size & 1;
	if (cx_buf_write(cx, &eq->buf, off, eqe, EQE_SIGN_OWN) ||
	    cx_buf_release(cx, &eq->buf, off + EQE_SIGN_OWN,
			   eqe + EQE_SIGN_OWN, 4))
		return false;
	trace(eq, "%s: EQ %u pi %u: event %#x.%u", cx->pci.name, eq->obj.num,
	      eq->pi, type, sub_type);
	cx->stat.eqes++;
	eq->pi = (eq->pi + 1) & EQ_INDEX_MASK;
	eq_fire(cx, eq);
	return true;
}

bool cx_eq_event(struct cx *cx, enum cx_event type, uint8_t sub_type,
		 const uint8_t data[CX_EQE_DATA])
{
	bool sent = false;

	for (uint32_t n = cx->eqs.first; n <= cx->eqs.last; n++) {
		struct cx_eq *eq = eq_get(cx, n);

		if (eq && eq_has(eq, type))
			sent |= eq_write(cx, eq, type, sub_type, data);
	}
	return sent;
}

bool cx_eq_post(struct cx *cx, uint32_t eqn, enum cx_event type,
		uint8_t sub_type, const uint8_t data[CX_EQE_DATA])
{
	struct cx_eq *eq = eq_get(cx, eqn);

	return eq && eq_write(cx, eq, type, sub_type, data);
}

void cx_eq_object_event(struct cx *cx, enum cx_event type, uint32_t num)
{
	uint8_t data[CX_EQE_DATA] = { 0 };

	cx_put_be32(data + EQE_OBJECT_OFF, num);
	cx_eq_event(cx, type, 0, data);
}

void cx_eq_doorbell(struct cx *cx, uint32_t uar, uint32_t eqn, uint32_t ci,
		    bool arm)
{
	struct cx_eq *eq = eq_get(cx, eqn);

	if (!eq || CX_GET(eqc, eq->eqc, uar_page) != uar) {
		cx_guest_error(cx, "doorbell on UAR %u for EQ %u", uar, eqn);
		return;
	}
	if (((eq->pi - ci) & EQ_INDEX_MASK) > 1u << eq->log_size) {
		cx_guest_error(cx, "EQ %u: consumer index %#x", eqn, ci);
		return;
	}
	eq->ci = ci;
	eq->overflow = false;
	if (!arm)
		return;
	eq->armed = true;
	if (eq->pi != eq->ci)
		eq_fire(cx, eq);
}

static void eq_free(struct cx_obj *obj)
{
	struct cx_eq *eq = (struct cx_eq *)obj;

	loop_timer_cancel(obj->cx->pci.loop, &eq->interrupt);
	cx_buf_free(obj->cx, &eq->buf);
	free(eq);
}

static int eq_init(struct cx *cx, struct cx_eq *eq, const struct cx_cmd *cmd)
{
	uint32_t pas = CX_BYTE_OFF(create_eq_in, pas);

	memcpy(eq->eqc, CX_ADDR(create_eq_in, cmd->in, eq_context_entry),
	       sizeof(eq->eqc));
	eq->log_size = CX_GET(eqc, eq->eqc, log_eq_size);
	if (eq->log_size > CX_LOG_MAX_EQ_SZ ||
	    CX_GET(eqc, eq->eqc, intr) >= CX_NUM_VECTORS)
		return CX_ST_BAD_PARAM;
	eq->vector = CX_GET(eqc, eq->eqc, intr);
	for (int i = 0; i < 4; i++)
		eq->mask[i] = cx_be64((const uint8_t *)
			CX_ADDR(create_eq_in, cmd->in, event_bitmask) + i * 8);
	return cx_buf_init(cx, &eq->buf, cmd->in + pas, cmd->in_len - pas,
			   CX_GET(eqc, eq->eqc, log_page_size),
			   CX_GET(eqc, eq->eqc, page_offset),
			   (uint64_t)CX_EQE_SIZE << eq->log_size);
}

int cx_cmd_create_eq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_eq *eq = calloc(1, sizeof(*eq));
	int status;

	if (!eq)
		return CX_ST_NO_RES;
	eq->obj.cx = cx;
	eq->obj.free = eq_free;
	eq->interrupt.fn = eq_interrupt;
	status = eq_init(cx, eq, cmd);
	if (!status)
		status = cx_tbl_add(&cx->eqs, &eq->obj);
	if (status) {
		eq_free(&eq->obj);
		return status;
	}
	CX_SET(create_eq_out, cmd->out, eq_number, eq->obj.num);
	return CX_ST_OK;
}

static struct cx_eq *eq_of_cmd(struct cx *cx, const struct cx_cmd *cmd)
{
	return eq_get(cx, CX_GET(destroy_eq_in, cmd->in, eq_number));
}

int cx_cmd_destroy_eq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_eq *eq = eq_of_cmd(cx, cmd);

	if (!eq)
		return CX_ST_BAD_RES;
	cx_tbl_remove(&cx->eqs, &eq->obj);
	cx_bury(cx, &eq->obj);
	return CX_ST_OK;
}

int cx_cmd_query_eq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_eq *eq = eq_of_cmd(cx, cmd);
	void *eqc = CX_ADDR(query_eq_out, cmd->out, eq_context_entry);

	if (!eq)
		return CX_ST_BAD_RES;
	memcpy(eqc, eq->eqc, sizeof(eq->eqc));
	CX_SET(eqc, eqc, consumer_counter, eq->ci);
	CX_SET(eqc, eqc, producer_counter, eq->pi);
	return CX_ST_OK;
}
