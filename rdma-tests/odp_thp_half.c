// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RDMA to and from places inside GPU memory, first of all inside 2 MiB folios:
 * a page fault that starts in the middle of one must find the middle of it.
 * Checks the position of every byte, and that the pages stayed on the GPU.
 */
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "rdma_buffer.h"
#include "test_options.h"
#include "test_p2p.h"

#define LEN	(2 * TEST_HUGE)
#define MIB	(1UL << 20)

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

struct place {
	enum ibv_wr_opcode opcode;
	bool huge;
	size_t off, len;
};

/* @gpu: region on the GPU, seed 1.  @ram: region in RAM, seed 2. */
static void place_transfer(const struct place *p, struct rdma_pair *pair,
			   const struct rdma_buffer *gpu,
			   const struct rdma_buffer *ram)
{
	const struct rdma_transfer t = {
		.opcode = p->opcode,
		.local = ram, .local_off = 0,
		.remote = gpu, .remote_off = p->off,
		.len = p->len,
	};
	bool write = p->opcode == IBV_WR_RDMA_WRITE;

	if (!rdma_transfer(pair, &t, write ? "RDMA write" : "RDMA read"))
		return;
	test_buffer_expect_device(&gpu->mem, 0, LEN, LEN / TEST_PAGE,
				  "after the transfer");
	if (!write) {
		test_buffer_expect_at(&ram->mem, 0, p->len, 1, p->off,
				      "what was read");
		test_buffer_expect(&ram->mem, p->len, LEN - p->len, 2,
				   "memory behind it");
		return;
	}
	test_buffer_expect(&gpu->mem, 0, p->off, 1, "below the target");
	test_buffer_expect_at(&gpu->mem, p->off, p->len, 2, 0, "target");
	test_buffer_expect(&gpu->mem, p->off + p->len, LEN - p->off - p->len, 1,
			   "above the target");
}

static void run_place(const void *arg)
{
	const struct place *p = arg;
	struct rdma_buffer gpu = { }, ram = { };
	struct rdma_pair pair;
	int fd;

	if (!test_p2p_set(true))
		return;
	fd = svm_gpu_open(opts.gpu);
	if (!tap_check(fd >= 0, "%s: %s", opts.gpu, strerror(-fd)))
		return;
	if (!rdma_pair_open(&pair, opts.device, false))
		goto out_gpu;
	if (rdma_buffer_open(&gpu, &pair, LEN, p->huge, 1) &&
	    rdma_buffer_open(&ram, &pair, LEN, false, 2) &&
	    test_buffer_to_gpu(fd, &gpu.mem, 0, LEN))
		place_transfer(p, &pair, &gpu, &ram);
	rdma_buffer_close(&ram);
	rdma_buffer_close(&gpu);
	rdma_pair_close(&pair);
out_gpu:
	close(fd);
}

#define WRITE	IBV_WR_RDMA_WRITE
#define READ	IBV_WR_RDMA_READ
#define PLACE(name, ...) \
	{ "odp_thp_half-" name, run_place, &(const struct place){ __VA_ARGS__ } }

static const struct tap_case cases[] = {
	PLACE("2m-write-start", WRITE, true, 0, 64 << 10),
	PLACE("2m-write-page-1", WRITE, true, 4096, 4096),
	PLACE("2m-write-upper-half", WRITE, true, MIB, 64 << 10),
	PLACE("2m-write-whole-upper-half", WRITE, true, MIB, MIB),
	PLACE("2m-write-inside-a-page", WRITE, true, MIB + 4096 + 512, 1000),
	PLACE("2m-write-unaligned", WRITE, true, MIB + 4099, 8191),
	PLACE("2m-write-last-page", WRITE, true, 2 * MIB - 4096, 4096),
	PLACE("2m-write-over-two-folios", WRITE, true, MIB + MIB / 2, MIB),
	PLACE("2m-write-upper-half-of-second", WRITE, true, 3 * MIB, 64 << 10),
	PLACE("2m-read-upper-half", READ, true, MIB, 64 << 10),
	PLACE("2m-read-unaligned", READ, true, MIB + 4099, 8191),
	PLACE("2m-read-over-two-folios", READ, true, MIB + MIB / 2, MIB),
	PLACE("4k-write-upper-half", WRITE, false, MIB, 64 << 10),
	PLACE("4k-write-unaligned", WRITE, false, MIB + 4099, 8191),
	PLACE("4k-write-over-2m-border", WRITE, false, 2 * MIB - 8192, 16384),
	PLACE("4k-read-upper-half", READ, false, MIB, 64 << 10),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "RDMA to and from places inside 2 MiB folios of GPU memory.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
