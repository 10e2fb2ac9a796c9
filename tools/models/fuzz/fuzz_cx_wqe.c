// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Work requests: queue pairs of all types between an HCA and itself, memory with
 * and without translations, page faults and what resumes them.
 *
 * First byte: see fuzz_cx.h.  Then steps, each with a byte that chooses the queue
 * pair and other bytes as needed:
 *	0, 1	a request that may work: opcode, scatter/gather entries in the memory
 *	2, 3	a request of any shape: opcode, length, segments of 16 bytes, which are
 *		entries in the memory, values, or bytes
 *	4	a receive request
 *	5	translations come or go
 *	6	page faults are resumed
 *	7	the queue pair is connected again
 *	8	time passes
 *	9	a producer index, a doorbell
 *	10	bytes anywhere in the queue or the doorbell record
 *	11	a command about a queue pair, a key or a queue
 *	12	a UMR of one of the keys
 *	13	completions are consumed
 */
#include <string.h>

#include "connectx/cx_mkey.h"
#include "connectx/cx_xlt.h"
#include "fuzz/fuzz_cx.h"
#include "pci/pci_bar.h"
#include "tests/fake_time.h"

#define NUM_QPS		4

struct env {
	struct tpair *p;
	struct tqp *qp[NUM_QPS];
	struct tqp ud, umr;
};

static const uint8_t opcodes[] = {
	0x00, 0x01, 0x08, 0x09, 0x0a, 0x0b, 0x0e, 0x10, 0x11, 0x12, 0x14, 0x15,
	0x1b, 0x25, 0x29, 0x0f,
};

static struct tqp *any_qp(struct fuzz_in *in, struct env *e)
{
	return e->qp[fuzz_u8(in) % NUM_QPS];
}

static struct tsge any_sge(struct fuzz_in *in, struct env *e)
{
	uint8_t how = fuzz_u8(in);
	uint16_t off = fuzz_u16(in), len = fuzz_u16(in);
	struct tsge sge = tmr_sge(how & 1 ? &e->p->mb : &e->p->ma, off,
				  how & 2 ? len : len % 512);

	if (how & 4)
		sge.key = (uint32_t)fuzz_value(in);
	if (how & 8)
		sge.va = fuzz_value(in);
	return sge;
}

static void put_sge(uint8_t *w, const struct tsge *sge)
{
	cx_put_be32(w, sge->len);
	cx_put_be32(w + 4, sge->key);
	cx_put_be64(w + 8, sge->va);
}

/* tqp_ring() without waiting for the end. */
static void ring(struct env *e, struct tqp *qp)
{
	uint8_t db[8] = { 0 };

	cx_put_be32(fake_mem(e->p->h, qp->dbr + 4, 4), qp->pi);
	cx_put_be32(db + 4, qp->num << 8);
	pci_bar_write(qp->hca->dev, 0, qp->hca->uar * 4096ull + 0x800, db, 8);
	fake_run_ms(e->p->h, 1);
}

static void post(struct env *e, struct tqp *qp, uint8_t *w, uint8_t opcode,
		 unsigned int ds)
{
	cx_put_be32(w, (uint32_t)qp->pi << 8 | opcode);
	cx_put_be32(w + 4, qp->num << 8 | ds);
	tqp_put(qp, w, ds ? ds : 1);
	ring(e, qp);
}

static void good_request(struct fuzz_in *in, struct env *e)
{
	struct tqp *qp = any_qp(in, e);
	uint8_t op = opcodes[fuzz_u8(in) % FUZZ_ARRAY(opcodes)], n = fuzz_u8(in);
	struct tsge sge, far = any_sge(in, e);
	uint8_t w[512] = { 0 };
	unsigned int ds = 1;

	if (qp == &e->ud) {
		cx_put_be32(w + 16, 0x11111111);
		cx_put_be32(w + 24, 0x80000000u | e->ud.num);
		cx_put_be16(w + 30, (uint16_t)qp->hca->cx->port.lid);
		ds = 4;
	} else if (op == 0x08 || op == 0x09 || op >= 0x10) {
		cx_put_be64(w + 16, far.va);
		cx_put_be32(w + 24, far.key);
		ds = 2;
	}
	if (op == 0x11 || op == 0x12) {
		cx_put_be64(w + ds * 16, fuzz_u8(in));
		ds++;
	}
	w[11] = n;
	for (n = n >> 4 & 7; n; n--, ds++) {
		sge = any_sge(in, e);
		put_sge(w + ds * 16, &sge);
	}
	post(e, qp, w, op, ds);
}

static void any_request(struct fuzz_in *in, struct env *e)
{
	struct tqp *qp = any_qp(in, e);
	uint8_t how = fuzz_u8(in), op = fuzz_u8(in), ds = fuzz_u8(in) % 64;
	uint8_t w[1024] = { 0 };
	struct tsge sge;

	if (how & 1)
		op = opcodes[op % FUZZ_ARRAY(opcodes)];
	fuzz_bytes(in, w + 8, 8);
	for (unsigned int at = 16; at < ds * 16u; at += 16) {
		switch (fuzz_u8(in) % 4) {
		case 0:
			sge = any_sge(in, e);
			put_sge(w + at, &sge);
			break;
		case 1:
			cx_put_be64(w + at, fuzz_value(in));
			cx_put_be64(w + at + 8, fuzz_value(in));
			break;
		case 2:
			fuzz_bytes(in, w + at, 16);
			break;
		default:
			break;
		}
	}
	post(e, qp, w, op, ds);
}

static void receive(struct fuzz_in *in, struct env *e)
{
	struct tqp *qp = any_qp(in, e);
	unsigned int n = fuzz_u8(in) % 5;
	struct tsge sge[4];

	for (unsigned int i = 0; i < n; i++)
		sge[i] = any_sge(in, e);
	tqp_recv(qp, sge, n);
}

/* tmr_map() for a key that may be gone, or be another one by now. */
static void map(const struct tmr *mr, uint32_t first, uint32_t n,
		unsigned int bits)
{
	struct cx_mkey *mkey = cx_mkey_get(mr->hca->cx, mr->key);
	uint8_t mtt[8] = { 0 };

	for (; mkey && n; n--, first++) {
		if (bits)
			cx_put_be64(mtt, mr->iova + first * 4096ull + bits);
		cx_xlt_write(mr->hca->cx, mkey, first * 8, mtt, 8);
	}
}

static void translations(struct fuzz_in *in, struct env *e)
{
	uint8_t how = fuzz_u8(in), first = fuzz_u8(in) % 16;

	map(how & 4 ? &e->p->ma : &e->p->mb, first,
	    1 + fuzz_u8(in) % (16 - first), how & 3);
}

static void resume(struct fuzz_in *in, struct env *e)
{
	uint8_t how = fuzz_u8(in);
	unsigned int n = 1 + how % 4;
	const uint8_t *eqe;

	if (how & 0x80)
		map(&e->p->mb, 0, 16, 3);
	while (n-- && (eqe = hca_page_fault(e->p->a)))
		hca_resume(e->p->a, eqe, how & 0x40);
}

/* Reset and to RTS, with attributes that vary. */
static void connect_again(struct fuzz_in *in, struct env *e)
{
	static const uint16_t ops[] = { 0x502, 0x503, 0x504 };
	struct tqp *qp = any_qp(in, e);
	uint8_t qpc[CX_BYTES(qpc)] = { 0 }, how = fuzz_u8(in);
	const struct tqp *peer = qp == &e->p->qa ? &e->p->qb :
				 qp == &e->p->qb ? &e->p->qa : qp;

	CX_SET(qpc, qpc, rre, !(how & 1));
	CX_SET(qpc, qpc, rwe, !(how & 2));
	CX_SET(qpc, qpc, rae, !(how & 4));
	CX_SET(qpc, qpc, mtu, fuzz_u8(in) % 8);
	CX_SET(qpc, qpc, q_key, 0x11111111);
	CX_SET(qpc, qpc, remote_qpn, peer->num);
	CX_SET(qpc, qpc, primary_address_path.rlid, qp->hca->cx->port.lid);
	CX_SET(qpc, qpc, primary_address_path.ack_timeout, fuzz_u8(in) % 32);
	CX_SET(qpc, qpc, log_sra_max, how >> 3 & 7);
	CX_SET(qpc, qpc, log_rra_max, how >> 3 & 7);
	CX_SET(qpc, qpc, min_rnr_nak, how >> 6);
	CX_SET(qpc, qpc, rnr_retry, fuzz_u8(in) % 8);
	CX_SET(qpc, qpc, retry_count, fuzz_u8(in) % 8);
	tqp_modify(qp, MLX5_CMD_OP_2RST_QP, NULL);
	qp->pi = 0;
	qp->rq_pi = 0;
	for (int i = 0; i < 3; i++)
		tqp_modify(qp, ops[i], qpc);
}

static void index_and_doorbell(struct fuzz_in *in, struct env *e)
{
	struct tqp *qp = any_qp(in, e);
	uint16_t pi = qp->pi;

	qp->pi += (int8_t)fuzz_u8(in);
	if (fuzz_u8(in) & 1)
		qp->rq_pi += (int8_t)fuzz_u8(in);
	cx_put_be32(fake_mem(e->p->h, qp->dbr, 4), qp->rq_pi);
	ring(e, qp);
	qp->pi = pi;
}

static void any_bytes(struct fuzz_in *in, struct env *e)
{
	struct tqp *qp = any_qp(in, e);
	uint16_t off = fuzz_u16(in);
	uint8_t len = fuzz_u8(in) % 64;

	if (off & 0x8000)
		fuzz_bytes(in, fake_mem(e->p->h, qp->dbr + off % 8, 1), 1);
	else
		fuzz_bytes(in, fake_mem(e->p->h, qp->buf + off % 5056, len), len);
}

static void command(struct fuzz_in *in, struct env *e)
{
	static const uint16_t ops[] = {
		0x200, 0x201, 0x202, 0x203, 0x402, 0x403, 0x501, 0x502, 0x503,
		0x504, 0x505, 0x507, 0x50a, 0x50b, 0x302, 0x401,
	};
	uint32_t numbers[] = {
		e->p->qa.num, e->p->qb.num, e->ud.num, e->umr.num,
		e->p->ma.key >> 8, e->p->mb.key >> 8, e->p->cqa.num,
		e->p->cqb.num, e->p->a->eqn, e->p->a->pf_eqn,
	};
	uint8_t cmd[64] = { 0 }, out[16];

	cx_put_be16(cmd, ops[fuzz_u8(in) % FUZZ_ARRAY(ops)]);
	cx_put_be32(cmd + 8, numbers[fuzz_u8(in) % FUZZ_ARRAY(numbers)]);
	fuzz_bytes(in, cmd + 12, fuzz_u8(in) % 52);
	hca_cmd(e->p->a, cmd, sizeof(cmd), out, sizeof(out));
}

static void umr(struct fuzz_in *in, struct env *e)
{
	struct tqp *qp = &e->umr;
	uint8_t how = fuzz_u8(in), w[1024] = { 0 };
	unsigned int ds = 8 + fuzz_u8(in) % 16, at;
	struct tsge sge;

	w[11] = how & 0xc;
	cx_put_be32(w + 12, how & 1 ? e->p->ma.key : e->p->mb.key);
	w[16] = fuzz_u8(in);		/* control flags */
	cx_put_be16(w + 20, fuzz_u8(in));
	cx_put_be16(w + 22, fuzz_u8(in));
	cx_put_be64(w + 24, fuzz_value(in));	/* what is changed */
	fuzz_bytes(in, w + 64, how & 2 ? 64 : 4);
	if (!(how & 2)) {
		cx_put_be32(w + 64 + 8, e->p->a->pd);
		cx_put_be64(w + 64 + 16, e->p->mb.va);
		cx_put_be64(w + 64 + 24, fuzz_value(in));
	}
	for (at = 128; at < ds * 16; at += 16) {
		if (how & 0x10)
			fuzz_bytes(in, w + at, 16);
		sge = any_sge(in, e);
		put_sge(w + at, &sge);
	}
	post(e, qp, w, 0x25, ds);
}

static void step(struct fuzz_in *in, struct env *e)
{
	switch (fuzz_u8(in) % 14) {
	case 0 ... 1:
		good_request(in, e);
		break;
	case 2 ... 3:
		any_request(in, e);
		break;
	case 4:
		receive(in, e);
		break;
	case 5:
		translations(in, e);
		break;
	case 6:
		resume(in, e);
		break;
	case 7:
		connect_again(in, e);
		break;
	case 8:
		fake_run_ms(e->p->h, fuzz_u8(in));
		break;
	case 9:
		index_and_doorbell(in, e);
		break;
	case 10:
		any_bytes(in, e);
		break;
	case 11:
		command(in, e);
		break;
	case 12:
		umr(in, e);
		break;
	default:
		while (tcq_poll(&e->p->cqa) || tcq_poll(&e->p->cqb))
			;
		tcq_ack(&e->p->cqa);
		tcq_ack(&e->p->cqb);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct env e;

	fake_time_start();
	e.p = fuzz_cx_pair(fuzz_u8(&in));
	tqp_create(&e.ud, e.p->a, CX_ST_UD, &e.p->cqa, &e.p->cqa, 0);
	tqp_connect(&e.ud, NULL);
	tqp_create(&e.umr, e.p->a, CX_ST_REG_UMR, &e.p->cqa, &e.p->cqa, 0);
	tqp_connect(&e.umr, &e.umr);
	e.qp[0] = &e.p->qa;
	e.qp[1] = &e.p->qb;
	e.qp[2] = &e.ud;
	e.qp[3] = &e.umr;
	while (in.left)
		step(&in, &e);
	fake_run_ms(e.p->h, 20);
	tpair_teardown((void **)&e.p);
	return 0;
}
