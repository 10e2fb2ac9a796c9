// SPDX-License-Identifier: GPL-2.0-or-later
/* Page faults: events, resume, progress, schemes, keys below a KSM. */

#include "connectx/cx_mkey.h"
#include "connectx/cx_wqe.h"
#include "connectx/cx_xlt.h"
#include "tests/cx_pair.h"

static int setup(void **state)
{
	*state = tpair_new_rc("", "", false);
	return 0;
}

static int setup_transport(void **state)
{
	*state = tpair_new_rc("odp=transport", "odp=transport", false);
	return 0;
}

static int setup_rewalks(void **state)
{
	*state = tpair_new_rc("odp-rewalks=8", "odp-rewalks=8", false);
	return 0;
}

static void expect_memory_fault(const uint8_t *ev, uint32_t key, uint64_t va,
				uint32_t pages)
{
	assert_non_null(ev);
	assert_int_equal(ev[1], 0x0c);
	assert_int_equal(ev[3], 2);
	assert_int_equal(ev[32], 0x80);
	assert_int_equal(cx_be16(ev + 32 + 2), 0);
	assert_int_equal(cx_be16(ev + 32 + 4), 0);
	assert_int_equal(cx_be32(ev + 32 + 12), pages << 12);
	assert_int_equal(cx_be32(ev + 32 + 16), key);
	assert_int_equal(cx_be64(ev + 32 + 20), va);
}

static void test_responder_write_fault(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 200000);
	const uint8_t *ev;

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va + 100, e->mb.key, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	/* The whole message, not only the first segment: 100..200100. */
	expect_memory_fault(ev, e->mb.key, e->mb.va, 49);
	assert_null(hca_page_fault(e->b));
	assert_null(tcq_poll(&e->cqa));
	tmr_map(&e->mb, 0, 49, 3);
	assert_int_equal(hca_resume(e->b, ev, false), 0);
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(e->mb.mem + 100, e->ma.mem, 200000);
	assert_int_equal(e->mb.mem[99], 0xee);
	assert_int_equal(hca_counter(e->b, "odp.events"), 1);
	assert_int_equal(hca_counter(e->b, "odp.pages"), 49);
	assert_int_equal(hca_counter(e->b, "odp.resume_ok"), 1);
}

/* One page stays resident at a time: each fault must move something. */
static void test_progress_with_one_resident_page(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 30 * 4096);

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &sge, 1);
	for (uint32_t page = 0; page < 30; page++) {
		const uint8_t *ev = hca_page_fault(e->b);

		expect_memory_fault(ev, e->mb.key, e->mb.va + page * 4096,
				    30 - page);
		if (page)
			tmr_map(&e->mb, page - 1, 1, 0);
		tmr_map(&e->mb, page, 1, 3);
		assert_null(tcq_poll(&e->cqa));
		hca_resume(e->b, ev, false);
	}
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(e->mb.mem, e->ma.mem, 30 * 4096);
}

static void test_requester_gather_fault(void **state)
{
	struct tpair *e = *state;
	struct tsge sge[2] = { tmr_sge(&e->mb, 4096, 8192),
			       tmr_sge(&e->mb, 65536, 100) };
	const uint8_t *ev;

	tmr_map(&e->mb, 1, 1, 1);
	tqp_post(&e->qb, CX_OP_WRITE, e->ma.va, e->ma.key, 0, sge, 2);
	ev = hca_page_fault(e->b);
	expect_memory_fault(ev, e->mb.key, e->mb.va + 8192, 1);
	tmr_map(&e->mb, 2, 1, 1);
	hca_resume(e->b, ev, false);
	ev = hca_page_fault(e->b);
	expect_memory_fault(ev, e->mb.key, e->mb.va + 65536, 1);
	tmr_map(&e->mb, 16, 1, 1);
	hca_resume(e->b, ev, false);
	tcq_expect(&e->cqb, 0, 0);
	assert_int_equal(e->ma.mem[8291], 0xee);
}

static void test_requester_read_scatter_fault(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->mb, 0, 300000);
	const uint8_t *ev;

	tqp_post(&e->qb, CX_OP_READ, e->ma.va, e->ma.key, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	expect_memory_fault(ev, e->mb.key, e->mb.va, 74);
	tmr_map(&e->mb, 0, 20, 3);
	hca_resume(e->b, ev, false);
	ev = hca_page_fault(e->b);
	expect_memory_fault(ev, e->mb.key, e->mb.va + 20 * 4096, 54);
	tmr_map(&e->mb, 20, 54, 3);
	hca_resume(e->b, ev, false);
	tcq_expect(&e->cqb, 0, 0);
	assert_memory_equal(e->mb.mem, e->ma.mem, 300000);
	assert_int_equal(hca_counter(e->b, "rc.retries"), 0);
}

static void test_responder_read_fault(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);
	const uint8_t *ev;

	tqp_post(&e->qa, CX_OP_READ, e->mb.va + 4090, e->mb.key, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	expect_memory_fault(ev, e->mb.key, e->mb.va, 2);
	tmr_map(&e->mb, 0, 2, 1);
	hca_resume(e->b, ev, false);
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(e->ma.mem, e->mb.mem + 4090, 100);
}

static void test_atomic_fault(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 8);
	uint64_t *word = (uint64_t *)e->mb.mem;
	const uint8_t *ev;

	*word = 1;
	tmr_map(&e->mb, 0, 1, 1);	/* read only: not enough */
	tqp_post_atomic(&e->qa, CX_OP_FAA, e->mb.va, e->mb.key, 1, 0, &sge);
	ev = hca_page_fault(e->b);
	expect_memory_fault(ev, e->mb.key, e->mb.va, 1);
	tmr_map(&e->mb, 0, 1, 3);
	hca_resume(e->b, ev, false);
	tcq_expect(&e->cqa, 0, 0);
	assert_int_equal(*word, 2);
	assert_int_equal(*(uint64_t *)e->ma.mem, 1);
}

static void test_receive_fault(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 5000);
	struct tsge recv = tmr_sge(&e->mb, 0, 8192);
	const uint8_t *ev;

	tqp_recv(&e->qb, &recv, 1);
	tqp_post(&e->qa, CX_OP_SEND, 0, 0, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	expect_memory_fault(ev, e->mb.key, e->mb.va, 2);
	tmr_map(&e->mb, 0, 2, 3);
	hca_resume(e->b, ev, false);
	tcq_expect(&e->cqa, 0, 0);
	tcq_expect(&e->cqb, 2, 0);
	assert_memory_equal(e->mb.mem, e->ma.mem, 5000);
}

static void test_error_resume_fails_the_operation(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &sge, 1);
	hca_resume(e->b, hca_page_fault(e->b), true);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_ACCESS);
	assert_int_equal(hca_counter(e->b, "odp.resume_error"), 1);
	assert_int_equal(hca_counter(e->b, "odp.error_below_ksm"), 0);
}

static void test_error_resume_of_a_local_access(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->mb, 0, 100);

	tqp_post(&e->qb, CX_OP_WRITE, e->ma.va, e->ma.key, 0, &sge, 1);
	hca_resume(e->b, hca_page_fault(e->b), true);
	tcq_expect(&e->cqb, 13, CX_SYN_LOCAL_PROT);
}

static void test_unknown_token_is_ignored(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);
	const uint8_t *ev;
	uint8_t copy[64];

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	memcpy(copy, ev, 64);
	copy[32 + 11] ^= 1;
	assert_int_equal(hca_resume(e->b, copy, false), 0);
	assert_int_equal(hca_counter(e->b, "odp.resume_unknown"), 1);
	tqp_destroy(&e->qb);
	assert_int_equal(hca_resume(e->b, ev, false), 0);
	assert_int_equal(hca_counter(e->b, "odp.resume_unknown"), 2);
}

static void test_long_wait_does_not_time_out(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);
	const uint8_t *ev;

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	fake_run_ms(e->h, 1200);
	assert_null(tcq_poll(&e->cqa));
	tmr_map(&e->mb, 0, 1, 3);
	hca_resume(e->b, ev, false);
	tcq_expect(&e->cqa, 0, 0);
	assert_int_equal(hca_counter(e->b, "odp.events"), 1);
}

static void test_resumes_out_of_order(void **state)
{
	struct tpair *e = *state;
	struct tsge sa = tmr_sge(&e->ma, 0, 100), sb = tmr_sge(&e->mb, 0, 100);
	const uint8_t *first, *second;

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va + 8192, e->mb.key, 0, &sa, 1);
	tqp_post(&e->qb, CX_OP_WRITE, e->ma.va + 8192, e->ma.key, 0, &sb, 1);
	first = hca_page_fault(e->b);
	second = hca_page_fault(e->b);
	assert_non_null(second);
	tmr_map(&e->mb, 0, 3, 3);
	hca_resume(e->b, second, false);
	tcq_expect(&e->cqb, 0, 0);
	assert_null(tcq_poll(&e->cqa));
	hca_resume(e->b, first, false);
	tcq_expect(&e->cqa, 0, 0);
}

/* ---- transport scheme ---- */
static void test_transport_rdma_event(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 200000);
	const uint8_t *ev;

	tmr_map(&e->mb, 0, 20, 3);
	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	assert_non_null(ev);
	assert_int_equal(ev[3], 1);
	assert_int_equal(cx_be32(ev + 32), 20 * 4096);
	assert_int_equal(cx_be32(ev + 36), e->mb.key);
	assert_int_equal(cx_be32(ev + 44), 200000);
	assert_int_equal(cx_be64(ev + 48), e->mb.va);
	assert_int_equal(ev[56], 2);
	tmr_map(&e->mb, 20, 29, 3);
	hca_resume(e->b, ev, false);
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(e->mb.mem, e->ma.mem, 200000);
}

static void test_transport_wqe_event(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->mb, 0, 5000);
	const uint8_t *ev;

	tmr_map(&e->mb, 0, 1, 3);
	tqp_post(&e->qb, CX_OP_NOP, 0, 0, 0, NULL, 0);
	tcq_expect(&e->cqb, 0, 0);
	tqp_post(&e->qb, CX_OP_SEND, 0, 0, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	assert_non_null(ev);
	assert_int_equal(ev[3], 0);
	assert_int_equal(cx_be32(ev + 32), 4096);
	assert_int_equal(cx_be16(ev + 38), 1);
	assert_int_equal(cx_be32(ev + 56), 1u << 24 | e->qb.num);
	tmr_map(&e->mb, 1, 1, 1);
	hca_resume(e->b, ev, false);
	assert_int_equal(hca_counter(e->b, "odp.resume_ok"), 1);
	assert_int_equal(hca_counter(e->a, "rc.rnr_naks"), 1);
}

/* ---- keys below a KSM ---- */
static uint32_t make_ksm(struct hca *hca, const struct tmr *leaf)
{
	uint8_t in[CX_BYTES(create_mkey_in) + 32] = { 0 }, out[16];
	void *mkc = CX_ADDR(create_mkey_in, in, memory_key_mkey_entry);
	uint8_t *ksm = in + CX_BYTE_OFF(create_mkey_in, klm_pas_mtt);

	CX_SET(create_mkey_in, in, opcode, MLX5_CMD_OP_CREATE_MKEY);
	CX_SET(create_mkey_in, in, translations_octword_actual_size, 2);
	CX_SET(mkc, mkc, access_mode_1_0, CX_MKEY_KSM);
	CX_SET(mkc, mkc, lw, 1);
	CX_SET(mkc, mkc, lr, 1);
	CX_SET(mkc, mkc, rw, 1);
	CX_SET(mkc, mkc, rr, 1);
	CX_SET(mkc, mkc, qpn, 0xffffff);
	CX_SET(mkc, mkc, pd, hca->pd);
	CX_SET64(mkc, mkc, len, 2 << 16);
	CX_SET(mkc, mkc, log_page_size, 16);
	CX_SET(mkc, mkc, translations_octword_size, 2);
	for (int i = 0; i < 2; i++) {
		cx_put_be32(ksm + i * 16 + 4, leaf->key);
		cx_put_be64(ksm + i * 16 + 8, leaf->va + i * 65536);
	}
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, sizeof(out)), 0);
	return CX_GET(create_mkey_out, out, mkey_index) << 8;
}

static void test_ksm_reports_the_leaf(void **state)
{
	struct tpair *e = *state;
	uint32_t ksm = make_ksm(e->b, &e->mb);
	struct tsge sge = tmr_sge(&e->ma, 0, 8192);
	const uint8_t *ev;

	tqp_post(&e->qa, CX_OP_WRITE, 65536 - 4096, ksm, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	expect_memory_fault(ev, e->mb.key, e->mb.va + 65536 - 4096, 1);
	tmr_map(&e->mb, 15, 2, 3);
	hca_resume(e->b, ev, false);
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(e->mb.mem + 15 * 4096, e->ma.mem, 8192);
}

/* The driver forgot the leaf, but has replaced the entry meanwhile. */
static void test_error_below_ksm_walks_again(void **state)
{
	struct tpair *e = *state;
	uint32_t ksm = make_ksm(e->b, &e->mb);
	struct cx_mkey *key = cx_mkey_get(e->b->cx, ksm);
	struct tsge sge = tmr_sge(&e->ma, 0, 100);
	const uint8_t *ev;
	struct tmr fresh;
	uint8_t entry[16];

	tqp_post(&e->qa, CX_OP_WRITE, 0, ksm, 0, &sge, 1);
	ev = hca_page_fault(e->b);
	tmr_create(&fresh, e->b, 65536, ACC_ALL, true);
	cx_put_be32(entry, 0);
	cx_put_be32(entry + 4, fresh.key);
	cx_put_be64(entry + 8, fresh.va);
	assert_int_equal(cx_xlt_write(e->b->cx, key, 0, entry, 16), 0);
	hca_resume(e->b, ev, true);
	fake_run_ms(e->h, 10);
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(fresh.mem, e->ma.mem, 100);
	assert_int_equal(hca_counter(e->b, "odp.rewalks"), 1);
}

static void test_error_below_ksm_is_final_in_the_end(void **state)
{
	struct tpair *e = *state;
	uint32_t ksm = make_ksm(e->b, &e->mb);
	struct tsge sge = tmr_sge(&e->ma, 0, 100);

	tqp_post(&e->qa, CX_OP_WRITE, 0, ksm, 0, &sge, 1);
	for (int i = 0; i < 9; i++) {
		const uint8_t *ev = hca_page_fault(e->b);

		assert_non_null(ev);
		hca_resume(e->b, ev, true);
		fake_run_ms(e->h, (1 << i) + 5);
	}
	assert_null(hca_page_fault(e->b));
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_ACCESS);
	assert_int_equal(hca_counter(e->b, "odp.rewalks"), 8);
	assert_int_equal(hca_counter(e->b, "odp.error_below_ksm"), 9);
}

static void test_error_below_ksm_is_final(void **state)
{
	struct tpair *e = *state;
	uint32_t ksm = make_ksm(e->b, &e->mb);
	struct tsge sge = tmr_sge(&e->ma, 0, 100);

	tqp_post(&e->qa, CX_OP_WRITE, 0, ksm, 0, &sge, 1);
	hca_resume(e->b, hca_page_fault(e->b), true);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_ACCESS);
	assert_int_equal(hca_counter(e->b, "odp.error_below_ksm"), 1);
	assert_int_equal(hca_counter(e->b, "odp.rewalks"), 0);
}

static void test_injected_delay(void **state)
{
	struct tpair *e = *state;
	struct tsge sge = tmr_sge(&e->ma, 0, 100);

	assert_int_equal(fake_control(e->b->dev, "inject delay-resume 30",
				      NULL), 0);
	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va, e->mb.key, 0, &sge, 1);
	tmr_map(&e->mb, 0, 1, 3);
	hca_resume(e->b, hca_page_fault(e->b), false);
	assert_null(tcq_poll(&e->cqa));
	fake_run_ms(e->h, 60);
	tcq_expect(&e->cqa, 0, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, tpair_teardown)
#define TEST_T(fn) \
	cmocka_unit_test_setup_teardown(fn, setup_transport, tpair_teardown)
#define TEST_R(fn) \
	cmocka_unit_test_setup_teardown(fn, setup_rewalks, tpair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_responder_write_fault),
		TEST(test_progress_with_one_resident_page),
		TEST(test_requester_gather_fault),
		TEST(test_requester_read_scatter_fault),
		TEST(test_responder_read_fault),
		TEST(test_atomic_fault),
		TEST(test_receive_fault),
		TEST(test_error_resume_fails_the_operation),
		TEST(test_error_resume_of_a_local_access),
		TEST(test_unknown_token_is_ignored),
		TEST(test_long_wait_does_not_time_out),
		TEST(test_resumes_out_of_order),
		TEST_T(test_transport_rdma_event),
		TEST_T(test_transport_wqe_event),
		TEST(test_ksm_reports_the_leaf),
		TEST_R(test_error_below_ksm_walks_again),
		TEST_R(test_error_below_ksm_is_final_in_the_end),
		TEST(test_error_below_ksm_is_final),
		TEST(test_injected_delay),
	};

	return cmocka_run_group_tests_name("cx_odp", tests, NULL, NULL);
}
