// SPDX-License-Identifier: GPL-2.0-or-later
/* See cx_env.h. */
#include <stdlib.h>
#include <string.h>

#include "core/stats.h"
#include "connectx/cx_mkey.h"
#include "connectx/cx_qp.h"
#include "connectx/cx_xlt.h"
#include "tests/cx_env.h"

#define BOX_BLOCKS	64
#define BOX_STRIDE	1024
#define EQ_LOG		6
#define TQP_LOG_SQ	6
#define TQP_LOG_RQ	4
#define PSN_START	0xfffff0	/* wraps soon */

const struct hca_hook *hca_hook;

static uint64_t make_boxes(struct fake_host *h)
{
	uint64_t box = fake_alloc(h, BOX_BLOCKS * BOX_STRIDE, 4096);

	for (unsigned int i = 0; i < BOX_BLOCKS; i++) {
		uint64_t at = box + i * BOX_STRIDE;
		uint8_t *p = fake_mem(h, at, 576);

		cx_put_be64(p + 560, i + 1 < BOX_BLOCKS ? at + BOX_STRIDE : 0);
		cx_put_be32(p + 568, i);
	}
	return box;
}

struct hca *hca_new_raw(struct fake_host *h, const char *params)
{
	struct hca *hca = calloc(1, sizeof(*hca));

	if (hca_hook)
		hca_hook->start(params, false);
	hca->h = h;
	hca->dev = fake_host_add(h, &connectx_model, params);
	hca->cx = cx_of(hca->dev);
	hca->cmdq = fake_alloc(h, 4096, 4096);
	hca->in_box = make_boxes(h);
	hca->out_box = make_boxes(h);
	fake_bar_write32(hca->dev, 0, 0x10,
			 __builtin_bswap32((uint32_t)(hca->cmdq >> 32)));
	fake_bar_write32(hca->dev, 0, 0x14,
			 __builtin_bswap32((uint32_t)hca->cmdq));
	return hca;
}

void hca_free(struct hca *hca)
{
	free(hca);
}

uint8_t *hca_cmd_prepare(struct hca *hca, const void *in, uint32_t in_len,
			 uint32_t out_len)
{
	uint8_t *ent = fake_mem(hca->h, hca->cmdq, 64);
	uint32_t rest = in_len > 16 ? in_len - 16 : 0;

	if (hca_hook)
		hca_hook->cmd(in, in_len, out_len);
	hca->token++;
	memset(ent, 0, 64);
	ent[0] = 7;
	cx_put_be32(ent + 4, in_len);
	memcpy(ent + 16, in, in_len < 16 ? in_len : 16);
	cx_put_be64(ent + 8, rest ? hca->in_box : 0);
	cx_put_be64(ent + 48, out_len > 16 ? hca->out_box : 0);
	cx_put_be32(ent + 56, out_len);
	ent[60] = hca->token;
	ent[63] = 1;
	for (uint32_t i = 0; i * 512 < rest; i++) {
		uint8_t *p = fake_mem(hca->h, hca->in_box + i * BOX_STRIDE,
				      576);
		uint32_t n = rest - i * 512 < 512 ? rest - i * 512 : 512;

		memcpy(p, (const uint8_t *)in + 16 + i * 512, n);
		p[573] = hca->token;
	}
	return ent;
}

int hca_cmd_ring(struct hca *hca, uint8_t *ent)
{
	fake_bar_write32(hca->dev, 0, 0x18, __builtin_bswap32(1));
	fake_run(hca->h);
	if (ent[63] & 1)
		return HCA_NO_ANSWER;
	return ent[63] ? HCA_DELIVERY(ent[63] >> 1) : ent[32];
}

int hca_cmd(struct hca *hca, const void *in, uint32_t in_len, void *out,
	    uint32_t out_len)
{
	uint8_t *ent = hca_cmd_prepare(hca, in, in_len, out_len);
	int status = hca_cmd_ring(hca, ent);
	uint8_t *o = out;

	memcpy(o, ent + 32, out_len < 16 ? out_len : 16);
	for (uint32_t at = 16; at < out_len; at += 512)
		memcpy(o + at, fake_mem(hca->h, hca->out_box +
					(at - 16) / 512 * BOX_STRIDE, 512),
		       out_len - at < 512 ? out_len - at : 512);
	return status;
}

static uint32_t simple_alloc(struct hca *hca, uint16_t opcode)
{
	uint8_t in[16] = { 0 }, out[16];

	cx_put_be16(in, opcode);
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, sizeof(out)), 0);
	return cx_be32(out + 8) & 0xffffff;
}

uint32_t hca_create_eq(struct hca *hca, uint64_t mask, unsigned int log,
		       unsigned int vector, uint64_t *buf)
{
	uint8_t in[CX_BYTES(create_eq_in) + 8] = { 0 }, out[16];
	void *eqc = CX_ADDR(create_eq_in, in, eq_context_entry);

	*buf = fake_alloc(hca->h, 64u << log < 4096 ? 4096 : 64u << log, 4096);
	for (unsigned int i = 0; i < 1u << log; i++)
		((uint8_t *)fake_mem(hca->h, *buf, 64u << log))[i * 64 + 63] = 1;
	CX_SET(create_eq_in, in, opcode, MLX5_CMD_OP_CREATE_EQ);
	CX_SET(eqc, eqc, log_eq_size, log);
	CX_SET(eqc, eqc, uar_page, hca->uar);
	CX_SET(eqc, eqc, intr, vector);
	cx_put_be64(CX_ADDR(create_eq_in, in, event_bitmask), mask);
	cx_put_be64(in + CX_BYTE_OFF(create_eq_in, pas), *buf);
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, sizeof(out)), 0);
	return CX_GET(create_eq_out, out, eq_number);
}

const uint8_t *hca_eqe(struct hca *hca, uint64_t buf, uint32_t *ci,
		       unsigned int log)
{
	const uint8_t *e = fake_mem(hca->h, buf + (*ci % (1u << log)) * 64, 64);

	if ((e[63] & 1) != (*ci >> log & 1))
		return NULL;
	(*ci)++;
	return e;
}

const uint8_t *hca_async_event(struct hca *hca)
{
	return hca_eqe(hca, hca->eq_buf, &hca->eq_ci, EQ_LOG);
}

const uint8_t *hca_page_fault(struct hca *hca)
{
	return hca_eqe(hca, hca->pf_buf, &hca->pf_ci, EQ_LOG);
}

int hca_resume(struct hca *hca, const uint8_t *eqe, bool error)
{
	uint8_t in[CX_BYTES(page_fault_resume_in)] = { 0 }, out[16];
	uint8_t *info = CX_ADDR(page_fault_resume_in, in, page_fault_info);

	CX_SET(page_fault_resume_in, in, opcode,
	       MLX5_CMD_OP_PAGE_FAULT_RESUME);
	if (eqe[3] == 2) {
		CX_SET(mem_page_fault_info, info, fault_token_47_32,
		       cx_be16(eqe + 32 + 6));
		CX_SET(mem_page_fault_info, info, fault_token_31_0,
		       cx_be32(eqe + 32 + 8));
		CX_SET(mem_page_fault_info, info, error, error);
	} else {
		uint32_t token = eqe[3] == 1 ? cx_be32(eqe + 32 + 24) :
					       cx_be32(eqe + 32 + 12);

		CX_SET(trans_page_fault_info, info, fault_token, token);
		CX_SET(trans_page_fault_info, info, page_fault_type,
		       eqe[32 + 24] & 7);
		CX_SET(trans_page_fault_info, info, error, error);
	}
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

static uint32_t create_pa_key(struct hca *hca)
{
	uint8_t in[CX_BYTES(create_mkey_in)] = { 0 }, out[16];
	void *mkc = CX_ADDR(create_mkey_in, in, memory_key_mkey_entry);

	CX_SET(create_mkey_in, in, opcode, MLX5_CMD_OP_CREATE_MKEY);
	CX_SET(mkc, mkc, lw, 1);
	CX_SET(mkc, mkc, lr, 1);
	CX_SET(mkc, mkc, pd, hca->pd);
	CX_SET(mkc, mkc, length64, 1);
	CX_SET(mkc, mkc, qpn, 0xffffff);
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, sizeof(out)), 0);
	return CX_GET(create_mkey_out, out, mkey_index) << 8;
}

static void enable_mem_fault(struct hca *hca)
{
	uint8_t in[16 + 4096] = { 0 }, out[16];

	CX_SET(set_hca_cap_in, in, opcode, MLX5_CMD_OP_SET_HCA_CAP);
	CX_SET(set_hca_cap_in, in, op_mod, 2 << 1);
	CX_SET(odp_cap, in + 16, mem_page_fault, 1);
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, sizeof(out)), 0);
}

struct hca *hca_new(struct fake_host *h, const char *params)
{
	struct hca *hca = hca_new_raw(h, params);

	enable_mem_fault(hca);
	hca->uar = simple_alloc(hca, MLX5_CMD_OP_ALLOC_UAR);
	hca->pd = simple_alloc(hca, MLX5_CMD_OP_ALLOC_PD);
	hca->eqn = hca_create_eq(hca, 0x1f02be & ~(1ull << 0x0a), EQ_LOG, 0,
				 &hca->eq_buf);
	hca->pf_eqn = hca_create_eq(hca, 1ull << 0x0c, EQ_LOG, 2,
				    &hca->pf_buf);
	hca->pa_key = create_pa_key(hca);
	if (hca_hook)
		hca_hook->start(params, true);
	return hca;
}

/* ---- completion queues ---- */
void tcq_create(struct tcq *cq, struct hca *hca, unsigned int log)
{
	uint32_t bytes = 64u << log < 4096 ? 4096 : 64u << log;
	uint8_t in[CX_BYTES(create_cq_in) + 64] = { 0 }, out[16];
	void *cqc = CX_ADDR(create_cq_in, in, cq_context);
	uint8_t *mem;

	*cq = (struct tcq){ .hca = hca, .log = log };
	cq->buf = fake_alloc(hca->h, bytes, 4096);
	cq->dbr = fake_alloc(hca->h, 8, 64);
	mem = fake_mem(hca->h, cq->buf, bytes);
	for (uint32_t i = 0; i < 1u << log; i++)
		mem[i * 64 + 63] = 0xf1;
	CX_SET(create_cq_in, in, opcode, MLX5_CMD_OP_CREATE_CQ);
	CX_SET(cqc, cqc, log_cq_size, log);
	CX_SET(cqc, cqc, uar_page, hca->uar);
	CX_SET(cqc, cqc, c_eqn_or_apu_element, hca->eqn);
	CX_SET64(cqc, cqc, dbr_addr, cq->dbr);
	for (uint32_t i = 0; i * 4096 < bytes; i++)
		cx_put_be64(in + CX_BYTE_OFF(create_cq_in, pas) + i * 8,
			    cq->buf + i * 4096);
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, sizeof(out)), 0);
	cq->num = CX_GET(create_cq_out, out, cqn);
}

const uint8_t *tcq_poll(struct tcq *cq)
{
	const uint8_t *c = fake_mem(cq->hca->h, cq->buf +
				    (cq->ci % (1u << cq->log)) * 64, 64);

	if ((c[63] & 1) != (cq->ci >> cq->log & 1) || c[63] >> 4 == 0xf)
		return NULL;
	cq->ci++;
	return c;
}

void tcq_expect(struct tcq *cq, unsigned int opcode, unsigned int syndrome)
{
	const uint8_t *c = tcq_poll(cq);

	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), opcode);
	if (opcode >= 13)
		assert_int_equal(cqe_syndrome(c), syndrome);
}

void tcq_ack(struct tcq *cq)
{
	cx_put_be32(fake_mem(cq->hca->h, cq->dbr, 4), cq->ci & 0xffffff);
}

void tcq_arm(struct tcq *cq, bool solicited)
{
	uint64_t off = cq->hca->uar * 4096ull + 0x20;
	uint8_t db[8];
	uint64_t val;

	cx_put_be32(db, (solicited ? 1u << 24 : 0) | (cq->ci & 0xffffff));
	cx_put_be32(db + 4, cq->num);
	memcpy(&val, db, 8);
	fake_bar_write64(cq->hca->dev, 0, off, val);
}

/* ---- queue pairs ---- */
void tqp_create(struct tqp *qp, struct hca *hca, uint32_t st,
		struct tcq *scq, struct tcq *rcq, uint32_t rmpn)
{
	uint32_t rq = rmpn ? 0 : 64u << TQP_LOG_RQ, sq = 64u << TQP_LOG_SQ;
	uint8_t in[CX_BYTE_OFF(create_qp_in, pas) + 64] = { 0 }, out[16];
	void *qpc = CX_ADDR(create_qp_in, in, qpc);
	uint32_t bytes = (rq + sq + 4095) & ~4095u;

	*qp = (struct tqp){
		.hca = hca, .st = st, .scq = scq, .rcq = rcq,
		.log_sq = TQP_LOG_SQ, .log_rq = TQP_LOG_RQ,
		.buf = fake_alloc(hca->h, bytes, 4096),
		.dbr = fake_alloc(hca->h, 8, 64),
	};
	qp->rq = qp->buf;
	qp->sq = qp->buf + rq;
	CX_SET(create_qp_in, in, opcode, MLX5_CMD_OP_CREATE_QP);
	CX_SET(qpc, qpc, st, st);
	CX_SET(qpc, qpc, pd, hca->pd);
	CX_SET(qpc, qpc, uar_page, hca->uar);
	CX_SET(qpc, qpc, user_index, 0x123);
	CX_SET(qpc, qpc, cqn_snd, scq->num);
	CX_SET(qpc, qpc, cqn_rcv, rcq->num);
	CX_SET(qpc, qpc, log_sq_size, TQP_LOG_SQ);
	CX_SET(qpc, qpc, rq_type, rmpn ? 1 : 0);
	CX_SET(qpc, qpc, srqn_rmpn_xrqn, rmpn);
	CX_SET(qpc, qpc, log_rq_size, rmpn ? 0 : TQP_LOG_RQ);
	CX_SET(qpc, qpc, log_rq_stride, rmpn ? 0 : 2);
	CX_SET64(qpc, qpc, dbr_addr, qp->dbr);
	for (uint32_t i = 0; i * 4096 < bytes; i++)
		cx_put_be64(in + CX_BYTE_OFF(create_qp_in, pas) + i * 8,
			    qp->buf + i * 4096);
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, sizeof(out)), 0);
	qp->num = CX_GET(create_qp_out, out, qpn);
}

int tqp_modify(struct tqp *qp, uint16_t opcode, const void *qpc)
{
	uint8_t in[CX_BYTES(rst2init_qp_in)] = { 0 }, out[16];

	CX_SET(rst2init_qp_in, in, opcode, opcode);
	CX_SET(rst2init_qp_in, in, qpn, qp->num);
	if (qpc)
		memcpy(CX_ADDR(rst2init_qp_in, in, qpc), qpc, CX_BYTES(qpc));
	return hca_cmd(qp->hca, in, sizeof(in), out, sizeof(out));
}

void hca_roce_address(struct hca *hca, unsigned int index, uint32_t version,
		      uint32_t l3, const uint8_t gid[16])
{
	uint8_t in[CX_BYTES(set_roce_address_in)] = { 0 }, out[16];
	void *a = CX_ADDR(set_roce_address_in, in, roce_address);

	CX_SET(set_roce_address_in, in, opcode, MLX5_CMD_OP_SET_ROCE_ADDRESS);
	CX_SET(set_roce_address_in, in, roce_address_index, index);
	memcpy(a, gid, 16);
	memcpy(CX_ADDR(roce_addr_layout, a, source_mac_47_32),
	       hca->cx->port.mac, ETH_MAC);
	CX_SET(roce_addr_layout, a, roce_version, version);
	CX_SET(roce_addr_layout, a, roce_l3_type, l3);
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, sizeof(out)), 0);
}

/* The first address of each device is the one it uses. */
static void connect_roce(uint8_t *qpc, const struct tqp *peer)
{
	const struct cx *cx = peer->hca->cx;

	memcpy(CX_ADDR(qpc, qpc, primary_address_path.rgid_rip),
	       cx->roce[0].gid, 16);
	memcpy(CX_ADDR(qpc, qpc, primary_address_path.rmac_47_32),
	       cx->port.mac, ETH_MAC);
	CX_SET(qpc, qpc, primary_address_path.hop_limit, 64);
	CX_SET(qpc, qpc, primary_address_path.udp_sport, 0xc123);
}

void tqp_connect(struct tqp *qp, const struct tqp *peer)
{
	uint8_t qpc[CX_BYTES(qpc)] = { 0 };

	CX_SET(qpc, qpc, rre, 1);
	CX_SET(qpc, qpc, rwe, 1);
	CX_SET(qpc, qpc, rae, 1);
	CX_SET(qpc, qpc, q_key, 0x11111111);
	CX_SET(qpc, qpc, mtu, 5);
	CX_SET(qpc, qpc, remote_qpn, peer ? peer->num : 0);
	CX_SET(qpc, qpc, primary_address_path.rlid,
	       peer ? peer->hca->cx->port.lid : 0);
	if (peer)
		connect_roce(qpc, peer);
	CX_SET(qpc, qpc, primary_address_path.ack_timeout, 10);
	CX_SET(qpc, qpc, next_rcv_psn, PSN_START);
	CX_SET(qpc, qpc, next_send_psn, PSN_START);
	CX_SET(qpc, qpc, min_rnr_nak, 1);
	CX_SET(qpc, qpc, rnr_retry, 3);
	CX_SET(qpc, qpc, retry_count, 1);
	CX_SET(qpc, qpc, log_sra_max, 4);
	CX_SET(qpc, qpc, log_rra_max, 4);
	assert_int_equal(tqp_modify(qp, MLX5_CMD_OP_RST2INIT_QP, qpc), 0);
	assert_int_equal(tqp_modify(qp, MLX5_CMD_OP_INIT2RTR_QP, qpc), 0);
	assert_int_equal(tqp_modify(qp, MLX5_CMD_OP_RTR2RTS_QP, qpc), 0);
}

void tqp_destroy(struct tqp *qp)
{
	uint8_t in[16] = { 0 }, out[16];

	CX_SET(destroy_qp_in, in, opcode, MLX5_CMD_OP_DESTROY_QP);
	CX_SET(destroy_qp_in, in, qpn, qp->num);
	assert_int_equal(hca_cmd(qp->hca, in, sizeof(in), out, sizeof(out)),
			 0);
}

void tqp_put(struct tqp *qp, const void *wqe, unsigned int ds)
{
	const uint8_t *p = wqe;
	unsigned int bbs = (ds + 3) / 4;

	for (unsigned int i = 0; i < (bbs ? bbs : 1); i++) {
		unsigned int left = ds * 16 - i * 64;

		memcpy(fake_mem(qp->hca->h, qp->sq +
				(qp->pi % (1u << qp->log_sq)) * 64, 64),
		       p + i * 64, left < 64 ? left : 64);
		qp->pi++;
	}
}

void tqp_ring(struct tqp *qp)
{
	uint8_t db[8] = { 0 };
	uint64_t val;

	cx_put_be32(fake_mem(qp->hca->h, qp->dbr + 4, 4), qp->pi);
	cx_put_be32(db + 4, qp->num << 8);
	memcpy(&val, db, 8);
	fake_bar_write64(qp->hca->dev, 0, qp->hca->uar * 4096ull + 0x800,
			 val);
	fake_run(qp->hca->h);
}

static void put_ctrl(const struct tqp *qp, uint8_t *w, uint8_t opcode,
		     unsigned int ds, uint32_t imm)
{
	cx_put_be32(w, (uint32_t)qp->pi << 8 | opcode);
	cx_put_be32(w + 4, qp->num << 8 | ds);
	w[11] = 2 << 2;
	cx_put_be32(w + 12, imm);
}

static unsigned int put_sges(uint8_t *w, const struct tsge *sge,
			     unsigned int sges)
{
	for (unsigned int i = 0; i < sges; i++, w += 16) {
		cx_put_be32(w, sge[i].len);
		cx_put_be32(w + 4, sge[i].key);
		cx_put_be64(w + 8, sge[i].va);
	}
	return sges;
}

void tqp_post(struct tqp *qp, uint8_t opcode, uint64_t raddr, uint32_t rkey,
	      uint32_t imm, const struct tsge *sge, unsigned int sges)
{
	bool remote = opcode == 0x08 || opcode == 0x09 || opcode == 0x10;
	unsigned int ds = 1;
	uint8_t w[1024] = { 0 };

	if (remote) {
		cx_put_be64(w + 16, raddr);
		cx_put_be32(w + 24, rkey);
		ds++;
	}
	ds += put_sges(w + ds * 16, sge, sges);
	put_ctrl(qp, w, opcode, ds, imm);
	tqp_put(qp, w, ds);
	tqp_ring(qp);
}

void tqp_post_atomic(struct tqp *qp, uint8_t opcode, uint64_t raddr,
		     uint32_t rkey, uint64_t swap_add, uint64_t compare,
		     const struct tsge *sge)
{
	uint8_t w[64] = { 0 };

	cx_put_be64(w + 16, raddr);
	cx_put_be32(w + 24, rkey);
	cx_put_be64(w + 32, swap_add);
	cx_put_be64(w + 40, compare);
	put_sges(w + 48, sge, 1);
	put_ctrl(qp, w, opcode, 4, 0);
	tqp_put(qp, w, 4);
	tqp_ring(qp);
}

void tqp_post_ud(struct tqp *qp, uint16_t dlid, uint32_t dqpn, uint32_t qkey,
		 const struct tsge *sge)
{
	uint8_t w[128] = { 0 };

	cx_put_be32(w + 16, qkey);
	cx_put_be32(w + 24, 0x80000000u | dqpn);
	cx_put_be16(w + 30, dlid);
	put_sges(w + 64, sge, 1);
	put_ctrl(qp, w, 0x0a, 5, 0);
	tqp_put(qp, w, 5);
	tqp_ring(qp);
}

void tqp_post_umr(struct tqp *qp, const uint8_t ctrl[48],
		  const uint8_t mkc[64], uint32_t key, const void *tail,
		  unsigned int tail_len)
{
	uint8_t w[1024] = { 0 };
	unsigned int ds = 8 + tail_len / 16;

	memcpy(w + 16, ctrl, 48);
	memcpy(w + 64, mkc, 64);
	if (tail_len)
		memcpy(w + 128, tail, tail_len);
	put_ctrl(qp, w, 0x25, ds, key);
	tqp_put(qp, w, ds);
	tqp_ring(qp);
}

void tqp_recv(struct tqp *qp, const struct tsge *sge, unsigned int sges)
{
	uint8_t *w = fake_mem(qp->hca->h, qp->rq +
			      (qp->rq_pi % (1u << qp->log_rq)) * 64, 64);

	memset(w, 0, 64);
	put_sges(w, sge, sges);
	if (sges < 4)
		cx_put_be32(w + sges * 16 + 4, 0x100);
	qp->rq_pi++;
	cx_put_be32(fake_mem(qp->hca->h, qp->dbr, 4), qp->rq_pi);
}

/* ---- memory ---- */
static void mr_set(struct tmr *mr, uint32_t index, unsigned int bits)
{
	struct cx_mkey *mkey = cx_mkey_get(mr->hca->cx, mr->key);
	uint64_t mtt = bits ? mr->iova + index * 4096ull + bits : 0;
	uint8_t be[8];

	cx_put_be64(be, mtt);
	assert_int_equal(cx_xlt_write(mr->hca->cx, mkey, index * 8, be, 8), 0);
}

void tmr_map(struct tmr *mr, uint32_t first, uint32_t n, unsigned int bits)
{
	for (uint32_t i = first; i < first + n; i++)
		mr_set(mr, i, bits);
}

void tmr_create(struct tmr *mr, struct hca *hca, uint32_t len, uint8_t access,
		bool present)
{
	uint8_t in[CX_BYTES(create_mkey_in)] = { 0 }, out[16];
	void *mkc = CX_ADDR(create_mkey_in, in, memory_key_mkey_entry);
	uint32_t pages = (len + 4095) / 4096;

	*mr = (struct tmr){ .hca = hca, .len = len };
	mr->iova = fake_alloc(hca->h, pages * 4096, 4096);
	mr->mem = fake_mem(hca->h, mr->iova, len);
	mr->va = 0x7f0000000000ull + mr->iova;	/* not what the bus says */
	CX_SET(create_mkey_in, in, opcode, MLX5_CMD_OP_CREATE_MKEY);
	CX_SET(mkc, mkc, access_mode_1_0, CX_MKEY_MTT);
	CX_SET(mkc, mkc, lr, access & CX_ACC_LOCAL_READ ? 1 : 0);
	CX_SET(mkc, mkc, lw, access & CX_ACC_LOCAL_WRITE ? 1 : 0);
	CX_SET(mkc, mkc, rr, access & CX_ACC_REMOTE_READ ? 1 : 0);
	CX_SET(mkc, mkc, rw, access & CX_ACC_REMOTE_WRITE ? 1 : 0);
	CX_SET(mkc, mkc, a, access & CX_ACC_ATOMIC ? 1 : 0);
	CX_SET(mkc, mkc, umr_en, 1);
	CX_SET(mkc, mkc, mkey_7_0, 0x5a);
	CX_SET(mkc, mkc, qpn, 0xffffff);
	CX_SET(mkc, mkc, pd, hca->pd);
	CX_SET64(mkc, mkc, start_addr, mr->va);
	CX_SET64(mkc, mkc, len, len);
	CX_SET(mkc, mkc, log_page_size, 12);
	CX_SET(mkc, mkc, translations_octword_size, (pages + 1) / 2);
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, sizeof(out)), 0);
	mr->key = CX_GET(create_mkey_out, out, mkey_index) << 8 | 0x5a;
	if (present)
		tmr_map(mr, 0, pages, 3);
}

struct tsge tmr_sge(const struct tmr *mr, uint64_t off, uint32_t len)
{
	return (struct tsge){ .key = mr->key, .va = mr->va + off, .len = len };
}

uint64_t hca_counter(struct hca *hca, const char *name)
{
	for (const struct stat_desc *d = hca->dev->stats; d->name; d++)
		if (!strcmp(d->name, name))
			return *(uint64_t *)((char *)hca->dev->stats_base +
					     d->offset);
	fail_msg("no counter %s", name);
	return 0;
}
