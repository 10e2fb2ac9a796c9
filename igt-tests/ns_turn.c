// SPDX-License-Identifier: MIT
/* CPU and GPU write to the same memory, in turn or at the same time. */
#include <pthread.h>
#include <stdatomic.h>

#include "nouveau_svm.h"
#include "ns_stage.h"
#include "tap.h"

#define ROUNDS	3

struct turn {
	size_t len;
	bool huge, bind;
};

static bool turn_open(struct test_buffer *buf, const struct turn *t)
{
	if (!tap_check(!test_buffer_alloc(buf, t->len, t->huge), "no memory"))
		return false;
	ns_fill(buf->addr, buf->len, 0, 0);
	return true;
}

/* CPU writes, GPU reads, GPU writes, CPU reads. */
static bool turn_round(struct ns_stage *s, struct test_buffer *buf,
		       const struct turn *t, uint64_t seed)
{
	ns_fill(buf->addr, buf->len, seed, 0);
	if (t->bind && !ns_to_gpu(s, buf->addr, buf->len))
		return false;
	return ns_gpu_read(s, buf->addr, buf->len, seed, 0, "GPU read") &&
	       ns_gpu_write(s, buf->addr, buf->len, seed + 1, 0, "GPU write") &&
	       ns_expect_pages(buf->addr, buf->len,
			       t->bind ? buf->len / TEST_PAGE : 0, "GPU write") &&
	       ns_expect(buf->addr, buf->len, seed + 1, 0, "CPU read");
}

static void run_turns(const void *arg)
{
	const struct turn *t = arg;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;
	int i;

	if (!s || !turn_open(&buf, t))
		return;
	for (i = 0; i < ROUNDS && turn_round(s, &buf, t, 2 * i + 1); i++)
		;
	test_buffer_free(&buf);
}

/* Each has one half of every page: neither may lose what the other wrote. */
static void run_halves(const void *arg)
{
	const size_t half = TEST_PAGE / 2;
	const struct turn *t = arg;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;
	uint64_t seed;
	size_t off;

	if (!s || !turn_open(&buf, t))
		return;
	for (seed = 1; seed <= ROUNDS && !tap_failed(); seed++) {
		for (off = 0; off < t->len; off += TEST_PAGE)
			ns_fill(buf.addr + off, half, 10 + seed, off);
		if (t->bind && !ns_to_gpu(s, buf.addr, t->len))
			break;
		for (off = 0; off < t->len; off += TEST_PAGE)
			ns_gpu_write(s, buf.addr + off + half, half, 20 + seed,
				     off + half, "GPU write");
		for (off = 0; off < t->len; off += TEST_PAGE) {
			ns_expect(buf.addr + off, half, 10 + seed, off, "of the CPU");
			ns_expect(buf.addr + off + half, half, 20 + seed,
				  off + half, "of the GPU");
		}
	}
	test_buffer_free(&buf);
}

struct racer {
	struct test_buffer *buf;
	atomic_bool stop;
	uint64_t last;
};

/* Counts in the first word of every page, once at least, up to where it is stopped. */
static void *racer_count(void *arg)
{
	struct racer *r = arg;
	uint64_t n = 0;
	size_t off;

	do {
		n++;
		for (off = 0; off < r->buf->len; off += TEST_PAGE)
			*(volatile uint64_t *)(r->buf->addr + off) = n;
	} while (!atomic_load(&r->stop));
	r->last = n;
	return NULL;
}

/* The GPU writes to the rest of the pages while they move to and fro. */
static void race_play(struct ns_stage *s, struct racer *r)
{
	size_t off, len = TEST_PAGE - 8;
	uint64_t seed;
	pthread_t thread;

	if (!tap_check(!pthread_create(&thread, NULL, racer_count, r), "thread"))
		return;
	for (seed = 1; seed <= ROUNDS; seed++) {
		for (off = 0; off < r->buf->len; off += TEST_PAGE) {
			ns_bind_some(s->gpu, r->buf->addr + off, TEST_PAGE);
			ns_gpu_write(s, r->buf->addr + off + 8, len, seed, off + 8,
				     "GPU write");
		}
	}
	atomic_store(&r->stop, true);
	pthread_join(thread, NULL);
	for (off = 0; off < r->buf->len; off += TEST_PAGE) {
		ns_expect(r->buf->addr + off + 8, len, ROUNDS, off + 8, "of the GPU");
		tap_equal(*(uint64_t *)(r->buf->addr + off), r->last, "of the CPU");
	}
}

static void run_race(const void *arg)
{
	const struct turn *t = arg;
	struct ns_stage *s = ns_stage();
	struct test_buffer buf;
	struct racer r = { .buf = &buf };

	if (!s || !turn_open(&buf, t))
		return;
	race_play(s, &r);
	test_buffer_free(&buf);
}

#define TURN(name, fn, bytes, ...) \
	{ name, fn, &(const struct turn){ .len = bytes, ##__VA_ARGS__ } }

static const struct igt_case turn_cases[] = {
	TURN("4k-in-ram", run_turns, TEST_PAGE),
	TURN("4k", run_turns, TEST_PAGE, .bind = true),
	TURN("64k", run_turns, 16 * TEST_PAGE, .bind = true),
	TURN("2m-thp-in-ram", run_turns, TEST_HUGE, .huge = true),
	TURN("2m-thp", run_turns, TEST_HUGE, .huge = true, .bind = true),
	{ }
};

static const struct igt_case half_cases[] = {
	TURN("in-ram", run_halves, 4 * TEST_PAGE),
	TURN("in-vram", run_halves, 4 * TEST_PAGE, .bind = true),
	{ }
};

static const struct igt_case race_cases[] = {
	TURN("one-page", run_race, TEST_PAGE),
	TURN("four-pages", run_race, 4 * TEST_PAGE),
	{ }
};

const struct igt_group ns_turn_groups[] = {
	{ .name = "turns", .what = "CPU and GPU read what the other wrote",
	  .cases = turn_cases },
	{ .name = "halves", .what = "CPU and GPU write to parts of the same page",
	  .cases = half_cases },
	{ .name = "race", .what = "CPU and GPU write to parts of the same page at once",
	  .cases = race_cases },
	{ }
};
