// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A GPU with less memory than is asked for (topology vram-384m): as much is
 * migrated as there is room for, the rest stays in RAM, and memory that was
 * freed is used again.
 */
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"
#include "svm_pagemap.h"

#include "test_buffer.h"
#include "test_dmem.h"
#include "test_options.h"

#define CHUNK		(256UL << 20)
#define CHUNK_PAGES	(CHUNK / TEST_PAGE)
#define LEN_2M		(CHUNK + 2 * TEST_HUGE)
#define LEN_4K		(16 * TEST_PAGE)

static struct test_options opts = { .gpu = "/dev/dri/renderD128" };

static bool exhaust_buffer(struct test_buffer *buf, size_t len, bool huge)
{
	int ret = test_buffer_alloc(buf, len, huge);

	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		return false;
	test_buffer_fill(buf, 0, len, 1);
	return true;
}

static bool exhaust_migrate(int gpu, const struct test_buffer *buf,
			    long expected, const char *what)
{
	int ret = svm_gpu_migrate(gpu, buf->addr, buf->len);

	return tap_check(!ret, "SVM_BIND: %s", strerror(-ret)) &&
	       test_buffer_expect_device(buf, 0, buf->len, expected, what);
}

/* The chunk is of one kind, so there is no memory of the other at all. */
static void exhaust_play(int gpu, struct test_buffer *big,
			 struct test_buffer *small)
{
	struct test_dmem d;

	if (!exhaust_migrate(gpu, big, CHUNK_PAGES, "more than fits") ||
	    !exhaust_migrate(gpu, small, 0, "of another kind") ||
	    !test_dmem_get(&d))
		return;
	tap_equal(d.chunks, 1, "chunks of device memory");
	tap_equal(d.allocated, CHUNK / TEST_HUGE, "folios in use");
	test_buffer_expect(small, 0, LEN_4K, 1, "what has stayed in RAM");
	test_buffer_expect(big, 0, LEN_2M, 1, "what was on the GPU");
	if (!test_dmem_expect_empty("after the CPU has read it"))
		return;
	exhaust_migrate(gpu, big, CHUNK_PAGES, "again");
}

static void run_exhaust(const void *arg)
{
	struct test_buffer big = { }, small = { };
	int gpu = svm_gpu_open(opts.gpu);

	(void)arg;
	if (!tap_check(gpu >= 0, "%s: %s", opts.gpu, strerror(-gpu)))
		return;
	if (exhaust_buffer(&big, LEN_2M, true) &&
	    exhaust_buffer(&small, LEN_4K, false))
		exhaust_play(gpu, &big, &small);
	test_buffer_free(&big);
	test_buffer_free(&small);
	close(gpu);
	test_dmem_expect_empty("in the end");
}

static const struct tap_case cases[] = {
	{ "svm_exhaust-vram", run_exhaust, NULL },
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv, "More memory than the GPU has.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
