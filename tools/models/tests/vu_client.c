// SPDX-License-Identifier: GPL-2.0-or-later
/* The client; see the header. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pci/pci_cfg.h"
#include "tests/vu_client.h"

#define LIMIT_NS	10000000000ull

/* ---- fixtures ---- */

int vu_connect(struct vu_env *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, e->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	return fd;
}

static void serve(void **state, enum edu_irq irq)
{
	struct vu_env *e = calloc(1, sizeof(*e));

	*state = e;
	strcpy(e->dir, "/tmp/vu-test.XXXXXX");
	assert_non_null(mkdtemp(e->dir));
	snprintf(e->path, sizeof(e->path), "%s/edu.sock", e->dir);
	e->loop = loop_create();
	e->edu = fake_edu_new("edu", e->loop, irq, VU_TEST_RAM);
	assert_true(pci_cfg_setup(&e->edu->dev));
	e->vu = pci_vu_create(&e->edu->dev, e->path, NULL, NULL);
	assert_non_null(e->vu);
	e->fd = vu_connect(e);
	vu_settle(e);
}

int vu_setup_raw(void **state)
{
	serve(state, EDU_MSIX);
	return 0;
}

static int serve_and_greet(void **state, enum edu_irq irq)
{
	serve(state, irq);
	return vu_version(*state, "{\"capabilities\":{}}");
}

int vu_setup(void **state)
{
	return serve_and_greet(state, EDU_MSIX);
}

int vu_setup_msi(void **state)
{
	return serve_and_greet(state, EDU_MSI);
}

int vu_setup_intx(void **state)
{
	return serve_and_greet(state, EDU_INTX);
}

int vu_teardown(void **state)
{
	struct vu_env *e = *state;

	if (e->fd >= 0)
		close(e->fd);
	pci_vu_destroy(e->vu);
	e->edu->dev.ops->destroy(&e->edu->dev);
	loop_destroy(e->loop);
	rmdir(e->dir);
	free(e);
	return 0;
}

void vu_settle(struct vu_env *e)
{
	int i;

	for (i = 0; i < 5; i++)
		loop_run_once(e->loop, 1);
}

/* ---- raw ---- */

static bool can(struct vu_env *e, short events, int ms)
{
	struct pollfd p = { .fd = e->fd, .events = events };

	return poll(&p, 1, ms) > 0 && (p.revents & events);
}

void vu_send_fds(struct vu_env *e, const void *buf, size_t len,
		 const int *fds, unsigned int num)
{
	char control[CMSG_SPACE(64 * sizeof(int))] = { 0 };
	struct iovec iov = { (void *)(uintptr_t)buf, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	assert_true(num <= 64);
	if (num) {
		mh.msg_control = control;
		mh.msg_controllen = CMSG_SPACE(num * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(num * sizeof(int));
		memcpy(CMSG_DATA(c), fds, num * sizeof(int));
	}
	assert_int_equal(sendmsg(e->fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT),
			 (ssize_t)len);
}

void vu_send_bytes(struct vu_env *e, const void *buf, size_t len)
{
	const uint8_t *pos = buf;

	while (len) {
		ssize_t sent = send(e->fd, pos, len,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			pos += sent;
			len -= (size_t)sent;
			continue;
		}
		assert_int_equal(errno, EAGAIN);
		loop_run_once(e->loop, 1);
	}
}

/* False when the connection ended first. */
static bool receive_exactly(struct vu_env *e, void *buf, size_t len)
{
	uint64_t end = loop_now_ns() + LIMIT_NS;
	uint8_t *pos = buf;

	while (len) {
		ssize_t got;

		assert_true(loop_now_ns() < end);
		got = recv(e->fd, pos, len, MSG_DONTWAIT);
		if (!got || (got < 0 && errno != EAGAIN))
			return false;
		if (got < 0) {
			loop_run_once(e->loop, 1);
			continue;
		}
		pos += got;
		len -= (size_t)got;
	}
	return true;
}

bool vu_receive(struct vu_env *e)
{
	struct vu_answer *a = &e->answer;

	if (!receive_exactly(e, &a->hdr, sizeof(a->hdr)))
		return false;
	assert_in_range(a->hdr.size, sizeof(a->hdr), VU_MAX_MSG);
	a->len = a->hdr.size - sizeof(a->hdr);
	return receive_exactly(e, a->data, a->len);
}

bool vu_silent(struct vu_env *e)
{
	vu_settle(e);
	return !can(e, POLLIN, 0);
}

bool vu_closed(struct vu_env *e)
{
	char c;

	vu_settle(e);
	return can(e, POLLIN, 1000) && recv(e->fd, &c, 1, MSG_PEEK) <= 0;
}

/* ---- requests ---- */

void vu_post(struct vu_env *e, uint16_t cmd, uint32_t flags, const void *buf,
	     size_t len)
{
	struct vu_header hdr = {
		.id = ++e->next_id, .cmd = cmd, .flags = flags,
		.size = (uint32_t)(sizeof(hdr) + len),
	};

	vu_send_bytes(e, &hdr, sizeof(hdr));
	vu_send_bytes(e, buf, len);
}

static int check_answer(struct vu_env *e, uint16_t cmd)
{
	assert_true(vu_receive(e));
	assert_int_equal(e->answer.hdr.id, e->next_id);
	assert_int_equal(e->answer.hdr.cmd, cmd);
	assert_int_equal(e->answer.hdr.flags & VU_F_TYPE, VU_F_REPLY);
	if (!(e->answer.hdr.flags & VU_F_ERROR)) {
		assert_int_equal(e->answer.hdr.error, 0);
		return 0;
	}
	assert_int_not_equal(e->answer.hdr.error, 0);
	assert_int_equal(e->answer.len, 0);
	return (int)e->answer.hdr.error;
}

int vu_request(struct vu_env *e, uint16_t cmd, const void *buf, size_t len)
{
	vu_post(e, cmd, 0, buf, len);
	return check_answer(e, cmd);
}

int vu_request_fds(struct vu_env *e, uint16_t cmd, const void *buf,
		   size_t len, const int *fds, unsigned int num)
{
	uint8_t msg[256];
	struct vu_header hdr = {
		.id = ++e->next_id, .cmd = cmd,
		.size = (uint32_t)(sizeof(hdr) + len),
	};

	assert_true(sizeof(hdr) + len <= sizeof(msg));
	memcpy(msg, &hdr, sizeof(hdr));
	memcpy(msg + sizeof(hdr), buf, len);
	vu_send_fds(e, msg, sizeof(hdr) + len, fds, num);
	return check_answer(e, cmd);
}

int vu_version(struct vu_env *e, const char *json)
{
	uint8_t msg[512] = { 0 };
	size_t len = strlen(json) + 1;

	memcpy(msg + sizeof(struct vu_version), json, len);
	return vu_request(e, VU_VERSION, msg, sizeof(struct vu_version) + len);
}

int vu_read(struct vu_env *e, unsigned int region, uint64_t off, void *buf,
	    uint32_t len)
{
	struct vu_region_access a = { off, region, len };
	int rc = vu_request(e, VU_REGION_READ, &a, sizeof(a));

	if (rc)
		return rc;
	assert_int_equal(e->answer.len, sizeof(a) + len);
	assert_memory_equal(e->answer.data, &a, sizeof(a));
	memcpy(buf, e->answer.data + sizeof(a), len);
	return 0;
}

int vu_write(struct vu_env *e, unsigned int region, uint64_t off,
	     const void *buf, uint32_t len)
{
	struct vu_region_access a = { off, region, len };
	uint8_t *msg = malloc(sizeof(a) + len);
	int rc;

	memcpy(msg, &a, sizeof(a));
	memcpy(msg + sizeof(a), buf, len);
	rc = vu_request(e, VU_REGION_WRITE, msg, sizeof(a) + len);
	free(msg);
	return rc;
}

uint64_t vu_reg(struct vu_env *e, uint64_t off)
{
	uint64_t val = 0;

	assert_int_equal(vu_read(e, 0, off, &val, 8), 0);
	return val;
}

void vu_set_reg(struct vu_env *e, uint64_t off, uint64_t val)
{
	assert_int_equal(vu_write(e, 0, off, &val, 8), 0);
}

void vu_set_cfg(struct vu_env *e, uint64_t off, uint32_t val, uint32_t size)
{
	assert_int_equal(vu_write(e, VU_REGION_CONFIG, off, &val, size), 0);
}

int vu_map(struct vu_env *e, uint64_t addr, uint64_t size, int fd,
	   uint64_t offset, uint32_t flags)
{
	struct vu_dma_map_msg m = {
		.argsz = sizeof(m), .flags = flags, .offset = offset,
		.addr = addr, .size = size,
	};

	return vu_request_fds(e, VU_DMA_MAP, &m, sizeof(m), &fd, fd >= 0);
}

int vu_unmap(struct vu_env *e, uint64_t addr, uint64_t size)
{
	struct vu_dma_unmap_msg m = {
		.argsz = sizeof(m), .addr = addr, .size = size,
	};

	return vu_request(e, VU_DMA_UNMAP, &m, sizeof(m));
}

int vu_set_irqs(struct vu_env *e, uint32_t flags, uint32_t index,
		uint32_t start, uint32_t count, const int *fds,
		unsigned int num)
{
	struct vu_irq_set m = { sizeof(m), flags, index, start, count };

	return vu_request_fds(e, VU_SET_IRQS, &m, sizeof(m), fds, num);
}

int vu_memfd(size_t size, uint8_t **mem)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	*mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(*mem, MAP_FAILED);
	return fd;
}

void vu_start_dma(struct vu_env *e, uint32_t cmd, uint64_t addr, uint64_t len)
{
	vu_set_reg(e, EDU_DMA_ADDR, addr);
	vu_set_reg(e, EDU_DMA_LEN, len);
	vu_set_reg(e, EDU_DMA_CMD, cmd);
}

void vu_enable(struct vu_env *e)
{
	vu_set_cfg(e, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
}
