// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Listening, accepting, losing and re-accepting the client.
 *
 * One client at a time.  Another one is turned away at once, so that it does
 * not hang, unless the present one is dead or has never said anything.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/trace.h"
#include "core/unix_socket.h"
#include "vfio-user/vu_priv.h"

TRACE_CATEGORY(vu, "vu.link");

/* Messages served before others get their turn. */
#define MSGS_PER_WAKEUP	64
/* A client that does not read its answers is not read from either. */
#define TX_LIMIT	(4u << 20)

#define server_of(ptr, member) \
	((struct vu_server *)(void *)((char *)(ptr) - \
				      offsetof(struct vu_server, member)))

const struct stat_desc vu_stats[] = {
	STAT_DESC(struct vu_server, stat_msgs, "vu.messages"),
	STAT_DESC(struct vu_server, stat_errors, "vu.error_replies"),
	STAT_DESC(struct vu_server, stat_stray, "vu.stray_replies"),
	STAT_DESC(struct vu_server, stat_maps, "vu.dma_maps"),
	STAT_DESC(struct vu_server, stat_unmaps, "vu.dma_unmaps"),
	STAT_DESC(struct vu_server, stat_refused, "vu.refused_clients"),
	{ }
};

static void drop_client(struct vu_server *server, const char *why)
{
	if (server->client.fd < 0)
		return;
	trace(vu, "%s: connection closed: %s", server->name, why);
	loop_fd_del(server->loop, &server->client);
	close(server->client.fd);
	server->client.fd = -1;
	vu_msg_release(&server->rx);
	free(server->tx.buf);
	memset(&server->tx, 0, sizeof(server->tx));
	vu_req_abort(server, -EIO);
	vu_irq_release(server);
	vu_dma_release(&server->dma);
	server->negotiated = server->broken = false;
	server->ops->connected(server->ctx, false);
}

/* Returns false when there is nothing more to do now. */
static bool serve_one(struct vu_server *server)
{
	switch (vu_msg_receive(server)) {
	case VU_RX_MORE:
		return false;
	case VU_RX_CLOSED:
		drop_client(server, "by the client");
		return false;
	case VU_RX_BAD:
		trace_warn("%s: the client's message has a bad size or too many files; closing",
			   server->name);
		drop_client(server, "framing lost");
		return false;
	case VU_RX_MSG:
		break;
	}
	vu_dispatch(server, &server->rx.msg);
	vu_msg_release(&server->rx);
	return true;
}

static void update_events(struct vu_server *server)
{
	if (vu_msg_queued(server) > TX_LIMIT)
		server->client.events &= ~POLLIN;
	else
		server->client.events |= POLLIN;
}

static void client_ready(struct loop_fd *lfd, short revents)
{
	struct vu_server *server = server_of(lfd, client);
	unsigned int i;

	if (revents & POLLOUT)
		vu_msg_flush(server);
	for (i = 0; i < MSGS_PER_WAKEUP && !server->broken; i++) {
		if (vu_msg_queued(server) > TX_LIMIT || !serve_one(server))
			break;
	}
	if (server->broken ||
	    (vu_msg_queued(server) && (revents & (POLLHUP | POLLERR))))
		drop_client(server, "sending failed");
	else if (server->client.fd >= 0)
		update_events(server);
}

static bool client_is_dead(const struct vu_server *server)
{
	struct pollfd p = { .fd = server->client.fd };

	return !server->negotiated || server->broken ||
	       (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)));
}

static void accept_client(struct loop_fd *lfd, short revents)
{
	struct vu_server *server = server_of(lfd, listener);
	int fd = accept4(lfd->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)revents;
	if (fd < 0)
		return;
	if (server->client.fd >= 0 && client_is_dead(server))
		drop_client(server, "another one took its place");
	if (server->client.fd >= 0) {
		trace(vu, "%s: second client turned away", server->name);
		server->stat_refused++;
		close(fd);
		return;
	}
	trace(vu, "%s: client connected", server->name);
	server->client.fd = fd;
	server->client.events = POLLIN;
	server->max_xfer = VU_MAX_XFER;
	loop_fd_add(server->loop, &server->client);
}

struct vu_server *vu_server_create(struct loop *loop, const char *name,
				   const char *path, const struct vu_ops *ops,
				   void *ctx)
{
	struct vu_server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->loop = loop;
	server->name = name;
	server->ops = ops;
	server->ctx = ctx;
	server->client = (struct loop_fd) { .fd = -1, .fn = client_ready };
	server->listener = (struct loop_fd) {
		.fd = unix_socket_listen(path, 8), .events = POLLIN, .fn = accept_client,
	};
	server->path = strdup(path);
	if (server->listener.fd < 0 || !server->path) {
		trace_warn("%s: cannot listen on %s: %s", name, path,
			   strerror(errno));
		free(server->path);
		free(server);
		return NULL;
	}
	vu_irq_init(server);
	loop_fd_add(loop, &server->listener);
	return server;
}

void vu_server_destroy(struct vu_server *server)
{
	if (!server)
		return;
	drop_client(server, "this process ends");
	loop_fd_del(server->loop, &server->listener);
	close(server->listener.fd);
	unlink(server->path);
	free(server->path);
	free(server);
}
