// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bench_page.h"
#include "tap.h"

void *bench_page_room(size_t len)
{
	void *room = mmap(NULL, len + TEST_HUGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!tap_check(room != MAP_FAILED, "address space: %s", strerror(errno)))
		return NULL;
	return (void *)(((uintptr_t)room + TEST_HUGE - 1) & ~(TEST_HUGE - 1));
}

bool bench_page_zap(void *at, void *room, size_t len)
{
	const int move = MREMAP_MAYMOVE | MREMAP_FIXED;

	/* The second leaves something there, lest somebody else takes it */
	return tap_check(mremap(at, len, len, move, room) == room &&
			 mremap(room, len, len, move | MREMAP_DONTUNMAP, at) == at,
			 "mremap: %s", strerror(errno));
}

static bool bench_page_sleep(struct rdma_pair *pair)
{
	struct ibv_cq *cq;
	struct ibv_wc wc;
	void *ctx;

	return tap_check(!ibv_get_cq_event(pair->channel, &cq, &ctx) &&
			 ibv_poll_cq(pair->cq[0], 1, &wc) == 1 &&
			 wc.status == IBV_WC_SUCCESS, "no successful completion");
}

bool bench_page_write(struct rdma_pair *pair, const struct rdma_buffer *source,
		      const struct rdma_buffer *buf, size_t off,
		      uint64_t (*now)(void), uint64_t *count)
{
	const struct rdma_transfer t = {
		.opcode = IBV_WR_RDMA_WRITE,
		.local = source, .remote = buf,
		.local_off = 8, .remote_off = off + 8, .len = 8,
	};
	struct ibv_send_wr wr, *bad;
	struct ibv_sge sge;
	uint64_t start;

	rdma_transfer_wr(&t, &wr, &sge);
	wr.send_flags = IBV_SEND_SIGNALED;
	ibv_req_notify_cq(pair->cq[0], 0);
	start = now();
	if (!tap_check(!ibv_post_send(pair->qp[0], &wr, &bad), "post") ||
	    !bench_page_sleep(pair))
		return false;
	*count = now() - start;
	ibv_ack_cq_events(pair->cq[0], 1);
	return true;
}

bool bench_page_prefetch(struct rdma_pair *pair, const struct rdma_buffer *buf,
			 size_t off, size_t len, uint64_t (*now)(void),
			 uint64_t *count)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)buf->mem.addr + off, .length = len,
		.lkey = buf->mr->lkey,
	};
	uint64_t start = now();
	int ret = ibv_advise_mr(pair->pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
				IBV_ADVISE_MR_FLAG_FLUSH, &sge, 1);

	*count = now() - start;
	return tap_check(!ret, "prefetch: %s", strerror(ret));
}
