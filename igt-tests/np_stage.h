/* SPDX-License-Identifier: MIT */
/*
 * The stage of ns_stage.h and an RDMA device beside it: a pair of connected queue
 * pairs, and a buffer in RAM between which and the memory under test it copies.
 */
#ifndef NP_STAGE_H
#define NP_STAGE_H

#include "ns_stage.h"
#include "rdma_buffer.h"
#include "rdma_pair.h"

struct np_stage {
	struct ns_stage *s;
	struct rdma_pair pair;
	struct rdma_buffer pad;
};

bool np_stage_have_hca(void);

/* Opened when it is first asked for; NULL after a failure of the running case. */
struct np_stage *np_stage(void);
void np_stage_drop(void);

/* The device reads memory, which must be as ns_fill() makes it, or writes that. */
bool np_hca_read(struct np_stage *n, const struct rdma_buffer *buf, size_t off,
		 size_t len, uint64_t seed, size_t pos, const char *what);
bool np_hca_write(struct np_stage *n, const struct rdma_buffer *buf, size_t off,
		  size_t len, uint64_t seed, size_t pos, const char *what);

#endif
