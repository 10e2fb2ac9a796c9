// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moving data between a buffer and memory behind a scatter/gather list, one
 * contiguous run of bus addresses at a time.  Progress is kept by the caller,
 * so that a working set that does not stay resident as a whole still moves.
 *
 * Source: none beyond cx_xlt.c (own design).
 */
#include <errno.h>
#include <string.h>

#include "connectx/cx_mem.h"

static enum cx_mem_result mem_dma(struct cx *cx, uint64_t addr, uint8_t *buf,
				  size_t len, bool to_memory)
{
	size_t peer = pci_addr_device_bytes(&cx->pci, addr, len);
	int ret = to_memory ? cx_dma_write(cx, addr, buf, len) :
			      cx_dma_read(cx, addr, buf, len);

	if (ret == -ECANCELED)
		return CX_MEM_RESET;
	if (ret)
		return CX_MEM_DMA_ERROR;
	if (to_memory)
		cx->stat.data_peer_write += peer;
	else
		cx->stat.data_peer_read += peer;
	return CX_MEM_OK;
}

/* One run at @sge->va + @off. */
static enum cx_mem_result mem_run(struct cx *cx, struct cx_move *move,
				  const struct cx_sge *sge, uint64_t off,
				  uint8_t *buf, size_t *len, bool to_memory)
{
	uint64_t want = *len + move->ahead;
	enum cx_xlt_result ret;

	if (sge->in_wqe) {
		memcpy(buf, move->inlined + sge->va + off, *len);
		return CX_MEM_OK;
	}
	if (want > sge->len - off)
		want = sge->len - off;
	ret = cx_xlt_run(cx, move->who, sge->key, sge->va + off, want,
			 &move->run);
	if (ret == CX_XLT_FAULT)
		return CX_MEM_FAULT;
	if (ret)
		return CX_MEM_DENIED;
	if (*len > move->run.len)
		*len = move->run.len;
	return mem_dma(cx, move->run.addr, buf, *len, to_memory);
}

enum cx_mem_result cx_mem_move(struct cx *cx, struct cx_move *move, void *buf,
			       size_t len, bool to_memory)
{
	uint64_t off = move->skip;
	uint8_t *p = buf;

	move->done = 0;
	for (unsigned int i = 0; i < move->sges && len; i++) {
		const struct cx_sge *sge = &move->sge[i];

		if (off >= sge->len) {
			off -= sge->len;
			continue;
		}
		while (len && off < sge->len) {
			size_t part = len < sge->len - off ? len :
							     sge->len - off;
			enum cx_mem_result ret;

			ret = mem_run(cx, move, sge, off, p, &part, to_memory);
			if (ret)
				return ret;
			move->done += part;
			off += part;
			p += part;
			len -= part;
		}
		off = 0;
	}
	return len ? CX_MEM_DENIED : CX_MEM_OK;
}
