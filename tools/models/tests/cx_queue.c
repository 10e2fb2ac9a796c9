// SPDX-License-Identifier: GPL-2.0-or-later
/* EQs, CQs, SRQs, datagrams, WQEs at the edges. */
#include <stdlib.h>

#include "connectx/cx_ifc.h"
#include "connectx/cx_rq.h"
#include "connectx/cx_wqe.h"
#include "tests/cx_env.h"

struct env {
	struct fake_host *h;
	struct hca *hca;
	struct tcq cq, small;
	struct tqp qa, qb;
	struct tmr mr;
};

static int setup(void **state)
{
	struct env *e = calloc(1, sizeof(*e));

	e->h = fake_host_new();
	e->hca = hca_new(e->h, NULL);
	tcq_create(&e->cq, e->hca, 7);
	tcq_create(&e->small, e->hca, 2);
	tqp_create(&e->qa, e->hca, CX_ST_RC, &e->cq, &e->cq, 0);
	tqp_create(&e->qb, e->hca, CX_ST_RC, &e->small, &e->small, 0);
	tqp_connect(&e->qa, &e->qb);
	tqp_connect(&e->qb, &e->qa);
	tmr_create(&e->mr, e->hca, 65536, ACC_ALL, true);
	*state = e;
	return 0;
}

static int teardown(void **state)
{
	struct env *e = *state;

	hca_free(e->hca);
	fake_host_free(e->h);
	free(e);
	return 0;
}

static void nop(struct tqp *qp)
{
	tqp_post(qp, CX_OP_NOP, 0, 0, 0, NULL, 0);
}

static void test_cq_owner_bit_wraps(void **state)
{
	struct env *e = *state;

	for (int i = 0; i < 300; i++) {
		nop(&e->qa);
		assert_non_null(tcq_poll(&e->cq));
		assert_null(tcq_poll(&e->cq));
		tcq_ack(&e->cq);
	}
	assert_int_equal(hca_counter(e->hca, "queue.cq_overflows"), 0);
}

static void test_cq_overflow(void **state)
{
	struct env *e = *state;
	const uint8_t *ev;

	for (int i = 0; i < 4; i++)
		nop(&e->qb);
	assert_null(hca_async_event(e->hca));
	nop(&e->qb);
	assert_int_equal(hca_counter(e->hca, "queue.cq_overflows"), 1);
	ev = hca_async_event(e->hca);
	assert_non_null(ev);
	assert_int_equal(ev[1], 0x04);
	assert_int_equal(cx_be32(ev + 32), e->small.num);
	assert_int_equal(ev[32 + 11], 1);
	/* The four entries are still there. */
	for (int i = 0; i < 4; i++)
		assert_non_null(tcq_poll(&e->small));
	assert_null(tcq_poll(&e->small));
}

static void test_cq_absurd_consumer(void **state)
{
	struct env *e = *state;

	e->small.ci = 0x800000;
	tcq_ack(&e->small);
	for (int i = 0; i < 5; i++)
		nop(&e->qb);
	assert_int_equal(hca_counter(e->hca, "queue.cq_overflows"), 1);
}

static void test_cq_arm(void **state)
{
	struct env *e = *state;
	const uint8_t *ev;

	nop(&e->qa);
	assert_null(hca_async_event(e->hca));
	assert_non_null(tcq_poll(&e->cq));
	tcq_arm(&e->cq, false);
	fake_run(e->h);
	assert_null(hca_async_event(e->hca));
	nop(&e->qa);
	ev = hca_async_event(e->hca);
	assert_non_null(ev);
	assert_int_equal(ev[1], 0);
	assert_int_equal(cx_be32(ev + 32 + 24), e->cq.num);
	nop(&e->qa);
	assert_null(hca_async_event(e->hca));
	/* Armed with entries nobody saw: at once. */
	tcq_arm(&e->cq, false);
	fake_run(e->h);
	assert_non_null(hca_async_event(e->hca));
}

static void test_cq_solicited_only(void **state)
{
	struct env *e = *state;

	tcq_arm(&e->cq, true);
	nop(&e->qa);
	assert_null(hca_async_event(e->hca));
}

static void test_cq_doorbell_on_wrong_uar(void **state)
{
	struct env *e = *state;

	e->hca->uar++;
	tcq_arm(&e->cq, false);
	e->hca->uar--;
	nop(&e->qa);
	assert_null(hca_async_event(e->hca));
	assert_int_equal(hca_counter(e->hca, "error.guest"), 1);
}

static void arm_eq(struct env *e, uint32_t eqn, uint32_t ci, bool arm)
{
	fake_bar_write32(e->hca->dev, 0, e->hca->uar * 4096ull +
			 (arm ? 0x40 : 0x48),
			 __builtin_bswap32(eqn << 24 | ci));
	fake_run(e->h);
}

static void test_eq_interrupt(void **state)
{
	struct env *e = *state;
	uint32_t ci = 0, eqn;
	uint64_t buf;

	eqn = hca_create_eq(e->hca, 1ull << 0x13, 2, 7, &buf);
	fake_irqs_clear(e->hca->dev);
	(void)eqn;
	arm_eq(e, eqn, 0, true);
	assert_int_equal(fake_irqs(e->hca->dev, 7), 0);
	assert_null(hca_eqe(e->hca, buf, &ci, 2));
	/* CQ events go to the async EQ on vector 0. */
	arm_eq(e, e->hca->eqn, 0, true);
	tcq_arm(&e->cq, false);
	nop(&e->qa);
	assert_int_equal(fake_irqs(e->hca->dev, 0), 1);
	tcq_arm(&e->cq, false);
	fake_run(e->h);
	assert_int_equal(fake_irqs(e->hca->dev, 0), 1);
	arm_eq(e, e->hca->eqn, 1, true);
	assert_int_equal(fake_irqs(e->hca->dev, 0), 2);
}

static void test_eq_overflow(void **state)
{
	struct env *e = *state;
	unsigned int seen = 0;

	for (int i = 0; i < 70; i++) {
		nop(&e->qa);
		tcq_poll(&e->cq);
		tcq_ack(&e->cq);
		e->cq.ci--;
		tcq_arm(&e->cq, false);
		e->cq.ci++;
		fake_run(e->h);
	}
	while (hca_async_event(e->hca))
		seen++;
	assert_int_equal(seen, 64);
	assert_int_equal(hca_counter(e->hca, "queue.eq_overflows"), 6);
	arm_eq(e, e->hca->eqn, 64, false);
	tcq_arm(&e->cq, false);
	nop(&e->qa);
	assert_non_null(hca_async_event(e->hca));
}

static void test_wqe_wraps_around_the_queue(void **state)
{
	struct env *e = *state;
	struct tsge sge[8];

	for (int i = 0; i < 63; i++) {
		nop(&e->qa);
		assert_non_null(tcq_poll(&e->cq));
		tcq_ack(&e->cq);
	}
	for (int i = 0; i < 8; i++) {
		sge[i] = tmr_sge(&e->mr, i * 10, 10);
		memset(e->mr.mem + i * 10, 'a' + i, 10);
	}
	tqp_post(&e->qa, CX_OP_WRITE, e->mr.va + 4096, e->mr.key, 0, sge, 8);
	assert_int_equal(cqe_opcode(tcq_poll(&e->cq)), 0);
	assert_memory_equal(e->mr.mem + 4096, e->mr.mem, 80);
}

static void expect_wqe_error(struct env *e, const void *wqe, unsigned int ds,
			     unsigned int syndrome)
{
	const uint8_t *c;

	tqp_put(&e->qa, wqe, ds);
	tqp_ring(&e->qa);
	c = tcq_poll(&e->cq);
	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), 13);
	assert_int_equal(cqe_syndrome(c), syndrome);
}

static void test_wqe_without_segments(void **state)
{
	struct env *e = *state;
	uint8_t w[64] = { 0, 0, 0, CX_OP_WRITE };

	expect_wqe_error(e, w, 1, CX_SYN_LOCAL_QP_OP);
}

static void test_wqe_truncated_remote_address(void **state)
{
	struct env *e = *state;
	uint8_t w[64] = { 0, 0, 0, CX_OP_WRITE, 0, 0, 0, 1 };

	expect_wqe_error(e, w, 1, CX_SYN_LOCAL_QP_OP);
}

static void test_wqe_unknown_opcode(void **state)
{
	struct env *e = *state;
	uint8_t w[64] = { 0, 0, 0, 0x7f, 0, 0, 0, 1 };

	expect_wqe_error(e, w, 1, CX_SYN_LOCAL_QP_OP);
}

static void test_wqe_too_long_message(void **state)
{
	struct env *e = *state;
	uint8_t w[64] = { 0, 0, 0, CX_OP_SEND, 0, 0, 0, 3 };

	cx_put_be32(w + 16, 0x40000000);
	cx_put_be32(w + 32, 1);
	expect_wqe_error(e, w, 3, CX_SYN_LOCAL_LENGTH);
}

static void test_wqe_inline_beyond_its_end(void **state)
{
	struct env *e = *state;
	uint8_t w[64] = { 0, 0, 0, CX_OP_SEND, 0, 0, 0, 2 };

	cx_put_be32(w + 16, 0x80000000u | 0x3ff);
	expect_wqe_error(e, w, 2, CX_SYN_LOCAL_QP_OP);
}

static void test_producer_beyond_the_queue(void **state)
{
	struct env *e = *state;
	const uint8_t *ev;

	e->qa.pi = 65;
	tqp_ring(&e->qa);
	assert_null(tcq_poll(&e->cq));
	ev = hca_async_event(e->hca);
	assert_non_null(ev);
	assert_int_equal(ev[1], 0x05);
}

static void test_queue_that_is_not_memory(void **state)
{
	struct env *e = *state;

	fake_unmap(e->h, e->qa.buf & ~4095ull, 8192);
	e->qa.pi = 1;
	tqp_ring(&e->qa);
	fake_map(e->h, e->qa.buf & ~4095ull, 8192);
	assert_int_equal(hca_async_event(e->hca)[1], 0x05);
	assert_true(hca_counter(e->hca, "error.dma") > 0);
}

static void test_ud(void **state)
{
	struct env *e = *state;
	struct tsge sge = tmr_sge(&e->mr, 0, 100);
	struct tsge recv = tmr_sge(&e->mr, 4096, 200);
	struct tqp ua, ub;
	const uint8_t *c;
	uint32_t lid = e->hca->cx->port.lid;

	tqp_create(&ua, e->hca, CX_ST_UD, &e->cq, &e->cq, 0);
	tqp_create(&ub, e->hca, CX_ST_UD, &e->small, &e->small, 0);
	tqp_connect(&ua, NULL);
	tqp_connect(&ub, NULL);
	memset(e->mr.mem, 0x42, 100);
	tqp_recv(&ub, &recv, 1);
	/* Wrong key, nobody there: lost, and complete for the sender. */
	tqp_post_ud(&ua, lid, ub.num, 0x22222222, &sge);
	tqp_post_ud(&ua, 0x1234, ub.num, 0x11111111, &sge);
	assert_null(tcq_poll(&e->small));
	tqp_post_ud(&ua, lid, ub.num, 0x11111111, &sge);
	c = tcq_poll(&e->small);
	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), 2);
	assert_int_equal(cqe_len(c), 140);
	assert_int_equal(cx_be32(c + 0x18), ua.num);
	assert_int_equal(cx_be16(c + 0x16), lid);
	assert_memory_equal(e->mr.mem + 4096 + 40, e->mr.mem, 100);
	for (int i = 0; i < 3; i++)
		assert_int_equal(cqe_opcode(tcq_poll(&e->cq)), 0);
	/* Nothing posted: lost, no RNR. */
	tqp_post_ud(&ua, lid, ub.num, 0x11111111, &sge);
	assert_null(tcq_poll(&e->small));
	assert_int_equal(hca_counter(e->hca, "rc.rnr_naks"), 0);
}

static void test_uc(void **state)
{
	struct env *e = *state;
	struct tsge sge = tmr_sge(&e->mr, 0, 10);
	struct tqp a, b;

	tqp_create(&a, e->hca, CX_ST_UC, &e->cq, &e->cq, 0);
	tqp_create(&b, e->hca, CX_ST_UC, &e->small, &e->small, 0);
	tqp_connect(&a, &b);
	tqp_connect(&b, &a);
	memset(e->mr.mem, 0x37, 10);
	tqp_post(&a, CX_OP_WRITE, e->mr.va + 100, e->mr.key, 0, &sge, 1);
	assert_int_equal(cqe_opcode(tcq_poll(&e->cq)), 0);
	assert_memory_equal(e->mr.mem + 100, e->mr.mem, 10);
	/* No receive: lost; the next message arrives. */
	tqp_post(&a, CX_OP_SEND, 0, 0, 0, &sge, 1);
	assert_int_equal(cqe_opcode(tcq_poll(&e->cq)), 0);
	tqp_recv(&b, &sge, 1);
	tqp_post(&a, CX_OP_SEND, 0, 0, 0, &sge, 1);
	assert_int_equal(cqe_opcode(tcq_poll(&e->small)), 2);
}

struct tsrq {
	uint32_t num;
	uint64_t buf, dbr;
};

static void srq_create(struct env *e, struct tsrq *srq, unsigned int lwm)
{
	uint8_t in[CX_BYTES(create_rmp_in) + 8] = { 0 }, out[16];
	uint32_t wq_off = CX_BYTE_OFF(create_rmp_in, ctx) +
			  CX_BYTE_OFF(rmpc, wq);
	void *wq = in + wq_off;

	srq->buf = fake_alloc(e->h, 4096, 4096);
	srq->dbr = fake_alloc(e->h, 8, 64);
	CX_SET(create_rmp_in, in, opcode, MLX5_CMD_OP_CREATE_RMP);
	CX_SET(wq, wq, log_wq_sz, 2);
	CX_SET(wq, wq, log_wq_stride, 5);
	CX_SET(wq, wq, pd, e->hca->pd);
	CX_SET(wq, wq, lwm, lwm);
	CX_SET64(wq, wq, dbr_addr, srq->dbr);
	cx_put_be64(in + wq_off + CX_BYTE_OFF(wq, pas), srq->buf);
	assert_int_equal(hca_cmd(e->hca, in, sizeof(in), out, 16), 0);
	srq->num = CX_GET(create_rmp_out, out, rmpn);
}

static void srq_put(struct env *e, struct tsrq *srq, unsigned int index,
		    unsigned int next, const struct tsge *sge)
{
	uint8_t *w = fake_mem(e->h, srq->buf + index * 32, 32);

	memset(w, 0, 32);
	cx_put_be16(w + 2, next);
	cx_put_be32(w + 16, sge->len);
	cx_put_be32(w + 20, sge->key);
	cx_put_be64(w + 24, sge->va);
}

static void test_srq_follows_its_list(void **state)
{
	struct env *e = *state;
	struct tsge s = tmr_sge(&e->mr, 0, 10), r1 = tmr_sge(&e->mr, 1000, 10),
		    r2 = tmr_sge(&e->mr, 2000, 10);
	struct tsrq srq;
	struct tqp a, b;
	const uint8_t *c, *ev;

	srq_create(e, &srq, 1);
	tqp_create(&a, e->hca, CX_ST_RC, &e->cq, &e->cq, 0);
	tqp_create(&b, e->hca, CX_ST_RC, &e->small, &e->small, srq.num);
	tqp_connect(&a, &b);
	tqp_connect(&b, &a);
	srq_put(e, &srq, 0, 3, &r1);
	srq_put(e, &srq, 3, 1, &r2);
	cx_put_be32(fake_mem(e->h, srq.dbr, 4), 2);
	memset(e->mr.mem, 0x11, 10);
	tqp_post(&a, CX_OP_SEND, 0, 0, 0, &s, 1);
	c = tcq_poll(&e->small);
	assert_non_null(c);
	assert_int_equal(cx_be16(c + 60), 0);
	assert_null(hca_async_event(e->hca));
	tqp_post(&a, CX_OP_SEND, 0, 0, 0, &s, 1);
	c = tcq_poll(&e->small);
	assert_non_null(c);
	assert_int_equal(cx_be16(c + 60), 3);
	assert_memory_equal(e->mr.mem + 2000, e->mr.mem, 10);
	ev = hca_async_event(e->hca);
	assert_non_null(ev);
	assert_int_equal(ev[1], 0x14);
	assert_int_equal(cx_be32(ev + 32 + 24), srq.num);
	assert_int_equal(tqp_modify(&b, MLX5_CMD_OP_2ERR_QP, NULL), 0);
	fake_run(e->h);
	ev = hca_async_event(e->hca);
	assert_non_null(ev);
	assert_int_equal(ev[1], 0x13);
}

static void test_qp_state_machine(void **state)
{
	struct env *e = *state;
	uint8_t qpc[CX_BYTES(qpc)] = { 0 };
	struct tqp q;

	tqp_create(&q, e->hca, CX_ST_RC, &e->cq, &e->cq, 0);
	assert_int_equal(tqp_modify(&q, MLX5_CMD_OP_RTR2RTS_QP, qpc),
			 CX_ST_BAD_QP_STATE);
	assert_int_equal(tqp_modify(&q, MLX5_CMD_OP_RST2INIT_QP, qpc), 0);
	assert_int_equal(tqp_modify(&q, MLX5_CMD_OP_RST2INIT_QP, qpc),
			 CX_ST_BAD_QP_STATE);
	assert_int_equal(tqp_modify(&q, MLX5_CMD_OP_2RST_QP, NULL), 0);
	q.num++;
	assert_int_equal(tqp_modify(&q, MLX5_CMD_OP_2RST_QP, NULL),
			 CX_ST_BAD_RES);
}

static void test_query_qp_returns_what_was_set(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 }, out[CX_BYTES(query_qp_out)] = { 0 };
	const void *qpc = CX_ADDR(query_qp_out, out, qpc);

	CX_SET(query_qp_in, in, opcode, MLX5_CMD_OP_QUERY_QP);
	CX_SET(query_qp_in, in, qpn, e->qa.num);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, sizeof(out)), 0);
	assert_int_equal(CX_GET(qpc, qpc, state), CX_QPS_RTS);
	assert_int_equal(CX_GET(qpc, qpc, remote_qpn), e->qb.num);
	assert_int_equal(CX_GET(qpc, qpc, primary_address_path.ack_timeout),
			 10);
	assert_int_equal(CX_GET(qpc, qpc, rwe), 1);
	assert_int_equal(CX_GET(qpc, qpc, user_index), 0x123);
}

/* Whoever takes a frame has the entries on its stack, with anything in them. */
static void test_receive_entries_are_set_whole(void **state)
{
	struct cx_recv recv;
	uint8_t seg[16] = { 0 };

	(void)state;
	memset(&recv, 0xff, sizeof(recv));
	cx_put_be32(seg, 1500);
	cx_put_be32(seg + 4, 0x123);
	cx_put_be64(seg + 8, 0x5408840);
	assert_true(cx_rq_decode_sges(seg, sizeof(seg), &recv));
	assert_int_equal(recv.sges, 1);
	assert_int_equal(recv.room, 1500);
	assert_int_equal(recv.sge[0].len, 1500);
	assert_int_equal(recv.sge[0].key, 0x123);
	assert_int_equal(recv.sge[0].va, 0x5408840);
	assert_false(recv.sge[0].in_wqe);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cq_owner_bit_wraps),
		TEST(test_cq_overflow),
		TEST(test_cq_absurd_consumer),
		TEST(test_cq_arm),
		TEST(test_cq_solicited_only),
		TEST(test_cq_doorbell_on_wrong_uar),
		TEST(test_eq_interrupt),
		TEST(test_eq_overflow),
		TEST(test_wqe_wraps_around_the_queue),
		TEST(test_wqe_without_segments),
		TEST(test_wqe_truncated_remote_address),
		TEST(test_wqe_unknown_opcode),
		TEST(test_wqe_too_long_message),
		TEST(test_wqe_inline_beyond_its_end),
		TEST(test_producer_beyond_the_queue),
		TEST(test_queue_that_is_not_memory),
		TEST(test_ud),
		TEST(test_uc),
		TEST(test_srq_follows_its_list),
		TEST(test_receive_entries_are_set_whole),
		TEST(test_qp_state_machine),
		TEST(test_query_qp_returns_what_was_set),
	};

	return cmocka_run_group_tests_name("cx_queue", tests, NULL, NULL);
}
