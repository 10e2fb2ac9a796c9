// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "rdma_buffer.h"
#include "tap.h"

#define ACCESS	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
		 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC | \
		 IBV_ACCESS_ON_DEMAND)

bool rdma_buffer_alloc(struct rdma_buffer *buf, size_t len, bool huge,
		       uint64_t seed)
{
	int ret;

	memset(buf, 0, sizeof(*buf));
	ret = test_buffer_alloc(&buf->mem, len, huge);
	if (!tap_check(!ret, "memory: %s", strerror(-ret)))
		return false;
	test_buffer_fill(&buf->mem, 0, len, seed);
	return !huge || tap_equal(test_buffer_huge_bytes(&buf->mem), len,
				  "bytes in 2 MiB pages");
}

bool rdma_buffer_register_access(struct rdma_buffer *buf, struct rdma_pair *pair,
				 int access)
{
	buf->mr = ibv_reg_mr(pair->pd, buf->mem.addr, buf->mem.len,
			     access | IBV_ACCESS_ON_DEMAND);
	return tap_check(buf->mr, "register memory: %s", strerror(errno));
}

bool rdma_buffer_register(struct rdma_buffer *buf, struct rdma_pair *pair)
{
	return rdma_buffer_register_access(buf, pair, ACCESS);
}

bool rdma_buffer_register_pinned(struct rdma_buffer *buf, struct rdma_pair *pair)
{
	buf->mr = ibv_reg_mr(pair->pd, buf->mem.addr, buf->mem.len,
			     ACCESS & ~IBV_ACCESS_ON_DEMAND);
	return tap_check(buf->mr, "register pinned memory: %s", strerror(errno));
}

bool rdma_buffer_register_implicit(struct rdma_buffer *buf,
				   struct rdma_pair *pair)
{
	buf->mr = ibv_reg_mr(pair->pd, NULL, SIZE_MAX, ACCESS);
	return tap_check(buf->mr, "register the address space: %s",
			 strerror(errno));
}

bool rdma_buffer_open(struct rdma_buffer *buf, struct rdma_pair *pair,
		      size_t len, bool huge, uint64_t seed)
{
	return rdma_buffer_alloc(buf, len, huge, seed) &&
	       rdma_buffer_register(buf, pair);
}

void rdma_buffer_close(struct rdma_buffer *buf)
{
	if (buf->mr)
		ibv_dereg_mr(buf->mr);
	test_buffer_free(&buf->mem);
}

void rdma_transfer_wr(const struct rdma_transfer *t, struct ibv_send_wr *wr,
		      struct ibv_sge *sge)
{
	*sge = (struct ibv_sge){
		.addr = (uintptr_t)t->local->mem.addr + t->local_off,
		.length = t->len,
		.lkey = t->local->mr->lkey,
	};
	memset(wr, 0, sizeof(*wr));
	wr->opcode = t->opcode;
	wr->sg_list = sge;
	wr->num_sge = 1;
	wr->wr.rdma.remote_addr = (uintptr_t)t->remote->mem.addr + t->remote_off;
	wr->wr.rdma.rkey = t->remote->mr->rkey;
}

bool rdma_transfer(struct rdma_pair *pair, const struct rdma_transfer *t,
		   const char *what)
{
	struct ibv_send_wr wr;
	struct ibv_sge sge;

	rdma_transfer_wr(t, &wr, &sge);
	return rdma_pair_request(pair, &wr, what);
}

bool rdma_transfer_fails(struct rdma_pair *pair, const struct rdma_transfer *t,
			 enum ibv_wc_status expected, const char *what)
{
	struct ibv_send_wr wr;
	struct ibv_sge sge;

	rdma_transfer_wr(t, &wr, &sge);
	return rdma_pair_request_fails(pair, &wr, expected, what);
}
