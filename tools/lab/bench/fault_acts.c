// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel needs to resolve an ODP fault, by kind of page: in instructions
 * or in time, as the clock has it.
 *
 * The pages do not move: the translations of the HCA are taken away by mremap()
 * to another place and back.  Two ways to have them resolved again:
 *   fault     an RDMA write of 8 bytes into the page, less the same write without
 *             a fault: interrupt, event, resolving, update of the HCA's
 *             translation, resume
 *   prefetch  ibv_advise_mr() with the flush flag: one call resolves a range of
 *             any size, as one fault does. Only what the calling thread executes.
 * Only the acts "fallback" move pages: peer-to-peer is off, and each fault takes
 * its page to RAM; before the next sample it is brought to the GPU again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_page.h"
#include "fault_clock.h"
#include "gpu_place.h"
#include "svm_gpu.h"
#include "tap.h"
#include "test_dmem.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"

#define PAGES		(TEST_HUGE / TEST_PAGE)
#define FOLIOS		8
#define SAMPLES		64	/* one page each, or one folio after the other */

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 5,
};
static const struct fault_clock *clock_;

struct stage {
	int gpu;
	struct rdma_pair pair;
	struct rdma_buffer source;	/* RAM, always mapped in the HCA */
	struct rdma_buffer buf;		/* what is measured */
	void *elsewhere;		/* room for all of it */
};

struct act {
	const char *name;
	bool vram, huge;
	bool fallback;		/* the HCA does not reach the GPU */
	bool writes;		/* to single pages */
	size_t len;		/* of a prefetch; 0: none */
	unsigned int more;	/* blocks of 2 MiB beyond the first */
};

static unsigned int act_blocks(const struct act *a)
{
	return a->more + 1;
}

static long long windows_created(void)
{
	struct svm_dmem d;

	return test_dmem_get(&d) ? d.windows_created : -1;
}

static bool zap(struct stage *st, size_t off, size_t len)
{
	return bench_page_zap(st->buf.mem.addr + off, st->elsewhere + off, len);
}

static bool count_write(struct stage *st, size_t off, uint64_t *count)
{
	return bench_page_write(&st->pair, &st->source, &st->buf, off,
				clock_->now, count);
}

static bool count_prefetch(struct stage *st, size_t off, size_t len,
			   uint64_t *count)
{
	return bench_page_prefetch(&st->pair, &st->buf, off, len, clock_->thread,
				   count);
}

static void print_one(const struct act *a, const char *what, uint64_t count)
{
	clock_->print(a->name, what, &count, 1);
}

/* Each sample is of a page or folio of its own, as far as there are. */
static size_t sample_at(const struct act *a, unsigned int i, size_t *len)
{
	*len = a->huge ? TEST_HUGE : TEST_PAGE;
	return i % (act_blocks(a) * TEST_HUGE / *len) * *len;
}

/* Writes to single pages: with @fault, else without.  One event for each. */
static bool writes(const struct act *a, struct stage *st, bool fault)
{
	long long events = test_models_counter("hca0", "odp.events");
	uint64_t counts[SAMPLES];
	unsigned int i;
	size_t at, len;

	for (i = 0; i < SAMPLES; i++) {
		at = sample_at(a, i, &len);
		if (fault && !zap(st, at, len))
			return false;
		if (!count_write(st, at, &counts[i]))
			return false;
	}
	events = test_models_counter("hca0", "odp.events") - events;
	clock_->print(a->name, fault ? "fault" : "hit", counts, SAMPLES);
	return tap_equal(events, fault ? SAMPLES : 0, "%s: page faults of the HCA",
			 a->name);
}

/* All pages of the buffer, @len bytes at a time, @opts.rounds times. */
static bool prefetches(struct stage *st, const char *name, size_t len)
{
	unsigned int n = st->buf.mem.len / len, i, r;
	uint64_t *counts = calloc(n * opts.rounds, sizeof(*counts));
	bool ok = tap_check(counts, "no memory");

	for (r = 0; ok && r < opts.rounds; r++) {
		ok = zap(st, 0, st->buf.mem.len);
		for (i = 0; ok && i < n; i++)
			ok = count_prefetch(st, i * len, len,
					    &counts[r * n + i]);
	}
	if (ok)
		clock_->print(name, "prefetch", counts, n * opts.rounds);
	free(counts);
	return ok;
}

/* The buffers; what else there is is open */
static bool stage_fill(struct stage *st, bool huge, size_t len)
{
	st->elsewhere = bench_page_room(len);
	return st->elsewhere &&
	       rdma_buffer_open(&st->source, &st->pair, TEST_HUGE, false, 1) &&
	       rdma_buffer_open(&st->buf, &st->pair, len, huge, 2);
}

/* The first faults, in which BAR1 windows are mapped: how many? */
static bool first_faults(const struct act *a, struct stage *st)
{
	long long windows = windows_created();
	uint64_t count;

	if (!count_prefetch(st, 0, st->buf.mem.len, &count))
		return false;
	windows = windows_created() - windows;
	print_one(a, "windows", windows);
	print_one(a, "blocks", act_blocks(a));
	if (a->vram && a->huge)
		tap_equal(windows, act_blocks(a), "%s: windows mapped", a->name);
	/* 4 KiB pages needn't start with a block, windows may be there already */
	return tap_check(windows <= (a->vram ? act_blocks(a) + 1 : 0),
			 "%s: windows mapped: %lld", a->name, windows);
}

static void act_stay(const struct act *a, struct stage *st)
{
	long pages = a->vram ? act_blocks(a) * PAGES : 0;
	long long windows;
	uint64_t count;

	if (a->vram && !test_buffer_to_gpu(st->gpu, &st->buf.mem, 0,
					   st->buf.mem.len))
		return;
	if (!first_faults(a, st))
		return;
	windows = windows_created();
	if (!count_write(st, 0, &count))	/* the source gets mapped, too */
		return;
	if (a->writes && !(writes(a, st, false) && writes(a, st, true)))
		return;
	if (a->len && !clock_->faults_only && !prefetches(st, a->name, a->len))
		return;
	windows = windows_created() - windows;
	print_one(a, "steady_windows", windows);
	test_buffer_expect_device(&st->buf.mem, 0, st->buf.mem.len, pages,
				  a->name);
}

static bool fall_back(const struct act *a, struct stage *st, uint64_t *fault,
		      uint64_t *hit, unsigned int i)
{
	size_t len, at = sample_at(a, i, &len);

	return test_buffer_to_gpu(st->gpu, &st->buf.mem, at, len) &&
	       count_write(st, at, &fault[i]) &&
	       test_buffer_expect_device(&st->buf.mem, at, len, 0, a->name) &&
	       count_write(st, at, &hit[i]);
}

/* Each page goes to the GPU, and to RAM when the HCA touches it. */
static void act_fallback(const struct act *a, struct stage *st)
{
	uint64_t fault[SAMPLES], hit[SAMPLES], count;
	struct svm_dmem before, after;
	long long pages = SAMPLES;
	unsigned int i;

	if (a->huge)
		pages *= PAGES;
	/* The source gets mapped, and a page that is in RAM */
	if (!count_write(st, 0, &count) || !test_dmem_get(&before))
		return;
	for (i = 0; i < SAMPLES; i++)
		if (!fall_back(a, st, fault, hit, i))
			return;
	if (!test_dmem_get(&after))
		return;
	tap_equal(after.migrated_to_ram - before.migrated_to_ram, pages,
		  "%s: pages migrated to RAM", a->name);
	tap_equal(after.exports, before.exports, "%s: pages exported", a->name);
	clock_->print(a->name, "hit", hit, SAMPLES);
	clock_->print(a->name, "fault", fault, SAMPLES);
}

static void run_act(const void *arg)
{
	const struct act *a = arg;
	struct stage st = { };

	/* First, as memory shared with a child would have to be copied */
	if (!clock_->start())
		goto out_clock;
	st.gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(st.gpu >= 0, "%s: %s", opts.gpu, strerror(-st.gpu)))
		goto out_clock;
	if (!test_p2p_set(!a->fallback) ||
	    !rdma_pair_open(&st.pair, opts.device, false))
		goto out_gpu;
	if (stage_fill(&st, a->huge, act_blocks(a) * TEST_HUGE)) {
		if (a->fallback)
			act_fallback(a, &st);
		else
			act_stay(a, &st);
	}
	rdma_buffer_close(&st.buf);
	rdma_buffer_close(&st.source);
	rdma_pair_close(&st.pair);
out_gpu:
	test_p2p_set(true);
	close(st.gpu);
out_clock:
	clock_->stop();
}

static const struct act acts[] = {
	{ .name = "ram4k", .writes = true, .len = TEST_PAGE },
	{ .name = "vram4k", .writes = true, .len = TEST_PAGE, .vram = true },
	{ .name = "fallback4k", .writes = true, .fallback = true },
	{ .name = "ram512x4k", .len = TEST_HUGE },
	{ .name = "vram512x4k", .len = TEST_HUGE, .vram = true },
	{ .name = "ram2m", .writes = true, .len = TEST_HUGE, .huge = true,
	  .more = FOLIOS - 1 },
	{ .name = "vram2m", .writes = true, .len = TEST_HUGE, .huge = true,
	  .more = FOLIOS - 1, .vram = true },
	{ .name = "fallback2m", .writes = true, .huge = true, .more = FOLIOS - 1,
	  .fallback = true },
};
#define ACTS	(sizeof(acts) / sizeof(acts[0]))

int fault_acts_main(int argc, char **argv, const struct fault_clock *clock,
		    const char *prefix, const char *what)
{
	struct tap_case cases[ACTS];
	char names[ACTS][64];
	size_t i, n = 0;

	clock_ = clock;
	for (i = 0; i < ACTS; i++) {
		if (clock->faults_only && !acts[i].writes)
			continue;
		snprintf(names[n], sizeof(names[n]), "%s-%s", prefix, acts[i].name);
		cases[n] = (struct tap_case){ names[n], run_act, &acts[i] };
		n++;
	}
	test_options_parse(&opts, argc, argv, what, cases, n);
	return tap_run(cases, n, opts.only);
}
