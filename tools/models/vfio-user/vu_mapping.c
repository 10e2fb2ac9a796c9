// SPDX-License-Identifier: GPL-2.0-or-later
/* DMA_MAP and DMA_UNMAP. */
#include <errno.h>
#include <string.h>

#include "core/trace.h"
#include "vfio-user/vu_priv.h"

TRACE_CATEGORY(map, "vu.map");

int vu_cmd_dma_map(struct vu_server *server, struct vu_msg *msg,
		   struct vu_reply *reply)
{
	struct vu_dma_map_msg map;
	struct vu_dma_request req;

	(void)reply;
	memcpy(&map, msg->data, sizeof(map));
	if (map.argsz < sizeof(map) ||
	    (map.flags & ~(VU_DMA_F_READ | VU_DMA_F_WRITE)))
		return -EINVAL;
	req = (struct vu_dma_request) {
		.addr = map.addr,
		.size = map.size,
		.offset = map.offset,
		.fd = msg->num_fds ? msg->fds[0] : -1,
		.readable = map.flags & VU_DMA_F_READ,
		.writable = map.flags & VU_DMA_F_WRITE,
	};
	server->stat_maps++;
	trace(map, "%s: map 0x%llx+0x%llx %s%s%s", server->name,
	      (unsigned long long)map.addr, (unsigned long long)map.size,
	      req.readable ? "r" : "-", req.writable ? "w" : "-",
	      msg->num_fds ? "" : " (no file)");
	return vu_dma_map(&server->dma, &req);
}

int vu_cmd_dma_unmap(struct vu_server *server, struct vu_msg *msg,
		     struct vu_reply *reply)
{
	struct vu_dma_unmap_msg unmap;
	void *out;
	int rc;

	memcpy(&unmap, msg->data, sizeof(unmap));
	if (unmap.argsz < sizeof(unmap) || (unmap.flags & ~VU_UNMAP_F_ALL))
		return -EINVAL;
	server->stat_unmaps++;
	trace(map, "%s: unmap 0x%llx+0x%llx%s", server->name,
	      (unsigned long long)unmap.addr, (unsigned long long)unmap.size,
	      unmap.flags & VU_UNMAP_F_ALL ? " (all)" : "");
	if (unmap.flags & VU_UNMAP_F_ALL) {
		if (unmap.addr || unmap.size)
			return -EINVAL;
		vu_dma_unmap_all(&server->dma);
	} else {
		rc = vu_dma_unmap(&server->dma, unmap.addr, unmap.size,
				  &unmap.size);
		if (rc)
			return rc;
	}
	out = vu_reply_alloc(reply, sizeof(unmap));
	memcpy(out, &unmap, sizeof(unmap));
	return 0;
}

int vu_dma_find(struct vu_server *server, uint64_t addr, bool write,
		void **ptr, size_t *len)
{
	return vu_dma_lookup(&server->dma, addr, write, ptr, len);
}
