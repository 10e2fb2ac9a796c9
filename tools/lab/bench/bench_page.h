/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking the HCA's translations of some pages away, and having it ask for them
 * again: what the programs of make bench-fault and make bench have in common.
 */
#ifndef BENCH_PAGE_H
#define BENCH_PAGE_H

#include <stdint.h>

#include "rdma_buffer.h"

/* Address space for @len bytes, aligned to 2 MiB; a failure if there is none. */
void *bench_page_room(size_t len);

/*
 * Moves the pages at [@at, @at + @len) to @room and back by mremap().  The HCA's
 * translations are gone then; nothing else happens to the pages.
 */
bool bench_page_zap(void *at, void *room, size_t len);

/*
 * An RDMA write of 8 bytes from @source to @off of @buf, whose completion is
 * waited for asleep.  @count: what @now has advanced by meanwhile.
 */
bool bench_page_write(struct rdma_pair *pair, const struct rdma_buffer *source,
		      const struct rdma_buffer *buf, size_t off,
		      uint64_t (*now)(void), uint64_t *count);

/* ibv_advise_mr() of a range, for writing, with the flush flag. */
bool bench_page_prefetch(struct rdma_pair *pair, const struct rdma_buffer *buf,
			 size_t off, size_t len, uint64_t (*now)(void),
			 uint64_t *count);

#endif
