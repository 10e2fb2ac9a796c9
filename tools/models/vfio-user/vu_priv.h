/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the vfio-user server only. */
#ifndef VU_PRIV_H
#define VU_PRIV_H

#include "vfio-user/vu_dma.h"
#include "vfio-user/vu_server.h"

#define VU_MAX_VECTORS	64

/* A message as it came in. */
struct vu_msg {
	struct vu_header hdr;
	uint8_t *data;			/* hdr.size - sizeof(hdr) bytes */
	size_t len;
	int fds[VU_MAX_FDS];		/* who takes one puts -1 here */
	unsigned int num_fds;
};

/* Being received. */
struct vu_rx {
	struct vu_msg msg;
	size_t got;			/* bytes of header and data so far */
};

/* Not yet sent, because the client does not read. */
struct vu_tx {
	uint8_t *buf;
	size_t start, end, cap;
};

/* The answer to a request, filled by its handler. */
struct vu_reply {
	uint8_t *data;
	size_t len;
	uint8_t small[64];
};

struct vu_vector {
	int fd;				/* -1: none */
	bool masked;
};

/* The DMA message whose answer is awaited; on the stack of the waiter. */
struct vu_req {
	uint16_t id, cmd;
	uint64_t addr;
	void *buf;
	size_t len;
	bool done;
	int result;
};

struct vu_server {
	struct loop *loop;
	const char *name;
	const struct vu_ops *ops;
	void *ctx;
	char *path;
	struct loop_fd listener;
	struct loop_fd client;		/* fd -1: none */
	bool negotiated, broken;
	size_t max_xfer;		/* the client's */
	struct vu_rx rx;
	struct vu_tx tx;
	struct vu_dma dma;
	struct vu_vector irqs[VU_NUM_IRQS][VU_MAX_VECTORS];
	struct vu_req *req;
	uint16_t next_id;
	uint64_t stat_msgs, stat_errors, stat_maps, stat_unmaps, stat_stray;
	uint64_t stat_refused;
	bool warned_posted;
};

/* vu_msg.c */
enum vu_rx_result { VU_RX_MORE, VU_RX_MSG, VU_RX_CLOSED, VU_RX_BAD };

/* Receives until a message is complete; the caller releases it. */
enum vu_rx_result vu_msg_receive(struct vu_server *server);
void vu_msg_release(struct vu_rx *rx);
/* Sends or queues a header with up to two pieces of payload.  -EIO */
int vu_msg_send(struct vu_server *server, struct vu_header *hdr,
		const void *a, size_t a_len, const void *b, size_t b_len);
/* Sends what is queued, as far as the client takes it. */
void vu_msg_flush(struct vu_server *server);
size_t vu_msg_queued(const struct vu_server *server);

/* vu_dispatch.c */
void vu_dispatch(struct vu_server *server, struct vu_msg *msg);
void *vu_reply_alloc(struct vu_reply *reply, size_t len);

/* vu_version.c, vu_device.c, vu_irq.c, vu_mapping.c: handlers */
int vu_cmd_version(struct vu_server *s, struct vu_msg *m, struct vu_reply *r);
int vu_cmd_dma_map(struct vu_server *s, struct vu_msg *m, struct vu_reply *r);
int vu_cmd_dma_unmap(struct vu_server *s, struct vu_msg *m,
		     struct vu_reply *r);
int vu_cmd_get_info(struct vu_server *s, struct vu_msg *m, struct vu_reply *r);
int vu_cmd_region_info(struct vu_server *s, struct vu_msg *m,
		       struct vu_reply *r);
int vu_cmd_irq_info(struct vu_server *s, struct vu_msg *m, struct vu_reply *r);
int vu_cmd_set_irqs(struct vu_server *s, struct vu_msg *m, struct vu_reply *r);
int vu_cmd_region_read(struct vu_server *s, struct vu_msg *m,
		       struct vu_reply *r);
int vu_cmd_region_write(struct vu_server *s, struct vu_msg *m,
			struct vu_reply *r);
int vu_cmd_write_multi(struct vu_server *s, struct vu_msg *m,
		       struct vu_reply *r);
int vu_cmd_reset(struct vu_server *s, struct vu_msg *m, struct vu_reply *r);

/* vu_irq.c */
void vu_irq_init(struct vu_server *server);
void vu_irq_release(struct vu_server *server);

/* vu_req.c */
void vu_req_reply(struct vu_server *server, const struct vu_msg *msg);
void vu_req_abort(struct vu_server *server, int result);

#endif
