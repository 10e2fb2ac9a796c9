// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ethernet send queues.  A WQE is a control segment, an Ethernet segment with
 * the first bytes of the frame inline or a VLAN tag to insert, more inline
 * bytes, and data segments:
 *
 *	16	0: not used, 4: checksum flags, 6: MSS, 8: metadata
 *	28	size of the inline header, which begins at 30; or, with bit 15,
 *		a VLAN tag at 30
 *
 * Inline bytes are padded to a whole segment.  One WQE is one frame, or with
 * LSO one large TCP frame that leaves in pieces.
 *
 * Source: include/linux/mlx5/qp.h (struct mlx5_wqe_eth_seg), core/en_tx.c (how
 * WQEs are built), core/en_main.c and mlx5_ifc.h (queue contexts).
 */
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_cq.h"
#include "connectx/cx_ethsq.h"
#include "connectx/cx_frame.h"
#include "connectx/cx_inject.h"
#include "connectx/cx_mem.h"
#include "connectx/cx_vport.h"
#include "connectx/cx_wqe.h"

TRACE_CATEGORY(ethsq, "hca.ethsq");

#define WQ_CYCLIC	1
#define DBR_SQ		4
#define OP_LSO		0x0e
#define SEG		16u
#define WQE_MAX_DS	63u

#define ETH_CS_FLAGS	20u
#define ETH_MSS		22u
#define ETH_INLINE_SIZE	28u
#define ETH_INLINE	30u
#define ETH_END		32u
#define INLINE_MASK	0x3ffu
#define INSERT_VLAN	0x8000u

#define CS_L3		0x40
#define CS_L4		0x80
#define MSS_MASK	0x3fffu

struct eth_wqe {
	uint8_t raw[WQE_MAX_DS * SEG];
	uint32_t ds, inline_len;
	uint8_t opcode, cs_flags;
	bool signaled, insert_vlan;
	uint16_t index, mss, tci;
	unsigned int sges;
	struct cx_sge sge[WQE_MAX_DS];
};

static void sq_work(struct loop_work *work);

static struct cx_ethsq *sq_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_ethsq *)cx_tbl_get(&cx->ethsqs, num);
}

/* ---- WQEs ---- */
static int wqe_read(struct cx *cx, const struct cx_ethsq *sq, uint16_t block,
		    uint8_t *dst)
{
	uint32_t slot = block & ((1u << sq->log_size) - 1);

	return cx_buf_read(cx, &sq->buf, (uint64_t)slot * CX_WQEBB, dst,
			   CX_WQEBB);
}

static bool wqe_fetch(struct cx *cx, const struct cx_ethsq *sq,
		      struct eth_wqe *w)
{
	uint8_t block[CX_WQEBB];

	if (wqe_read(cx, sq, sq->ci, block))
		return false;
	w->index = sq->ci;
	w->opcode = block[3];
	w->ds = block[7] & 0x3f;
	w->signaled = (block[11] >> 2 & 3) == 2;
	for (uint32_t at = 0; at < w->ds * SEG; at += CX_WQEBB) {
		uint32_t left = w->ds * SEG - at;

		if (at && wqe_read(cx, sq, sq->ci + at / CX_WQEBB, block))
			return false;
		memcpy(w->raw + at, block, left < CX_WQEBB ? left : CX_WQEBB);
	}
	return true;
}

static bool wqe_sges(struct eth_wqe *w, uint32_t at)
{
	for (w->sges = 0; at < w->ds * SEG; at += SEG) {
		struct cx_sge *sge = &w->sge[w->sges++];

		*sge = (struct cx_sge) {
			.len = cx_be32(w->raw + at),
			.key = cx_be32(w->raw + at + 4),
			.va = cx_be64(w->raw + at + 8),
		};
		if (sge->len > CX_FRAME_MAX)
			return false;
	}
	return true;
}

static bool wqe_decode(struct eth_wqe *w)
{
	uint32_t at = ETH_END, size;

	if (w->ds * SEG < ETH_END)
		return false;
	w->cs_flags = w->raw[ETH_CS_FLAGS];
	w->mss = cx_be16(w->raw + ETH_MSS) & MSS_MASK;
	size = cx_be16(w->raw + ETH_INLINE_SIZE);
	w->insert_vlan = size & INSERT_VLAN;
	w->tci = cx_be16(w->raw + ETH_INLINE);
	w->inline_len = w->insert_vlan ? 0 : size & INLINE_MASK;
	if (w->inline_len > 2)
		at += (w->inline_len - 2 + SEG - 1) / SEG * SEG;
	return at <= w->ds * SEG && wqe_sges(w, at);
}

/* The whole frame, into @buf of CX_FRAME_MAX; its length, or 0. */
static uint32_t wqe_gather(struct cx *cx, const struct cx_ethsq *sq,
			   const struct eth_wqe *w, uint8_t *buf)
{
	const struct cx_accessor who = {
		.pd = sq->pd, .qpn = sq->obj.num, .access = CX_ACC_LOCAL_READ,
	};
	struct cx_move move = { .who = &who, .sge = w->sge, .sges = w->sges };
	uint64_t len = 0;

	for (unsigned int i = 0; i < w->sges; i++)
		len += w->sge[i].len;
	if (w->inline_len + len > CX_FRAME_MAX - 4)
		return 0;
	memcpy(buf, w->raw + ETH_INLINE, w->inline_len);
	if (len && cx_mem_move(cx, &move, buf + w->inline_len, len, false))
		return 0;
	len += w->inline_len;
	return len < CX_FRAME_MIN ? 0 : len;
}

static uint32_t insert_vlan(const struct eth_wqe *w, uint8_t *buf,
			    uint32_t len)
{
	if (!w->insert_vlan)
		return len;
	memmove(buf + 16, buf + 12, len - 12);
	cx_put_be16(buf + 12, 0x8100);
	cx_put_be16(buf + 14, w->tci);
	return len + 4;
}

/* ---- sending ---- */
static void frame_send(struct cx *cx, uint8_t cs_flags, const uint8_t *data,
		       uint32_t len)
{
	struct ib_pkt *pkt = ib_pkt_alloc(len);
	struct cx_frame f;

	if (!pkt)
		return;
	memcpy(pkt->data, data, len);
	pkt->op = IB_OP_FRAME;
	pkt->len = len;
	memcpy(pkt->eth.dmac, data, ETH_MAC);
	memcpy(pkt->eth.smac, data + ETH_MAC, ETH_MAC);
	cx_frame_parse(&f, pkt->data, len);
	if (cs_flags & CS_L4)
		cx_frame_put_l4_sum(&f);
	if (cs_flags & CS_L3)
		cx_frame_put_l3_sum(&f);
	cx->stat.eth_tx++;
	cx->stat.eth_tx_bytes += len;
	ib_wire_send(&cx->port, pkt);
}

static void send_large(struct cx *cx, const struct eth_wqe *w, uint8_t *buf,
		       uint32_t len)
{
	static uint8_t piece[CX_FRAME_MAX];
	uint32_t header = w->inline_len, n = 0, size;
	struct cx_frame f;

	cx_frame_parse(&f, buf, len);
	if (header + w->mss > cx_vport_frame_max(cx)) {
		cx->stat.eth_tx_errors++;
		return;
	}
	while ((size = cx_frame_segment(&f, header, w->mss, n++, piece)))
		frame_send(cx, w->cs_flags | CS_L3 | CS_L4, piece, size);
	if (n == 1)
		cx->stat.eth_tx_errors++;
}

static bool wqe_execute(struct cx *cx, const struct cx_ethsq *sq,
			struct eth_wqe *w)
{
	static uint8_t buf[CX_FRAME_MAX];
	uint32_t len;

	if (w->opcode == CX_OP_NOP)
		return true;
	if ((w->opcode != CX_OP_SEND && w->opcode != OP_LSO) ||
	    !wqe_decode(w))
		return false;
	len = wqe_gather(cx, sq, w, buf);
	if (!len || sq->dead)
		return false;
	if (w->opcode == OP_LSO) {
		send_large(cx, w, buf, len);
		return true;
	}
	len = insert_vlan(w, buf, len);
	if (len > cx_vport_frame_max(cx))
		cx->stat.eth_tx_errors++;
	else
		frame_send(cx, w->cs_flags, buf, len);
	return true;
}

static void sq_complete(struct cx *cx, struct cx_ethsq *sq,
			const struct eth_wqe *w, bool ok)
{
	struct cx_cqe cqe = {
		.opcode = ok ? CX_CQE_REQ : CX_CQE_REQ_ERR,
		.syndrome = ok ? 0 : CX_SYN_LOCAL_QP_OP,
		.user_index = sq->user_index,
		.qpn = sq->obj.num,
		.wqe_opcode = w->opcode,
		.wqe_counter = w->index,
	};

	if (ok && !w->signaled)
		return;
	if (!cx_cq_post(cx, sq->cqn, &cqe) || !ok)
		sq->state = CX_ETHQ_ERR;
}

/* How many blocks are posted; negative if the record makes no sense. */
static int sq_posted(struct cx *cx, const struct cx_ethsq *sq)
{
	uint8_t rec[4];
	uint16_t n;

	if (cx_dma_read(cx, sq->dbr + DBR_SQ, rec, sizeof(rec)))
		return -1;
	n = (uint16_t)cx_be32(rec) - sq->ci;
	if (n <= 1u << sq->log_size)
		return n;
	cx_guest_error(cx, "SQ %#x: %u blocks posted, queue has %u",
		       sq->obj.num, n, 1u << sq->log_size);
	return -1;
}

/* One WQE.  False: there is none, or the queue is broken or dead. */
static bool sq_step(struct cx *cx, struct cx_ethsq *sq)
{
	struct eth_wqe w = { .ds = 0 };
	int posted = sq_posted(cx, sq);
	int blocks;
	bool ok;

	if (posted <= 0 || sq->dead || !wqe_fetch(cx, sq, &w) || sq->dead)
		return false;
	blocks = w.ds <= 4 ? 1 : (w.ds + 3) / 4;
	ok = w.ds && blocks <= posted && wqe_execute(cx, sq, &w);
	if (sq->dead)
		return false;
	if (!ok)
		cx_guest_error(cx, "SQ %#x: WQE %u, opcode %#x, makes no sense",
			       sq->obj.num, w.index, w.opcode);
	trace(ethsq, "%s: SQ %#x WQE %u opcode %#x inline %u segments %u",
	      cx->pci.name, sq->obj.num, w.index, w.opcode, w.inline_len,
	      w.sges);
	cx->stat.wqes++;
	sq->ci += blocks;
	sq_complete(cx, sq, &w, ok);
	return ok && !sq->dead;
}

static void sq_work(struct loop_work *work)
{
	struct cx_ethsq *sq = pci_container_of(work, struct cx_ethsq, work);
	struct cx *cx = sq->obj.cx;
	uint64_t end = loop_now_ns() + CX_WAKEUP_NS;

	while (!sq->dead && sq->state == CX_ETHQ_RDY && sq_step(cx, sq)) {
		if (loop_now_ns() < end)
			continue;
		loop_work_queue(cx->pci.loop, work);
		return;
	}
}

void cx_ethsq_doorbell(struct cx *cx, uint32_t uar, uint32_t num)
{
	struct cx_ethsq *sq = sq_get(cx, num);

	if (!sq || sq->uar != uar)
		cx_guest_error(cx, "doorbell on UAR %u for SQ %#x", uar, num);
	else
		loop_work_queue(cx->pci.loop, &sq->work);
}

static void sq_kill(struct cx_ethsq *sq)
{
	sq->dead = true;
	loop_work_cancel(sq->obj.cx->pci.loop, &sq->work);
}

void cx_ethsq_quiesce_all(struct cx *cx)
{
	for (uint32_t n = cx->ethsqs.first; n < cx->ethsqs.room; n++)
		if (sq_get(cx, n))
			sq_kill(sq_get(cx, n));
}

/* ---- commands ---- */
static void sq_free(struct cx_obj *obj)
{
	struct cx_ethsq *sq = (struct cx_ethsq *)obj;

	cx_buf_free(obj->cx, &sq->buf);
	free(sq);
}

static int sq_init(struct cx *cx, struct cx_ethsq *sq,
		   const struct cx_cmd *cmd)
{
	const void *ctx = CX_ADDR(create_sq_in, cmd->in, ctx);
	const uint8_t *wq = CX_ADDR(sqc, ctx, wq);
	uint32_t pas = wq + CX_BYTE_OFF(wq, pas) - cmd->in;

	sq->log_size = CX_GET(wq, wq, log_wq_sz);
	sq->dbr = CX_GET64(wq, wq, dbr_addr);
	sq->pd = CX_GET(wq, wq, pd);
	sq->uar = CX_GET(wq, wq, uar_page);
	sq->cqn = CX_GET(sqc, ctx, cqn);
	sq->user_index = CX_GET(sqc, ctx, user_index);
	if (CX_GET(wq, wq, wq_type) != WQ_CYCLIC || sq->dbr & 3 ||
	    CX_GET(wq, wq, log_wq_stride) != 6 || CX_GET(sqc, ctx, hairpin) ||
	    sq->log_size > CX_LOG_MAX_QP_SZ)
		return CX_ST_BAD_PARAM;
	if (!cx_tbl_get(&cx->pds, sq->pd) || !cx_tbl_get(&cx->cqs, sq->cqn))
		return CX_ST_BAD_RES;
	if (CX_GET(sqc, ctx, tis_lst_sz) &&
	    !cx_tbl_get(&cx->tises, CX_GET(sqc, ctx, tis_num_0)))
		return CX_ST_BAD_RES;
	return cx_buf_init(cx, &sq->buf, cmd->in + pas, cmd->in_len - pas,
			   CX_GET(wq, wq, log_wq_pg_sz),
			   CX_GET(wq, wq, page_offset),
			   (uint64_t)CX_WQEBB << sq->log_size);
}

int cx_cmd_create_sq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ethsq *sq = calloc(1, sizeof(*sq));
	int status;

	if (!sq)
		return CX_ST_NO_RES;
	sq->obj.cx = cx;
	sq->obj.free = sq_free;
	sq->work.fn = sq_work;
	status = sq_init(cx, sq, cmd);
	if (!status)
		status = cx_tbl_add(&cx->ethsqs, &sq->obj);
	if (status) {
		sq_free(&sq->obj);
		return status;
	}
	CX_SET(create_sq_out, cmd->out, sqn, sq->obj.num);
	return CX_ST_OK;
}

int cx_cmd_modify_sq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ethsq *sq = sq_get(cx, CX_GET(modify_sq_in, cmd->in, sqn));
	uint32_t state = CX_GET(sqc, CX_ADDR(modify_sq_in, cmd->in, ctx),
				state);

	if (!sq)
		return CX_ST_BAD_RES;
	if (CX_GET(modify_sq_in, cmd->in, sq_state) != sq->state)
		return CX_ST_BAD_RES_STATE;
	if (state != CX_ETHQ_RST && state != CX_ETHQ_RDY &&
	    state != CX_ETHQ_ERR)
		return CX_ST_BAD_PARAM;
	if (state == CX_ETHQ_RST)
		sq->ci = 0;
	sq->state = state;
	return CX_ST_OK;
}

int cx_cmd_destroy_sq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ethsq *sq;

	cx_inject_settle(cx);
	sq = sq_get(cx, CX_GET(destroy_sq_in, cmd->in, sqn));
	if (!sq)
		return CX_ST_BAD_RES;
	cx_tbl_remove(&cx->ethsqs, &sq->obj);
	sq_kill(sq);
	cx_bury(cx, &sq->obj);
	return CX_ST_OK;
}

int cx_cmd_query_sq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_ethsq *sq = sq_get(cx, CX_GET(query_sq_in, cmd->in, sqn));
	void *ctx = CX_ADDR(query_sq_out, cmd->out, sq_context);

	if (!sq)
		return CX_ST_BAD_RES;
	CX_SET(sqc, ctx, state, sq->state);
	CX_SET(sqc, ctx, cqn, sq->cqn);
	return CX_ST_OK;
}
