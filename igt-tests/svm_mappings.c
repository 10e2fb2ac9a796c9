// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What nouveau knows about the pages that the GPU has in its page tables: that it
 * stays right when there is no memory to write it down, and that pages of RAM do
 * not stay mapped for DMA after they have gone.  Needs the debug kernel.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svm_scene.h"
#include "test_fail.h"
#include "test_options.h"

#define LEN	(64 * TEST_PAGE)
#define NOTIFIER "nouveau_svmm_invalidate_range_start"
#define WARNINGS "/sys/kernel/warn_count"
#define DMA_API	"/sys/kernel/debug/dma-api/"

static struct test_options opts = { .gpu = "/dev/dri/renderD128", .rounds = 16 };

static long mappings_number(const char *path)
{
	FILE *f = fopen(path, "re");
	long n = -1;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/* ---- no memory to split a node */

/* Every third page goes, so that no two that go are neighbours. */
static bool mappings_goes(size_t off)
{
	return off / TEST_PAGE % 3 == 1;
}

static bool mappings_drop(struct svm_scene *s)
{
	bool ok = test_fail_percent("failslab", 100);
	size_t off;

	for (off = 0; ok && off < LEN; off += TEST_PAGE)
		if (mappings_goes(off))
			ok = tap_equal(madvise(s->mem.addr + off, TEST_PAGE,
					       MADV_DONTNEED), 0, "MADV_DONTNEED");
	return test_fail_percent("failslab", 0) && ok;
}

static void mappings_expect(struct svm_scene *s, bool replaced)
{
	size_t off;

	if (!svm_scene_copy(s))
		return;
	for (off = 0; off < LEN; off += TEST_PAGE)
		if (!test_buffer_expect(&s->other, off, TEST_PAGE,
					replaced && mappings_goes(off) ? 2 : 1,
					"read by the GPU"))
			return;
}

static void mappings_replace(struct svm_scene *s)
{
	size_t off;

	test_buffer_fill(&s->mem, 0, LEN, 1);
	mappings_expect(s, false);
	if (!mappings_drop(s))
		return;
	for (off = 0; off < LEN; off += TEST_PAGE)
		if (mappings_goes(off))
			test_buffer_fill(&s->mem, off, TEST_PAGE, 2);
	mappings_expect(s, true);
}

static void run_no_memory(const void *arg)
{
	struct svm_scene s;
	unsigned int i;
	long warnings;

	(void)arg;
	if (!test_fail_exists("failslab") ||
	    !test_fail_prepare("failslab", NOTIFIER) || !svm_scene_open(&s, opts.gpu, LEN, false))
		return;
	/* From here on: nouveau may make dma-debug warn when a channel is opened */
	warnings = mappings_number(WARNINGS);
	for (i = 0; i < opts.rounds && !tap_failed(); i++)
		mappings_replace(&s);
	svm_scene_close(&s);
	tap_check(test_fail_count("failslab") > 0, "no allocation has failed");
	tap_equal(mappings_number(WARNINGS), warnings, "warnings of the kernel");
	tap_note("%ld allocations failed", test_fail_count("failslab"));
}

/* ---- mappings for DMA */

static long mappings_dma(void)
{
	return mappings_number(DMA_API "nr_total_entries") -
	       mappings_number(DMA_API "num_free_entries");
}

/* Pages that the GPU has read in RAM go to its memory, and come back. */
static bool mappings_round_trip(struct svm_scene *s)
{
	test_buffer_fill(&s->mem, 0, LEN, 1);
	return svm_scene_copy(s) && test_buffer_to_gpu(s->gpu, &s->mem, 0, LEN);
}

/* What stays is as much as of one page in each round: others use DMA, too. */
static void run_dma(const void *arg)
{
	struct svm_scene s;
	unsigned int i;
	long before;

	(void)arg;
	if (access(DMA_API "num_free_entries", F_OK)) {
		tap_skip("this kernel has no " DMA_API);
		return;
	}
	if (!svm_scene_open(&s, opts.gpu, LEN, false))
		return;
	if (mappings_round_trip(&s) && mappings_round_trip(&s)) {
		before = mappings_dma();
		for (i = 0; i < opts.rounds && mappings_round_trip(&s); i++)
			;
		tap_check(mappings_dma() - before < opts.rounds,
			  "pages mapped for DMA: expected %ld and few more, found %ld",
			  before, mappings_dma());
	}
	svm_scene_close(&s);
}

static const struct tap_case cases[] = {
	{ "svm_mappings-no-memory", run_no_memory, NULL },
	{ "svm_mappings-dma", run_dma, NULL },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "What nouveau knows about pages that the GPU has mapped.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
