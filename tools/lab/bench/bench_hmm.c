// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Instructions of hmm_range_fault() over memory in RAM for a caller without
 * dma_dev, by the module hmm_bench.  Runs on kernels with and without the series.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"
#include "test_buffer.h"
#include "test_options.h"

#define FILE_NAME	"/sys/kernel/debug/hmm_bench"
#define REQ_FAULT	(1UL << 63)	/* HMM_PFN_REQ_FAULT */
#define REQ_WRITE	(1UL << 62)	/* HMM_PFN_REQ_WRITE */

static struct test_options opts = { .rounds = 201 };

struct load {
	const char *name;
	unsigned int npages;
	bool huge;
	unsigned long flags;
};

static bool load_write(const struct load *l, const struct test_buffer *buf)
{
	FILE *f = fopen(FILE_NAME, "w");
	int ret;

	if (!tap_check(f, FILE_NAME ": %s", strerror(errno)))
		return false;
	fprintf(f, "%lx %u %lx %u", (unsigned long)buf->addr, l->npages,
		l->flags, opts.rounds);
	ret = fclose(f);
	return tap_check(!ret, "hmm_range_fault: %s", strerror(errno));
}

static unsigned int load_print(const struct load *l)
{
	FILE *f = fopen(FILE_NAME, "r");
	unsigned long long count;
	unsigned int n = 0;

	printf("# counts %s", l->name);
	while (f && fscanf(f, "%llu", &count) == 1) {
		printf(" %llu", count);
		n++;
	}
	printf("\n");
	if (f)
		fclose(f);
	return n;
}

static void run_load(const void *arg)
{
	const struct load *l = arg;
	struct test_buffer buf;
	int ret = test_buffer_alloc(&buf, TEST_HUGE, l->huge);

	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		return;
	test_buffer_fill(&buf, 0, buf.len, 1);
	if ((!l->huge || tap_equal(test_buffer_huge_bytes(&buf), TEST_HUGE,
				   "bytes in 2 MiB pages")) &&
	    load_write(l, &buf))
		tap_equal(load_print(l), opts.rounds, "samples");
	test_buffer_free(&buf);
}

#define LOAD(name_, ...) \
	{ "bench_hmm-" #name_, run_load, \
	  &(const struct load){ .name = #name_, __VA_ARGS__ } }

static const struct tap_case cases[] = {
	LOAD(hmm_512x4k, .npages = 512, .flags = REQ_FAULT | REQ_WRITE),
	LOAD(hmm_512x4k_snapshot, .npages = 512),
	LOAD(hmm_16x4k, .npages = 16, .flags = REQ_FAULT | REQ_WRITE),
	LOAD(hmm_1x4k, .npages = 1, .flags = REQ_FAULT | REQ_WRITE),
	LOAD(hmm_2m, .npages = 512, .huge = true, .flags = REQ_FAULT | REQ_WRITE),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Instructions of hmm_range_fault() over RAM; under guest --icount.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
