// SPDX-License-Identifier: GPL-2.0-or-later
/* RDMA over Ethernet: the address table, who receives what, datagrams. */

#include "connectx/cx_wqe.h"
#include "tests/cx_pair.h"

#define GID_MAPPED(last) { [10] = 0xff, 0xff, 10, 0, 0, (last) }
#define QKEY	0x11111111

static const uint8_t gid_a[16] = GID_MAPPED(1), gid_b[16] = GID_MAPPED(2);
static const uint8_t gid_6[16] = { 0x20, 0x01, [15] = 6 };

static int setup(void **state)
{
	struct tpair *e = tpair_new("link=eth guid=0x0002c90300000001",
				    "link=eth guid=0x0002c90300000002");

	hca_roce_address(e->a, 0, 2, 0, gid_a);
	hca_roce_address(e->b, 0, 2, 0, gid_b);
	tpair_memory(e, 1 << 18, true);
	*state = e;
	return 0;
}

static void write_to_b(struct tpair *e, struct tqp *qp)
{
	struct tsge sge = tmr_sge(&e->ma, 100, 70000);

	tqp_post(qp, CX_OP_WRITE, e->mb.va + 5000, e->mb.key, 0, &sge, 1);
}

static void test_write(void **state)
{
	struct tpair *e = *state;
	struct tqp a, b;

	tpair_connect(e, CX_ST_RC, &a, &b);
	write_to_b(e, &a);
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(e->mb.mem + 5000, e->ma.mem + 100, 70000);
	assert_int_equal(e->mb.mem[4999], 0xee);
	assert_int_equal(e->mb.mem[75000], 0xee);
}

static void test_read(void **state)
{
	struct tpair *e = *state;
	struct tqp a, b;
	struct tsge sge = tmr_sge(&e->mb, 17, 100000);

	tpair_connect(e, CX_ST_RC, &a, &b);
	tqp_post(&b, CX_OP_READ, e->ma.va + 33, e->ma.key, 0, &sge, 1);
	tcq_expect(&e->cqb, 0, 0);
	assert_memory_equal(e->mb.mem + 17, e->ma.mem + 33, 100000);
}

static void fails_by_retries(struct tpair *e, struct tqp *a)
{
	write_to_b(e, a);
	fake_run_ms(e->h, 1500);
	tcq_expect(&e->cqa, 13, CX_SYN_RETRY_EXC);
	assert_int_equal(e->mb.mem[5000], 0xee);
}

/* The receiver has no such address any more. */
static void test_destination_is_gone(void **state)
{
	static const uint8_t nothing[16];
	struct tpair *e = *state;
	struct tqp a, b;

	tpair_connect(e, CX_ST_RC, &a, &b);
	hca_roce_address(e->b, 0, 0, 0, nothing);
	fails_by_retries(e, &a);
	assert_true(hca_counter(e->b, "rc.dropped") > 0);
}

static void test_source_is_gone(void **state)
{
	static const uint8_t nothing[16];
	struct tpair *e = *state;
	struct tqp a, b;

	tpair_connect(e, CX_ST_RC, &a, &b);
	hca_roce_address(e->a, 0, 0, 0, nothing);
	fails_by_retries(e, &a);
	assert_true(hca_counter(e->a, "eth.roce_no_source") > 0);
}

/* Another address of the same peer is not the peer. */
static void test_source_is_another(void **state)
{
	struct tpair *e = *state;
	struct tqp a, b;

	tpair_connect(e, CX_ST_RC, &a, &b);
	hca_roce_address(e->a, 0, 2, 1, gid_6);
	fails_by_retries(e, &a);
}

/* The same GID, but RoCE v1 on one side and v2 on the other. */
static void test_version_differs(void **state)
{
	struct tpair *e = *state;
	struct tqp a, b;

	tpair_connect(e, CX_ST_RC, &a, &b);
	hca_roce_address(e->b, 0, 0, 0, gid_b);
	fails_by_retries(e, &a);
}

static void test_link_down(void **state)
{
	struct tpair *e = *state;
	struct tqp a, b;

	tpair_connect(e, CX_ST_RC, &a, &b);
	e->b->cx->port.down = true;
	fails_by_retries(e, &a);
}

/* ---- datagrams ---- */
static void post_ud(struct tqp *qp, const struct hca *to, uint32_t dqpn,
		    const uint8_t gid[16], unsigned int sgid_index,
		    const struct tsge *sge)
{
	uint8_t w[128] = { 0 };

	cx_put_be32(w, (uint32_t)qp->pi << 8 | CX_OP_SEND);
	cx_put_be32(w + 4, qp->num << 8 | 5);
	w[11] = 2 << 2;
	cx_put_be32(w + 16, QKEY);
	cx_put_be32(w + 24, 0x80000000u | dqpn);
	memcpy(w + 36, to->cx->port.mac, ETH_MAC);
	w[42] = 0x24;			/* traffic class */
	w[43] = 33;			/* hop limit */
	cx_put_be32(w + 44, sgid_index << 20 | 0x12345);
	memcpy(w + 48, gid, 16);
	cx_put_be32(w + 64, sge->len);
	cx_put_be32(w + 68, sge->key);
	cx_put_be64(w + 72, sge->va);
	tqp_put(qp, w, 5);
	tqp_ring(qp);
}

static const uint8_t *datagram(struct tpair *e, struct tqp *a, struct tqp *b,
			       const uint8_t gid[16], unsigned int index)
{
	struct tsge room = tmr_sge(&e->mb, 0, 4096);
	struct tsge sge = tmr_sge(&e->ma, 64, 100);

	tqp_create(a, e->a, CX_ST_UD, &e->cqa, &e->cqa, 0);
	tqp_create(b, e->b, CX_ST_UD, &e->cqb, &e->cqb, 0);
	tqp_connect(a, NULL);
	tqp_connect(b, NULL);
	tqp_recv(b, &room, 1);
	post_ud(a, e->b, b->num, gid, index, &sge);
	tcq_expect(&e->cqa, 0, 0);
	return tcq_poll(&e->cqb);
}

static void expect_datagram(struct tpair *e, const uint8_t *c,
			    const struct tqp *a, uint32_t l3)
{
	assert_non_null(c);
	assert_int_equal(cqe_opcode(c), 2);
	assert_int_equal(cqe_len(c), 140);
	assert_int_equal(cx_be32(c + 0x18), 1u << 28 | l3 << 24 | a->num);
	assert_memory_equal(e->mb.mem + 40, e->ma.mem + 64, 100);
}

static void test_datagram_ipv4(void **state)
{
	struct tpair *e = *state;
	struct tqp a, b;
	const uint8_t *ip = e->mb.mem + 20;
	uint32_t sum = 0;

	expect_datagram(e, datagram(e, &a, &b, gid_b, 0), &a, ROCE_L3_IPV4);
	for (int i = 0; i < 20; i += 2)
		sum += cx_be16(ip + i);
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[1], 0x24);
	assert_int_equal(cx_be16(ip + 2), 20 + 8 + 24 + 100);
	assert_int_equal(ip[8], 33);
	assert_int_equal(ip[9], 17);
	assert_memory_equal(ip + 12, gid_a + 12, 4);
	assert_memory_equal(ip + 16, gid_b + 12, 4);
}

static void test_datagram_ipv6(void **state)
{
	struct tpair *e = *state;
	struct tqp a, b;
	const uint8_t *ip = e->mb.mem;

	hca_roce_address(e->a, 3, 2, 1, gid_a);
	hca_roce_address(e->b, 5, 2, 1, gid_6);
	expect_datagram(e, datagram(e, &a, &b, gid_6, 3), &a, ROCE_L3_IPV6);
	assert_int_equal(cx_be32(ip), 6u << 28 | 0x24 << 20 | 0x12345);
	assert_int_equal(cx_be16(ip + 4), 8 + 24 + 100);
	assert_int_equal(ip[6], 17);
	assert_int_equal(ip[7], 33);
	assert_memory_equal(ip + 8, gid_a, 16);
	assert_memory_equal(ip + 24, gid_6, 16);
}

static void test_datagram_v1(void **state)
{
	struct tpair *e = *state;
	struct tqp a, b;

	hca_roce_address(e->a, 1, 0, 0, gid_6);
	hca_roce_address(e->b, 1, 0, 0, gid_b);
	expect_datagram(e, datagram(e, &a, &b, gid_b, 1), &a, ROCE_L3_GRH);
	assert_int_equal(e->mb.mem[6], 0x1b);
	assert_memory_equal(e->mb.mem + 8, gid_6, 16);
}

static void test_datagram_for_another(void **state)
{
	struct tpair *e = *state;
	struct tqp a, b;

	assert_null(datagram(e, &a, &b, gid_6, 0));
	assert_int_equal(e->mb.mem[40], 0xee);
}

/* ---- the table ---- */
static int set_address(struct hca *hca, uint32_t index, uint32_t version,
		       uint32_t l3)
{
	uint8_t in[CX_BYTES(set_roce_address_in)] = { 0 }, out[16];
	void *a = CX_ADDR(set_roce_address_in, in, roce_address);

	CX_SET(set_roce_address_in, in, opcode, MLX5_CMD_OP_SET_ROCE_ADDRESS);
	CX_SET(set_roce_address_in, in, roce_address_index, index);
	CX_SET(roce_addr_layout, a, roce_version, version);
	CX_SET(roce_addr_layout, a, roce_l3_type, l3);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

static void test_bad_addresses(void **state)
{
	struct tpair *e = *state;

	assert_int_equal(set_address(e->a, CX_ROCE_ADDRS, 2, 0),
			 CX_ST_BAD_PARAM);
	assert_int_equal(set_address(e->a, 0, 1, 0), CX_ST_BAD_PARAM);
	assert_int_equal(set_address(e->a, 0, 2, 2), CX_ST_BAD_PARAM);
	assert_int_equal(set_address(e->a, CX_ROCE_ADDRS - 1, 2, 1), 0);
}

static void test_query_address(void **state)
{
	struct tpair *e = *state;
	uint8_t in[CX_BYTES(query_roce_address_in)] = { 0 };
	uint8_t out[CX_BYTES(query_roce_address_out)];
	const void *a = CX_ADDR(query_roce_address_out, out, roce_address);

	CX_SET(query_roce_address_in, in, opcode,
	       MLX5_CMD_OP_QUERY_ROCE_ADDRESS);
	assert_int_equal(hca_cmd(e->b, in, sizeof(in), out, sizeof(out)), 0);
	assert_memory_equal(a, gid_b, 16);
	assert_memory_equal(CX_ADDR(roce_addr_layout, a, source_mac_47_32),
			    e->b->cx->port.mac, ETH_MAC);
	assert_int_equal(CX_GET(roce_addr_layout, a, roce_version), 2);
	assert_int_equal(CX_GET(roce_addr_layout, a, roce_l3_type), 0);
}

static void test_reset_empties_the_table(void **state)
{
	struct tpair *e = *state;

	fake_reset(e->a->dev);
	assert_false(e->a->cx->roce[0].valid);
}

static void test_infiniband_has_none(void **state)
{
	struct tpair *e = *state;
	struct hca *ib = hca_new(e->h, NULL);

	assert_int_equal(set_address(ib, 0, 2, 0), CX_ST_BAD_PARAM);
	hca_free(ib);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, tpair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_write),
		TEST(test_read),
		TEST(test_destination_is_gone),
		TEST(test_source_is_gone),
		TEST(test_source_is_another),
		TEST(test_version_differs),
		TEST(test_link_down),
		TEST(test_datagram_ipv4),
		TEST(test_datagram_ipv6),
		TEST(test_datagram_v1),
		TEST(test_datagram_for_another),
		TEST(test_bad_addresses),
		TEST(test_query_address),
		TEST(test_reset_empties_the_table),
		TEST(test_infiniband_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
