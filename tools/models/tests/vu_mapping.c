// SPDX-License-Identifier: GPL-2.0-or-later
/* DMA_MAP, DMA_UNMAP and the table behind them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/vu_client.h"
#include "vfio-user/vu_dma.h"

#define T(name)	cmocka_unit_test_setup_teardown(name, vu_setup, vu_teardown)
#define RW	(VU_DMA_F_READ | VU_DMA_F_WRITE)
#define IOVA	0x10000000ull
#define SIZE	0x10000ull

/* ---- through the protocol ---- */

struct guest {
	int fd;
	uint8_t *mem;
};

static struct guest guest_new(void)
{
	struct guest g;

	g.fd = vu_memfd(SIZE, &g.mem);
	return g;
}

static void guest_free(struct guest *g)
{
	munmap(g->mem, SIZE);
	close(g->fd);
}

static uint64_t dma(struct vu_env *e, uint32_t cmd, uint64_t addr,
		    uint64_t len)
{
	vu_start_dma(e, cmd, addr, len);
	vu_settle(e);
	return vu_reg(e, EDU_DMA_STATUS);
}

static void test_map_and_dma(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();

	vu_enable(e);
	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, 0, RW), 0);
	assert_int_equal(e->answer.len, 0);
	memset(e->edu->buf, 0x42, SIZE);
	assert_int_equal(dma(e, EDU_DMA_WRITE, IOVA, SIZE), 0x100);
	assert_int_equal(g.mem[0], 0x42);
	assert_int_equal(g.mem[SIZE - 1], 0x42);
	guest_free(&g);
}

static void test_map_at_an_offset_of_the_file(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();

	vu_enable(e);
	g.mem[0x3000] = 0x77;
	assert_int_equal(vu_map(e, IOVA, 0x1000, g.fd, 0x3000, RW), 0);
	assert_int_equal(dma(e, EDU_DMA_READ, IOVA, 8), 0x100);
	assert_int_equal(e->edu->buf[0], 0x77);
	guest_free(&g);
}

static void test_dma_over_two_maps(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();

	vu_enable(e);
	assert_int_equal(vu_map(e, IOVA, 0x1000, g.fd, 0x5000, RW), 0);
	assert_int_equal(vu_map(e, IOVA + 0x1000, 0x1000, g.fd, 0, RW), 0);
	memset(e->edu->buf, 0x42, 0x1000);
	assert_int_equal(dma(e, EDU_DMA_WRITE, IOVA + 0x800, 0x1000), 0x100);
	assert_int_equal(g.mem[0x57ff], 0);
	assert_int_equal(g.mem[0x5800], 0x42);
	assert_int_equal(g.mem[0x5fff], 0x42);
	assert_int_equal(g.mem[0x7ff], 0x42);
	assert_int_equal(g.mem[0x800], 0);
	guest_free(&g);
}

static void test_read_only_map(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();

	vu_enable(e);
	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, 0, VU_DMA_F_READ), 0);
	assert_int_equal(dma(e, EDU_DMA_WRITE, IOVA, 8), 0x100 | EACCES);
	assert_int_equal(dma(e, EDU_DMA_READ, IOVA, 8), 0x100);
	guest_free(&g);
}

/* A file opened for reading only can be mapped for reading only. */
static void test_read_only_file(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", g.fd);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(vu_map(e, IOVA, SIZE, fd, 0, RW), ENOMEM);
	assert_int_equal(vu_map(e, IOVA, SIZE, fd, 0, VU_DMA_F_READ), 0);
	close(fd);
	guest_free(&g);
}

static void test_same_file_writable_after_read_only(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();

	vu_enable(e);
	assert_int_equal(vu_map(e, IOVA, 0x1000, g.fd, 0, VU_DMA_F_READ), 0);
	assert_int_equal(vu_map(e, IOVA + SIZE, 0x1000, g.fd, 0, RW), 0);
	e->edu->buf[0] = 3;
	assert_int_equal(dma(e, EDU_DMA_WRITE, IOVA + SIZE, 8), 0x100);
	assert_int_equal(g.mem[0], 3);
	guest_free(&g);
}

static void test_map_with_overlap(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();

	assert_int_equal(vu_map(e, IOVA, 0x2000, g.fd, 0, RW), 0);
	assert_int_equal(vu_map(e, IOVA, 0x2000, g.fd, 0, RW), EEXIST);
	assert_int_equal(vu_map(e, IOVA + 0x1fff, 1, g.fd, 0, RW), EEXIST);
	assert_int_equal(vu_map(e, IOVA - 0x1000, SIZE, g.fd, 0, RW), EEXIST);
	assert_int_equal(vu_map(e, IOVA + 0x2000, 0x1000, g.fd, 0, RW), 0);
	assert_int_equal(vu_map(e, IOVA - 0x1000, 0x1000, g.fd, 0, RW), 0);
	guest_free(&g);
}

static void test_map_of_nonsense(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();

	assert_int_equal(vu_map(e, IOVA, 0, g.fd, 0, RW), EINVAL);
	assert_int_equal(vu_map(e, UINT64_MAX - 10, 0x1000, g.fd, 0, RW),
			 EINVAL);
	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, 1, RW), EINVAL);
	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, UINT64_MAX - 1, RW),
			 EINVAL);
	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, 0, 0x80), EINVAL);
	guest_free(&g);
}

static void test_map_of_something_else(void **state)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(vu_map(*state, IOVA, SIZE, fds[0], 0, RW), EINVAL);
	close(fds[0]);
	close(fds[1]);
}

static void test_map_message_too_short(void **state)
{
	struct vu_env *e = *state;
	struct vu_dma_map_msg m = { .argsz = 31, .flags = RW, .addr = IOVA,
				    .size = SIZE };

	assert_int_equal(vu_request(e, VU_DMA_MAP, &m, sizeof(m)), EINVAL);
	m.argsz = 32;
	assert_int_equal(vu_request(e, VU_DMA_MAP, &m, 31), EINVAL);
}

static uint64_t unmapped_bytes(struct vu_env *e)
{
	struct vu_dma_unmap_msg m;

	assert_int_equal(e->answer.len, sizeof(m));
	memcpy(&m, e->answer.data, sizeof(m));
	return m.size;
}

static void test_unmap(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();

	vu_enable(e);
	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, 0, RW), 0);
	assert_int_equal(dma(e, EDU_DMA_READ, IOVA, 8), 0x100);
	assert_int_equal(vu_unmap(e, IOVA, SIZE), 0);
	assert_int_equal(unmapped_bytes(e), SIZE);
	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, 0, RW), 0);
	guest_free(&g);
}

static void test_unmap_of_several(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();
	uint64_t i;

	for (i = 0; i < 4; i++)
		assert_int_equal(vu_map(e, IOVA + 0x2000 * i, 0x1000, g.fd, 0,
					RW), 0);
	assert_int_equal(vu_unmap(e, IOVA, 0x6000), 0);
	assert_int_equal(unmapped_bytes(e), 0x3000);
	assert_int_equal(vu_map(e, IOVA + 0x6000, 0x1000, g.fd, 0, RW),
			 EEXIST);
	guest_free(&g);
}

static void test_unmap_of_nothing(void **state)
{
	struct vu_env *e = *state;

	assert_int_equal(vu_unmap(e, IOVA, SIZE), 0);
	assert_int_equal(unmapped_bytes(e), 0);
	assert_int_equal(vu_unmap(e, IOVA, 0), EINVAL);
	assert_int_equal(vu_unmap(e, UINT64_MAX - 1, 0x1000), EINVAL);
}

static void test_unmap_would_cut(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();

	vu_enable(e);
	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, 0, RW), 0);
	assert_int_equal(vu_unmap(e, IOVA, SIZE / 2), EINVAL);
	assert_int_equal(vu_unmap(e, IOVA + 0x1000, SIZE), EINVAL);
	assert_int_equal(vu_unmap(e, IOVA + 0x1000, 0x1000), EINVAL);
	assert_int_equal(dma(e, EDU_DMA_READ, IOVA + SIZE - 8, 8), 0x100);
	guest_free(&g);
}

static void test_unmap_all(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();
	struct vu_dma_unmap_msg m = { sizeof(m), VU_UNMAP_F_ALL, 0, 0 };

	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, 0, RW), 0);
	assert_int_equal(vu_request(e, VU_DMA_UNMAP, &m, sizeof(m)), 0);
	assert_int_equal(vu_map(e, IOVA, SIZE, g.fd, 0, RW), 0);
	m.size = 1;
	assert_int_equal(vu_request(e, VU_DMA_UNMAP, &m, sizeof(m)), EINVAL);
	m.flags = 1;
	assert_int_equal(vu_request(e, VU_DMA_UNMAP, &m, sizeof(m)), EINVAL);
	guest_free(&g);
}

/* Files handed over are closed again: more maps than file descriptors. */
static void test_maps_do_not_keep_files(void **state)
{
	struct vu_env *e = *state;
	struct guest g = guest_new();
	uint64_t i;

	for (i = 0; i < 2000; i++)
		assert_int_equal(vu_map(e, IOVA + SIZE * i, 0x1000, g.fd, 0,
					RW), 0);
	guest_free(&g);
}

/* ---- the table alone ---- */

static struct vu_dma_request request(uint64_t addr, uint64_t offset, int fd)
{
	return (struct vu_dma_request) {
		.addr = addr, .size = 4096, .offset = offset, .fd = fd,
		.readable = true, .writable = true,
	};
}

static void *lookup(struct vu_dma *dma, uint64_t addr, size_t want)
{
	size_t len = want;
	void *ptr;

	assert_int_equal(vu_dma_lookup(dma, addr, true, &ptr, &len), 0);
	assert_int_equal(len, want);
	return ptr;
}

/* As a vIOMMU does: single pages in any order, all of one file. */
static void test_table_of_40000_maps(void **state)
{
	const uint64_t num = 40000, step = 7919;	/* coprime */
	size_t size = num * 4096;
	struct vu_dma table = { .tree = NULL };
	struct vu_dma_request req;
	uint64_t i, page, bytes;
	uint8_t *mem;
	int fd = vu_memfd(size, &mem);

	(void)state;
	for (i = 0; i < num; i++) {
		page = i * step % num;
		req = request(IOVA + page * 8192, page * 4096, fd);
		assert_int_equal(vu_dma_map(&table, &req), 0);
	}
	assert_int_equal(table.num, num);
	for (i = 0; i < num; i += 997) {
		mem[i * 4096 + 5] = 0xee;
		assert_int_equal(*(uint8_t *)lookup(&table, IOVA + i * 8192 + 5,
						    8), 0xee);
		assert_null(lookup(&table, IOVA + i * 8192 + 4096, 8));
	}
	for (i = 0; i < num; i++) {
		assert_int_equal(vu_dma_unmap(&table, IOVA + i * 8192, 4096,
					      &bytes), 0);
		assert_int_equal(bytes, 4096);
	}
	assert_int_equal(table.num, 0);
	vu_dma_release(&table);
	munmap(mem, size);
	close(fd);
}

static void test_table_is_limited(void **state)
{
	struct vu_dma table = { .tree = NULL };
	struct vu_dma_request req;
	uint64_t i;

	(void)state;
	for (i = 0; i < VU_MAX_DMA_MAPS; i++) {
		req = request(i * 4096, 0, -1);
		assert_int_equal(vu_dma_map(&table, &req), 0);
	}
	req = request(i * 4096, 0, -1);
	assert_int_equal(vu_dma_map(&table, &req), -ENOSPC);
	vu_dma_release(&table);
}

static void test_lookup_is_clipped(void **state)
{
	struct vu_dma table = { .tree = NULL };
	struct vu_dma_request req = request(IOVA, 0, -1);
	size_t len = 0x10000;
	void *ptr;

	(void)state;
	assert_int_equal(vu_dma_map(&table, &req), 0);
	assert_int_equal(vu_dma_lookup(&table, IOVA + 0x800, true, &ptr, &len),
			 0);
	assert_int_equal(len, 0x800);
	len = 0x10000;
	assert_int_equal(vu_dma_lookup(&table, IOVA - 0x100, true, &ptr, &len),
			 0);
	assert_int_equal(len, 0x100);
	len = 0x10000;
	assert_int_equal(vu_dma_lookup(&table, IOVA + 0x1000, true, &ptr,
				       &len), 0);
	assert_int_equal(len, 0x10000);
	vu_dma_release(&table);
}

static void test_table_at_the_ends(void **state)
{
	struct vu_dma table = { .tree = NULL };
	struct vu_dma_request req = request(0, 0, -1);
	uint64_t bytes;

	(void)state;
	assert_int_equal(vu_dma_map(&table, &req), 0);
	req.addr = UINT64_MAX - 4095;
	assert_int_equal(vu_dma_map(&table, &req), 0);
	assert_null(lookup(&table, UINT64_MAX - 7, 8));
	assert_int_equal(vu_dma_unmap(&table, 0, 4096, &bytes), 0);
	assert_int_equal(bytes, 4096);
	assert_int_equal(vu_dma_unmap(&table, UINT64_MAX - 4095, 4096, &bytes),
			 0);
	assert_int_equal(bytes, 4096);
	vu_dma_release(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_map_and_dma),
		T(test_map_at_an_offset_of_the_file),
		T(test_dma_over_two_maps),
		T(test_read_only_map),
		T(test_read_only_file),
		T(test_same_file_writable_after_read_only),
		T(test_map_with_overlap),
		T(test_map_of_nonsense),
		T(test_map_of_something_else),
		T(test_map_message_too_short),
		T(test_unmap),
		T(test_unmap_of_several),
		T(test_unmap_of_nothing),
		T(test_unmap_would_cut),
		T(test_unmap_all),
		T(test_maps_do_not_keep_files),
		cmocka_unit_test(test_table_of_40000_maps),
		cmocka_unit_test(test_table_is_limited),
		cmocka_unit_test(test_lookup_is_clipped),
		cmocka_unit_test(test_table_at_the_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
