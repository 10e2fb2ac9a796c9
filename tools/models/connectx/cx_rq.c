// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Receive queues of queue pairs: WQEs are arrays of data segments, a segment
 * with the terminating key ends them.  Posting rings no doorbell; the producer
 * counter is in the doorbell record.
 *
 * Source: drivers/infiniband/hw/mlx5/wr.c (mlx5_ib_post_recv), rdma-core
 * providers/mlx5/qp.c, include/linux/mlx5/qp.h.
 */
#include <errno.h>

#include "connectx/cx_eq.h"
#include "connectx/cx_ifc.h"
#include "connectx/cx_rq.h"
#include "connectx/cx_srq.h"

#define SEG		16u
#define TERMINATE_KEY	0x100u
#define FLUSH_PER_WAKEUP 64

static enum cx_recv_result dma_result(int ret)
{
	return ret == -ECANCELED ? CX_RECV_RESET : CX_RECV_BROKEN;
}

bool cx_rq_decode_sges(const uint8_t *seg, uint32_t bytes,
		       struct cx_recv *recv)
{
	recv->sges = 0;
	recv->room = 0;
	for (uint32_t at = 0; at + SEG <= bytes; at += SEG, seg += SEG) {
		struct cx_sge *sge = &recv->sge[recv->sges];

		*sge = (struct cx_sge) {
			.len = cx_be32(seg),
			.key = cx_be32(seg + 4),
			.va = cx_be64(seg + 8),
		};
		if (!sge->len && sge->key == TERMINATE_KEY && !sge->va)
			return true;
		if (sge->len & 0x80000000u)
			return false;	/* inline makes no sense here */
		if (!sge->len)
			sge->len = 0x80000000u;
		recv->room += sge->len;
		recv->sges++;
	}
	return true;
}

static enum cx_recv_result rq_read(struct cx *cx, struct cx_qp *qp,
				   struct cx_recv *recv)
{
	uint32_t stride = 16u << qp->log_rq_stride;
	uint64_t at = (uint64_t)(qp->rq.ci & ((1u << qp->log_rq) - 1)) * stride;
	uint32_t len = stride < CX_MAX_WQE_RQ ? stride : CX_MAX_WQE_RQ;
	uint8_t raw[CX_MAX_WQE_RQ];
	int ret = cx_buf_read(cx, &qp->buf, at, raw, len);

	if (ret)
		return dma_result(ret);
	return cx_rq_decode_sges(raw, len, recv) ? CX_RECV_OK : CX_RECV_BROKEN;
}

/* Number of posted, unused WQEs or -errno. */
static int rq_posted(struct cx *cx, struct cx_qp *qp)
{
	uint8_t rec[4];
	uint16_t n;
	int ret = cx_dma_read(cx, qp->dbr, rec, sizeof(rec));

	if (ret)
		return ret;
	n = (uint16_t)cx_be32(rec) - qp->rq.ci;
	if (n <= 1u << qp->log_rq)
		return n;
	cx_guest_error(cx, "QP %#x: %u receives posted, queue has %u",
		       qp->obj.num, n, 1u << qp->log_rq);
	return -EINVAL;
}

static enum cx_recv_result rq_take_own(struct cx *cx, struct cx_qp *qp,
				       struct cx_recv *recv)
{
	enum cx_recv_result ret;
	int n = rq_posted(cx, qp);

	if (n < 0)
		return dma_result(n);
	if (!n)
		return CX_RECV_EMPTY;
	ret = rq_read(cx, qp, recv);
	if (ret == CX_RECV_RESET)
		return ret;
	recv->index = qp->rq.ci++;
	recv->from_srq = false;
	recv->cqn = qp->cqn_rcv;
	recv->user_index = qp->user_index;
	recv->pd = qp->pd;
	recv->valid = true;
	return ret;
}

enum cx_recv_result cx_rq_take(struct cx *cx, struct cx_qp *qp,
			       uint32_t srqn, struct cx_recv *recv)
{
	recv->valid = false;
	if (qp->st == CX_ST_XRC)
		return cx_srq_take(cx, qp, srqn, recv);
	if (qp->has_srq)
		return cx_srq_take(cx, qp, qp->srqn, recv);
	return qp->has_rq ? rq_take_own(cx, qp, recv) : CX_RECV_EMPTY;
}

bool cx_rq_complete(struct cx *cx, struct cx_qp *qp, struct cx_recv *recv,
		    struct cx_cqe *cqe)
{
	cqe->user_index = recv->user_index;
	cqe->qpn = qp->obj.num;
	cqe->wqe_counter = recv->index;
	recv->valid = false;
	return cx_cq_post(cx, recv->cqn, cqe);
}

static bool flush_one(struct cx *cx, struct cx_qp *qp, struct cx_recv *recv)
{
	struct cx_cqe cqe = {
		.opcode = CX_CQE_RESP_ERR, .syndrome = CX_SYN_FLUSH,
	};

	return cx_rq_complete(cx, qp, recv, &cqe);
}

bool cx_rq_flush(struct cx *cx, struct cx_qp *qp)
{
	struct cx_recv recv = { .valid = false };

	if (qp->rq.cur.valid && !flush_one(cx, qp, &qp->rq.cur))
		return false;
	if (!qp->has_rq)
		return false;
	for (int i = 0; i < FLUSH_PER_WAKEUP; i++) {
		rq_take_own(cx, qp, &recv);
		if (!recv.valid || !flush_one(cx, qp, &recv))
			return false;
	}
	return true;
}
