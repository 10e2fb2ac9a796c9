// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DMA messages of the server.  The server waits inside the loop, so the
 * client's part runs from the loop too: a script of steps, one per call.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/vu_client.h"

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ADDR	0x123000ull

struct script {
	struct vu_env *e;
	struct loop_fd lfd;
	void (*on_request)(struct script *s);
	struct vu_header hdr;		/* of the DMA message */
	struct vu_dma_access access;
	uint8_t data[64];
	unsigned int requests, answers;
};

static struct script script;

static void read_bytes(void *buf, size_t len)
{
	/* asking for nothing would wait for something */
	if (len)
		assert_int_equal(recv(script.e->fd, buf, len, MSG_WAITALL),
				 (ssize_t)len);
}

/* In the loop, while the server waits for its answer. */
static void client_ready(struct loop_fd *lfd, short revents)
{
	struct vu_header hdr;

	(void)revents;
	if (recv(lfd->fd, &hdr, sizeof(hdr), MSG_PEEK | MSG_DONTWAIT) !=
	    sizeof(hdr))
		return;
	read_bytes(&hdr, sizeof(hdr));
	if (hdr.flags & VU_F_REPLY) {
		uint8_t rest[256];

		script.answers++;
		read_bytes(rest, hdr.size - sizeof(hdr));
		return;
	}
	script.requests++;
	script.hdr = hdr;
	read_bytes(&script.access, sizeof(script.access));
	read_bytes(script.data, hdr.size - sizeof(hdr) -
		   sizeof(script.access));
	script.on_request(&script);
}

static void reply(struct script *s, uint32_t flags, uint32_t error,
		  const void *data, size_t len)
{
	struct vu_header hdr = s->hdr;

	hdr.flags = VU_F_REPLY | flags;
	hdr.error = error;
	hdr.size = (uint32_t)(sizeof(hdr) + len);
	vu_send_bytes(s->e, &hdr, sizeof(hdr));
	vu_send_bytes(s->e, data, len);
}

static void reply_data(struct script *s, const void *data, size_t len)
{
	uint8_t buf[128];

	memcpy(buf, &s->access, sizeof(s->access));
	memcpy(buf + sizeof(s->access), data, len);
	reply(s, 0, 0, buf, sizeof(s->access) + len);
}

static int setup(void **state)
{
	vu_setup(state);
	memset(&script, 0, sizeof(script));
	script.e = *state;
	vu_enable(script.e);
	return 0;
}

static int teardown(void **state)
{
	loop_fd_del(script.e->loop, &script.lfd);
	return vu_teardown(state);
}

/* Starts a DMA, plays the script, returns the device's status. */
static uint64_t play(void **state, uint32_t cmd, uint64_t len,
		     void (*on_request)(struct script *s))
{
	struct vu_env *e = *state;
	struct fake_edu *edu = e->edu;

	script.on_request = on_request;
	edu->dma_addr = ADDR;
	edu->dma_len = len;
	edu->dma_cmd = cmd;
	edu->dma_status = 1;
	script.lfd = (struct loop_fd) {
		.fd = e->fd, .events = POLLIN, .fn = client_ready,
	};
	loop_fd_add(e->loop, &script.lfd);
	loop_work_queue(e->loop, &edu->dma_work);
	loop_run_once(e->loop, 0);
	/* whatever the server still says */
	vu_settle(e);
	loop_fd_del(e->loop, &script.lfd);
	return edu->dma_status;
}

static void answer_read(struct script *s)
{
	assert_int_equal(s->hdr.cmd, VU_DMA_READ);
	assert_int_equal(s->hdr.size, 32);
	reply_data(s, "abcdefgh", 8);
}

static void test_read(void **state)
{
	assert_int_equal(play(state, EDU_DMA_READ, 8, answer_read), 0x100);
	assert_int_equal(script.access.addr, ADDR);
	assert_int_equal(script.access.count, 8);
	assert_memory_equal(script.e->edu->buf, "abcdefgh", 8);
	assert_int_equal(script.e->edu->dev.stat_dma_msg, 1);
}

static void answer_write(struct script *s)
{
	assert_int_equal(s->hdr.cmd, VU_DMA_WRITE);
	assert_int_equal(s->hdr.size, 32 + 8);
	reply_data(s, "", 0);
}

static void test_write(void **state)
{
	memcpy(script.e->edu->buf, "12345678", 8);
	assert_int_equal(play(state, EDU_DMA_WRITE, 8, answer_write), 0x100);
	assert_memory_equal(script.data, "12345678", 8);
}

static void answer_error(struct script *s)
{
	reply(s, VU_F_ERROR, ENODEV, "", 0);
}

static void test_error_reply(void **state)
{
	assert_int_equal(play(state, EDU_DMA_READ, 8, answer_error),
			 0x100 | EIO);
	assert_int_equal(script.e->edu->dev.stat_dma_error, 1);
}

static void answer_short(struct script *s)
{
	reply_data(s, "abcd", 4);
}

static void test_reply_too_short(void **state)
{
	assert_int_equal(play(state, EDU_DMA_READ, 8, answer_short),
			 0x100 | EIO);
}

static void answer_other_address(struct script *s)
{
	s->access.addr++;
	reply_data(s, "abcdefgh", 8);
}

static void test_reply_of_something_else(void **state)
{
	assert_int_equal(play(state, EDU_DMA_READ, 8, answer_other_address),
			 0x100 | EIO);
}

static void answer_wrong_id_first(struct script *s)
{
	s->hdr.id++;
	reply_data(s, "XXXXXXXX", 8);
	s->hdr.id--;
	reply_data(s, "abcdefgh", 8);
}

static void test_reply_with_wrong_id(void **state)
{
	assert_int_equal(play(state, EDU_DMA_READ, 8, answer_wrong_id_first),
			 0x100);
	assert_memory_equal(script.e->edu->buf, "abcdefgh", 8);
}

/* A vCPU reads a register while the VMM has yet to do the DMA. */
static void read_register(struct script *s)
{
	struct vu_region_access a = { EDU_ID, 0, 4 };

	vu_post(s->e, VU_REGION_READ, 0, &a, sizeof(a));
}

static void ask_and_answer(struct script *s)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		read_register(s);
	answer_read(s);
}

static void test_requests_meanwhile(void **state)
{
	assert_int_equal(play(state, EDU_DMA_READ, 8, ask_and_answer), 0x100);
	assert_int_equal(script.answers, 3);
	assert_int_equal(script.e->edu->reg_reads, 3);
}

static void hang_up(struct script *s)
{
	loop_fd_del(s->e->loop, &s->lfd);
	close(s->e->fd);
	s->e->fd = -1;
}

static void test_client_goes_away_meanwhile(void **state)
{
	/* the function was reset too, which comes first */
	assert_int_equal(play(state, EDU_DMA_READ, 8, hang_up),
			 0x100 | ECANCELED);
	assert_false(pci_vu_connected(script.e->vu));
}

static void test_no_client(void **state)
{
	struct vu_env *e = *state;

	hang_up(&script);
	vu_settle(e);
	e->edu->dev.cfg[4] = 6;		/* nobody is there to set it */
	e->edu->dma_len = 8;
	e->edu->dma_cmd = EDU_DMA_READ;
	loop_work_queue(e->loop, &e->edu->dma_work);
	loop_run_once(e->loop, 0);
	assert_int_equal(e->edu->dma_status, 0x100 | EIO);
}

static void reset_device(struct script *s)
{
	vu_post(s->e, VU_DEVICE_RESET, 0, "", 0);
}

static void test_reset_meanwhile(void **state)
{
	assert_int_equal(play(state, EDU_DMA_READ, 8, reset_device),
			 0x100 | ECANCELED);
}

/* The late answer to the cancelled message is dropped. */
static void test_answer_after_reset(void **state)
{
	struct vu_env *e = *state;

	play(state, EDU_DMA_READ, 8, reset_device);
	memset(e->edu->buf, 0, 8);
	answer_read(&script);
	vu_settle(e);
	assert_int_equal(e->edu->buf[0], 0);
	vu_enable(e);
	assert_int_equal(play(state, EDU_DMA_READ, 8, answer_read), 0x100);
}

static void say_nothing(struct script *s)
{
	(void)s;
}

static void test_silent_client(void **state)
{
	uint64_t start = loop_now_ns(), ms;

	assert_int_equal(play(state, EDU_DMA_READ, 8, say_nothing),
			 0x100 | EIO);
	ms = (loop_now_ns() - start) / 1000000;
	assert_in_range(ms, 4900, 8000);
}

static void lose_framing(struct script *s)
{
	struct vu_header hdr = { .size = 3 };

	vu_send_bytes(s->e, &hdr, sizeof(hdr));
}

static void test_framing_lost_meanwhile(void **state)
{
	assert_int_equal(play(state, EDU_DMA_READ, 8, lose_framing),
			 0x100 | ECANCELED);
}

/* No file came with the map: its addresses are known, its memory is not. */
static void test_map_without_file(void **state)
{
	struct vu_env *e = *state;

	assert_int_equal(vu_map(e, ADDR & ~0xfffull, 0x1000, -1, 0,
				VU_DMA_F_READ), 0);
	assert_int_equal(play(state, EDU_DMA_READ, 8, answer_read), 0x100);
	assert_int_equal(e->edu->dev.stat_dma_msg, 1);
	assert_int_equal(play(state, EDU_DMA_WRITE, 8, answer_write),
			 0x100 | EACCES);
	assert_int_equal(e->edu->dev.stat_dma_msg, 1);
}

static int setup_small(void **state)
{
	vu_setup_raw(state);
	memset(&script, 0, sizeof(script));
	script.e = *state;
	assert_int_equal(vu_version(script.e, "{\"capabilities\":"
				    "{\"max_data_xfer_size\": 16}}"), 0);
	vu_enable(script.e);
	return 0;
}

static void answer_small(struct script *s)
{
	uint8_t data[16];

	assert_true(s->access.count <= 16);
	memset(data, (int)s->requests, sizeof(data));
	reply_data(s, data, s->access.count);
}

static void test_client_with_small_limit(void **state)
{
	const uint8_t *buf = script.e->edu->buf;

	assert_int_equal(play(state, EDU_DMA_READ, 40, answer_small), 0x100);
	assert_int_equal(script.requests, 3);
	assert_int_equal(buf[15], 1);
	assert_int_equal(buf[16], 2);
	assert_int_equal(buf[39], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_read),
		T(test_write),
		T(test_error_reply),
		T(test_reply_too_short),
		T(test_reply_of_something_else),
		T(test_reply_with_wrong_id),
		T(test_requests_meanwhile),
		T(test_client_goes_away_meanwhile),
		T(test_no_client),
		T(test_reset_meanwhile),
		T(test_answer_after_reset),
		T(test_silent_client),
		T(test_framing_lost_meanwhile),
		T(test_map_without_file),
		cmocka_unit_test_setup_teardown(test_client_with_small_limit,
						setup_small, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
