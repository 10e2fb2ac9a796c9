/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vfio-user server: one device on one socket, one client at a time.  Knows
 * the protocol and nothing of what the device is.
 *
 * Nothing here blocks, except vu_dma_message(), which serves the file
 * descriptors of the loop (and so all other requests) while it waits.
 */
#ifndef VU_SERVER_H
#define VU_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/loop.h"
#include "core/stats.h"
#include "vfio-user/vu_proto.h"

struct vu_server;

/* The device behind a server.  All in message context; 0 or -errno. */
struct vu_ops {
	uint64_t (*region_size)(void *ctx, unsigned int region);
	int (*region_read)(void *ctx, unsigned int region, uint64_t off,
			   void *buf, size_t len);
	int (*region_write)(void *ctx, unsigned int region, uint64_t off,
			    const void *buf, size_t len);
	unsigned int (*irq_count)(void *ctx, enum vu_irq_index index);
	/* Eventfds or masks of @index changed; @off: all of it is off now */
	void (*irq_changed)(void *ctx, enum vu_irq_index index, bool off);
	void (*reset)(void *ctx);
	void (*connected)(void *ctx, bool yes);
};

/* Listens on the socket @path, which is replaced.  NULL after a warning. */
struct vu_server *vu_server_create(struct loop *loop, const char *name,
				   const char *path, const struct vu_ops *ops,
				   void *ctx);
void vu_server_destroy(struct vu_server *server);

/*
 * What is mapped at @addr: 0 and shortens *@len to the part that is alike;
 * *@ptr is NULL where the client gave no file, or nothing at all is mapped.
 * -EACCES when the client does not allow the access.
 */
int vu_dma_find(struct vu_server *server, uint64_t addr, bool write,
		void **ptr, size_t *len);

/*
 * DMA_READ or DMA_WRITE to the client and its answer.  Work context.  @len is
 * at most VU_MAX_XFER.  -EIO: the client is gone, or silent for five seconds,
 * or its answer makes no sense; else the client's own errno.
 */
int vu_dma_message(struct vu_server *server, bool write, uint64_t addr,
		   void *buf, size_t len);
/* Ends the wait of vu_dma_message() with -ECANCELED. */
void vu_dma_cancel(struct vu_server *server);

/* False if the client takes no such interrupt now (no eventfd, masked). */
bool vu_irq_trigger(struct vu_server *server, enum vu_irq_index index,
		    unsigned int vec);

/* Counters of the link, relative to the server. */
extern const struct stat_desc vu_stats[];

#endif
