// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The responder: requests in, data into or out of memory, answers out.
 *
 * One packet at a time.  A packet that meets a page fault is held with its
 * progress, the requester is told to wait (IB_AETH_NOT_READY), and later
 * packets are dropped until it is done: the requester sends them again.
 * Duplicates are acknowledged, READs are repeated, atomics are answered from
 * a list of the last results, never executed twice.
 *
 * Source: InfiniBand Architecture Specification vol. 1, chapter 9.7.4/9.7.5
 * (responder, NAK codes, duplicates), table 45 (RNR timer);
 * include/linux/mlx5/device.h (completion opcodes and syndromes).
 */
#include <errno.h>

#include "core/trace.h"
#include "connectx/cx_eq.h"
#include "connectx/cx_mem.h"
#include "connectx/cx_mkey.h"
#include "connectx/cx_odp.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_resp.h"
#include "connectx/cx_rq.h"
#include "connectx/cx_srq.h"
#include "connectx/cx_ud.h"

TRACE_CATEGORY(resp, "hca.resp");

#define GRH_BYTES	40u

/* How the handling of a packet ended. */
enum verdict {
	V_DONE,
	V_WAIT,			/* page fault; held */
	V_RNR,
	V_NAK_INV,
	V_NAK_ACCESS,
	V_NAK_OP,
	V_DROP,			/* unreliable services */
	V_DEAD,			/* QP or device is gone */
};

/* Encoded RNR timer, in units of 10 us. */
static const uint16_t rnr_10us[32] = {
	65535, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192,
	256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288,
	16384, 24576, 32768, 49152,
};

static void resp_work(struct loop_work *work);

void cx_resp_init(struct cx_qp *qp)
{
	qp->rq.work.fn = resp_work;
}

void cx_resp_abort(struct cx_qp *qp)
{
	loop_work_cancel(qp->obj.cx->pci.loop, &qp->rq.work);
	ib_pkt_free(qp->rq.held);
	qp->rq.held = NULL;
	ib_pkt_free(qp->rq.reply);
	qp->rq.reply = NULL;
	cx_odp_done(qp->obj.cx, &qp->rq.fault);
}

void cx_resp_reset(struct cx_qp *qp)
{
	cx_resp_abort(qp);
	qp->rq = (struct cx_rq){ 0 };
	cx_resp_init(qp);
}

/* ---- answers ---- */
static struct ib_pkt *answer_new(struct cx_qp *qp, uint8_t op, uint32_t psn,
				 size_t room)
{
	struct ib_pkt *pkt = ib_pkt_alloc(room);

	if (!pkt)
		return NULL;
	pkt->op = op;
	pkt->transport = qp->st == CX_ST_XRC ? IB_TRANS_XRC : IB_TRANS_RC;
	cx_qp_address(qp, pkt);
	pkt->psn = psn;
	return pkt;
}

static void answer(struct cx_qp *qp, uint8_t syndrome, uint32_t psn)
{
	struct ib_pkt *pkt;

	if (!cx_qp_reliable(qp))
		return;
	pkt = answer_new(qp, IB_OP_ACK, psn, 0);
	if (!pkt)
		return;
	pkt->syndrome = syndrome;
	if (syndrome == IB_AETH_RNR)
		pkt->rnr_ns = rnr_10us[qp->min_rnr & 31] * 10000ull;
	ib_wire_send(&qp->obj.cx->port, pkt);
}

/* ---- page faults ---- */
static void fault_resumed(struct cx_qp *qp)
{
	if (!qp->dead && qp->rq.held)
		loop_work_queue(qp->obj.cx->pci.loop, &qp->rq.work);
}

static struct cx_fault_info fault_info(const struct cx_qp *qp,
				       const struct ib_pkt *pkt)
{
	const struct cx_recv *recv = &qp->rq.cur;
	struct cx_fault_info info = {
		.kind = CX_FAULT_RESP,
		.qpn = qp->obj.num,
		.committed = pkt->offset + qp->rq.done,
		.packet_len = pkt->len,
	};

	if (pkt->op == IB_OP_SEND) {
		info.wqe_index = recv->index;
		if (recv->from_srq) {
			info.kind = CX_FAULT_SRQ;
			info.qpn = recv->srqn;
		}
		return info;
	}
	info.rdma = true;
	info.rkey = pkt->rkey;
	info.va = pkt->va;
	info.op_len = pkt->msg_len;
	return info;
}

static enum verdict resp_fault(struct cx_qp *qp, struct ib_pkt *pkt,
			       const struct cx_run *run, bool progressed)
{
	struct cx_fault_info info = fault_info(qp, pkt);
	struct cx_fault *fault;

	if (progressed)
		cx_odp_done(qp->obj.cx, &qp->rq.fault);
	fault = cx_odp_raise(qp->obj.cx, qp, qp->rq.fault, run, &info,
			     fault_resumed);
	if (qp->dead)
		return V_DEAD;
	qp->rq.fault = fault;
	return fault ? V_WAIT : V_NAK_OP;
}

/*
 * Moves the rest of the packet, @qp->rq.done being done; @skip: where the
 * packet begins in the list.
 */
static enum verdict resp_move(struct cx_qp *qp, struct ib_pkt *pkt,
			      struct cx_move *move, uint64_t skip,
			      uint8_t *data, bool to_memory, enum verdict fail)
{
	uint32_t left = pkt->len - qp->rq.done;
	enum cx_mem_result ret;

	if (qp->rq.fault && qp->rq.fault->state == CX_FAULT_FAILED)
		return fail;
	move->skip = skip + qp->rq.done;
	move->ahead = pkt->msg_len - pkt->offset - pkt->len;
	ret = cx_mem_move(qp->obj.cx, move, data + qp->rq.done, left,
			  to_memory);
	if (ret == CX_MEM_RESET || qp->dead)
		return V_DEAD;
	qp->rq.done += move->done;
	switch (ret) {
	case CX_MEM_OK:
		cx_odp_done(qp->obj.cx, &qp->rq.fault);
		return V_DONE;
	case CX_MEM_FAULT:
		return resp_fault(qp, pkt, &move->run, move->done);
	case CX_MEM_DENIED:
		return fail;
	default:
		return V_NAK_OP;
	}
}

/* ---- receives ---- */
static enum verdict need_recv(struct cx_qp *qp, const struct ib_pkt *pkt)
{
	if (qp->rq.cur.valid)
		return V_DONE;
	switch (cx_rq_take(qp->obj.cx, qp, pkt->srqn, &qp->rq.cur)) {
	case CX_RECV_OK:
		return V_DONE;
	case CX_RECV_EMPTY:
		return V_RNR;
	case CX_RECV_RESET:
		return V_DEAD;
	default:
		return V_NAK_OP;
	}
}

static uint32_t flags_rqpn(const struct cx_qp *qp, const struct ib_pkt *pkt)
{
	uint32_t sl = qp->obj.cx->par.ethernet ? pkt->eth.l3 : pkt->sl;

	if (!cx_qp_datagram(qp))
		return 0;
	return (pkt->sqpn & 0xffffff) | sl << 24 |
	       (pkt->flags & IB_PKT_GRH ? 1u << 28 : 0);
}

static uint8_t recv_opcode(const struct ib_pkt *pkt)
{
	if (pkt->op == IB_OP_WRITE)
		return CX_CQE_RESP_WR_IMM;
	if (pkt->flags & IB_PKT_INV)
		return CX_CQE_RESP_SEND_INV;
	return pkt->flags & IB_PKT_IMM ? CX_CQE_RESP_SEND_IMM :
					 CX_CQE_RESP_SEND;
}

static enum verdict recv_complete(struct cx_qp *qp, const struct ib_pkt *pkt)
{
	struct cx_cqe cqe = {
		.opcode = recv_opcode(pkt),
		.solicited = pkt->flags & IB_PKT_SOLICITED,
		.imm = pkt->imm,
		.byte_count = pkt->msg_len,
		.slid = pkt->slid,
		.flags_rqpn = flags_rqpn(qp, pkt),
	};

	if (cx_qp_datagram(qp))
		cqe.byte_count += GRH_BYTES;
	if (qp->st == CX_ST_QP1)
		cqe.imm = pkt->pkey;
	if (cx_rq_complete(qp->obj.cx, qp, &qp->rq.cur, &cqe))
		return V_DONE;
	return qp->dead ? V_DEAD : V_NAK_OP;
}

static void recv_fail(struct cx_qp *qp, uint8_t syndrome)
{
	struct cx_cqe cqe = {
		.opcode = CX_CQE_RESP_ERR, .syndrome = syndrome,
	};

	if (qp->rq.cur.valid)
		cx_rq_complete(qp->obj.cx, qp, &qp->rq.cur, &cqe);
}

/* ---- operations ---- */
static uint32_t access_pd(const struct cx_qp *qp, const struct ib_pkt *pkt)
{
	const struct cx_srq *srq;

	if (qp->st != CX_ST_XRC)
		return qp->pd;
	srq = (struct cx_srq *)cx_tbl_get(&qp->obj.cx->srqs, pkt->srqn);
	return srq && srq->xrcd == qp->xrcd ? srq->pd : qp->pd;
}

static enum verdict do_grh(struct cx_qp *qp, struct ib_pkt *pkt,
			   const struct cx_accessor *who)
{
	struct cx_move move = {
		.who = who, .sge = qp->rq.cur.sge, .sges = qp->rq.cur.sges,
	};

	switch (cx_mem_move(qp->obj.cx, &move, pkt->grh, GRH_BYTES, true)) {
	case CX_MEM_OK:
		return V_DONE;
	case CX_MEM_FAULT:
		return resp_fault(qp, pkt, &move.run, false);
	case CX_MEM_RESET:
		return V_DEAD;
	default:
		return V_NAK_OP;
	}
}

static enum verdict send_finish(struct cx_qp *qp, struct ib_pkt *pkt)
{
	if (!(pkt->flags & IB_PKT_LAST))
		return V_DONE;
	if (pkt->flags & IB_PKT_INV &&
	    !cx_mkey_invalidate(qp->obj.cx, pkt->imm, access_pd(qp, pkt))) {
		recv_fail(qp, CX_SYN_LOCAL_ACCESS);
		return V_NAK_ACCESS;
	}
	return recv_complete(qp, pkt);
}

static enum verdict do_send(struct cx_qp *qp, struct ib_pkt *pkt)
{
	uint32_t head = cx_qp_datagram(qp) ? GRH_BYTES : 0;
	struct cx_accessor who = {
		.qpn = qp->obj.num, .access = CX_ACC_LOCAL_WRITE,
	};
	struct cx_move move = { .who = &who };
	enum verdict v = need_recv(qp, pkt);

	if (v)
		return v;
	who.pd = qp->rq.cur.pd;
	move.sge = qp->rq.cur.sge;
	move.sges = qp->rq.cur.sges;
	if ((uint64_t)head + pkt->offset + pkt->len > qp->rq.cur.room) {
		recv_fail(qp, CX_SYN_LOCAL_LENGTH);
		return V_NAK_INV;
	}
	if (head && !qp->rq.done)
		v = do_grh(qp, pkt, &who);
	if (!v)
		v = resp_move(qp, pkt, &move, head + pkt->offset, pkt->data,
			      true, V_NAK_OP);
	if (v == V_NAK_OP)
		recv_fail(qp, CX_SYN_LOCAL_PROT);
	if (v)
		return v;
	qp->obj.cx->stat.rx_send += pkt->len;
	return send_finish(qp, pkt);
}

static enum verdict do_write(struct cx_qp *qp, struct ib_pkt *pkt)
{
	const struct cx_accessor who = {
		.pd = access_pd(qp, pkt), .qpn = qp->obj.num,
		.access = CX_ACC_REMOTE_WRITE,
	};
	const struct cx_sge sge = {
		.key = pkt->rkey, .va = pkt->va, .len = pkt->msg_len,
	};
	struct cx_move move = { .who = &who, .sge = &sge, .sges = 1 };
	bool imm = pkt->flags & IB_PKT_IMM;
	enum verdict v = V_DONE;

	if (!(qp->access & CX_ACC_REMOTE_WRITE))
		return V_NAK_INV;
	if (pkt->msg_len && !cx_xlt_allowed(qp->obj.cx, &who, pkt->rkey,
					    pkt->va, pkt->msg_len))
		return V_NAK_ACCESS;
	if (imm)
		v = need_recv(qp, pkt);
	if (!v)
		v = resp_move(qp, pkt, &move, pkt->offset, pkt->data, true,
			      V_NAK_ACCESS);
	if (v)
		return v;
	qp->obj.cx->stat.rx_write += pkt->len;
	return imm && pkt->flags & IB_PKT_LAST ? recv_complete(qp, pkt) :
						 V_DONE;
}

static enum verdict do_read(struct cx_qp *qp, struct ib_pkt *pkt)
{
	const struct cx_accessor who = {
		.pd = access_pd(qp, pkt), .qpn = qp->obj.num,
		.access = CX_ACC_REMOTE_READ,
	};
	const struct cx_sge sge = {
		.key = pkt->rkey, .va = pkt->va, .len = pkt->msg_len,
	};
	struct cx_move move = { .who = &who, .sge = &sge, .sges = 1 };
	struct ib_pkt *reply;
	enum verdict v;

	if (!(qp->access & CX_ACC_REMOTE_READ))
		return V_NAK_INV;
	if (pkt->msg_len && !cx_xlt_allowed(qp->obj.cx, &who, pkt->rkey,
					    pkt->va, pkt->msg_len))
		return V_NAK_ACCESS;
	if (!qp->rq.reply)
		qp->rq.reply = answer_new(qp, IB_OP_READ_RESP, pkt->psn,
					  pkt->len);
	if (!qp->rq.reply)
		return V_RNR;
	v = resp_move(qp, pkt, &move, pkt->offset, qp->rq.reply->data, false,
		      V_NAK_ACCESS);
	if (v)
		return v;
	reply = qp->rq.reply;
	qp->rq.reply = NULL;
	reply->len = pkt->len;
	qp->obj.cx->stat.tx_read_resp += pkt->len;
	ib_wire_send(&qp->obj.cx->port, reply);
	return V_DONE;
}

static void atomic_answer(struct cx_qp *qp, uint32_t psn, uint64_t old)
{
	struct ib_pkt *pkt = answer_new(qp, IB_OP_ATOMIC_RESP, psn, 8);

	if (!pkt)
		return;
	pkt->swap_add = old;
	ib_wire_send(&qp->obj.cx->port, pkt);
}

static bool atomic_repeat(struct cx_qp *qp, uint32_t psn)
{
	for (unsigned int i = 0; i < CX_MAX_RDMA_READS; i++) {
		const struct cx_atomic_done *a = &qp->rq.atomics[i];

		if (!a->valid || a->psn != psn)
			continue;
		atomic_answer(qp, psn, a->old);
		return true;
	}
	return false;
}

static enum verdict atomic_execute(struct cx_qp *qp, const struct ib_pkt *pkt,
				   uint64_t addr)
{
	struct cx_atomic_done *a = &qp->rq.atomics[qp->rq.next_atomic];
	struct cx *cx = qp->obj.cx;
	uint32_t gen = cx->gen;
	uint64_t old = 0;
	int ret;

	if (pkt->op == IB_OP_ATOMIC_CAS)
		ret = pci_dma_cmpswap64(&cx->pci, addr, pkt->compare,
					pkt->swap_add, &old);
	else
		ret = pci_dma_fetchadd64(&cx->pci, addr, pkt->swap_add, &old);
	if (gen != cx->gen || qp->dead)
		return V_DEAD;
	if (ret) {
		cx->stat.dma_errors++;
		return V_NAK_OP;
	}
	cx->stat.atomics++;
	*a = (struct cx_atomic_done){
		.valid = true, .psn = pkt->psn, .old = old,
	};
	qp->rq.next_atomic = (qp->rq.next_atomic + 1) % CX_MAX_RDMA_READS;
	atomic_answer(qp, pkt->psn, old);
	return V_DONE;
}

static enum verdict do_atomic(struct cx_qp *qp, struct ib_pkt *pkt)
{
	const struct cx_accessor who = {
		.pd = access_pd(qp, pkt), .qpn = qp->obj.num,
		.access = CX_ACC_ATOMIC,
	};
	struct cx_run run;

	if (!(qp->access & CX_ACC_ATOMIC) || pkt->va % 8)
		return V_NAK_INV;
	if (qp->rq.fault && qp->rq.fault->state == CX_FAULT_FAILED)
		return V_NAK_ACCESS;
	switch (cx_xlt_run(qp->obj.cx, &who, pkt->rkey, pkt->va, 8, &run)) {
	case CX_XLT_OK:
		break;
	case CX_XLT_FAULT:
		return resp_fault(qp, pkt, &run, false);
	default:
		return V_NAK_ACCESS;
	}
	cx_odp_done(qp->obj.cx, &qp->rq.fault);
	if (run.len < 8)
		return V_NAK_INV;
	return atomic_execute(qp, pkt, run.addr);
}

/* ---- the packet ---- */
static bool lengths_ok(const struct ib_pkt *pkt)
{
	bool data = pkt->op == IB_OP_SEND || pkt->op == IB_OP_WRITE;

	return pkt->len <= IB_WIRE_SEGMENT && pkt->offset <= pkt->msg_len &&
	       pkt->len <= pkt->msg_len - pkt->offset &&
	       (!data || pkt->len <= pkt->room);
}

/* SEND and WRITE come as first, middle and last segments. */
static bool in_sequence(const struct cx_qp *qp, const struct ib_pkt *pkt)
{
	bool first = pkt->flags & IB_PKT_FIRST;

	if (pkt->op != IB_OP_SEND && pkt->op != IB_OP_WRITE)
		return !qp->rq.in_message;
	if (first)
		return !qp->rq.in_message;
	return qp->rq.in_message && qp->rq.cur_op == pkt->op;
}

static enum verdict execute(struct cx_qp *qp, struct ib_pkt *pkt)
{
	switch (pkt->op) {
	case IB_OP_SEND:
		return do_send(qp, pkt);
	case IB_OP_WRITE:
		return do_write(qp, pkt);
	case IB_OP_READ_REQ:
		return do_read(qp, pkt);
	case IB_OP_ATOMIC_CAS:
	case IB_OP_ATOMIC_FAA:
		return do_atomic(qp, pkt);
	default:
		return V_NAK_INV;
	}
}

static void accept(struct cx_qp *qp, const struct ib_pkt *pkt)
{
	if (pkt->psn != qp->rq.epsn)
		return;		/* a READ repeated */
	qp->rq.epsn = cx_psn_add(qp->rq.epsn, 1);
	qp->rq.nak_sent = false;
	if (pkt->op == IB_OP_SEND || pkt->op == IB_OP_WRITE) {
		qp->rq.cur_op = pkt->op;
		qp->rq.in_message = !(pkt->flags & IB_PKT_LAST);
		/* A requester that was told to wait goes on by this. */
		if (pkt->flags & IB_PKT_ACK_REQ || qp->rq.told_to_wait)
			answer(qp, IB_AETH_ACK, pkt->psn);
	}
}

static void nak(struct cx_qp *qp, const struct ib_pkt *pkt, enum verdict v)
{
	static const uint8_t aeth[] = {
		[V_NAK_INV] = IB_AETH_NAK_INV_REQ,
		[V_NAK_ACCESS] = IB_AETH_NAK_ACCESS,
		[V_NAK_OP] = IB_AETH_NAK_OP,
	};
	uint8_t event = v == V_NAK_INV ? CX_EVENT_WQ_INVAL_REQ :
					 CX_EVENT_WQ_ACCESS;
	uint32_t psn = pkt->psn;

	trace(resp, "%s: QP %#x: op %u psn %u rkey %#x va %#llx: NAK %u",
	      qp->obj.cx->pci.name, qp->obj.num, pkt->op, psn, pkt->rkey,
	      (unsigned long long)pkt->va, aeth[v]);
	answer(qp, aeth[v], psn);
	if (pkt->op == IB_OP_SEND)
		cx_qp_error(qp);
	else
		cx_qp_error_event(qp, event);
}

/* A datagram or UC message that cannot be received is lost, nothing more. */
static enum verdict unreliable(struct cx_qp *qp, enum verdict v)
{
	if (cx_qp_reliable(qp) || v == V_DONE || v == V_WAIT || v == V_DEAD)
		return v;
	qp->obj.cx->stat.pkt_drop++;
	qp->rq.in_message = false;
	return V_DROP;
}

static void release_held(struct cx_qp *qp)
{
	ib_pkt_free(qp->rq.held);
	qp->rq.held = NULL;
	qp->rq.done = 0;
	qp->rq.told_to_wait = false;
	ib_pkt_free(qp->rq.reply);
	qp->rq.reply = NULL;
	cx_odp_done(qp->obj.cx, &qp->rq.fault);
}

/* Works on the held packet until it is done or meets a fault. */
static void resp_run(struct cx_qp *qp)
{
	struct ib_pkt *pkt = qp->rq.held;
	enum verdict v = unreliable(qp, execute(qp, pkt));

	if (v == V_DEAD || qp->dead || qp->state == CX_QPS_ERR)
		return;
	switch (v) {
	case V_WAIT:
		qp->rq.told_to_wait = true;
		answer(qp, IB_AETH_NOT_READY, pkt->psn);
		return;
	case V_DONE:
		accept(qp, pkt);
		break;
	case V_RNR:
		qp->obj.cx->stat.rnr_naks++;
		answer(qp, IB_AETH_RNR, pkt->psn);
		break;
	case V_DROP:
		qp->rq.epsn = cx_psn_add(pkt->psn, 1);
		break;
	default:
		nak(qp, pkt, v);
		return;		/* the error state released it */
	}
	release_held(qp);
}

static void resp_work(struct loop_work *work)
{
	struct cx_qp *qp = pci_container_of(work, struct cx_qp, rq.work);

	if (qp->rq.held && (!qp->rq.fault ||
			    qp->rq.fault->state != CX_FAULT_PENDING))
		resp_run(qp);
}

static void duplicate(struct cx_qp *qp, struct ib_pkt *pkt)
{
	qp->obj.cx->stat.pkt_dup++;
	if (pkt->op == IB_OP_READ_REQ) {
		qp->rq.held = pkt;
		resp_run(qp);
		return;
	}
	if (pkt->op == IB_OP_ATOMIC_CAS || pkt->op == IB_OP_ATOMIC_FAA)
		atomic_repeat(qp, pkt->psn);
	else
		answer(qp, IB_AETH_ACK, cx_psn_add(qp->rq.epsn, -1));
	ib_pkt_free(pkt);
}

static void drop(struct cx_qp *qp, struct ib_pkt *pkt)
{
	qp->obj.cx->stat.pkt_drop++;
	ib_pkt_free(pkt);
}

static void out_of_order(struct cx_qp *qp, struct ib_pkt *pkt)
{
	if (!qp->rq.nak_sent) {
		qp->obj.cx->stat.nak_seq++;
		answer(qp, IB_AETH_NAK_SEQ, qp->rq.epsn);
	}
	qp->rq.nak_sent = true;
	drop(qp, pkt);
}

static void request_reliable(struct cx_qp *qp, struct ib_pkt *pkt)
{
	int32_t d = cx_psn_diff(pkt->psn, qp->rq.epsn);

	if (qp->rq.held) {
		if (pkt->psn == qp->rq.held->psn)
			answer(qp, IB_AETH_NOT_READY, pkt->psn);
		drop(qp, pkt);
	} else if (d < 0) {
		duplicate(qp, pkt);
	} else if (d > 0) {
		out_of_order(qp, pkt);
	} else {
		qp->rq.held = pkt;
		if (in_sequence(qp, pkt))
			resp_run(qp);
		else
			nak(qp, pkt, V_NAK_INV);
	}
}

static void request_unreliable(struct cx_qp *qp, struct ib_pkt *pkt)
{
	bool first = pkt->flags & IB_PKT_FIRST;

	if (qp->rq.held || (cx_qp_datagram(qp) && !cx_ud_accept(qp, pkt))) {
		drop(qp, pkt);
		return;
	}
	if (!cx_qp_datagram(qp) && first) {
		qp->rq.in_message = false;
		qp->rq.epsn = pkt->psn;
	}
	if (!cx_qp_datagram(qp) &&
	    (pkt->psn != qp->rq.epsn || !in_sequence(qp, pkt))) {
		qp->rq.in_message = false;
		drop(qp, pkt);
		return;
	}
	qp->rq.held = pkt;
	if (cx_qp_datagram(qp))
		qp->rq.epsn = pkt->psn;
	resp_run(qp);
}

void cx_resp_request(struct cx_qp *qp, struct ib_pkt *pkt)
{
	bool ready = qp->state == CX_QPS_RTR || qp->state == CX_QPS_RTS ||
		     qp->state == CX_QPS_SQD;

	trace(resp, "%s: QP %#x op %u psn %u (expected %u) offset %u len %u of %u",
	      qp->obj.cx->pci.name, qp->obj.num, pkt->op, pkt->psn,
	      qp->rq.epsn, pkt->offset, pkt->len, pkt->msg_len);
	if (!ready || !lengths_ok(pkt))
		drop(qp, pkt);
	else if (cx_qp_reliable(qp))
		request_reliable(qp, pkt);
	else
		request_unreliable(qp, pkt);
}
