// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Migration sleeps until the GPU says by an interrupt that the copy is done.
 * A wake-up that gets lost does no harm to the data: nouveau goes on after a
 * timeout of 15 s.  The limit here is about that, not about speed.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "test_buffer.h"
#include "test_options.h"

#define LIMIT_MS	10000

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .size_mib = 4, .rounds = 4,
};

struct bench {
	int gpu;
	struct test_buffer mem;
};

static bool bench_open(struct bench *b, bool huge)
{
	int ret;

	b->gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(b->gpu >= 0, "%s: %s", opts.gpu, strerror(-b->gpu)))
		return false;
	ret = test_buffer_alloc(&b->mem, (size_t)opts.size_mib << 20, huge);
	if (tap_check(!ret, "memory: %s", strerror(-ret)))
		return true;
	close(b->gpu);
	return false;
}

static void bench_close(struct bench *b)
{
	test_buffer_free(&b->mem);
	close(b->gpu);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool woken_since(long start, unsigned int round, const char *what)
{
	long ms = now_ms() - start;

	return tap_check(ms < LIMIT_MS,
			 "round %u: %s waited for a fence until the timeout: %ld ms",
			 round, what, ms);
}

/* All at once, as that copy is not done before nouveau begins to wait. */
static bool bench_to_gpu(struct bench *b, unsigned int round)
{
	long start = now_ms();

	return test_buffer_to_gpu(b->gpu, &b->mem, 0, b->mem.len) &&
	       woken_since(start, round, "migration to the GPU");
}

/* Up to the first page that takes too long. */
static bool bench_to_ram(struct bench *b, unsigned int round)
{
	bool ok = true;
	size_t off;
	long start;

	for (off = 0; ok && off < b->mem.len; off += TEST_PAGE) {
		start = now_ms();
		ok = test_buffer_expect(&b->mem, off, TEST_PAGE, round, "CPU read");
		ok &= woken_since(start, round, "migration to RAM");
	}
	return ok && test_buffer_expect_device(&b->mem, 0, b->mem.len, 0,
					       "after CPU read");
}

static void run_fence(const void *huge)
{
	unsigned int i;
	struct bench b;
	bool ok = true;

	if (!bench_open(&b, huge))
		return;
	for (i = 0; ok && i < opts.rounds; i++) {
		test_buffer_fill(&b.mem, 0, b.mem.len, i);
		ok = bench_to_gpu(&b, i);
		ok &= bench_to_ram(&b, i);
	}
	bench_close(&b);
}

#define HUGE ((void *)1)

static const struct tap_case cases[] = {
	{ "svm_fence-4k", run_fence, NULL },
	{ "svm_fence-2m", run_fence, HUGE },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Checks that migration is woken up when the GPU is done.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
