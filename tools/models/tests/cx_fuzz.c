// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that does anything: random commands, doorbells, queue contents and
 * resets, with real objects around so that it gets deep.  What is asserted is
 * what ASan and UBSan assert, and that the device still works afterwards.
 */
#include <stdlib.h>

#include "connectx/cx_wqe.h"
#include "tests/cx_env.h"

#define ROUNDS		120000
#define REBUILD_EVERY	600

static uint64_t rng = 0x9e3779b97f4a7c15ull;

static uint32_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng >> 16;
}

struct env {
	struct fake_host *h;
	struct hca *hca;
	struct tcq cq;
	struct tqp qp[4];
	struct tmr mr;
};

static void open_device(struct env *e)
{
	static const uint32_t types[] = { CX_ST_RC, CX_ST_RC, CX_ST_UD,
					  CX_ST_REG_UMR };

	static const char *const params[] = {
		"odp=memory", "odp=transport", "link=eth",
	};
	static const uint8_t gid[16] = { 0xfe, 0x80, [15] = 1 };

	e->h = fake_host_new();
	e->hca = hca_new(e->h, params[rnd() % 3]);
	if (e->hca->cx->par.ethernet)
		hca_roce_address(e->hca, 0, 0, 0, gid);
	tcq_create(&e->cq, e->hca, 6);
	for (int i = 0; i < 4; i++)
		tqp_create(&e->qp[i], e->hca, types[i], &e->cq, &e->cq, 0);
	for (int i = 0; i < 4; i++)
		tqp_connect(&e->qp[i], &e->qp[i < 2 ? 1 - i : i]);
	tmr_create(&e->mr, e->hca, 1 << 18, ACC_ALL, rnd() & 3);
}

static void close_device(struct env *e)
{
	hca_free(e->hca);
	fake_host_free(e->h);
}

static const uint16_t opcodes[] = {
	0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x107, 0x109, 0x10a, 0x10b,
	0x200, 0x201, 0x202, 0x203, 0x204, 0x301, 0x302, 0x303, 0x400, 0x401,
	0x402, 0x403, 0x500, 0x501, 0x502, 0x503, 0x504, 0x505, 0x507, 0x50a,
	0x50b, 0x50e, 0x703, 0x705, 0x706, 0x707, 0x708, 0x750, 0x762, 0x764,
	0x765, 0x770, 0x771, 0x773, 0x800, 0x801, 0x802, 0x803, 0x805, 0x80e,
	0x816, 0x90c, 0x90d, 0x90e, 0x90f, 0x754, 0x755, 0x760, 0x761, 0x900,
	0x901, 0x902, 0x904, 0x905, 0x906, 0x907, 0x908, 0x909, 0x90a, 0x90b,
	0x912, 0x913, 0x914, 0x916, 0x917, 0x918, 0x92f, 0x930, 0x931, 0x933,
	0x934, 0x936, 0x938, 0x93c,
};

static void random_command(struct env *e)
{
	static uint8_t in[4096 + 64];
	uint32_t len = 8 + rnd() % (rnd() & 7 ? 700 : 4096);
	uint8_t *ent;

	for (uint32_t i = 0; i < len; i++)
		in[i] = rnd() & 3 ? 0 : rnd();
	cx_put_be16(in, rnd() & 15 ? opcodes[rnd() % (sizeof(opcodes) / 2)] :
				     rnd());
	/* Numbers that exist are the interesting ones. */
	cx_put_be32(in + 8, rnd() & 1 ? rnd() % 80 : rnd());
	ent = hca_cmd_prepare(e->hca, in, len, 8 + rnd() % 4200);
	for (int i = 0; rnd() % 8 == 0 && i < 4; i++)
		ent[rnd() % 64] = rnd();
	fake_bar_write32(e->hca->dev, 0, 0x18,
			 rnd() % 8 ? __builtin_bswap32(1) : rnd());
	if (rnd() & 1)
		fake_run(e->h);
}

static void random_bar(struct env *e)
{
	static const unsigned int sizes[] = { 1, 2, 4, 8 };
	unsigned int size = sizes[rnd() % 4];
	uint64_t off;

	off = rnd() & 1 ? rnd() % CX_BAR_SIZE :
			  (CX_FIRST_UAR + rnd() % 4) * 4096ull + rnd() % 0x1000;
	off &= ~(uint64_t)(size - 1);
	/* The command queue's address stays: a lost one ends all commands. */
	if (off >= 0x10 && off < 0x18)
		return;
	if (rnd() & 1)
		fake_bar_read(e->hca->dev, 0, off, size);
	else
		fake_bar_write(e->hca->dev, 0, off, size,
			       rnd() | (uint64_t)rnd() << 32);
}

/* One that would work, if the peer and the memory are in the mood. */
static void good_wqe(struct env *e)
{
	static const uint8_t ops[] = { 8, 9, 10, 11, 0x10, 8, 0x10 };
	struct tqp *qp = &e->qp[rnd() % 2];
	struct tsge sge[3];
	uint32_t far = rnd() % (e->mr.len / 2);

	for (int i = 0; i < 3; i++)
		sge[i] = tmr_sge(&e->mr, rnd() % (e->mr.len / 2),
				 1 + rnd() % (rnd() & 3 ? 500 : 40000));
	if (rnd() % 4)
		tqp_post(qp, ops[rnd() % sizeof(ops)], e->mr.va + far,
			 e->mr.key, rnd(), sge, 1 + rnd() % 3);
	else
		tqp_post_atomic(qp, 0x11 + rnd() % 2, e->mr.va + (far & ~7u),
				e->mr.key, rnd(), rnd(), sge);
	tcq_ack(&e->cq);
	while (tcq_poll(&e->cq))
		;
}

static void random_wqe(struct env *e)
{
	static const uint8_t ops[] = { 0, 1, 8, 9, 10, 11, 0x10, 0x11, 0x12,
				       0x1b, 0x25 };
	struct tqp *qp = &e->qp[rnd() % 4];
	unsigned int ds = rnd() % 8 ? 1 + rnd() % 9 : rnd() % 64;
	uint8_t w[1024];

	for (size_t i = 0; i < sizeof(w); i++)
		w[i] = rnd() & 3 ? 0 : rnd();
	w[3] = rnd() % 16 ? ops[rnd() % sizeof(ops)] : rnd();
	cx_put_be32(w + 4, qp->num << 8 | ds);
	w[11] = rnd();
	for (unsigned int at = 16; at < ds * 16; at += 16) {
		if (rnd() & 1)
			continue;
		cx_put_be32(w + at, rnd() % 70000);
		cx_put_be32(w + at + 4, e->mr.key);
		cx_put_be64(w + at + 8, e->mr.va + rnd() % e->mr.len);
	}
	tqp_put(qp, w, ds ? ds : 1);
	if (rnd() % 32 == 0)
		qp->pi += rnd();
	cx_put_be32(fake_mem(e->h, qp->dbr + 4, 4), qp->pi);
	tcq_ack(&e->cq);
	fake_bar_write64(e->hca->dev, 0, e->hca->uar * 4096ull + 0x800,
			 __builtin_bswap64((uint64_t)qp->num << 8));
	while (tcq_poll(&e->cq))
		;
}

static void random_recv(struct env *e)
{
	struct tsge sge[4];

	for (int i = 0; i < 4; i++) {
		sge[i] = tmr_sge(&e->mr, rnd() % e->mr.len, rnd() % 5000);
		if (rnd() % 8 == 0)
			sge[i].key = rnd();
	}
	tqp_recv(&e->qp[rnd() % 4], sge, rnd() % 5);
}

static void random_map(struct env *e)
{
	if (!cx_tbl_get(&e->hca->cx->mkeys, e->mr.key >> 8))
		return;
	tmr_map(&e->mr, rnd() % 64, 1, rnd() % 4);
}

static void random_resume(struct env *e)
{
	const uint8_t *ev = hca_page_fault(e->hca);

	if (ev)
		hca_resume(e->hca, ev, rnd() % 4 == 0);
}

static void bring_up(struct tqp *qp, const struct tqp *peer)
{
	static const uint16_t ops[] = { 0x502, 0x503, 0x504 };
	uint8_t qpc[CX_BYTES(qpc)] = { 0 };

	CX_SET(qpc, qpc, rre, 1);
	CX_SET(qpc, qpc, rwe, 1);
	CX_SET(qpc, qpc, rae, 1);
	CX_SET(qpc, qpc, q_key, 0x11111111);
	CX_SET(qpc, qpc, remote_qpn, peer->num);
	CX_SET(qpc, qpc, primary_address_path.rlid, qp->hca->cx->port.lid);
	CX_SET(qpc, qpc, log_sra_max, rnd() % 8);
	CX_SET(qpc, qpc, min_rnr_nak, 1);
	tqp_modify(qp, MLX5_CMD_OP_2RST_QP, NULL);
	qp->pi = 0;
	qp->rq_pi = 0;
	for (int i = 0; i < 3; i++)
		tqp_modify(qp, ops[i], qpc);
}

static void revive(struct env *e)
{
	unsigned int i = rnd() % 4;

	bring_up(&e->qp[i], &e->qp[i < 2 ? 1 - i : i]);
	if (i < 2)
		bring_up(&e->qp[1 - i], &e->qp[i]);
}

static void one_step(struct env *e)
{
	switch (rnd() % 32) {
	case 0 ... 6:
		random_command(e);
		break;
	case 7 ... 9:
		random_bar(e);
		break;
	case 10 ... 11:
		random_wqe(e);
		break;
	case 12 ... 17:
		good_wqe(e);
		break;
	case 18 ... 19:
		random_recv(e);
		break;
	case 20 ... 22:
		random_map(e);
		break;
	case 23 ... 26:
		random_resume(e);
		break;
	case 27 ... 29:
		revive(e);
		break;
	default:
		fake_run(e->h);
		if (rnd() % 2000 == 0)
			fake_reset(e->hca->dev);
	}
}

static void test_random_guest(void **state)
{
	struct env e = { 0 };

	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (i % REBUILD_EVERY == 0) {
			if (i)
				close_device(&e);
			open_device(&e);
		}
		one_step(&e);
	}
	fake_reset(e.hca->dev);
	fake_run(e.h);
	assert_int_equal(e.hca->cx->xlt_bytes, 0);
	assert_int_equal(e.hca->cx->pas_bytes, 0);
	close_device(&e);
	open_device(&e);
	tqp_post(&e.qp[0], CX_OP_NOP, 0, 0, 0, NULL, 0);
	assert_int_equal(cqe_opcode(tcq_poll(&e.cq)), 0);
	close_device(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_guest),
	};

	return cmocka_run_group_tests_name("cx_fuzz", tests, NULL, NULL);
}
