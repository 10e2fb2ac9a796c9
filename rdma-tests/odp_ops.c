// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every operation of a reliable connection, with the memory of the requester
 * and that of the responder on the GPU, in RAM, and in both by turns.  One
 * request over many pages, or two atomics in neighbouring ones.
 */
#include <arpa/inet.h>
#include <string.h>

#include "rdma_stage.h"

#define LEN	(64UL << 10)
#define NEAR	(TEST_PAGE + 24)	/* where the request is in each */
#define FAR	(2 * TEST_PAGE + 1000)
#define BYTES	40001UL
#define IMM	0xabcd1234

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .has_fallback = true,
};

struct operation {
	enum ibv_wr_opcode wr;
	enum ibv_wc_opcode wc;
	bool to_near;		/* which way the bytes go */
	bool receive, imm;	/* takes a receive; carries a number */
	bool atomic;
};

static const struct operation
	op_send = { IBV_WR_SEND, IBV_WC_SEND, .receive = true },
	op_send_imm = { IBV_WR_SEND_WITH_IMM, IBV_WC_SEND, .receive = true,
			.imm = true },
	op_write = { IBV_WR_RDMA_WRITE, IBV_WC_RDMA_WRITE, .to_near = false },
	op_write_imm = { IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WC_RDMA_WRITE,
			 .receive = true, .imm = true },
	op_read = { IBV_WR_RDMA_READ, IBV_WC_RDMA_READ, .to_near = true },
	op_cas = { IBV_WR_ATOMIC_CMP_AND_SWP, IBV_WC_COMP_SWAP, .atomic = true },
	op_faa = { IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_WC_FETCH_ADD,
		   .atomic = true };

struct ops_case {
	const struct operation *op;
	enum gpu_place near, far;
	enum rdma_region region;
};

static bool is_write(const struct operation *op)
{
	return op->wr == IBV_WR_RDMA_WRITE_WITH_IMM;
}

static bool post_receive(struct rdma_stage *st, const struct operation *op)
{
	struct ibv_sge sge = rdma_end_sge(&st->far, FAR, BYTES);

	return rdma_pair_post_recvs(&st->pair, &sge, is_write(op) ? 0 : 1);
}

static bool expect_receive(struct rdma_stage *st, const struct operation *op)
{
	const struct ibv_wc *wc = &st->pair.wc;

	return rdma_pair_wait(&st->pair, 1, IBV_WC_SUCCESS, "receive") &&
	       tap_equal(wc->opcode, is_write(op) ? IBV_WC_RECV_RDMA_WITH_IMM :
			 IBV_WC_RECV, "receive: opcode") &&
	       tap_equal(wc->byte_len, BYTES, "receive: bytes") &&
	       tap_equal(wc->wc_flags & IBV_WC_WITH_IMM,
			 op->imm ? IBV_WC_WITH_IMM : 0, "receive: flags") &&
	       (!op->imm || tap_equal(ntohl(wc->imm_data), IMM,
				      "receive: immediate data"));
}

static void play_data(struct rdma_stage *st, const struct operation *op)
{
	struct ibv_sge sge = rdma_end_sge(&st->near, NEAR, BYTES);
	struct ibv_send_wr wr = {
		.opcode = op->wr, .sg_list = &sge, .num_sge = 1,
		.imm_data = htonl(IMM),
	};

	rdma_end_target(&st->far, FAR, &wr);
	if (op->to_near)
		rdma_stage_copy(st, &st->near, NEAR, &st->far, FAR, BYTES);
	else
		rdma_stage_copy(st, &st->far, FAR, &st->near, NEAR, BYTES);
	if ((op->receive && !post_receive(st, op)) ||
	    !rdma_pair_request(&st->pair, &wr, "request") ||
	    !tap_equal(st->pair.wc.opcode, op->wc, "request: opcode") ||
	    (op->receive && !expect_receive(st, op)))
		return;
	rdma_stage_expect(st);
}

static void shadow_atomic(struct rdma_stage *st, const struct operation *op,
			  size_t off, uint64_t old)
{
	uint64_t new = op->wr == IBV_WR_ATOMIC_CMP_AND_SWP ? ~old : old + 12345;

	rdma_stage_put(st, &st->near, off, &old, 8);
	rdma_stage_modify(st, &st->far, off, &new, 8);
}

static bool one_atomic(struct rdma_stage *st, const struct operation *op,
		       size_t off)
{
	struct ibv_sge sge = rdma_end_sge(&st->near, off, 8);
	struct ibv_send_wr wr = {
		.opcode = op->wr, .sg_list = &sge, .num_sge = 1,
	};
	uint64_t old;

	memcpy(&old, st->far.shadow + off, 8);
	wr.wr.atomic.remote_addr = (uintptr_t)st->far.buf.mem.addr + off;
	wr.wr.atomic.rkey = st->far.buf.mr->rkey;
	wr.wr.atomic.compare_add =
		op->wr == IBV_WR_ATOMIC_CMP_AND_SWP ? old : 12345;
	wr.wr.atomic.swap = ~old;
	shadow_atomic(st, op, off, old);
	return rdma_pair_request(&st->pair, &wr, "atomic") &&
	       tap_equal(st->pair.wc.opcode, op->wc, "atomic: opcode");
}

static void play_atomics(struct rdma_stage *st, const struct operation *op)
{
	if (one_atomic(st, op, 3 * TEST_PAGE - 8) &&
	    one_atomic(st, op, 3 * TEST_PAGE))
		rdma_stage_expect(st);
}

static void run_ops(const void *arg)
{
	const struct ops_case *c = arg;
	const struct rdma_stage_spec spec = {
		.near = c->near, .far = c->far, .region = c->region, .len = LEN,
	};
	struct rdma_stage st;

	if (rdma_stage_open(&st, &opts, &spec)) {
		if (c->op->atomic)
			play_atomics(&st, c->op);
		else
			play_data(&st, c->op);
	}
	rdma_stage_close(&st);
}

#define OP(name, operation, near_place, far_place, how) \
	{ "odp_ops-" name, run_ops, &(const struct ops_case){ \
		&operation, near_place, far_place, how } }
#define EVERYWHERE(name, op) \
	OP(name "-in-ram", op, PLACE_RAM, PLACE_RAM, REGION_EXPLICIT), \
	OP(name "-requester-gpu", op, PLACE_GPU, PLACE_RAM, REGION_EXPLICIT), \
	OP(name "-requester-mixed", op, PLACE_MIXED, PLACE_RAM, REGION_EXPLICIT), \
	OP(name "-responder-gpu", op, PLACE_RAM, PLACE_GPU, REGION_EXPLICIT), \
	OP(name "-responder-mixed", op, PLACE_RAM, PLACE_MIXED, REGION_EXPLICIT), \
	OP(name "-both-gpu", op, PLACE_GPU, PLACE_GPU, REGION_EXPLICIT), \
	OP(name "-both-mixed", op, PLACE_MIXED, PLACE_MIXED, REGION_EXPLICIT), \
	OP(name "-implicit-mixed", op, PLACE_MIXED, PLACE_MIXED, REGION_IMPLICIT)

static const struct tap_case cases[] = {
	EVERYWHERE("send", op_send),
	EVERYWHERE("send-imm", op_send_imm),
	EVERYWHERE("write", op_write),
	EVERYWHERE("write-imm", op_write_imm),
	EVERYWHERE("read", op_read),
	EVERYWHERE("cas", op_cas),
	EVERYWHERE("faa", op_faa),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Every operation of RC, as requester and responder.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
