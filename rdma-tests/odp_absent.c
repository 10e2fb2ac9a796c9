// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A large region of which only some pages are there when it is registered.
 * The driver writes its translations in several turns through one buffer, and
 * what a turn leaves out must not keep the translations of the turn before:
 * the HCA would access the wrong pages instead of faulting.
 *
 * Source: MLX5_MAX_UMR_CHUNK in drivers/infiniband/hw/mlx5/umr.c, 1 MiB less
 * 64 bytes, 8 bytes a page.
 */
#include <errno.h>
#include <string.h>

#include "rdma_buffer.h"
#include "test_options.h"

#define TURN_PAGES	(((1UL << 20) - 64) / 8)
#define PRESENT_PAGES	64UL
#define REGION_PAGES	(2 * TURN_PAGES + PRESENT_PAGES)
#define SOURCE_LEN	(4 * TEST_PAGE)

static struct test_options opts = { .device = "mlx5_0" };

struct absent {
	size_t page;		/* first page of the target */
};

static void absent_write(const struct absent *a, struct rdma_pair *pair,
			 const struct rdma_buffer *region,
			 const struct rdma_buffer *source)
{
	const struct rdma_transfer t = {
		.opcode = IBV_WR_RDMA_WRITE,
		.local = source, .remote = region,
		.remote_off = a->page * TEST_PAGE, .len = SOURCE_LEN,
	};

	if (!rdma_transfer(pair, &t, "RDMA write to absent pages"))
		return;
	test_buffer_expect(&region->mem, 0, PRESENT_PAGES * TEST_PAGE, 1,
			   "pages that were there");
	test_buffer_expect_at(&region->mem, t.remote_off, SOURCE_LEN, 2, 0,
			      "target");
}

static void run_absent(const void *arg)
{
	struct rdma_buffer region = { }, source = { };
	struct rdma_pair pair;
	int ret;

	if (!rdma_pair_open(&pair, opts.device, false))
		return;
	ret = test_buffer_alloc(&region.mem, REGION_PAGES * TEST_PAGE, false);
	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		goto out;
	test_buffer_fill(&region.mem, 0, PRESENT_PAGES * TEST_PAGE, 1);
	if (rdma_buffer_register(&region, &pair) &&
	    rdma_buffer_open(&source, &pair, SOURCE_LEN, false, 2))
		absent_write(arg, &pair, &region, &source);
	rdma_buffer_close(&source);
	rdma_buffer_close(&region);
out:
	rdma_pair_close(&pair);
}

#define ABSENT(name, ...) \
	{ "odp_absent-" name, run_absent, &(const struct absent){ __VA_ARGS__ } }

static const struct tap_case cases[] = {
	ABSENT("same-turn", PRESENT_PAGES),
	ABSENT("second-turn", TURN_PAGES + 8),
	ABSENT("third-turn", 2 * TURN_PAGES + 8),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "RDMA into absent pages of a region of more than 1 GiB.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
