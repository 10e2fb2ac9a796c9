// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Implicit on-demand paging: the whole address space is one region, made of
 * children that come with the first page used in them and go with the last.
 *
 * Requests across the border of two children; children that go away under the
 * HCA; the region that goes away.  What every request does to memory where
 * there is only one child is in odp_basic.
 *
 * Source: mlx5_imr_mtt_shift in drivers/infiniband/hw/mlx5/odp.c: a child is
 * 1 GiB with 4-level page tables; MLX5_IB_UPD_XLT_* in umr.c.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "rdma_buffer.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"

#define CHILD		(1UL << 30)
#define LEN_4K		(256UL << 10)
#define LEN_2M		(4 * TEST_HUGE)
#define RAM_LEN		(16 * TEST_PAGE)
#define DELAY_MS	50

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 40,
};

/* Implicit region and its buffer (seed 1), a buffer at the other end (seed 2). */
struct implicit {
	int gpu;
	struct rdma_pair pair;
	struct rdma_buffer region, other;
};

static bool implicit_open(struct implicit *im, size_t len, bool huge, bool gpu)
{
	int ret;

	memset(im, 0, sizeof(*im));
	im->gpu = gpu ? svm_gpu_open(opts.gpu) : -1;
	if (!tap_check(!gpu || im->gpu >= 0, "%s: %s", opts.gpu,
		       strerror(-im->gpu)))
		return false;
	if (!rdma_pair_open(&im->pair, opts.device, false))
		return false;
	ret = test_buffer_alloc_across(&im->region.mem, CHILD, len, huge);
	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		return false;
	test_buffer_fill(&im->region.mem, 0, len, 1);
	return rdma_buffer_register_implicit(&im->region, &im->pair) &&
	       rdma_buffer_open(&im->other, &im->pair, len, false, 2);
}

static void implicit_close(struct implicit *im)
{
	rdma_buffer_close(&im->other);
	rdma_buffer_close(&im->region);
	if (im->pair.ctx)
		rdma_pair_close(&im->pair);
	if (im->gpu >= 0)
		close(im->gpu);
}

/* ---- across two children ---- */
struct span {
	enum ibv_wr_opcode opcode;
	bool huge;
};

static void span_expect(const struct implicit *im, const struct span *s,
			size_t off, size_t len)
{
	const struct test_buffer *region = &im->region.mem, *other = &im->other.mem;
	size_t end = off + len;

	if (s->opcode == IBV_WR_RDMA_READ) {
		test_buffer_expect_at(other, 0, len, 1, off, "what was read");
		test_buffer_expect(other, len, other->len - len, 2, "behind it");
		test_buffer_expect(region, 0, region->len, 1, "region");
		return;
	}
	test_buffer_expect(region, 0, off, 1, "below the target");
	test_buffer_expect_at(region, off, len, 2, 0, "target");
	test_buffer_expect(region, end, region->len - end, 1, "above the target");
}

static void span_play(struct implicit *im, const struct span *s)
{
	size_t whole = im->region.mem.len, off = 3 * TEST_PAGE + 40;
	const struct rdma_transfer t = {
		.opcode = s->opcode, .local = &im->other, .remote = &im->region,
		.remote_off = off, .len = whole - off - TEST_PAGE - 8,
	};
	long long before;

	if (!test_buffer_to_gpu(im->gpu, &im->region.mem, 0, whole))
		return;
	before = test_models_counter("hca0", "umr.mtt_peer");
	if (!rdma_transfer(&im->pair, &t, "across two children"))
		return;
	if (before >= 0)	/* all but three pages below and one above */
		tap_equal(test_models_counter("hca0", "umr.mtt_peer") - before,
			  whole / TEST_PAGE - 4, "translations to the GPU");
	test_buffer_expect_device(&im->region.mem, 0, whole, whole / TEST_PAGE,
				  "after the transfer");
	span_expect(im, s, off, t.len);
}

static void run_span(const void *arg)
{
	const struct span *s = arg;
	struct implicit im;

	if (test_p2p_set(true) &&
	    implicit_open(&im, s->huge ? LEN_2M : LEN_4K, s->huge, true))
		span_play(&im, s);
	implicit_close(&im);
}

/* ---- children that go away ---- */
static bool delay_umr(unsigned int ms)
{
	char command[64];
	int ret;

	snprintf(command, sizeof(command), "hca0 inject delay-umr %u", ms);
	ret = test_models_command(command);
	if (ret == -ENODEV)
		tap_skip("needs the device models, to slow them down");
	return !ret;
}

static bool write_page(struct implicit *im, size_t page, const char *what)
{
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, &im->other, &im->region,
		page * TEST_PAGE, page * TEST_PAGE, TEST_PAGE,
	};

	return rdma_transfer(&im->pair, &t, what) &&
	       test_buffer_expect(&im->region.mem, page * TEST_PAGE, TEST_PAGE, 2,
				  what);
}

/*
 * With its only page a child goes away, and the driver replaces the entry that
 * leads to it, which takes long here.  An access meanwhile has to get through.
 */
static void run_forget(const void *arg)
{
	struct implicit im;
	int i;

	(void)arg;
	if (!implicit_open(&im, RAM_LEN, false, false) || !delay_umr(0))
		goto out;
	for (i = 0; i < 3 && !tap_failed(); i++) {
		if (!write_page(&im, 1, "first page of a child") ||
		    !delay_umr(DELAY_MS))
			break;
		madvise(im.region.mem.addr + TEST_PAGE, TEST_PAGE, MADV_DONTNEED);
		write_page(&im, 2, "child that is about to go");
		delay_umr(0);
		madvise(im.region.mem.addr + 2 * TEST_PAGE, TEST_PAGE,
			MADV_DONTNEED);
	}
	delay_umr(0);
out:
	implicit_close(&im);
}

struct churn {
	struct implicit *im;
	atomic_bool stop;
	unsigned long tours;
};

static void *churn_thread(void *arg)
{
	struct churn *c = arg;
	const struct test_buffer *mem = &c->im->region.mem;

	while (!c->stop) {
		madvise(mem->addr, mem->len, MADV_DONTNEED);
		c->tours++;
	}
	return NULL;
}

static bool churn_round(struct implicit *im)
{
	struct ibv_send_wr wrs[RDMA_PAIR_DEPTH];
	struct ibv_sge sges[RDMA_PAIR_DEPTH];
	size_t i;

	for (i = 0; i < im->region.mem.len / TEST_PAGE; i++) {
		const struct rdma_transfer t = {
			IBV_WR_RDMA_WRITE, &im->other, &im->region,
			i * TEST_PAGE, i * TEST_PAGE, TEST_PAGE,
		};

		rdma_transfer_wr(&t, &wrs[i], &sges[i]);
	}
	return rdma_pair_requests(&im->pair, wrs, i, "write under MADV_DONTNEED");
}

/* No time to slow anything down: children come and go as fast as they can. */
static void run_churn(const void *arg)
{
	struct implicit im;
	struct churn c = { .im = &im };
	pthread_t thread;
	unsigned int i;

	(void)arg;
	if (!implicit_open(&im, RAM_LEN, false, false) ||
	    !tap_equal(pthread_create(&thread, NULL, churn_thread, &c), 0, "thread"))
		goto out;
	for (i = 0; i < opts.rounds && churn_round(&im); i++)
		;
	c.stop = true;
	pthread_join(thread, NULL);
	tap_equal(i, opts.rounds, "rounds without error");
	tap_check(c.tours > opts.rounds, "only %lu times MADV_DONTNEED", c.tours);
	if (!tap_failed() && churn_round(&im))
		test_buffer_expect(&im.region.mem, 0, im.region.mem.len, 2,
				   "after the last round");
out:
	implicit_close(&im);
}

/* ---- the region goes away ---- */
static bool post_write(struct implicit *im)
{
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, &im->other, &im->region, 0, 0, TEST_PAGE,
	};
	struct ibv_send_wr wr, *bad;
	struct ibv_sge sge;
	int ret;

	rdma_transfer_wr(&t, &wr, &sge);
	wr.send_flags = IBV_SEND_SIGNALED;
	ret = ibv_post_send(im->pair.qp[0], &wr, &bad);
	return tap_check(!ret, "post: %s", strerror(ret));
}

/* Until the HCA holds up a UMR, which is when a fault is being handled. */
static bool wait_for_wqes(long long count)
{
	int i;

	for (i = 0; i < 1000; i++) {
		if (test_models_counter("hca0", "queue.wqes") >= count)
			return true;
		usleep(1000);
	}
	return tap_check(false, "the fault is not handled after a second");
}

/*
 * A first access makes the driver create a child, which takes long here.  The
 * region must not go before that is finished: whoever still works on it after
 * ibv_dereg_mr() works on freed memory.
 */
static void run_dereg(const void *arg)
{
	struct implicit im;
	long long wqes, umrs;

	(void)arg;
	if (!implicit_open(&im, RAM_LEN, false, false) || !delay_umr(DELAY_MS))
		goto out;
	wqes = test_models_counter("hca0", "queue.wqes");
	if (!post_write(&im) || !wait_for_wqes(wqes + 2))
		goto out_delay;
	tap_equal(ibv_dereg_mr(im.region.mr), 0, "ibv_dereg_mr");
	im.region.mr = NULL;
	umrs = test_models_counter("hca0", "umr.total");
	usleep(10 * DELAY_MS * 1000);
	tap_equal(test_models_counter("hca0", "umr.total") - umrs, 0,
		  "UMRs for a region that is gone");
out_delay:
	delay_umr(0);
out:
	implicit_close(&im);
}

#define SPAN(name, ...) \
	{ "odp_implicit-" name, run_span, &(const struct span){ __VA_ARGS__ } }

static const struct tap_case cases[] = {
	SPAN("span-4k-write", IBV_WR_RDMA_WRITE, false),
	SPAN("span-4k-read", IBV_WR_RDMA_READ, false),
	SPAN("span-2m-write", IBV_WR_RDMA_WRITE, true),
	SPAN("span-2m-read", IBV_WR_RDMA_READ, true),
	{ "odp_implicit-forget", run_forget, NULL },
	{ "odp_implicit-churn", run_churn, NULL },
	{ "odp_implicit-dereg", run_dereg, NULL },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Implicit on-demand paging: children and their end.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
