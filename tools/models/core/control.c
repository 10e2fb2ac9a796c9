// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections of the control socket.  A request is a work, because a device's
 * command may use DMA; a connection that closes meanwhile is freed after it.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/control.h"
#include "core/trace.h"
#include "core/unix_socket.h"

#define MAX_LINE	(64u << 10)

struct conn {
	struct control *control;
	struct loop_fd lfd;
	struct loop_work work;
	struct conn *next;
	char *in;			/* MAX_LINE bytes */
	size_t in_len;
	char *out;
	size_t out_pos, out_len;
	bool running;			/* a request is being executed */
	bool closed;			/* by the peer, or broken */
	bool ended;			/* nothing more will come in */
};

struct control {
	struct machine *machine;
	struct loop_fd listener;
	char *path;
	struct conn *conns;
};

#define conn_of(ptr, member) pci_container_of(ptr, struct conn, member)

static void free_conn(struct conn *c)
{
	struct conn **pos = &c->control->conns;

	while (*pos != c)
		pos = &(*pos)->next;
	*pos = c->next;
	loop_work_cancel(c->control->machine->loop, &c->work);
	loop_fd_del(c->control->machine->loop, &c->lfd);
	close(c->lfd.fd);
	free(c->in);
	free(c->out);
	free(c);
}

static void close_conn(struct conn *c)
{
	if (!c->running) {
		free_conn(c);
		return;
	}
	/* do not be called again for a dead socket */
	loop_fd_del(c->control->machine->loop, &c->lfd);
	c->closed = true;
}

static bool has_line(const struct conn *c)
{
	return memchr(c->in, '\n', c->in_len);
}

/* What comes next: send the answer, run a request, read, or be gone. */
static void advance(struct conn *c)
{
	c->lfd.events = 0;
	if (c->out)
		c->lfd.events = POLLOUT;
	else if (has_line(c))
		loop_work_queue(c->control->machine->loop, &c->work);
	else if (c->ended)
		close_conn(c);
	else
		c->lfd.events = POLLIN;
}

static void send_answer(struct conn *c)
{
	ssize_t sent = send(c->lfd.fd, c->out + c->out_pos,
			    c->out_len - c->out_pos,
			    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		close_conn(c);
		return;
	}
	if (sent > 0)
		c->out_pos += (size_t)sent;
	if (c->out_pos == c->out_len) {
		free(c->out);
		c->out = NULL;
	}
	advance(c);
}

static void receive(struct conn *c)
{
	ssize_t got = recv(c->lfd.fd, c->in + c->in_len,
			   MAX_LINE - c->in_len, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0 || (got > 0 && c->in_len + (size_t)got == MAX_LINE)) {
		trace_warn("control: %s", got < 0 ? strerror(errno) :
			   "line too long; closing the connection");
		close_conn(c);
		return;
	}
	c->ended = !got;
	c->in_len += (size_t)got;
	advance(c);
}

static void conn_ready(struct loop_fd *lfd, short revents)
{
	struct conn *c = conn_of(lfd, lfd);

	if (revents & POLLOUT)
		send_answer(c);
	else if (revents & POLLIN)
		receive(c);
	else if (revents & (POLLHUP | POLLERR))
		close_conn(c);
}

static void run_request(struct loop_work *work)
{
	struct conn *c = conn_of(work, work);
	char *end = memchr(c->in, '\n', c->in_len);
	FILE *out = open_memstream(&c->out, &c->out_len);

	if (!end || !out) {
		if (out)
			fclose(out);
		close_conn(c);
		return;
	}
	*end = '\0';
	c->running = true;
	control_execute(c->control->machine, c->in, out);
	c->running = false;
	fclose(out);
	c->in_len -= (size_t)(end + 1 - c->in);
	memmove(c->in, end + 1, c->in_len);
	c->out_pos = 0;
	if (c->closed)
		free_conn(c);
	else
		send_answer(c);
}

static void accept_conn(struct loop_fd *lfd, short revents)
{
	struct control *control = pci_container_of(lfd, struct control,
						   listener);
	int fd = accept4(lfd->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c;

	(void)revents;
	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (c)
		c->in = malloc(MAX_LINE);
	if (!c || !c->in) {
		free(c);
		close(fd);
		return;
	}
	c->control = control;
	c->lfd = (struct loop_fd) {
		.fd = fd, .events = POLLIN, .fn = conn_ready,
	};
	c->work.fn = run_request;
	c->next = control->conns;
	control->conns = c;
	loop_fd_add(control->machine->loop, &c->lfd);
}

struct control *control_create(struct machine *machine, const char *path)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return NULL;
	control->machine = machine;
	control->path = strdup(path);
	control->listener = (struct loop_fd) {
		.fd = unix_socket_listen(path, 8), .events = POLLIN, .fn = accept_conn,
	};
	if (!control->path || control->listener.fd < 0) {
		trace_warn("cannot listen on %s: %s", path, strerror(errno));
		free(control->path);
		free(control);
		return NULL;
	}
	loop_fd_add(machine->loop, &control->listener);
	return control;
}

void control_destroy(struct control *control)
{
	if (!control)
		return;
	while (control->conns)
		free_conn(control->conns);
	loop_fd_del(control->machine->loop, &control->listener);
	close(control->listener.fd);
	unlink(control->path);
	free(control->path);
	free(control);
}
