// SPDX-License-Identifier: MIT
/* Two GPUs: memory of a process is on one of them, and both may use it. */

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "svm_pagemap.h"
#include "tap.h"

#define LEN_4K	(4 * TEST_PAGE)

struct gpus {
	struct ns_stage *a;
	struct ns_stage b;
	struct test_buffer buf;
	size_t len;
};

static bool gpus_open(struct gpus *g, bool huge)
{
	if (!ns_stage_node(1)) {
		tap_skip("there is one GPU (topology two-gpus)");
		return false;
	}
	g->len = huge ? TEST_HUGE : LEN_4K;
	g->a = ns_stage();
	if (!g->a || !ns_stage_open(&g->b, ns_stage_node(1)))
		return false;
	if (tap_check(!test_buffer_alloc(&g->buf, g->len, huge), "no memory")) {
		ns_fill(g->buf.addr, g->len, 1, 0);
		return true;
	}
	ns_stage_close(&g->b);
	return false;
}

/* Both in turn, by RAM. */
static void gpus_ram(struct gpus *g)
{
	ns_gpu_read(g->a, g->buf.addr, g->len, 1, 0, "read by the first");
	ns_gpu_read(&g->b, g->buf.addr, g->len, 1, 0, "read by the second");
	ns_gpu_write(&g->b, g->buf.addr, g->len, 2, 0, "write by the second");
	ns_gpu_read(g->a, g->buf.addr, g->len, 2, 0, "read by the first");
	ns_expect(g->buf.addr, g->len, 2, 0, "CPU read");
}

static void gpus_second(struct gpus *g)
{
	if (!ns_to_gpu(&g->b, g->buf.addr, g->len))
		return;
	ns_gpu_read(&g->b, g->buf.addr, g->len, 1, 0, "read by the second");
	ns_gpu_write(&g->b, g->buf.addr, g->len, 2, 0, "write by the second");
	ns_expect(g->buf.addr, g->len, 2, 0, "CPU read");
}

/* What is on the other GPU is moved to RAM for this one. */
static void gpus_foreign_read(struct gpus *g)
{
	if (!ns_to_gpu(g->a, g->buf.addr, g->len))
		return;
	ns_gpu_read(&g->b, g->buf.addr, g->len, 1, 0, "read by the second");
	ns_expect_pages(g->buf.addr, g->len, 0, "after it");
	ns_gpu_read(g->a, g->buf.addr, g->len, 1, 0, "read by the first");
	ns_expect(g->buf.addr, g->len, 1, 0, "CPU read");
}

static void gpus_foreign_write(struct gpus *g)
{
	if (!ns_to_gpu(g->a, g->buf.addr, g->len) ||
	    !ns_gpu_read(g->a, g->buf.addr, g->len, 1, 0, "read by the first"))
		return;
	ns_gpu_write(&g->b, g->buf.addr, g->len, 2, 0, "write by the second");
	ns_gpu_read(g->a, g->buf.addr, g->len, 2, 0, "read by the first");
	ns_expect(g->buf.addr, g->len, 2, 0, "CPU read");
}

/* SVM_BIND takes memory of the process, not of another GPU. */
static void gpus_foreign_bind(struct gpus *g)
{
	long pages = g->len / TEST_PAGE;

	if (!ns_to_gpu(g->a, g->buf.addr, g->len))
		return;
	ns_bind_expect(g->b.gpu, g->buf.addr, g->len, 0, pages, "on the first");
	ns_expect(g->buf.addr, g->len, 1, 0, "CPU read");
	ns_bind_expect(g->b.gpu, g->buf.addr, g->len, pages, pages, "in RAM");
	ns_gpu_read(&g->b, g->buf.addr, g->len, 1, 0, "read by the second");
	ns_expect(g->buf.addr, g->len, 1, 0, "CPU read in the end");
}

/* Every other page on each. */
static void gpus_mixed(struct gpus *g)
{
	size_t off;

	for (off = 0; off < g->len; off += TEST_PAGE)
		ns_to_gpu(off / TEST_PAGE % 2 ? &g->b : g->a, g->buf.addr + off,
			  TEST_PAGE);
	ns_expect_pages(g->buf.addr, g->len, g->len / TEST_PAGE, "on both");
	ns_gpu_read(g->a, g->buf.addr, g->len, 1, 0, "read by the first");
	ns_expect_pages(g->buf.addr, g->len, g->len / TEST_PAGE / 2, "after it");
	ns_gpu_read(&g->b, g->buf.addr, g->len, 1, 0, "read by the second");
	ns_expect(g->buf.addr, g->len, 1, 0, "CPU read");
}

struct gpus_case {
	void (*play)(struct gpus *g);
	bool huge;
};

static void run_gpus(const void *arg)
{
	const struct gpus_case *c = arg;
	struct gpus g;

	if (!gpus_open(&g, c->huge))
		return;
	c->play(&g);
	test_buffer_free(&g.buf);
	ns_stage_close(&g.b);
}

#define ONE(name, fn, huge) \
	{ name, run_gpus, &(const struct gpus_case){ fn, huge } }
#define BOTH(name, fn) ONE(name "-4k", fn, false), ONE(name "-2m-thp", fn, true)

static const struct igt_case gpus_cases[] = {
	BOTH("in-ram", gpus_ram),
	BOTH("on-second", gpus_second),
	BOTH("foreign-read", gpus_foreign_read),
	BOTH("foreign-write", gpus_foreign_write),
	BOTH("foreign-bind", gpus_foreign_bind),
	ONE("mixed-4k", gpus_mixed, false),
	{ }
};

const struct igt_group ns_gpus_groups[] = {
	{ .name = "two-gpus", .what = "a process uses two GPUs",
	  .cases = gpus_cases },
	{ }
};
