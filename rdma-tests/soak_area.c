// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soak_area.h"
#include "svm_pattern.h"
#include "tap.h"

#define SMALL	(256 * TEST_PAGE)
#define LARGE	(3 * TEST_HUGE)

struct soak_area soak_areas[SOAK_AREAS] = {
	{ .name = "4k-explicit", .len = SMALL },
	{ .name = "4k-implicit", .len = SMALL, .implicit = true },
	{ .name = "2m-explicit", .len = LARGE, .huge = true },
	{ .name = "2m-implicit", .len = LARGE, .huge = true, .implicit = true },
	{ .name = "one-page", .len = TEST_PAGE },
};

uint64_t soak_random(uint64_t *state)
{
	return svm_pattern_word(0, (*state)++);
}

bool soak_areas_alloc(void)
{
	struct soak_area *a;
	size_t i;

	for (i = 0; i < SOAK_AREAS; i++) {
		a = &soak_areas[i];
		a->shadow = malloc(a->len);
		if (!tap_check(a->shadow, "no memory") ||
		    !rdma_buffer_alloc(&a->buf, a->len, a->huge, i + 1))
			return false;
		memcpy(a->shadow, a->buf.mem.addr, a->len);
	}
	return true;
}

bool soak_area_register(struct soak_area *a, struct rdma_pair *pair)
{
	if (a->implicit)
		return rdma_buffer_register_implicit(&a->buf, pair);
	return rdma_buffer_register(&a->buf, pair);
}

bool soak_areas_register(struct rdma_pair *pair)
{
	size_t i;

	for (i = 0; i < SOAK_AREAS; i++)
		if (!soak_area_register(&soak_areas[i], pair))
			return false;
	return true;
}

void soak_areas_deregister(void)
{
	size_t i;

	for (i = 0; i < SOAK_AREAS; i++) {
		if (soak_areas[i].buf.mr)
			tap_equal(ibv_dereg_mr(soak_areas[i].buf.mr), 0,
				  "ibv_dereg_mr");
		soak_areas[i].buf.mr = NULL;
	}
}

void soak_areas_free(void)
{
	size_t i;

	for (i = 0; i < SOAK_AREAS; i++) {
		rdma_buffer_close(&soak_areas[i].buf);
		free(soak_areas[i].shadow);
	}
}

_Thread_local bool soak_trace;

static struct soak_range soak_range_trace(struct soak_range r)
{
	if (soak_trace)
		tap_note("  %s %#zx +%#zx", r.area->name, r.off, r.len);
	return r;
}

struct soak_range soak_range_bytes(uint64_t *state, size_t max)
{
	struct soak_area *a = &soak_areas[soak_random(state) % SOAK_AREAS];
	size_t len = 1 + soak_random(state) % (1UL << (1 + soak_random(state) % 17));

	if (len > max)
		len = max;
	if (len > a->len)
		len = a->len;
	return soak_range_trace((struct soak_range){
		a, soak_random(state) % (a->len - len + 1), len,
	});
}

struct soak_range soak_range_pages(uint64_t *state)
{
	struct soak_area *a = &soak_areas[soak_random(state) % SOAK_AREAS];
	size_t pages = a->len / TEST_PAGE, count;

	count = 1 + soak_random(state) % (soak_random(state) % 4 ? 8 : pages);
	if (count > pages)
		count = pages;
	return soak_range_trace((struct soak_range){
		a, soak_random(state) % (pages - count + 1) * TEST_PAGE,
		count * TEST_PAGE,
	});
}

void soak_fill(const struct soak_range *r, uint64_t *state)
{
	uint8_t *shadow = r->area->shadow + r->off;
	size_t i;

	for (i = 0; i < r->len; i++)
		shadow[i] = soak_random(state);
	memcpy(r->area->buf.mem.addr + r->off, shadow, r->len);
}

bool soak_compare(const struct soak_range *r, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%s: %s", what, r->area->name);
	return test_buffer_expect_bytes(&r->area->buf.mem, r->off, r->len,
					r->area->shadow + r->off, text);
}

bool soak_compare_all(const char *what)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < SOAK_AREAS; i++) {
		const struct soak_range all = {
			&soak_areas[i], 0, soak_areas[i].len,
		};

		ok &= soak_compare(&all, what);
	}
	return ok;
}

static uint64_t soak_addr(const struct soak_range *r)
{
	return (uintptr_t)r->area->buf.mem.addr + r->off;
}

static struct ibv_sge soak_sge(const struct soak_range *r)
{
	return (struct ibv_sge){
		.addr = soak_addr(r), .length = r->len,
		.lkey = r->area->buf.mr->lkey,
	};
}

/* An HCA copies from the first byte on, as memmove() does not. */
static bool soak_overlap(const struct soak_range *a, const struct soak_range *b)
{
	return a->area == b->area && a->off < b->off + b->len &&
	       b->off < a->off + a->len;
}

bool soak_copy(struct rdma_pair *pair, enum ibv_wr_opcode opcode,
	       const struct soak_range *local, struct soak_range *remote)
{
	struct ibv_sge sge = soak_sge(local);
	struct ibv_send_wr wr = { .opcode = opcode, .sg_list = &sge, .num_sge = 1 };
	uint8_t *l = local->area->shadow + local->off;
	uint8_t *r = remote->area->shadow + remote->off;

	if (soak_overlap(local, remote))
		return true;
	wr.wr.rdma.remote_addr = soak_addr(remote);
	wr.wr.rdma.rkey = remote->area->buf.mr->rkey;
	if (opcode == IBV_WR_RDMA_READ)
		memcpy(l, r, local->len);
	else
		memcpy(r, l, local->len);
	return rdma_pair_request(pair, &wr, "request");
}

bool soak_send(struct rdma_pair *pair, const struct soak_range *from,
	       const struct soak_range *to)
{
	struct ibv_sge sge = soak_sge(from), recv = soak_sge(to);
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_SEND, .sg_list = &sge, .num_sge = 1,
	};

	if (soak_overlap(from, to))
		return true;
	memcpy(to->area->shadow + to->off, from->area->shadow + from->off,
	       from->len);
	return rdma_pair_post_recv(pair, &recv) &&
	       rdma_pair_request(pair, &wr, "send") &&
	       rdma_pair_wait_recv(pair, from->len, "receive");
}

bool soak_add(struct rdma_pair *pair, const struct soak_range *result,
	      const struct soak_range *target, uint64_t add)
{
	struct ibv_sge sge = soak_sge(result);
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_ATOMIC_FETCH_AND_ADD, .sg_list = &sge, .num_sge = 1,
	};
	uint64_t old, new;

	if (soak_overlap(result, target))
		return true;
	memcpy(&old, target->area->shadow + target->off, 8);
	new = old + add;
	memcpy(target->area->shadow + target->off, &new, 8);
	memcpy(result->area->shadow + result->off, &old, 8);
	wr.wr.atomic.remote_addr = soak_addr(target);
	wr.wr.atomic.rkey = target->area->buf.mr->rkey;
	wr.wr.atomic.compare_add = add;
	return rdma_pair_request(pair, &wr, "fetch and add");
}
