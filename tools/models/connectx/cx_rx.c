// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the port received: to the queue pair it is for.
 *
 * Source: InfiniBand Architecture Specification vol. 1, chapter 9.6 (which
 * packets a QP accepts).
 */
#include "connectx/cx_ethrq.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_req.h"
#include "connectx/cx_resp.h"
#include "connectx/cx_roce.h"
#include "connectx/cx_rx.h"

void cx_rx_notify(struct ib_port *port)
{
	struct cx *cx = pci_container_of(port, struct cx, port);

	loop_work_queue(cx->pci.loop, &cx->rx_work);
}

static uint32_t real_qpn(const struct cx *cx, uint32_t qpn)
{
	if (qpn > 1)
		return qpn;
	return qpn ? cx->qp1 : cx->qp0;
}

static bool from_peer(const struct cx_qp *qp, const struct ib_pkt *pkt)
{
	if (qp->obj.cx->par.ethernet)
		return cx_roce_accept(qp, pkt);
	return pkt->slid == qp->dlid;
}

static bool transport_matches(const struct cx_qp *qp, const struct ib_pkt *pkt)
{
	switch (pkt->transport) {
	case IB_TRANS_RC:
		return qp->st == CX_ST_RC && from_peer(qp, pkt);
	case IB_TRANS_XRC:
		return qp->st == CX_ST_XRC && from_peer(qp, pkt);
	case IB_TRANS_UC:
		return qp->st == CX_ST_UC && from_peer(qp, pkt);
	default:
		return cx_qp_datagram(qp) &&
		       (!qp->obj.cx->par.ethernet || cx_roce_accept(qp, pkt));
	}
}

static bool is_response(const struct ib_pkt *pkt)
{
	return pkt->op == IB_OP_ACK || pkt->op == IB_OP_READ_RESP ||
	       pkt->op == IB_OP_ATOMIC_RESP;
}

static void rx_packet(struct cx *cx, struct ib_pkt *pkt)
{
	struct cx_qp *qp = cx_qp_get(cx, real_qpn(cx, pkt->dqpn));

	if (pkt->op == IB_OP_FRAME) {
		cx_ethrq_frame(cx, pkt);
	} else if (!qp || !transport_matches(qp, pkt)) {
		cx->stat.pkt_drop++;
		ib_pkt_free(pkt);
	} else if (is_response(pkt)) {
		cx_req_response(qp, pkt);
	} else {
		cx_resp_request(qp, pkt);
	}
}

void cx_rx_work(struct loop_work *work)
{
	struct cx *cx = pci_container_of(work, struct cx, rx_work);
	uint64_t end = loop_now_ns() + CX_WAKEUP_NS;
	struct ib_pkt *pkt;

	while ((pkt = ib_wire_recv(&cx->port))) {
		rx_packet(cx, pkt);
		if (loop_now_ns() < end)
			continue;
		loop_work_queue(cx->pci.loop, work);
		return;
	}
}
