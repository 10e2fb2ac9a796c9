// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory windows of type 2 on GPU memory: access through the window, and SEND
 * with invalidate, which ends it.  (No other key of user space can be
 * invalidated by a peer.)
 */
#include <errno.h>
#include <string.h>

#include "rdma_stage.h"

#define LEN	(64UL << 10)
#define START	(2 * TEST_PAGE + 8)	/* of the window */
#define SIZE	(6 * TEST_PAGE)
#define BYTES	(3 * TEST_PAGE + 5)

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

struct window {
	struct ibv_mr *mr;	/* with the right to bind windows */
	struct ibv_mw *mw;
	uint32_t rkey;
};

static bool window_open(struct rdma_stage *st, struct window *w)
{
	w->mr = ibv_reg_mr(st->pair.pd, st->far.buf.mem.addr, LEN,
			   IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND |
			   IBV_ACCESS_ON_DEMAND);
	if (!tap_check(w->mr, "register for windows: %s", strerror(errno)))
		return false;
	w->mw = ibv_alloc_mw(st->pair.pd, IBV_MW_TYPE_2);
	return tap_check(w->mw, "allocate a window: %s", strerror(errno));
}

static void window_close(struct window *w)
{
	if (w->mw)
		ibv_dealloc_mw(w->mw);
	if (w->mr)
		ibv_dereg_mr(w->mr);
}

/* The responder binds; its send queue is that of the second queue pair. */
static bool window_bind(struct rdma_stage *st, struct window *w)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_BIND_MW, .send_flags = IBV_SEND_SIGNALED,
		.bind_mw = {
			.mw = w->mw, .rkey = ibv_inc_rkey(w->mw->rkey),
			.bind_info = {
				.mr = w->mr, .length = SIZE,
				.addr = (uintptr_t)st->far.buf.mem.addr + START,
				.mw_access_flags = IBV_ACCESS_REMOTE_WRITE |
						   IBV_ACCESS_REMOTE_READ,
			},
		},
	}, *bad;
	int ret = ibv_post_send(st->pair.qp[1], &wr, &bad);

	w->rkey = wr.bind_mw.rkey;
	return tap_check(!ret, "post bind: %s", strerror(ret)) &&
	       rdma_pair_wait(&st->pair, 1, IBV_WC_SUCCESS, "bind") &&
	       tap_equal(st->pair.wc.opcode, IBV_WC_BIND_MW, "bind: opcode");
}

static bool access_window(struct rdma_stage *st, const struct window *w,
			  enum ibv_wr_opcode op, size_t off, size_t near,
			  size_t len, enum ibv_wc_status expected)
{
	struct ibv_sge sge = rdma_end_sge(&st->near, near, len);
	struct ibv_send_wr wr = { .opcode = op, .sg_list = &sge, .num_sge = 1 };

	wr.wr.rdma.remote_addr = (uintptr_t)st->far.buf.mem.addr + off;
	wr.wr.rdma.rkey = w->rkey;
	if (expected)
		return rdma_pair_request_fails(&st->pair, &wr, expected, "access");
	if (op == IBV_WR_RDMA_READ)
		rdma_stage_copy(st, &st->near, near, &st->far, off, len);
	else
		rdma_stage_copy(st, &st->far, off, &st->near, near, len);
	return rdma_pair_request(&st->pair, &wr, "access");
}

static bool send_invalidate(struct rdma_stage *st, const struct window *w)
{
	struct ibv_sge from = rdma_end_sge(&st->near, 11, BYTES);
	struct ibv_sge to = rdma_end_sge(&st->far, 9 * TEST_PAGE - 3, BYTES);
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_SEND_WITH_INV, .sg_list = &from, .num_sge = 1,
		.invalidate_rkey = w->rkey,
	};

	rdma_stage_copy(st, &st->far, 9 * TEST_PAGE - 3, &st->near, 11, BYTES);
	return rdma_pair_post_recv(&st->pair, &to) &&
	       rdma_pair_request(&st->pair, &wr, "send with invalidate") &&
	       rdma_pair_wait_recv(&st->pair, BYTES, "receive") &&
	       tap_check(st->pair.wc.wc_flags & IBV_WC_WITH_INV,
			 "receive: a key was invalidated") &&
	       tap_equal(st->pair.wc.invalidated_rkey, w->rkey,
			 "receive: key that was invalidated");
}

static void play_access(struct rdma_stage *st, struct window *w)
{
	if (access_window(st, w, IBV_WR_RDMA_WRITE, START + 5, 77, BYTES, 0) &&
	    access_window(st, w, IBV_WR_RDMA_READ, START, TEST_PAGE * 8 + 1, SIZE,
			  0))
		rdma_stage_expect(st);
}

static void play_outside(struct rdma_stage *st, struct window *w)
{
	if (access_window(st, w, IBV_WR_RDMA_WRITE, START + 1, 0, SIZE,
			  IBV_WC_REM_ACCESS_ERR))
		rdma_stage_expect(st);
}

static void play_invalidate(struct rdma_stage *st, struct window *w)
{
	if (access_window(st, w, IBV_WR_RDMA_WRITE, START, 5, BYTES, 0) &&
	    send_invalidate(st, w) &&
	    access_window(st, w, IBV_WR_RDMA_WRITE, START, 5, BYTES,
			  IBV_WC_REM_ACCESS_ERR))
		rdma_stage_expect(st);
}

struct window_case {
	void (*play)(struct rdma_stage *st, struct window *w);
	enum gpu_place near, far;
};

static void run_window(const void *arg)
{
	const struct window_case *c = arg;
	const struct rdma_stage_spec spec = {
		.near = c->near, .far = c->far, .len = LEN,
	};
	struct window w = { };
	struct rdma_stage st;

	if (rdma_stage_open(&st, &opts, &spec) && window_open(&st, &w) &&
	    window_bind(&st, &w))
		c->play(&st, &w);
	window_close(&w);
	rdma_stage_close(&st);
}

#define CASE(name, fn, near_place, far_place) \
	{ "odp_window-" name, run_window, &(const struct window_case){ \
		fn, near_place, far_place } }

static const struct tap_case cases[] = {
	CASE("access-gpu", play_access, PLACE_RAM, PLACE_GPU),
	CASE("access-mixed", play_access, PLACE_MIXED, PLACE_MIXED),
	CASE("outside", play_outside, PLACE_RAM, PLACE_GPU),
	CASE("send-inv-to-ram", play_invalidate, PLACE_RAM, PLACE_RAM),
	CASE("send-inv-to-gpu", play_invalidate, PLACE_RAM, PLACE_GPU),
	CASE("send-inv-from-gpu", play_invalidate, PLACE_GPU, PLACE_RAM),
	CASE("send-inv-mixed", play_invalidate, PLACE_MIXED, PLACE_MIXED),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Memory windows on GPU memory, send with invalidate.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
