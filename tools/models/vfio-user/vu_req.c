// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests of the server: DMA_READ and DMA_WRITE.  Work functions are never
 * nested, so at most one is on its way per server.
 */
#include <errno.h>
#include <string.h>

#include "core/trace.h"
#include "vfio-user/vu_priv.h"

TRACE_CATEGORY(req, "vu.req");

#define REPLY_LIMIT_MS	5000
/* Of what the client does not read. */
#define QUEUE_LIMIT	(4u << 20)

static int check_reply(const struct vu_req *req, const struct vu_msg *msg)
{
	struct vu_dma_access access;
	size_t data = req->cmd == VU_DMA_READ ? req->len : 0;

	if (msg->hdr.flags & VU_F_ERROR)
		return msg->hdr.error && msg->hdr.error < 4096 ?
		       -(int)msg->hdr.error : -EIO;
	if (msg->hdr.cmd != req->cmd || msg->len != sizeof(access) + data)
		return -EIO;
	memcpy(&access, msg->data, sizeof(access));
	return access.addr != req->addr || access.count != req->len ? -EIO : 0;
}

void vu_req_reply(struct vu_server *server, const struct vu_msg *msg)
{
	struct vu_req *req = server->req;

	if (!req || req->done || msg->hdr.id != req->id) {
		server->stat_stray++;
		trace(req, "%s: reply to nothing, id %u", server->name,
		      msg->hdr.id);
		return;
	}
	req->result = check_reply(req, msg);
	req->done = true;
	if (!req->result && req->cmd == VU_DMA_READ)
		memcpy(req->buf, msg->data + sizeof(struct vu_dma_access),
		       req->len);
}

void vu_req_abort(struct vu_server *server, int result)
{
	if (!server->req || server->req->done)
		return;
	server->req->result = result;
	server->req->done = true;
}

void vu_dma_cancel(struct vu_server *server)
{
	vu_req_abort(server, -ECANCELED);
}

static int send_request(struct vu_server *server, const struct vu_req *req)
{
	struct vu_dma_access access = { .addr = req->addr, .count = req->len };
	struct vu_header hdr = { .id = req->id, .cmd = req->cmd };

	if (vu_msg_queued(server) > QUEUE_LIMIT)
		return -EIO;
	return vu_msg_send(server, &hdr, &access, sizeof(access), req->buf,
			   req->cmd == VU_DMA_WRITE ? req->len : 0);
}

static void await_reply(struct vu_server *server, struct vu_req *req)
{
	uint64_t end = loop_now_ns() + REPLY_LIMIT_MS * 1000000ull;

	while (!req->done) {
		uint64_t now = loop_now_ns();

		if (now >= end) {
			trace_warn("%s: the VMM did not answer a DMA message for %d s",
				   server->name, REPLY_LIMIT_MS / 1000);
			vu_req_abort(server, -EIO);
			return;
		}
		loop_serve_fds(server->loop,
			       (int)((end - now + 999999) / 1000000));
	}
}

static int one_message(struct vu_server *server, bool write, uint64_t addr,
		       void *buf, size_t len)
{
	struct vu_req req = {
		.id = server->next_id++,
		.cmd = write ? VU_DMA_WRITE : VU_DMA_READ,
		.addr = addr,
		.buf = buf,
		.len = len,
	};
	int rc = send_request(server, &req);

	if (rc)
		return rc;
	server->req = &req;
	await_reply(server, &req);
	server->req = NULL;
	return req.result;
}

int vu_dma_message(struct vu_server *server, bool write, uint64_t addr,
		   void *buf, size_t len)
{
	uint8_t *pos = buf;

	if (!server->negotiated)
		return -EIO;
	if (server->req) {
		trace_warn("%s: DMA message outside of work context",
			   server->name);
		return -EIO;
	}
	while (len) {
		size_t part = len < server->max_xfer ? len : server->max_xfer;
		int rc = one_message(server, write, addr, pos, part);

		if (rc)
			return rc;
		addr += part;
		pos += part;
		len -= part;
	}
	return 0;
}
