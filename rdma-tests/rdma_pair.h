/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two queue pairs of one device, connected to each other: requests go out on
 * the first, arrive at the second.
 */
#ifndef RDMA_PAIR_H
#define RDMA_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/verbs.h>

/* What kind of pair; all zero is what rdma_pair_open() makes. */
struct rdma_pair_spec {
	enum ibv_qp_type type;		/* IBV_QPT_XRC_SEND: to an XRC_RECV one */
	bool srq;			/* the second shares its receive queue */
	bool grh;			/* packets with a global route header */
	unsigned int sges;		/* per request, at least 1 */
	unsigned int inline_bytes;
};

struct rdma_pair {
	struct rdma_pair_spec spec;
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;	/* of the first CQ */
	struct ibv_cq *cq[2];
	struct ibv_qp *qp[2];
	struct ibv_port_attr port;
	int gid_index;
	union ibv_gid gid;
	struct ibv_ah *ah;		/* UD */
	struct ibv_xrcd *xrcd;
	struct ibv_srq *srq;		/* of the second; always for XRC */
	uint32_t srq_num;
	struct ibv_wc wc;		/* what was polled last */
};

/*
 * Opens @device, which must do on-demand paging for RC writes, reads, sends
 * and (@atomics) atomics.  A failure of the running case otherwise.
 */
bool rdma_pair_open(struct rdma_pair *pair, const char *device, bool atomics);
/* The same for other kinds; what of it may be on-demand paged is not checked. */
bool rdma_pair_open_as(struct rdma_pair *pair, const char *device,
		       const struct rdma_pair_spec *spec);
/* After an error: both as new, and what was under way is gone. */
bool rdma_pair_reconnect(struct rdma_pair *pair);
void rdma_pair_close(struct rdma_pair *pair);

/*
 * Posts @wr, made signalled, to the first queue pair and waits for its
 * completion.  A failure of the running case unless it completes with success.
 */
bool rdma_pair_request(struct rdma_pair *pair, struct ibv_send_wr *wr,
		       const char *what);

/* Posts @count requests at once and waits for all.  At most RDMA_PAIR_DEPTH. */
#define RDMA_PAIR_DEPTH	64
#define RDMA_PAIR_RECVS	16	/* receives posted at a time */
bool rdma_pair_requests(struct rdma_pair *pair, struct ibv_send_wr *wrs,
			unsigned int count, const char *what);

/*
 * The same for a request that must fail with status @expected.  The queue pairs
 * are in error afterwards.
 */
bool rdma_pair_request_fails(struct rdma_pair *pair, struct ibv_send_wr *wr,
			     enum ibv_wc_status expected, const char *what);

/* The next completion of an end, 0 or 1, must be there in time and like this. */
bool rdma_pair_wait(struct rdma_pair *pair, int end, enum ibv_wc_status expected,
		    const char *what);

/* Receive buffer for the second queue pair; then wait for the message. */
bool rdma_pair_post_recv(struct rdma_pair *pair, struct ibv_sge *sge);
bool rdma_pair_post_recvs(struct rdma_pair *pair, struct ibv_sge *sges,
			  unsigned int count);
bool rdma_pair_wait_recv(struct rdma_pair *pair, uint32_t bytes,
			 const char *what);

#endif
