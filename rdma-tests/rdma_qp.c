// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "rdma_qp.h"
#include "tap.h"

#define INIT	(IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT)
#define PATH	(IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | \
		 IBV_QP_RQ_PSN)
#define ANSWERS	(IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER)
#define RETRIES	(IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | \
		 IBV_QP_MAX_QP_RD_ATOMIC)
#define SEND	(IBV_QP_STATE | IBV_QP_SQ_PSN)

static const struct rdma_qp_masks masks[] = {
	{ IBV_QPT_RC, INIT | IBV_QP_ACCESS_FLAGS, PATH | ANSWERS, SEND | RETRIES },
	{ IBV_QPT_UC, INIT | IBV_QP_ACCESS_FLAGS, PATH, SEND },
	{ IBV_QPT_UD, INIT | IBV_QP_QKEY, IBV_QP_STATE, SEND },
	{ IBV_QPT_XRC_SEND, INIT | IBV_QP_ACCESS_FLAGS, PATH, SEND | RETRIES },
	{ IBV_QPT_XRC_RECV, INIT | IBV_QP_ACCESS_FLAGS, PATH | ANSWERS,
	  SEND | IBV_QP_TIMEOUT },
	{ }
};

const struct rdma_qp_masks *rdma_qp_masks(const struct ibv_qp *qp)
{
	const struct rdma_qp_masks *m = masks;

	while (m->init && m->type != qp->qp_type)
		m++;
	return m;
}

static bool rdma_qp_is_xrc(const struct rdma_pair *pair)
{
	return pair->spec.type == IBV_QPT_XRC_SEND;
}

struct ibv_qp *rdma_qp_create(struct rdma_pair *pair, int end)
{
	unsigned int sges = pair->spec.sges ? pair->spec.sges : 1;
	bool xrc = rdma_qp_is_xrc(pair);
	struct ibv_qp_init_attr_ex init = {
		.qp_type = xrc && end ? IBV_QPT_XRC_RECV : pair->spec.type,
		.comp_mask = xrc && end ? IBV_QP_INIT_ATTR_XRCD :
					  IBV_QP_INIT_ATTR_PD,
		.pd = pair->pd, .xrcd = pair->xrcd,
		.send_cq = pair->cq[end], .recv_cq = pair->cq[end],
		.srq = end && !xrc ? pair->srq : NULL,
		.cap = { RDMA_PAIR_DEPTH, RDMA_PAIR_RECVS, sges, sges,
			 pair->spec.inline_bytes },
	};

	if (xrc)
		init.cap.max_recv_wr = init.cap.max_recv_sge = 0;
	return ibv_create_qp_ex(pair->ctx, &init);
}

static bool rdma_qp_open_srq(struct rdma_pair *pair)
{
	bool xrc = rdma_qp_is_xrc(pair);
	struct ibv_srq_init_attr_ex init = {
		.attr = { RDMA_PAIR_RECVS, pair->spec.sges ? pair->spec.sges : 1, 0 },
		.comp_mask = IBV_SRQ_INIT_ATTR_TYPE | IBV_SRQ_INIT_ATTR_PD,
		.srq_type = xrc ? IBV_SRQT_XRC : IBV_SRQT_BASIC,
		.pd = pair->pd,
	};

	if (xrc) {
		init.comp_mask |= IBV_SRQ_INIT_ATTR_XRCD | IBV_SRQ_INIT_ATTR_CQ;
		init.xrcd = pair->xrcd;
		init.cq = pair->cq[1];
	}
	pair->srq = ibv_create_srq_ex(pair->ctx, &init);
	if (!tap_check(pair->srq, "create SRQ: %s", strerror(errno)))
		return false;
	return !xrc || tap_check(!ibv_get_srq_num(pair->srq, &pair->srq_num),
				 "number of the SRQ");
}

bool rdma_qp_open_shared(struct rdma_pair *pair)
{
	struct ibv_xrcd_init_attr init = {
		.comp_mask = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS,
		.fd = -1, .oflags = O_CREAT,
	};

	if (rdma_qp_is_xrc(pair)) {
		pair->xrcd = ibv_open_xrcd(pair->ctx, &init);
		if (!tap_check(pair->xrcd, "XRC domain: %s", strerror(errno)))
			return false;
	}
	return (!pair->xrcd && !pair->spec.srq) || rdma_qp_open_srq(pair);
}

void rdma_qp_close_shared(struct rdma_pair *pair)
{
	if (pair->srq)
		ibv_destroy_srq(pair->srq);
	if (pair->xrcd)
		ibv_close_xrcd(pair->xrcd);
}

void rdma_qp_address(const struct rdma_pair *pair, struct ibv_send_wr *wr)
{
	if (pair->spec.type == IBV_QPT_UD) {
		wr->wr.ud.ah = pair->ah;
		wr->wr.ud.remote_qpn = pair->qp[1]->qp_num;
		wr->wr.ud.remote_qkey = RDMA_QP_QKEY;
	}
	if (rdma_qp_is_xrc(pair))
		wr->qp_type.xrc.remote_srqn = pair->srq_num;
}
