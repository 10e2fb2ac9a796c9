/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pair of queue pairs with memory at both ends, each with a shadow copy of
 * what it must hold: a test tells the shadow what its requests do, and in the
 * end every byte, the place of every page and what the HCA moved from and to
 * the GPU are compared.
 */
#ifndef RDMA_STAGE_H
#define RDMA_STAGE_H

#include "gpu_place.h"
#include "rdma_buffer.h"
#include "test_options.h"

struct rdma_end {
	struct rdma_buffer buf;
	uint8_t *shadow;
	struct svm_page *before;	/* where its pages must be */
};

struct rdma_stage {
	int gpu;
	bool fallback;			/* the HCA does not reach the GPU */
	struct rdma_pair pair;
	struct rdma_end near, far;	/* of the requester, of the responder */
	long long peer_read, peer_write;	/* bytes: at the start, ... */
	size_t reads, writes;			/* ... expected since then */
};

enum rdma_region { REGION_SAME, REGION_EXPLICIT, REGION_IMPLICIT, REGION_PINNED };

struct rdma_stage_spec {
	struct rdma_pair_spec pair;
	enum gpu_place near, far;
	enum rdma_region region;	/* REGION_SAME: explicit */
	enum rdma_region far_region;	/* REGION_SAME: as the first */
	size_t len;			/* of each end */
	bool huge;
};

/*
 * Peer-to-peer on, memory filled with seeds 1 (near) and 2 (far), registered
 * and moved to its place (the other way round: REGION_PINNED).  Failures are
 * those of the running case.  To be closed in any case.
 */
bool rdma_stage_open(struct rdma_stage *st, const struct test_options *opts,
		     const struct rdma_stage_spec *spec);
void rdma_stage_close(struct rdma_stage *st);

/* Part of an end, as scatter/gather entry and as remote address. */
struct ibv_sge rdma_end_sge(const struct rdma_end *e, size_t off, size_t len);
void rdma_end_target(const struct rdma_end *e, size_t off,
		     struct ibv_send_wr *wr);

/* A request copies bytes, or writes these bytes: the shadow is changed. */
void rdma_stage_copy(struct rdma_stage *st, struct rdma_end *to, size_t to_off,
		     struct rdma_end *from, size_t from_off, size_t len);
void rdma_stage_put(struct rdma_stage *st, struct rdma_end *to, size_t off,
		    const void *bytes, size_t len);
/* The same by an atomic, which the HCA does not count as moved. */
void rdma_stage_modify(struct rdma_stage *st, struct rdma_end *e, size_t off,
		       const void *bytes, size_t len);

/*
 * What the HCA moved, and that no page is elsewhere now; then the content, to
 * compare which takes pages off the GPU.  Or both, in this order.
 */
bool rdma_stage_expect_places(struct rdma_stage *st);
bool rdma_stage_expect_content(struct rdma_stage *st);
bool rdma_stage_expect(struct rdma_stage *st);
/* Whether a range in RAM comes to hold what it must, within seconds. */
bool rdma_end_arrives(const struct rdma_end *e, size_t off, size_t len);

#endif
