// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages go elsewhere while the driver looks up where they are.  Whoever wins, the
 * HCA must not keep the old translation: what it writes then is not in the
 * process.  The look-up is a prefetch of many pages, of which the first or all go,
 * ever later from round to round.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "rdma_buffer.h"
#include "test_clock.h"
#include "test_options.h"
#include "test_p2p.h"

#define SEARCH		4	/* the first of so many parts of a look-up finds pages */
#define TO_MEASURE	4	/* look-ups without a race */
#define SEED_OLD	1
#define SEED_NEW	2

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 64,
};

enum race_event { EVENT_UNMAP, EVENT_TO_GPU, EVENT_TO_RAM };

struct race {
	size_t len;
	size_t gone;		/* so much of it goes */
	bool on_gpu;		/* at the start */
	enum race_event event;
};

struct race_scene {
	const struct race *race;
	int gpu;
	struct rdma_pair pair;
	struct rdma_buffer src, dst;
	long long look_up;	/* ns that one takes at least */
	long long pause;	/* ns before the event */
	atomic_bool go;
	int error;		/* of the event */
};

static int race_event(struct race_scene *s)
{
	uint8_t *page = s->dst.mem.addr;

	switch (s->race->event) {
	case EVENT_UNMAP:
		return madvise(page, s->race->gone, MADV_DONTNEED) ? -errno : 0;
	case EVENT_TO_GPU:
		return svm_gpu_migrate(s->gpu, page, s->race->gone);
	case EVENT_TO_RAM:
		(void)*(volatile uint8_t *)page;
		return 0;
	}
	return -EINVAL;
}

static void *race_run(void *arg)
{
	struct race_scene *s = arg;
	long long start;

	while (!atomic_load(&s->go))
		;
	start = test_clock_ns();
	while (test_clock_ns() - start < s->pause)
		;
	s->error = race_event(s);
	return NULL;
}

/* Memory as in the beginning, of which the HCA knows nothing. */
static bool race_prepare(struct race_scene *s)
{
	struct test_buffer *mem = &s->dst.mem;

	if (!tap_check(!madvise(mem->addr, mem->len, MADV_DONTNEED),
		       "MADV_DONTNEED failed"))
		return false;
	test_buffer_fill(mem, 0, mem->len, SEED_OLD);
	return !s->race->on_gpu || test_buffer_to_gpu(s->gpu, mem, 0, mem->len);
}

/* The driver may give up a prefetch that has lost too often. */
static bool race_look_up(struct race_scene *s)
{
	struct ibv_sge sge = { (uintptr_t)s->dst.mem.addr, s->dst.mem.len,
			       s->dst.mr->lkey };
	int ret = ibv_advise_mr(s->pair.pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
				IBV_ADVISE_MR_FLAG_FLUSH, &sge, 1);

	return tap_check(!ret || ret == EAGAIN, "ibv_advise_mr: %d", ret);
}

static bool race_both(struct race_scene *s)
{
	pthread_t thread;
	bool ok;

	atomic_store(&s->go, false);
	if (!tap_check(!pthread_create(&thread, NULL, race_run, s), "thread"))
		return false;
	atomic_store(&s->go, true);
	ok = race_look_up(s);
	pthread_join(thread, NULL);
	return ok && tap_equal(s->error, 0, "what happens to the page");
}

/* What the HCA writes there has to be there, and the rest as it was. */
static bool race_expect(struct race_scene *s)
{
	size_t gone = s->race->gone;
	const struct rdma_transfer t = {
		IBV_WR_RDMA_WRITE, &s->src, &s->dst, 0, 0, gone,
	};

	return rdma_transfer(&s->pair, &t, "write to what has gone") &&
	       test_buffer_expect(&s->dst.mem, 0, gone, SEED_NEW, "what has gone") &&
	       test_buffer_expect(&s->dst.mem, gone, s->dst.mem.len - gone, SEED_OLD,
				  "its neighbours");
}

static bool race_measure(struct race_scene *s)
{
	long long start, took;
	unsigned int i;

	for (i = 0; i < TO_MEASURE; i++) {
		if (!race_prepare(s))
			return false;
		start = test_clock_ns();
		if (!race_look_up(s))
			return false;
		took = test_clock_ns() - start;
		if (!i || took < s->look_up)
			s->look_up = took;
	}
	tap_note("a look-up of %lu pages takes %lld us", s->race->len / TEST_PAGE,
		 s->look_up / 1000);
	return true;
}

static bool race_open(struct race_scene *s)
{
	s->gpu = svm_gpu_open(opts.gpu);
	return tap_check(s->gpu >= 0, "%s cannot be opened", opts.gpu) &&
	       rdma_buffer_open(&s->src, &s->pair, s->race->gone, false, SEED_NEW) &&
	       rdma_buffer_open(&s->dst, &s->pair, s->race->len, false, SEED_OLD);
}

static void race_close(struct race_scene *s)
{
	rdma_buffer_close(&s->dst);
	rdma_buffer_close(&s->src);
	if (s->gpu >= 0)
		close(s->gpu);
	rdma_pair_close(&s->pair);
}

static void run_race(const void *arg)
{
	struct race_scene s = { .race = arg, .gpu = -1 };
	unsigned int i;

	if (!test_p2p_set(true) || !rdma_pair_open(&s.pair, opts.device, false))
		return;
	if (race_open(&s) && race_measure(&s))
		for (i = 0; i < opts.rounds && !tap_failed(); i++) {
			s.pause = s.look_up / SEARCH * i / opts.rounds;
			if (race_prepare(&s) && race_both(&s))
				race_expect(&s);
		}
	race_close(&s);
}

#define RACE(name, ...) \
	{ "odp_race-" name, run_race, &(const struct race){ __VA_ARGS__ } }

static const struct tap_case cases[] = {
	RACE("ram-is-unmapped", TEST_HUGE, TEST_PAGE, false, EVENT_UNMAP),
	RACE("ram-all-is-unmapped", TEST_HUGE, TEST_HUGE, false, EVENT_UNMAP),
	RACE("ram-goes-to-gpu", TEST_HUGE, TEST_PAGE, false, EVENT_TO_GPU),
	RACE("gpu-is-unmapped", TEST_HUGE / 4, TEST_PAGE, true, EVENT_UNMAP),
	RACE("gpu-all-is-unmapped", TEST_HUGE / 4, TEST_HUGE / 4, true, EVENT_UNMAP),
	RACE("gpu-comes-to-ram", TEST_HUGE / 4, TEST_PAGE, true, EVENT_TO_RAM),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Pages go elsewhere while the driver looks up where they are.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
