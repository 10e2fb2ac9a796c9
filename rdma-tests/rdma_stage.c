// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rdma_stage.h"
#include "svm_gpu.h"
#include "tap.h"
#include "test_models.h"
#include "test_p2p.h"

#define PEER_READ	"rdma.peer_read_bytes"
#define PEER_WRITE	"rdma.peer_write_bytes"

static bool rdma_end_register(struct rdma_end *e, struct rdma_pair *pair,
			      enum rdma_region region)
{
	switch (region) {
	case REGION_IMPLICIT:
		return rdma_buffer_register_implicit(&e->buf, pair);
	case REGION_PINNED:
		return rdma_buffer_register_pinned(&e->buf, pair);
	default:
		return rdma_buffer_register(&e->buf, pair);
	}
}

static bool rdma_end_open(struct rdma_end *e, struct rdma_stage *st,
			  const struct rdma_stage_spec *spec,
			  enum rdma_region region, enum gpu_place place,
			  uint64_t seed)
{
	bool pinned = region == REGION_PINNED;

	if (!rdma_buffer_alloc(&e->buf, spec->len, spec->huge, seed))
		return false;
	e->shadow = malloc(spec->len);
	if (!tap_check(e->shadow, "no memory"))
		return false;
	memcpy(e->shadow, e->buf.mem.addr, spec->len);
	if (!pinned && !rdma_end_register(e, &st->pair, region))
		return false;
	if (!gpu_place_arrange(st->gpu, &e->buf.mem, place))
		return false;
	if (pinned && !rdma_end_register(e, &st->pair, region))
		return false;
	e->before = gpu_place_note(&e->buf.mem);
	return e->before;
}

bool rdma_stage_open(struct rdma_stage *st, const struct test_options *opts,
		     const struct rdma_stage_spec *spec)
{
	enum rdma_region far = spec->far_region ? spec->far_region : spec->region;

	memset(st, 0, sizeof(*st));
	st->fallback = opts->fallback;
	st->gpu = svm_gpu_open(opts->gpu);
	if (!tap_check(st->gpu >= 0, "%s: %s", opts->gpu, strerror(-st->gpu)) ||
	    !test_p2p_set(true) ||
	    !rdma_pair_open_as(&st->pair, opts->device, &spec->pair) ||
	    !rdma_end_open(&st->near, st, spec, spec->region, spec->near, 1) ||
	    !rdma_end_open(&st->far, st, spec, far, spec->far, 2))
		return false;
	st->peer_read = test_models_counter("hca0", PEER_READ);
	st->peer_write = test_models_counter("hca0", PEER_WRITE);
	return true;
}

static void rdma_end_close(struct rdma_end *e)
{
	rdma_buffer_close(&e->buf);
	free(e->shadow);
	free(e->before);
}

void rdma_stage_close(struct rdma_stage *st)
{
	rdma_end_close(&st->far);
	rdma_end_close(&st->near);
	if (st->pair.ctx)
		rdma_pair_close(&st->pair);
	if (st->gpu >= 0)
		close(st->gpu);
}

struct ibv_sge rdma_end_sge(const struct rdma_end *e, size_t off, size_t len)
{
	return (struct ibv_sge){
		.addr = (uintptr_t)e->buf.mem.addr + off,
		.length = len, .lkey = e->buf.mr->lkey,
	};
}

void rdma_end_target(const struct rdma_end *e, size_t off,
		     struct ibv_send_wr *wr)
{
	wr->wr.rdma.remote_addr = (uintptr_t)e->buf.mem.addr + off;
	wr->wr.rdma.rkey = e->buf.mr->rkey;
}

/* What the HCA does not reach is in RAM from now on: whole pages, small or huge. */
static void rdma_end_fall_back(const struct rdma_stage *st, struct rdma_end *e,
			       size_t off, size_t len)
{
	size_t unit = e->buf.mem.huge ? TEST_HUGE : TEST_PAGE, at;
	size_t end = (off + len + unit - 1) / unit * unit;

	if (!st->fallback || !len)
		return;
	for (at = off / unit * unit; at < end; at += TEST_PAGE)
		e->before[at / TEST_PAGE].device = false;
}

/* How much of a range the HCA reads or writes on the GPU. */
static size_t rdma_end_gpu_bytes(const struct rdma_end *e, size_t off, size_t len)
{
	size_t end = off + len, next, bytes = 0;

	for (; off < end; off = next) {
		next = (off / TEST_PAGE + 1) * TEST_PAGE;
		if (next > end)
			next = end;
		if (e->before[off / TEST_PAGE].device)
			bytes += next - off;
	}
	return bytes;
}

void rdma_stage_modify(struct rdma_stage *st, struct rdma_end *e, size_t off,
		       const void *bytes, size_t len)
{
	memcpy(e->shadow + off, bytes, len);
	rdma_end_fall_back(st, e, off, len);
}

void rdma_stage_put(struct rdma_stage *st, struct rdma_end *to, size_t off,
		    const void *bytes, size_t len)
{
	rdma_stage_modify(st, to, off, bytes, len);
	st->writes += rdma_end_gpu_bytes(to, off, len);
}

void rdma_stage_copy(struct rdma_stage *st, struct rdma_end *to, size_t to_off,
		     struct rdma_end *from, size_t from_off, size_t len)
{
	rdma_stage_put(st, to, to_off, from->shadow + from_off, len);
	rdma_end_fall_back(st, from, from_off, len);
	st->reads += rdma_end_gpu_bytes(from, from_off, len);
}

bool rdma_end_arrives(const struct rdma_end *e, size_t off, size_t len)
{
	int i;

	for (i = 0; i < 1000; i++) {
		if (!memcmp(e->buf.mem.addr + off, e->shadow + off, len))
			return true;
		usleep(5000);
	}
	return false;
}

static bool end_expect_content(const struct rdma_end *e, const char *what)
{
	return test_buffer_expect_bytes(&e->buf.mem, 0, e->buf.mem.len, e->shadow,
					what);
}

/* What is sent twice, after a page fault, is read or written twice. */
static bool rdma_stage_expect_peer(const char *name, long long before,
				   size_t expected)
{
	long long now = test_models_counter("hca0", name), found = now - before;

	if (now == -ENODEV)	/* real hardware does not count it */
		return true;
	return tap_check(found >= (long long)expected && !found == !expected,
			 "%s: expected %s%zu, found %lld", name,
			 expected ? "at least " : "", expected, found);
}

bool rdma_stage_expect_places(struct rdma_stage *st)
{
	bool ok = rdma_stage_expect_peer(PEER_READ, st->peer_read, st->reads);

	ok &= rdma_stage_expect_peer(PEER_WRITE, st->peer_write, st->writes);
	ok &= gpu_place_compare(&st->near.buf.mem, st->near.before, false, 0, 0,
				"requester's memory");
	return gpu_place_compare(&st->far.buf.mem, st->far.before, false, 0, 0,
				 "responder's memory") && ok;
}

bool rdma_stage_expect_content(struct rdma_stage *st)
{
	bool ok = end_expect_content(&st->near, "requester's memory");

	return end_expect_content(&st->far, "responder's memory") && ok;
}

bool rdma_stage_expect(struct rdma_stage *st)
{
	bool ok = rdma_stage_expect_places(st);

	return rdma_stage_expect_content(st) && ok;
}
