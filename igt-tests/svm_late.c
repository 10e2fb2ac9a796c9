// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The GPU faults on memory that an HCA is slow to give up.  The access is right,
 * only not yet possible: it has to happen later, and no channel may die of it.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "rdma_buffer.h"
#include "svm_scene.h"
#include "test_clock.h"
#include "test_models.h"
#include "test_options.h"

#define LEN		(4 * TEST_PAGE)
#define DELAY_MS	3000	/* HMM's patience is a second */
#define SLOW		"hca0 inject delay-umr 3000"
#define NOT_SLOW	"hca0 inject delay-umr 0"

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

struct late {
	struct svm_scene scene;
	struct rdma_pair pair;
	struct rdma_buffer buf;		/* the memory of @scene */
	pthread_t thread;
	int error;
	long long took_ms;
};

static bool late_register(struct late *l)
{
	struct ibv_sge sge = { .length = LEN };

	l->buf.mem = l->scene.mem;
	if (!rdma_buffer_register(&l->buf, &l->pair))
		return false;
	sge.addr = (uintptr_t)l->buf.mem.addr;
	sge.lkey = l->buf.mr->lkey;
	return tap_equal(ibv_advise_mr(l->pair.pd,
				       IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
				       IBV_ADVISE_MR_FLAG_FLUSH, &sge, 1), 0,
			 "prefetch by the HCA");
}

static bool late_open(struct late *l)
{
	memset(l, 0, sizeof(*l));
	if (!svm_scene_open(&l->scene, opts.gpu, LEN, false))
		return false;
	test_buffer_fill(&l->scene.mem, 0, LEN, 1);
	test_buffer_fill(&l->scene.other, 0, LEN, 2);
	if (!rdma_pair_open(&l->pair, opts.device, false))
		goto close_scene;
	if (late_register(l))
		return true;
	if (l->buf.mr)
		ibv_dereg_mr(l->buf.mr);
	rdma_pair_close(&l->pair);
close_scene:
	svm_scene_close(&l->scene);
	return false;
}

static void late_close(struct late *l)
{
	ibv_dereg_mr(l->buf.mr);
	rdma_pair_close(&l->pair);
	svm_scene_close(&l->scene);
}

/*
 * Returns when the HCA has given up its translations.  With a call that only reads
 * the address space: one that changes it would let the GPU's user wait, too, at the
 * next page fault of the CPU.
 */
static void *late_discard(void *arg)
{
	struct late *l = arg;
	long long start = test_clock_ns();

	l->error = madvise(l->buf.mem.addr, LEN, MADV_DONTNEED) ? errno : 0;
	l->took_ms = (test_clock_ns() - start) / 1000000;
	return NULL;
}

static void late_play(struct late *l)
{
	static const uint8_t zeros[LEN];
	int ret;

	if (!tap_check(!pthread_create(&l->thread, NULL, late_discard, l), "thread"))
		return;
	usleep(DELAY_MS * 1000 / 10);
	ret = svm_channel_copy(&l->scene.ch, l->scene.other.addr, l->buf.mem.addr, LEN);
	pthread_join(l->thread, NULL);
	tap_check(!l->error, "MADV_DONTNEED: %s", strerror(l->error));
	tap_check(l->took_ms >= DELAY_MS, "invalidation: expected %d ms, found %lld",
		  DELAY_MS, l->took_ms);
	if (tap_check(!ret, "copy by the GPU: %s", strerror(-ret)))
		test_buffer_expect_bytes(&l->scene.other, 0, LEN, zeros,
					 "what the GPU copied");
	test_buffer_expect_bytes(&l->buf.mem, 0, LEN, zeros, "source");
}

static void run_invalidation(const void *arg)
{
	struct late l;

	(void)arg;
	if (test_models_counter("hca0", "odp.events") < 0) {
		tap_skip("needs the HCA model to be slow");
		return;
	}
	if (!late_open(&l))
		return;
	if (tap_equal(test_models_command(SLOW), 0, SLOW)) {
		late_play(&l);
		tap_equal(test_models_command(NOT_SLOW), 0, NOT_SLOW);
	}
	late_close(&l);
}

static const struct tap_case cases[] = {
	{ "svm_late-invalidation-by-hca", run_invalidation, NULL },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "The GPU faults on what an HCA is slow to give up.", cases,
			   count);
	return tap_run(cases, count, opts.only);
}
