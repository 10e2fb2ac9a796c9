// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several importers of the same GPU memory: two regions of one HCA, or two HCAs.
 * Each has translations of its own to the same pages; both lose them together.
 */
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "rdma_buffer.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"

#define LEN	(256UL << 10)

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

struct importer {
	const char *device, *model;
	struct rdma_pair pair;
	struct rdma_buffer region, other;
	long long peer;
};

struct both {
	const char *second;	/* device and its model */
	const char *model;
	bool huge;
};

static bool importer_open(struct importer *im, const struct test_buffer *mem)
{
	im->region.mem = *mem;
	return rdma_pair_open(&im->pair, im->device, false) &&
	       rdma_buffer_register(&im->region, &im->pair) &&
	       rdma_buffer_open(&im->other, &im->pair, mem->len, false, 2);
}

static void importer_close(struct importer *im)
{
	im->region.mem.addr = NULL;	/* is not ours */
	rdma_buffer_close(&im->region);
	rdma_buffer_close(&im->other);
	if (im->pair.ctx)
		rdma_pair_close(&im->pair);
}

static bool importer_writes(struct importer *im, size_t off, size_t len,
			    uint64_t seed)
{
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, &im->other, &im->region, off, off, len,
	};

	test_buffer_fill(&im->other.mem, off, len, seed);
	return rdma_transfer(&im->pair, &t, im->device);
}

static bool importer_sees(struct importer *im, size_t off, size_t len,
			  uint64_t seed)
{
	const struct rdma_transfer t = {
		IBV_WR_RDMA_READ, &im->other, &im->region, off, off, len,
	};

	return rdma_transfer(&im->pair, &t, im->device) &&
	       test_buffer_expect(&im->other.mem, off, len, seed, im->device);
}

/* One writes, the other reads, and the other way round. */
static bool exchange(struct importer *a, struct importer *b, uint64_t seed)
{
	size_t half = a->region.mem.len / 2;

	return importer_writes(a, 0, half, seed) &&
	       importer_writes(b, half, half, seed + 1) &&
	       importer_sees(b, 0, half, seed) &&
	       importer_sees(a, half, half, seed + 1);
}

static void expect_peer(struct importer *im, long long expected)
{
	long long now = test_models_counter(im->model, "umr.mtt_peer");

	if (now >= 0)
		tap_equal(now - im->peer, expected, "%s: translations to the GPU",
			  im->model);
	im->peer = now;
}

static void both_play(int gpu, const struct test_buffer *mem, struct importer *a,
		      struct importer *b)
{
	bool same = !strcmp(a->model, b->model);
	long pages = mem->len / TEST_PAGE;

	a->peer = b->peer = test_models_counter(a->model, "umr.mtt_peer");
	if (!same)
		b->peer = test_models_counter(b->model, "umr.mtt_peer");
	if (!test_buffer_to_gpu(gpu, mem, 0, mem->len) || !exchange(a, b, 10))
		return;
	test_buffer_expect_device(mem, 0, mem->len, pages, "after the exchange");
	expect_peer(a, same ? 2 * pages : pages);
	if (!same)
		expect_peer(b, pages);
	/* The CPU takes all of it back: both have to notice. */
	test_buffer_expect(mem, 0, mem->len / 2, 10, "first half");
	test_buffer_expect(mem, mem->len / 2, mem->len / 2, 11, "second half");
	test_buffer_fill((struct test_buffer *)mem, 0, mem->len, 20);
	if (!importer_sees(a, 0, mem->len, 20) ||
	    !importer_sees(b, 0, mem->len, 20) || !exchange(a, b, 30))
		return;
	test_buffer_expect_device(mem, 0, mem->len, 0, "after the way back");
	expect_peer(a, 0);
	if (!same)
		expect_peer(b, 0);
	test_buffer_expect(mem, 0, mem->len / 2, 30, "first half, in RAM");
	test_buffer_expect(mem, mem->len / 2, mem->len / 2, 31,
			   "second half, in RAM");
}

static void run_both(const void *arg)
{
	const struct both *c = arg;
	struct importer a = { .device = "mlx5_0", .model = "hca0" };
	struct importer b = { .device = c->second, .model = c->model };
	struct test_buffer mem = { };
	int gpu;

	if (!test_p2p_set(true))
		return;
	gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(gpu >= 0, "%s: %s", opts.gpu, strerror(-gpu)))
		return;
	if (tap_equal(test_buffer_alloc(&mem, c->huge ? 2 * TEST_HUGE : LEN,
					c->huge), 0, "memory")) {
		test_buffer_fill(&mem, 0, mem.len, 1);
		if (importer_open(&a, &mem) && importer_open(&b, &mem))
			both_play(gpu, &mem, &a, &b);
	}
	importer_close(&b);
	importer_close(&a);
	test_buffer_free(&mem);
	close(gpu);
}

#define BOTH(name, ...) \
	{ "odp_importers-" name, run_both, &(const struct both){ __VA_ARGS__ } }

static const struct tap_case cases[] = {
	BOTH("two-regions-4k", "mlx5_0", "hca0", false),
	BOTH("two-regions-2m", "mlx5_0", "hca0", true),
	BOTH("two-hcas-4k", "mlx5_1", "hca1", false),
	BOTH("two-hcas-2m", "mlx5_1", "hca1", true),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Several importers of the same GPU memory.", cases,
			   count);
	return tap_run(cases, count, opts.only);
}
