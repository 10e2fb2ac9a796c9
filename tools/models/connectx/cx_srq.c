// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shared receive queues: RMP (basic SRQ under ISSI 1) and XRC SRQ.
 *
 * The WQEs form a linked list: the first 16 bytes of each name the next one.
 * The device starts at index 0 and follows the list; the doorbell record
 * counts posted WQEs.
 *
 * Source: drivers/infiniband/hw/mlx5/{srq,srq_cmd}.c, rdma-core
 * providers/mlx5/srq.c, mlx5_ifc.h (rmpc, wq, xrc_srqc).
 */
#include <errno.h>
#include <stdlib.h>

#include "connectx/cx_eq.h"
#include "connectx/cx_srq.h"

#define NEXT_SEG	16u
#define NEXT_INDEX	2	/* in the next segment, be16 */
#define WQ_CYCLIC	1
#define RMP_STATE_RDY	1

static struct cx_srq *srq_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_srq *)cx_tbl_get(&cx->srqs, num);
}

static struct cx_srq *srq_of_kind(const struct cx *cx, uint32_t num,
				  enum cx_srq_kind kind)
{
	struct cx_srq *srq = srq_get(cx, num);

	return srq && srq->kind == kind ? srq : NULL;
}

static enum cx_recv_result dma_result(int ret)
{
	return ret == -ECANCELED ? CX_RECV_RESET : CX_RECV_BROKEN;
}

/* Number of posted WQEs that nobody took, or -errno. */
static int srq_posted(struct cx *cx, struct cx_srq *srq)
{
	uint8_t rec[4];
	uint16_t n;
	int ret = cx_dma_read(cx, srq->dbr, rec, sizeof(rec));

	if (ret)
		return ret;
	n = (uint16_t)cx_be32(rec) - srq->taken;
	if (n <= 1u << srq->log_size)
		return n;
	cx_guest_error(cx, "SRQ %#x: %u posted, queue has %u", srq->obj.num, n,
		       1u << srq->log_size);
	return -EINVAL;
}

static void srq_limit(struct cx *cx, struct cx_srq *srq, int left)
{
	if (!srq->lwm || left >= srq->lwm)
		return;
	srq->lwm = 0;
	cx_eq_object_event(cx, CX_EVENT_SRQ_LIMIT, srq->obj.num);
}

static enum cx_recv_result srq_read(struct cx *cx, struct cx_srq *srq,
				    struct cx_recv *recv, uint16_t *next)
{
	uint32_t stride = 1u << srq->log_stride;
	uint32_t len = stride < CX_MAX_WQE_RQ ? stride : CX_MAX_WQE_RQ;
	uint16_t mask = (1u << srq->log_size) - 1;
	uint8_t raw[CX_MAX_WQE_RQ];
	uint32_t skip = srq->cyclic ? 0 : NEXT_SEG;
	int ret = cx_buf_read(cx, &srq->buf, (uint64_t)srq->head * stride, raw,
			      len);

	if (ret)
		return dma_result(ret);
	*next = srq->cyclic ? (srq->head + 1) & mask :
			      cx_be16(raw + NEXT_INDEX) & mask;
	return cx_rq_decode_sges(raw + skip, len - skip, recv) ?
	       CX_RECV_OK : CX_RECV_BROKEN;
}

enum cx_recv_result cx_srq_take(struct cx *cx, struct cx_qp *qp,
				uint32_t srqn, struct cx_recv *recv)
{
	bool xrc = qp->st == CX_ST_XRC;
	struct cx_srq *srq = srq_of_kind(cx, srqn,
					 xrc ? CX_SRQ_XRC : CX_SRQ_RMP);
	enum cx_recv_result ret;
	uint16_t next;
	int n;

	if (!srq || (xrc && srq->xrcd != qp->xrcd))
		return CX_RECV_BROKEN;
	n = srq_posted(cx, srq);
	if (n < 0)
		return dma_result(n);
	if (!n)
		return CX_RECV_EMPTY;
	ret = srq_read(cx, srq, recv, &next);
	if (ret == CX_RECV_RESET)
		return ret;
	recv->index = srq->head;
	recv->from_srq = true;
	recv->srqn = srqn;
	recv->cqn = xrc ? srq->cqn : qp->cqn_rcv;
	recv->user_index = xrc ? srq->user_index : qp->user_index;
	recv->pd = srq->pd;
	recv->valid = true;
	srq->head = next;
	srq->taken++;
	srq_limit(cx, srq, n - 1);
	return ret;
}

static void srq_free(struct cx_obj *obj)
{
	struct cx_srq *srq = (struct cx_srq *)obj;

	cx_buf_free(obj->cx, &srq->buf);
	free(srq);
}

static int srq_buf(struct cx *cx, struct cx_srq *srq, const struct cx_cmd *cmd,
		   uint32_t pas, unsigned int log_page, uint32_t page_offset)
{
	if (srq->log_size > CX_LOG_MAX_SRQ_SZ || srq->log_stride < 4 ||
	    srq->log_stride > 12 || srq->dbr & 3 || cmd->in_len < pas)
		return CX_ST_BAD_PARAM;
	if (!srq->cyclic && srq->log_stride < 5)
		return CX_ST_BAD_PARAM;
	return cx_buf_init(cx, &srq->buf, cmd->in + pas, cmd->in_len - pas,
			   log_page, page_offset,
			   1ull << (srq->log_size + srq->log_stride));
}

static int rmp_init(struct cx *cx, struct cx_srq *srq,
		    const struct cx_cmd *cmd)
{
	const void *wq = srq->ctx + CX_BYTE_OFF(rmpc, wq);
	uint32_t ctx = CX_BYTE_OFF(create_rmp_in, ctx);

	srq->kind = CX_SRQ_RMP;
	memcpy(srq->ctx, cmd->in + ctx, CX_BYTES(rmpc));
	srq->log_size = CX_GET(wq, wq, log_wq_sz);
	srq->log_stride = CX_GET(wq, wq, log_wq_stride);
	srq->cyclic = CX_GET(wq, wq, wq_type) == WQ_CYCLIC;
	srq->dbr = CX_GET64(wq, wq, dbr_addr);
	srq->pd = CX_GET(wq, wq, pd);
	srq->lwm = CX_GET(wq, wq, lwm);
	return srq_buf(cx, srq, cmd,
		       ctx + CX_BYTE_OFF(rmpc, wq) + CX_BYTE_OFF(wq, pas),
		       CX_GET(wq, wq, log_wq_pg_sz),
		       CX_GET(wq, wq, page_offset));
}

static int xrc_init(struct cx *cx, struct cx_srq *srq,
		    const struct cx_cmd *cmd)
{
	const void *c = srq->ctx;

	srq->kind = CX_SRQ_XRC;
	memcpy(srq->ctx, CX_ADDR(create_xrc_srq_in, cmd->in,
				 xrc_srq_context_entry), CX_BYTES(xrc_srqc));
	srq->log_size = CX_GET(xrc_srqc, c, log_xrc_srq_size);
	srq->log_stride = CX_GET(xrc_srqc, c, log_rq_stride) + 4;
	srq->dbr = (uint64_t)CX_GET(xrc_srqc, c, db_record_addr_h) << 32 |
		   CX_GET(xrc_srqc, c, db_record_addr_l) << 2;
	srq->pd = CX_GET(xrc_srqc, c, pd);
	srq->cqn = CX_GET(xrc_srqc, c, cqn);
	srq->xrcd = CX_GET(xrc_srqc, c, xrcd);
	srq->user_index = CX_GET(xrc_srqc, c, user_index);
	srq->lwm = CX_GET(xrc_srqc, c, lwm);
	return srq_buf(cx, srq, cmd, CX_BYTE_OFF(create_xrc_srq_in, pas),
		       CX_GET(xrc_srqc, c, log_page_size),
		       CX_GET(xrc_srqc, c, page_offset));
}

static int srq_create(struct cx *cx, const struct cx_cmd *cmd, uint32_t *num,
		      int (*init)(struct cx *cx, struct cx_srq *srq,
				  const struct cx_cmd *cmd))
{
	struct cx_srq *srq = calloc(1, sizeof(*srq));
	int status;

	_Static_assert(CX_BYTES(rmpc) <= sizeof(srq->ctx), "context fits");
	if (!srq)
		return CX_ST_NO_RES;
	srq->obj.cx = cx;
	srq->obj.free = srq_free;
	status = init(cx, srq, cmd);
	if (!status)
		status = cx_tbl_add(&cx->srqs, &srq->obj);
	if (status)
		srq_free(&srq->obj);
	else
		*num = srq->obj.num;
	return status;
}

int cx_cmd_create_rmp(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t num = 0;
	int status = srq_create(cx, cmd, &num, rmp_init);

	CX_SET(create_rmp_out, cmd->out, rmpn, num);
	return status;
}

int cx_cmd_create_xrc_srq(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t num = 0;
	int status = srq_create(cx, cmd, &num, xrc_init);

	CX_SET(create_xrc_srq_out, cmd->out, xrc_srqn, num);
	return status;
}

static int srq_destroy(struct cx *cx, struct cx_srq *srq)
{
	if (!srq)
		return CX_ST_BAD_RES;
	cx_tbl_remove(&cx->srqs, &srq->obj);
	cx_bury(cx, &srq->obj);
	return CX_ST_OK;
}

int cx_cmd_destroy_rmp(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t num = CX_GET(destroy_rmp_in, cmd->in, rmpn);

	return srq_destroy(cx, srq_of_kind(cx, num, CX_SRQ_RMP));
}

int cx_cmd_destroy_xrc_srq(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t num = CX_GET(destroy_xrc_srq_in, cmd->in, xrc_srqn);

	return srq_destroy(cx, srq_of_kind(cx, num, CX_SRQ_XRC));
}

int cx_cmd_modify_rmp(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t num = CX_GET(modify_rmp_in, cmd->in, rmpn);
	struct cx_srq *srq = srq_of_kind(cx, num, CX_SRQ_RMP);
	const void *mask = CX_ADDR(modify_rmp_in, cmd->in, bitmask);
	const void *ctx = CX_ADDR(modify_rmp_in, cmd->in, ctx);

	if (!srq)
		return CX_ST_BAD_RES;
	if (CX_GET(rmp_bitmask, mask, lwm))
		srq->lwm = CX_GET(rmpc, ctx, wq.lwm);
	return CX_ST_OK;
}

int cx_cmd_query_rmp(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t num = CX_GET(query_rmp_in, cmd->in, rmpn);
	struct cx_srq *srq = srq_of_kind(cx, num, CX_SRQ_RMP);
	void *ctx = CX_ADDR(query_rmp_out, cmd->out, rmp_context);

	if (!srq)
		return CX_ST_BAD_RES;
	memcpy(ctx, srq->ctx, CX_BYTES(rmpc));
	CX_SET(rmpc, ctx, state, RMP_STATE_RDY);
	CX_SET(rmpc, ctx, wq.lwm, srq->lwm);
	return CX_ST_OK;
}

int cx_cmd_query_xrc_srq(struct cx *cx, struct cx_cmd *cmd)
{
	uint32_t num = CX_GET(query_xrc_srq_in, cmd->in, xrc_srqn);
	struct cx_srq *srq = srq_of_kind(cx, num, CX_SRQ_XRC);
	void *ctx = CX_ADDR(query_xrc_srq_out, cmd->out,
			    xrc_srq_context_entry);

	if (!srq)
		return CX_ST_BAD_RES;
	memcpy(ctx, srq->ctx, CX_BYTES(xrc_srqc));
	CX_SET(xrc_srqc, ctx, lwm, srq->lwm);
	return CX_ST_OK;
}

/* ARM_RQ and ARM_XRC_SRQ have the same layout. */
int cx_cmd_arm_srq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_srq *srq = srq_get(cx, CX_GET(arm_xrc_srq_in, cmd->in,
						xrc_srqn));

	if (!srq)
		return CX_ST_BAD_RES;
	srq->lwm = CX_GET(arm_xrc_srq_in, cmd->in, lwm);
	return CX_ST_OK;
}
