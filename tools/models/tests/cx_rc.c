// SPDX-License-Identifier: GPL-2.0-or-later
/* Reliable connections: on one HCA and between two. */

#include "connectx/cx_wqe.h"
#include "tests/cx_pair.h"

static int setup_two(void **state)
{
	*state = tpair_new_rc("", "", true);
	return 0;
}

static int setup_one(void **state)
{
	*state = tpair_new_rc("", NULL, true);
	return 0;
}

static void test_write(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 100, 70000);

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va + 5000, e->mb.key, 0, &sge, 1);
	tcq_expect(&e->cqa, 0, 0);
	assert_null(tcq_poll(&e->cqa));
	assert_null(tcq_poll(&e->cqb));
	assert_memory_equal(e->mb.mem + 5000, e->ma.mem + 100, 70000);
	assert_int_equal(e->mb.mem[4999], 0xee);
	assert_int_equal(e->mb.mem[75000], 0xee);
	assert_int_equal(hca_counter(e->b, "rdma.write_rx_bytes"), 70000);
}

static void test_write_gathers(void **state)
{
	struct tpair *e = *state;
	struct tsge sge[3] = {
		tmr_sge(&e->ma, 1, 3), tmr_sge(&e->ma, 8000, 66000),
		tmr_sge(&e->ma, 100, 1),
	};

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, sge, 3);
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(e->mb.mem, e->ma.mem + 1, 3);
	assert_memory_equal(e->mb.mem + 3, e->ma.mem + 8000, 66000);
	assert_int_equal(e->mb.mem[66003], e->ma.mem[100]);
	assert_int_equal(e->mb.mem[66004], 0xee);
}

static void test_read(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->mb, 17, 200000);

	tqp_post(&e->qb, CX_OP_READ, e->ma.va + 33, e->ma.key, 0, &sge, 1);
	tcq_expect(&e->cqb, 0, 0);
	assert_memory_equal(e->mb.mem + 17, e->ma.mem + 33, 200000);
	assert_int_equal(e->mb.mem[16], 0xee);
	assert_int_equal(e->mb.mem[200017], 0xee);
	assert_int_equal(hca_counter(e->a, "rdma.read_bytes"), 200000);
}

static void test_send_imm(void **state)
{
	struct tpair *e = *state;
	struct tsge recv[2] = { tmr_sge(&e->mb, 0, 100),
				tmr_sge(&e->mb, 4096, 70000) };
	struct tsge sge = tmr_sge(&e->ma, 0, 66000);
	const uint8_t *c;

	tqp_recv(&e->qb, recv, 2);
	tqp_post(&e->qa, CX_OP_SEND_IMM, 0, 0, 0xabcd1234, &sge, 1);
	tcq_expect(&e->cqa, 0, 0);
	c = tcq_poll(&e->cqb);
	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), 3);
	assert_int_equal(cqe_imm(c), 0xabcd1234);
	assert_int_equal(cqe_len(c), 66000);
	assert_int_equal(cx_be32(c + 0x20), 0x123);
	assert_memory_equal(e->mb.mem, e->ma.mem, 100);
	assert_int_equal(e->mb.mem[100], 0xee);
	assert_memory_equal(e->mb.mem + 4096, e->ma.mem + 100, 65900);
}

static void test_write_imm_consumes_a_receive(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 10);
	const uint8_t *c;

	tqp_recv(&e->qb, NULL, 0);
	tqp_post(&e->qa, CX_OP_WRITE_IMM, e->mb.va, e->mb.key, 7, &sge, 1);
	tcq_expect(&e->cqa, 0, 0);
	c = tcq_poll(&e->cqb);
	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), 1);
	assert_int_equal(cqe_imm(c), 7);
	assert_int_equal(cqe_len(c), 10);
}

static void test_send_inv(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 10);
	struct tsge recv = tmr_sge(&e->mb, 0, 10);
	struct tmr victim;
	const uint8_t *c;

	tmr_create(&victim, e->b, 4096, ACC_ALL, true);
	tqp_recv(&e->qb, &recv, 1);
	tqp_post(&e->qa, CX_OP_SEND_INV, 0, 0, victim.key, &sge, 1);
	c = tcq_poll(&e->cqb);
	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), 4);
	assert_int_equal(cqe_imm(c), victim.key);
	tcq_expect(&e->cqa, 0, 0);
	tqp_post(&e->qa, CX_OP_WRITE, victim.va, victim.key, 0, &sge, 1);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_ACCESS);
}

static void test_atomics(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 8);
	uint64_t *word = (uint64_t *)(e->mb.mem + 64);

	*word = 100;
	tqp_post_atomic(&e->qa, CX_OP_FAA, e->mb.va + 64, e->mb.key, 5, 0,
			&sge);
	tcq_expect(&e->cqa, 0, 0);
	assert_int_equal(*word, 105);
	assert_int_equal(*(uint64_t *)e->ma.mem, 100);
	tqp_post_atomic(&e->qa, CX_OP_CAS, e->mb.va + 64, e->mb.key, 9, 1,
			&sge);
	assert_int_equal(*word, 105);
	assert_int_equal(*(uint64_t *)e->ma.mem, 105);
	tqp_post_atomic(&e->qa, CX_OP_CAS, e->mb.va + 64, e->mb.key, 9, 105,
			&sge);
	assert_int_equal(*word, 9);
	assert_int_equal(hca_counter(e->b, "rdma.atomics"), 3);
}

static void test_atomic_misaligned(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 8);

	tqp_post_atomic(&e->qa, CX_OP_FAA, e->mb.va + 4, e->mb.key, 5, 0,
			&sge);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_INV_REQ);
}

static void test_inline(void **state)
{
	struct tpair *e = *state;
	uint8_t w[64] = { 0 };

	cx_put_be64(w + 16, e->mb.va + 3);
	cx_put_be32(w + 24, e->mb.key);
	cx_put_be32(w + 32, 0x80000000u | 5);
	memcpy(w + 36, "hello", 5);
	cx_put_be32(w, CX_OP_WRITE);
	cx_put_be32(w + 4, e->qa.num << 8 | 3);
	w[11] = 8;
	tqp_put(&e->qa, w, 3);
	tqp_ring(&e->qa);
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(e->mb.mem + 3, "hello\xee", 6);
}

/* Header inline, a pointer, and inline data again: one message of all three. */
static void test_inline_and_pointers(void **state)
{
	struct tpair *e = *state;
	uint8_t w[128] = { 0 }, want[12];

	cx_put_be64(w + 16, e->mb.va + 3);
	cx_put_be32(w + 24, e->mb.key);
	cx_put_be32(w + 32, 0x80000000u | 5);
	memcpy(w + 36, "hello", 5);
	cx_put_be32(w + 48, 4);
	cx_put_be32(w + 52, e->ma.key);
	cx_put_be64(w + 56, e->ma.va + 7);
	cx_put_be32(w + 64, 0x80000000u | 2);
	memcpy(w + 68, "!?", 2);
	cx_put_be32(w, CX_OP_WRITE);
	cx_put_be32(w + 4, e->qa.num << 8 | 5);
	w[11] = 8;
	tqp_put(&e->qa, w, 5);
	tqp_ring(&e->qa);
	tcq_expect(&e->cqa, 0, 0);
	memcpy(want, "hello", 5);
	memcpy(want + 5, e->ma.mem + 7, 4);
	memcpy(want + 9, "!?\xee", 3);
	assert_memory_equal(e->mb.mem + 3, want, 12);
}

static void test_unsignaled_has_no_completion(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 10);
	uint8_t w[64] = { 0 };

	cx_put_be32(w, CX_OP_NOP);
	cx_put_be32(w + 4, e->qa.num << 8 | 1);
	tqp_put(&e->qa, w, 1);
	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &sge, 1);
	tcq_expect(&e->cqa, 0, 0);
	assert_null(tcq_poll(&e->cqa));
}

static void test_bad_rkey_kills_both_ends(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 10);
	const uint8_t *ev;

	tqp_recv(&e->qb, NULL, 0);
	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key ^ 1, 0, &sge, 1);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_ACCESS);
	tcq_expect(&e->cqb, 14, CX_SYN_FLUSH);
	ev = hca_async_event(e->b);
	assert_non_null(ev);
	assert_int_equal(ev[1], 0x11);
	assert_int_equal(cx_be32(ev + 32 + 24), e->qb.num);
	/* What is posted to a QP in error is flushed. */
	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &sge, 1);
	tcq_expect(&e->cqa, 13, CX_SYN_FLUSH);
	assert_int_equal(e->mb.mem[0], 0xee);
}

static void test_receive_posted_in_error_is_flushed(void **state)
{
	struct tpair *e = *state;

	assert_int_equal(tqp_modify(&e->qb, MLX5_CMD_OP_2ERR_QP, NULL), 0);
	fake_run(e->h);
	assert_null(tcq_poll(&e->cqb));
	tqp_recv(&e->qb, NULL, 0);
	fake_run_ms(e->h, 200);
	tcq_expect(&e->cqb, 14, CX_SYN_FLUSH);
}

static void test_permissions(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 10);
	struct tmr ro;

	tmr_create(&ro, e->b, 4096, CX_ACC_REMOTE_READ | CX_ACC_LOCAL_READ,
		   true);
	tqp_post(&e->qa, CX_OP_READ, ro.va, ro.key, 0, &sge, 1);
	tcq_expect(&e->cqa, 0, 0);
	tqp_post(&e->qa, CX_OP_WRITE, ro.va, ro.key, 0, &sge, 1);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_ACCESS);
}

static void test_beyond_the_end(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 70000);

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va + e->mb.len - 69999, e->mb.key,
		 0, &sge, 1);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_ACCESS);
	/* Not even the segment that would have fit. */
	assert_int_equal(e->mb.mem[e->mb.len - 69999], 0xee);
}

static void test_local_protection(void **state)
{
	struct tpair *e = *state;
	struct tsge ok = tmr_sge(&e->ma, 0, 10);
	struct tsge bad = tmr_sge(&e->ma, e->ma.len - 5, 10);

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &ok, 1);
	tcq_expect(&e->cqa, 0, 0);
	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &bad, 1);
	tcq_expect(&e->cqa, 13, CX_SYN_LOCAL_PROT);
}

static void test_receive_too_short(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);
	struct tsge recv = tmr_sge(&e->mb, 0, 99);

	tqp_recv(&e->qb, &recv, 1);
	tqp_post(&e->qa, CX_OP_SEND, 0, 0, 0, &sge, 1);
	tcq_expect(&e->cqb, 14, CX_SYN_LOCAL_LENGTH);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_INV_REQ);
}

static void test_receive_buffer_denied(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);
	struct tsge recv = tmr_sge(&e->mb, 0, 100);

	recv.key ^= 0xff;
	tqp_recv(&e->qb, &recv, 1);
	tqp_post(&e->qa, CX_OP_SEND, 0, 0, 0, &sge, 1);
	tcq_expect(&e->cqb, 14, CX_SYN_LOCAL_PROT);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_OP);
}

static void test_rnr_waits_for_a_receive(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);
	struct tsge recv = tmr_sge(&e->mb, 0, 100);

	tqp_post(&e->qa, CX_OP_SEND, 0, 0, 0, &sge, 1);
	assert_null(tcq_poll(&e->cqa));
	assert_int_equal(hca_counter(e->b, "rc.rnr_naks"), 1);
	tqp_recv(&e->qb, &recv, 1);
	fake_run_ms(e->h, 20);
	tcq_expect(&e->cqa, 0, 0);
	tcq_expect(&e->cqb, 2, 0);
	assert_memory_equal(e->mb.mem, e->ma.mem, 100);
}

static void test_rnr_retries_run_out(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);

	tqp_post(&e->qa, CX_OP_SEND, 0, 0, 0, &sge, 1);
	fake_run_ms(e->h, 50);
	tcq_expect(&e->cqa, 13, CX_SYN_RNR_EXC);
	assert_int_equal(hca_counter(e->a, "rc.rnr_retries"), 3);
	assert_int_equal(hca_counter(e->b, "rc.rnr_naks"), 4);
}

static void test_no_answer_times_out(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);

	tqp_destroy(&e->qb);
	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &sge, 1);
	fake_run_ms(e->h, 600);
	tcq_expect(&e->cqa, 13, CX_SYN_RETRY_EXC);
	assert_int_equal(hca_counter(e->a, "rc.retries"), 1);
}

static void test_many_small_in_order(void **state)
{
	struct tpair *e = *state;

	for (uint32_t i = 0; i < 300; i++) {
		struct tsge sge = tmr_sge(&e->ma, i, 1);
		const uint8_t *c;

		tqp_post(&e->qa, CX_OP_WRITE, e->mb.va + i, e->mb.key, 0,
			 &sge, 1);
		c = tcq_poll(&e->cqa);
		assert_non_null(c);
		assert_int_equal(cx_be16(c + 60), i);
		tcq_ack(&e->cqa);
	}
	assert_memory_equal(e->mb.mem, e->ma.mem, 300);
}

static void test_batch_of_reads_and_writes(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 4096);

	/* One doorbell for 30 WQEs: more reads than may be outstanding. */
	for (uint32_t i = 0; i < 30; i++) {
		uint8_t w[64] = { 0 };

		cx_put_be32(w, i % 3 ? CX_OP_READ : CX_OP_WRITE);
		cx_put_be32(w + 4, e->qa.num << 8 | 3);
		w[11] = 8;
		cx_put_be64(w + 16, e->mb.va + i * 4096);
		cx_put_be32(w + 24, e->mb.key);
		cx_put_be32(w + 32, sge.len);
		cx_put_be32(w + 36, sge.key);
		cx_put_be64(w + 40, sge.va + i * 4096);
		tqp_put(&e->qa, w, 3);
	}
	tqp_ring(&e->qa);
	for (uint32_t i = 0; i < 30; i++)
		tcq_expect(&e->cqa, 0, 0);
	assert_int_equal(e->ma.mem[4096], 0xee);
	assert_int_equal(hca_counter(e->b, "rdma.read_bytes"), 20 * 4096);
}

static void test_write_to_a_peer_function(void **state)
{
	struct tpair *e = *state;
	struct fake_peer *gpu = fake_host_add_peer(e->h, 1 << 20);
	struct tsge sge = tmr_sge(&e->ma, 0, 65536);
	struct tmr window;

	tmr_create(&window, e->b, 65536, ACC_ALL, false);
	window.iova = fake_bar_addr(&gpu->dev, 0) + 8192;
	tmr_map(&window, 0, 16, 3);
	assert_int_equal(hca_counter(e->b, "umr.mtt_peer"), 16);
	tqp_post(&e->qa, CX_OP_WRITE, window.va, window.key, 0, &sge, 1);
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(gpu->ram + 8192, e->ma.mem, 65536);
	assert_int_equal(gpu->block_writes, 1);
	assert_int_equal(hca_counter(e->b, "rdma.peer_write_bytes"), 65536);
}

#define TEST2(fn) cmocka_unit_test_setup_teardown(fn, setup_two, tpair_teardown)
#define TEST1(fn) { #fn "_loopback", fn, setup_one, tpair_teardown, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST2(test_write), TEST1(test_write),
		TEST2(test_write_gathers),
		TEST2(test_read), TEST1(test_read),
		TEST2(test_send_imm), TEST1(test_send_imm),
		TEST2(test_write_imm_consumes_a_receive),
		TEST2(test_send_inv),
		TEST2(test_atomics), TEST1(test_atomics),
		TEST2(test_atomic_misaligned),
		TEST2(test_inline),
		TEST2(test_inline_and_pointers),
		TEST2(test_unsignaled_has_no_completion),
		TEST2(test_bad_rkey_kills_both_ends),
		TEST2(test_receive_posted_in_error_is_flushed),
		TEST2(test_permissions),
		TEST2(test_beyond_the_end),
		TEST2(test_local_protection),
		TEST2(test_receive_too_short),
		TEST2(test_receive_buffer_denied),
		TEST2(test_rnr_waits_for_a_receive),
		TEST2(test_rnr_retries_run_out),
		TEST2(test_no_answer_times_out),
		TEST2(test_many_small_in_order),
		TEST2(test_batch_of_reads_and_writes),
		TEST2(test_write_to_a_peer_function),
	};

	return cmocka_run_group_tests_name("cx_rc", tests, NULL, NULL);
}
