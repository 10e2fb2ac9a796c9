// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Send queues: fetching WQEs, the ring of those in flight, completion and
 * flush.  Transport is in cx_req.c.
 *
 * Source: drivers/infiniband/hw/mlx5/wr.c, cq.c (counters, completion).
 */
#include <errno.h>
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_cq.h"
#include "connectx/cx_eq.h"
#include "connectx/cx_ifc.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_req.h"
#include "connectx/cx_sq.h"
#include "connectx/cx_umr.h"
#include "connectx/cx_wqe.h"

TRACE_CATEGORY(sq, "hca.sq");

#define FLUSH_PER_WAKEUP	64
#define DBR_SQ			4	/* byte offset in the record */

static void sq_work(struct loop_work *work);

void cx_sq_init(struct cx_qp *qp)
{
	qp->sq.work.fn = sq_work;
	qp->sq.timer.fn = cx_req_timer;
}

void cx_sq_start(struct cx_qp *qp, uint32_t psn)
{
	qp->sq.una = psn;
	qp->sq.nxt = psn;
	qp->sq.top = psn;
}

void cx_sq_abort(struct cx_qp *qp)
{
	loop_timer_cancel(qp->obj.cx->pci.loop, &qp->sq.timer);
	cx_req_abort(qp);
	qp->sq.wait = CX_WAIT_NONE;
}

void cx_sq_reset(struct cx_qp *qp)
{
	struct cx_inflight *ring = qp->sq.ring;

	loop_work_cancel(qp->obj.cx->pci.loop, &qp->sq.work);
	cx_sq_abort(qp);
	qp->sq = (struct cx_sq){ .ring = ring };
	cx_sq_init(qp);
}

void cx_sq_kick(struct cx_qp *qp)
{
	if (!qp->dead)
		loop_work_queue(qp->obj.cx->pci.loop, &qp->sq.work);
}

struct cx_inflight *cx_sq_at(struct cx_qp *qp, unsigned int i)
{
	return &qp->sq.ring[(qp->sq.head + i) % CX_INFLIGHT];
}

struct cx_inflight *cx_sq_by_psn(struct cx_qp *qp, uint32_t psn)
{
	for (unsigned int i = 0; i < qp->sq.count; i++) {
		struct cx_inflight *f = cx_sq_at(qp, i);
		int32_t d = cx_psn_diff(psn, f->psn);

		if (f->psns && d >= 0 && (uint32_t)d < f->psns)
			return f;
	}
	return NULL;
}

static void sq_post(struct cx_qp *qp, const struct cx_wqe *wqe,
		    uint8_t syndrome)
{
	struct cx_cqe cqe = {
		.opcode = syndrome ? CX_CQE_REQ_ERR : CX_CQE_REQ,
		.syndrome = syndrome,
		.user_index = qp->user_index,
		.qpn = qp->obj.num,
		.wqe_opcode = wqe->opcode,
		.wqe_counter = wqe->index,
		.byte_count = cx_op_is_read(wqe->opcode) ? wqe->len : 0,
	};

	if (!syndrome && !wqe->signaled)
		return;
	if (!cx_cq_post(qp->obj.cx, qp->cqn_snd, &cqe))
		cx_qp_error(qp);
}

void cx_sq_complete(struct cx_qp *qp, uint8_t syndrome)
{
	struct cx_inflight *f = cx_sq_at(qp, 0);

	qp->sq.head = (qp->sq.head + 1) % CX_INFLIGHT;
	qp->sq.count--;
	qp->sq.ci = f->wqe.index + f->wqe.bbs;
	trace(sq, "%s: QP %#x wqe %u op %#x done: %#x",
	      qp->obj.cx->pci.name, qp->obj.num, f->wqe.index, f->wqe.opcode,
	      syndrome);
	sq_post(qp, &f->wqe, syndrome);
	if (syndrome)
		cx_qp_error(qp);
}

/* The producer counter, in blocks; -errno. */
static int sq_read_pi(struct cx_qp *qp)
{
	struct cx *cx = qp->obj.cx;
	uint8_t rec[4];
	uint16_t pi;
	int ret = cx_dma_read(cx, qp->dbr + DBR_SQ, rec, sizeof(rec));

	if (ret)
		return ret;
	pi = cx_be32(rec);
	if ((uint16_t)(pi - qp->sq.ci) > 1u << qp->log_sq) {
		cx_guest_error(cx, "QP %#x: producer %u consumer %u of %u",
			       qp->obj.num, pi, qp->sq.ci, 1u << qp->log_sq);
		return -EINVAL;
	}
	qp->sq.pi = pi;
	return 0;
}

/* PSNs that @wqe takes on the wire. */
static uint32_t wqe_psns(const struct cx_wqe *wqe)
{
	if (wqe->len <= IB_WIRE_SEGMENT)
		return 1;
	return (wqe->len + IB_WIRE_SEGMENT - 1) / IB_WIRE_SEGMENT;
}

static void sq_number(struct cx_qp *qp, struct cx_inflight *f)
{
	f->barrier = false;
	f->psn = qp->sq.top;
	f->psns = wqe_psns(&f->wqe);
	qp->sq.top = cx_psn_add(qp->sq.top, f->psns);
}

static void sq_catastrophe(struct cx_qp *qp, int err)
{
	if (err != -ECANCELED)
		cx_qp_error_event(qp, CX_EVENT_WQ_CATAS);
}

/* Puts the next posted WQE into the ring.  False: there is none, or error. */
static bool sq_fetch(struct cx_qp *qp)
{
	struct cx *cx = qp->obj.cx;
	struct cx_inflight *f;
	int ret = 0;

	if (qp->sq.count == CX_INFLIGHT)
		return false;
	if (qp->sq.fetched == qp->sq.pi)
		ret = sq_read_pi(qp);
	if (!ret && qp->sq.fetched == qp->sq.pi)
		return false;
	if (!ret && !qp->sq.ring) {
		qp->sq.ring = malloc(CX_INFLIGHT * sizeof(*qp->sq.ring));
		ret = qp->sq.ring ? 0 : -ENOMEM;
	}
	if (ret) {
		sq_catastrophe(qp, ret);
		return false;
	}
	f = cx_sq_at(qp, qp->sq.count);
	f->psns = 0;
	f->delayed = false;
	ret = cx_wqe_decode(cx, qp, qp->sq.fetched, &f->wqe);
	if (ret < 0) {
		sq_catastrophe(qp, ret);
		return false;
	}
	cx->stat.wqes++;
	qp->sq.fetched += f->wqe.bbs;
	qp->sq.count++;
	f->syndrome = ret;
	f->barrier = ret || f->wqe.fence || cx_op_is_local(f->wqe.opcode);
	if (ret)
		cx_guest_error(cx, "QP %#x: WQE %u makes no sense (%#x)",
			       qp->obj.num, f->wqe.index, ret);
	if (!f->barrier)
		sq_number(qp, f);
	return true;
}

static uint8_t sq_execute_local(struct cx_qp *qp, const struct cx_wqe *wqe)
{
	switch (wqe->opcode) {
	case CX_OP_UMR:
		return cx_umr_execute(qp->obj.cx, qp, wqe);
	case CX_OP_LOCAL_INV:
		return cx_umr_local_inv(qp->obj.cx, qp, wqe->imm);
	default:
		return CX_SYN_NONE;
	}
}

static bool sq_inject_delay(struct cx_qp *qp, struct cx_inflight *f)
{
	uint64_t ns = qp->obj.cx->inject.delay_umr_ns;

	if (!ns || f->delayed || f->wqe.opcode != CX_OP_UMR)
		return false;
	f->delayed = true;
	cx_req_wait(qp, CX_WAIT_UMR, ns);
	return true;
}

/* The youngest WQE waits for all others.  False: it still has to. */
static bool sq_pass_barrier(struct cx_qp *qp, struct cx_inflight *f)
{
	uint8_t syndrome = f->syndrome;

	if (qp->sq.count > 1)
		return false;
	if (!syndrome && !cx_op_is_local(f->wqe.opcode)) {
		sq_number(qp, f);
		return true;
	}
	if (!syndrome && sq_inject_delay(qp, f))
		return false;
	if (!syndrome)
		syndrome = sq_execute_local(qp, &f->wqe);
	if (!qp->dead)
		cx_sq_complete(qp, syndrome);
	return true;
}

/* One step of progress; false if there is none to be made now. */
static bool sq_step(struct cx_qp *qp)
{
	struct cx_inflight *last;

	if (qp->dead || qp->state != CX_QPS_RTS || qp->sq.wait ||
	    !qp->sq.rung)
		return false;
	if (qp->sq.nxt != qp->sq.top)
		return cx_req_send(qp);
	if (!qp->sq.count)
		return sq_fetch(qp);
	last = cx_sq_at(qp, qp->sq.count - 1);
	return last->barrier ? sq_pass_barrier(qp, last) : sq_fetch(qp);
}

static void sq_work(struct loop_work *work)
{
	struct cx_qp *qp = pci_container_of(work, struct cx_qp, sq.work);
	uint64_t end = loop_now_ns() + CX_WAKEUP_NS;

	if (qp->state == CX_QPS_ERR) {
		cx_qp_flush(qp);
		return;
	}
	while (sq_step(qp)) {
		if (loop_now_ns() < end)
			continue;
		cx_sq_kick(qp);
		return;
	}
}

bool cx_sq_flush(struct cx_qp *qp)
{
	struct cx_wqe wqe = { .bbs = 1 };
	int n;

	while (qp->sq.count && !qp->dead)
		cx_sq_complete(qp, CX_SYN_FLUSH);
	if (qp->dead || !qp->sq.rung || sq_read_pi(qp))
		return false;
	for (n = 0; n < FLUSH_PER_WAKEUP && qp->sq.fetched != qp->sq.pi; n++) {
		int bbs = cx_wqe_blocks(qp->obj.cx, qp, qp->sq.fetched);

		if (bbs < 0 || qp->dead)
			return false;
		wqe.index = qp->sq.fetched;
		wqe.bbs = bbs;
		qp->sq.fetched += bbs;
		qp->sq.ci = qp->sq.fetched;
		sq_post(qp, &wqe, CX_SYN_FLUSH);
		if (qp->dead || (int16_t)(qp->sq.pi - qp->sq.fetched) < 0)
			return false;
	}
	return n == FLUSH_PER_WAKEUP;
}
