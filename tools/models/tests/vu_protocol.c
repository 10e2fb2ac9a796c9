// SPDX-License-Identifier: GPL-2.0-or-later
/* Framing, VERSION, device and region messages, several clients. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pci/pci_cfg.h"
#include "tests/vu_client.h"

#define UNKNOWN_CMD	200
#define T(name)		cmocka_unit_test_setup_teardown(name, vu_setup, \
							vu_teardown)
#define T_RAW(name)	cmocka_unit_test_setup_teardown(name, vu_setup_raw, \
							vu_teardown)

static void assert_alive(struct vu_env *e)
{
	assert_int_equal((uint32_t)vu_reg(e, EDU_ID), EDU_ID_VALUE);
}

/* ---- VERSION ---- */

static void test_version(void **state)
{
	struct vu_env *e = *state;
	const char *json = (char *)e->answer.data + sizeof(struct vu_version);

	assert_int_equal(vu_version(e, "{\"capabilities\":{}}"), 0);
	assert_int_equal(e->answer.data[e->answer.len - 1], 0);
	assert_non_null(strstr(json, "\"max_data_xfer_size\":1048576"));
	assert_non_null(strstr(json, "\"write_multiple\":true"));
	assert_non_null(strstr(json, "\"max_dma_maps\":65535"));
}

static void test_version_without_json(void **state)
{
	struct vu_version v = { 0, 0 };

	assert_int_equal(vu_request(*state, VU_VERSION, &v, sizeof(v)), 0);
}

static void test_version_of_the_future(void **state)
{
	struct vu_version v = { 1, 0 };

	assert_int_equal(vu_request(*state, VU_VERSION, &v, sizeof(v)),
			 EPROTONOSUPPORT);
}

static void test_version_too_short(void **state)
{
	assert_int_equal(vu_request(*state, VU_VERSION, "ab", 2), EINVAL);
}

static void test_version_json_without_end(void **state)
{
	assert_int_equal(vu_request(*state, VU_VERSION, "\0\0\0\0{}", 6),
			 EINVAL);
}

static void test_version_not_json(void **state)
{
	assert_int_equal(vu_version(*state, "hello"), EINVAL);
}

static void test_version_twice(void **state)
{
	struct vu_env *e = *state;

	assert_int_equal(vu_version(e, "{}"), EPROTO);
	assert_alive(e);
}

static void test_other_command_first(void **state)
{
	struct vu_env *e = *state;
	struct vu_device_info info = { .argsz = sizeof(info) };

	assert_int_equal(vu_request(e, VU_GET_INFO, &info, sizeof(info)),
			 EPROTO);
	assert_int_equal(vu_version(e, "{}"), 0);
	assert_alive(e);
}

/* ---- framing ---- */

static void send_size(struct vu_env *e, uint32_t size)
{
	struct vu_header hdr = { .id = 1, .cmd = VU_GET_INFO, .size = size };

	vu_send_bytes(e, &hdr, sizeof(hdr));
}

static void test_size_below_header(void **state)
{
	send_size(*state, 15);
	assert_true(vu_closed(*state));
}

static void test_size_zero(void **state)
{
	send_size(*state, 0);
	assert_true(vu_closed(*state));
}

static void test_size_above_limit(void **state)
{
	send_size(*state, VU_MAX_MSG + 1);
	assert_true(vu_closed(*state));
}

static void test_size_4g(void **state)
{
	send_size(*state, UINT32_MAX);
	assert_true(vu_closed(*state));
}

static void test_byte_by_byte(void **state)
{
	struct vu_env *e = *state;
	struct vu_region_access a = { EDU_ID, 0, 4 };
	struct vu_header hdr = { .id = 9, .cmd = VU_REGION_READ, .size = 32 };
	uint8_t msg[32];
	int i;

	memcpy(msg, &hdr, 16);
	memcpy(msg + 16, &a, 16);
	for (i = 0; i < 32; i++) {
		assert_true(vu_silent(e));
		vu_send_bytes(e, msg + i, 1);
	}
	assert_true(vu_receive(e));
	assert_int_equal(e->answer.hdr.id, 9);
	assert_int_equal(e->answer.hdr.size, 36);
}

static void test_two_messages_at_once(void **state)
{
	struct vu_env *e = *state;
	struct vu_region_access a = { EDU_ID, 0, 4 };
	struct vu_header hdr = { .id = 1, .cmd = VU_REGION_READ, .size = 32 };
	uint8_t msg[64];
	int i;

	for (i = 0; i < 2; i++) {
		hdr.id = (uint16_t)(i + 1);
		memcpy(msg + 32 * i, &hdr, 16);
		memcpy(msg + 32 * i + 16, &a, 16);
	}
	vu_send_bytes(e, msg, 64);
	assert_true(vu_receive(e));
	assert_int_equal(e->answer.hdr.id, 1);
	assert_true(vu_receive(e));
	assert_int_equal(e->answer.hdr.id, 2);
}

static void test_half_a_message_then_gone(void **state)
{
	struct vu_env *e = *state;

	send_size(e, 1000);
	vu_settle(e);
	close(e->fd);
	vu_settle(e);
	assert_false(pci_vu_connected(e->vu));
	e->fd = vu_connect(e);
	assert_int_equal(vu_version(e, "{}"), 0);
	assert_alive(e);
}

static void test_too_many_files(void **state)
{
	struct vu_env *e = *state;
	struct vu_header hdr = { .cmd = VU_DEVICE_RESET, .size = 16 };
	int fds[VU_MAX_FDS + 1], i;

	for (i = 0; i <= VU_MAX_FDS; i++)
		fds[i] = 0;
	vu_send_fds(e, &hdr, sizeof(hdr), fds, VU_MAX_FDS + 1);
	assert_true(vu_closed(e));
}

static void test_file_where_none_belongs(void **state)
{
	struct vu_env *e = *state;
	int fd = 0;

	assert_int_equal(vu_request_fds(e, VU_DEVICE_RESET, "", 0, &fd, 1),
			 EINVAL);
	assert_alive(e);
}

static void test_unknown_commands(void **state)
{
	struct vu_env *e = *state;
	const uint16_t cmds[] = { 0, VU_GET_REGION_IO_FDS, VU_DMA_READ,
				  VU_DMA_WRITE, 14, 16, UNKNOWN_CMD, 0xffff };
	unsigned int i;

	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		assert_int_equal(vu_request(e, cmds[i], "", 0), ENOSYS);
	assert_alive(e);
}

static void test_neither_request_nor_reply(void **state)
{
	struct vu_env *e = *state;

	vu_post(e, VU_DEVICE_RESET, 7, "", 0);
	assert_true(vu_receive(e));
	assert_int_equal(e->answer.hdr.error, EINVAL);
	assert_alive(e);
}

static void test_reply_to_nothing(void **state)
{
	struct vu_env *e = *state;

	vu_post(e, VU_DMA_READ, VU_F_REPLY, "12345678", 8);
	assert_true(vu_silent(e));
	assert_alive(e);
}

/* ---- device, region and IRQ info ---- */

static void test_get_info(void **state)
{
	struct vu_env *e = *state;
	struct vu_device_info info = { .argsz = sizeof(info) };

	assert_int_equal(vu_request(e, VU_GET_INFO, &info, sizeof(info)), 0);
	assert_int_equal(e->answer.len, sizeof(info));
	memcpy(&info, e->answer.data, sizeof(info));
	assert_int_equal(info.flags, 3);
	assert_int_equal(info.num_regions, 9);
	assert_int_equal(info.num_irqs, 5);
}

static void test_info_with_small_argsz(void **state)
{
	struct vu_env *e = *state;
	struct vu_region_info info = { .argsz = 15 };

	assert_int_equal(vu_request(e, VU_GET_INFO, &info, 16), EINVAL);
	assert_int_equal(vu_request(e, VU_GET_IRQ_INFO, &info, 16), EINVAL);
	assert_int_equal(vu_request(e, VU_GET_REGION_INFO, &info,
				    sizeof(info)), EINVAL);
}

static void test_info_truncated(void **state)
{
	struct vu_env *e = *state;
	struct vu_region_info info = { .argsz = sizeof(info) };

	assert_int_equal(vu_request(e, VU_GET_INFO, &info, 15), EINVAL);
	assert_int_equal(vu_request(e, VU_GET_REGION_INFO, &info, 31), EINVAL);
	assert_int_equal(vu_request(e, VU_GET_IRQ_INFO, &info, 15), EINVAL);
}

static uint64_t size_of_region(struct vu_env *e, uint32_t index)
{
	struct vu_region_info info = { .argsz = sizeof(info), .index = index };

	assert_int_equal(vu_request(e, VU_GET_REGION_INFO, &info,
				    sizeof(info)), 0);
	memcpy(&info, e->answer.data, sizeof(info));
	assert_int_equal(info.flags, info.size ? 3 : 0);
	return info.size;
}

static void test_region_info(void **state)
{
	struct vu_env *e = *state;
	struct vu_region_info info = { .argsz = sizeof(info), .index = 9 };

	assert_int_equal(size_of_region(e, 0), EDU_REGS_SIZE);
	assert_int_equal(size_of_region(e, 1), VU_TEST_RAM);
	assert_int_equal(size_of_region(e, 2), 0);
	assert_int_equal(size_of_region(e, 6), 0);
	assert_int_equal(size_of_region(e, 7), 4096);
	assert_int_equal(size_of_region(e, 8), 0);
	assert_int_equal(vu_request(e, VU_GET_REGION_INFO, &info,
				    sizeof(info)), EINVAL);
}

/* ---- regions ---- */

static void test_register_access(void **state)
{
	struct vu_env *e = *state;

	vu_set_reg(e, EDU_SCRATCH, 0x1122334455667788);
	assert_int_equal(vu_reg(e, EDU_SCRATCH), 0x1122334455667788);
	assert_int_equal(e->edu->reg_writes, 1);
	assert_int_equal(e->edu->reg_reads, 1);
}

static void test_access_at_the_end(void **state)
{
	struct vu_env *e = *state;
	uint8_t buf[16];

	assert_int_equal(vu_read(e, 0, EDU_REGS_SIZE - 1, buf, 1), 0);
	assert_int_equal(vu_read(e, 0, EDU_REGS_SIZE - 1, buf, 2), EINVAL);
	assert_int_equal(vu_read(e, 0, EDU_REGS_SIZE, buf, 1), EINVAL);
	assert_int_equal(vu_write(e, 0, EDU_REGS_SIZE - 7, buf, 8), EINVAL);
	assert_int_equal(vu_write(e, 0, UINT64_MAX - 3, buf, 8), EINVAL);
	assert_int_equal(vu_read(e, 7, 4095, buf, 2), EINVAL);
	assert_int_equal(e->edu->reg_writes, 0);
}

static void test_access_to_absent_region(void **state)
{
	struct vu_env *e = *state;
	uint8_t buf[4] = { 0 };

	assert_int_equal(vu_read(e, 3, 0, buf, 4), EINVAL);
	assert_int_equal(vu_write(e, 8, 0, buf, 4), EINVAL);
	assert_int_equal(vu_read(e, 9, 0, buf, 4), EINVAL);
	assert_int_equal(vu_read(e, UINT32_MAX, 0, buf, 4), EINVAL);
}

static void test_access_of_nothing(void **state)
{
	struct vu_env *e = *state;
	uint8_t buf[1];

	assert_int_equal(vu_read(e, 0, EDU_ID, buf, 0), 0);
	assert_int_equal(vu_write(e, 0, EDU_SCRATCH, buf, 0), 0);
	assert_int_equal(e->edu->reg_reads, 0);
	assert_int_equal(e->edu->reg_writes, 0);
}

static void test_read_too_much(void **state)
{
	struct vu_env *e = *state;
	struct vu_region_access a = { 0, 1, VU_MAX_XFER + 1 };

	assert_int_equal(vu_request(e, VU_REGION_READ, &a, sizeof(a)), EINVAL);
	a.count = UINT32_MAX;
	assert_int_equal(vu_request(e, VU_REGION_READ, &a, sizeof(a)), EINVAL);
}

static void test_write_with_wrong_length(void **state)
{
	struct vu_env *e = *state;
	struct vu_region_access a[2] = { { EDU_SCRATCH, 0, 8 } };

	assert_int_equal(vu_request(e, VU_REGION_WRITE, a, 16 + 7), EINVAL);
	assert_int_equal(vu_request(e, VU_REGION_WRITE, a, 16 + 9), EINVAL);
	assert_int_equal(vu_request(e, VU_REGION_WRITE, a, 16), EINVAL);
	assert_int_equal(e->edu->reg_writes, 0);
}

static void test_one_mebibyte(void **state)
{
	struct vu_env *e = *state;
	uint8_t *buf = malloc(VU_TEST_RAM);

	memset(buf, 0x6b, VU_TEST_RAM);
	assert_int_equal(vu_write(e, 1, 0, buf, VU_TEST_RAM), 0);
	assert_int_equal(e->edu->block_writes, 1);
	memset(buf, 0, VU_TEST_RAM);
	assert_int_equal(vu_read(e, 1, 0, buf, VU_TEST_RAM), 0);
	assert_memory_equal(buf, e->edu->ram, VU_TEST_RAM);
	assert_int_equal(buf[VU_TEST_RAM - 1], 0x6b);
	free(buf);
}

static void test_unaligned_access_is_split(void **state)
{
	struct vu_env *e = *state;
	uint8_t in[11] = "abcdefghij", out[11];

	/* 0x1001: 1, 2, 4 up to 0x1008, then 2 and 1 of the remaining */
	assert_int_equal(vu_write(e, 0, EDU_BUF + 1, in, 10), 0);
	assert_int_equal(e->edu->reg_writes, 5);
	assert_int_equal(vu_read(e, 0, EDU_BUF + 1, out, 10), 0);
	assert_memory_equal(in, out, 10);
}

static void test_posted_write(void **state)
{
	struct vu_env *e = *state;
	struct { struct vu_region_access a; uint64_t val; } m = {
		{ EDU_SCRATCH, 0, 8 }, 42
	};

	vu_post(e, VU_REGION_WRITE, VU_F_NO_REPLY, &m, 24);
	assert_true(vu_silent(e));
	assert_int_equal(vu_reg(e, EDU_SCRATCH), 42);
	m.a.offset = EDU_REGS_SIZE;
	vu_post(e, VU_REGION_WRITE, VU_F_NO_REPLY, &m, 24);
	assert_true(vu_silent(e));
	assert_alive(e);
}

struct multi {
	uint64_t num;
	struct vu_write_one one[3];
};

static void test_multi(void **state)
{
	struct vu_env *e = *state;
	struct multi m = { 2, {
		{ EDU_SCRATCH, 0, 4, { 1, 2, 3, 4 } },
		{ 16, 1, 8, { 9, 8, 7, 6, 5, 4, 3, 2 } },
	} };
	uint64_t num;

	assert_int_equal(vu_request(e, VU_REGION_WRITE_MULTI, &m, 8 + 48), 0);
	assert_int_equal(e->answer.len, 8);
	memcpy(&num, e->answer.data, 8);
	assert_int_equal(num, 2);
	assert_int_equal(e->edu->scratch, 0x04030201);
	assert_memory_equal(e->edu->ram + 16, m.one[1].data, 8);
	assert_int_equal(e->edu->ram[24], 0);
}

static void test_multi_count_beyond_message(void **state)
{
	struct vu_env *e = *state;
	struct multi m = { 3, { { EDU_SCRATCH, 0, 4, { 1 } } } };

	assert_int_equal(vu_request(e, VU_REGION_WRITE_MULTI, &m, 8 + 48),
			 EINVAL);
	m.num = UINT64_MAX / 24 + 2;
	assert_int_equal(vu_request(e, VU_REGION_WRITE_MULTI, &m, 8 + 48),
			 EINVAL);
	assert_int_equal(vu_request(e, VU_REGION_WRITE_MULTI, &m, 7), EINVAL);
	assert_int_equal(e->edu->reg_writes, 0);
}

static void test_multi_with_a_bad_entry(void **state)
{
	struct vu_env *e = *state;
	struct multi m = { 3, {
		{ 0, 1, 9, { 1 } },
		{ VU_TEST_RAM, 1, 1, { 2 } },
		{ 8, 1, 1, { 3 } },
	} };

	assert_int_equal(vu_request(e, VU_REGION_WRITE_MULTI, &m, sizeof(m)),
			 EINVAL);
	assert_int_equal(e->edu->ram[0], 0);
	assert_int_equal(e->edu->ram[8], 3);
}

static void test_device_reset(void **state)
{
	struct vu_env *e = *state;
	unsigned int resets = e->edu->resets;

	vu_set_reg(e, EDU_SCRATCH, 5);
	assert_int_equal(vu_request(e, VU_DEVICE_RESET, "", 0), 0);
	assert_int_equal(e->edu->resets, resets + 1);
	assert_int_equal(vu_reg(e, EDU_SCRATCH), 0);
}

/* ---- several clients, bad clients ---- */

static bool is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static void test_second_client_is_turned_away(void **state)
{
	struct vu_env *e = *state;
	int fd = vu_connect(e);

	vu_settle(e);
	assert_true(is_closed(fd));
	close(fd);
	assert_alive(e);
}

static void test_mute_client_gives_way(void **state)
{
	struct vu_env *e = *state;
	int mute = e->fd;

	e->fd = vu_connect(e);
	vu_settle(e);
	assert_int_equal(vu_version(e, "{}"), 0);
	assert_true(is_closed(mute));
	close(mute);
	assert_alive(e);
}

static void test_reconnect_resets(void **state)
{
	struct vu_env *e = *state;

	vu_set_reg(e, EDU_SCRATCH, 5);
	vu_enable(e);
	close(e->fd);
	e->fd = vu_connect(e);
	assert_int_equal(vu_version(e, "{}"), 0);
	assert_int_equal(vu_reg(e, EDU_SCRATCH), 0);
	assert_int_equal(e->edu->dev.cfg[PCI_COMMAND], 0);
}

/* Another device in the same loop, with a client of its own. */
static void test_others_are_not_stalled(void **state)
{
	static struct vu_env other;
	struct vu_env *e = *state;

	other.loop = e->loop;
	snprintf(other.path, sizeof(other.path), "%s/other.sock", e->dir);
	other.edu = fake_edu_new("other", e->loop, EDU_MSI, 0);
	assert_true(pci_cfg_setup(&other.edu->dev));
	other.vu = pci_vu_create(&other.edu->dev, other.path, NULL, NULL);
	other.fd = vu_connect(&other);
	send_size(e, 1000);
	assert_int_equal(vu_version(&other, "{}"), 0);
	assert_alive(&other);
	assert_true(vu_silent(e));
	close(other.fd);
	pci_vu_destroy(other.vu);
	other.edu->dev.ops->destroy(&other.edu->dev);
}

/* It reads nothing: the server stops reading it and lives. */
static void test_client_that_does_not_read(void **state)
{
	struct vu_env *e = *state;
	struct vu_region_access a = { 0, 1, VU_TEST_RAM };
	unsigned int i;

	for (i = 0; i < 16; i++)
		vu_post(e, VU_REGION_READ, 0, &a, sizeof(a));
	vu_settle(e);
	for (i = 0; i < 16; i++) {
		assert_true(vu_receive(e));
		assert_int_equal(e->answer.hdr.id, e->next_id - 15 + i);
		assert_int_equal(e->answer.len, 16 + VU_TEST_RAM);
	}
	assert_alive(e);
}

static void test_noise(void **state)
{
	struct vu_env *e = *state;
	unsigned int round, i, seed = 1;
	uint8_t noise[64];

	for (round = 0; round < 500; round++) {
		struct vu_header hdr = { .id = 1 };

		for (i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)(rand_r(&seed) >> 8);
		hdr.cmd = noise[0] % 18;
		hdr.flags = VU_F_NO_REPLY | (noise[1] % 2);
		hdr.size = 16 + noise[2] % 48;
		vu_send_bytes(e, &hdr, sizeof(hdr));
		vu_send_bytes(e, noise + 3, hdr.size - 16);
	}
	assert_true(vu_silent(e));
	assert_alive(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T_RAW(test_version),
		T_RAW(test_version_without_json),
		T_RAW(test_version_of_the_future),
		T_RAW(test_version_too_short),
		T_RAW(test_version_json_without_end),
		T_RAW(test_version_not_json),
		T(test_version_twice),
		T_RAW(test_other_command_first),
		T(test_size_below_header),
		T(test_size_zero),
		T(test_size_above_limit),
		T(test_size_4g),
		T(test_byte_by_byte),
		T(test_two_messages_at_once),
		T(test_half_a_message_then_gone),
		T(test_too_many_files),
		T(test_file_where_none_belongs),
		T(test_unknown_commands),
		T(test_neither_request_nor_reply),
		T(test_reply_to_nothing),
		T(test_get_info),
		T(test_info_with_small_argsz),
		T(test_info_truncated),
		T(test_region_info),
		T(test_register_access),
		T(test_access_at_the_end),
		T(test_access_to_absent_region),
		T(test_access_of_nothing),
		T(test_read_too_much),
		T(test_write_with_wrong_length),
		T(test_one_mebibyte),
		T(test_unaligned_access_is_split),
		T(test_posted_write),
		T(test_multi),
		T(test_multi_count_beyond_message),
		T(test_multi_with_a_bad_entry),
		T(test_device_reset),
		T(test_second_client_is_turned_away),
		T_RAW(test_mute_client_gives_way),
		T(test_reconnect_resets),
		T(test_others_are_not_stalled),
		T(test_client_that_does_not_read),
		T(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
