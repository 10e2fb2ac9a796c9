// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scatter/gather lists: entries that alternate between memory on the GPU and
 * in RAM, of odd lengths at odd addresses, up to the limit of the queue pair
 * and beyond; and data that the CPU copies into the request (inline).
 */
#include <errno.h>

#include "rdma_stage.h"

#define LEN		(256UL << 10)
#define MAX_SGES	30	/* of a read; 15 entries in a WQE's first 4 blocks */
#define FAR		(TEST_PAGE - 77)
#define INLINE_ROOM	400

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .has_fallback = true,
};

struct sge_case {
	enum ibv_wr_opcode opcode;
	enum gpu_place near, far;
	unsigned int sges;		/* 0: as many as the device has */
	size_t bytes;			/* of an entry, about; or inline */
	bool tight;			/* entries touch each other */
};

/* Entry i: pages apart, or one behind the other; lengths are all different. */
static size_t sge_len(const struct sge_case *c, unsigned int i)
{
	return c->bytes + (c->bytes > 16 ? i % 7 : 0);
}

static unsigned int make_list(struct rdma_stage *st, const struct sge_case *c,
			      struct ibv_sge *sges, unsigned int count)
{
	size_t off = 2 * TEST_PAGE - c->bytes / 2 - 1;
	unsigned int i, total = 0;

	for (i = 0; i < count; i++) {
		sges[i] = rdma_end_sge(&st->near, off, sge_len(c, i));
		total += sges[i].length;
		off += c->tight ? sges[i].length : TEST_PAGE + 13;
	}
	return total;
}

static void shadow_list(struct rdma_stage *st, const struct sge_case *c,
			const struct ibv_sge *sges, unsigned int count)
{
	size_t far = FAR, near;
	unsigned int i;

	for (i = 0; i < count; i++) {
		near = sges[i].addr - (uintptr_t)st->near.buf.mem.addr;
		if (c->opcode == IBV_WR_RDMA_READ)
			rdma_stage_copy(st, &st->near, near, &st->far, far,
					sges[i].length);
		else
			rdma_stage_copy(st, &st->far, far, &st->near, near,
					sges[i].length);
		far += sges[i].length;
	}
}

/* The receive has a list as well, of pieces of another length. */
static bool post_receive(struct rdma_stage *st, unsigned int total,
			 unsigned int count)
{
	struct ibv_sge sges[MAX_SGES];
	unsigned int i, part = (total + count - 1) / count, off = 0;

	for (i = 0; i < count && off < total; i++, off += part)
		sges[i] = rdma_end_sge(&st->far, FAR + off,
				       total - off < part ? total - off : part);
	return rdma_pair_post_recvs(&st->pair, sges, i);
}

static void play_list(struct rdma_stage *st, const struct sge_case *c,
		      unsigned int count)
{
	struct ibv_sge sges[MAX_SGES];
	struct ibv_send_wr wr = {
		.opcode = c->opcode, .sg_list = sges, .num_sge = count,
	};
	unsigned int total = make_list(st, c, sges, count);

	rdma_end_target(&st->far, FAR, &wr);
	shadow_list(st, c, sges, count);
	if (c->opcode == IBV_WR_SEND && !post_receive(st, total, count))
		return;
	if (!rdma_pair_request(&st->pair, &wr, "request") ||
	    (c->opcode == IBV_WR_SEND &&
	     !rdma_pair_wait_recv(&st->pair, total, "receive")))
		return;
	rdma_stage_expect(st);
}

static struct rdma_stage_spec stage_of(const struct sge_case *c,
				       unsigned int sges, unsigned int inline_bytes)
{
	return (struct rdma_stage_spec){
		.pair = { .type = IBV_QPT_RC, .sges = sges,
			  .inline_bytes = inline_bytes },
		.near = c->near, .far = c->far, .len = LEN,
	};
}

static void run_list(const void *arg)
{
	const struct sge_case *c = arg;
	unsigned int count = c->sges ? c->sges : MAX_SGES;
	const struct rdma_stage_spec spec = stage_of(c, count, 0);
	struct ibv_device_attr attr;
	struct rdma_stage st;

	if (rdma_stage_open(&st, &opts, &spec) &&
	    tap_check(!ibv_query_device(st.pair.ctx, &attr), "query device") &&
	    (c->sges || tap_equal(attr.max_sge, MAX_SGES, "limit of the device")))
		play_list(&st, c, count);
	rdma_stage_close(&st);
}

/* One entry more than the queue pair has: refused at once, nothing happens. */
static void run_too_many(const void *arg)
{
	const struct sge_case *c = arg;
	struct rdma_stage_spec spec = stage_of(c, 2, 0);
	struct ibv_sge sges[64];
	struct ibv_send_wr wr = { .opcode = c->opcode, .sg_list = sges }, *bad;
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	struct rdma_stage st;
	int i;

	if (rdma_stage_open(&st, &opts, &spec) &&
	    tap_check(!ibv_query_qp(st.pair.qp[0], &attr, IBV_QP_CAP, &init),
		      "query QP") &&
	    tap_check(init.cap.max_send_sge < 64, "limit of the queue pair")) {
		wr.num_sge = init.cap.max_send_sge + 1;
		for (i = 0; i < wr.num_sge; i++)
			sges[i] = rdma_end_sge(&st.near, i * 64, 64);
		rdma_end_target(&st.far, FAR, &wr);
		tap_equal(ibv_post_send(st.pair.qp[0], &wr, &bad), ENOMEM,
			  "post of %d entries", wr.num_sge);
		tap_check(bad == &wr, "the request that is bad");
		tap_equal(ibv_poll_cq(st.pair.cq[0], 1, &st.pair.wc), 0,
			  "completions");
		rdma_stage_expect(&st);
	}
	rdma_stage_close(&st);
}

/* ---- inline: the CPU reads the data, which takes them off the GPU ---- */
static bool post_inline(struct rdma_stage *st, const struct sge_case *c)
{
	struct ibv_sge sge = rdma_end_sge(&st->near, 3 * TEST_PAGE - 30, c->bytes);
	struct ibv_send_wr wr = {
		.opcode = c->opcode, .sg_list = &sge, .num_sge = 1,
		.send_flags = IBV_SEND_INLINE,
	};

	sge.lkey = 0xdead;	/* nobody looks at it */
	rdma_end_target(&st->far, FAR, &wr);
	rdma_stage_put(st, &st->far, FAR,
		       st->near.shadow + 3 * TEST_PAGE - 30, c->bytes);
	if (c->opcode == IBV_WR_SEND && !post_receive(st, c->bytes, 1))
		return false;
	return rdma_pair_request(&st->pair, &wr, "inline request") &&
	       (c->opcode != IBV_WR_SEND ||
		rdma_pair_wait_recv(&st->pair, c->bytes, "receive"));
}

static void run_inline(const void *arg)
{
	const struct sge_case *c = arg;
	const struct rdma_stage_spec spec = stage_of(c, 1, INLINE_ROOM);
	size_t first = 2, last = (3 * TEST_PAGE - 30 + c->bytes - 1) / TEST_PAGE, i;
	struct rdma_stage st;

	if (rdma_stage_open(&st, &opts, &spec) && post_inline(&st, c)) {
		for (i = first; i <= last; i++)
			st.near.before[i].device = false;
		rdma_stage_expect(&st);
	}
	rdma_stage_close(&st);
}

static void run_inline_too_long(const void *arg)
{
	const struct sge_case *c = arg;
	const struct rdma_stage_spec spec = stage_of(c, 1, INLINE_ROOM);
	struct ibv_send_wr wr = {
		.opcode = c->opcode, .num_sge = 1, .send_flags = IBV_SEND_INLINE,
	}, *bad;
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	struct rdma_stage st;
	struct ibv_sge sge;

	if (rdma_stage_open(&st, &opts, &spec) &&
	    tap_check(!ibv_query_qp(st.pair.qp[0], &attr, IBV_QP_CAP, &init),
		      "query QP")) {
		sge = rdma_end_sge(&st.near, 0, init.cap.max_inline_data + 1);
		wr.sg_list = &sge;
		rdma_end_target(&st.far, FAR, &wr);
		tap_equal(ibv_post_send(st.pair.qp[0], &wr, &bad), ENOMEM,
			  "post of %u bytes inline", sge.length);
		rdma_stage_expect(&st);
	}
	rdma_stage_close(&st);
}

#define CASE(name, fn, ...) \
	{ "odp_sge-" name, fn, &(const struct sge_case){ __VA_ARGS__ } }
#define LIST(name, op, near_place, far_place, n, len, touch) \
	CASE(name, run_list, .opcode = IBV_WR_ ## op, .near = near_place, \
	     .far = far_place, .sges = n, .bytes = len, .tight = touch)
#define INLINE(name, op, near_place, far_place, len) \
	CASE("inline-" name, run_inline, .opcode = IBV_WR_ ## op, \
	     .near = near_place, .far = far_place, .bytes = len)

static const struct tap_case cases[] = {
	LIST("write-2", RDMA_WRITE, PLACE_MIXED, PLACE_RAM, 2, 1000, false),
	LIST("write-3-tight", RDMA_WRITE, PLACE_MIXED, PLACE_GPU, 3, 4099, true),
	LIST("write-16", RDMA_WRITE, PLACE_MIXED, PLACE_MIXED, 16, 2222, false),
	LIST("write-limit", RDMA_WRITE, PLACE_MIXED, PLACE_RAM, 0, 3001, false),
	LIST("write-limit-bytes", RDMA_WRITE, PLACE_MIXED, PLACE_GPU, 0, 1, true),
	LIST("read-2", RDMA_READ, PLACE_MIXED, PLACE_RAM, 2, 1000, false),
	LIST("read-3-tight", RDMA_READ, PLACE_MIXED, PLACE_GPU, 3, 4099, true),
	LIST("read-16", RDMA_READ, PLACE_MIXED, PLACE_MIXED, 16, 2222, false),
	LIST("read-limit", RDMA_READ, PLACE_MIXED, PLACE_RAM, 0, 3001, false),
	LIST("send-2", SEND, PLACE_MIXED, PLACE_MIXED, 2, 1000, false),
	LIST("send-16", SEND, PLACE_MIXED, PLACE_MIXED, 16, 2222, false),
	LIST("send-limit", SEND, PLACE_MIXED, PLACE_MIXED, 0, 3001, false),
	CASE("too-many", run_too_many, .opcode = IBV_WR_RDMA_WRITE,
	     .near = PLACE_MIXED, .far = PLACE_GPU),
	INLINE("write-1", RDMA_WRITE, PLACE_RAM, PLACE_GPU, 1),
	INLINE("write-29", RDMA_WRITE, PLACE_GPU, PLACE_GPU, 29),
	INLINE("write-400", RDMA_WRITE, PLACE_GPU, PLACE_MIXED, 400),
	INLINE("send-31", SEND, PLACE_GPU, PLACE_GPU, 31),
	INLINE("send-400", SEND, PLACE_MIXED, PLACE_GPU, 400),
	CASE("inline-too-long", run_inline_too_long,
	     .opcode = IBV_WR_RDMA_WRITE, .near = PLACE_GPU, .far = PLACE_GPU),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Scatter/gather lists and inline data.", cases, count);
	return tap_run(cases, count, opts.only);
}
