// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests across a border between memory in RAM and memory on the GPU: each
 * number of bytes from 1 to 64 before it with each number of them behind it,
 * and from each byte of a page on.
 */

#include "rdma_stage.h"

#define EACH	64		/* ways to lie before the border, and behind it */

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .has_fallback = true,
};

enum shape {
	SHAPE_ALL,	/* both sides, each with each: the same border again */
	SHAPE_DIAGONAL,	/* a border of its own for each */
	SHAPE_STARTS,	/* from each byte of the page before the border */
};

struct borders_case {
	enum ibv_wr_opcode opcode;
	enum shape shape;
	bool huge, gpu_first;
	bool mixed_near;	/* the other end has borders at the same places */
};

/* A request at a border: from, and how long; where at the other end. */
struct crossing {
	size_t far, near, len;
};

/* The first border of the wanted direction: every other page is on the GPU. */
static size_t first_border(const struct borders_case *c)
{
	size_t unit = c->huge ? TEST_HUGE : TEST_PAGE;

	return c->gpu_first ? 2 * unit : unit;
}

static struct crossing crossing_at(const struct borders_case *c, unsigned int i)
{
	size_t unit = c->huge ? TEST_HUGE : TEST_PAGE;
	size_t border = first_border(c), before, behind;

	switch (c->shape) {
	case SHAPE_ALL:
		before = i / EACH + 1;
		behind = i % EACH + 1;
		return (struct crossing){ border - before, i * 2 * EACH,
					  before + behind };
	case SHAPE_DIAGONAL:
		before = i + 1;
		behind = (i * 37) % EACH + 1;
		border += 2 * i * unit;
		return (struct crossing){ border - before, border - before,
					  before + behind };
	default:
		before = TEST_PAGE - i;
		return (struct crossing){ border - before, i * 2 * EACH,
					  before + 1 < 2 * EACH ? before + 1 :
					  2 * EACH };
	}
}

static unsigned int crossings(const struct borders_case *c)
{
	switch (c->shape) {
	case SHAPE_ALL:
		return EACH * EACH;
	case SHAPE_DIAGONAL:
		return c->huge ? 3 : EACH;
	default:
		return TEST_PAGE;
	}
}

static void make_request(struct rdma_stage *st, const struct borders_case *c,
			 const struct crossing *x, struct ibv_send_wr *wr,
			 struct ibv_sge *sge)
{
	*sge = rdma_end_sge(&st->near, x->near, x->len);
	*wr = (struct ibv_send_wr){
		.opcode = c->opcode, .sg_list = sge, .num_sge = 1,
	};
	rdma_end_target(&st->far, x->far, wr);
	if (c->opcode == IBV_WR_RDMA_READ)
		rdma_stage_copy(st, &st->near, x->near, &st->far, x->far, x->len);
	else
		rdma_stage_copy(st, &st->far, x->far, &st->near, x->near, x->len);
}

static bool post_batch(struct rdma_stage *st, const struct borders_case *c,
		       unsigned int first, unsigned int count)
{
	struct ibv_send_wr wrs[RDMA_PAIR_DEPTH];
	struct ibv_sge sges[RDMA_PAIR_DEPTH];
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct crossing x = crossing_at(c, first + i);

		make_request(st, c, &x, &wrs[i], &sges[i]);
	}
	return rdma_pair_requests(&st->pair, wrs, count, "request");
}

static size_t region_len(const struct borders_case *c)
{
	if (c->huge)
		return 4 * 2 * TEST_HUGE;
	return (2 * EACH + 2) * TEST_PAGE;
}

static void run_borders(const void *arg)
{
	const struct borders_case *c = arg;
	const struct rdma_stage_spec spec = {
		.near = c->mixed_near ? PLACE_MIXED : PLACE_RAM,
		.far = PLACE_MIXED, .huge = c->huge, .len = region_len(c),
	};
	unsigned int i, n, count = crossings(c);
	struct rdma_stage st;
	bool ok = rdma_stage_open(&st, &opts, &spec);

	for (i = 0; ok && i < count; i += n) {
		n = count - i < RDMA_PAIR_DEPTH ? count - i : RDMA_PAIR_DEPTH;
		ok = post_batch(&st, c, i, n);
	}
	if (ok)
		rdma_stage_expect(&st);
	rdma_stage_close(&st);
}

#define CASE(name, op, how, pages, first, both) \
	{ "odp_borders-" name, run_borders, &(const struct borders_case){ \
		IBV_WR_ ## op, how, pages, first, both } }
#define WAYS(name, op) \
	CASE(name "-all-ram-gpu", op, SHAPE_ALL, false, false, false), \
	CASE(name "-all-gpu-ram", op, SHAPE_ALL, false, true, false), \
	CASE(name "-each-ram-gpu", op, SHAPE_DIAGONAL, false, false, false), \
	CASE(name "-each-gpu-ram", op, SHAPE_DIAGONAL, false, true, false), \
	CASE(name "-both-ends", op, SHAPE_DIAGONAL, false, true, true), \
	CASE(name "-2m-all-ram-gpu", op, SHAPE_ALL, true, false, false), \
	CASE(name "-2m-each-gpu-ram", op, SHAPE_DIAGONAL, true, true, true), \
	CASE(name "-starts", op, SHAPE_STARTS, false, false, false)

static const struct tap_case cases[] = {
	WAYS("write", RDMA_WRITE),
	WAYS("read", RDMA_READ),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Requests across borders of RAM and GPU memory.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
