// SPDX-License-Identifier: GPL-2.0-or-later
/* The test machine itself, and DMA of the PCI layer over it. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake_host.h"

static void test_dma_reads_guest_memory(void **state)
{
	struct fake_pair *e = *state;
	uint64_t iova = fake_alloc(e->h, 8192, 4096);
	uint8_t buf[8192];

	memset(fake_mem(e->h, iova, 8192), 0x11, 4096);
	memset(fake_mem(e->h, iova + 4096, 4096), 0x22, 4096);
	assert_int_equal(pci_dma_read(&e->a->dev, iova, buf, 8192), 0);
	assert_int_equal(buf[4095], 0x11);
	assert_int_equal(buf[4096], 0x22);
	assert_int_equal(e->a->dev.stat_dma_read, 8192);
}

static void test_dma_needs_bus_master(void **state)
{
	struct fake_pair *e = *state;
	uint64_t val = 1, iova = fake_alloc(e->h, 8, 8);

	fake_cfg_write(&e->a->dev, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(pci_dma_write(&e->a->dev, iova, &val, 8), -EPERM);
	assert_int_equal(*(uint64_t *)fake_mem(e->h, iova, 8), 0);
	assert_int_equal(e->a->dev.stat_dma_error, 1);
}

static void test_dma_to_read_only_memory(void **state)
{
	struct fake_pair *e = *state;
	uint64_t val = 1, iova = fake_alloc(e->h, 4096, 4096);

	fake_map_readonly(e->h, iova, 4096);
	assert_int_equal(pci_dma_write(&e->a->dev, iova, &val, 8), -EACCES);
	assert_int_equal(pci_dma_read(&e->a->dev, iova, &val, 8), 0);
	assert_int_equal(val, 0);
}

static void test_dma_where_nobody_answers(void **state)
{
	struct fake_pair *e = *state;
	uint64_t val;

	assert_int_equal(pci_dma_read(&e->a->dev, 0x1000, &val, 8), -EFAULT);
	assert_int_equal(e->a->dev.stat_dma_msg, 1);
}

static void test_dma_wraps_around(void **state)
{
	struct fake_pair *e = *state;
	uint8_t buf[16];

	assert_int_equal(pci_dma_read(&e->a->dev, UINT64_MAX - 7, buf, 16),
			 -EFAULT);
	assert_int_equal(e->a->dev.stat_dma_msg, 0);
}

static void test_peer_write_is_one_block(void **state)
{
	struct fake_pair *e = *state;
	uint8_t *buf = malloc(65536);
	uint64_t addr = fake_bar_addr(&e->b->dev, 0);

	memset(buf, 0x77, 65536);
	assert_int_equal(pci_dma_write(&e->a->dev, addr + 4096, buf, 65536), 0);
	assert_int_equal(e->b->block_writes, 1);
	assert_int_equal(e->b->single_writes, 0);
	assert_memory_equal(e->b->ram + 4096, buf, 65536);
	assert_int_equal(e->b->ram[4095], 0);
	assert_int_equal(e->b->ram[4096 + 65536], 0);
	assert_int_equal(e->a->dev.stat_peer_write, 65536);
	assert_int_equal(e->a->dev.stat_dma_write, 0);
	free(buf);
}

static void test_peer_without_block_ops(void **state)
{
	struct fake_pair *e = *state;
	uint8_t buf[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint64_t addr = fake_bar_addr(&e->b->dev, 0);

	e->b->bar_ops.write_block = NULL;
	/* 5 at 3: 1 + 4; then 8; then 2 of the last dword */
	assert_int_equal(pci_dma_write(&e->a->dev, addr + 3, buf, 15), 0);
	assert_int_equal(e->b->single_writes, 4);
	assert_memory_equal(e->b->ram + 3, buf, 15);
	assert_int_equal(e->b->ram[18], 0);
}

static void test_own_bar_is_refused(void **state)
{
	struct fake_pair *e = *state;
	uint64_t val = 0;

	assert_int_equal(pci_dma_write(&e->a->dev, fake_bar_addr(&e->a->dev, 0),
				       &val, 8), -EFAULT);
}

static void test_addr_is_peer(void **state)
{
	struct fake_pair *e = *state;
	uint64_t addr = fake_bar_addr(&e->b->dev, 0);
	const char *owner = NULL;

	assert_true(pci_addr_is_peer(&e->a->dev, addr + FAKE_PAIR_BAR - 1, &owner));
	assert_string_equal(owner, e->b->dev.name);
	assert_false(pci_addr_is_peer(&e->b->dev, addr, NULL));
	assert_false(pci_addr_is_peer(&e->a->dev, FAKE_MEM_IOVA, NULL));
}

static void test_addr_device_bytes(void **state)
{
	struct fake_pair *e = *state;
	uint64_t addr = fake_bar_addr(&e->b->dev, 0);

	assert_int_equal(pci_addr_device_bytes(&e->a->dev, addr, 4096), 4096);
	assert_int_equal(pci_addr_device_bytes(&e->b->dev, addr, 4096), 0);
	assert_int_equal(pci_addr_device_bytes(&e->a->dev, FAKE_MEM_IOVA, 4096), 0);
	/* I/O virtual addresses, of which the last ones are not mapped to memory */
	addr = FAKE_MEM_IOVA + FAKE_MEM_SIZE - 100;
	assert_int_equal(pci_addr_device_bytes(&e->a->dev, addr, 4096), 3996);
	assert_int_equal(pci_addr_device_bytes(&e->a->dev, ~0ull - 99, 4096), 0);
}

static void test_fetch_add(void **state)
{
	struct fake_pair *e = *state;
	uint64_t old, iova = fake_alloc(e->h, 16, 8);
	uint64_t *mem = fake_mem(e->h, iova, 16);

	mem[0] = 40;
	assert_int_equal(pci_dma_fetchadd64(&e->a->dev, iova, 2, &old), 0);
	assert_int_equal(old, 40);
	assert_int_equal(mem[0], 42);
	assert_int_equal(pci_dma_fetchadd64(&e->a->dev, iova + 4, 2, &old),
			 -EINVAL);
}

static void test_compare_and_swap(void **state)
{
	struct fake_pair *e = *state;
	uint64_t old, iova = fake_alloc(e->h, 8, 8);
	uint64_t *mem = fake_mem(e->h, iova, 8);

	mem[0] = 5;
	assert_int_equal(pci_dma_cmpswap64(&e->a->dev, iova, 4, 9, &old), 0);
	assert_int_equal(old, 5);
	assert_int_equal(mem[0], 5);
	assert_int_equal(pci_dma_cmpswap64(&e->a->dev, iova, 5, 9, &old), 0);
	assert_int_equal(old, 5);
	assert_int_equal(mem[0], 9);
}

static void test_atomics_on_a_peer(void **state)
{
	struct fake_pair *e = *state;
	uint64_t old, addr = fake_bar_addr(&e->b->dev, 0);

	e->b->ram[8] = 7;
	assert_int_equal(pci_dma_fetchadd64(&e->a->dev, addr + 8, 3, &old), 0);
	assert_int_equal(old, 7);
	assert_int_equal(e->b->ram[8], 10);
	assert_int_equal(pci_dma_cmpswap64(&e->a->dev, addr + 8, 10, 1, &old),
			 0);
	assert_int_equal(old, 10);
	assert_int_equal(e->b->ram[8], 1);
}

static void test_write_release(void **state)
{
	struct fake_pair *e = *state;
	uint64_t iova = fake_alloc(e->h, 8, 8);
	uint32_t val = 0xa1b2c3d4;

	assert_int_equal(pci_dma_write_release(&e->a->dev, iova + 4, &val, 4),
			 0);
	assert_memory_equal(fake_mem(e->h, iova + 4, 4), &val, 4);
	assert_int_equal(pci_dma_write_release(&e->a->dev, iova + 2, &val, 4),
			 -EINVAL);
	assert_int_equal(pci_dma_write_release(&e->a->dev, iova, &val, 3),
			 -EINVAL);
}

struct answer {
	struct pci_dev *reset;
	unsigned int calls;
	size_t largest;
};

static int answer_dma(void *arg, bool write, uint64_t addr, void *buf,
		      size_t len)
{
	struct answer *a = arg;

	(void)write;
	a->calls++;
	if (len > a->largest)
		a->largest = len;
	memset(buf, (uint8_t)(addr >> 20), len);
	if (a->reset)
		fake_reset(a->reset);
	return 0;
}

static void test_messages_are_chunked(void **state)
{
	struct fake_pair *e = *state;
	struct answer a = { };
	size_t len = (2u << 20) + 8;
	uint8_t *buf = malloc(len);

	fake_set_dma(e->h, answer_dma, &a);
	assert_int_equal(pci_dma_read(&e->a->dev, 0x10000000, buf, len), 0);
	assert_int_equal(a.calls, 3);
	assert_int_equal(a.largest, 1u << 20);
	assert_int_equal(buf[0], 0x00);
	assert_int_equal(buf[1u << 20], 0x01);
	assert_int_equal(buf[len - 1], 0x02);
	assert_int_equal(e->a->dev.stat_dma_msg, 3);
	free(buf);
}

static void test_reset_cancels_a_dma(void **state)
{
	struct fake_pair *e = *state;
	struct answer a = { .reset = &e->a->dev };
	uint64_t val;

	fake_set_dma(e->h, answer_dma, &a);
	assert_int_equal(pci_dma_read(&e->a->dev, 0x10000000, &val, 8),
			 -ECANCELED);
	assert_int_equal(a.calls, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fake_pair_setup, \
							 fake_pair_teardown)
	const struct CMUnitTest tests[] = {
		T(test_dma_reads_guest_memory),
		T(test_dma_needs_bus_master),
		T(test_dma_to_read_only_memory),
		T(test_dma_where_nobody_answers),
		T(test_dma_wraps_around),
		T(test_peer_write_is_one_block),
		T(test_peer_without_block_ops),
		T(test_own_bar_is_refused),
		T(test_addr_is_peer),
		T(test_addr_device_bytes),
		T(test_fetch_add),
		T(test_compare_and_swap),
		T(test_atomics_on_a_peer),
		T(test_write_release),
		T(test_messages_are_chunked),
		T(test_reset_cancels_a_dma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
