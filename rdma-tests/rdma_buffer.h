/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A buffer that is an on-demand paging memory region as well. */
#ifndef RDMA_BUFFER_H
#define RDMA_BUFFER_H

#include "rdma_pair.h"
#include "test_buffer.h"

struct rdma_buffer {
	struct test_buffer mem;
	struct ibv_mr *mr;
};

/* Memory filled with @seed and registered.  Failures: of the running case. */
bool rdma_buffer_open(struct rdma_buffer *buf, struct rdma_pair *pair,
		      size_t len, bool huge, uint64_t seed);
/* The two halves of it, for those who do something between them. */
bool rdma_buffer_alloc(struct rdma_buffer *buf, size_t len, bool huge,
		       uint64_t seed);
bool rdma_buffer_register(struct rdma_buffer *buf, struct rdma_pair *pair);
/* The same with a choice of rights (IBV_ACCESS_REMOTE_WRITE, ...). */
bool rdma_buffer_register_access(struct rdma_buffer *buf, struct rdma_pair *pair,
				 int access);
/* Without on-demand paging: pages are in RAM then, and stay there. */
bool rdma_buffer_register_pinned(struct rdma_buffer *buf, struct rdma_pair *pair);
/* Registers the whole address space instead (implicit on-demand paging). */
bool rdma_buffer_register_implicit(struct rdma_buffer *buf,
				   struct rdma_pair *pair);
void rdma_buffer_close(struct rdma_buffer *buf);

/* RDMA write or read (@opcode) of @len bytes: local and remote place. */
struct rdma_transfer {
	enum ibv_wr_opcode opcode;
	const struct rdma_buffer *local, *remote;
	size_t local_off, remote_off, len;
};

bool rdma_transfer(struct rdma_pair *pair, const struct rdma_transfer *t,
		   const char *what);

/* A transfer that must fail with status @expected; the pair is in error then. */
bool rdma_transfer_fails(struct rdma_pair *pair, const struct rdma_transfer *t,
			 enum ibv_wc_status expected, const char *what);

/* Fills the work request and its one scatter/gather entry. */
void rdma_transfer_wr(const struct rdma_transfer *t, struct ibv_send_wr *wr,
		      struct ibv_sge *sge);

#endif
