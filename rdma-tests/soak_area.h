/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory regions of every kind, each with a shadow copy of all its bytes, for
 * random operations.  Nothing here knows where pages are: that may change at any
 * time, the content must not.
 */
#ifndef SOAK_AREA_H
#define SOAK_AREA_H

#include "rdma_buffer.h"

#define SOAK_AREAS	5

struct soak_area {
	const char *name;
	bool huge, implicit;
	size_t len;
	struct rdma_buffer buf;
	uint8_t *shadow;
};

struct soak_range {
	struct soak_area *area;
	size_t off, len;
};

extern struct soak_area soak_areas[SOAK_AREAS];

/* Memory and shadows; regions are registered with a pair, and that again. */
bool soak_areas_alloc(void);
bool soak_areas_register(struct rdma_pair *pair);
void soak_areas_deregister(void);
void soak_areas_free(void);
bool soak_area_register(struct soak_area *a, struct rdma_pair *pair);

/* Whether ranges are printed that this thread draws. */
extern _Thread_local bool soak_trace;

/* Numbers that depend on the seed alone; each state is good. */
uint64_t soak_random(uint64_t *state);
/* A range of any alignment, short ones more often; or of whole pages. */
struct soak_range soak_range_bytes(uint64_t *state, size_t max);
struct soak_range soak_range_pages(uint64_t *state);

/* Random bytes into memory and shadow. */
void soak_fill(const struct soak_range *r, uint64_t *state);
/* Memory must be as its shadow says.  A failure of the running case otherwise. */
bool soak_compare(const struct soak_range *r, const char *what);
bool soak_compare_all(const char *what);

/* One RDMA request; the shadows do the same. */
bool soak_copy(struct rdma_pair *pair, enum ibv_wr_opcode opcode,
	       const struct soak_range *local, struct soak_range *remote);
bool soak_send(struct rdma_pair *pair, const struct soak_range *from,
	       const struct soak_range *to);
bool soak_add(struct rdma_pair *pair, const struct soak_range *result,
	      const struct soak_range *target, uint64_t add);

#endif
