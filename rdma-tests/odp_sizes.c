// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of every size, a byte to a GiB, at odd addresses in memory that is
 * on the GPU and in RAM by turns.
 */
#include "rdma_stage.h"

#define KIB	(1UL << 10)
#define MIB	(1UL << 20)
#define GIB	(1UL << 30)

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .has_fallback = true,
};

struct sizes_case {
	enum ibv_wr_opcode opcode;
	const size_t *sizes;		/* up to a 0; one request each */
	enum gpu_place near, far;
	bool huge;
};

/* Where in its page a message begins; and what of the region is in front. */
static const size_t offsets[] = { 0, 1, 7, 64, 2049, 4095 };

static bool one_message(struct rdma_stage *st, const struct sizes_case *c,
			size_t len, unsigned int i)
{
	size_t near = TEST_PAGE + offsets[i % 6], far = offsets[(i + 2) % 6];
	struct ibv_sge sge = rdma_end_sge(&st->near, near, len);
	struct ibv_send_wr wr = {
		.opcode = c->opcode, .sg_list = &sge, .num_sge = 1,
	};
	struct ibv_sge to = rdma_end_sge(&st->far, far, len);
	bool send = c->opcode == IBV_WR_SEND;

	rdma_end_target(&st->far, far, &wr);
	if (c->opcode == IBV_WR_RDMA_READ)
		rdma_stage_copy(st, &st->near, near, &st->far, far, len);
	else
		rdma_stage_copy(st, &st->far, far, &st->near, near, len);
	return (!send || rdma_pair_post_recv(&st->pair, &to)) &&
	       rdma_pair_request(&st->pair, &wr, "request") &&
	       (!send || rdma_pair_wait_recv(&st->pair, len, "receive"));
}

static size_t room_for(const size_t *sizes, size_t unit)
{
	size_t most = 0;

	for (; *sizes; sizes++)
		if (*sizes > most)
			most = *sizes;
	return (most + 2 * TEST_PAGE + unit - 1) / unit * unit;
}

/* Each size has its own regions: what the one before left does not help. */
static void run_sizes(const void *arg)
{
	const struct sizes_case *c = arg;
	const size_t unit = c->huge ? TEST_HUGE : TEST_PAGE;
	unsigned int i;

	for (i = 0; c->sizes[i] && !tap_failed(); i++) {
		const size_t one[] = { c->sizes[i], 0 };
		const struct rdma_stage_spec spec = {
			.near = c->near, .far = c->far, .huge = c->huge,
			.len = room_for(one, unit),
		};
		struct rdma_stage st;

		if (rdma_stage_open(&st, &opts, &spec) &&
		    one_message(&st, c, c->sizes[i], i))
			rdma_stage_expect(&st);
		rdma_stage_close(&st);
		tap_check(!tap_failed(), "... with %zu bytes", c->sizes[i]);
	}
}

#define SIZES(...) ((const size_t[]){ __VA_ARGS__, 0 })
#define TINY	SIZES(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17)
#define SMALL	SIZES(31, 63, 64, 65, 127, 128, 255, 256, 511, 512, 513)
#define PAGE	SIZES(1023, 1024, 2047, 2048, 4095, 4096, 4097, 8191, 8193)
#define MEDIUM	SIZES(64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 256 * KIB + 5)
#define BIG	SIZES(MIB - 1, 2 * MIB + 1, 8 * MIB + 4095)

#define CASE(name, op, list, near_place, far_place, pages) \
	{ "odp_sizes-" name, run_sizes, &(const struct sizes_case){ \
		IBV_WR_ ## op, list, near_place, far_place, pages } }
#define ALL(name, list, pages) \
	CASE("write-" name, RDMA_WRITE, list, PLACE_MIXED, PLACE_GPU, pages), \
	CASE("read-" name, RDMA_READ, list, PLACE_GPU, PLACE_MIXED, pages), \
	CASE("send-" name, SEND, list, PLACE_MIXED, PLACE_GPU, pages)

static const struct tap_case cases[] = {
	ALL("1-to-17", TINY, false),
	ALL("31-to-513", SMALL, false),
	ALL("1023-to-8193", PAGE, false),
	ALL("64k", MEDIUM, false),
	ALL("1m-to-8m", BIG, true),
	/* On demand: they take long, or much memory. */
	CASE("long-write-4m-small-pages", RDMA_WRITE, SIZES(4 * MIB + 3),
	     PLACE_MIXED, PLACE_MIXED, false),
	CASE("long-write-64m", RDMA_WRITE, SIZES(64 * MIB + 3), PLACE_MIXED,
	     PLACE_GPU, true),
	CASE("long-read-256m", RDMA_READ, SIZES(256 * MIB - 4097), PLACE_RAM,
	     PLACE_MIXED, true),
	CASE("long-write-1g", RDMA_WRITE, SIZES(GIB), PLACE_RAM, PLACE_MIXED,
	     true),
};

int main(int argc, char **argv)
{
	size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Messages of every size.  Cases \"long\" run by name only.",
			   cases, count);
	if (!opts.only)
		count -= 4;
	return tap_run(cases, count, opts.only);
}
