// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SVM_BIND moves pages to the GPU and tells the GPU where they are now.  A
 * GPU that keeps its old translation reads and writes RAM that was given back
 * and may belong to anybody.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_gpu.h"

#include "svm_scene.h"
#include "test_models.h"
#include "test_options.h"

#define LEN_4K	(64UL << 10)
#define LEN_2M	(4UL << 20)
#define RECYCLE	(64UL << 20)

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

/* Makes the GPU fault in the other memory, so that only ours can fault later. */
static bool bench_map_other(struct svm_scene *b)
{
	int ret;

	memset(b->other.addr, 0x55, b->other.len);
	ret = svm_channel_copy(&b->ch, b->other.addr, b->other.addr, b->other.len);
	return tap_check(!ret, "copy by the GPU: %s", strerror(-ret));
}

static bool bench_open(struct svm_scene *b, bool huge)
{
	if (!svm_scene_open(b, opts.gpu, huge ? LEN_2M : LEN_4K, huge))
		return false;
	if (bench_map_other(b))
		return true;
	svm_scene_close(b);
	return false;
}

static bool bench_fill(struct svm_scene *b, uint64_t seed)
{
	test_buffer_fill(&b->mem, 0, b->mem.len, seed);
	if (!b->mem.huge)
		return true;
	return tap_equal(test_buffer_huge_bytes(&b->mem), b->mem.len,
			 "bytes in 2 MiB pages");
}

static bool bench_copy(struct svm_scene *b, void *dst, const void *src)
{
	int ret = svm_channel_copy(&b->ch, dst, src, b->mem.len);

	return tap_check(!ret, "copy by the GPU: %s", strerror(-ret));
}

/* The GPU's view of the memory under test is @seed. */
static bool bench_gpu_sees(struct svm_scene *b, uint64_t seed, const char *what)
{
	return bench_copy(b, b->other.addr, b->mem.addr) &&
	       test_buffer_expect(&b->other, 0, b->other.len, seed, what);
}

/* Takes the pages that were freed a moment ago and overwrites them. */
static void recycle_free_pages(bool huge)
{
	uint8_t *p;

	p = mmap(NULL, RECYCLE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return;
	madvise(p, RECYCLE, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(p, 0xdb, RECYCLE);
	munmap(p, RECYCLE);
}

/* Reads by the GPU what is on the GPU; must need no page fault. */
static bool bench_expect_mapped(struct svm_scene *b, uint64_t seed,
				const char *what)
{
	long long before, after;

	recycle_free_pages(b->mem.huge);
	before = test_models_counter("gpu0", "fault.replayable");
	if (!bench_gpu_sees(b, seed, what))
		return false;
	after = test_models_counter("gpu0", "fault.replayable");
	if (before < 0)
		tap_note("%s: page faults not counted: %s", what,
			 strerror(-before));
	else
		tap_equal(after - before, 0, "%s: page faults of the GPU", what);
	return test_buffer_expect_device(&b->mem, 0, b->mem.len,
					 b->mem.len / TEST_PAGE, what);
}

/* RAM that the GPU has used moves to the GPU: it sees the same content. */
static void run_touched(const void *huge)
{
	struct svm_scene b;

	if (!bench_open(&b, huge))
		return;
	if (bench_fill(&b, 1) && bench_gpu_sees(&b, 1, "GPU read of RAM") &&
	    test_buffer_to_gpu(b.gpu, &b.mem, 0, b.mem.len))
		bench_expect_mapped(&b, 1, "GPU read after bind");
	test_buffer_expect(&b.mem, 0, b.mem.len, 1, "CPU read at the end");
	svm_scene_close(&b);
}

/* The CPU takes the memory back and changes it, then it moves again. */
static void run_again(const void *huge)
{
	struct svm_scene b;

	if (!bench_open(&b, huge))
		return;
	if (!bench_fill(&b, 1) ||
	    !test_buffer_to_gpu(b.gpu, &b.mem, 0, b.mem.len) ||
	    !bench_expect_mapped(&b, 1, "GPU read after the first bind"))
		goto out;
	test_buffer_fill(&b.mem, 0, b.mem.len, 2);
	if (bench_gpu_sees(&b, 2, "GPU read of RAM") &&
	    test_buffer_to_gpu(b.gpu, &b.mem, 0, b.mem.len))
		bench_expect_mapped(&b, 2, "GPU read after the second bind");
out:
	svm_scene_close(&b);
}

/*
 * What the GPU writes after the bind is what the CPU reads.  Reading comes
 * first: a stale translation would let the GPU write to a stranger's memory.
 */
static void run_write(const void *huge)
{
	struct svm_scene b;

	if (!bench_open(&b, huge))
		return;
	if (!bench_fill(&b, 1) || !bench_gpu_sees(&b, 1, "GPU read of RAM") ||
	    !test_buffer_to_gpu(b.gpu, &b.mem, 0, b.mem.len) ||
	    !bench_expect_mapped(&b, 1, "GPU read after bind"))
		goto out;
	test_buffer_fill(&b.other, 0, b.other.len, 3);
	if (bench_copy(&b, b.mem.addr, b.other.addr)) {
		test_buffer_expect_device(&b.mem, 0, b.mem.len,
					  b.mem.len / TEST_PAGE, "GPU write");
		test_buffer_expect(&b.mem, 0, b.mem.len, 3,
				   "CPU read of what the GPU wrote");
	}
out:
	svm_scene_close(&b);
}

/* Memory that nobody has touched: zeros on the GPU, and it can be written. */
static void run_untouched(const void *huge)
{
	static const uint8_t zero[TEST_PAGE];
	struct svm_scene b;
	size_t off;

	if (!bench_open(&b, huge))
		return;
	if (!test_buffer_to_gpu(b.gpu, &b.mem, 0, b.mem.len) ||
	    !bench_copy(&b, b.other.addr, b.mem.addr))
		goto out;
	for (off = 0; off < b.other.len; off += TEST_PAGE)
		tap_check(!memcmp(b.other.addr + off, zero, TEST_PAGE),
			  "GPU read of untouched memory: not zero at %#zx", off);
	test_buffer_fill(&b.other, 0, b.other.len, 4);
	if (bench_copy(&b, b.mem.addr, b.other.addr))
		test_buffer_expect(&b.mem, 0, b.mem.len, 4,
				   "CPU read of what the GPU wrote");
out:
	svm_scene_close(&b);
}

/* From the middle of one huge page to the middle of the next one. */
static void run_part(const void *unused)
{
	const size_t from = TEST_HUGE / 2, len = TEST_HUGE;
	struct svm_scene b;

	(void)unused;
	if (!bench_open(&b, true))
		return;
	if (bench_fill(&b, 1) && bench_gpu_sees(&b, 1, "GPU read of RAM") &&
	    test_buffer_to_gpu(b.gpu, &b.mem, from, len)) {
		recycle_free_pages(true);
		recycle_free_pages(false);
		bench_gpu_sees(&b, 1, "GPU read after bind");
		test_buffer_expect_device(&b.mem, 0, b.mem.len, len / TEST_PAGE,
					  "after bind");
	}
	test_buffer_expect(&b.mem, 0, b.mem.len, 1, "CPU read at the end");
	svm_scene_close(&b);
}

#define HUGE ((void *)1)

static const struct tap_case cases[] = {
	{ "svm_bind-touched-4k", run_touched, NULL },
	{ "svm_bind-touched-2m", run_touched, HUGE },
	{ "svm_bind-again-4k", run_again, NULL },
	{ "svm_bind-again-2m", run_again, HUGE },
	{ "svm_bind-write-4k", run_write, NULL },
	{ "svm_bind-write-2m", run_write, HUGE },
	{ "svm_bind-untouched-4k", run_untouched, NULL },
	{ "svm_bind-untouched-2m", run_untouched, HUGE },
	{ "svm_bind-part-of-2m-pages", run_part, NULL },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);
	cpu_set_t one;

	test_options_parse(&opts, argc, argv,
			   "Checks that the GPU finds memory where SVM_BIND has put it.",
			   cases, count);
	/* Pages that are freed here are the next ones to be allocated here. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	return tap_run(cases, count, opts.only);
}
