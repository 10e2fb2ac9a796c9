// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Completion queues.
 *
 * The consumer index is in the doorbell record; it is read when the queue
 * looks full by the last known one.  A CQ that is really full (and does not
 * ignore overruns) goes into error: event, and no further entries.
 *
 * Source: include/linux/mlx5/{cq,device}.h, drivers/infiniband/hw/mlx5/cq.c
 * (owner bit, resize, what is read from an entry), core/cq.c.
 */
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_cq.h"
#include "connectx/cx_eq.h"
#include "connectx/cx_inject.h"

TRACE_CATEGORY(cq, "hca.cq");

#define CQE_CHECK_SUM	0x14
#define CQE_SLID	0x16
#define CQE_FLAGS_RQPN	0x18
#define CQE_HDS_IP_EXT	0x1c
#define CQE_L4_L3_TYPE	0x1d
#define CQE_VLAN	0x1e
#define CQE_UIDX	0x20
#define CQE_IMM		0x24
#define CQE_BYTE_COUNT	0x2c
#define CQE_TIMESTAMP	0x30
#define CQE_VENDOR_SYN	0x36
#define CQE_SYNDROME	0x37
#define CQE_SOP_QPN	0x38
#define CQE_WQE_COUNTER	0x3c
#define CQE_OP_OWN	0x3f
#define CQE_LAST_WORD	0x3c
#define CQE_SIZE	64
#define CQE_SE		0x02	/* in op_own */

#define CQ_INDEX_MASK	0xffffffu
#define CQ_CMD_SOLICITED 1	/* bit 24 of the doorbell */

#define MODIFY_MODERATION	0x3
#define MODIFY_RESIZE		0x7

static struct cx_cq *cq_get(const struct cx *cx, uint32_t num)
{
	return (struct cx_cq *)cx_tbl_get(&cx->cqs, num);
}

static bool cq_read_ci(struct cx *cx, struct cx_cq *cq)
{
	uint8_t rec[4];

	if (cx_dma_read(cx, cq->dbr, rec, sizeof(rec)))
		return false;
	cq->ci = cx_be32(rec) & CQ_INDEX_MASK;
	return true;
}

static uint32_t cq_unseen(const struct cx_cq *cq)
{
	return (cq->pi - cq->ci) & CQ_INDEX_MASK;
}

static void cq_event(struct cx *cx, struct cx_cq *cq)
{
	uint8_t data[CX_EQE_DATA] = { 0 };

	cq->armed = false;
	cx_put_be32(data + 24, cq->obj.num);
	cx_eq_post(cx, cq->eqn, CX_EVENT_COMP, 0, data);
}

static void cq_overrun(struct cx *cx, struct cx_cq *cq)
{
	uint8_t data[CX_EQE_DATA] = { 0 };

	cx->stat.cq_overflows++;
	if (cq->error)
		return;
	cq->error = true;
	trace(cq, "%s: CQ %u overrun", cx->pci.name, cq->obj.num);
	cx_put_be32(data, cq->obj.num);
	data[11] = 1;		/* syndrome: overrun */
	cx_eq_event(cx, CX_EVENT_CQ_ERROR, 0, data);
}

static bool cq_has_room(struct cx *cx, struct cx_cq *cq)
{
	uint32_t size = 1u << cq->log_size;

	if (cq->error)
		return false;
	if (cq_unseen(cq) < size || cq->overrun_ignore)
		return true;
	if (!cq_read_ci(cx, cq))
		return false;
	/* An index ahead of ours would make the queue look endless. */
	if (cq_unseen(cq) >= size) {
		cq_overrun(cx, cq);
		return false;
	}
	return true;
}

static void cqe_encode_eth(const struct cx_cqe *c, uint8_t *e)
{
	cx_put_be16(e + CQE_CHECK_SUM, c->check_sum);
	e[CQE_HDS_IP_EXT] = c->csum_ok;
	e[CQE_L4_L3_TYPE] = c->hdr_type;
	cx_put_be16(e + CQE_VLAN, c->vlan);
}

static void cqe_encode(const struct cx_cqe *c, uint8_t *e)
{
	cx_put_be16(e + CQE_SLID, c->slid);
	cx_put_be32(e + CQE_FLAGS_RQPN, c->flags_rqpn);
	cx_put_be32(e + CQE_UIDX, c->user_index);
	cx_put_be32(e + CQE_IMM, c->imm);
	cx_put_be32(e + CQE_BYTE_COUNT, c->byte_count);
	cx_put_be64(e + CQE_TIMESTAMP, loop_now_ns());
	if (c->eth)
		cqe_encode_eth(c, e);
	if (c->opcode >= CX_CQE_REQ_ERR) {
		e[CQE_VENDOR_SYN] = c->vendor_syndrome;
		e[CQE_SYNDROME] = c->syndrome;
	}
	cx_put_be32(e + CQE_SOP_QPN, (uint32_t)c->wqe_opcode << 24 | c->qpn);
	cx_put_be16(e + CQE_WQE_COUNTER, c->wqe_counter);
	e[CQE_OP_OWN] = c->opcode << 4 | (c->solicited ? CQE_SE : 0);
}

static bool cq_write(struct cx *cx, struct cx_cq *cq, const struct cx_cqe *c)
{
	uint64_t off = (uint64_t)(cq->pi & ((1u << cq->log_size) - 1)) *
		       cq->cqe_bytes + cq->cqe_bytes - CQE_SIZE;
	uint8_t e[CQE_SIZE] = { 0 };

	cqe_encode(c, e);
	e[CQE_OP_OWN] |= cq->pi >> cq->log_size & 1;
	if (cx_buf_write(cx, &cq->buf, off, e, CQE_LAST_WORD) ||
	    cx_buf_release(cx, &cq->buf, off + CQE_LAST_WORD,
			   e + CQE_LAST_WORD, 4))
		return false;
	cq->pi = (cq->pi + 1) & CQ_INDEX_MASK;
	return true;
}

bool cx_cq_write(struct cx *cx, uint32_t cqn, const struct cx_cqe *cqe)
{
	struct cx_cq *cq = cq_get(cx, cqn);

	/* Gone while the completion was held back: nobody is interested. */
	if (!cq || !cq_has_room(cx, cq) || !cq_write(cx, cq, cqe))
		return false;
	cx->stat.cqes++;
	if (cqe->opcode >= CX_CQE_REQ_ERR)
		cx->stat.error_cqes++;
	trace(cq, "%s: CQ %u: op %u qp %#x wqe %u len %u syndrome %#x",
	      cx->pci.name, cqn, cqe->opcode, cqe->qpn, cqe->wqe_counter,
	      cqe->byte_count, cqe->syndrome);
	if (cq->armed && (!cq->solicited_only || cqe->solicited ||
			  cqe->opcode >= CX_CQE_REQ_ERR))
		cq_event(cx, cq);
	return true;
}

bool cx_cq_post(struct cx *cx, uint32_t cqn, const struct cx_cqe *cqe)
{
	if (!cq_get(cx, cqn)) {
		cx_guest_error(cx, "completion for CQ %u, which is not", cqn);
		return false;
	}
	if (!cx_inject_cqe(cx, cqn, cqe))
		return true;
	if (!cx_cq_write(cx, cqn, cqe))
		return false;
	return !cx_inject_cqe_again(cx) || cx_cq_write(cx, cqn, cqe);
}

void cx_cq_doorbell(struct cx *cx, uint32_t uar, uint32_t high, uint32_t cqn)
{
	struct cx_cq *cq = cq_get(cx, cqn & 0xffffff);

	if (!cq || CX_GET(cqc, cq->cqc, uar_page) != uar) {
		cx_guest_error(cx, "doorbell on UAR %u for CQ %u", uar, cqn);
		return;
	}
	cq->armed = true;
	cq->solicited_only = high >> 24 & CQ_CMD_SOLICITED;
	cq->arm_ci = high & CQ_INDEX_MASK;
	if (cq->pi == cq->arm_ci)
		return;
	/* Entries the consumer did not see yet: tell it, from work context. */
	cq->fire = true;
	loop_work_queue(cx->pci.loop, &cx->cq_arm_work);
}

void cx_cq_arm_work(struct loop_work *work)
{
	struct cx *cx = pci_container_of(work, struct cx, cq_arm_work);

	for (uint32_t n = cx->cqs.first; n < cx->cqs.room; n++) {
		struct cx_cq *cq = cq_get(cx, n);

		if (!cq || !cq->fire)
			continue;
		cq->fire = false;
		if (cq->armed && cq->pi != cq->arm_ci)
			cq_event(cx, cq);
	}
}

static void cq_free(struct cx_obj *obj)
{
	struct cx_cq *cq = (struct cx_cq *)obj;

	cx_buf_free(obj->cx, &cq->buf);
	free(cq);
}

static int cq_buf_init(struct cx *cx, struct cx_buf *buf, const void *cqc,
		       const struct cx_cmd *cmd, uint32_t pas)
{
	unsigned int log_page = CX_GET(cqc, cqc, log_page_size);
	unsigned int log_size = CX_GET(cqc, cqc, log_cq_size);
	unsigned int cqe = CX_GET(cqc, cqc, cqe_sz) ? 128 : 64;

	if (log_size > CX_LOG_MAX_CQ_SZ)
		return CX_ST_BAD_PARAM;
	return cx_buf_init(cx, buf, cmd->in + pas, cmd->in_len - pas, log_page,
			   CX_GET(cqc, cqc, page_offset),
			   (uint64_t)cqe << log_size);
}

static int cq_init(struct cx *cx, struct cx_cq *cq, const struct cx_cmd *cmd)
{
	memcpy(cq->cqc, CX_ADDR(create_cq_in, cmd->in, cq_context),
	       sizeof(cq->cqc));
	cq->log_size = CX_GET(cqc, cq->cqc, log_cq_size);
	cq->cqe_bytes = CX_GET(cqc, cq->cqc, cqe_sz) ? 128 : 64;
	cq->overrun_ignore = CX_GET(cqc, cq->cqc, oi);
	cq->eqn = CX_GET(cqc, cq->cqc, c_eqn_or_apu_element);
	cq->dbr = CX_GET64(cqc, cq->cqc, dbr_addr);
	if (!cx_tbl_get(&cx->eqs, cq->eqn) || cq->dbr & 7 ||
	    CX_GET(cqc, cq->cqc, cqe_comp_en))
		return CX_ST_BAD_PARAM;
	return cq_buf_init(cx, &cq->buf, cq->cqc, cmd,
			   CX_BYTE_OFF(create_cq_in, pas));
}

int cx_cmd_create_cq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_cq *cq = calloc(1, sizeof(*cq));
	int status;

	if (!cq)
		return CX_ST_NO_RES;
	cq->obj.cx = cx;
	cq->obj.free = cq_free;
	status = cq_init(cx, cq, cmd);
	if (!status)
		status = cx_tbl_add(&cx->cqs, &cq->obj);
	if (status) {
		cq_free(&cq->obj);
		return status;
	}
	CX_SET(create_cq_out, cmd->out, cqn, cq->obj.num);
	return CX_ST_OK;
}

int cx_cmd_destroy_cq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_cq *cq;

	cx_inject_settle(cx);
	cq = cq_get(cx, CX_GET(destroy_cq_in, cmd->in, cqn));
	if (!cq)
		return CX_ST_BAD_RES;
	cx_tbl_remove(&cx->cqs, &cq->obj);
	cx_bury(cx, &cq->obj);
	return CX_ST_OK;
}

int cx_cmd_query_cq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_cq *cq = cq_get(cx, CX_GET(query_cq_in, cmd->in, cqn));
	void *cqc = CX_ADDR(query_cq_out, cmd->out, cq_context);

	if (!cq)
		return CX_ST_BAD_RES;
	memcpy(cqc, cq->cqc, sizeof(cq->cqc));
	CX_SET(cqc, cqc, consumer_counter, cq->ci);
	CX_SET(cqc, cqc, producer_counter, cq->pi);
	return CX_ST_OK;
}

/*
 * The new buffer takes over after a RESIZE entry, the last one in the old
 * buffer.  Entries not yet polled must fit the new size.
 */
static int cq_resize(struct cx *cx, struct cx_cq *cq, const struct cx_cmd *cmd)
{
	const void *cqc = CX_ADDR(modify_cq_in, cmd->in, cq_context);
	const struct cx_cqe resize = { .opcode = CX_CQE_RESIZE };
	struct cx_buf buf;
	int status;

	if (!cq_read_ci(cx, cq))
		return CX_ST_INTERNAL;
	/* The RESIZE entry keeps its index in the new buffer. */
	if (cq_unseen(cq) + 1 > 1u << CX_GET(cqc, cqc, log_cq_size))
		return CX_ST_BAD_PARAM;
	if (cq_unseen(cq) >= 1u << cq->log_size)
		return CX_ST_BAD_RES_STATE;
	status = cq_buf_init(cx, &buf, cqc, cmd,
			     CX_BYTE_OFF(modify_cq_in, pas));
	if (status)
		return status;
	if (!cq_write(cx, cq, &resize)) {
		cx_buf_free(cx, &buf);
		return CX_ST_INTERNAL;
	}
	cx_buf_free(cx, &cq->buf);
	cq->buf = buf;
	cq->log_size = CX_GET(cqc, cqc, log_cq_size);
	cq->cqe_bytes = CX_GET(cqc, cqc, cqe_sz) ? 128 : 64;
	CX_SET(cqc, cq->cqc, log_cq_size, cq->log_size);
	CX_SET(cqc, cq->cqc, cqe_sz, CX_GET(cqc, cqc, cqe_sz));
	return CX_ST_OK;
}

int cx_cmd_modify_cq(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_cq *cq = cq_get(cx, CX_GET(modify_cq_in, cmd->in, cqn));
	const void *cqc = CX_ADDR(modify_cq_in, cmd->in, cq_context);
	uint32_t select = CX_GET(modify_cq_in, cmd->in,
				 modify_field_select_resize_field_select);

	if (!cq)
		return CX_ST_BAD_RES;
	if (cmd->op_mod == 1)
		return select == MODIFY_RESIZE ? cq_resize(cx, cq, cmd) :
						 CX_ST_BAD_PARAM;
	if (select & MODIFY_MODERATION) {
		CX_SET(cqc, cq->cqc, cq_period,
		       CX_GET(cqc, cqc, cq_period));
		CX_SET(cqc, cq->cqc, cq_max_count,
		       CX_GET(cqc, cqc, cq_max_count));
	}
	return CX_ST_OK;
}
