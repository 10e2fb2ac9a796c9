// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queue pairs: context, state machine, destruction.
 *
 * Each transition takes over the fields that belong to it, and optional ones
 * if their bit is set in opt_param_mask; QUERY_QP returns the merged context.
 *
 * Source: drivers/infiniband/hw/mlx5/qp.c (what is sent in which transition,
 * optional parameters), include/linux/mlx5/{qp.h,mlx5_ifc.h}.
 */
#include <stdlib.h>

#include "core/trace.h"
#include "connectx/cx_eq.h"
#include "connectx/cx_ethsq.h"
#include "connectx/cx_inject.h"
#include "connectx/cx_odp.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_resp.h"
#include "connectx/cx_roce.h"
#include "connectx/cx_sq.h"
#include "connectx/cx_xlt.h"

TRACE_CATEGORY(qp, "hca.qp");

enum { RQ_NORMAL, RQ_SRQ, RQ_CHANNEL, RQ_NONE };

#define FLUSH_FIRST_NS	(2 * CX_MS)
#define FLUSH_LAST_NS	(64 * CX_MS)

#define OPT_RRE		(1u << 1)
#define OPT_RAE		(1u << 2)
#define OPT_RWE		(1u << 3)
#define OPT_PKEY	(1u << 4)
#define OPT_QKEY	(1u << 5)
#define OPT_RNR_TIMER	(1u << 6)
#define OPT_PATH	(1u << 7)
#define OPT_RETRY	(1u << 12)
#define OPT_RNR_RETRY	(1u << 13)
#define OPT_ACK_TIMEOUT	(1u << 14)

/* transitions as bits */
#define T_INIT	0x01		/* RST2INIT, INIT2INIT */
#define T_RTR	0x02
#define T_RTS	0x04		/* RTR2RTS */

struct qp_field {
	uint16_t off;
	uint8_t len, transitions;
	uint32_t opt;
};

#define QP_FIELD(name, when, optional) \
	{ .off = CX_BIT_OFF(qpc, name), .len = CX_BIT_LEN(qpc, name), \
	  .transitions = (when), .opt = (optional) }

static const struct qp_field qp_fields[] = {
	QP_FIELD(pm_state, T_INIT, 0),
	QP_FIELD(counter_set_id, T_INIT, 0),
	QP_FIELD(primary_address_path.pkey_index, T_INIT, OPT_PKEY),
	QP_FIELD(primary_address_path.vhca_port_num, T_INIT, 0),
	QP_FIELD(q_key, T_INIT, OPT_QKEY),
	QP_FIELD(rre, T_INIT, OPT_RRE),
	QP_FIELD(rae, T_INIT, OPT_RAE),
	QP_FIELD(rwe, T_INIT, OPT_RWE),
	QP_FIELD(atomic_mode, T_INIT, OPT_RAE),
	QP_FIELD(mtu, T_RTR, 0),
	QP_FIELD(log_msg_max, T_RTR, 0),
	QP_FIELD(remote_qpn, T_RTR, 0),
	QP_FIELD(next_rcv_psn, T_RTR, 0),
	QP_FIELD(min_rnr_nak, T_RTR, OPT_RNR_TIMER),
	QP_FIELD(log_rra_max, T_RTR, 0),
	QP_FIELD(next_send_psn, T_RTS, 0),
	QP_FIELD(retry_count, T_RTS, OPT_RETRY),
	QP_FIELD(rnr_retry, T_RTS, OPT_RNR_RETRY),
	QP_FIELD(log_sra_max, T_RTS, 0),
	QP_FIELD(log_ack_req_freq, T_RTS, 0),
	QP_FIELD(primary_address_path.ack_timeout, T_RTS, OPT_ACK_TIMEOUT),
	QP_FIELD(primary_address_path.rlid, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.mlid, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.sl, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.grh, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.src_addr_index, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.hop_limit, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.tclass, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.flow_label, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.stat_rate, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.dscp, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.udp_sport, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.eth_prio, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.rmac_47_32, T_RTR, OPT_PATH),
	QP_FIELD(primary_address_path.rmac_31_0, T_RTR, OPT_PATH),
};

static void merge_rgid(uint8_t *dst, const uint8_t *src)
{
	size_t off = CX_BYTE_OFF(qpc, primary_address_path.rgid_rip);

	memcpy(dst + off, src + off, 16);
}

static void qpc_merge(uint8_t *dst, const uint8_t *src, uint8_t transition,
		      uint32_t opt)
{
	for (size_t i = 0; i < sizeof(qp_fields) / sizeof(qp_fields[0]); i++) {
		const struct qp_field *f = &qp_fields[i];

		if (f->transitions & transition || f->opt & opt)
			cx_ifc_set(dst, f->off, f->len,
				   cx_ifc_get(src, f->off, f->len));
	}
	if (transition == T_RTR || opt & OPT_PATH)
		merge_rgid(dst, src);
}

static uint8_t qp_access(const uint8_t *qpc)
{
	return (CX_GET(qpc, qpc, rre) ? CX_ACC_REMOTE_READ : 0) |
	       (CX_GET(qpc, qpc, rwe) ? CX_ACC_REMOTE_WRITE : 0) |
	       (CX_GET(qpc, qpc, rae) ? CX_ACC_ATOMIC : 0);
}

static void qp_decode_roce(struct cx_qp *qp)
{
	const uint8_t *c = qp->qpc;

	qp->sgid_index = CX_GET(qpc, c, primary_address_path.src_addr_index);
	qp->hop_limit = CX_GET(qpc, c, primary_address_path.hop_limit);
	qp->tclass = CX_GET(qpc, c, primary_address_path.tclass);
	qp->flow_label = CX_GET(qpc, c, primary_address_path.flow_label);
	qp->udp_sport = CX_GET(qpc, c, primary_address_path.udp_sport);
	memcpy(qp->rgid, CX_ADDR(qpc, c, primary_address_path.rgid_rip), 16);
	memcpy(qp->rmac, CX_ADDR(qpc, c, primary_address_path.rmac_47_32),
	       ETH_MAC);
}

static void qp_decode_path(struct cx_qp *qp)
{
	const uint8_t *c = qp->qpc;

	qp->dlid = CX_GET(qpc, c, primary_address_path.rlid);
	qp->sl = CX_GET(qpc, c, primary_address_path.sl);
	qp->ack_timeout = CX_GET(qpc, c, primary_address_path.ack_timeout);
	qp->mtu_log = CX_GET(qpc, c, mtu);
	qp->remote_qpn = CX_GET(qpc, c, remote_qpn);
	qp->access = qp_access(c);
	qp->retry_count = CX_GET(qpc, c, retry_count);
	qp->rnr_retry = CX_GET(qpc, c, rnr_retry);
	qp->min_rnr = CX_GET(qpc, c, min_rnr_nak);
	qp->qkey = CX_GET(qpc, c, q_key);
	qp->max_reads = 1u << CX_GET(qpc, c, log_sra_max);
	if (qp->max_reads > CX_MAX_RDMA_READS)
		qp->max_reads = CX_MAX_RDMA_READS;
	qp_decode_roce(qp);
}

static void qp_decode(struct cx_qp *qp)
{
	const uint8_t *c = qp->qpc;

	qp->st = CX_GET(qpc, c, st);
	qp->pd = CX_GET(qpc, c, pd);
	qp->cqn_snd = CX_GET(qpc, c, cqn_snd);
	qp->cqn_rcv = CX_GET(qpc, c, cqn_rcv);
	qp->user_index = CX_GET(qpc, c, user_index);
	qp->srqn = CX_GET(qpc, c, srqn_rmpn_xrqn);
	qp->xrcd = CX_GET(qpc, c, xrcd);
	qp->deth_sqpn = CX_GET(qpc, c, deth_sqpn);
	qp->has_rq = CX_GET(qpc, c, rq_type) == RQ_NORMAL;
	qp->has_srq = CX_GET(qpc, c, rq_type) == RQ_SRQ;
	qp->has_sq = !CX_GET(qpc, c, no_sq);
	qp->log_sq = CX_GET(qpc, c, log_sq_size);
	qp->log_rq = CX_GET(qpc, c, log_rq_size);
	qp->log_rq_stride = CX_GET(qpc, c, log_rq_stride);
	qp->dbr = CX_GET64(qpc, c, dbr_addr);
	qp_decode_path(qp);
}

static bool st_known(uint8_t st)
{
	return st <= CX_ST_XRC || st == CX_ST_QP0 || st == CX_ST_QP1 ||
	       st == CX_ST_REG_UMR;
}

static void qp_queue_reset(struct cx_qp *qp)
{
	loop_timer_cancel(qp->obj.cx->pci.loop, &qp->flush_timer);
	cx_sq_reset(qp);
	cx_resp_reset(qp);
	qp->last_wqe_sent = false;
}

static void qp_kill(struct cx_qp *qp)
{
	qp_queue_reset(qp);
	qp->dead = true;
	qp->state = CX_QPS_RST;
}

void cx_qp_quiesce_all(struct cx *cx)
{
	for (uint32_t n = cx->qps.first; n < cx->qps.room; n++) {
		struct cx_qp *qp = cx_qp_get(cx, n);

		if (qp)
			qp_kill(qp);
	}
}

static void qp_free(struct cx_obj *obj)
{
	struct cx_qp *qp = (struct cx_qp *)obj;

	free(qp->sq.ring);
	cx_buf_free(obj->cx, &qp->buf);
	free(qp);
}

static void flush_poll(struct loop_timer *timer)
{
	struct cx_qp *qp = pci_container_of(timer, struct cx_qp, flush_timer);

	cx_qp_flush(qp);
}

/*
 * Completes what is posted to a QP in error.  Receives are posted without a
 * doorbell, so the queue is looked at again, less and less often.
 */
void cx_qp_flush(struct cx_qp *qp)
{
	struct cx *cx = qp->obj.cx;
	bool more;

	if (qp->dead || qp->state != CX_QPS_ERR)
		return;
	more = cx_sq_flush(qp);
	if (!qp->dead)
		more |= cx_rq_flush(cx, qp);
	if (qp->dead)
		return;
	if (qp->has_srq && !qp->last_wqe_sent) {
		qp->last_wqe_sent = true;
		cx_eq_object_event(cx, CX_EVENT_SRQ_LAST_WQE, qp->obj.num);
	}
	if (more) {
		loop_work_queue(cx->pci.loop, &qp->sq.work);
		qp->flush_delay = FLUSH_FIRST_NS;
	} else if (qp->has_rq && !qp->dead) {
		loop_timer_arm(cx->pci.loop, &qp->flush_timer,
			       qp->flush_delay);
		if (qp->flush_delay < FLUSH_LAST_NS)
			qp->flush_delay *= 2;
	}
}

void cx_qp_error(struct cx_qp *qp)
{
	if (qp->dead || qp->state == CX_QPS_ERR)
		return;
	trace(qp, "%s: QP %#x to error", qp->obj.cx->pci.name, qp->obj.num);
	qp->state = CX_QPS_ERR;
	CX_SET(qpc, qp->qpc, state, CX_QPS_ERR);
	cx_sq_abort(qp);
	cx_resp_abort(qp);
	qp->flush_delay = FLUSH_FIRST_NS;
	loop_work_queue(qp->obj.cx->pci.loop, &qp->sq.work);
}

void cx_qp_error_event(struct cx_qp *qp, uint8_t event)
{
	uint32_t num = qp->obj.num;

	if (qp->dead)
		return;
	cx_qp_error(qp);
	cx_eq_object_event(qp->obj.cx, event, num);
}

void cx_qp_address(const struct cx_qp *qp, struct ib_pkt *pkt)
{
	pkt->dlid = qp->dlid;
	pkt->sl = qp->sl;
	pkt->pkey = 0xffff;
	pkt->dqpn = qp->remote_qpn;
	if (qp->obj.cx->par.ethernet)
		cx_roce_connected(qp, pkt);
}

void cx_qp_doorbell(struct cx *cx, uint32_t uar, uint32_t qpn)
{
	struct cx_qp *qp = cx_qp_get(cx, qpn);

	if (qpn >= CX_FIRST_ETHSQ) {
		cx_ethsq_doorbell(cx, uar, qpn);
		return;
	}
	if (!qp || CX_GET(qpc, qp->qpc, uar_page) != uar) {
		cx_guest_error(cx, "doorbell on UAR %u for QP %#x", uar, qpn);
		return;
	}
	qp->sq.rung = true;
	cx_sq_kick(qp);
}

/* ---- commands ---- */
static uint64_t qp_rq_bytes(const struct cx_qp *qp)
{
	return qp->has_rq ? 16ull << (qp->log_rq + qp->log_rq_stride) : 0;
}

static uint64_t qp_sq_bytes(const struct cx_qp *qp)
{
	return qp->has_sq ? 64ull << qp->log_sq : 0;
}

static int qp_init(struct cx *cx, struct cx_qp *qp, const struct cx_cmd *cmd)
{
	uint32_t pas = CX_BYTE_OFF(create_qp_in, pas);
	uint32_t log_page;

	memcpy(qp->qpc, CX_ADDR(create_qp_in, cmd->in, qpc), CX_BYTES(qpc));
	qp_decode(qp);
	log_page = CX_GET(qpc, qp->qpc, log_page_size);
	if (!st_known(qp->st) || CX_GET(qpc, qp->qpc, rq_type) == RQ_CHANNEL ||
	    qp->dbr & 3)
		return CX_ST_BAD_PARAM;
	/* The driver's own UMR queue belongs to no protection domain. */
	if (qp->st == CX_ST_REG_UMR)
		qp->pd = CX_PD_ANY;
	else if (!cx_tbl_get(&cx->pds, qp->pd))
		return CX_ST_BAD_RES;
	qp->sq_offset = qp_rq_bytes(qp);
	return cx_buf_init(cx, &qp->buf, cmd->in + pas, cmd->in_len - pas,
			   log_page, CX_GET(qpc, qp->qpc, page_offset),
			   qp->sq_offset + qp_sq_bytes(qp));
}

static struct cx_qp *qp_alloc(struct cx *cx)
{
	struct cx_qp *qp = calloc(1, sizeof(*qp));

	_Static_assert(CX_BYTES(qpc) <= sizeof(qp->qpc), "context fits");
	if (!qp)
		return NULL;
	qp->obj.cx = cx;
	qp->obj.free = qp_free;
	qp->flush_timer.fn = flush_poll;
	cx_sq_init(qp);
	cx_resp_init(qp);
	return qp;
}

int cx_cmd_create_qp(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_qp *qp = qp_alloc(cx);
	int status;

	if (!qp)
		return CX_ST_NO_RES;
	status = qp_init(cx, qp, cmd);
	if (!status)
		status = cx_tbl_add(&cx->qps, &qp->obj);
	if (status) {
		qp_free(&qp->obj);
		return status;
	}
	if (qp->st == CX_ST_QP0)
		cx->qp0 = qp->obj.num;
	if (qp->st == CX_ST_QP1)
		cx->qp1 = qp->obj.num;
	trace(qp, "%s: QP %#x st %u sq 2^%u rq %u 2^%u pd %u", cx->pci.name,
	      qp->obj.num, qp->st, qp->log_sq, qp->has_rq, qp->log_rq, qp->pd);
	CX_SET(create_qp_out, cmd->out, qpn, qp->obj.num);
	return CX_ST_OK;
}

int cx_cmd_destroy_qp(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_qp *qp;

	cx_inject_settle(cx);
	qp = cx_qp_get(cx, CX_GET(destroy_qp_in, cmd->in, qpn));
	if (!qp)
		return CX_ST_BAD_RES;
	if (cx->qp0 == qp->obj.num)
		cx->qp0 = 0;
	if (cx->qp1 == qp->obj.num)
		cx->qp1 = 0;
	cx_tbl_remove(&cx->qps, &qp->obj);
	qp_kill(qp);
	cx_bury(cx, &qp->obj);
	return CX_ST_OK;
}

struct qp_move {
	uint16_t opcode;
	uint8_t from, to, transition;
};

#define ANY_STATE	0xff

static const struct qp_move qp_moves[] = {
	{ MLX5_CMD_OP_RST2INIT_QP, CX_QPS_RST, CX_QPS_INIT, T_INIT },
	{ MLX5_CMD_OP_INIT2INIT_QP, CX_QPS_INIT, CX_QPS_INIT, 0 },
	{ MLX5_CMD_OP_INIT2RTR_QP, CX_QPS_INIT, CX_QPS_RTR, T_RTR },
	{ MLX5_CMD_OP_RTR2RTS_QP, CX_QPS_RTR, CX_QPS_RTS, T_RTS },
	{ MLX5_CMD_OP_RTS2RTS_QP, CX_QPS_RTS, CX_QPS_RTS, 0 },
	{ MLX5_CMD_OP_SQERR2RTS_QP, CX_QPS_SQER, CX_QPS_RTS, 0 },
	{ MLX5_CMD_OP_SQD_RTS_QP, CX_QPS_SQD, CX_QPS_RTS, 0 },
	{ MLX5_CMD_OP_2ERR_QP, ANY_STATE, CX_QPS_ERR, 0 },
	{ MLX5_CMD_OP_2RST_QP, ANY_STATE, CX_QPS_RST, 0 },
};

static const struct qp_move *qp_move_of(uint16_t opcode)
{
	for (size_t i = 0; i < sizeof(qp_moves) / sizeof(qp_moves[0]); i++)
		if (qp_moves[i].opcode == opcode)
			return &qp_moves[i];
	return NULL;
}

static void qp_enter(struct cx_qp *qp, uint8_t state)
{
	if (state == CX_QPS_ERR) {
		cx_qp_error(qp);
		return;
	}
	if (state == CX_QPS_RST)
		qp_queue_reset(qp);
	if (state == CX_QPS_RTR && qp->state == CX_QPS_INIT)
		qp->rq.epsn = CX_GET(qpc, qp->qpc, next_rcv_psn);
	if (state == CX_QPS_RTS && qp->state == CX_QPS_RTR)
		cx_sq_start(qp, CX_GET(qpc, qp->qpc, next_send_psn));
	qp->state = state;
	CX_SET(qpc, qp->qpc, state, state);
	if (state == CX_QPS_RTS && qp->sq.rung)
		cx_sq_kick(qp);
}

/* All transitions have the layout of the first ones; two carry no context. */
int cx_cmd_modify_qp(struct cx *cx, struct cx_cmd *cmd)
{
	const struct qp_move *move = qp_move_of(cmd->opcode);
	struct cx_qp *qp;

	if (move && move->to == CX_QPS_RST)
		cx_inject_settle(cx);
	qp = cx_qp_get(cx, CX_GET(rst2init_qp_in, cmd->in, qpn));
	if (!move || !qp)
		return CX_ST_BAD_RES;
	if (move->from != ANY_STATE && move->from != qp->state)
		return CX_ST_BAD_QP_STATE;
	if (move->from != ANY_STATE) {
		qpc_merge(qp->qpc, CX_ADDR(rst2init_qp_in, cmd->in, qpc),
			  move->transition,
			  CX_GET(rst2init_qp_in, cmd->in, opt_param_mask));
		qp_decode_path(qp);
	}
	trace(qp, "%s: QP %#x state %u -> %u", cx->pci.name, qp->obj.num,
	      qp->state, move->to);
	qp_enter(qp, move->to);
	return CX_ST_OK;
}

int cx_cmd_query_qp(struct cx *cx, struct cx_cmd *cmd)
{
	struct cx_qp *qp = cx_qp_get(cx, CX_GET(query_qp_in, cmd->in, qpn));
	void *qpc = CX_ADDR(query_qp_out, cmd->out, qpc);

	if (!qp)
		return CX_ST_BAD_RES;
	memcpy(qpc, qp->qpc, CX_BYTES(qpc));
	CX_SET(qpc, qpc, state, qp->state);
	CX_SET(qpc, qpc, next_send_psn, qp->sq.nxt);
	CX_SET(qpc, qpc, next_rcv_psn, qp->rq.epsn);
	CX_SET(qpc, qpc, hw_sq_wqebb_counter, qp->sq.ci);
	CX_SET(qpc, qpc, hw_rq_counter, qp->rq.ci);
	return CX_ST_OK;
}
