// SPDX-License-Identifier: GPL-2.0-or-later
/* Command interface: delivery, tables, capability pages, objects. */
#include <stdlib.h>

#include "tests/cx_env.h"

struct env {
	struct fake_host *h;
	struct hca *hca;
};

static int setup_raw(void **state)
{
	struct env *e = calloc(1, sizeof(*e));

	e->h = fake_host_new();
	e->hca = hca_new_raw(e->h, NULL);
	*state = e;
	return 0;
}

static int setup(void **state)
{
	struct env *e = calloc(1, sizeof(*e));

	e->h = fake_host_new();
	e->hca = hca_new(e->h, "guid=0x0002c90300000007 lid=9");
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

static uint32_t seg_read(struct env *e, uint32_t off)
{
	return __builtin_bswap32(fake_bar_read32(e->hca->dev, 0, off));
}

static void test_init_segment(void **state)
{
	struct env *e = *state;

	assert_int_equal(seg_read(e, 4) >> 16, 5);
	assert_int_equal(seg_read(e, 0x14), 0x56);
	assert_int_equal(seg_read(e, 0x1fc) >> 31, 0);
	for (uint32_t off = 0x200; off < 0x240; off += 4)
		assert_int_equal(seg_read(e, off), 0);
}

static void test_reset_disables_the_interface(void **state)
{
	struct env *e = *state;

	fake_reset(e->hca->dev);
	assert_int_equal(seg_read(e, 0x14), 0x156);
	fake_bar_write32(e->hca->dev, 0, 0x14,
			 __builtin_bswap32((uint32_t)e->hca->cmdq));
	assert_int_equal(seg_read(e, 0x14), 0x56);
}

static void test_health_counter_moves(void **state)
{
	struct env *e = *state;
	uint32_t before = seg_read(e, 0x1010);

	fake_run_ms(e->h, 250);
	assert_int_not_equal(seg_read(e, 0x1010), before);
}

static void test_unknown_command(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0x77, 0x77 }, out[16];

	assert_int_equal(hca_cmd(e->hca, in, 16, out, 16), CX_ST_BAD_OP);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, 16), CX_ST_BAD_OP);
	assert_int_equal(hca_counter(e->hca, "cmd.unknown"), 2);
}

static void test_short_input(void **state)
{
	struct env *e = *state;
	uint8_t in[64] = { 0 }, out[16];

	CX_SET(create_qp_in, in, opcode, MLX5_CMD_OP_CREATE_QP);
	assert_int_equal(hca_cmd(e->hca, in, 64, out, 16), CX_ST_BAD_INP_LEN);
}

static void test_short_output(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 }, out[16];

	CX_SET(query_hca_cap_in, in, opcode, MLX5_CMD_OP_QUERY_HCA_CAP);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, 16),
			 CX_ST_BAD_OUTP_LEN);
}

static void test_slot_not_ours(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 };
	uint8_t *ent = hca_cmd_prepare(e->hca, in, 16, 16);

	ent[63] = 0;
	hca_cmd_ring(e->hca, ent);
	assert_int_equal(hca_counter(e->hca, "cmd.total"), 0);
	assert_int_equal(hca_counter(e->hca, "error.guest"), 1);
}

static void test_wrong_entry_type(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 };
	uint8_t *ent = hca_cmd_prepare(e->hca, in, 16, 16);

	ent[0] = 3;
	assert_int_equal(hca_cmd_ring(e->hca, ent), HCA_DELIVERY(0x10));
}

static void test_absurd_lengths(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 };
	uint8_t *ent = hca_cmd_prepare(e->hca, in, 16, 16);

	cx_put_be32(ent + 4, 0xffffffff);
	assert_int_equal(hca_cmd_ring(e->hca, ent), HCA_DELIVERY(0x7));
	ent = hca_cmd_prepare(e->hca, in, 16, 16);
	cx_put_be32(ent + 4, 0);
	assert_int_equal(hca_cmd_ring(e->hca, ent), HCA_DELIVERY(0x7));
	ent = hca_cmd_prepare(e->hca, in, 16, 0x7fffffff);
	assert_int_equal(hca_cmd_ring(e->hca, ent), HCA_DELIVERY(0x8));
}

static void test_mailbox_token(void **state)
{
	struct env *e = *state;
	uint8_t in[100] = { 0 };
	uint8_t *ent = hca_cmd_prepare(e->hca, in, 100, 16);

	ent[60]++;
	assert_int_equal(hca_cmd_ring(e->hca, ent), HCA_DELIVERY(0x2));
}

static void test_looping_mailboxes(void **state)
{
	struct env *e = *state;
	uint8_t in[4000] = { 0 };
	uint8_t *ent = hca_cmd_prepare(e->hca, in, 4000, 16);
	uint8_t *box = fake_mem(e->h, e->hca->in_box, 576);

	cx_put_be64(box + 560, e->hca->in_box);
	assert_int_equal(hca_cmd_ring(e->hca, ent), HCA_DELIVERY(0x3));
}

static void test_mailboxes_end_early(void **state)
{
	struct env *e = *state;
	uint8_t in[4000] = { 0 };
	uint8_t *ent = hca_cmd_prepare(e->hca, in, 4000, 16);
	uint8_t *box = fake_mem(e->h, e->hca->in_box, 576);

	cx_put_be64(box + 560, 0);
	assert_int_equal(hca_cmd_ring(e->hca, ent), HCA_DELIVERY(0x6));
	assert_int_equal(hca_counter(e->hca, "error.dma"), 1);
}

static void test_misaligned_mailbox(void **state)
{
	struct env *e = *state;
	uint8_t in[100] = { 0 };
	uint8_t *ent = hca_cmd_prepare(e->hca, in, 100, 16);

	cx_put_be64(ent + 8, e->hca->in_box + 4);
	assert_int_equal(hca_cmd_ring(e->hca, ent), HCA_DELIVERY(0x5));
}

static void test_doorbell_without_queue(void **state)
{
	struct env *e = *state;

	fake_reset(e->hca->dev);
	fake_bar_write32(e->hca->dev, 0, 0x18, 0xffffffff);
	fake_run(e->h);
	assert_int_equal(hca_counter(e->hca, "error.guest"), 32);
}

static int query_cap(struct env *e, unsigned int type, bool cur, uint8_t *page)
{
	uint8_t in[16] = { 0 }, *out = calloc(1, 16 + 4096);
	int status;

	CX_SET(query_hca_cap_in, in, opcode, MLX5_CMD_OP_QUERY_HCA_CAP);
	CX_SET(query_hca_cap_in, in, op_mod, type << 1 | cur);
	status = hca_cmd(e->hca, in, 16, out, 16 + 4096);
	memcpy(page, out + 16, 4096);
	free(out);
	return status;
}

static void test_general_caps(void **state)
{
	struct env *e = *state;
	uint8_t page[4096];

	assert_int_equal(query_cap(e, 0, true, page), 0);
	assert_int_equal(CX_GET(cmd_hca_cap, page, pg), 1);
	assert_int_equal(CX_GET(cmd_hca_cap, page, port_type), 0);
	assert_int_equal(CX_GET(cmd_hca_cap, page, uar_sz), 5);
	assert_int_equal(CX_GET(cmd_hca_cap, page, bf), 0);
	assert_int_equal(CX_GET(cmd_hca_cap, page, sctr_data_cqe), 0);
	assert_int_equal(query_cap(e, 1, true, page), CX_ST_BAD_PARAM);
	assert_int_equal(query_cap(e, 0x7fff, true, page), CX_ST_BAD_PARAM);
}

static void test_odp_caps_need_set(void **state)
{
	struct env *e = *state;
	uint8_t page[4096], in[16 + 4096] = { 0 }, out[16];

	assert_int_equal(query_cap(e, 2, true, page), 0);
	assert_int_equal(CX_GET(odp_cap, page, mem_page_fault), 0);
	assert_int_equal(query_cap(e, 2, false, page), 0);
	assert_int_equal(CX_GET(odp_cap, page, mem_page_fault), 1);
	CX_SET(set_hca_cap_in, in, opcode, MLX5_CMD_OP_SET_HCA_CAP);
	CX_SET(set_hca_cap_in, in, op_mod, 2 << 1);
	CX_SET(odp_cap, in + 16, mem_page_fault, 1);
	assert_int_equal(hca_cmd(e->hca, in, sizeof(in), out, 16), 0);
	assert_int_equal(query_cap(e, 2, true, page), 0);
	assert_int_equal(CX_GET(odp_cap, page, mem_page_fault), 1);
	fake_reset(e->hca->dev);
	assert_int_equal(CX_GET(odp_cap, e->hca->cx->caps.cur[2],
				mem_page_fault), 0);
}

static void test_port_facts(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 }, out[16 + 512];
	void *c = CX_ADDR(query_hca_vport_context_out, out,
			  hca_vport_context);

	CX_SET(query_hca_vport_context_in, in, opcode,
	       MLX5_CMD_OP_QUERY_HCA_VPORT_CONTEXT);
	assert_int_equal(hca_cmd(e->hca, in, 16, out,
				 CX_BYTES(query_hca_vport_context_out)), 0);
	assert_int_equal(CX_GET(hca_vport_context, c, port_state), 4);
	assert_int_equal(CX_GET(hca_vport_context, c, lid), 9);
	assert_int_equal(CX_GET64(hca_vport_context, c, port_guid),
			 0x0002c90300000007);
}

static void test_unknown_register(void **state)
{
	struct env *e = *state;
	uint8_t in[80] = { 0 }, out[80];

	CX_SET(access_register_in, in, opcode, MLX5_CMD_OP_ACCESS_REG);
	CX_SET(access_register_in, in, op_mod, 1);
	CX_SET(access_register_in, in, register_id, 0x1234);
	assert_int_equal(hca_cmd(e->hca, in, 80, out, 80), CX_ST_BAD_PARAM);
	assert_int_equal(hca_counter(e->hca, "error.unknown_register"), 1);
}

static void test_numbers_are_not_reused_at_once(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 }, out[16];
	uint32_t first;

	CX_SET(alloc_pd_in, in, opcode, MLX5_CMD_OP_ALLOC_PD);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, 16), 0);
	first = CX_GET(alloc_pd_out, out, pd);
	CX_SET(dealloc_pd_in, in, opcode, MLX5_CMD_OP_DEALLOC_PD);
	CX_SET(dealloc_pd_in, in, pd, first);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, 16), 0);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, 16), CX_ST_BAD_RES);
	CX_SET(alloc_pd_in, in, opcode, MLX5_CMD_OP_ALLOC_PD);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, 16), 0);
	assert_int_not_equal(CX_GET(alloc_pd_out, out, pd), first);
}

static void test_table_limit(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 }, out[16];
	int n = 0;

	CX_SET(alloc_xrcd_in, in, opcode, MLX5_CMD_OP_ALLOC_XRCD);
	while (!hca_cmd(e->hca, in, 16, out, 16))
		n++;
	assert_int_equal(n, (1 << CX_LOG_MAX_XRCD) - 1);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, 16), CX_ST_LIM);
}

static void test_cmd_event(void **state)
{
	struct env *e = *state;
	uint8_t in[16] = { 0 }, out[16];
	const uint8_t *ev;
	uint32_t ci = 0;
	uint64_t buf;

	hca_create_eq(e->hca, 1ull << 0x0a, 4, 5, &buf);
	/* The command that made the EQ is not announced there. */
	assert_null(hca_eqe(e->hca, buf, &ci, 4));
	CX_SET(alloc_pd_in, in, opcode, MLX5_CMD_OP_ALLOC_PD);
	assert_int_equal(hca_cmd(e->hca, in, 16, out, 16), 0);
	ev = hca_eqe(e->hca, buf, &ci, 4);
	assert_non_null(ev);
	assert_int_equal(ev[1], 0x0a);
	assert_int_equal(cx_be32(ev + 32), 1);
}

static void test_create_with_too_few_pages(void **state)
{
	struct env *e = *state;
	uint8_t in[CX_BYTES(create_cq_in) + 8] = { 0 }, out[16];
	void *cqc = CX_ADDR(create_cq_in, in, cq_context);

	CX_SET(create_cq_in, in, opcode, MLX5_CMD_OP_CREATE_CQ);
	CX_SET(cqc, cqc, log_cq_size, 22);
	CX_SET(cqc, cqc, c_eqn_or_apu_element, e->hca->eqn);
	assert_int_equal(hca_cmd(e->hca, in, sizeof(in), out, 16),
			 CX_ST_BAD_INP_LEN);
	CX_SET(cqc, cqc, log_cq_size, 23);
	assert_int_equal(hca_cmd(e->hca, in, sizeof(in), out, 16),
			 CX_ST_BAD_PARAM);
}

static void test_reset_forgets_objects(void **state)
{
	struct env *e = *state;
	char *answer = NULL;

	fake_reset(e->hca->dev);
	fake_run(e->h);
	assert_int_equal(e->hca->cx->eqs.used, 0);
	assert_int_equal(e->hca->cx->mkeys.used, 0);
	assert_int_equal(e->hca->cx->pas_bytes, 0);
	assert_int_equal(e->hca->cx->xlt_bytes, 0);
	assert_int_equal(fake_control(e->hca->dev, "state", &answer), 0);
	assert_non_null(strstr(answer, "\"lid\":9"));
	free(answer);
}

static void test_lid_taken(void **state)
{
	struct env *e = *state;

	assert_null(fake_host_try_add(e->h, &connectx_model, "lid=9"));
	assert_null(fake_host_try_add(e->h, &connectx_model, "lid=0xc000"));
	assert_null(fake_host_try_add(e->h, &connectx_model, "odp=no"));
	assert_null(fake_host_try_add(e->h, &connectx_model, "port=eth"));
}

#define RAW(fn) cmocka_unit_test_setup_teardown(fn, setup_raw, teardown)
#define UP(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RAW(test_init_segment),
		RAW(test_reset_disables_the_interface),
		RAW(test_health_counter_moves),
		RAW(test_unknown_command),
		RAW(test_short_input),
		RAW(test_short_output),
		RAW(test_slot_not_ours),
		RAW(test_wrong_entry_type),
		RAW(test_absurd_lengths),
		RAW(test_mailbox_token),
		RAW(test_looping_mailboxes),
		RAW(test_mailboxes_end_early),
		RAW(test_misaligned_mailbox),
		RAW(test_doorbell_without_queue),
		RAW(test_general_caps),
		RAW(test_odp_caps_need_set),
		UP(test_port_facts),
		RAW(test_unknown_register),
		RAW(test_numbers_are_not_reused_at_once),
		RAW(test_table_limit),
		UP(test_cmd_event),
		UP(test_create_with_too_few_pages),
		UP(test_reset_forgets_objects),
		UP(test_lid_taken),
	};

	return cmocka_run_group_tests_name("cx_cmd", tests, NULL, NULL);
}
