// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Framing.  Header and payload are received by separate calls and never read
 * ahead, so that file descriptors belong to the message they came with.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfio-user/vu_priv.h"

/* ---- receive ---- */

static bool take_fds(struct vu_msg *msg, struct msghdr *mh)
{
	bool ok = !(mh->msg_flags & MSG_CTRUNC);
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t i, num = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int fd;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (i = 0; i < num; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (msg->num_fds < VU_MAX_FDS) {
				msg->fds[msg->num_fds++] = fd;
			} else {
				close(fd);
				ok = false;
			}
		}
	}
	return ok;
}

/* Bytes received, 0 at the end of file, -errno. */
static ssize_t receive_some(struct vu_server *server, void *buf, size_t len)
{
	char control[CMSG_SPACE(VU_MAX_FDS * sizeof(int))];
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t got;

	do {
		got = recvmsg(server->client.fd, &mh,
			      MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	return take_fds(&server->rx.msg, &mh) ? got : -EPROTO;
}

/* The header is complete: make room for what follows it. */
static bool prepare_payload(struct vu_msg *msg)
{
	if (msg->hdr.size < sizeof(msg->hdr) || msg->hdr.size > VU_MAX_MSG)
		return false;
	msg->len = msg->hdr.size - sizeof(msg->hdr);
	/* of the exact size, so that a sanitizer sees every overrun */
	msg->data = malloc(msg->len ? msg->len : 1);
	return msg->data;
}

enum vu_rx_result vu_msg_receive(struct vu_server *server)
{
	struct vu_rx *rx = &server->rx;
	size_t hdr_len = sizeof(rx->msg.hdr);
	ssize_t got;

	if (rx->got < hdr_len)
		got = receive_some(server, (uint8_t *)&rx->msg.hdr + rx->got,
				   hdr_len - rx->got);
	else
		got = receive_some(server, rx->msg.data + (rx->got - hdr_len),
				   rx->msg.hdr.size - rx->got);
	if (got == -EAGAIN)
		return VU_RX_MORE;
	if (got <= 0)
		return got == -EPROTO ? VU_RX_BAD : VU_RX_CLOSED;
	rx->got += (size_t)got;
	if (rx->got == hdr_len && !prepare_payload(&rx->msg))
		return VU_RX_BAD;
	if (rx->got >= hdr_len && rx->got == rx->msg.hdr.size)
		return VU_RX_MSG;
	return rx->got == hdr_len ? vu_msg_receive(server) : VU_RX_MORE;
}

void vu_msg_release(struct vu_rx *rx)
{
	unsigned int i;

	for (i = 0; i < rx->msg.num_fds; i++)
		if (rx->msg.fds[i] >= 0)
			close(rx->msg.fds[i]);
	free(rx->msg.data);
	memset(rx, 0, sizeof(*rx));
}

/* ---- send ---- */

size_t vu_msg_queued(const struct vu_server *server)
{
	return server->tx.end - server->tx.start;
}

static bool reserve(struct vu_tx *tx, size_t len)
{
	uint8_t *buf;

	if (tx->start) {
		memmove(tx->buf, tx->buf + tx->start, tx->end - tx->start);
		tx->end -= tx->start;
		tx->start = 0;
	}
	if (tx->cap - tx->end >= len)
		return true;
	buf = realloc(tx->buf, tx->end + len);
	if (!buf)
		return false;
	tx->buf = buf;
	tx->cap = tx->end + len;
	return true;
}

static bool queue_rest(struct vu_tx *tx, const struct iovec *iov,
		       unsigned int num, size_t sent)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		size_t skip = sent < iov[i].iov_len ? sent : iov[i].iov_len;
		size_t len = iov[i].iov_len - skip;

		sent -= skip;
		if (!len)
			continue;
		if (!reserve(tx, len))
			return false;
		memcpy(tx->buf + tx->end, (uint8_t *)iov[i].iov_base + skip,
		       len);
		tx->end += len;
	}
	return true;
}

/* Bytes sent; a broken connection is noted and seen to by vu_server.c. */
static size_t send_some(struct vu_server *server, const struct iovec *iov,
			unsigned int num)
{
	struct msghdr mh = {
		.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = num,
	};
	ssize_t sent;

	do {
		sent = sendmsg(server->client.fd, &mh,
			       MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return (size_t)sent;
	if (errno != EAGAIN)
		server->broken = true;
	return 0;
}

int vu_msg_send(struct vu_server *server, struct vu_header *hdr,
		const void *a, size_t a_len, const void *b, size_t b_len)
{
	const struct iovec iov[] = {
		{ hdr, sizeof(*hdr) },
		{ (void *)(uintptr_t)a, a_len },
		{ (void *)(uintptr_t)b, b_len },
	};
	size_t sent = 0;

	if (server->client.fd < 0 || server->broken)
		return -EIO;
	hdr->size = (uint32_t)(sizeof(*hdr) + a_len + b_len);
	if (!vu_msg_queued(server))
		sent = send_some(server, iov, 3);
	/* half a message cannot be taken back */
	if (!server->broken && sent < hdr->size &&
	    !queue_rest(&server->tx, iov, 3, sent))
		server->broken = true;
	if (vu_msg_queued(server))
		server->client.events |= POLLOUT;
	return server->broken ? -EIO : 0;
}

void vu_msg_flush(struct vu_server *server)
{
	struct vu_tx *tx = &server->tx;
	struct iovec iov = { tx->buf + tx->start, tx->end - tx->start };

	if (iov.iov_len)
		tx->start += send_some(server, &iov, 1);
	if (tx->start == tx->end) {
		tx->start = tx->end = 0;
		server->client.events &= ~POLLOUT;
	}
}
