// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The windows of BAR1 while a NIC walks over four times as much GPU memory as
 * they can show: either nobody takes anything back, or the CPU reads each block a
 * while after the NIC wrote to it, which ends the need for its window.  Prints
 * lines for make bench, of which the size is how far the walk has come.
 */
#include <string.h>
#include <unistd.h>

#include "bench_point.h"
#include "rdma_buffer.h"
#include "svm_gpu.h"
#include "tap.h"
#include "test_dmem.h"
#include "test_options.h"
#include "test_p2p.h"

#define BLOCK		TEST_HUGE
#define WALK		4	/* times as much as the windows show */
#define IDLE_TRIES	120	/* idle windows go after ten seconds */
#define IDLE_PAUSE_US	250000

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 3,
};

struct walk {
	const char *variant;
	bool give_back;
	int gpu;
	size_t windows;		/* most there may be */
	struct rdma_pair pair;
	struct rdma_buffer source, buf;
	long long by_nic;	/* pages that went to RAM when the NIC wrote */
};

static void walk_series(const struct walk *w, unsigned int i,
			struct bench_series *s)
{
	static const char *const operations[][2] = {
		{ "bar1_in_use", "windows" }, { "bar1_idle", "windows" },
		{ "bar1_to_ram", "pages" },
	};

	*s = (struct bench_series){ w->variant, operations[i][0], operations[i][1] };
}

static void walk_plan(const struct walk *w, size_t blocks)
{
	struct bench_series s;
	size_t at;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		walk_series(w, i, &s);
		for (at = 1; at <= blocks; at++)
			bench_plan(&s, at * BLOCK);
	}
}

static void walk_print(const struct walk *w, size_t block,
		       const struct svm_dmem *d)
{
	const long long values[] = { d->mapped, d->idle, w->by_nic };
	struct bench_series s;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		walk_series(w, i, &s);
		bench_point(&s, (block + 1) * BLOCK, values[i]);
	}
}

/* The NIC writes to a block; what is in use, and what went to RAM for it? */
static bool walk_block(struct walk *w, size_t block)
{
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, &w->source, &w->buf, 0, block * BLOCK, TEST_PAGE,
	};
	struct svm_dmem before, after;

	if (!test_dmem_get(&before) ||
	    !rdma_transfer(&w->pair, &t, "write to a block") ||
	    !test_dmem_get(&after))
		return false;
	w->by_nic += after.migrated_to_ram - before.migrated_to_ram;
	walk_print(w, block, &after);
	return true;
}

/* A folio goes to RAM as a whole. */
static void take_back(struct walk *w, size_t block)
{
	*(volatile uint8_t *)(w->buf.mem.addr + block * BLOCK) += 1;
}

static void walk_play(struct walk *w)
{
	size_t blocks = WALK * w->windows, behind = w->windows / 2, i;

	for (i = 0; i < blocks; i++) {
		if (!walk_block(w, i))
			return;
		if (w->give_back && i >= behind)
			take_back(w, i - behind);
	}
	if (w->give_back)
		tap_equal(w->by_nic, 0, "pages that went to RAM for the NIC");
	else
		tap_check(w->by_nic, "the NIC had windows for everything");
}

static bool walk_open(struct walk *w)
{
	struct svm_dmem d;
	size_t len;

	w->gpu = -1;
	if (!test_p2p_set(true) || !test_dmem_get(&d))
		return false;
	w->windows = d.windows_max;
	len = WALK * w->windows * BLOCK;
	w->gpu = svm_gpu_open(opts.gpu);
	return tap_check(w->gpu >= 0, "%s: %s", opts.gpu, strerror(-w->gpu)) &&
	       rdma_pair_open(&w->pair, opts.device, false) &&
	       rdma_buffer_open(&w->source, &w->pair, TEST_PAGE, false, 1) &&
	       rdma_buffer_open(&w->buf, &w->pair, len, true, 2) &&
	       test_buffer_to_gpu(w->gpu, &w->buf.mem, 0, len);
}

static void walk_close(struct walk *w)
{
	rdma_buffer_close(&w->buf);
	rdma_buffer_close(&w->source);
	if (w->pair.ctx)
		rdma_pair_close(&w->pair);
	if (w->gpu >= 0)
		close(w->gpu);
	test_dmem_expect_empty("in the end");
}

/* Every walk begins with an empty BAR1. */
static bool walk_wait(void)
{
	struct svm_dmem d;
	int i;

	for (i = 0; i < IDLE_TRIES; i++) {
		if (!test_dmem_get(&d))
			return false;
		if (!d.idle && !d.mapped)
			return true;
		usleep(IDLE_PAUSE_US);
	}
	return tap_check(false, "windows that stay: %lld in use, %lld idle",
			 d.mapped, d.idle);
}

static void run_walk(const void *arg)
{
	const struct walk *what = arg;
	struct svm_dmem d;
	struct walk w;
	unsigned int r;

	if (!test_dmem_get(&d))
		return;
	walk_plan(what, WALK * d.windows_max);
	for (r = 0; r < opts.rounds && !tap_failed(); r++) {
		if (!walk_wait())
			return;
		w = *what;
		if (walk_open(&w))
			walk_play(&w);
		walk_close(&w);
	}
}

static const struct tap_case cases[] = {
	{ "bench_walk-keep", run_walk, &(const struct walk){ .variant = "keep" } },
	{ "bench_walk-give_back", run_walk,
	  &(const struct walk){ .variant = "give_back", .give_back = true } },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Windows of BAR1 in use while a NIC walks over GPU memory.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
