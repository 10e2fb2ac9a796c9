// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A runtime asks for memory to be on the GPU that is there already: nothing
 * moves, so the HCA must keep its translations and not fault again.
 */
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "rdma_buffer.h"
#include "test_models.h"
#include "test_options.h"

#define LEN_4K	(64UL << 10)
#define LEN_2M	(4UL << 20)
#define ROUNDS	3

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

struct again {
	int gpu;
	struct rdma_pair pair;
	struct rdma_buffer region, source;
};

static bool again_open(struct again *a, bool huge)
{
	size_t len = huge ? LEN_2M : LEN_4K;

	memset(a, 0, sizeof(*a));
	a->gpu = svm_gpu_open(opts.gpu);
	return tap_check(a->gpu >= 0, "%s: %s", opts.gpu, strerror(-a->gpu)) &&
	       rdma_pair_open(&a->pair, opts.device, false) &&
	       rdma_buffer_open(&a->region, &a->pair, len, huge, 1) &&
	       rdma_buffer_open(&a->source, &a->pair, len, huge, 2) &&
	       test_buffer_to_gpu(a->gpu, &a->region.mem, 0, len);
}

static void again_close(struct again *a)
{
	rdma_buffer_close(&a->source);
	rdma_buffer_close(&a->region);
	if (a->pair.ctx)
		rdma_pair_close(&a->pair);
	if (a->gpu >= 0)
		close(a->gpu);
}

/* Writes all of the region, returns the page faults of the HCA, or -1. */
static long long again_write(struct again *a, uint64_t seed)
{
	const struct rdma_transfer t = {
		.opcode = IBV_WR_RDMA_WRITE, .local = &a->source,
		.remote = &a->region, .len = a->region.mem.len,
	};
	long long before = test_models_counter("hca0", "odp.events");

	test_buffer_fill(&a->source.mem, 0, t.len, seed);
	if (!tap_check(before >= 0, "page faults: %s", strerror(-before)) ||
	    !rdma_transfer(&a->pair, &t, "RDMA write"))
		return -1;
	return test_models_counter("hca0", "odp.events") - before;
}

static bool again_bind(struct again *a)
{
	int ret = svm_gpu_migrate(a->gpu, a->region.mem.addr, a->region.mem.len);

	return tap_check(!ret, "SVM_BIND: %s", strerror(-ret));
}

static void again_expect(struct again *a, uint64_t seed)
{
	size_t len = a->region.mem.len;

	test_buffer_expect_device(&a->region.mem, 0, len, len / TEST_PAGE,
				  "in the end");
	test_buffer_expect(&a->region.mem, 0, len, seed, "in the end");
}

static void run_settled(const void *huge)
{
	struct again a;
	int i;

	if (again_open(&a, huge) && again_write(&a, 2) >= 0) {
		for (i = 0; i < ROUNDS && again_bind(&a); i++)
			tap_equal(again_write(&a, 3 + i), 0,
				  "page faults after SVM_BIND of the same");
		again_expect(&a, 2 + i);
	}
	again_close(&a);
}

/* The CPU has taken a page back: that one moves, with the HCA watching. */
static void run_page_in_ram(const void *unused)
{
	struct again a;

	(void)unused;
	if (again_open(&a, false) && again_write(&a, 2) >= 0) {
		test_buffer_fill(&a.region.mem, 3 * TEST_PAGE, TEST_PAGE, 9);
		if (again_bind(&a) && tap_check(again_write(&a, 3) > 0,
						"no page fault for what has moved"))
			again_expect(&a, 3);
	}
	again_close(&a);
}

static const struct tap_case cases[] = {
	{ "odp_again-bind-4k", run_settled, NULL },
	{ "odp_again-bind-2m", run_settled, (void *)1 },
	{ "odp_again-bind-page-in-ram", run_page_in_ram, NULL },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "SVM_BIND of memory that is on the GPU already.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
