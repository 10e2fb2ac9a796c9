// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ibv_advise_mr() on GPU memory: what it maps, for reading or writing, without
 * a page fault and without moving a page; and that the rest still faults.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "rdma_buffer.h"
#include "rdma_stat.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"

#define LEN	(256UL << 10)
#define PAGES	(LEN / TEST_PAGE)

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0",
};

enum memory { MEM_GPU, MEM_RAM, MEM_ABSENT };

struct advice {
	enum ib_uverbs_advise_mr_advice advice;
	enum memory memory;
	bool implicit;
	bool twice;		/* the second time it is all mapped already */
	bool later;		/* by a work item of the driver */
	bool off;		/* nouveau lets nobody in: pages migrate */
	/* What is expected then: */
	unsigned int mapped;	/* pages */
	bool read_faults, write_faults;
};

struct stage {
	int gpu;
	struct rdma_pair pair;
	struct rdma_buffer region, other;
};

static bool stays_on_gpu(const struct advice *a)
{
	return a->memory == MEM_GPU && !a->off;
}

/* Counters of HCA and driver, to be compared. */
struct counts {
	long long present, peer, events, prefetched, p2p, fallbacks;
};

static struct counts counts_now(void)
{
	return (struct counts) {
		.present = test_models_counter("hca0", "umr.mtt_present"),
		.peer = test_models_counter("hca0", "umr.mtt_peer"),
		.events = test_models_counter("hca0", "odp.events"),
		.prefetched = rdma_stat_sum(opts.device, "page_prefetch"),
		.p2p = rdma_stat_sum(opts.device, "p2p_pages"),
		.fallbacks = rdma_stat_sum(opts.device, "p2p_fallbacks"),
	};
}

static bool stage_open(struct stage *st, const struct advice *a)
{
	st->gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(st->gpu >= 0, "%s: %s", opts.gpu, strerror(-st->gpu)) ||
	    !rdma_pair_open(&st->pair, opts.device, false) ||
	    !rdma_buffer_open(&st->other, &st->pair, LEN, false, 2))
		return false;
	if (a->memory == MEM_ABSENT) {
		if (!tap_equal(test_buffer_alloc(&st->region.mem, LEN, false), 0,
			       "memory"))
			return false;
	} else if (!rdma_buffer_alloc(&st->region, LEN, false, 1)) {
		return false;
	}
	if (a->implicit ? !rdma_buffer_register_implicit(&st->region, &st->pair) :
			  !rdma_buffer_register(&st->region, &st->pair))
		return false;
	/* It was mapped as RAM; moving it takes that away. */
	return a->memory != MEM_GPU ||
	       test_buffer_to_gpu(st->gpu, &st->region.mem, 0, LEN);
}

static void stage_close(struct stage *st)
{
	rdma_buffer_close(&st->region);
	rdma_buffer_close(&st->other);
	if (st->pair.ctx)
		rdma_pair_close(&st->pair);
	if (st->gpu >= 0)
		close(st->gpu);
}

static bool advise(struct stage *st, const struct advice *a)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)st->region.mem.addr, .length = LEN,
		.lkey = st->region.mr->lkey,
	};
	int ret = ibv_advise_mr(st->pair.pd, a->advice,
				a->later ? 0 : IBV_ADVISE_MR_FLAG_FLUSH, &sge, 1);

	return tap_equal(ret, 0, "ibv_advise_mr");
}

/* A work item has no end that could be waited for; its result has. */
static void wait_for_mapped(const struct counts *before, const struct advice *a)
{
	int i;

	for (i = 0; i < 500 && a->later; i++) {
		if (rdma_stat_sum(opts.device, "page_prefetch") -
		    before->prefetched >= a->mapped)
			return;
		usleep(10000);
	}
}

static void expect_mapped(const struct counts *before, const struct advice *a)
{
	unsigned int times = a->twice ? 2 : 1;
	struct counts now;

	wait_for_mapped(before, a);
	now = counts_now();
	if (before->present >= 0) {
		tap_equal(now.events - before->events, 0, "page faults of the HCA");
		tap_equal(now.present - before->present, times * a->mapped,
			  "translations written");
		tap_equal(now.peer - before->peer,
			  stays_on_gpu(a) ? times * a->mapped : 0,
			  "translations to the GPU");
	}
	/* The second time they are not new. */
	tap_equal(now.p2p - before->p2p, stays_on_gpu(a) ? a->mapped : 0,
		  "p2p_pages of rdma statistic");
	tap_equal(now.fallbacks - before->fallbacks, a->off ? 1 : 0,
		  "p2p_fallbacks of rdma statistic");
	tap_equal(now.prefetched - before->prefetched, times * PAGES,
		  "page_prefetch of rdma statistic");
}

static void expect_access(struct stage *st, const struct advice *a, bool write)
{
	const struct rdma_transfer t = {
		.opcode = write ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ,
		.local = &st->other, .remote = &st->region, .len = LEN,
	};
	const char *what = write ? "RDMA write" : "RDMA read";
	bool faults = write ? a->write_faults : a->read_faults;
	long long before = test_models_counter("hca0", "odp.events"), events;

	if (!rdma_transfer(&st->pair, &t, what) || before < 0)
		return;
	events = test_models_counter("hca0", "odp.events") - before;
	tap_check((events > 0) == faults, "%s: expected %s, found %lld page faults",
		  what, faults ? "some" : "no", events);
}

static void expect_content(struct stage *st, const struct advice *a)
{
	const struct test_buffer *region = &st->region.mem, *other = &st->other.mem;

	expect_access(st, a, false);
	if (a->memory == MEM_ABSENT)
		tap_check(!other->addr[0] && !other->addr[LEN - 1],
			  "new memory: expected 0, found %u %u", other->addr[0],
			  other->addr[LEN - 1]);
	else
		test_buffer_expect(other, 0, LEN, 1, "what was read");
	test_buffer_fill(&st->other.mem, 0, LEN, 3);
	expect_access(st, a, true);
	test_buffer_expect_device(region, 0, LEN, stays_on_gpu(a) ? PAGES : 0,
				  "after read and write");
	test_buffer_expect(region, 0, LEN, 3, "what was written");
}

static void run_advice(const void *arg)
{
	const struct advice *a = arg;
	struct stage st = { .gpu = -1 };
	struct counts before;

	if (!test_p2p_set(!a->off) || !stage_open(&st, a))
		goto out;
	before = counts_now();
	if (!advise(&st, a) || (a->twice && !advise(&st, a)))
		goto out;
	expect_mapped(&before, a);
	test_buffer_expect_device(&st.region.mem, 0, LEN,
				  stays_on_gpu(a) ? PAGES : 0, "after advice");
	expect_content(&st, a);
out:
	stage_close(&st);
	test_p2p_set(true);
}

#define ADVICE(name, ...) \
	{ "odp_prefetch-" name, run_advice, &(const struct advice){ __VA_ARGS__ } }
#define READ	IBV_ADVISE_MR_ADVICE_PREFETCH
#define WRITE	IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE
#define NO_FAULT IBV_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT

static const struct tap_case cases[] = {
	ADVICE("read", READ, MEM_GPU, .mapped = PAGES, .write_faults = true),
	ADVICE("write", WRITE, MEM_GPU, .mapped = PAGES),
	ADVICE("no-fault", NO_FAULT, MEM_GPU, .mapped = PAGES),
	ADVICE("read-ram", READ, MEM_RAM, .mapped = PAGES, .write_faults = true),
	ADVICE("write-absent", WRITE, MEM_ABSENT, .mapped = PAGES),
	/* The region is writable, so the fault of the read is for both. */
	ADVICE("no-fault-absent", NO_FAULT, MEM_ABSENT, .read_faults = true),
	ADVICE("write-twice", WRITE, MEM_GPU, .twice = true, .mapped = PAGES),
	ADVICE("write-later", WRITE, MEM_GPU, .later = true, .mapped = PAGES),
	ADVICE("write-no-p2p", WRITE, MEM_GPU, .off = true, .mapped = PAGES),
	ADVICE("implicit-write-no-p2p", WRITE, MEM_GPU, .off = true,
	       .implicit = true, .mapped = PAGES),
	ADVICE("implicit-read", READ, MEM_GPU, .implicit = true, .mapped = PAGES,
	       .write_faults = true),
	ADVICE("implicit-write", WRITE, MEM_GPU, .implicit = true,
	       .mapped = PAGES),
	ADVICE("implicit-no-fault", NO_FAULT, MEM_GPU, .implicit = true,
	       .mapped = PAGES),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv, "Prefetch of GPU memory.", cases,
			   count);
	return tap_run(cases, count, opts.only);
}
