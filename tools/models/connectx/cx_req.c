// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The requester: segments out, acknowledgements and responses in.
 *
 * Go-back-N with a PSN per segment.  A READ is one request per segment, each
 * answered by one response, so it is retried like everything else.  What a
 * page fault interrupts is kept: the segment half gathered, the response half
 * scattered; what arrives behind a held response is dropped and asked for
 * again.
 *
 * The ACK timeout is four times the encoded value (the specification allows
 * up to that) and at least CX_MIN_TIMEOUT_NS, as real HCAs have a floor too:
 * a responder in this process may wait for the VMM longer than a wire delays.
 *
 * Source: InfiniBand Architecture Specification vol. 1, chapter 9.7 (reliable
 * service, RNR, retries); drivers/infiniband/hw/mlx5/qp.c (where the timeout
 * and the counts come from).
 */
#include "core/trace.h"
#include "connectx/cx_mem.h"
#include "connectx/cx_odp.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_req.h"
#include "connectx/cx_sq.h"
#include "connectx/cx_ud.h"
#include "connectx/cx_wqe.h"

TRACE_CATEGORY(req, "hca.req");

#define CX_MIN_TIMEOUT_NS	(200 * CX_MS)
#define NOT_READY_POLL_NS	(250 * CX_MS)
#define RNR_RETRY_FOREVER	7
#define ACK_EVERY		8	/* segments of a long message */

static uint64_t ack_timeout_ns(const struct cx_qp *qp)
{
	uint64_t ns = 4 * (4096ull << qp->ack_timeout);

	return ns > CX_MIN_TIMEOUT_NS ? ns : CX_MIN_TIMEOUT_NS;
}

static void arm_ack_timer(struct cx_qp *qp)
{
	if (!qp->ack_timeout || qp->sq.timer.armed || !cx_qp_reliable(qp))
		return;
	qp->sq.timer_is_wait = false;
	loop_timer_arm(qp->obj.cx->pci.loop, &qp->sq.timer,
		       ack_timeout_ns(qp));
}

void cx_req_wait(struct cx_qp *qp, enum cx_wait wait, uint64_t ns)
{
	qp->sq.wait = wait;
	qp->sq.timer_is_wait = true;
	loop_timer_arm(qp->obj.cx->pci.loop, &qp->sq.timer, ns);
}

static void wait_over(struct cx_qp *qp)
{
	if (qp->sq.wait != CX_WAIT_RNR && qp->sq.wait != CX_WAIT_PEER)
		return;
	loop_timer_cancel(qp->obj.cx->pci.loop, &qp->sq.timer);
	qp->sq.wait = CX_WAIT_NONE;
}

static void drop_filling(struct cx_qp *qp)
{
	ib_pkt_free(qp->sq.filling);
	qp->sq.filling = NULL;
	qp->sq.filled = 0;
	cx_odp_done(qp->obj.cx, &qp->sq.gather_fault);
	if (qp->sq.wait == CX_WAIT_FAULT)
		qp->sq.wait = CX_WAIT_NONE;
}

static void drop_response(struct cx_qp *qp)
{
	ib_pkt_free(qp->sq.resp);
	qp->sq.resp = NULL;
	qp->sq.resp_done = 0;
	cx_odp_done(qp->obj.cx, &qp->sq.resp_fault);
}

void cx_req_abort(struct cx_qp *qp)
{
	drop_filling(qp);
	drop_response(qp);
}

/* ---- sending ---- */
static uint8_t wire_op(uint8_t opcode)
{
	switch (opcode) {
	case CX_OP_WRITE:
	case CX_OP_WRITE_IMM:
		return IB_OP_WRITE;
	case CX_OP_READ:
		return IB_OP_READ_REQ;
	case CX_OP_CAS:
		return IB_OP_ATOMIC_CAS;
	case CX_OP_FAA:
		return IB_OP_ATOMIC_FAA;
	default:
		return IB_OP_SEND;
	}
}

static uint8_t wire_transport(const struct cx_qp *qp)
{
	switch (qp->st) {
	case CX_ST_RC:
		return IB_TRANS_RC;
	case CX_ST_XRC:
		return IB_TRANS_XRC;
	case CX_ST_UC:
		return IB_TRANS_UC;
	default:
		return IB_TRANS_UD;
	}
}

static uint8_t last_flags(const struct cx_wqe *wqe)
{
	uint8_t flags = IB_PKT_LAST | IB_PKT_ACK_REQ;

	if (wqe->opcode == CX_OP_WRITE_IMM || wqe->opcode == CX_OP_SEND_IMM)
		flags |= IB_PKT_IMM;
	if (wqe->opcode == CX_OP_SEND_INV)
		flags |= IB_PKT_INV;
	return wqe->solicited ? flags | IB_PKT_SOLICITED : flags;
}

static struct ib_pkt *segment_new(struct cx_qp *qp,
				  const struct cx_inflight *f)
{
	const struct cx_wqe *wqe = &f->wqe;
	uint32_t seg = cx_psn_diff(qp->sq.nxt, f->psn);
	uint32_t offset = seg * IB_WIRE_SEGMENT;
	uint32_t len = wqe->len - offset < IB_WIRE_SEGMENT ?
		       wqe->len - offset : IB_WIRE_SEGMENT;
	struct ib_pkt *pkt;

	pkt = ib_pkt_alloc(cx_op_is_read(wqe->opcode) ? 0 : len);
	if (!pkt)
		return NULL;
	pkt->op = wire_op(wqe->opcode);
	pkt->transport = wire_transport(qp);
	pkt->pkey = 0xffff;
	if (!cx_qp_datagram(qp))
		cx_qp_address(qp, pkt);
	pkt->srqn = wqe->srqn;
	pkt->psn = qp->sq.nxt;
	pkt->va = wqe->raddr;
	pkt->rkey = wqe->rkey;
	pkt->swap_add = wqe->swap_add;
	pkt->compare = wqe->compare;
	pkt->imm = wqe->imm;
	pkt->offset = offset;
	pkt->msg_len = wqe->len;
	pkt->len = len;
	pkt->flags = (seg == 0 ? IB_PKT_FIRST : 0) |
		     (seg + 1 == f->psns ? last_flags(wqe) : 0) |
		     (seg % ACK_EVERY == ACK_EVERY - 1 ? IB_PKT_ACK_REQ : 0);
	return pkt;
}

static void gather_resumed(struct cx_qp *qp)
{
	if (qp->sq.wait == CX_WAIT_FAULT)
		qp->sq.wait = CX_WAIT_NONE;
	cx_sq_kick(qp);
}

static void gather_fault(struct cx_qp *qp, const struct cx_wqe *wqe,
			 const struct cx_move *move)
{
	const struct cx_fault_info info = {
		.kind = CX_FAULT_REQ_GATHER,
		.qpn = qp->obj.num,
		.wqe_index = wqe->index,
		.committed = move->skip + move->done,
		.packet_len = qp->sq.filling->len,
	};
	struct cx_fault *fault;

	if (move->done)
		cx_odp_done(qp->obj.cx, &qp->sq.gather_fault);
	fault = cx_odp_raise(qp->obj.cx, qp, qp->sq.gather_fault, &move->run,
			     &info, gather_resumed);
	if (qp->dead)
		return;
	qp->sq.gather_fault = fault;
	if (fault)
		qp->sq.wait = CX_WAIT_FAULT;
}

/* A local error: the WQE fails once everything before it is complete. */
static void segment_fail(struct cx_qp *qp, struct cx_inflight *f,
			 uint8_t syndrome)
{
	f->syndrome = syndrome;
	drop_filling(qp);
}

static bool segment_gather(struct cx_qp *qp, struct cx_inflight *f)
{
	const struct cx_accessor who = {
		.pd = qp->pd, .qpn = qp->obj.num, .access = CX_ACC_LOCAL_READ,
	};
	struct ib_pkt *pkt = qp->sq.filling;
	struct cx_move move = {
		.who = &who, .sge = f->wqe.sge, .sges = f->wqe.sges,
		.inlined = f->wqe.inline_buf,
		.skip = pkt->offset + qp->sq.filled,
		.ahead = f->wqe.len - pkt->offset - pkt->len,
	};
	enum cx_mem_result ret;

	if (qp->sq.gather_fault &&
	    qp->sq.gather_fault->state == CX_FAULT_FAILED) {
		segment_fail(qp, f, CX_SYN_LOCAL_PROT);
		return false;
	}
	ret = cx_mem_move(qp->obj.cx, &move, pkt->data + qp->sq.filled,
			  pkt->len - qp->sq.filled, false);
	if (ret == CX_MEM_RESET || qp->dead)
		return false;
	qp->sq.filled += move.done;
	if (ret == CX_MEM_FAULT)
		gather_fault(qp, &f->wqe, &move);
	if (qp->dead)
		return false;
	if (ret == CX_MEM_FAULT && !qp->sq.wait)
		ret = CX_MEM_DENIED;
	if (ret == CX_MEM_DENIED || ret == CX_MEM_DMA_ERROR)
		segment_fail(qp, f, CX_SYN_LOCAL_PROT);
	return ret == CX_MEM_OK;
}

static unsigned int reads_outstanding(struct cx_qp *qp)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < qp->sq.count; i++) {
		const struct cx_inflight *f = cx_sq_at(qp, i);
		int32_t first, end;

		if (!f->psns || !cx_op_is_read(f->wqe.opcode))
			continue;
		first = cx_psn_diff(f->psn, qp->sq.una);
		end = cx_psn_diff(qp->sq.nxt, qp->sq.una);
		if (first < 0)
			first = 0;
		if (end > cx_psn_diff(f->psn, qp->sq.una) + (int32_t)f->psns)
			end = cx_psn_diff(f->psn, qp->sq.una) + f->psns;
		if (end > first)
			n += end - first;
	}
	return n;
}

static bool window_open(struct cx_qp *qp, const struct cx_inflight *f)
{
	int32_t window = f->wqe.len > IB_WIRE_SEGMENT / 4 ? CX_WINDOW_LARGE :
							   CX_WINDOW_SMALL;

	if (!cx_qp_reliable(qp))
		return true;
	if (cx_psn_diff(qp->sq.nxt, qp->sq.una) >= window)
		return false;
	return !cx_op_is_read(f->wqe.opcode) ||
	       reads_outstanding(qp) < qp->max_reads;
}

static void count_sent(struct cx_qp *qp, const struct ib_pkt *pkt)
{
	if (pkt->op == IB_OP_WRITE)
		qp->obj.cx->stat.tx_write += pkt->len;
	else if (pkt->op == IB_OP_SEND)
		qp->obj.cx->stat.tx_send += pkt->len;
}

/* Unreliable services are done when the last segment is on the wire. */
static void sent_unreliable(struct cx_qp *qp, struct cx_inflight *f)
{
	qp->sq.una = qp->sq.nxt;
	if (qp->sq.una == cx_psn_add(f->psn, f->psns))
		cx_sq_complete(qp, CX_SYN_NONE);
}

static void segment_sent(struct cx_qp *qp, struct cx_inflight *f)
{
	struct ib_pkt *pkt = qp->sq.filling;

	qp->sq.filling = NULL;
	qp->sq.filled = 0;
	cx_odp_done(qp->obj.cx, &qp->sq.gather_fault);
	count_sent(qp, pkt);
	if (qp->sq.nxt == qp->sq.una)
		qp->sq.progress_ns = loop_now_ns();
	qp->sq.nxt = cx_psn_add(qp->sq.nxt, 1);
	ib_wire_send(&qp->obj.cx->port, pkt);
	if (cx_qp_reliable(qp))
		arm_ack_timer(qp);
	else
		sent_unreliable(qp, f);
}

/* The oldest WQE failed locally and nothing before it is left. */
static bool fail_if_oldest(struct cx_qp *qp, struct cx_inflight *f)
{
	if (f != cx_sq_at(qp, 0))
		return false;
	cx_sq_complete(qp, f->syndrome);
	return true;
}

bool cx_req_send(struct cx_qp *qp)
{
	struct cx_inflight *f = cx_sq_by_psn(qp, qp->sq.nxt);

	if (!f) {
		cx_qp_error(qp);
		return false;
	}
	if (f->syndrome)
		return fail_if_oldest(qp, f);
	if (!qp->sq.filling && !window_open(qp, f))
		return false;
	if (!qp->sq.filling) {
		qp->sq.filling = segment_new(qp, f);
		qp->sq.filled = 0;
		if (!qp->sq.filling)
			return false;
		if (cx_qp_datagram(qp) &&
		    !cx_ud_address(qp, &f->wqe, qp->sq.filling)) {
			segment_fail(qp, f, CX_SYN_LOCAL_QP_OP);
			return true;
		}
	}
	if (!cx_op_is_read(f->wqe.opcode) && !segment_gather(qp, f))
		return !qp->dead && f->syndrome && !qp->sq.wait;
	segment_sent(qp, f);
	return true;
}

/* ---- acknowledgements ---- */
static void go_back(struct cx_qp *qp, uint32_t psn)
{
	drop_filling(qp);
	qp->sq.nxt = psn;
}

static void progress(struct cx_qp *qp)
{
	qp->sq.retries = 0;
	qp->sq.rnr_retries = 0;
	qp->sq.progress_ns = loop_now_ns();
}

/* The oldest PSN is done. */
static void advance(struct cx_qp *qp, uint32_t una)
{
	struct cx_inflight *f;

	if (cx_psn_diff(una, qp->sq.nxt) > 0)
		go_back(qp, una);
	qp->sq.una = una;
	progress(qp);
	while (!qp->dead && qp->state != CX_QPS_ERR && qp->sq.count) {
		f = cx_sq_at(qp, 0);
		if (!f->psns ||
		    cx_psn_diff(una, cx_psn_add(f->psn, f->psns)) < 0)
			break;
		cx_sq_complete(qp, CX_SYN_NONE);
	}
}

/*
 * Everything before @end was received.  A READ or atomic among it without its
 * response lost that response: only what is before it counts, and it is asked
 * for again.  Returns false then.
 */
static bool ack_before(struct cx_qp *qp, uint32_t end)
{
	uint32_t limit = end;
	bool all = true;

	for (unsigned int i = 0; i < qp->sq.count; i++) {
		const struct cx_inflight *f = cx_sq_at(qp, i);
		uint32_t first = f->psn;

		if (!f->psns || !cx_op_is_read(f->wqe.opcode))
			continue;
		if (cx_psn_diff(first, qp->sq.una) < 0)
			first = qp->sq.una;
		if (cx_psn_diff(first, cx_psn_add(f->psn, f->psns)) >= 0)
			continue;
		if (cx_psn_diff(first, limit) < 0) {
			limit = first;
			all = false;
		}
		break;
	}
	if (cx_psn_diff(limit, qp->sq.una) > 0)
		advance(qp, limit);
	if (!all && !qp->dead)
		go_back(qp, limit);
	return all;
}

static void fail_at(struct cx_qp *qp, uint32_t psn, uint8_t syndrome)
{
	struct cx_inflight *f;

	if (!ack_before(qp, psn) || qp->dead)
		return;
	f = cx_sq_by_psn(qp, psn);
	if (f && f == cx_sq_at(qp, 0))
		cx_sq_complete(qp, syndrome);
	else
		cx_qp_error(qp);
}

static uint8_t nak_syndrome(uint8_t aeth)
{
	switch (aeth) {
	case IB_AETH_NAK_INV_REQ:
		return CX_SYN_REMOTE_INV_REQ;
	case IB_AETH_NAK_ACCESS:
		return CX_SYN_REMOTE_ACCESS;
	default:
		return CX_SYN_REMOTE_OP;
	}
}

static void rnr(struct cx_qp *qp, const struct ib_pkt *pkt)
{
	if (!ack_before(qp, pkt->psn) || qp->dead)
		return;
	if (qp->rnr_retry != RNR_RETRY_FOREVER &&
	    qp->sq.rnr_retries >= qp->rnr_retry) {
		fail_at(qp, pkt->psn, CX_SYN_RNR_EXC);
		return;
	}
	qp->sq.rnr_retries++;
	qp->obj.cx->stat.rnr_retries++;
	go_back(qp, pkt->psn);
	cx_req_wait(qp, CX_WAIT_RNR, pkt->rnr_ns);
}

/* The responder waits for memory: it will answer; ask now and then. */
static void not_ready(struct cx_qp *qp, const struct ib_pkt *pkt)
{
	if (!ack_before(qp, pkt->psn) || qp->dead)
		return;
	qp->obj.cx->stat.not_ready++;
	qp->sq.retries = 0;
	go_back(qp, pkt->psn);
	cx_req_wait(qp, CX_WAIT_PEER, NOT_READY_POLL_NS);
}

static void handle_aeth(struct cx_qp *qp, const struct ib_pkt *pkt)
{
	wait_over(qp);
	switch (pkt->syndrome) {
	case IB_AETH_ACK:
		ack_before(qp, cx_psn_add(pkt->psn, 1));
		break;
	case IB_AETH_RNR:
		rnr(qp, pkt);
		break;
	case IB_AETH_NOT_READY:
		not_ready(qp, pkt);
		break;
	case IB_AETH_NAK_SEQ:
		if (ack_before(qp, pkt->psn) && !qp->dead)
			go_back(qp, pkt->psn);
		break;
	default:
		fail_at(qp, pkt->psn, nak_syndrome(pkt->syndrome));
	}
}

/* ---- responses with data ---- */
static void response_done(struct cx_qp *qp)
{
	uint32_t next = cx_psn_add(qp->sq.resp->psn, 1);

	drop_response(qp);
	advance(qp, next);
}

static void response_resumed(struct cx_qp *qp);

static void response_fault(struct cx_qp *qp, const struct cx_inflight *f,
			   const struct cx_move *move)
{
	const struct cx_fault_info info = {
		.kind = CX_FAULT_REQ_SCATTER,
		.qpn = qp->obj.num,
		.wqe_index = f->wqe.index,
		.committed = move->skip + move->done,
		.packet_len = qp->sq.resp->len,
	};
	struct cx_fault *fault;

	if (move->done)
		cx_odp_done(qp->obj.cx, &qp->sq.resp_fault);
	fault = cx_odp_raise(qp->obj.cx, qp, qp->sq.resp_fault, &move->run,
			     &info, response_resumed);
	if (qp->dead)
		return;
	qp->sq.resp_fault = fault;
	if (!fault)
		fail_at(qp, qp->sq.resp->psn, CX_SYN_LOCAL_PROT);
}

static void response_scatter(struct cx_qp *qp)
{
	struct ib_pkt *pkt = qp->sq.resp;
	struct cx_inflight *f = cx_sq_by_psn(qp, pkt->psn);
	uint32_t seg = f ? cx_psn_diff(pkt->psn, f->psn) : 0;
	const struct cx_accessor who = {
		.pd = qp->pd, .qpn = qp->obj.num, .access = CX_ACC_LOCAL_WRITE,
	};
	struct cx_move move = { .who = &who };
	enum cx_mem_result ret;

	if (!f || seg * (uint64_t)IB_WIRE_SEGMENT + pkt->len > f->wqe.len) {
		fail_at(qp, pkt->psn, CX_SYN_BAD_RESP);
		return;
	}
	move.sge = f->wqe.sge;
	move.sges = f->wqe.sges;
	move.skip = (uint64_t)seg * IB_WIRE_SEGMENT + qp->sq.resp_done;
	move.ahead = f->wqe.len - seg * IB_WIRE_SEGMENT - pkt->len;
	ret = cx_mem_move(qp->obj.cx, &move, pkt->data + qp->sq.resp_done,
			  pkt->len - qp->sq.resp_done, true);
	if (ret == CX_MEM_RESET || qp->dead)
		return;
	qp->sq.resp_done += move.done;
	if (ret == CX_MEM_OK)
		response_done(qp);
	else if (ret == CX_MEM_FAULT)
		response_fault(qp, f, &move);
	else
		fail_at(qp, pkt->psn, CX_SYN_LOCAL_PROT);
}

static void response_resumed(struct cx_qp *qp)
{
	if (qp->dead || !qp->sq.resp || !qp->sq.resp_fault)
		return;
	if (qp->sq.resp_fault->state == CX_FAULT_FAILED) {
		fail_at(qp, qp->sq.resp->psn, CX_SYN_LOCAL_PROT);
		return;
	}
	response_scatter(qp);
	if (qp->dead || qp->sq.resp || qp->state != CX_QPS_RTS)
		return;
	/* What came behind it was dropped meanwhile. */
	if (qp->sq.nxt != qp->sq.una)
		go_back(qp, qp->sq.una);
	cx_sq_kick(qp);
}

static void handle_response(struct cx_qp *qp, struct ib_pkt *pkt)
{
	wait_over(qp);
	/* What is before it was received, too. */
	if (!ack_before(qp, pkt->psn) || qp->dead || pkt->psn != qp->sq.una) {
		ib_pkt_free(pkt);
		return;
	}
	qp->sq.resp = pkt;
	qp->sq.resp_done = 0;
	if (pkt->op == IB_OP_ATOMIC_RESP) {
		pkt->len = sizeof(pkt->swap_add);
		memcpy(pkt->data, &pkt->swap_add, pkt->len);
	}
	response_scatter(qp);
}

void cx_req_response(struct cx_qp *qp, struct ib_pkt *pkt)
{
	bool known = qp->state == CX_QPS_RTS && qp->sq.count &&
		     cx_psn_diff(pkt->psn, qp->sq.una) >= 0 &&
		     cx_psn_diff(pkt->psn, qp->sq.top) < 0;

	trace(req, "%s: QP %#x got op %u psn %u syndrome %u (una %u nxt %u)",
	      qp->obj.cx->pci.name, qp->obj.num, pkt->op, pkt->psn,
	      pkt->syndrome, qp->sq.una, qp->sq.nxt);
	if (!known || qp->sq.resp) {
		qp->obj.cx->stat.pkt_drop++;
		ib_pkt_free(pkt);
		return;
	}
	if (pkt->op == IB_OP_ACK) {
		handle_aeth(qp, pkt);
		ib_pkt_free(pkt);
	} else {
		handle_response(qp, pkt);
	}
	cx_sq_kick(qp);
}

/* ---- timers ---- */
static void timed_out(struct cx_qp *qp)
{
	struct cx *cx = qp->obj.cx;

	if (qp->sq.retries >= qp->retry_count) {
		trace(req, "%s: QP %#x: no answer to psn %u", cx->pci.name,
		      qp->obj.num, qp->sq.una);
		fail_at(qp, qp->sq.una, CX_SYN_RETRY_EXC);
		return;
	}
	qp->sq.retries++;
	cx->stat.retries++;
	qp->sq.progress_ns = loop_now_ns();
	go_back(qp, qp->sq.una);
	arm_ack_timer(qp);
	cx_sq_kick(qp);
}

void cx_req_timer(struct loop_timer *timer)
{
	struct cx_qp *qp = pci_container_of(timer, struct cx_qp, sq.timer);
	uint64_t timeout = ack_timeout_ns(qp), idle;

	if (qp->dead || qp->state != CX_QPS_RTS)
		return;
	if (qp->sq.timer_is_wait) {
		qp->sq.wait = CX_WAIT_NONE;
		arm_ack_timer(qp);
		cx_sq_kick(qp);
		return;
	}
	/* Nothing is on the wire, or the delay is our own. */
	if (qp->sq.una == qp->sq.nxt)
		return;
	idle = loop_now_ns() - qp->sq.progress_ns;
	if (qp->sq.resp || qp->sq.wait == CX_WAIT_FAULT || idle < timeout)
		loop_timer_arm(qp->obj.cx->pci.loop, timer,
			       idle < timeout ? timeout - idle : timeout);
	else
		timed_out(qp);
}
