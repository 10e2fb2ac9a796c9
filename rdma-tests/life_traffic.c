// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A round: the NIC writes a source in RAM to the target on the GPU, reads the
 * target into a third buffer, and the CPU compares that one, so that the target
 * stays where it is.  The target is in 4 KiB pages and in 2 MiB ones.  Requests
 * for the former are small: the NIC's page fault has a second for all of its pages,
 * or the connection is lost, and it takes a page some 10 ms on a busy machine.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "life_traffic.h"
#include "rdma_buffer.h"
#include "svm_gpu.h"
#include "svm_pagemap.h"
#include "svm_pattern.h"
#include "tap.h"

/* Of the target: [0] in 4 KiB pages, [1] in 2 MiB ones. */
static const size_t life_len[2] = { 256UL << 10, 2UL << 20 };
static const size_t life_piece[2] = { 16UL << 10, 256UL << 10 };

#define FIRST_ROUNDS	3
#define PAUSE_US	2000
#define PATIENCE	60000		/* pauses without progress: 2 minutes */

struct life {
	struct life_traffic *t;
	int gpu;
	struct rdma_pair pair;
	struct rdma_buffer dst[2], src[2], back[2];
	uint64_t seed;
};

enum life_result { LIFE_OK, LIFE_STOPPED, LIFE_FAILED };

static bool life_open_buffers(struct life *l)
{
	int huge;

	for (huge = 0; huge < 2; huge++)
		if (!rdma_buffer_open(&l->dst[huge], &l->pair, life_len[huge], huge, 1) ||
		    !rdma_buffer_open(&l->src[huge], &l->pair, life_len[huge], false, 1) ||
		    !rdma_buffer_open(&l->back[huge], &l->pair, life_len[huge], false, 2) ||
		    !test_buffer_to_gpu(l->gpu, &l->dst[huge].mem, 0, life_len[huge]))
			return false;
	return true;
}

static bool life_open(struct life *l)
{
	l->gpu = svm_gpu_open(l->t->gpu);
	return tap_check(l->gpu >= 0, "%s: %s", l->t->gpu, strerror(-l->gpu)) &&
	       rdma_pair_open(&l->pair, l->t->device, false) &&
	       life_open_buffers(l);
}

/* Waits for completions as long as nobody says that there won't be any. */
static enum life_result life_wait(struct life *l, int count)
{
	struct life_shared *s = l->t->shared;
	struct ibv_wc wc;
	int n;

	while (count) {
		n = ibv_poll_cq(l->pair.cq[0], 1, &wc);
		if (!n && s->errors_ok && s->stop)
			return LIFE_STOPPED;
		if (!n)
			continue;
		if (n < 0 || wc.status != IBV_WC_SUCCESS) {
			if (s->errors_ok)
				return LIFE_STOPPED;
			tap_check(false, "completion: %s", n < 0 ? "poll failed" :
				  ibv_wc_status_str(wc.status));
			return LIFE_FAILED;
		}
		count--;
	}
	return LIFE_OK;
}

static enum life_result life_move(struct life *l, enum ibv_wr_opcode opcode)
{
	struct rdma_buffer *local = opcode == IBV_WR_RDMA_WRITE ? l->src : l->back;
	struct ibv_send_wr wrs[RDMA_PAIR_DEPTH], *bad;
	struct ibv_sge sges[RDMA_PAIR_DEPTH];
	int huge, n = 0, ret;
	size_t off;

	for (huge = 0; huge < 2; huge++) {
		for (off = 0; off < life_len[huge]; off += life_piece[huge]) {
			const struct rdma_transfer t = {
				opcode, &local[huge], &l->dst[huge], off, off,
				life_piece[huge],
			};

			if (n)
				wrs[n - 1].next = &wrs[n];
			rdma_transfer_wr(&t, &wrs[n], &sges[n]);
			wrs[n++].send_flags = IBV_SEND_SIGNALED;
		}
	}
	ret = ibv_post_send(l->pair.qp[0], wrs, &bad);
	if (ret && l->t->shared->errors_ok)
		return LIFE_STOPPED;
	if (!tap_check(!ret, "post: %s", strerror(ret)))
		return LIFE_FAILED;
	return life_wait(l, n);
}

/* Moves back what the CPU or the end of the GPU took away. */
static long life_place(struct life *l)
{
	long on_gpu = 0;
	int huge;

	for (huge = 0; huge < 2; huge++) {
		if (l->t->rebind)	/* no GPU, no error */
			svm_gpu_migrate(l->gpu, l->dst[huge].mem.addr,
					life_len[huge]);
		on_gpu += svm_pagemap_count_device(l->dst[huge].mem.addr,
						   life_len[huge] / TEST_PAGE);
	}
	return on_gpu;
}

static enum life_result life_round(struct life *l)
{
	const long all = (life_len[0] + life_len[1]) / TEST_PAGE;
	enum life_result res;
	long on_gpu;
	int huge;

	l->seed++;
	for (huge = 0; huge < 2; huge++)
		test_buffer_fill(&l->src[huge].mem, 0, life_len[huge], l->seed);
	on_gpu = life_place(l);
	res = life_move(l, IBV_WR_RDMA_WRITE);
	if (res == LIFE_OK)
		res = life_move(l, IBV_WR_RDMA_READ);
	if (res != LIFE_OK)
		return res;
	for (huge = 0; huge < 2; huge++)
		if (!test_buffer_expect(&l->back[huge].mem, 0, life_len[huge], l->seed,
					"read back by the NIC"))
			return LIFE_FAILED;
	if (on_gpu == all)
		l->t->shared->p2p_rounds++;
	l->t->shared->rounds++;
	return LIFE_OK;
}

/* A write that was interrupted leaves content of two rounds, and no other. */
static void life_expect_mixed(const struct test_buffer *buf, uint64_t seed)
{
	const uint64_t *p = (const uint64_t *)buf->addr;
	size_t i, wrong = 0;

	for (i = 0; i < buf->len / 8; i++)
		wrong += p[i] != svm_pattern_word(seed, i) &&
			 p[i] != svm_pattern_word(seed - 1, i);
	tap_equal(wrong, 0, "words of neither of the last two rounds (%zu bytes wrong)",
		  8 * wrong);
}

static int life_child(struct life_traffic *t)
{
	struct life l = { .t = t, .seed = 1 };
	enum life_result res = LIFE_FAILED;
	int huge;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (life_open(&l)) {
		do
			res = life_round(&l);
		while (res == LIFE_OK && !t->shared->stop);
	}
	while (res == LIFE_STOPPED && !t->shared->stop)
		usleep(PAUSE_US);
	for (huge = 0; huge < 2 && res != LIFE_FAILED; huge++) {
		if (res == LIFE_OK)
			test_buffer_expect(&l.dst[huge].mem, 0, life_len[huge], l.seed,
					   "target, as the CPU sees it");
		else
			life_expect_mixed(&l.dst[huge].mem, l.seed);
	}
	t->shared->ended = true;
	return tap_failed();
}

static bool life_alive(struct life_traffic *t)
{
	if (!t->shared->ended && !waitpid(t->pid, NULL, WNOHANG))
		return true;
	return tap_check(false, "the traffic has ended too early");
}

static bool life_wait_for(struct life_traffic *t, atomic_uint *count,
			  unsigned int goal)
{
	unsigned int last = *count, patience = PATIENCE;

	while (*count < goal) {
		if (!life_alive(t))
			return false;
		usleep(PAUSE_US);
		if (*count != last) {
			last = *count;
			patience = PATIENCE;
		} else if (!--patience) {
			return tap_check(false, "traffic: stuck after round %u", last);
		}
	}
	return true;
}

bool life_traffic_start(struct life_traffic *t)
{
	t->shared = mmap(NULL, sizeof(*t->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!tap_check(t->shared != MAP_FAILED, "no memory"))
		return false;
	t->pid = fork();
	if (!t->pid)
		_exit(life_child(t));
	return tap_check(t->pid > 0, "fork: %s", strerror(errno)) &&
	       life_wait_for(t, &t->shared->p2p_rounds, FIRST_ROUNDS);
}

bool life_traffic_progress(struct life_traffic *t, unsigned int rounds)
{
	return life_wait_for(t, &t->shared->rounds, t->shared->rounds + rounds);
}

bool life_traffic_progress_p2p(struct life_traffic *t, unsigned int rounds)
{
	return life_wait_for(t, &t->shared->p2p_rounds,
			     t->shared->p2p_rounds + rounds);
}

static int life_reap(struct life_traffic *t)
{
	int status = -1;

	if (t->pid > 0)
		waitpid(t->pid, &status, 0);
	if (t->shared)
		munmap(t->shared, sizeof(*t->shared));
	t->pid = 0;
	t->shared = NULL;
	return status;
}

bool life_traffic_stop(struct life_traffic *t)
{
	t->shared->stop = true;
	return tap_equal(life_reap(t), 0, "wait status of the traffic");
}

void life_traffic_kill(struct life_traffic *t)
{
	if (t->pid > 0)
		kill(t->pid, SIGKILL);
	life_reap(t);
}
