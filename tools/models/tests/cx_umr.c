// SPDX-License-Identifier: GPL-2.0-or-later
/* UMR and translation: masks, checks, offsets, padding, indirection. */
#include <stdlib.h>

#include "connectx/cx_mkey.h"
#include "connectx/cx_xlt.h"
#include "connectx/cx_wqe.h"
#include "tests/cx_env.h"

#define F_OFFSET	0x10
#define F_CHECK_NOT_FREE 0x20
#define F_CHECK_FREE	0x40
#define F_INLINE	0x80

struct env {
	struct fake_host *h;
	struct hca *hca;
	struct tcq cq;
	struct tqp umr;
	struct tmr mr;
};

static int setup(void **state)
{
	struct env *e = calloc(1, sizeof(*e));

	e->h = fake_host_new();
	e->hca = hca_new(e->h, NULL);
	tcq_create(&e->cq, e->hca, 6);
	tqp_create(&e->umr, e->hca, CX_ST_REG_UMR, &e->cq, &e->cq, 0);
	tqp_connect(&e->umr, NULL);
	tmr_create(&e->mr, e->hca, 16 * 4096, ACC_ALL, false);
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

static void make_ctrl(uint8_t ctrl[48], unsigned int flags,
		      unsigned int octowords, uint64_t offset, uint64_t mask)
{
	memset(ctrl, 0, 48);
	ctrl[0] = flags | (offset ? F_OFFSET : 0);
	cx_put_be16(ctrl + 4, octowords);
	cx_put_be16(ctrl + 6, (uint16_t)offset);
	cx_put_be64(ctrl + 8, mask);
	cx_put_be32(ctrl + 16, (uint32_t)(offset >> 16));
}

/* Posts and returns the syndrome (0: success). */
static unsigned int umr(struct env *e, const uint8_t *ctrl, const uint8_t *mkc,
			const void *tail, unsigned int len)
{
	const uint8_t *c;

	tqp_post_umr(&e->umr, ctrl, mkc, e->mr.key, tail, len);
	c = tcq_poll(&e->cq);
	assert_non_null(c);
	return cqe_opcode(c) == 13 ? cqe_syndrome(c) : 0;
}

static const uint8_t no_mkc[64];

static uint64_t xlt(struct env *e, uint32_t index)
{
	return cx_xlt_read64(cx_mkey_get(e->hca->cx, e->mr.key), index);
}

static void test_inline_translations(void **state)
{
	struct env *e = *state;
	uint8_t ctrl[48], mtts[64];

	for (int i = 0; i < 8; i++)
		cx_put_be64(mtts + i * 8, (i + 1) * 4096ull + 3);
	make_ctrl(ctrl, F_INLINE, 4, 0, 0);
	assert_int_equal(umr(e, ctrl, no_mkc, mtts, 64), 0);
	assert_int_equal(xlt(e, 0), 4096 + 3);
	assert_int_equal(xlt(e, 7), 8 * 4096 + 3);
	assert_int_equal(xlt(e, 8), 0);
	assert_int_equal(hca_counter(e->hca, "umr.mtt_present"), 8);
}

static void test_translations_by_dma_at_an_offset(void **state)
{
	struct env *e = *state;
	uint64_t buf = fake_alloc(e->h, 4096, 64);
	uint8_t *p = fake_mem(e->h, buf, 64), ctrl[48], seg[16];

	for (int i = 0; i < 8; i++)
		cx_put_be64(p + i * 8, (i + 1) * 4096ull + 1);
	cx_put_be32(seg, 64);
	cx_put_be32(seg + 4, e->hca->pa_key);
	cx_put_be64(seg + 8, buf);
	make_ctrl(ctrl, 0, 4, 4, 0);
	assert_int_equal(umr(e, ctrl, no_mkc, seg, 16), 0);
	assert_int_equal(xlt(e, 7), 0);
	assert_int_equal(xlt(e, 8), 4096 + 1);
	assert_int_equal(xlt(e, 15), 8 * 4096 + 1);
}

static void test_padding_is_dropped(void **state)
{
	struct env *e = *state;
	uint8_t ctrl[48], mtts[128];

	memset(mtts, 0xff, sizeof(mtts));
	/* The table has 8 octowords: 4 + 4 fit, 4 more are padding. */
	make_ctrl(ctrl, F_INLINE, 8, 4, 0);
	assert_int_equal(umr(e, ctrl, no_mkc, mtts, 128), 0);
	assert_int_equal(xlt(e, 8), UINT64_MAX);
	assert_int_equal(xlt(e, 15), UINT64_MAX);
	assert_int_equal(xlt(e, 16), 0);
}

static void test_more_than_padding_is_an_error(void **state)
{
	struct env *e = *state;
	uint8_t ctrl[48], mtts[128] = { 0 };

	make_ctrl(ctrl, F_INLINE, 8, 5, 0);
	assert_int_equal(umr(e, ctrl, no_mkc, mtts, 128), CX_SYN_MW_BIND);
	assert_int_equal(hca_counter(e->hca, "umr.errors"), 1);
}

static void test_extended_offset(void **state)
{
	struct env *e = *state;
	uint8_t ctrl[48], mtts[64] = { 0 };

	make_ctrl(ctrl, F_INLINE, 4, 0x123450000ull, 0);
	assert_int_equal(umr(e, ctrl, no_mkc, mtts, 64), CX_SYN_MW_BIND);
}

static void test_mask_selects_fields(void **state)
{
	struct env *e = *state;
	struct cx_mkey *mkey = cx_mkey_get(e->hca->cx, e->mr.key);
	uint8_t ctrl[48], mkc[64] = { 0 };

	CX_SET64(mkc, mkc, start_addr, 0x1234000);
	CX_SET64(mkc, mkc, len, 0x5000);
	CX_SET(mkc, mkc, log_page_size, 14);
	CX_SET(mkc, mkc, pd, 77);
	CX_SET(mkc, mkc, mkey_7_0, 0x99);
	make_ctrl(ctrl, 0, 0, 0, 1ull << 0 | 1ull << 6 | 1ull << 18);
	assert_int_equal(umr(e, ctrl, mkc, NULL, 0), 0);
	assert_int_equal(mkey->start, 0x1234000);
	assert_int_equal(mkey->len, 0x5000);
	assert_int_equal(mkey->access, ACC_ALL & ~CX_ACC_LOCAL_WRITE);
	assert_int_equal(mkey->log_page, 12);
	assert_int_equal(mkey->pd, e->hca->pd);
	assert_int_equal(mkey->variant, 0x5a);
	make_ctrl(ctrl, 0, 0, 0, 1ull << 42 | 1ull << 7 | 1ull << 13);
	assert_int_equal(umr(e, ctrl, mkc, NULL, 0), 0);
	assert_int_equal(mkey->log_page, 14);
	assert_int_equal(mkey->pd, 77);
	assert_int_equal(mkey->variant, 0x99);
}

static void test_free_checks(void **state)
{
	struct env *e = *state;
	uint8_t ctrl[48], mkc[64] = { 0 };

	make_ctrl(ctrl, F_CHECK_FREE, 0, 0, 1ull << 29);
	CX_SET(mkc, mkc, free, 1);
	assert_int_equal(umr(e, ctrl, mkc, NULL, 0), 0);
	assert_true(cx_mkey_get(e->hca->cx, e->mr.key)->free);
	assert_int_equal(umr(e, ctrl, mkc, NULL, 0), CX_SYN_MW_BIND);
}

static void test_not_free_check(void **state)
{
	struct env *e = *state;
	uint8_t ctrl[48], mkc[64] = { 0 };

	make_ctrl(ctrl, F_CHECK_NOT_FREE, 0, 0, 0);
	assert_int_equal(umr(e, ctrl, mkc, NULL, 0), CX_SYN_MW_BIND);
}

static void test_unknown_key(void **state)
{
	struct env *e = *state;
	uint8_t ctrl[48];

	e->mr.key = 0xfffff00;
	make_ctrl(ctrl, 0, 0, 0, 0);
	assert_int_equal(umr(e, ctrl, no_mkc, NULL, 0), CX_SYN_MW_BIND);
}

static void test_translations_that_are_no_memory(void **state)
{
	struct env *e = *state;
	uint8_t ctrl[48], seg[16];

	cx_put_be32(seg, 64);
	cx_put_be32(seg + 4, e->hca->pa_key);
	cx_put_be64(seg + 8, 0x10);
	make_ctrl(ctrl, 0, 4, 0, 0);
	assert_int_equal(umr(e, ctrl, no_mkc, seg, 16), CX_SYN_LOCAL_PROT);
}

static void test_zeroes_take_no_memory(void **state)
{
	struct env *e = *state;
	uint64_t before = e->hca->cx->xlt_bytes;
	uint8_t ctrl[48], mtts[64] = { 0 };

	make_ctrl(ctrl, F_INLINE, 4, 0, 0);
	assert_int_equal(umr(e, ctrl, no_mkc, mtts, 64), 0);
	assert_int_equal(e->hca->cx->xlt_bytes, before);
	mtts[7] = 3;
	assert_int_equal(umr(e, ctrl, no_mkc, mtts, 64), 0);
	assert_int_equal(e->hca->cx->xlt_bytes, before + 4096 + 8);
}

/* ---- translation ---- */
static enum cx_xlt_result walk(struct env *e, uint8_t access, uint64_t va,
			       uint64_t len, struct cx_run *run)
{
	const struct cx_accessor who = {
		.pd = e->hca->pd, .qpn = 1, .access = access,
	};

	return cx_xlt_run(e->hca->cx, &who, e->mr.key, va, len, run);
}

static void test_runs_are_joined(void **state)
{
	struct env *e = *state;
	struct cx_run run;

	tmr_map(&e->mr, 0, 10, 3);
	assert_int_equal(walk(e, CX_ACC_REMOTE_WRITE, e->mr.va + 5, 65000,
			      &run), CX_XLT_OK);
	assert_int_equal(run.addr, e->mr.iova + 5);
	assert_int_equal(run.len, 10 * 4096 - 5);
	assert_int_equal(walk(e, CX_ACC_REMOTE_WRITE, e->mr.va + 40960, 10,
			      &run), CX_XLT_FAULT);
	assert_int_equal(run.fault_key, e->mr.key);
	assert_int_equal(run.fault_va, e->mr.va + 40960);
	assert_int_equal(run.fault_len, 10);
}

static void test_range_and_key_checks(void **state)
{
	struct env *e = *state;
	struct cx_run run;
	uint64_t va = e->mr.va;

	tmr_map(&e->mr, 0, 16, 3);
	assert_int_equal(walk(e, 1, va - 1, 2, &run), CX_XLT_DENIED);
	assert_int_equal(walk(e, 1, va + 65535, 2, &run), CX_XLT_DENIED);
	assert_int_equal(walk(e, 1, UINT64_MAX, 2, &run), CX_XLT_DENIED);
	assert_int_equal(walk(e, 1, va, UINT64_MAX, &run), CX_XLT_DENIED);
	assert_int_equal(walk(e, 1, va + 65535, 1, &run), CX_XLT_OK);
	e->mr.key ^= 1;
	assert_int_equal(walk(e, 1, va, 1, &run), CX_XLT_DENIED);
}

static void test_read_only_entry(void **state)
{
	struct env *e = *state;
	struct cx_run run;

	tmr_map(&e->mr, 0, 1, 1);
	assert_int_equal(walk(e, CX_ACC_REMOTE_READ, e->mr.va, 1, &run),
			 CX_XLT_OK);
	assert_int_equal(walk(e, CX_ACC_REMOTE_WRITE, e->mr.va, 1, &run),
			 CX_XLT_FAULT);
}

static void test_wrong_domain(void **state)
{
	struct env *e = *state;
	const struct cx_accessor who = {
		.pd = e->hca->pd + 1, .access = CX_ACC_LOCAL_READ,
	};
	struct cx_run run;

	tmr_map(&e->mr, 0, 1, 3);
	assert_int_equal(cx_xlt_run(e->hca->cx, &who, e->mr.key, e->mr.va, 1,
				    &run), CX_XLT_DENIED);
}

static uint32_t indirect(struct env *e, unsigned int mode, unsigned int n,
			 const uint8_t *list)
{
	uint8_t in[CX_BYTES(create_mkey_in) + 64] = { 0 }, out[16];
	void *mkc = CX_ADDR(create_mkey_in, in, memory_key_mkey_entry);

	CX_SET(create_mkey_in, in, opcode, MLX5_CMD_OP_CREATE_MKEY);
	CX_SET(create_mkey_in, in, translations_octword_actual_size, n);
	CX_SET(mkc, mkc, access_mode_1_0, mode);
	CX_SET(mkc, mkc, lr, 1);
	CX_SET(mkc, mkc, lw, 1);
	CX_SET(mkc, mkc, qpn, 0xffffff);
	CX_SET(mkc, mkc, pd, e->hca->pd);
	CX_SET64(mkc, mkc, len, 1 << 20);
	CX_SET(mkc, mkc, log_page_size, 13);
	CX_SET(mkc, mkc, translations_octword_size, n);
	memcpy(in + CX_BYTE_OFF(create_mkey_in, klm_pas_mtt), list, n * 16);
	assert_int_equal(hca_cmd(e->hca, in, sizeof(in), out, sizeof(out)), 0);
	return CX_GET(create_mkey_out, out, mkey_index) << 8;
}

static void put_klm(uint8_t *p, uint32_t count, uint32_t key, uint64_t va)
{
	cx_put_be32(p, count);
	cx_put_be32(p + 4, key);
	cx_put_be64(p + 8, va);
}

static void test_klm(void **state)
{
	struct env *e = *state;
	struct cx_run run;
	uint8_t list[32];

	tmr_map(&e->mr, 0, 16, 3);
	put_klm(list, 100, e->mr.key, e->mr.va + 8192);
	put_klm(list + 16, 200, e->mr.key, e->mr.va);
	e->mr.key = indirect(e, CX_MKEY_KLM, 2, list);
	assert_int_equal(walk(e, 1, 90, 50, &run), CX_XLT_OK);
	assert_int_equal(run.addr, e->mr.iova + 8192 + 90);
	assert_int_equal(run.len, 10);
	assert_int_equal(walk(e, 1, 100, 50, &run), CX_XLT_OK);
	assert_int_equal(run.addr, e->mr.iova);
	assert_int_equal(run.len, 50);
	assert_int_equal(walk(e, 1, 300, 1, &run), CX_XLT_DENIED);
}

static void test_ksm_that_points_to_itself(void **state)
{
	struct env *e = *state;
	struct cx_run run;
	uint8_t list[32] = { 0 };
	uint32_t key = indirect(e, CX_MKEY_KSM, 2, list);

	put_klm(list, 0, key, 0);
	e->mr.key = key;
	assert_int_equal(cx_xlt_write(e->hca->cx,
				      cx_mkey_get(e->hca->cx, key), 0, list,
				      16), 0);
	assert_int_equal(walk(e, 1, 0, 1, &run), CX_XLT_DENIED);
}

static void test_null_mkey_faults(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 }, out[CX_BYTES(query_special_contexts_out)];
	struct cx_run run;

	CX_SET(query_special_contexts_in, in, opcode,
	       MLX5_CMD_OP_QUERY_SPECIAL_CONTEXTS);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, sizeof(out)), 0);
	e->mr.key = CX_GET(query_special_contexts_out, out, null_mkey);
	assert_int_not_equal(e->mr.key, 0);
	assert_int_equal(walk(e, CX_ACC_REMOTE_WRITE, 0x7fff12345678, 100,
			      &run), CX_XLT_FAULT);
	assert_int_equal(run.fault_va, 0x7fff12345678);
}

static void test_mkey_read_control(void **state)
{
	struct env *e = *state;
	char line[80], *answer = NULL;

	tmr_map(&e->mr, 0, 1, 3);
	memcpy(e->mr.mem + 4, "\xde\xad\xbe\xef", 4);
	snprintf(line, sizeof(line), "mkey-read %u %llu 4", e->mr.key,
		 (unsigned long long)e->mr.va + 4);
	assert_int_equal(fake_control(e->hca->dev, line, &answer), 0);
	assert_string_equal(answer, "\"deadbeef\"");
	free(answer);
}

static void test_injected_delay(void **state)
{
	struct env *e = *state;
	uint8_t ctrl[48], mtts[64];

	assert_int_equal(fake_control(e->hca->dev, "inject delay-umr 30", NULL),
			 0);
	memset(mtts, 0, sizeof(mtts));
	cx_put_be64(mtts, 0x12345003);
	make_ctrl(ctrl, F_INLINE, 4, 0, 0);
	tqp_post_umr(&e->umr, ctrl, no_mkc, e->mr.key, mtts, sizeof(mtts));
	assert_null(tcq_poll(&e->cq));
	assert_int_equal(xlt(e, 0), 0);
	fake_run_ms(e->h, 60);
	assert_non_null(tcq_poll(&e->cq));
	assert_int_equal(xlt(e, 0), 0x12345003);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_inline_translations),
		TEST(test_translations_by_dma_at_an_offset),
		TEST(test_padding_is_dropped),
		TEST(test_more_than_padding_is_an_error),
		TEST(test_extended_offset),
		TEST(test_mask_selects_fields),
		TEST(test_free_checks),
		TEST(test_not_free_check),
		TEST(test_unknown_key),
		TEST(test_translations_that_are_no_memory),
		TEST(test_zeroes_take_no_memory),
		TEST(test_runs_are_joined),
		TEST(test_range_and_key_checks),
		TEST(test_read_only_entry),
		TEST(test_wrong_domain),
		TEST(test_klm),
		TEST(test_ksm_that_points_to_itself),
		TEST(test_null_mkey_faults),
		TEST(test_mkey_read_control),
		TEST(test_injected_delay),
	};

	return cmocka_run_group_tests_name("cx_umr", tests, NULL, NULL);
}
