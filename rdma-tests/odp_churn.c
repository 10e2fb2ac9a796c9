// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The NIC writes into GPU memory while a CPU thread takes pages back, writes
 * to them and moves everything to the GPU again.  Each stripe of the target
 * has a part that only the NIC writes and a tail that only the CPU writes:
 * whatever goes lost on the way, by either, is seen.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"
#include "svm_pagemap.h"

#include "rdma_buffer.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"

#define LEN_4K		(1UL << 20)
#define LEN_2M		(4UL << 20)
#define STRIPE_4K	4096UL
#define STRIPE_2M	65536UL
#define TAIL		64UL

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .has_fallback = true, .rounds = 12,
};

struct churn_case {
	bool huge;
	bool both;		/* the source is on the GPU as well */
};

struct churn {
	int gpu;
	size_t stripe;
	struct rdma_pair pair;
	struct rdma_buffer dst, src;
	bool both;
	atomic_bool stop;
	/* of the CPU thread: */
	uint64_t tours;		/* how often it wrote all tails */
	uint64_t lost;		/* tails that did not hold what it had written */
	long most_on_gpu;	/* pages of dst, after a migration */
	int error;
};

static uint64_t *churn_tail(const struct churn *c, size_t stripe)
{
	return (uint64_t *)(c->dst.mem.addr + (stripe + 1) * c->stripe - TAIL);
}

/* Writes every third tail, so that two thirds stay for the NIC to use. */
static void churn_tour(struct churn *c)
{
	size_t i, stripes = c->dst.mem.len / c->stripe;
	uint64_t *tail, value;
	unsigned int w;

	for (i = c->tours % 3; i < stripes; i += 3) {
		tail = churn_tail(c, i);
		value = c->tours < 3 ? 0 : (c->tours - 3) << 32 | i;
		for (w = 0; w < TAIL / 8; w++) {
			c->lost += *(volatile uint64_t *)&tail[w] != value;
			tail[w] = c->tours << 32 | i;
		}
	}
	c->tours++;
}

static void *churn_thread(void *arg)
{
	struct churn *c = arg;
	long pages = c->dst.mem.len / TEST_PAGE, on_gpu;

	while (!c->stop && !c->error) {
		churn_tour(c);
		c->error = svm_gpu_migrate(c->gpu, c->dst.mem.addr, c->dst.mem.len);
		if (c->both && !c->error)
			c->error = svm_gpu_migrate(c->gpu, c->src.mem.addr,
						   c->src.mem.len);
		on_gpu = svm_pagemap_count_device(c->dst.mem.addr, pages);
		if (on_gpu > c->most_on_gpu)
			c->most_on_gpu = on_gpu;
	}
	return NULL;
}

/* The NIC writes its part of every stripe once. */
static bool churn_write_all(struct churn *c)
{
	struct ibv_send_wr wrs[RDMA_PAIR_DEPTH];
	struct ibv_sge sges[RDMA_PAIR_DEPTH];
	unsigned int n = 0;
	size_t off;

	for (off = 0; off < c->dst.mem.len; off += c->stripe) {
		const struct rdma_transfer t = {
			IBV_WR_RDMA_WRITE, &c->src, &c->dst, off, off,
			c->stripe - TAIL,
		};

		rdma_transfer_wr(&t, &wrs[n], &sges[n]);
		if (++n < RDMA_PAIR_DEPTH && off + c->stripe < c->dst.mem.len)
			continue;
		if (!rdma_pair_requests(&c->pair, wrs, n, "RDMA write"))
			return false;
		n = 0;
	}
	return true;
}

static bool churn_expect_round(const struct churn *c, uint64_t seed)
{
	size_t off;

	for (off = 0; off < c->dst.mem.len; off += c->stripe)
		if (!test_buffer_expect(&c->dst.mem, off, c->stripe - TAIL, seed,
					"written by the NIC"))
			return false;
	return true;
}

static void churn_rounds(struct churn *c)
{
	uint64_t round;

	for (round = 0; round < opts.rounds; round++) {
		test_buffer_fill(&c->src.mem, 0, c->src.mem.len, 100 + round);
		if (c->both && !tap_equal(svm_gpu_migrate(c->gpu, c->src.mem.addr,
							  c->src.mem.len), 0,
					  "SVM_BIND"))
			return;
		if (!churn_write_all(c) || !churn_expect_round(c, 100 + round))
			return;
	}
}

/* What the CPU thread wrote last to each tail is still there. */
static void churn_expect_tails(const struct churn *c)
{
	size_t i, stripes = c->dst.mem.len / c->stripe;
	uint64_t last, *tail;
	unsigned int w;

	for (i = 0; i < stripes; i++) {
		if (c->tours <= i % 3)
			continue;
		last = c->tours - 1 - (c->tours - 1 - i % 3) % 3;
		tail = churn_tail(c, i);
		for (w = 0; w < TAIL / 8; w++)
			tap_equal(tail[w], last << 32 | i,
				  "stripe %zu, written by the CPU", i);
	}
}

static void churn_play(struct churn *c)
{
	long long before = test_models_counter("hca0", "umr.mtt_peer"), peer;
	pthread_t thread;

	memset(c->dst.mem.addr, 0, c->dst.mem.len);
	if (!test_buffer_to_gpu(c->gpu, &c->dst.mem, 0, c->dst.mem.len) ||
	    !tap_equal(pthread_create(&thread, NULL, churn_thread, c), 0,
		       "thread"))
		return;
	churn_rounds(c);
	c->stop = true;
	pthread_join(thread, NULL);
	peer = test_models_counter("hca0", "umr.mtt_peer") - before;
	churn_expect_tails(c);
	tap_equal(c->lost, 0, "words of the CPU that were lost on the way");
	tap_equal(c->error, 0, "SVM_BIND in the thread");
	tap_check(c->tours > 3, "CPU thread: expected more than 3 tours, found %llu",
		  (unsigned long long)c->tours);
	tap_check(c->most_on_gpu > 0, "no page was on the GPU");
	if (before >= 0)
		tap_check(!peer == opts.fallback,
			  "addresses of the GPU that the HCA was given: expected %s, found %lld",
			  opts.fallback ? "none" : "some", peer);
	tap_note("%llu tours of the CPU, %lld translations to the GPU",
		 (unsigned long long)c->tours, peer);
}

static void run_churn(const void *arg)
{
	const struct churn_case *cc = arg;
	size_t len = cc->huge ? LEN_2M : LEN_4K;
	struct churn c = {
		.stripe = cc->huge ? STRIPE_2M : STRIPE_4K, .both = cc->both,
	};

	if (!test_p2p_set(true))
		return;
	c.gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(c.gpu >= 0, "%s: %s", opts.gpu, strerror(-c.gpu)))
		return;
	if (!rdma_pair_open(&c.pair, opts.device, false))
		goto out_gpu;
	if (rdma_buffer_open(&c.dst, &c.pair, len, cc->huge, 1) &&
	    rdma_buffer_open(&c.src, &c.pair, len, cc->huge, 2))
		churn_play(&c);
	rdma_buffer_close(&c.src);
	rdma_buffer_close(&c.dst);
	rdma_pair_close(&c.pair);
out_gpu:
	close(c.gpu);
}

#define CHURN(name, ...) \
	{ "odp_churn-" name, run_churn, &(const struct churn_case){ __VA_ARGS__ } }

static const struct tap_case cases[] = {
	CHURN("4k-target-on-gpu", false, false),
	CHURN("2m-target-on-gpu", true, false),
	CHURN("4k-both-on-gpu", false, true),
	CHURN("2m-both-on-gpu", true, true),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "RDMA into GPU memory that the CPU takes back and returns all the time.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
