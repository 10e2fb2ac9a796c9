// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Migration sleeps until the GPU says by an interrupt that the copy is done.
 * A wake-up that gets lost does no harm to the data: nouveau goes on after a
 * timeout of 15 s.  The limit here is about that, not about speed.
 */
#include <pthread.h>
#include <unistd.h>

#include "svm_scene.h"
#include "test_clock.h"
#include "test_models.h"
#include "test_options.h"

#define LIMIT_MS	10000
#define BUSY_MS		300
#define NS_PER_MS	1000000

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .size_mib = 4, .rounds = 4,
};

static bool fence_woken_since(long long start, unsigned int round, const char *what)
{
	long long ms = (test_clock_ns() - start) / NS_PER_MS;

	return tap_check(ms < LIMIT_MS,
			 "round %u: %s waited for a fence until the timeout: %lld ms",
			 round, what, ms);
}

/* All at once, as that copy is not done before nouveau begins to wait. */
static bool fence_to_gpu(struct svm_scene *s, unsigned int round)
{
	long long start = test_clock_ns();

	return test_buffer_to_gpu(s->gpu, &s->mem, 0, s->mem.len) &&
	       fence_woken_since(start, round, "migration to the GPU");
}

/* Up to the first page that takes too long. */
static bool fence_to_ram(struct svm_scene *s, unsigned int round)
{
	bool ok = true;
	size_t off;
	long long start;

	for (off = 0; ok && off < s->mem.len; off += TEST_PAGE) {
		start = test_clock_ns();
		ok = test_buffer_expect(&s->mem, off, TEST_PAGE, round, "CPU read");
		ok &= fence_woken_since(start, round, "migration to RAM");
	}
	return ok && test_buffer_expect_device(&s->mem, 0, s->mem.len, 0,
					       "after CPU read");
}

static void run_fence(const void *huge)
{
	unsigned int i;
	struct svm_scene s;
	bool ok = true;

	if (!svm_scene_open_memory(&s, opts.gpu, (size_t)opts.size_mib << 20, huge))
		return;
	for (i = 0; ok && i < opts.rounds; i++) {
		test_buffer_fill(&s.mem, 0, s.mem.len, i);
		ok = fence_to_gpu(&s, i);
		ok &= fence_to_ram(&s, i);
	}
	svm_scene_close_memory(&s);
}

/* ---- a GPU that is certainly not done when nouveau begins to wait */

static void *fence_let_run(void *arg)
{
	(void)arg;
	usleep(BUSY_MS * 1000);
	return test_models_command("gpu0 inject hang 0") ? &opts : NULL;
}

/* No channel runs until the thread has had its sleep. */
static bool fence_busy_start(pthread_t *thread)
{
	if (!tap_equal(test_models_command("gpu0 inject hang 1"), 0, "stop the GPU"))
		return false;
	if (tap_check(!pthread_create(thread, NULL, fence_let_run, NULL), "thread"))
		return true;
	fence_let_run(NULL);
	return false;
}

static void fence_busy_play(struct svm_scene *s)
{
	long long start = test_clock_ns();
	pthread_t thread;
	void *failed;

	if (!fence_busy_start(&thread))
		return;
	fence_to_gpu(s, 0);
	pthread_join(thread, &failed);
	tap_check(!failed, "the GPU was not told to go on");
	tap_check(test_clock_ns() - start >= BUSY_MS * NS_PER_MS,
		  "the migration did not wait for the GPU");
	fence_to_ram(s, 0);
}

static void run_busy(const void *huge)
{
	struct svm_scene s;

	if (test_models_counter("gpu0", "fault.replayable") < 0) {
		tap_skip("needs the GPU model to be stopped");
		return;
	}
	if (!svm_scene_open_memory(&s, opts.gpu, (size_t)opts.size_mib << 20, huge))
		return;
	test_buffer_fill(&s.mem, 0, s.mem.len, 0);
	fence_busy_play(&s);
	svm_scene_close_memory(&s);
}

#define HUGE ((void *)1)

static const struct tap_case cases[] = {
	{ "svm_fence-4k", run_fence, NULL },
	{ "svm_fence-2m", run_fence, HUGE },
	{ "svm_fence-busy-4k", run_busy, NULL },
	{ "svm_fence-busy-2m", run_busy, HUGE },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Checks that migration is woken up when the GPU is done.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
