// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What it costs to register memory, to have the HCA touch all of it for the first
 * time, and to take it away from the HCA again: by size, kind of memory and size
 * of page.  Every sample has memory of its own.  Prints lines for make bench.
 *
 * mlx5 maps what is there when a region for on-demand paging is registered, so
 * there is nothing then, unless that ("register_filled") is what is measured.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench_page.h"
#include "bench_point.h"
#include "svm_gpu.h"
#include "svm_pagemap.h"
#include "tap.h"
#include "test_options.h"
#include "test_p2p.h"

#define MIB		(1UL << 20)
#define MESSAGE		MIB
#define DEPTH		16
#define SMALL_SHARE	32	/* so much less in 4 KiB pages, for the time */
#define ADVICE_MAX	(1UL << 30)	/* in one call: its length has 32 bits */

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .rounds = 5,
	.size_mib = 512,
};

enum kind { KIND_PINNED, KIND_HOST, KIND_P2P, KIND_UPSTREAM };

/* What is measured, and of which kinds of memory. */
static const struct operation {
	const char *name;
	unsigned int kinds;
} operations[] = {
#define ON(k)	(1 << KIND_##k)
#define ODP	(ON(HOST) | ON(P2P) | ON(UPSTREAM))
	{ "register", ODP | ON(PINNED) },
	{ "register_filled", ON(HOST) | ON(P2P) },
	{ "first_write", ODP | ON(PINNED) },
	{ "next_write", ODP | ON(PINNED) },
	{ "prefetch", ON(HOST) | ON(P2P) },
	{ "mremap_mapped", ON(HOST) | ON(P2P) },
	{ "mremap_unmapped", ON(HOST) | ON(P2P) },
	{ "to_gpu_mapped", ON(HOST) },
	{ "to_gpu_unmapped", ON(HOST) },
	{ "to_ram_mapped", ON(P2P) },
	{ "to_ram_unmapped", ON(P2P) },
};
enum { REGISTER, FILLED, FIRST, NEXT, PREFETCH, MREMAP, MOVE = MREMAP + 2 };
#define OPERATIONS	(sizeof(operations) / sizeof(operations[0]))

static const char *const kinds[] = { "pinned", "host_odp", "p2p", "upstream" };

struct touch {
	int gpu;
	enum kind kind;
	bool huge;
	bool warm;		/* the sample does not count */
	size_t len;
	struct rdma_pair pair;
	struct rdma_buffer source, buf;
	void *room;
};

static void series(const struct touch *t, size_t op, struct bench_series *s,
		   char name[64])
{
	snprintf(name, 64, "%s_%s", operations[op].name, t->huge ? "2m" : "4k");
	*s = (struct bench_series){ kinds[t->kind], name, "us" };
}

static void point(const struct touch *t, size_t op, uint64_t start)
{
	double us = (bench_ns() - start) / 1000.;
	struct bench_series s;
	char name[64];

	series(t, op, &s, name);
	if (!t->warm)
		bench_point(&s, t->len, us);
}

static void plan(const struct touch *t)
{
	struct bench_series s;
	char name[64];
	size_t op;

	for (op = 0; op < OPERATIONS; op++) {
		if (!(operations[op].kinds & 1 << t->kind))
			continue;
		series(t, op, &s, name);
		bench_plan(&s, t->len);
	}
}

/* The CPU touches every page: that brings them into being, or to RAM. */
static void cpu_touch(const struct touch *t)
{
	volatile uint8_t *p = t->buf.mem.addr;
	size_t off;

	for (off = 0; off < t->len; off += TEST_PAGE)
		p[off] = p[off] + 1;
}

static bool touch_alloc(struct touch *t)
{
	int ret = test_buffer_alloc(&t->buf.mem, t->len, t->huge);

	return tap_check(!ret, "memory: %s", strerror(-ret));
}

static bool touch_fill(struct touch *t)
{
	bool vram = t->kind == KIND_P2P || t->kind == KIND_UPSTREAM;

	cpu_touch(t);
	if (t->huge && !tap_equal(test_buffer_huge_bytes(&t->buf.mem), t->len,
				  "bytes in 2 MiB pages"))
		return false;
	return test_p2p_set(t->kind != KIND_UPSTREAM) &&
	       (!vram || test_buffer_to_gpu(t->gpu, &t->buf.mem, 0, t->len));
}

/* The HCA writes to all of it. */
static bool write_all(struct touch *t)
{
	struct rdma_transfer x = {
		.opcode = IBV_WR_RDMA_WRITE, .local = &t->source,
		.remote = &t->buf, .len = MESSAGE,
	};
	struct ibv_send_wr wr[DEPTH];
	struct ibv_sge sge[DEPTH];
	unsigned int n;
	size_t off;

	for (off = 0; off < t->len;) {
		for (n = 0; n < DEPTH && off < t->len; n++, off += MESSAGE) {
			x.remote_off = off;
			rdma_transfer_wr(&x, &wr[n], &sge[n]);
		}
		if (!rdma_pair_requests(&t->pair, wr, n, "write"))
			return false;
	}
	return true;
}

static bool prefetch_all(struct touch *t)
{
	size_t off, len;
	uint64_t ns;

	for (off = 0; off < t->len; off += len) {
		len = t->len - off < ADVICE_MAX ? t->len - off : ADVICE_MAX;
		if (!bench_page_prefetch(&t->pair, &t->buf, off, len, bench_ns, &ns))
			return false;
	}
	return true;
}

static bool timed(struct touch *t, size_t op, bool (*fn)(struct touch *t))
{
	uint64_t start = bench_ns();

	if (!fn(t))
		return false;
	point(t, op, start);
	return true;
}

static bool do_register(struct touch *t)
{
	return t->kind == KIND_PINNED ?
	       rdma_buffer_register_pinned(&t->buf, &t->pair) :
	       rdma_buffer_register(&t->buf, &t->pair);
}

static bool do_mremap(struct touch *t)
{
	return bench_page_zap(t->buf.mem.addr, t->room, t->len);
}

/* To the other side: SVM_BIND, or the CPU reads. */
static bool do_move(struct touch *t)
{
	int ret = 0;

	if (t->kind == KIND_HOST)
		ret = svm_gpu_migrate(t->gpu, t->buf.mem.addr, t->len);
	else
		cpu_touch(t);
	return tap_check(!ret, "SVM_BIND: %s", strerror(-ret));
}

/* All but the last few pages, which somebody may hold for a moment, are there. */
static bool expect_gpu(struct touch *t, bool on_gpu, const char *what)
{
	long pages = svm_pagemap_count_device(t->buf.mem.addr, t->len / TEST_PAGE);
	long all = t->len / TEST_PAGE;

	return tap_check(on_gpu ? pages > all - all / 50 - 1 : !pages,
			 "%s: %ld of %ld pages on the GPU", what, pages, all);
}

static size_t move_op(const struct touch *t, bool mapped)
{
	return MOVE + (t->kind == KIND_P2P ? 2 : 0) + !mapped;
}

/* Taking away what the HCA has mapped, or what it has not. */
static bool take_away(struct touch *t, bool mapped)
{
	if (!timed(t, MREMAP + !mapped, do_mremap))
		return false;
	if (mapped && !timed(t, PREFETCH, prefetch_all))
		return false;
	return timed(t, move_op(t, mapped), do_move) &&
	       expect_gpu(t, t->kind == KIND_HOST, "moved");
}

static bool has_more(const struct touch *t)
{
	return t->kind == KIND_HOST || t->kind == KIND_P2P;
}

static bool touch_mapped(struct touch *t)
{
	bool pinned = t->kind == KIND_PINNED;

	return touch_alloc(t) && (!pinned || touch_fill(t)) &&
	       timed(t, REGISTER, do_register) && (pinned || touch_fill(t)) &&
	       timed(t, FIRST, write_all) && timed(t, NEXT, write_all) &&
	       expect_gpu(t, t->kind == KIND_P2P, kinds[t->kind]) &&
	       (!has_more(t) || take_away(t, true));
}

static bool touch_unmapped(struct touch *t)
{
	return touch_alloc(t) && do_register(t) && touch_fill(t) &&
	       take_away(t, false);
}

static bool touch_filled(struct touch *t)
{
	return touch_alloc(t) && touch_fill(t) && timed(t, FILLED, do_register);
}

/* A sample of memory that is there for it only. */
static bool touch_once(struct touch *t, bool (*fn)(struct touch *t))
{
	bool ok;

	memset(&t->buf, 0, sizeof(t->buf));
	ok = fn(t);
	rdma_buffer_close(&t->buf);
	return ok;
}

static bool touch_kind(struct touch *t, enum kind kind)
{
	t->kind = kind;
	return touch_once(t, touch_mapped) &&
	       (!has_more(t) || (touch_once(t, touch_unmapped) &&
				 touch_once(t, touch_filled)));
}

static bool touch_open(struct touch *t)
{
	const struct rdma_transfer first = {
		.opcode = IBV_WR_RDMA_WRITE, .local = &t->source,
		.remote = &t->source, .len = MESSAGE,
	};

	t->gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(t->gpu >= 0, "%s: %s", opts.gpu, strerror(-t->gpu)))
		return false;
	t->room = bench_page_room(t->len);
	return t->room && rdma_pair_open(&t->pair, opts.device, false) &&
	       rdma_buffer_open(&t->source, &t->pair, MESSAGE, false, 1) &&
	       rdma_transfer(&t->pair, &first, "the source gets mapped");
}

static void touch_close(struct touch *t)
{
	rdma_buffer_close(&t->source);
	if (t->pair.ctx)
		rdma_pair_close(&t->pair);
	if (t->gpu >= 0)
		close(t->gpu);
	test_p2p_set(true);
}

struct touch_case {
	size_t mib;
	bool huge;
};

/* Before the first round one that does not count: models meet the memory. */
static void touch_rounds(struct touch *t)
{
	unsigned int r, k;

	for (r = 0; r <= opts.rounds; r++) {
		t->warm = !r;
		for (k = 0; k < 4; k++)
			if (!touch_kind(t, (k + r) % 4))
				return;
	}
}

static void run_touch(const void *arg)
{
	const struct touch_case *c = arg;
	struct touch t = { .gpu = -1, .huge = c->huge, .len = c->mib * MIB };

	if (c->mib * (c->huge ? 1 : SMALL_SHARE) > opts.size_mib) {
		tap_skip("larger than --size %u allows", opts.size_mib);
		return;
	}
	for (t.kind = KIND_PINNED; t.kind <= KIND_UPSTREAM; t.kind++)
		plan(&t);
	if (touch_open(&t))
		touch_rounds(&t);
	touch_close(&t);
}

#define TOUCH_4K(mib) \
	{ "bench_touch-4k-" #mib, run_touch, &(const struct touch_case){ mib, false } }
#define TOUCH_2M(mib) \
	{ "bench_touch-2m-" #mib, run_touch, &(const struct touch_case){ mib, true } }

static const struct tap_case cases[] = {
	TOUCH_4K(1), TOUCH_4K(4), TOUCH_4K(16), TOUCH_4K(64),
	TOUCH_2M(8), TOUCH_2M(32), TOUCH_2M(128), TOUCH_2M(512),
	TOUCH_2M(1024), TOUCH_2M(2048), TOUCH_2M(4096),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "Registration, first touch and invalidation, by size.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
