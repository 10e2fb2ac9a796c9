// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a client of the vfio-user server may send: bytes, messages, files, answers
 * to the server's DMA, in any order, and nothing at all.
 *
 * First byte: bit 0 VERSION was exchanged, bit 1 memory and bus master are on.
 * Then steps.  While the server waits for an answer, the client goes on with them.
 *	0	bytes: length (8 bits), bytes
 *	1..3	a message: command (8 bits), flags, number of files and their kind
 *		(8 bits), payload length (8 bits), payload
 *	4	a region access: region, offset (value), length (8 bits), write?, bytes
 *	5	a DMA of the device is started: address (value), length (value)
 *	6	an answer to the last request of the server: flags (8 bits), bytes
 *	7	memory is mapped or unmapped: address, size and offset in pages
 *	8	interrupts: flags, index, start, count, files; one is raised
 *	9	the connection ends, another one begins
 *	10	the server runs
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "tests/fake_time.h"
#include "tests/vu_client.h"

#define FILE_SIZE	(64u << 10)
#define MAX_FDS		20

struct client {
	struct fuzz_in in;
	struct vu_env *e;
	struct vu_header req;		/* the server's last request */
	struct vu_dma_access dma;
	uint8_t buf[8192];
};

/* Whatever the server has sent; its requests are remembered. */
static void take_all(struct client *c)
{
	ssize_t n;
	size_t at = 0;
	struct vu_header hdr;

	while ((n = recv(c->e->fd, c->buf, sizeof(c->buf), MSG_DONTWAIT)) > 0)
		for (at = 0; at + sizeof(hdr) <= (size_t)n; at += hdr.size) {
			memcpy(&hdr, c->buf + at, sizeof(hdr));
			if (hdr.size < sizeof(hdr))
				break;
			if (hdr.flags & VU_F_TYPE)
				continue;
			c->req = hdr;
			if (at + sizeof(hdr) + sizeof(c->dma) <= (size_t)n)
				memcpy(&c->dma, c->buf + at + sizeof(hdr),
				       sizeof(c->dma));
		}
}

static unsigned int make_fds(uint8_t how, int *fds)
{
	unsigned int i, n = how & 0x80 ? how % MAX_FDS : how & 3;

	for (i = 0; i < n; i++) {
		if (how & 4) {
			fds[i] = eventfd(0, EFD_CLOEXEC);
			continue;
		}
		fds[i] = memfd_create("guest", MFD_CLOEXEC);
		if (ftruncate(fds[i], how & 8 ? 0 : FILE_SIZE))
			break;
	}
	return n;
}

static void send_some(struct client *c, const void *data, size_t len,
		      const int *fds, unsigned int n)
{
	char control[CMSG_SPACE(MAX_FDS * sizeof(int))] = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cm;

	if (n) {
		mh.msg_control = control;
		mh.msg_controllen = CMSG_SPACE(n * sizeof(int));
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, n * sizeof(int));
	}
	sendmsg(c->e->fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void message(struct client *c, uint16_t cmd, uint32_t flags,
		    uint8_t how_fds, const void *payload, size_t len)
{
	uint8_t msg[1024];
	struct vu_header hdr = {
		.id = ++c->e->next_id, .cmd = cmd, .flags = flags,
		.size = (uint32_t)(sizeof(hdr) + len),
	};
	int fds[MAX_FDS];
	unsigned int i, n = make_fds(how_fds, fds);

	memcpy(msg, &hdr, sizeof(hdr));
	memcpy(msg + sizeof(hdr), payload, len);
	send_some(c, msg, sizeof(hdr) + len, fds, n);
	for (i = 0; i < n; i++)
		close(fds[i]);
}

static void any_bytes(struct client *c)
{
	uint8_t len = fuzz_u8(&c->in), buf[256];

	fuzz_bytes(&c->in, buf, len);
	send_some(c, buf, len, NULL, 0);
}

static void any_message(struct client *c)
{
	uint8_t cmd = fuzz_u8(&c->in), flags = fuzz_u8(&c->in);
	uint8_t fds = fuzz_u8(&c->in), len = fuzz_u8(&c->in), buf[256];

	fuzz_bytes(&c->in, buf, len);
	message(c, cmd & 0x40 ? cmd : cmd % 16, flags & 0xf0 ? flags & 0x3f : 0,
		fds, buf, len);
}

static void region(struct client *c)
{
	uint8_t index = fuzz_u8(&c->in), len;
	uint64_t off = fuzz_value(&c->in);
	uint8_t buf[sizeof(struct vu_region_access) + 256];
	struct vu_region_access a;

	len = fuzz_u8(&c->in);
	a = (struct vu_region_access){ off, index & 0xf, len };
	memcpy(buf, &a, sizeof(a));
	if (index & 0x10)
		fuzz_bytes(&c->in, buf + sizeof(a), len);
	message(c, index & 0x10 ? VU_REGION_WRITE : VU_REGION_READ,
		index & 0x20 ? VU_F_NO_REPLY : 0, 0, buf,
		sizeof(a) + (index & 0x10 ? len : 0));
}

static void set_reg(struct client *c, uint64_t off, uint64_t val)
{
	struct {
		struct vu_region_access a;
		uint64_t val;
	} msg = { { off, 0, 8 }, val };

	message(c, VU_REGION_WRITE, 0, 0, &msg, sizeof(msg));
}

static void start_dma(struct client *c)
{
	uint64_t addr = fuzz_value(&c->in), len = fuzz_value(&c->in);

	set_reg(c, EDU_DMA_ADDR, addr);
	set_reg(c, EDU_DMA_LEN, len);
	set_reg(c, EDU_DMA_CMD, 1 + len % 2);
}

static void answer(struct client *c)
{
	uint8_t how = fuzz_u8(&c->in), msg[1024] = { 0 };
	struct vu_header hdr = c->req;
	size_t data = hdr.cmd == VU_DMA_READ ? c->dma.count : 0;

	hdr.flags = how & 1 ? VU_F_REPLY | VU_F_ERROR : VU_F_REPLY;
	hdr.error = how & 1 ? fuzz_u8(&c->in) : 0;
	hdr.id = (uint16_t)(hdr.id + (how & 2 ? 1 : 0));
	if (how & 4)
		c->dma.addr += fuzz_u8(&c->in);
	if (how & 8)
		c->dma.count = fuzz_value(&c->in);
	if (how & 0x10)
		data = fuzz_u8(&c->in);
	if (data > sizeof(msg) - 64)
		data = sizeof(msg) - 64;
	hdr.size = (uint32_t)(sizeof(hdr) + sizeof(c->dma) + data);
	if (how & 0x20)
		hdr.size = (uint32_t)fuzz_value(&c->in);
	memcpy(msg, &hdr, sizeof(hdr));
	memcpy(msg + sizeof(hdr), &c->dma, sizeof(c->dma));
	send_some(c, msg, sizeof(hdr) + sizeof(c->dma) + data, NULL, 0);
}

static void map_memory(struct client *c)
{
	uint8_t how = fuzz_u8(&c->in), addr = fuzz_u8(&c->in);
	uint8_t size = fuzz_u8(&c->in), off = how & 4 ? fuzz_u8(&c->in) : 0;
	struct vu_dma_map_msg m = {
		.argsz = sizeof(m), .flags = how >> 4 & 7,
		.addr = FAKE_MEM_IOVA + addr * 4096ull,
		.size = size * 4096ull, .offset = off * 4096ull,
	};
	struct vu_dma_unmap_msg u = {
		.argsz = sizeof(u), .flags = how & 8 ? VU_UNMAP_F_ALL : 0,
		.addr = m.addr, .size = m.size,
	};

	if (how & 1)
		message(c, VU_DMA_MAP, 0, how & 2 ? 1 : 0, &m, sizeof(m));
	else
		message(c, VU_DMA_UNMAP, 0, 0, &u, sizeof(u));
}

static void interrupts(struct client *c)
{
	uint8_t how = fuzz_u8(&c->in), fds = fuzz_u8(&c->in);
	uint8_t flags = fuzz_u8(&c->in), start = fuzz_u8(&c->in);
	uint8_t count = fuzz_u8(&c->in);
	struct {
		struct vu_irq_set s;
		uint8_t bools[64];
	} m = { .s = { sizeof(m), flags, how % 8, start, count } };

	fuzz_bytes(&c->in, m.bools, how & 8 ? sizeof(m.bools) : 0);
	message(c, VU_SET_IRQS, 0, fds | 4, &m, sizeof(m.s) +
		(m.s.flags & VU_IRQ_DATA_BOOL ? count % 65 : 0));
	set_reg(c, EDU_IRQ, how >> 4);
}

static void settle(struct client *c)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		loop_run_once(c->e->loop, 0);
		take_all(c);
	}
}

/* The server must have accepted the last one: it has few places to wait in. */
static void reconnect(struct client *c, bool waiting)
{
	close(c->e->fd);
	c->e->fd = vu_connect(c->e);
	if (!waiting)
		settle(c);
}

static void step(struct client *c, bool waiting)
{
	switch (fuzz_u8(&c->in) % 11) {
	case 0:
		any_bytes(c);
		break;
	case 1 ... 3:
		any_message(c);
		break;
	case 4:
		region(c);
		break;
	case 5:
		start_dma(c);
		break;
	case 6:
		answer(c);
		break;
	case 7:
		map_memory(c);
		break;
	case 8:
		interrupts(c);
		break;
	case 9:
		reconnect(c, waiting);
		break;
	default:
		if (!waiting)
			settle(c);
	}
}

static bool client_goes_on(void *arg)
{
	struct client *c = arg;

	take_all(c);
	if (!c->in.left)
		return false;
	step(c, true);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct client c;
	uint8_t how;

	fake_time_start();
	memset(&c, 0, sizeof(c));
	c.in = (struct fuzz_in){ data, size };
	how = fuzz_u8(&c.in);
	(how & 1 ? vu_setup : vu_setup_raw)((void **)&c.e);
	if (how & 1 && how & 2)
		vu_enable(c.e);
	fake_time_arg = &c;
	fake_time_idle = client_goes_on;
	while (c.in.left)
		step(&c, false);
	settle(&c);
	fake_time_idle = NULL;
	vu_teardown((void **)&c.e);
	return 0;
}
