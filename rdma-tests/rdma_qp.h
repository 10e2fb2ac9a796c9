/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between the kinds of queue pairs; used by rdma_pair.c only. */
#ifndef RDMA_QP_H
#define RDMA_QP_H

#include "rdma_pair.h"

#define RDMA_QP_QKEY	0x11223344

/* Attributes that each step of ibv_modify_qp() must have. */
struct rdma_qp_masks {
	enum ibv_qp_type type;
	int init, rtr, rts;
};

const struct rdma_qp_masks *rdma_qp_masks(const struct ibv_qp *qp);

/* Queue pair 0 or 1 of @pair, whose CQs and shared objects are there. */
struct ibv_qp *rdma_qp_create(struct rdma_pair *pair, int end);

/* XRC domain and shared receive queue, as far as the spec wants them. */
bool rdma_qp_open_shared(struct rdma_pair *pair);
void rdma_qp_close_shared(struct rdma_pair *pair);

/* Where @wr goes, if its kind of queue pair has every request say so. */
void rdma_qp_address(const struct rdma_pair *pair, struct ibv_send_wr *wr);

#endif
