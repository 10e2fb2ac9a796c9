// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ethernet: send queue, receive queue, frames that another port receives.
 *
 * Steps:
 *	0, 1	a request that may work: opcode, checksum and VLAN flags, MSS (16 bits),
 *		inline length, headers (see below), lengths of the data segments
 *	2	a request of any shape: opcode, length, bytes
 *	3	a receive buffer: port, offset, length (16 bits each)
 *	4	a receive buffer of any shape: port, bytes
 *	5	a queue is stopped, or started again: port and queue, states
 *	6	a producer index
 *	7	a rule: port, index, action, tag; or it is deleted
 *	8	a command about a queue, table or rule: opcode, number, bytes
 *	9	completions are consumed
 * Headers are a TCP frame to b in which bytes are changed: how many (8 bits), then
 * offset and value.
 */
#include <string.h>

#include "connectx/cx_wqe.h"
#include "fuzz/fuzz.h"
#include "tests/cx_ethenv.h"
#include "tests/fake_time.h"

static const uint8_t opcodes[] = { 0x0a, 0x0e, 0x0e, 0x00, 0x29, 0x25 };

static struct eth_port *any_port(struct eth_pair *e, uint8_t n)
{
	return n & 1 ? &e->b : &e->a;
}

static void frame(struct fuzz_in *in, uint8_t *f)
{
	uint8_t how = fuzz_u8(in), n = how % 16, at;

	eth_make_tcp(f, how & 0x80 ? eth_broadcast : eth_mac_b, how >> 4 & 3);
	while (n--) {
		at = fuzz_u8(in) % 80;
		f[at] = fuzz_u8(in);
	}
}

static void put_data(struct fuzz_in *in, struct eth_port *p, uint8_t *w)
{
	uint8_t how = fuzz_u8(in);
	uint16_t len = fuzz_u16(in);
	struct tsge sge = tmr_sge(&p->mr, fuzz_u16(in),
				  how & 1 ? len : len % 2048);

	cx_put_be32(w, sge.len);
	cx_put_be32(w + 4, how & 2 ? (uint32_t)fuzz_value(in) : sge.key);
	cx_put_be64(w + 8, how & 4 ? fuzz_value(in) : sge.va);
}

static void good_request(struct fuzz_in *in, struct eth_port *p)
{
	uint8_t w[1024] = { 0 }, op = fuzz_u8(in), inl, f[256] = { 0 };
	unsigned int ds, n;

	w[20] = fuzz_u8(in);
	cx_put_be16(w + 22, fuzz_u16(in));
	inl = op & 0x80 ? fuzz_u8(in) : 54;
	frame(in, f);
	cx_put_be16(w + 28, op & 0x40 ? 0x8000 : inl);
	memcpy(w + 30, f, op & 0x40 ? 2 : inl);
	ds = 2 + (inl > 2 && !(op & 0x40) ? (inl - 2 + 15) / 16 : 0);
	memcpy(fake_mem(p->hca->h, p->mr.iova, sizeof(f)), f + (op & 0x40 ? 0 : inl),
	       sizeof(f) - (op & 0x40 ? 0 : inl));
	for (n = op >> 4 & 3; n; n--, ds++)
		put_data(in, p, w + ds * 16);
	cx_put_be32(w, (uint32_t)p->sq.pi << 8 |
		    opcodes[op % 8 % FUZZ_ARRAY(opcodes)]);
	cx_put_be32(w + 4, p->sq.num << 8 | ds);
	w[11] = 2 << 2;
	eth_put_wqe(p, w, ds);
	eth_ring(p);
}

static void any_request(struct fuzz_in *in, struct eth_port *p)
{
	uint8_t w[1024] = { 0 }, op = fuzz_u8(in), ds = fuzz_u8(in) % 64;

	fuzz_bytes(in, w + 8, 24);
	fuzz_bytes(in, w + 32, ds > 2 ? (ds - 2) * 16 : 0);
	cx_put_be32(w, (uint32_t)p->sq.pi << 8 |
		    (op & 0x80 ? op : opcodes[op % FUZZ_ARRAY(opcodes)]));
	cx_put_be32(w + 4, p->sq.num << 8 | ds);
	eth_put_wqe(p, w, ds ? ds : 1);
	eth_ring(p);
}

static void any_buffer(struct fuzz_in *in, struct eth_port *p)
{
	fuzz_bytes(in, fake_mem(p->hca->h, p->rq.buf + p->rq.pi % 16 * 64, 64),
		   64);
	p->rq.pi++;
	cx_put_be32(fake_mem(p->hca->h, p->rq.dbr, 4), p->rq.pi);
}

static void restart(struct fuzz_in *in, struct eth_pair *e)
{
	uint8_t how = fuzz_u8(in);
	struct eth_port *p = any_port(e, how);
	struct eth_queue *q = how & 2 ? &p->rq : &p->sq;
	uint16_t op = how & 2 ? MLX5_CMD_OP_MODIFY_RQ : MLX5_CMD_OP_MODIFY_SQ;

	if (eth_modify(p, op, q->num, how >> 2 & 3, how >> 4 & 3) || how & 0x80)
		return;
	if (eth_modify(p, op, q->num, how >> 4 & 3, 0) ||
	    eth_modify(p, op, q->num, 0, 1))
		return;
	q->pi = 0;
	memset(fake_mem(p->hca->h, q->dbr, 8), 0, 8);
}

static void producer_index(struct fuzz_in *in, struct eth_port *p)
{
	uint16_t pi = p->sq.pi;

	p->sq.pi += (int8_t)fuzz_u8(in);
	eth_ring(p);
	p->sq.pi = pi;
}

static void rule(struct fuzz_in *in, struct eth_pair *e)
{
	uint8_t how = fuzz_u8(in), index = fuzz_u8(in), action;
	struct eth_port *p = any_port(e, how);

	if (how & 2) {
		eth_delete_rule(p, index);
		return;
	}
	action = fuzz_u8(in);
	eth_set_rule(p, index, how & 4 ? eth_broadcast : eth_mac_b, action,
		     (uint32_t)fuzz_value(in));
}

static void command(struct fuzz_in *in, struct eth_pair *e)
{
	static const uint16_t ops[] = {
		0x900, 0x901, 0x902, 0x904, 0x905, 0x906, 0x907, 0x908, 0x909,
		0x90a, 0x90b, 0x90c, 0x90d, 0x90e, 0x90f, 0x912, 0x913, 0x914,
		0x916, 0x917, 0x918, 0x92f, 0x930, 0x931, 0x933, 0x934, 0x936,
		0x938, 0x93c, 0x402, 0x202, 0x754, 0x755, 0x805,
	};
	struct eth_port *p = &e->b;
	uint32_t numbers[] = {
		p->sq.num, p->rq.num, p->sq.tis, p->tir, p->table, p->group,
		p->cq.num, p->mr.key >> 8, 0, 1,
	};
	uint8_t cmd[1024] = { 0 }, how = fuzz_u8(in);

	cx_put_be32(cmd + 8, numbers[fuzz_u8(in) % FUZZ_ARRAY(numbers)]);
	fuzz_bytes(in, cmd + 12, fuzz_u8(in));
	eth_cmd(p->hca, cmd, how & 0x80 ? sizeof(cmd) : 272,
		ops[how % 64 % FUZZ_ARRAY(ops)], NULL);
}

static void consume(struct eth_port *p)
{
	while (tcq_poll(&p->cq))
		;
	tcq_ack(&p->cq);
}

static void step(struct fuzz_in *in, struct eth_pair *e)
{
	uint8_t n;
	uint16_t off;

	switch (fuzz_u8(in) % 10) {
	case 0 ... 1:
		good_request(in, &e->a);
		break;
	case 2:
		any_request(in, &e->a);
		break;
	case 3:
		n = fuzz_u8(in);
		off = fuzz_u16(in);
		eth_post_buffer(any_port(e, n), off, fuzz_u16(in));
		break;
	case 4:
		n = fuzz_u8(in);
		any_buffer(in, any_port(e, n));
		break;
	case 5:
		restart(in, e);
		break;
	case 6:
		producer_index(in, &e->a);
		break;
	case 7:
		rule(in, e);
		break;
	case 8:
		command(in, e);
		break;
	default:
		consume(&e->a);
		consume(&e->b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	void *state;

	fake_time_start();
	eth_setup(&state);
	while (in.left)
		step(&in, state);
	eth_teardown(&state);
	return 0;
}
