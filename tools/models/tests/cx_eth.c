// SPDX-License-Identifier: GPL-2.0-or-later
/* Ethernet: queues, steering, offloads, the vport and its registers. */
#include <stdlib.h>

#include "connectx/cx_ethsq.h"
#include "connectx/cx_frame.h"
#include "connectx/cx_vport.h"
#include "connectx/cx_wqe.h"
#include "tests/cx_ethenv.h"
#include "tests/fake_time.h"

static void expect_sent(struct eth_port *p)
{
	const uint8_t *c = tcq_poll(&p->cq);

	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), 0);
}

static const uint8_t *expect_frame(struct eth_port *p, uint32_t len)
{
	const uint8_t *c = tcq_poll(&p->cq);

	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), 2);
	assert_int_equal(cqe_len(c), len);
	return c;
}

static void transfer(struct eth_pair *e, uint32_t inl)
{
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 500);
	const uint8_t *c;

	eth_post_buffer(&e->b, 4096, 2000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len, .inl = inl });
	expect_sent(&e->a);
	c = expect_frame(&e->b, len);
	assert_int_equal(cx_be32(c + 0x38) & 0xffffff, 0x77);
	assert_memory_equal(e->b.mr.mem + 4096, f, len);
	assert_int_equal(e->b.mr.mem[4095], 0xee);
	assert_int_equal(e->b.mr.mem[4096 + len], 0xee);
	assert_null(tcq_poll(&e->a.cq));
}

static void test_frame(void **state)
{
	transfer(*state, 0);
}

static void test_frame_with_inline_header(void **state)
{
	transfer(*state, 18);
	transfer(*state, 2);
	transfer(*state, 54);
}

static void test_broadcast(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_broadcast, 100);
	const uint8_t *c;

	eth_post_buffer(&e->a, 8192, 2000);
	eth_post_buffer(&e->b, 8192, 2000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	c = expect_frame(&e->b, len);
	assert_int_equal(cx_be32(c + 0x38) & 0xffffff, 0x78);
	expect_sent(&e->a);
	assert_null(tcq_poll(&e->a.cq));	/* not to its sender */
}

/* Nor does a frame come back whose address is the sender's own. */
static void test_own_address(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_mac_a, 100);

	eth_post_buffer(&e->a, 8192, 2000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	expect_sent(&e->a);
	assert_null(tcq_poll(&e->a.cq));
}

static void test_no_rule(void **state)
{
	static const uint8_t other[6] = { 0x00, 0x02, 0xc9, 0, 0, 9 };
	struct eth_pair *e = *state;
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, other, 100);

	eth_post_buffer(&e->b, 0, 2000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	expect_sent(&e->a);
	assert_null(tcq_poll(&e->b.cq));
	assert_int_equal(hca_counter(e->b.hca, "eth.rx_no_rule"), 1);
}

static void test_no_buffer(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 100);

	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	assert_null(tcq_poll(&e->b.cq));
	assert_int_equal(hca_counter(e->b.hca, "eth.rx_no_buffer"), 1);
}

static void test_drop_and_delete(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 100);

	eth_post_buffer(&e->b, 0, 2000);
	assert_int_equal(eth_delete_rule(&e->b, 0), 0);
	assert_int_equal(eth_delete_rule(&e->b, 0), CX_ST_BAD_RES);
	assert_int_equal(eth_set_rule(&e->b, 2, eth_mac_b, 2, 0), 0);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	assert_null(tcq_poll(&e->b.cq));
	assert_int_equal(eth_delete_rule(&e->b, 2), 0);
	assert_int_equal(eth_set_rule(&e->b, 3, eth_mac_b, 4, 1), 0);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	expect_frame(&e->b, len);
}

static void test_bad_rules(void **state)
{
	struct eth_pair *e = *state;

	assert_int_equal(eth_set_rule(&e->b, 0, eth_mac_b, 4, 0), CX_ST_BAD_PARAM);
	assert_int_equal(eth_set_rule(&e->b, 8, eth_mac_b, 4, 0), CX_ST_BAD_PARAM);
	assert_int_equal(eth_set_rule(&e->b, 3, eth_mac_b, 0x40, 0), CX_ST_BAD_PARAM);
	e->b.group += 1;
	assert_int_equal(eth_set_rule(&e->b, 3, eth_mac_b, 4, 0), CX_ST_BAD_PARAM);
	e->b.table += 1;
	assert_int_equal(eth_set_rule(&e->b, 3, eth_mac_b, 4, 0), CX_ST_BAD_RES);
}

static void test_bad_tables(void **state)
{
	struct eth_pair *e = *state;
	uint8_t in[CX_BYTES(create_flow_table_in)] = { 0 };

	CX_SET(create_flow_table_in, in, flow_table_context.level,
	       CX_MAX_FT_LEVELS);
	assert_int_equal(eth_cmd(e->b.hca, in, sizeof(in),
			     MLX5_CMD_OP_CREATE_FLOW_TABLE, NULL),
			 CX_ST_BAD_PARAM);
	CX_SET(create_flow_table_in, in, flow_table_context.level,
	       CX_MAX_FT_LEVELS - 1);
	CX_SET(create_flow_table_in, in, flow_table_context.log_size,
	       CX_LOG_MAX_FT_SIZE + 1);
	assert_int_equal(eth_cmd(e->b.hca, in, sizeof(in),
			     MLX5_CMD_OP_CREATE_FLOW_TABLE, NULL),
			 CX_ST_BAD_PARAM);
}

/* A frame that misses in one table goes on in the next. */
static void test_miss_table(void **state)
{
	struct eth_pair *e = *state;
	uint8_t in[CX_BYTES(create_flow_table_in)] = { 0 };
	uint8_t root[CX_BYTES(set_flow_table_root_in)] = { 0 };
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 100), first;

	CX_SET(create_flow_table_in, in, flow_table_context.table_miss_action,
	       1);
	CX_SET(create_flow_table_in, in, flow_table_context.table_miss_id,
	       e->b.table);
	assert_int_equal(eth_cmd(e->b.hca, in, sizeof(in),
			     MLX5_CMD_OP_CREATE_FLOW_TABLE, &first), 0);
	CX_SET(set_flow_table_root_in, root, table_id, first);
	assert_int_equal(eth_cmd(e->b.hca, root, sizeof(root),
			     MLX5_CMD_OP_SET_FLOW_TABLE_ROOT, NULL), 0);
	eth_post_buffer(&e->b, 0, 2000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	expect_frame(&e->b, len);
}

/* Two tables that lead to each other: a guest may, the model goes on. */
static void test_table_loop(void **state)
{
	struct eth_pair *e = *state;
	uint8_t in[CX_BYTES(modify_flow_table_in)] = { 0 };
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, (const uint8_t *)"\x00\x02\xc9\0\0\x07", 9);

	CX_SET(modify_flow_table_in, in, table_id, e->b.table);
	CX_SET(modify_flow_table_in, in, modify_field_select, 1);
	CX_SET(modify_flow_table_in, in, flow_table_context.table_miss_action,
	       1);
	CX_SET(modify_flow_table_in, in, flow_table_context.table_miss_id,
	       e->b.table);
	assert_int_equal(eth_cmd(e->b.hca, in, sizeof(in),
			     MLX5_CMD_OP_MODIFY_FLOW_TABLE, NULL), 0);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	assert_int_equal(hca_counter(e->b.hca, "eth.rx_no_rule"), 1);
}

/* ---- offloads ---- */
static void test_checksums(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[2000], *got = e->b.mr.mem;
	uint32_t len = eth_make_tcp(f, eth_mac_b, 501);
	const uint8_t *c;
	struct cx_frame r;

	eth_post_buffer(&e->b, 0, 2000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len, .cs_flags = 0xc0 });
	c = expect_frame(&e->b, len);
	assert_int_equal(c[0x1c], 7);	/* all are right */
	cx_frame_parse(&r, got, len);
	assert_true(cx_frame_l3_ok(&r) && cx_frame_l4_ok(&r));
	assert_int_equal(cx_be16(c + 0x14),
			 cx_frame_sum(got + 14, len - 14, 0));
	got[100] ^= 1;
	assert_false(cx_frame_l4_ok(&r));
	got[22]--;
	assert_false(cx_frame_l3_ok(&r));
	/* Not asked for: the zeros stay, and the receiver says so. */
	eth_post_buffer(&e->b, 0, 2000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	c = expect_frame(&e->b, len);
	assert_int_equal(c[0x1c], 1);
}

static void test_segmentation(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[4000], *got = e->b.mr.mem;
	uint32_t len = eth_make_tcp(f, eth_mac_b, 2500);
	static const uint32_t sizes[] = { 1000, 1000, 500 };

	for (int i = 0; i < 3; i++)
		eth_post_buffer(&e->b, 8192 + i * 2048, 2000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .opcode = 0x0e, .len = len,
					     .inl = 54, .mss = 1000 });
	expect_sent(&e->a);
	for (uint32_t i = 0; i < 3; i++) {
		uint8_t *p = got + 8192 + i * 2048;

		assert_int_equal(expect_frame(&e->b, 54 + sizes[i])[0x1c], 7);
		assert_int_equal(cx_be16(p + 16), 40 + sizes[i]);
		assert_int_equal(cx_be16(p + 18), 0x1000 + i);
		assert_int_equal(cx_be32(p + 38), 1000 + i * 1000);
		assert_int_equal(p[47], i == 2 ? 0x18 : 0x10);
		assert_memory_equal(p + 54, f + 54 + i * 1000, sizes[i]);
	}
	assert_null(tcq_poll(&e->b.cq));
}

/* Pieces longer than the port's frames: none is sent. */
static void test_segments_too_long(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[4000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 2500);

	eth_post_buffer(&e->b, 0, 4000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .opcode = 0x0e, .len = len,
					     .inl = 54, .mss = 1522 - 53 });
	expect_sent(&e->a);
	assert_null(tcq_poll(&e->b.cq));
	assert_int_equal(hca_counter(e->a.hca, "eth.tx_errors"), 1);
}

static void test_vlan(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 100);
	const uint8_t *c;

	eth_post_buffer(&e->b, 0, 2000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len, .insert = true,
					     .tci = 0x6005 });
	c = expect_frame(&e->b, len);	/* taken out again */
	assert_int_equal(c[0x1d] & 1, 1);
	assert_int_equal(cx_be16(c + 0x1e), 0x6005);
	assert_memory_equal(e->b.mr.mem, f, len);
}

static void test_too_long(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[4000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 1600);

	eth_post_buffer(&e->b, 0, 4000);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	expect_sent(&e->a);
	assert_null(tcq_poll(&e->b.cq));
	assert_int_equal(hca_counter(e->a.hca, "eth.tx_errors"), 1);
}

/* ---- errors of queues ---- */
static void test_buffer_too_short(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 500);
	const uint8_t *c;

	eth_post_buffer(&e->b, 0, 100);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	c = tcq_poll(&e->b.cq);
	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), 14);
	assert_int_equal(cqe_syndrome(c), CX_SYN_LOCAL_LENGTH);
	assert_int_equal(e->b.mr.mem[0], 0xee);
}

static void test_bad_wqes(void **state)
{
	static const struct { uint8_t opcode, ds; uint16_t inl; } bad[] = {
		{ 0x08, 3, 0 }, { 0x0a, 1, 0 }, { 0x0a, 3, 100 },
		{ 0x0a, 0, 0 }, { 0x0a, 2, 2 },
	};
	struct eth_pair *e = *state;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t w[64] = { 0 };
		const uint8_t *c;

		cx_put_be32(w, bad[i].opcode);
		cx_put_be32(w + 4, bad[i].ds);
		cx_put_be16(w + 28, bad[i].inl);
		eth_put_wqe(&e->a, w, 1);
		eth_ring(&e->a);
		c = tcq_poll(&e->a.cq);
		assert_non_null(c);
		assert_int_equal(cqe_opcode(c), 13);
		assert_int_equal(eth_modify(&e->a, MLX5_CMD_OP_MODIFY_SQ,
					e->a.sq.num, 3, 0), 0);
		assert_int_equal(eth_modify(&e->a, MLX5_CMD_OP_MODIFY_SQ,
					e->a.sq.num, 0, 1), 0);
		e->a.sq.pi = 0;
		cx_put_be32(fake_mem(e->h, e->a.sq.dbr + 4, 4), 0);
	}
}

static void test_states(void **state)
{
	struct eth_pair *e = *state;

	assert_int_equal(eth_modify(&e->a, MLX5_CMD_OP_MODIFY_SQ, e->a.sq.num, 0,
				1), CX_ST_BAD_RES_STATE);
	assert_int_equal(eth_modify(&e->a, MLX5_CMD_OP_MODIFY_RQ, e->a.rq.num, 1,
				2), CX_ST_BAD_PARAM);
	assert_int_equal(eth_modify(&e->a, MLX5_CMD_OP_MODIFY_RQ, e->a.rq.num + 1,
				1, 0), CX_ST_BAD_RES);
}

static void test_destroy_everything(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 100);

	eth_post_buffer(&e->b, 0, 2000);
	assert_int_equal(eth_simple(e->b.hca, MLX5_CMD_OP_DESTROY_RQ,
				e->b.rq.num), 0);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	assert_null(tcq_poll(&e->b.cq));
	assert_int_equal(eth_simple(e->b.hca, MLX5_CMD_OP_DESTROY_TIR, e->b.tir),
			 0);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	assert_int_equal(eth_simple(e->a.hca, MLX5_CMD_OP_DESTROY_SQ,
				e->a.sq.num), 0);
	assert_int_equal(eth_simple(e->a.hca, MLX5_CMD_OP_DESTROY_SQ,
				e->a.sq.num), CX_ST_BAD_RES);
	assert_int_equal(eth_simple(e->a.hca, MLX5_CMD_OP_DESTROY_TIS,
				e->a.sq.tis), 0);
	eth_ring(&e->a);
	assert_int_equal(hca_counter(e->a.hca, "error.guest"), 1);
}

static int slow_reset(void *arg, bool write, uint64_t addr, void *buf,
		      size_t len)
{
	(void)write;
	(void)addr;
	(void)buf;
	(void)len;
	fake_time_pass(2 * CX_WAKEUP_NS);
	fake_reset(arg);
	return 0;
}

/* The completion waits for the VMM until the work's time is up, and a reset. */
static void test_reset_meets_completion(void **state)
{
	struct eth_pair *e = *state;
	uint8_t f[2000];
	uint32_t len = eth_make_tcp(f, eth_mac_b, 100);

	fake_unmap(e->h, e->a.cq.buf, 4096);
	fake_set_dma(e->h, slow_reset, e->a.hca->dev);
	eth_send_frame(&e->a, f, &(struct eth_send){ .len = len });
	fake_run(e->h);
	assert_int_equal(hca_counter(e->a.hca, "eth.tx_frames"), 1);
	assert_null(cx_tbl_get(&e->a.hca->cx->ethsqs, e->a.sq.num));
}

/* ---- a guest that posts anything ---- */
static uint64_t rng = 0x9e3779b97f4a7c15ull;

static uint32_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng >> 16;
}

static void random_wqe(struct eth_port *p)
{
	static const uint8_t ops[] = { 0, 0x0a, 0x0a, 0x0e, 0x0e, 0x29 };
	unsigned int ds = rnd() % 8 ? 1 + rnd() % 8 : rnd() % 64;
	uint8_t w[1024];

	for (size_t i = 0; i < sizeof(w); i++)
		w[i] = rnd() & 3 ? 0 : rnd();
	eth_make_tcp(w + 30, rnd() & 1 ? eth_mac_b : eth_broadcast, 0);
	w[rnd() % 128] ^= rnd();
	cx_put_be32(w, ops[rnd() % sizeof(ops)]);
	cx_put_be32(w + 4, ds);
	cx_put_be16(w + 28, rnd() % 4 ? 54 : rnd());
	for (unsigned int at = rnd() % 4 ? 96 : 32; at < ds * 16; at += 16) {
		cx_put_be32(w + at, rnd() % (rnd() & 15 ? 300 : 70000));
		cx_put_be32(w + at + 4, p->mr.key);
		cx_put_be64(w + at + 8, p->mr.va + rnd() % p->mr.len);
	}
	eth_put_wqe(p, w, ds ? ds : 1);
	if (rnd() % 64 == 0)
		p->sq.pi += rnd();
	eth_ring(p);
}

static void drain(struct eth_port *p)
{
	while (tcq_poll(&p->cq))
		;
	tcq_ack(&p->cq);
}

static void restart(struct eth_port *p, struct eth_queue *q, uint16_t opcode,
		    unsigned int from)
{
	assert_int_equal(eth_modify(p, opcode, q->num, from, 0), 0);
	assert_int_equal(eth_modify(p, opcode, q->num, 0, 1), 0);
	q->pi = 0;
	memset(fake_mem(p->hca->h, q->dbr, 8), 0, 8);
}

static unsigned int sq_state(struct eth_port *p)
{
	return ((struct cx_ethsq *)cx_tbl_get(&p->hca->cx->ethsqs,
					      p->sq.num))->state;
}

static unsigned int rq_state(struct eth_port *p)
{
	return ((struct cx_ethrq *)cx_tbl_get(&p->hca->cx->ethrqs,
					      p->rq.num))->state;
}

static void test_random_wqes(void **state)
{
	struct eth_pair *e = *state;

	for (int i = 0; i < 4000; i++) {
		for (int n = 0; n < 4; n++)
			eth_post_buffer(&e->b, rnd() % 4096, rnd() % 9000);
		random_wqe(&e->a);
		drain(&e->a);
		drain(&e->b);
		restart(&e->a, &e->a.sq, MLX5_CMD_OP_MODIFY_SQ,
			sq_state(&e->a));
		restart(&e->b, &e->b.rq, MLX5_CMD_OP_MODIFY_RQ,
			rq_state(&e->b));
	}
	assert_true(hca_counter(e->b.hca, "eth.rx_frames") > 200);
	memset(e->b.mr.mem, 0xee, e->b.mr.len);
	transfer(e, 18);
}

/* ---- the port ---- */
static void query_vport(struct hca *hca, uint8_t *out, uint32_t list)
{
	uint8_t in[16] = { 0 };

	CX_SET(query_nic_vport_context_in, in, opcode,
	       MLX5_CMD_OP_QUERY_NIC_VPORT_CONTEXT);
	CX_SET(query_nic_vport_context_in, in, allowed_list_type, list);
	assert_int_equal(hca_cmd(hca, in, sizeof(in), out, 1024), 0);
}

#define OUT(field) CX_GET(query_nic_vport_context_out, out, \
			  nic_vport_context.field)

static void test_vport(void **state)
{
	struct eth_pair *e = *state;
	uint8_t out[1024];
	uint8_t in[CX_BYTES(modify_nic_vport_context_in) + 16] = { 0 };
	void *ctx = CX_ADDR(modify_nic_vport_context_in, in,
			    nic_vport_context);
	uint8_t *list = in + CX_BYTES(modify_nic_vport_context_in);

	query_vport(e->a.hca, out, 0);
	assert_int_equal(OUT(mtu), 1522);
	assert_int_equal(OUT(roce_en), 0);
	assert_memory_equal((uint8_t *)CX_ADDR(query_nic_vport_context_out, out,
			    nic_vport_context.permanent_address) + 2, eth_mac_a, 6);
	CX_SET(modify_nic_vport_context_in, in, field_select.roce_en, 1);
	CX_SET(modify_nic_vport_context_in, in, field_select.mtu, 1);
	CX_SET(nic_vport_context, ctx, roce_en, 1);
	CX_SET(nic_vport_context, ctx, mtu, 9022);
	assert_int_equal(eth_cmd(e->a.hca, in, CX_BYTES(modify_nic_vport_context_in),
			     MLX5_CMD_OP_MODIFY_NIC_VPORT_CONTEXT, NULL), 0);
	query_vport(e->a.hca, out, 0);
	assert_int_equal(OUT(roce_en), 1);
	assert_int_equal(OUT(mtu), 9022);
	memset(in, 0, sizeof(in));
	CX_SET(modify_nic_vport_context_in, in, field_select.addresses_list, 1);
	CX_SET(nic_vport_context, ctx, allowed_list_type, CX_LIST_MC);
	CX_SET(nic_vport_context, ctx, allowed_list_size, 2);
	memset(list, 0x5a, 16);
	assert_int_equal(eth_cmd(e->a.hca, in, sizeof(in),
			     MLX5_CMD_OP_MODIFY_NIC_VPORT_CONTEXT, NULL), 0);
	query_vport(e->a.hca, out, CX_LIST_MC);
	assert_int_equal(OUT(allowed_list_size), 2);
	assert_memory_equal(out + CX_BYTES(query_nic_vport_context_out), list,
			    16);
	CX_SET(nic_vport_context, ctx, allowed_list_size, 3);
	assert_int_equal(eth_cmd(e->a.hca, in, sizeof(in),
			     MLX5_CMD_OP_MODIFY_NIC_VPORT_CONTEXT, NULL),
			 CX_ST_BAD_PARAM);
}

static int set_mac(struct hca *hca, const uint8_t mac[6])
{
	uint8_t in[CX_BYTES(modify_nic_vport_context_in)] = { 0 };
	uint8_t *ctx = CX_ADDR(modify_nic_vport_context_in, in,
			       nic_vport_context);

	CX_SET(modify_nic_vport_context_in, in,
	       field_select.permanent_address, 1);
	memcpy(ctx + CX_BYTE_OFF(nic_vport_context, permanent_address) + 2,
	       mac, 6);
	return eth_cmd(hca, in, sizeof(in), MLX5_CMD_OP_MODIFY_NIC_VPORT_CONTEXT,
		   NULL);
}

static void test_mac(void **state)
{
	static const uint8_t nothing[6], mine[6] = { 0x02, 1, 2, 3, 4, 5 };
	struct eth_pair *e = *state;

	assert_int_equal(set_mac(e->a.hca, nothing), CX_ST_BAD_PARAM);
	assert_int_equal(set_mac(e->a.hca, eth_broadcast), CX_ST_BAD_PARAM);
	assert_memory_equal(e->a.hca->cx->port.mac, eth_mac_a, 6);
	assert_int_equal(set_mac(e->a.hca, mine), 0);
	assert_memory_equal(e->a.hca->cx->port.mac, mine, 6);
}

static int reg(struct hca *hca, uint16_t id, bool write, uint8_t *data,
	       uint32_t len)
{
	uint8_t in[16 + 256] = { 0 }, out[16 + 256];
	int status;

	CX_SET(access_register_in, in, opcode, MLX5_CMD_OP_ACCESS_REG);
	CX_SET(access_register_in, in, op_mod, !write);
	CX_SET(access_register_in, in, register_id, id);
	memcpy(in + 16, data, len);
	status = hca_cmd(hca, in, 16 + len, out, 16 + len);
	memcpy(data, out + 16, len);
	return status;
}

static void test_link(void **state)
{
	struct eth_pair *e = *state;
	uint8_t paos[CX_BYTES(paos_reg)] = { 0 };
	uint8_t ptys[CX_BYTES(ptys_reg)] = { 0 };
	const uint8_t *eqe;

	cx_vport_set_plug(e->a.hca->cx, false);
	eqe = hca_async_event(e->a.hca);
	assert_non_null(eqe);
	assert_int_equal(eqe[1], 0x09);
	assert_int_equal(eqe[3], 1);
	assert_int_equal(eqe[32 + 8], 1 << 4);
	assert_int_equal(reg(e->a.hca, 0x5006, false, paos, sizeof(paos)), 0);
	assert_int_equal(CX_GET(paos_reg, paos, admin_status), 1);
	assert_int_equal(CX_GET(paos_reg, paos, oper_status), 2);
	assert_int_equal(reg(e->a.hca, 0x5004, false, ptys, sizeof(ptys)), 0);
	assert_int_equal(CX_GET(ptys_reg, ptys, eth_proto_oper), 0);
	cx_vport_set_plug(e->a.hca->cx, true);
	eqe = hca_async_event(e->a.hca);
	assert_non_null(eqe);
	assert_int_equal(eqe[3], 4);
	CX_SET(paos_reg, paos, admin_status, 2);
	assert_int_equal(reg(e->a.hca, 0x5006, true, paos, sizeof(paos)), 0);
	assert_non_null(hca_async_event(e->a.hca));
	assert_true(e->a.hca->cx->port.down);
	assert_null(hca_async_event(e->a.hca));
}

static void test_port_mtu(void **state)
{
	struct eth_pair *e = *state;
	uint8_t pmtu[CX_BYTES(pmtu_reg)] = { 0 };

	CX_SET(pmtu_reg, pmtu, admin_mtu, 9022);
	assert_int_equal(reg(e->a.hca, 0x5003, true, pmtu, sizeof(pmtu)), 0);
	assert_int_equal(CX_GET(pmtu_reg, pmtu, oper_mtu), 9022);
	assert_int_equal(cx_vport_frame_max(e->a.hca->cx), 9022);
}

static void test_infiniband_has_no_frames(void **state)
{
	struct eth_pair *e = *state;
	struct hca *ib = hca_new(e->h, NULL);
	uint8_t paos[CX_BYTES(paos_reg)] = { 0 }, in[16] = { 0 };
	uint8_t out[1024];

	assert_int_equal(reg(ib, 0x5006, false, paos, sizeof(paos)),
			 CX_ST_BAD_PARAM);
	CX_SET(query_nic_vport_context_in, in, opcode,
	       MLX5_CMD_OP_QUERY_NIC_VPORT_CONTEXT);
	assert_int_equal(hca_cmd(ib, in, sizeof(in), out, sizeof(out)),
			 CX_ST_BAD_PARAM);
	hca_free(ib);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, eth_setup, eth_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frame),
		TEST(test_frame_with_inline_header),
		TEST(test_broadcast),
		TEST(test_own_address),
		TEST(test_no_rule),
		TEST(test_no_buffer),
		TEST(test_drop_and_delete),
		TEST(test_bad_rules),
		TEST(test_bad_tables),
		TEST(test_miss_table),
		TEST(test_table_loop),
		TEST(test_checksums),
		TEST(test_segmentation),
		TEST(test_segments_too_long),
		TEST(test_vlan),
		TEST(test_too_long),
		TEST(test_buffer_too_short),
		TEST(test_bad_wqes),
		TEST(test_states),
		TEST(test_destroy_everything),
		TEST(test_reset_meets_completion),
		TEST(test_random_wqes),
		TEST(test_vport),
		TEST(test_mac),
		TEST(test_link),
		TEST(test_port_mtu),
		TEST(test_infiniband_has_no_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
