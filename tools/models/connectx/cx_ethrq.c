// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ethernet receive queues: frames from the wire through steering to buffers.
 *
 * WQEs are arrays of data segments, as on queue pairs.  The completion says
 * what the checksums were and carries the sum of the IP packet, without padding
 * behind it, and the VLAN tag, which is taken out of the frame.
 *
 * Source: core/en_rx.c (what is read from a completion), core/en/params.c and
 * core/en_main.c (queue contexts), struct mlx5_cqe64, mlx5_ifc.h.
 */
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_cq.h"
#include "connectx/cx_ethrq.h"
#include "connectx/cx_flow.h"
#include "connectx/cx_inject.h"
#include "connectx/cx_mem.h"
#include "connectx/cx_rq.h"
#include "connectx/cx_tir.h"

TRACE_CATEGORY(ethrq, "hca.ethrq");

#define WQ_CYCLIC	1
#define MEMORY_INLINE	0
#define LOG_STRIDE_MIN	4
#define LOG_STRIDE_MAX	9	/* CX_MAX_WQE_RQ */

#define SEG		16u
#define START_PADDING	0x80	/* of the first byte */

#define CSUM_L2_OK	0x01	/* hds_ip_ext */
#define CSUM_L3_OK	0x02
#define CSUM_L4_OK	0x04
#define HAS_VLAN	0x01	/* l4_l3_hdr_type */
#define TYPE_L3_SHIFT	2
#define TYPE_L4_SHIFT	4

static struct cx_ethrq *rq_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_ethrq *)cx_tbl_get(&cx->ethrqs, num);
}

/* ---- buffers ---- */
static bool rq_posted(struct cx *cx, const struct cx_ethrq *rq)
{
	uint8_t rec[4];
	uint16_t n;

	if (cx_dma_read(cx, rq->dbr, rec, sizeof(rec)))
		return false;
	n = (uint16_t)cx_be32(rec) - rq->ci;
	if (n > 1u << rq->log_size)
		cx_guest_error(cx, "RQ %u: %u receives posted, queue has %u",
			       rq->obj.num, n, 1u << rq->log_size);
	return n && n <= 1u << rq->log_size;
}

/* Bit 31 of a length asks for padding to a cache line, which changes nothing. */
static bool rq_decode(uint8_t *raw, uint32_t len, struct cx_recv *recv)
{
	for (uint32_t at = 0; at < len; at += SEG)
		raw[at] &= ~START_PADDING;
	return cx_rq_decode_sges(raw, len, recv);
}

static bool rq_take(struct cx *cx, struct cx_ethrq *rq, struct cx_recv *recv)
{
	uint32_t stride = 1u << rq->log_stride;
	uint32_t slot = rq->ci & ((1u << rq->log_size) - 1);
	uint8_t raw[CX_MAX_WQE_RQ];

	if (!rq_posted(cx, rq) ||
	    cx_buf_read(cx, &rq->buf, (uint64_t)slot * stride, raw, stride) ||
	    !rq_decode(raw, stride, recv))
		return false;
	recv->index = rq->ci++;
	return true;
}

static bool rq_store(struct cx *cx, const struct cx_ethrq *rq,
		     const struct cx_recv *recv, uint8_t *data, uint32_t len)
{
	const struct cx_accessor who = {
		.pd = rq->pd, .qpn = rq->obj.num,
		.access = CX_ACC_LOCAL_WRITE,
	};
	struct cx_move move = {
		.who = &who, .sge = recv->sge, .sges = recv->sges,
	};

	return cx_mem_move(cx, &move, data, len, true) == CX_MEM_OK;
}

/* ---- completion ---- */
static void describe(const struct cx_frame *f, struct cx_cqe *cqe)
{
	static const uint8_t l3[] = { [4] = 2, [6] = 1 };
	uint32_t l2 = CX_ETH_HEADER + (f->vlan ? 4 : 0);
	uint32_t end = f->ip_version ? cx_frame_ip_end(f) : f->len;

	cqe->eth = true;
	cqe->csum_ok = CSUM_L2_OK | (cx_frame_l3_ok(f) ? CSUM_L3_OK : 0) |
		       (cx_frame_l4_ok(f) ? CSUM_L4_OK : 0);
	cqe->check_sum = cx_frame_sum(f->data + l2, end - l2, 0);
	cqe->hdr_type = f->ip_version ? l3[f->ip_version] << TYPE_L3_SHIFT : 0;
	if (f->l4)
		cqe->hdr_type |= (f->proto == IP_TCP ? 1 : 2) << TYPE_L4_SHIFT;
}

/* Takes the tag out of @copy, a copy of the frame's bytes. */
static uint32_t strip_vlan(const struct cx_frame *f, struct cx_cqe *cqe,
			   uint8_t *copy)
{
	cqe->hdr_type |= HAS_VLAN;
	cqe->vlan = f->tci;
	memmove(copy + 12, copy + 16, f->len - 16);
	return f->len - 4;
}

static void rq_receive(struct cx *cx, struct cx_ethrq *rq,
		       const struct cx_frame *f, uint32_t tag)
{
	struct cx_cqe cqe = { .opcode = CX_CQE_RESP_SEND };
	static uint8_t copy[CX_FRAME_MAX];
	struct cx_recv recv;
	uint32_t gen = cx->gen;

	memcpy(copy, f->data, f->len);
	describe(f, &cqe);
	cqe.byte_count = f->len;
	if (f->vlan && !rq->keep_vlan)
		cqe.byte_count = strip_vlan(f, &cqe, copy);
	if (!rq_take(cx, rq, &recv)) {
		if (gen == cx->gen)
			cx->stat.eth_no_buffer++;
		return;
	}
	if (cqe.byte_count > recv.room ||
	    !rq_store(cx, rq, &recv, copy, cqe.byte_count)) {
		cqe.opcode = CX_CQE_RESP_ERR;
		cqe.syndrome = cqe.byte_count > recv.room ?
			       CX_SYN_LOCAL_LENGTH : CX_SYN_LOCAL_PROT;
	}
	if (gen != cx->gen)
		return;
	cqe.user_index = rq->user_index;
	cqe.qpn = tag;
	cqe.wqe_counter = recv.index;
	if (!cx_cq_post(cx, rq->cqn, &cqe) || cqe.opcode == CX_CQE_RESP_ERR)
		rq->state = CX_ETHQ_ERR;
	cx->stat.eth_rx++;
	cx->stat.eth_rx_bytes += f->len;
}

void cx_ethrq_frame(struct cx *cx, struct ib_pkt *pkt)
{
	struct cx_flow_hit hits[CX_FLOW_HITS];
	uint32_t gen = cx->gen;
	struct cx_frame f;
	unsigned int n;

	cx_frame_parse(&f, pkt->data, pkt->len);
	n = f.len >= CX_FRAME_MIN ? cx_flow_lookup(cx, &f, hits) : 0;
	if (!n)
		cx->stat.eth_no_rule++;
	for (unsigned int i = 0; i < n && gen == cx->gen; i++) {
		struct cx_ethrq *rq = rq_get(cx, cx_tir_rqn(cx, hits[i].tirn,
							    &f));

		trace(ethrq, "%s: frame of %u to TIR %u RQ %u", cx->pci.name,
		      f.len, hits[i].tirn, rq ? rq->obj.num : 0);
		if (rq && rq->state == CX_ETHQ_RDY)
			rq_receive(cx, rq, &f, hits[i].tag);
	}
	ib_pkt_free(pkt);
}

/* ---- commands ---- */
static void rq_free(struct cx_obj *obj)
{
	struct cx_ethrq *rq = (struct cx_ethrq *)obj;

	cx_buf_free(obj->cx, &rq->buf);
	free(rq);
}

static int rq_init(struct cx *cx, struct cx_ethrq *rq,
		   const struct cx_cmd *cmd)
{
	const void *ctx = CX_ADDR(create_rq_in, cmd->in, ctx);
	const uint8_t *wq = CX_ADDR(rqc, ctx, wq);
	uint32_t pas = wq + CX_BYTE_OFF(wq, pas) - cmd->in;

	rq->log_size = CX_GET(wq, wq, log_wq_sz);
	rq->log_stride = CX_GET(wq, wq, log_wq_stride);
	rq->dbr = CX_GET64(wq, wq, dbr_addr);
	rq->pd = CX_GET(wq, wq, pd);
	rq->cqn = CX_GET(rqc, ctx, cqn);
	rq->user_index = CX_GET(rqc, ctx, user_index);
	rq->keep_vlan = CX_GET(rqc, ctx, vsd);
	if (CX_GET(wq, wq, wq_type) != WQ_CYCLIC || rq->dbr & 3 ||
	    CX_GET(rqc, ctx, mem_rq_type) != MEMORY_INLINE ||
	    CX_GET(rqc, ctx, hairpin) || CX_GET(rqc, ctx, scatter_fcs) ||
	    rq->log_size > CX_LOG_MAX_SRQ_SZ ||
	    rq->log_stride < LOG_STRIDE_MIN || rq->log_stride > LOG_STRIDE_MAX)
		return CX_ST_BAD_PARAM;
	/* mlx5e's drop queue has no PD: a bad one shows when data is stored. */
	if (!cx_tbl_get(&cx->cqs, rq->cqn))
		return CX_ST_BAD_RES;
	return cx_buf_init(cx, &rq->buf, cmd->in + pas, cmd->in_len - pas,
			   CX_GET(wq, wq, log_wq_pg_sz),
			   CX_GET(wq, wq, page_offset),
			   1ull << (rq->log_size + rq->log_stride));
}

int cx_cmd_create_rq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ethrq *rq = calloc(1, sizeof(*rq));
	int status;

	if (!rq)
		return CX_ST_NO_RES;
	rq->obj.cx = cx;
	rq->obj.free = rq_free;
	status = rq_init(cx, rq, cmd);
	if (!status)
		status = cx_tbl_add(&cx->ethrqs, &rq->obj);
	if (status) {
		rq_free(&rq->obj);
		return status;
	}
	CX_SET(create_rq_out, cmd->out, rqn, rq->obj.num);
	return CX_ST_OK;
}

/* Other things that MODIFY_RQ may change are not announced. */
int cx_cmd_modify_rq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ethrq *rq = rq_get(cx, CX_GET(modify_rq_in, cmd->in, rqn));
	const void *ctx = CX_ADDR(modify_rq_in, cmd->in, ctx);
	uint32_t state = CX_GET(rqc, ctx, state);

	if (!rq)
		return CX_ST_BAD_RES;
	if (CX_GET(modify_rq_in, cmd->in, rq_state) != rq->state)
		return CX_ST_BAD_RES_STATE;
	if (state != CX_ETHQ_RST && state != CX_ETHQ_RDY &&
	    state != CX_ETHQ_ERR)
		return CX_ST_BAD_PARAM;
	if (cx_be64(cmd->in + CX_BYTE_OFF(modify_rq_in, modify_bitmask)) & 2)
		rq->keep_vlan = CX_GET(rqc, ctx, vsd);
	if (state == CX_ETHQ_RST)
		rq->ci = 0;
	rq->state = state;
	return CX_ST_OK;
}

int cx_cmd_destroy_rq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ethrq *rq;

	cx_inject_settle(cx);
	rq = rq_get(cx, CX_GET(destroy_rq_in, cmd->in, rqn));
	if (!rq)
		return CX_ST_BAD_RES;
	cx_tbl_remove(&cx->ethrqs, &rq->obj);
	cx_bury(cx, &rq->obj);
	return CX_ST_OK;
}

int cx_cmd_query_rq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ethrq *rq = rq_get(cx, CX_GET(query_rq_in, cmd->in, rqn));
	void *ctx = CX_ADDR(query_rq_out, cmd->out, rq_context);

	if (!rq)
		return CX_ST_BAD_RES;
	CX_SET(rqc, ctx, state, rq->state);
	CX_SET(rqc, ctx, cqn, rq->cqn);
	CX_SET(rqc, ctx, vsd, rq->keep_vlan);
	return CX_ST_OK;
}
