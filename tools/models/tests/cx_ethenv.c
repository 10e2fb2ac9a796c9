// SPDX-License-Identifier: GPL-2.0-or-later
/* See cx_ethenv.h. */
#include "tests/cx_ethenv.h"

#include <stdlib.h>

#include "connectx/cx_ethsq.h"
#include "connectx/cx_wqe.h"

const uint8_t eth_mac_a[6] = { 0x00, 0x02, 0xc9, 0, 0, 1 };
const uint8_t eth_mac_b[6] = { 0x00, 0x02, 0xc9, 0, 0, 2 };
const uint8_t eth_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

int eth_cmd(struct hca *hca, uint8_t *in, uint32_t len, uint16_t opcode,
	       uint32_t *num)
{
	uint8_t out[16];
	int status;

	cx_put_be16(in, opcode);
	status = hca_cmd(hca, in, len, out, sizeof(out));
	if (num)
		*num = cx_be32(out + 8) & 0xffffff;
	return status;
}

int eth_simple(struct hca *hca, uint16_t opcode, uint32_t num)
{
	uint8_t in[16] = { 0 };

	cx_put_be32(in + 8, num);
	return eth_cmd(hca, in, sizeof(in), opcode, NULL);
}

/* ---- queues ---- */
static void eth_fill_wq(struct eth_port *p, struct eth_queue *q, uint8_t *wq,
		    unsigned int stride)
{
	q->buf = fake_alloc(p->hca->h, 4096, 4096);
	q->dbr = fake_alloc(p->hca->h, 8, 64);
	q->pi = 0;
	CX_SET(wq, wq, wq_type, 1);
	CX_SET(wq, wq, pd, p->hca->pd);
	CX_SET(wq, wq, uar_page, p->hca->uar);
	CX_SET(wq, wq, log_wq_stride, stride);
	CX_SET(wq, wq, log_wq_sz, ETH_LOG_WQ);
	CX_SET64(wq, wq, dbr_addr, q->dbr);
	cx_put_be64(wq + CX_BYTE_OFF(wq, pas), q->buf);
}

int eth_modify(struct eth_port *p, uint16_t opcode, uint32_t num,
		  unsigned int from, unsigned int to)
{
	uint8_t in[CX_BYTES(modify_sq_in)] = { 0 };

	_Static_assert(CX_BYTES(modify_sq_in) == CX_BYTES(modify_rq_in) &&
		       CX_BYTE_OFF(sqc, user_index) ==
		       CX_BYTE_OFF(rqc, user_index), "same layout");
	CX_SET(modify_sq_in, in, sq_state, from);
	CX_SET(modify_sq_in, in, sqn, num);
	CX_SET(sqc, CX_ADDR(modify_sq_in, in, ctx), state, to);
	return eth_cmd(p->hca, in, sizeof(in), opcode, NULL);
}

static void eth_create_sq(struct eth_port *p)
{
	uint8_t in[CX_BYTES(create_sq_in) + 8] = { 0 }, tis[512] = { 0 };
	void *ctx = CX_ADDR(create_sq_in, in, ctx);

	assert_int_equal(eth_cmd(p->hca, tis, CX_BYTES(create_tis_in),
			     MLX5_CMD_OP_CREATE_TIS, &p->sq.tis), 0);
	CX_SET(sqc, ctx, cqn, p->cq.num);
	CX_SET(sqc, ctx, tis_lst_sz, 1);
	CX_SET(sqc, ctx, tis_num_0, p->sq.tis);
	eth_fill_wq(p, &p->sq, CX_ADDR(sqc, ctx, wq), 6);
	assert_int_equal(eth_cmd(p->hca, in, sizeof(in), MLX5_CMD_OP_CREATE_SQ,
			     &p->sq.num), 0);
	assert_true(p->sq.num >= CX_FIRST_ETHSQ);
	assert_int_equal(eth_modify(p, MLX5_CMD_OP_MODIFY_SQ, p->sq.num, 0, 1), 0);
}

static void eth_create_rq(struct eth_port *p)
{
	uint8_t in[CX_BYTES(create_rq_in) + 8] = { 0 };
	void *ctx = CX_ADDR(create_rq_in, in, ctx);

	CX_SET(rqc, ctx, cqn, p->cq.num);
	eth_fill_wq(p, &p->rq, CX_ADDR(rqc, ctx, wq), ETH_STRIDE);
	assert_int_equal(eth_cmd(p->hca, in, sizeof(in), MLX5_CMD_OP_CREATE_RQ,
			     &p->rq.num), 0);
	assert_int_equal(eth_modify(p, MLX5_CMD_OP_MODIFY_RQ, p->rq.num, 0, 1), 0);
}

void eth_post_buffer(struct eth_port *p, uint64_t off, uint32_t len)
{
	uint8_t *w = fake_mem(p->hca->h, p->rq.buf +
			      (p->rq.pi % (1u << ETH_LOG_WQ)) * 64, 64);
	struct tsge sge = tmr_sge(&p->mr, off, len);

	memset(w, 0, 64);
	cx_put_be32(w, 0x80000000u | len);	/* with start padding */
	cx_put_be32(w + 4, sge.key);
	cx_put_be64(w + 8, sge.va);
	cx_put_be32(w + 20, 0x100);
	p->rq.pi++;
	cx_put_be32(fake_mem(p->hca->h, p->rq.dbr, 4), p->rq.pi);
}

void eth_ring(struct eth_port *p)
{
	uint8_t db[8] = { 0 };
	uint64_t val;

	cx_put_be32(fake_mem(p->hca->h, p->sq.dbr + 4, 4), p->sq.pi);
	cx_put_be32(db + 4, p->sq.num << 8);
	memcpy(&val, db, 8);
	fake_bar_write64(p->hca->dev, 0, p->hca->uar * 4096ull + 0x800, val);
	fake_run(p->hca->h);
}

void eth_put_wqe(struct eth_port *p, const uint8_t *w, unsigned int ds)
{
	for (unsigned int i = 0; i < (ds + 3) / 4; i++, p->sq.pi++)
		memcpy(fake_mem(p->hca->h, p->sq.buf +
				(p->sq.pi % (1u << ETH_LOG_WQ)) * 64, 64),
		       w + i * 64, 64);
}

void eth_send_frame(struct eth_port *p, const uint8_t *frame,
		       const struct eth_send *s)
{
	unsigned int ds = 2 + (s->inl > 2 ? (s->inl - 2 + 15) / 16 : 0);
	uint8_t w[1024] = { 0 };
	struct tsge sge = tmr_sge(&p->mr, s->inl, s->len - s->inl);

	memcpy(p->mr.mem, frame, s->len);
	w[20] = s->cs_flags;
	cx_put_be16(w + 22, s->mss);
	cx_put_be16(w + 28, s->insert ? 0x8000 : s->inl);
	if (s->insert)
		cx_put_be16(w + 30, s->tci);
	memcpy(w + 30, frame, s->insert ? 0 : s->inl);
	if (s->len > s->inl) {
		cx_put_be32(w + ds * 16, sge.len);
		cx_put_be32(w + ds * 16 + 4, sge.key);
		cx_put_be64(w + ds * 16 + 8, sge.va);
		ds++;
	}
	cx_put_be32(w, (uint32_t)p->sq.pi << 8 |
		    (s->opcode ? s->opcode : CX_OP_SEND));
	cx_put_be32(w + 4, p->sq.num << 8 | ds);
	w[11] = 2 << 2;
	eth_put_wqe(p, w, ds);
	eth_ring(p);
}

/* ---- steering ---- */
static void eth_create_table(struct eth_port *p)
{
	uint8_t in[CX_BYTES(create_flow_table_in)] = { 0 };
	uint8_t root[CX_BYTES(set_flow_table_root_in)] = { 0 };

	CX_SET(create_flow_table_in, in, flow_table_context.log_size, 4);
	assert_int_equal(eth_cmd(p->hca, in, sizeof(in),
			     MLX5_CMD_OP_CREATE_FLOW_TABLE, &p->table), 0);
	CX_SET(set_flow_table_root_in, root, table_id, p->table);
	assert_int_equal(eth_cmd(p->hca, root, sizeof(root),
			     MLX5_CMD_OP_SET_FLOW_TABLE_ROOT, NULL), 0);
}

/* A group that looks at the destination address only. */
static void eth_create_group(struct eth_port *p, uint32_t end)
{
	uint8_t in[CX_BYTES(create_flow_group_in)] = { 0 };
	void *mask = CX_ADDR(create_flow_group_in, in, match_criteria);

	CX_SET(create_flow_group_in, in, table_id, p->table);
	CX_SET(create_flow_group_in, in, end_flow_index, end);
	CX_SET(fte_match_set_lyr_2_4, mask, dmac_47_16, 0xffffffff);
	CX_SET(fte_match_set_lyr_2_4, mask, dmac_15_0, 0xffff);
	assert_int_equal(eth_cmd(p->hca, in, sizeof(in),
			     MLX5_CMD_OP_CREATE_FLOW_GROUP, &p->group), 0);
}

int eth_set_rule(struct eth_port *p, uint32_t index, const uint8_t *mac,
		    uint32_t action, uint32_t tag)
{
	uint8_t in[CX_BYTES(set_fte_in) + 8] = { 0 };
	uint8_t *c = CX_ADDR(set_fte_in, in, flow_context);
	void *value = CX_ADDR(flow_context, c, match_value);
	void *dest = CX_ADDR(flow_context, c, destination);

	CX_SET(set_fte_in, in, table_id, p->table);
	CX_SET(set_fte_in, in, flow_index, index);
	CX_SET(flow_context, c, group_id, p->group);
	CX_SET(flow_context, c, action, action);
	CX_SET(flow_context, c, flow_tag, tag);
	CX_SET(flow_context, c, destination_list_size, 1);
	CX_SET(fte_match_set_lyr_2_4, value, dmac_47_16, cx_be32(mac));
	CX_SET(fte_match_set_lyr_2_4, value, dmac_15_0, cx_be16(mac + 4));
	CX_SET(dest_format_struct, dest, destination_type, 2);
	CX_SET(dest_format_struct, dest, destination_id, p->tir);
	return eth_cmd(p->hca, in, sizeof(in), MLX5_CMD_OP_SET_FLOW_TABLE_ENTRY,
		   NULL);
}

int eth_delete_rule(struct eth_port *p, uint32_t index)
{
	uint8_t in[CX_BYTES(delete_fte_in)] = { 0 };

	CX_SET(delete_fte_in, in, table_id, p->table);
	CX_SET(delete_fte_in, in, flow_index, index);
	return eth_cmd(p->hca, in, sizeof(in), MLX5_CMD_OP_DELETE_FLOW_TABLE_ENTRY,
		   NULL);
}

/* Through an RQ table of one queue. */
static void eth_create_tir(struct eth_port *p)
{
	uint8_t rqt[CX_BYTES(create_rqt_in) + 4] = { 0 };
	uint8_t tir[CX_BYTES(create_tir_in)] = { 0 };
	uint8_t *rc = CX_ADDR(create_rqt_in, rqt, rqt_context);
	void *tc = CX_ADDR(create_tir_in, tir, ctx);
	uint32_t num;

	CX_SET(rqtc, rc, rqt_max_size, 1);
	CX_SET(rqtc, rc, rqt_actual_size, 1);
	cx_put_be32(rc + CX_BYTE_OFF(rqtc, rq_num), p->rq.num);
	assert_int_equal(eth_cmd(p->hca, rqt, sizeof(rqt), MLX5_CMD_OP_CREATE_RQT,
			     &num), 0);
	CX_SET(tirc, tc, disp_type, 1);
	CX_SET(tirc, tc, indirect_table, num);
	CX_SET(tirc, tc, rx_hash_field_selector_outer.selected_fields, 0xf);
	assert_int_equal(eth_cmd(p->hca, tir, sizeof(tir), MLX5_CMD_OP_CREATE_TIR,
			     &p->tir), 0);
}

static void eth_open_port(struct eth_pair *e, struct eth_port *p,
			  const char *params)
{
	p->hca = hca_new(e->h, params);
	tcq_create(&p->cq, p->hca, 6);
	tmr_create(&p->mr, p->hca, 1 << 18, ACC_ALL, true);
	memset(p->mr.mem, 0xee, p->mr.len);
	eth_create_sq(p);
	eth_create_rq(p);
	eth_create_tir(p);
	eth_create_table(p);
	eth_create_group(p, 7);
	assert_int_equal(eth_set_rule(p, 0, p == &e->a ? eth_mac_a : eth_mac_b,
				      4, 0x77), 0);
	assert_int_equal(eth_set_rule(p, 1, eth_broadcast, 4, 0x78), 0);
}

int eth_setup(void **state)
{
	struct eth_pair *e = calloc(1, sizeof(*e));

	e->h = fake_host_new();
	eth_open_port(e, &e->a, "link=eth guid=0x0002c90300000001");
	eth_open_port(e, &e->b, "link=eth guid=0x0002c90300000002");
	*state = e;
	return 0;
}

int eth_teardown(void **state)
{
	struct eth_pair *e = *state;

	hca_free(e->a.hca);
	hca_free(e->b.hca);
	fake_host_free(e->h);
	free(e);
	return 0;
}

/* ---- frames ---- */
uint32_t eth_make_tcp(uint8_t *f, const uint8_t *to, uint32_t payload)
{
	memset(f, 0, 54);
	memcpy(f, to, 6);
	memcpy(f + 6, eth_mac_a, 6);
	cx_put_be16(f + 12, 0x0800);
	f[14] = 0x45;
	cx_put_be16(f + 16, 40 + payload);
	cx_put_be16(f + 18, 0x1000);
	f[22] = 64;
	f[23] = 6;
	f[29] = 1;
	f[33] = 2;
	cx_put_be16(f + 34, 1234);
	cx_put_be16(f + 36, 80);
	cx_put_be32(f + 38, 1000);
	f[46] = 0x50;
	f[47] = 0x18;			/* ACK, PSH */
	for (uint32_t i = 0; i < payload; i++)
		f[54 + i] = i * 3 + (i >> 8);
	return 54 + payload;
}
