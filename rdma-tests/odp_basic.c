// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every kind of RDMA request on GPU memory, RAM and both mixed: content and
 * position of every byte, and where the pages are afterwards: with nouveau's
 * peer-to-peer switch on where they were, with it off in RAM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svm_gpu.h"
#include "svm_pattern.h"

#include "gpu_place.h"
#include "rdma_buffer.h"
#include "test_models.h"
#include "test_options.h"
#include "test_p2p.h"

#define LEN_4K	(256UL << 10)
#define LEN_2M	(8UL << 20)
#define PEER_COUNTER	"umr.mtt_peer"	/* addresses of the GPU in translations */

static struct test_options opts = {
	.gpu = "/dev/dri/renderD128", .device = "mlx5_0", .has_fallback = true,
};

/* Do pages of the GPU stay there?  Depends on nouveau's switch and the machine. */
static bool expect_p2p;

enum scene_op { OP_WRITE, OP_READ, OP_SEND, OP_CAS, OP_FAA };

struct scene {
	enum scene_op op;
	enum gpu_place remote, local;
	bool p2p, huge;
	bool early;		/* pages move before they are registered */
	bool implicit;		/* all of the address space is registered */
};

/* One end: its region, what the request covers of it. */
struct end {
	struct rdma_buffer buf;
	enum gpu_place place;
	uint64_t seed;
	size_t off, len;
	struct svm_page *before;
};

struct stage {
	int gpu;
	long long peer;		/* PEER_COUNTER at the start */
	struct rdma_pair pair;
	struct end remote, local;
};

/* The model of the device: of mlx5_1 it is hca1. */
static const char *peer_model(void)
{
	static char name[16];
	unsigned int nr = 0;

	sscanf(opts.device, "mlx5_%u", &nr);
	snprintf(name, sizeof(name), "hca%u", nr);
	return name;
}

static bool scene_is_atomic(const struct scene *s)
{
	return s->op == OP_CAS || s->op == OP_FAA;
}

static bool end_register(struct end *e, const struct scene *s, struct stage *st)
{
	return s->implicit ? rdma_buffer_register_implicit(&e->buf, &st->pair) :
			     rdma_buffer_register(&e->buf, &st->pair);
}

static bool end_open(struct end *e, const struct scene *s, struct stage *st,
		     enum gpu_place place, uint64_t seed)
{
	e->place = place;
	e->seed = seed;
	if (s->huge) {		/* from inside one folio into the next one */
		e->off = TEST_HUGE + TEST_HUGE / 2 + 4096 * seed + 24;
		e->len = TEST_HUGE / 2 + 8192;
	} else {
		e->off = 5 * TEST_PAGE * seed + 24;
		e->len = 100000;
	}
	if (scene_is_atomic(s))
		e->len = 8;
	if (!rdma_buffer_alloc(&e->buf, s->huge ? LEN_2M : LEN_4K, s->huge, seed))
		return false;
	if (s->early)
		return gpu_place_arrange(st->gpu, &e->buf.mem, place) &&
		       end_register(e, s, st);
	return end_register(e, s, st) &&
	       gpu_place_arrange(st->gpu, &e->buf.mem, place);
}

static bool scene_send(struct stage *st)
{
	const struct end *r = &st->remote, *l = &st->local;
	struct ibv_sge to = {
		.addr = (uintptr_t)r->buf.mem.addr + r->off,
		.length = r->len, .lkey = r->buf.mr->lkey,
	};
	struct ibv_sge from = {
		.addr = (uintptr_t)l->buf.mem.addr + l->off,
		.length = l->len, .lkey = l->buf.mr->lkey,
	};
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_SEND, .sg_list = &from, .num_sge = 1,
	};

	return rdma_pair_post_recv(&st->pair, &to) &&
	       rdma_pair_request(&st->pair, &wr, "send") &&
	       rdma_pair_wait_recv(&st->pair, l->len, "receive");
}

static uint64_t end_word(const struct end *e)
{
	return svm_pattern_word(e->seed, e->off / 8);
}

static bool scene_atomic(struct stage *st, bool cas)
{
	struct rdma_transfer t = {
		.local = &st->local.buf, .local_off = st->local.off,
		.remote = &st->remote.buf, .remote_off = st->remote.off,
		.len = 8,
	};
	struct ibv_send_wr wr;
	struct ibv_sge sge;
	uint64_t rkey = st->remote.buf.mr->rkey;

	rdma_transfer_wr(&t, &wr, &sge);
	wr.opcode = cas ? IBV_WR_ATOMIC_CMP_AND_SWP : IBV_WR_ATOMIC_FETCH_AND_ADD;
	wr.wr.atomic.remote_addr = (uintptr_t)st->remote.buf.mem.addr +
				   st->remote.off;
	wr.wr.atomic.rkey = rkey;
	wr.wr.atomic.compare_add = cas ? end_word(&st->remote) : 12345;
	wr.wr.atomic.swap = cas ? ~end_word(&st->remote) : 0;
	return rdma_pair_request(&st->pair, &wr, cas ? "compare and swap" :
				 "fetch and add");
}

static bool scene_request(const struct scene *s, struct stage *st)
{
	struct rdma_transfer t = {
		.opcode = s->op == OP_WRITE ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ,
		.local = &st->local.buf, .local_off = st->local.off,
		.remote = &st->remote.buf, .remote_off = st->remote.off,
		.len = st->remote.len,
	};

	switch (s->op) {
	case OP_SEND:
		return scene_send(st);
	case OP_CAS:
	case OP_FAA:
		return scene_atomic(st, s->op == OP_CAS);
	default:
		return rdma_transfer(&st->pair, &t, "RDMA");
	}
}

/* Everything of @e but what the request covers is unchanged. */
static void end_expect_frame(const struct end *e, const char *what)
{
	size_t end = e->off + e->len;

	test_buffer_expect(&e->buf.mem, 0, e->off, e->seed, what);
	test_buffer_expect(&e->buf.mem, end, e->buf.mem.len - end, e->seed, what);
}

static void scene_expect_atomic(const struct scene *s, const struct stage *st)
{
	uint64_t old = end_word(&st->remote), now, got;

	memcpy(&got, st->local.buf.mem.addr + st->local.off, 8);
	memcpy(&now, st->remote.buf.mem.addr + st->remote.off, 8);
	tap_equal(got, old, "value before the atomic");
	tap_equal(now, s->op == OP_CAS ? ~old : old + 12345,
		  "value after the atomic");
}

static void scene_expect_content(const struct scene *s, const struct stage *st)
{
	const struct end *r = &st->remote, *l = &st->local;
	const struct end *to = s->op == OP_READ ? l : r;
	const struct end *from = s->op == OP_READ ? r : l;

	end_expect_frame(r, "remote region around the data");
	end_expect_frame(l, "local region around the data");
	if (scene_is_atomic(s)) {
		scene_expect_atomic(s, st);
		return;
	}
	test_buffer_expect_at(&to->buf.mem, to->off, to->len, from->seed,
			      from->off, "data that was moved");
	test_buffer_expect(&from->buf.mem, from->off, from->len, from->seed,
			   "source of the data");
}

/* The HCA was given addresses of the GPU if, and only if, it should be. */
static void scene_expect_peer(const struct stage *st)
{
	long long after = test_models_counter(peer_model(), PEER_COUNTER);
	bool gpu = gpu_place_any(st->remote.before, st->remote.off,
				 st->remote.len) ||
		   gpu_place_any(st->local.before, st->local.off, st->local.len);

	if (after < 0) {
		tap_note("translations of the HCA not counted: %s",
			 strerror(-after));
		return;
	}
	tap_check((after > st->peer) == (expect_p2p && gpu),
		  "%s: expected %s, found %lld", PEER_COUNTER,
		  expect_p2p && gpu ? "some" : "none", after - st->peer);
}

static void scene_play(const struct scene *s, struct stage *st)
{
	st->remote.before = gpu_place_note(&st->remote.buf.mem);
	st->local.before = gpu_place_note(&st->local.buf.mem);
	if (st->remote.before && st->local.before && scene_request(s, st)) {
		gpu_place_compare(&st->remote.buf.mem, st->remote.before,
				  !expect_p2p, st->remote.off, st->remote.len,
				  "remote region");
		gpu_place_compare(&st->local.buf.mem, st->local.before,
				  !expect_p2p, st->local.off, st->local.len,
				  "local region");
		scene_expect_peer(st);
		scene_expect_content(s, st);
	}
	free(st->remote.before);
	free(st->local.before);
}

static void run_scene(const void *arg)
{
	const struct scene *s = arg;
	struct stage st = { };

	if (!test_p2p_set(s->p2p))
		return;
	expect_p2p = s->p2p && !opts.fallback;
	st.gpu = svm_gpu_open(opts.gpu);
	if (!tap_check(st.gpu >= 0, "%s: %s", opts.gpu, strerror(-st.gpu)))
		return;
	if (!rdma_pair_open(&st.pair, opts.device, scene_is_atomic(s)))
		goto out_gpu;
	st.peer = test_models_counter(peer_model(), PEER_COUNTER);
	if (end_open(&st.remote, s, &st, s->remote, 1) &&
	    end_open(&st.local, s, &st, s->local, 2))
		scene_play(s, &st);
	rdma_buffer_close(&st.local.buf);
	rdma_buffer_close(&st.remote.buf);
	rdma_pair_close(&st.pair);
out_gpu:
	close(st.gpu);
	test_p2p_set(true);
}

#define SCENE(name, ...) \
	{ "odp_basic-" name, run_scene, &(const struct scene){ __VA_ARGS__ } }
/* Each with the switch on and off. */
#define BOTH(name, ...) \
	SCENE(name "-p2p", __VA_ARGS__, .p2p = true), \
	SCENE(name "-no-p2p", __VA_ARGS__, .p2p = false)
#define EARLY .early = true
#define HUGE .huge = true
#define IMPLICIT .implicit = true

static const struct tap_case cases[] = {
	BOTH("write-to-gpu", OP_WRITE, PLACE_GPU, PLACE_RAM),
	BOTH("write-to-mixed", OP_WRITE, PLACE_MIXED, PLACE_RAM),
	BOTH("write-from-gpu", OP_WRITE, PLACE_RAM, PLACE_GPU),
	BOTH("write-gpu-to-gpu", OP_WRITE, PLACE_GPU, PLACE_GPU),
	SCENE("write-ram-to-ram", OP_WRITE, PLACE_RAM, PLACE_RAM, .p2p = true),
	BOTH("read-from-gpu", OP_READ, PLACE_GPU, PLACE_RAM),
	BOTH("read-from-mixed", OP_READ, PLACE_MIXED, PLACE_RAM),
	BOTH("read-to-gpu", OP_READ, PLACE_RAM, PLACE_GPU),
	BOTH("read-mixed-to-mixed", OP_READ, PLACE_MIXED, PLACE_MIXED),
	BOTH("send-to-gpu", OP_SEND, PLACE_GPU, PLACE_RAM),
	BOTH("send-from-gpu", OP_SEND, PLACE_RAM, PLACE_GPU),
	BOTH("send-mixed-to-mixed", OP_SEND, PLACE_MIXED, PLACE_MIXED),
	BOTH("cas-on-gpu", OP_CAS, PLACE_GPU, PLACE_RAM),
	BOTH("cas-result-to-gpu", OP_CAS, PLACE_RAM, PLACE_GPU),
	BOTH("faa-on-gpu", OP_FAA, PLACE_GPU, PLACE_RAM),
	SCENE("faa-in-ram", OP_FAA, PLACE_RAM, PLACE_RAM, .p2p = true),
	BOTH("2m-write-to-gpu", OP_WRITE, PLACE_GPU, PLACE_RAM, HUGE),
	BOTH("2m-write-to-mixed", OP_WRITE, PLACE_MIXED, PLACE_RAM, HUGE),
	BOTH("2m-write-gpu-to-gpu", OP_WRITE, PLACE_GPU, PLACE_GPU, HUGE),
	BOTH("2m-read-from-gpu", OP_READ, PLACE_GPU, PLACE_RAM, HUGE),
	BOTH("2m-send-to-gpu", OP_SEND, PLACE_GPU, PLACE_RAM, HUGE),
	BOTH("2m-cas-on-gpu", OP_CAS, PLACE_GPU, PLACE_RAM, HUGE),
	BOTH("2m-faa-on-gpu", OP_FAA, PLACE_GPU, PLACE_RAM, HUGE),
	BOTH("early-write-to-gpu", OP_WRITE, PLACE_GPU, PLACE_RAM, EARLY),
	BOTH("early-read-from-gpu", OP_READ, PLACE_GPU, PLACE_RAM, EARLY),
	BOTH("early-2m-write-to-gpu", OP_WRITE, PLACE_GPU, PLACE_RAM, HUGE, EARLY),
	BOTH("implicit-write-to-gpu", OP_WRITE, PLACE_GPU, PLACE_RAM, IMPLICIT),
	BOTH("implicit-write-to-mixed", OP_WRITE, PLACE_MIXED, PLACE_RAM, IMPLICIT),
	BOTH("implicit-read-from-gpu", OP_READ, PLACE_GPU, PLACE_RAM, IMPLICIT),
	BOTH("implicit-read-to-gpu", OP_READ, PLACE_RAM, PLACE_GPU, IMPLICIT),
	BOTH("implicit-send-mixed-to-mixed", OP_SEND, PLACE_MIXED, PLACE_MIXED,
	     IMPLICIT),
	BOTH("implicit-cas-on-gpu", OP_CAS, PLACE_GPU, PLACE_RAM, IMPLICIT),
	BOTH("implicit-faa-on-gpu", OP_FAA, PLACE_GPU, PLACE_RAM, IMPLICIT),
	BOTH("implicit-2m-write-to-gpu", OP_WRITE, PLACE_GPU, PLACE_RAM, HUGE,
	     IMPLICIT),
	BOTH("implicit-2m-read-from-gpu", OP_READ, PLACE_GPU, PLACE_RAM, HUGE,
	     IMPLICIT),
};

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	test_options_parse(&opts, argc, argv,
			   "RDMA write, read, send and atomics on GPU memory.",
			   cases, count);
	return tap_run(cases, count, opts.only);
}
