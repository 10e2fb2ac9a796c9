// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queue buffers: a list of bus pages of 2^shift bytes, byte 0 at an offset
 * into the first one.
 *
 * Source: include/linux/mlx5/mlx5_ifc.h (pas, log_page_size, page_offset) and
 * their use in drivers/infiniband/hw/mlx5/{qp,cq,srq}.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "connectx/cx.h"
#include "connectx/cx_cmd.h"
#include "connectx/cx_ifc.h"

int cx_buf_init(struct cx *cx, struct cx_buf *buf, const void *pas,
		size_t avail, unsigned int log_page, unsigned int page_offset,
		uint64_t size)
{
	unsigned int shift = log_page + 12;
	uint64_t pages, offset;

	*buf = (struct cx_buf){ 0 };
	if (shift > 43 || page_offset > 63 || size > (1ull << 32))
		return CX_ST_BAD_PARAM;
	offset = (uint64_t)page_offset << (shift - 6);
	pages = (offset + size + (1ull << shift) - 1) >> shift;
	if (pages * 8 > avail)
		return CX_ST_BAD_INP_LEN;
	if (cx->pas_bytes + pages * 8 > CX_PAS_BUDGET)
		return CX_ST_NO_RES;
	buf->page = calloc(pages ? pages : 1, sizeof(*buf->page));
	if (!buf->page)
		return CX_ST_NO_RES;
	for (uint64_t i = 0; i < pages; i++)
		buf->page[i] = cx_be64((const uint8_t *)pas + i * 8) & ~0xfffull;
	cx->pas_bytes += pages * 8;
	buf->pages = pages;
	buf->shift = shift;
	buf->offset = offset;
	buf->size = size;
	return CX_ST_OK;
}

void cx_buf_free(struct cx *cx, struct cx_buf *buf)
{
	cx->pas_bytes -= buf->pages * 8ull;
	free(buf->page);
	*buf = (struct cx_buf){ 0 };
}

/* Bus address of @off, and in @len how far it stays on that page. */
static uint64_t buf_addr(const struct cx_buf *buf, uint64_t off, size_t *len)
{
	uint64_t pos = off + buf->offset;
	uint64_t in_page = pos & ((1ull << buf->shift) - 1);
	uint64_t left = (1ull << buf->shift) - in_page;

	if (*len > left)
		*len = left;
	return buf->page[pos >> buf->shift] + in_page;
}

static bool buf_inside(const struct cx_buf *buf, uint64_t off, size_t len)
{
	return off <= buf->size && len <= buf->size - off;
}

static int buf_access(struct cx *cx, const struct cx_buf *buf, uint64_t off,
		      bool write, void *mem, size_t len)
{
	uint8_t *p = mem;
	int ret;

	if (!buf_inside(buf, off, len))
		return -EINVAL;
	while (len) {
		size_t part = len;
		uint64_t addr = buf_addr(buf, off, &part);

		ret = write ? cx_dma_write(cx, addr, p, part) :
			      cx_dma_read(cx, addr, p, part);
		if (ret)
			return ret;
		p += part;
		off += part;
		len -= part;
	}
	return 0;
}

int cx_buf_read(struct cx *cx, const struct cx_buf *buf, uint64_t off,
		void *dst, size_t len)
{
	return buf_access(cx, buf, off, false, dst, len);
}

int cx_buf_write(struct cx *cx, const struct cx_buf *buf, uint64_t off,
		 const void *src, size_t len)
{
	/* never written to: the direction says so */
	return buf_access(cx, buf, off, true, (void *)(uintptr_t)src, len);
}

int cx_buf_release(struct cx *cx, const struct cx_buf *buf, uint64_t off,
		   const void *src, size_t len)
{
	size_t part = len;
	uint64_t addr;

	if (!buf_inside(buf, off, len))
		return -EINVAL;
	addr = buf_addr(buf, off, &part);
	return part == len ? cx_dma_release(cx, addr, src, len) : -EINVAL;
}
