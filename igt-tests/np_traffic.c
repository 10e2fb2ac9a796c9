// SPDX-License-Identifier: MIT
/*
 * GPU and HCA at the same time: a thread has the GPU copy all the time, on a
 * channel of its own, while the HCA writes to and reads from the same pages.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "nouveau_svm_p2p.h"
#include "np_stage.h"
#include "tap.h"

#define LEN	(8 * TEST_PAGE)
#define HALF	(TEST_PAGE / 2)
#define ROUNDS	6

struct both {
	struct np_stage *n;
	struct svm_channel ch;
	struct rdma_buffer buf;
	struct test_buffer src;		/* what the GPU writes, seed 2 */
	atomic_bool stop;
	atomic_int copies;
	pthread_t thread;
	int ret;
};

/* Writes the upper half of every page, again and again. */
static void *both_run(void *arg)
{
	struct both *b = arg;
	size_t off;

	while (!b->ret && !atomic_load(&b->stop)) {
		for (off = HALF; off < LEN && !b->ret; off += TEST_PAGE)
			b->ret = svm_channel_copy(&b->ch, b->buf.mem.addr + off,
						  b->src.addr + off, HALF);
		atomic_fetch_add(&b->copies, 1);
	}
	return NULL;
}

static bool both_open(struct both *b, bool vram)
{
	int ret;

	memset(b, 0, sizeof(*b));
	b->n = np_stage();
	if (!b->n || !rdma_buffer_open(&b->buf, &b->n->pair, LEN, false, 1) ||
	    !tap_check(!test_buffer_alloc(&b->src, LEN, false), "no memory"))
		return false;
	ns_fill(b->src.addr, LEN, 2, 0);
	if (vram && !ns_to_gpu(b->n->s, b->buf.mem.addr, LEN))
		return false;
	ret = svm_channel_open(&b->ch, b->n->s->gpu);
	if (!tap_check(!ret, "channel: %s", strerror(-ret)))
		return false;
	if (tap_check(!pthread_create(&b->thread, NULL, both_run, b), "thread"))
		return true;
	svm_channel_close(&b->ch);
	return false;
}

static void both_stop(struct both *b)
{
	while (atomic_load(&b->copies) < 2 && !b->ret)
		sched_yield();
	atomic_store(&b->stop, true);
	pthread_join(b->thread, NULL);
	svm_channel_close(&b->ch);
	tap_equal(b->ret, 0, "the last copy of the GPU");
}

static void both_free(struct both *b)
{
	rdma_buffer_close(&b->buf);
	test_buffer_free(&b->src);
}

/* Lower halves are the HCA's, with @seed; upper ones the GPU's. */
static void both_expect(struct both *b, uint64_t seed)
{
	size_t off;

	for (off = 0; off < LEN; off += TEST_PAGE) {
		ns_expect(b->buf.mem.addr + off, HALF, seed, off, "of the HCA");
		ns_expect(b->buf.mem.addr + off + HALF, HALF, 2, off + HALF,
			  "of the GPU");
	}
}

static bool both_hca_round(struct both *b, uint64_t seed)
{
	size_t off;

	for (off = 0; off < LEN; off += TEST_PAGE)
		if (!np_hca_write(b->n, &b->buf, off, HALF, seed, off, "HCA write") ||
		    !np_hca_read(b->n, &b->buf, off, HALF, seed, off, "HCA read"))
			return false;
	return true;
}

static void do_nothing(struct both *b) { (void)b; }

static void do_bind(struct both *b)
{
	ns_bind_some(b->n->s->gpu, b->buf.mem.addr, LEN);
}

/* The CPU takes pages back without a change. */
static void do_touch(struct both *b)
{
	size_t off;

	for (off = 0; off < LEN; off += 2 * TEST_PAGE)
		(void)*(volatile uint8_t *)(b->buf.mem.addr + off);
}

static void do_touch_and_bind(struct both *b)
{
	do_touch(b);
	do_bind(b);
}

struct both_case {
	bool vram;
	void (*meanwhile)(struct both *b);
};

static void run_both(const void *arg)
{
	const struct both_case *c = arg;
	struct both b;
	uint64_t seed = 10;

	if (both_open(&b, c->vram)) {
		do {
			c->meanwhile(&b);
		} while (++seed < 10 + ROUNDS && both_hca_round(&b, seed));
		both_stop(&b);
		if (c->vram && c->meanwhile == do_nothing)
			ns_expect_pages(b.buf.mem.addr, LEN, LEN / TEST_PAGE,
					"in the end");
		both_expect(&b, seed - 1);
	}
	both_free(&b);
}

/* The same memory is moved away from under both; new memory comes. */
static void run_dontneed(const void *arg)
{
	struct both b;
	int i;

	(void)arg;
	if (both_open(&b, true)) {
		for (i = 0; i < ROUNDS; i++) {
			madvise(b.buf.mem.addr, LEN, MADV_DONTNEED);
			do_bind(&b);
			if (!both_hca_round(&b, 20 + i))
				break;
		}
		atomic_store(&b.copies, 0);
		both_stop(&b);
		both_expect(&b, 20 + ROUNDS - 1);
	}
	both_free(&b);
}

#define BOTH(name, ...) \
	{ name, run_both, &(const struct both_case){ __VA_ARGS__ } }

static const struct igt_case traffic_cases[] = {
	BOTH("in-ram", false, do_nothing),
	BOTH("in-vram", true, do_nothing),
	BOTH("bind", false, do_bind),
	BOTH("cpu-reads", true, do_touch),
	BOTH("cpu-reads-and-bind", true, do_touch_and_bind),
	{ "dontneed", run_dontneed, NULL },
	{ }
};

const struct igt_group np_traffic_groups[] = {
	{ .name = "gpu-and-hca", .what = "GPU and HCA write to the same pages at once",
	  .cases = traffic_cases },
	{ }
};
