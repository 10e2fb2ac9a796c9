/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNECTX_CX_MEM_H
#define CONNECTX_CX_MEM_H

#include "connectx/cx.h"
#include "connectx/cx_xlt.h"

enum cx_mem_result {
	CX_MEM_OK,
	CX_MEM_FAULT,		/* page fault, see move->run; come again */
	CX_MEM_DENIED,
	CX_MEM_DMA_ERROR,
	CX_MEM_RESET,		/* the device was reset: just return */
};

/* A scatter/gather list and how far into it somebody is. */
struct cx_move {
	const struct cx_accessor *who;
	const struct cx_sge *sge;
	unsigned int sges;
	const uint8_t *inlined;	/* what entries with in_wqe are in */
	uint64_t skip;		/* bytes of the list that are done already */
	uint64_t ahead;		/* ask a page fault for so much beyond len */
	uint64_t done;		/* out: bytes moved by this call */
	struct cx_run run;	/* out: on a fault */
};

/*
 * Moves @len bytes between @buf and the list, run by run: what was moved
 * before a fault stays moved and is counted in move->done.  @to_memory: from
 * @buf to the list.
 */
enum cx_mem_result cx_mem_move(struct cx *cx, struct cx_move *move, void *buf,
			       size_t len, bool to_memory);

#endif
